"""What entries of the log say: facts, names, documents and what is declared.

What can't be read is set aside.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import TypeVar

import msgspec
import orjson

from lrs.declarations import IDENTITY, DeclarationVersion
from lrs.documents import DocumentVersion
from lrs.record import LogEntry
from projections.dead_letters import DeadLetter
from projections.declared import declared_rows
from projections.documents import Document, document_row
from projections.facts import Fact
from projections.folds import Person
from projections.identities import Identities, Link, read_link
from projections.meaning.reading import NameKey, Naming, ReadsStatements
from projections.tables import DOCUMENTS, FACTS, NAMES, Row, fact_row, name_row
from projections.warehouse import Generation

CHUNK = 64  # entries or persons between two breaths

T = TypeVar("T")
_order: Callable[[Fact], tuple[int, str, int]] = attrgetter("time", "statement", "ordinal")
_order_and_position = attrgetter("time", "statement", "ordinal", "position")


@dataclass
class Readings:
    """What the entries of one batch say."""

    facts: list[Fact] = field(default_factory=list)
    names: dict[NameKey, Naming] = field(default_factory=dict)
    documents: list[Row] = field(default_factory=list)
    declared: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))  # by table
    links: list[Link] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)

    def write(self, generation: Generation) -> None:
        """Write facts, names, documents and declarations; written again they do no harm."""
        generation.insert(FACTS.name, list(map(fact_row, self.facts)))
        names = [name_row(*key, latest) for key, latest in self.names.items()]
        generation.insert(NAMES.name, names)
        generation.insert(DOCUMENTS.name, self.documents)
        for table, rows in self.declared.items():
            generation.insert(table, rows)


def read_entries(
    reader: ReadsStatements,
    entries: Sequence[LogEntry],
    breathe: Callable[[], None] = lambda: None,
    names: dict[NameKey, Naming] | None = None,
) -> Readings:
    """Read entries of the log, setting aside what can't be read.

    ``breathe`` is called between chunks of work, to leave other threads their turn. Names are
    added to ``names``, if those of several batches are to be known together.
    """
    readings = Readings() if names is None else Readings(names=names)
    for chunk in chunks(entries, CHUNK):
        for entry in chunk:
            try:
                _read_entry(reader, entry, readings)
            except Exception as error:  # whatever it is, it mustn't stop the log
                readings.dead_letters.append(dead_letter(entry, error))
        breathe()
    return readings


def _read_entry(reader: ReadsStatements, entry: LogEntry, readings: Readings) -> None:
    if entry.kind == "unreadable":
        raise Unreadable(entry.error)
    if entry.document is not None:
        document = _document(entry.store, entry.document)
        readings.documents.append(document_row(document, entry.position))
    if entry.declaration is not None:
        _read_declaration(entry.store, entry.declaration, entry.position, readings)
    if entry.kind not in ("statement", "voiding"):
        return
    statement = orjson.loads(entry.statement)
    reading = reader.read(statement, store=entry.store, position=entry.position)
    if entry.kind == "voiding":
        readings.facts += [msgspec.structs.replace(fact, is_deleted=True) for fact in reading.facts]
        return
    readings.facts += reading.facts
    names = readings.names
    for key, naming in reading.names:
        known = names.get(key)
        if known is None or known < naming:
            names[key] = naming


def _read_declaration(
    store: str, version: DeclarationVersion, position: int, readings: Readings
) -> None:
    rows = declared_rows(store, version, position)
    if version.kind == IDENTITY:
        readings.links.append(read_link(store, version, position))
    for table, some in rows.items():
        readings.declared[table] += some


def _document(store: str, version: DocumentVersion) -> Document:
    """Say in the words of the projections what the record says of a document."""
    scope = version.name.scope
    return Document(
        store=store,
        kind=scope.kind,
        person=scope.agent or "",
        activity=scope.activity or "",
        registration=scope.registration or "",
        id=version.name.id,
        app=orjson.loads(version.authority)["account"]["name"],
        content_type=version.content_type,
        content=version.content,
        updated=version.updated,
        is_deleted=version.deleted,
    )


def by_person(facts: Iterable[Fact], identities: Identities) -> dict[Person, list[Fact]]:
    """Give each person's facts in the order of folding; of one fact, the newest version.

    A person is who the account belongs to that a fact is about.
    """
    found: dict[Person, list[Fact]] = defaultdict(list)
    if identities:
        resolve = identities.resolve
        for fact in facts:
            found[resolve((fact.store, fact.person))].append(fact)
    else:
        for fact in facts:
            found[fact.store, fact.person].append(fact)
    return {
        person: several if len(several) == 1 else _newest_versions(several)
        for person, several in found.items()
    }


def _newest_versions(facts: list[Fact]) -> list[Fact]:
    """Sort facts into the order of folding; of one fact keep the version of highest position."""
    ordered = sorted(facts, key=_order_and_position)
    return list(dict(zip(map(_order, ordered), ordered, strict=True)).values())  # the last stays


def dead_letter(entry: LogEntry, error: Exception) -> DeadLetter:
    """Set an entry aside."""
    return DeadLetter(entry.position, entry.store, entry.statement_id, reason(error))


def reason(error: Exception) -> str:
    """Say why something was set aside."""
    return f"{type(error).__name__}: {error}"


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut items into lists of at most ``size``."""
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk


class Unreadable(Exception):
    """The record couldn't read an entry of its log; the message says why."""
