"""Two generations compared: how many rows differ in each table, and whose, and which.

Rows are held against each other by their keys, without the log positions that are their versions:
what is known has to be the same, not when it came. ClickHouse first compares one digest for each
subject (a person, or an activity that has a name), so that only the rows of those that differ are
looked at singly.
"""

import base64
import binascii
import json
from functools import cache
from importlib.resources import files
from string import Template

import msgspec

from projections.tables import DEAD_LETTERS, NAMES, ROSTER_TABLES, TABLES, Table
from projections.warehouse import Generation

LONGEST_PAGE = 500
KEYS_SHOWN = 20  # of one subject's rows in one table

# What says when a row came, and not what is known.
_VERSIONS = frozenset({"position", "is_deleted", "since", "version"})
# What a row of a table is about, where it isn't a person: of the roster, the record by its id.
_SUBJECTS = {NAMES.name: "subject", DEAD_LETTERS.name: "toString(position)"} | {
    table.name: table.key[1] for table in ROSTER_TABLES
}


class TableComparison(msgspec.Struct, frozen=True):
    """How many rows of a table only one generation has, only the other, or both but not alike."""

    table: str
    only_one: int
    only_other: int
    differs: int


class RowDifference(msgspec.Struct, frozen=True):
    """A row that isn't alike: its key without store and subject, and ``what`` it is.

    ``what`` is ``only_one``, ``only_other`` or ``differs``.
    """

    key: list[str]
    what: str


class SubjectComparison(msgspec.Struct, frozen=True):
    """Someone or something about which two generations differ: the rows, by table.

    Of many rows in a table only the first are listed.
    """

    store: str
    subject: str
    tables: dict[str, list[RowDifference]]


class Comparison(msgspec.Struct, frozen=True):
    """How two generations differ; ``next`` is where the next page of subjects begins."""

    one: str
    other: str
    tables: list[TableComparison]
    subjects: list[SubjectComparison]
    next: str | None

    @property
    def is_equal(self) -> bool:
        """Whether no row differs."""
        return not any(each.only_one or each.only_other or each.differs for each in self.tables)


def compare(
    one: Generation, other: Generation, *, store: str = "", limit: int = 50, cursor: str = ""
) -> Comparison:
    """Compare two generations, in one store or in all; ``cursor`` is the ``next`` of a page.

    Every page has the counts of all tables. Raises ``BadCursor``.
    """
    after = _read_cursor(cursor) if cursor else ("", "")
    limit = max(1, min(limit, LONGEST_PAGE))
    differing = _differing(one, other, store, after, limit + 1)
    page = differing[:limit]
    last = _cursor(*page[-1]) if len(differing) > limit else None
    return Comparison(
        one.name,
        other.name,
        [_counted(table, one, other, store) for table in TABLES.values()],
        _subjects(one, other, store, page),
        last,
    )


def _differing(
    one: Generation, other: Generation, store: str, after: tuple[str, str], limit: int
) -> list[tuple[str, str]]:
    """Give a page of the subjects whose rows differ in some table, with their stores."""
    query = (
        "SELECT DISTINCT store, of_subject FROM ("
        + " UNION ALL ".join(f"SELECT * FROM ({_unlike(table)})" for table in TABLES.values())
        + ") WHERE (store, of_subject) > ({after_store:String}, {after_subject:String})"
        " ORDER BY store, of_subject LIMIT {limit:UInt32}"
    )
    rows = one.run(
        query,
        one=one.database,
        other=other.database,
        store=store,
        after_store=after[0],
        after_subject=after[1],
        limit=limit,
    )
    return [(of_store, subject) for of_store, subject in rows]


def _counted(table: Table, one: Generation, other: Generation, store: str) -> TableComparison:
    unlike = f"SELECT store, of_subject FROM ({_unlike(table)})"
    rows = one.run(
        f"SELECT what, count() FROM ({_rows(table, unlike)}) GROUP BY what",
        one=one.database,
        other=other.database,
        store=store,
    )
    counts = dict(rows)
    return TableComparison(
        table.name,
        *(int(counts.get(what, 0)) for what in ("only_one", "only_other", "differs")),
    )


def _subjects(
    one: Generation, other: Generation, store: str, page: list[tuple[str, str]]
) -> list[SubjectComparison]:
    """Look up which rows of these subjects differ."""
    found = {subject: SubjectComparison(subject[0], subject[1], {}) for subject in page}
    pairs = "arrayJoin(arrayZip({stores:Array(String)}, {subjects:Array(String)}))"
    given = f"SELECT * FROM (SELECT untuple({pairs}))"
    for table in TABLES.values() if page else ():
        rows = one.run(
            f"{_rows(table, given)} ORDER BY store, of_subject, key"
            f" LIMIT {KEYS_SHOWN} BY store, of_subject",
            one=one.database,
            other=other.database,
            stores=[of_store for of_store, _ in page],
            subjects=[subject for _, subject in page],
        )
        for name, of_store, subject, key, what in rows:
            listed = found[of_store, subject].tables.setdefault(name, [])
            listed.append(RowDifference(list(key), what))
    return list(found.values())


def _unlike(table: Table) -> str:
    """Make the query for the subjects whose rows in a table aren't alike."""
    sides = " UNION ALL ".join(
        _query("compare_subjects").substitute(side=side, **_parts(table))
        for side in ("one", "other")
    )
    return (
        f"SELECT store, of_subject FROM ({sides}) GROUP BY store, of_subject"
        " HAVING count() = 1 OR min(n) != max(n) OR min(digest) != max(digest)"
    )


def _rows(table: Table, subjects: str) -> str:
    return _query("compare_rows").substitute(subjects=subjects, **_parts(table))


def _parts(table: Table) -> dict[str, str]:
    """Say what the queries need to know of a table: names of its columns."""
    subject = _SUBJECTS.get(table.name, "person")
    shown = [key for key in table.key if key not in ("store", subject)]
    values = [
        name for name in table.column_names if name not in _VERSIONS and name not in table.key
    ]
    return {
        "table": table.name,
        "subject": subject,
        "keys": ", ".join(table.key),
        "shown": f"[{', '.join(f'toString({key})' for key in shown)}]::Array(String)",
        "values": ", ".join(values),
    }


@cache
def _query(name: str) -> Template:
    text = files("projections").joinpath("queries", f"{name}.sql").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return Template("\n".join(lines))


def _cursor(store: str, subject: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([store, subject]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        store, subject = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return str(store), str(subject)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadCursor(cursor) from error


class BadCursor(ValueError):
    """A cursor that no page has given."""
