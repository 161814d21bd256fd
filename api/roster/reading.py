"""A set of OneRoster CSV files read and checked: its records, or every fault it has.

Nothing here knows what is stored: what records of before may be referred to is given.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api.roster.faults import Faults
from api.roster.fields import (
    DAYS,
    METADATA,
    MODIFIED,
    NESTED,
    SOURCED_ID,
    STATUS,
    BrokenRule,
    Field,
    fields_of,
    moment,
    one_of,
    sourced_id,
    text,
)
from api.roster.manifest import (
    BULK,
    COLUMNS,
    DELTA,
    MANIFEST,
    Line,
    Manifest,
    guessed,
    read_manifest,
)

ACTIVE: Final = "active"
TO_BE_DELETED: Final = "tobedeleted"

_status: Final = one_of(ACTIVE, TO_BE_DELETED)
_ENCODINGS: Final = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_CHINESE: Final = "GB18030"

Values = dict[str, Any]
Ids = Mapping[str, Collection[str]]  # of each file, the ids of records


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its line, its values by column (those that are empty left out), when it changed."""

    line: int
    values: Values
    modified: str


@dataclass(frozen=True, slots=True)
class RecordFile:
    """The records of a file by id: those that are, and of a delta file those that no longer are."""

    mode: str
    records: dict[str, Record] = field(default_factory=dict)
    deleted: dict[str, Record] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RosterSet:
    """A set of files that has no faults; ``files`` are those that are there, by name."""

    version: str
    files: dict[str, RecordFile]


def read_roster(
    files: Mapping[str, bytes], held: Ids | None = None, elsewhere: Ids | None = None
) -> RosterSet:
    """Read a set of CSV files, given by name, and check every rule.

    `held` are the ids of records that were imported before from the same source: a delta file, or
    another file of the set, may refer to them. `elsewhere` are those of other sources, which any
    file may refer to. Raises RosterFaulty.
    """
    faults = Faults()
    tables = _tables(files, faults)
    manifest = _manifest(files, tables, faults)
    columns = fields_of(manifest.version)
    read = {
        name: _FileReader(name, mode, columns[name], faults).read(
            *tables.get(f"{name}.csv", ([], []))
        )
        for name, mode in manifest.modes.items()
    }
    if not read and not faults.count:
        faults.add(MANIFEST, 0, "", "at least one file is there")
    for name, file in read.items():
        _check_references(
            name, file, columns[name], _known(read, held or {}, elsewhere or {}), faults
        )
        if name in NESTED:
            _check_nesting(name, file, faults)
    faults.check()
    return RosterSet(manifest.version, read)


# CSV ---------------------------------------------------------------------------------------------


def _tables(files: Mapping[str, bytes], faults: Faults) -> dict[str, tuple[list[str], list[Line]]]:
    """Split each file that can be read into its header and its lines."""
    found = {}
    for name, content in files.items():
        lines = list(_lines(name, content, faults))
        found[name] = (lines[0][1], lines[1:]) if lines else ([], [])
    return found


def _manifest(
    files: Mapping[str, bytes], tables: dict[str, tuple[list[str], list[Line]]], faults: Faults
) -> Manifest:
    header, lines = tables.get(MANIFEST, ([], []))
    if MANIFEST not in files:
        return guessed(files, tables.get("users.csv", ([], []))[0])
    if header != COLUMNS:
        faults.add(MANIFEST, 1, "", f"the columns are {', '.join(COLUMNS)}", ", ".join(header))
    return read_manifest(lines, files, faults)


def _lines(name: str, content: bytes, faults: Faults) -> Iterator[Line]:
    """Read the records of a CSV file (RFC 4180) with the line that each begins on."""
    decoded = _decoded(name, content, faults)
    if decoded is None:
        return
    reader = csv.reader(io.StringIO(decoded, newline=""), strict=True)
    begins = 1
    try:
        for values in reader:
            if values:
                yield begins, [value.strip() for value in values]
            begins = reader.line_num + 1
    except csv.Error as error:
        faults.add(name, reader.line_num, "", f"CSV as of RFC 4180: {error}")


def _decoded(name: str, content: bytes, faults: Faults) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        looks = _ENCODINGS.get(content[:2]) or (_CHINESE if _is_chinese(content) else "")
        hint = f"; this looks like {looks}" if looks else ""
        value = content[error.start : error.start + 8].hex(" ")
        faults.add(name, line, "", f"a file is text in UTF-8, with or without BOM{hint}", value)
        return None


def _is_chinese(content: bytes) -> bool:
    try:
        content.decode(_CHINESE)
    except UnicodeDecodeError:
        return False
    return True


# Records -----------------------------------------------------------------------------------------


class _FileReader:
    """Reads the records of one file."""

    def __init__(self, name: str, mode: str, fields: tuple[Field, ...], faults: Faults) -> None:
        self.file = f"{name}.csv"
        self.days = DAYS.get(name)
        self.is_delta = mode == DELTA
        self.fields = {
            SOURCED_ID: Field(SOURCED_ID, sourced_id, is_required=True),
            STATUS: Field(STATUS, _status, is_required=self.is_delta),
            MODIFIED: Field(MODIFIED, moment, is_required=self.is_delta),
            **{one.name: one for one in fields},
        }
        self.read_file = RecordFile(mode)
        self.faults = faults

    def read(self, header: list[str], lines: list[Line]) -> RecordFile:
        """Read all; what has a fault is left out."""
        if not header:
            if not self.faults.count:
                self.faults.add(self.file, 1, "", "a file begins with the names of its columns")
            return self.read_file
        self._check_header(header)
        if not lines and not self.is_delta:
            self.faults.add(self.file, 0, "", f"a {BULK} file has records")
        first_lines: dict[str, int] = {}
        for line, values in lines:
            if len(values) != len(header):
                rule = f"a record has as many values as there are columns, {len(header)}"
                self.faults.add(self.file, line, "", rule, f"{len(values)} values")
                continue
            self._add(line, dict(zip(header, values, strict=True)), first_lines)
        return self.read_file

    def _check_header(self, header: list[str]) -> None:
        for name in dict.fromkeys(header):
            if header.count(name) > 1:
                self._fault(1, name, "a column is there once")
            if name not in self.fields and not name.startswith(METADATA):
                self._fault(1, name, "a column of the specification, or one named metadata.…", name)
        for name, one in self.fields.items():
            if one.is_required and name not in header:
                self._fault(1, name, "the column is there")

    def _add(self, line: int, given: dict[str, str], first_lines: dict[str, int]) -> None:
        values = self._values(line, given)
        if (record := values.pop(SOURCED_ID, None)) is None:
            return
        if record in first_lines:
            rule = f"an id is there once; it is on line {first_lines[record]} too"
            self._fault(line, SOURCED_ID, rule, record)
            return
        first_lines[record] = line
        status, modified = values.pop(STATUS, ACTIVE), values.pop(MODIFIED, "")
        self._check_days(line, values)
        into = self.read_file.deleted if status == TO_BE_DELETED else self.read_file.records
        into[record] = Record(line, values, modified)

    def _values(self, line: int, given: dict[str, str]) -> Values:
        values: Values = {}
        metadata: dict[str, str] = {}
        is_deleted = given.get(STATUS) == TO_BE_DELETED
        for name, value in given.items():
            if name.startswith(METADATA):
                if value:
                    metadata[name.removeprefix(METADATA)] = self._read(line, name, value, text)
                continue
            if (one := self.fields.get(name)) is None:
                continue
            if value:
                found = self._read(line, name, value, one.read)
                if one.is_kept and found is not None and found != []:
                    values[name] = found
            elif one.is_required and not (is_deleted and name != SOURCED_ID):
                self._fault(line, name, "a record has a value here")
        return {**values, "metadata": metadata} if metadata else values

    def _read(self, line: int, name: str, value: str, read: Any) -> Any:
        try:
            return read(value)
        except BrokenRule as rule:
            self._fault(line, name, str(rule), value)
            return None

    def _check_days(self, line: int, values: Values) -> None:
        if self.days is not None:
            begin, end = (values.get(name) for name in self.days)
            if begin is not None and end is not None and end < begin:
                self._fault(line, self.days[1], f"a day not before {self.days[0]}, {begin}", end)

    def _fault(self, line: int, column: str, rule: str, value: str = "") -> None:
        self.faults.add(self.file, line, column, rule, value)


# References --------------------------------------------------------------------------------------


def _known(read: Mapping[str, RecordFile], held: Ids, elsewhere: Ids) -> dict[str, set[str]]:
    """Give what may be referred to, by file: a bulk file is all that its source has."""
    known: dict[str, set[str]] = {}
    for name in {*read, *held, *elsewhere}:
        known[name] = set(elsewhere.get(name, ()))
        file = read.get(name)
        if file is None or file.mode == DELTA:
            known[name].update(held.get(name, ()))
        if file is not None:
            known[name].difference_update(file.deleted)
            known[name].update(file.records)
    return known


def _check_references(
    name: str,
    file: RecordFile,
    fields: tuple[Field, ...],
    known: Mapping[str, Collection[str]],
    faults: Faults,
) -> None:
    referring = [one for one in fields if one.refers]
    for record in file.records.values():
        for one in referring:
            value = record.values.get(one.name)
            for target in value if isinstance(value, list) else [value] * (value is not None):
                if target not in known.get(one.refers, ()):
                    rule = f"an id of {one.refers}.csv, or one that was imported before"
                    faults.add(f"{name}.csv", record.line, one.name, rule, target)


def _check_nesting(name: str, file: RecordFile, faults: Faults) -> None:
    """Find the records that are above themselves, in what a file itself says."""
    parents = {key: record.values.get("parentSourcedId") for key, record in file.records.items()}
    sure: set[str] = set()  # lead to a record that has none above it
    for start in parents:
        way: list[str] = []
        on_way: set[str] = set()
        at: str | None = start
        while at is not None and at in parents and at not in sure:
            if at in on_way:
                line = file.records[at].line
                faults.add(f"{name}.csv", line, "parentSourcedId", "no record is above itself", at)
                break
            way.append(at)
            on_way.add(at)
            at = parents[at]
        sure.update(way)
