"""The projection tables: their columns, in the order in which folds write rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from projections.facts import Fact

Row = tuple[Any, ...]  # values in the order of a table's columns


@dataclass(frozen=True)
class Column:
    """A column: its name, its ClickHouse type, and the value a tombstone gives it."""

    name: str
    type: str
    blank: Any


def text(name: str) -> Column:
    """Text with many different values."""
    return Column(name, "String", "")


def word(name: str) -> Column:
    """Text with few different values, kept as a dictionary."""
    return Column(name, "LowCardinality(String)", "")


def count(name: str) -> Column:
    """How many, up to four thousand million."""
    return Column(name, "UInt32", 0)


def number(name: str) -> Column:
    """A 64-bit floating point number."""
    return Column(name, "Float64", 0.0)


def moment(name: str) -> Column:
    """A point in time; rows give it as microseconds since 1970 UTC."""
    return Column(name, "DateTime64(6, 'UTC')", 0)


def perhaps(type_name: str, name: str) -> Column:
    """A value that may be unknown."""
    return Column(name, f"Nullable({type_name})", None)


def words(name: str) -> Column:
    """Several texts with few different values."""
    return Column(name, "Array(LowCardinality(String))", ())


def day(name: str) -> Column:
    """A day; a table's rows all give it as a date, or all as days since 1970-01-01."""
    return Column(name, "Date32", 0)


def flag(name: str) -> Column:
    """Yes (1) or no (0)."""
    return Column(name, "UInt8", 0)


POSITION = Column("position", "UInt64", 0)
IS_DELETED = Column("is_deleted", "UInt8", 0)


@dataclass(frozen=True)
class Table:
    """A projection table: a row is a tuple of values in the order of ``columns``.

    ``key`` names what identifies a row (the ORDER BY of its table): nothing in it ever changes
    for that row. Where there is a ``position`` column, the row with the highest one is the row.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def key_indexes(self) -> tuple[int, ...]:
        """Where in a row the key's columns stand."""
        return tuple(self.column_names.index(name) for name in self.key)

    def key_of(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """Give the key of a row, in the order of ``key``."""
        return tuple(row[index] for index in self.key_indexes)

    def tombstone(self, key: Iterable[Any], position: int) -> tuple[Any, ...]:
        """Make the row that says there is no row of this key as of that log position."""
        known = dict(zip(self.key, key, strict=True))
        known |= {"position": position, "is_deleted": 1}
        return tuple(known.get(column.name, column.blank) for column in self.columns)


FACTS = Table(
    "facts",
    ("store", "person", "statement", "ordinal"),
    (
        word("store"),
        Column("statement", "UUID", ""),
        Column("ordinal", "UInt16", 0),
        text("person"),
        word("action"),
        word("phase"),
        word("lesson"),
        word("course"),
        word("subject"),
        words("knowledge_points"),
        text("item"),
        word("verb"),
        word("app"),
        word("class_group"),
        word("school"),
        moment("time"),
        perhaps("Float64", "duration"),  # seconds
        perhaps("Bool", "success"),
        perhaps("Bool", "completion"),
        perhaps("Float64", "score"),
        perhaps("Float64", "rating"),
        text("response"),
        word("layer"),
        text("part_of"),
        text("counterpart"),
        perhaps("Float64", "progress"),
        perhaps("DateTime64(6, 'UTC')", "due"),
        POSITION,
        IS_DELETED,
    ),
)

PERSONS = Table(
    "persons",
    ("store", "person"),
    (
        word("store"),
        text("person"),
        Column("facts", "UInt64", 0),
        moment("first_time"),
        moment("last_time"),
        POSITION,
        IS_DELETED,
    ),
)

PERSON_DAYS = Table(
    "person_days",
    ("store", "person", "day", "phase", "subject", "app"),
    (
        word("store"),
        text("person"),
        day("day"),
        word("phase"),
        word("subject"),
        word("app"),
        count("actions"),
        count("answers"),
        count("correct"),
        number("seconds"),
        count("due"),
        count("on_time"),
        moment("first_time"),
        moment("last_time"),
        POSITION,
        IS_DELETED,
    ),
)

PERSON_WEEKS = Table(
    "person_weeks",
    ("store", "person", "week", "subject"),
    (
        word("store"),
        text("person"),
        Column("week", "Date32", 0),  # its Monday, in days since 1970-01-01
        word("subject"),
        count("actions"),
        count("before"),
        count("during"),
        count("after"),
        count("answers"),
        count("correct"),
        number("seconds"),
        count("due"),
        count("on_time"),
        count("days"),
        Column("last_day", "Date32", 0),
        POSITION,
        IS_DELETED,
    ),
)

PERSON_MASTERY = Table(
    "person_mastery",
    ("store", "person", "knowledge_point"),
    (
        word("store"),
        text("person"),
        word("knowledge_point"),
        word("subject"),  # that its last response was in
        number("mean"),  # logits
        number("variance"),  # logits squared
        number("probability"),
        number("low"),
        number("high"),
        perhaps("Float64", "best"),  # the highest at the end of an earlier week
        count("tries"),
        count("successes"),
        moment("last_time"),
        POSITION,
        IS_DELETED,
    ),
)

PERSON_MASTERY_WEEKS = Table(
    "person_mastery_weeks",
    ("store", "person", "knowledge_point", "week"),
    (
        word("store"),
        text("person"),
        word("knowledge_point"),
        Column("week", "Date32", 0),  # its Monday, in days since 1970-01-01
        word("subject"),
        number("probability"),
        number("low"),
        number("high"),
        count("tries"),
        count("successes"),
        POSITION,
        IS_DELETED,
    ),
)

# What is known of a level, in the order of projections.prediction.growth.LevelState.
_LEVEL: tuple[Column, ...] = (
    number("level"),  # standing in the cohort, in standard deviations
    number("variance"),  # standings squared
    number("freedom"),
    number("squares"),  # over freedom: what scales every variance of this person's
    count("scores"),  # observations
)

PERSON_LEVELS = Table(
    "person_levels",
    ("store", "person", "subject"),
    (
        word("store"),
        text("person"),
        word("subject"),  # or where none is stated the course
        *_LEVEL,
        day("first_day"),
        day("last_day"),
        POSITION,
        IS_DELETED,
    ),
)

PERSON_LEVEL_WEEKS = Table(
    "person_level_weeks",
    ("store", "person", "subject", "week"),
    (
        word("store"),
        text("person"),
        word("subject"),
        day("week"),  # its Monday, in days since 1970-01-01
        *_LEVEL,
        day("last_day"),
        count("observations"),  # of the week
        number("points"),  # their mean, 0..100
        POSITION,
        IS_DELETED,
    ),
)

DOCUMENTS = Table(
    "documents",
    ("store", "person", "kind", "activity", "registration", "id"),
    (
        word("store"),
        text("person"),
        word("kind"),
        text("activity"),
        text("registration"),
        text("id"),
        text("app"),
        word("content_type"),
        Column("size", "UInt64", 0),  # bytes
        text("content"),
        moment("updated"),
        POSITION,
        IS_DELETED,
    ),
)

NAMES = Table(
    "names",
    ("store", "subject", "language"),
    (
        word("store"),
        text("subject"),
        word("language"),
        Column("latest", "Tuple(Int64, String, String)", (0, "", "")),
    ),
)

IDENTITIES = Table(
    "identities",
    ("store", "account"),
    (word("store"), text("account"), text("person"), POSITION, IS_DELETED),
)

DEAD_LETTERS = Table(
    "dead_letters",
    ("position",),
    (
        word("store"),
        POSITION,  # of the event in the log; the version is the time of the attempt
        text("statement"),
        text("reason"),
        moment("since"),
        Column("version", "UInt64", 0),
        IS_DELETED,
    ),
)

PROGRESS = Table(
    "progress",
    ("part", "source"),
    (Column("part", "UInt16", 0), Column("source", "UInt16", 0), POSITION),
)

ROSTER_ORGS = Table(
    "roster_orgs",
    ("store", "org"),
    (
        word("store"),
        text("org"),
        text("name"),
        word("type"),
        text("parent"),
        text("identifier"),
        POSITION,
        IS_DELETED,
    ),
)

ROSTER_SESSIONS = Table(
    "roster_sessions",
    ("store", "session"),
    (
        word("store"),
        text("session"),
        text("title"),
        word("type"),
        day("begin"),
        day("end"),
        text("parent"),
        word("school_year"),
        POSITION,
        IS_DELETED,
    ),
)

ROSTER_COURSES = Table(
    "roster_courses",
    ("store", "course"),
    (
        word("store"),
        text("course"),
        text("title"),
        text("code"),
        text("org"),
        words("grades"),
        words("subjects"),
        POSITION,
        IS_DELETED,
    ),
)

ROSTER_CLASSES = Table(
    "roster_classes",
    ("store", "class_group"),
    (
        word("store"),
        text("class_group"),
        text("title"),
        text("code"),
        word("type"),
        text("course"),
        word("school"),
        words("grades"),
        word("grade"),
        word("stage"),
        words("subjects"),
        words("sessions"),
        day("until"),
        POSITION,
        IS_DELETED,
    ),
)

ROSTER_USERS = Table(
    "roster_users",
    ("store", "user"),
    (
        word("store"),
        text("user"),
        text("person"),
        text("name"),
        word("role"),
        words("grades"),
        words("orgs"),
        flag("enabled"),
        day("until"),
        POSITION,
        IS_DELETED,
    ),
)

ROSTER_ENROLLMENTS = Table(
    "roster_enrollments",
    ("store", "enrollment"),
    (
        word("store"),
        text("enrollment"),
        text("user"),
        text("person"),
        word("class_group"),
        word("school"),
        word("role"),
        flag("is_primary"),
        day("begin"),
        day("end"),
        POSITION,
        IS_DELETED,
    ),
)

SCHEMES = Table(
    "schemes",
    ("store", "scheme"),
    (
        word("store"),
        text("scheme"),
        text("title_zh"),
        text("title_en"),
        text("extends"),
        text("text"),
        POSITION,
        IS_DELETED,
    ),
)

ROSTER_TABLES: tuple[Table, ...] = (
    ROSTER_ORGS,
    ROSTER_SESSIONS,
    ROSTER_COURSES,
    ROSTER_CLASSES,
    ROSTER_USERS,
    ROSTER_ENROLLMENTS,
)

# What is known of persons, activities and the log's events; each row is of a store.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        FACTS,
        PERSONS,
        PERSON_DAYS,
        PERSON_WEEKS,
        PERSON_MASTERY,
        PERSON_MASTERY_WEEKS,
        PERSON_LEVELS,
        PERSON_LEVEL_WEEKS,
        DOCUMENTS,
        NAMES,
        IDENTITIES,
        DEAD_LETTERS,
        *ROSTER_TABLES,
        SCHEMES,
    )
}

EVERY_TABLE: dict[str, Table] = {**TABLES, PROGRESS.name: PROGRESS}

# The tables that a fold writes: everything known of one person, one row a key, in the order of
# writing. Of everyone who did anything there is a day, so whoever has any row has had one of the
# first table. The person's own row, whose version tells that there is something new, is written
# once all others are there.
PERSON_TABLES: tuple[Table, ...] = (
    PERSON_DAYS,
    PERSON_WEEKS,
    PERSON_MASTERY,
    PERSON_MASTERY_WEEKS,
    PERSON_LEVELS,
    PERSON_LEVEL_WEEKS,
    PERSONS,
)


def fact_row(fact: Fact) -> tuple[Any, ...]:
    """Give a fact as a row of ``facts``: its fields are the table's columns, in order."""
    return msgspec.structs.astuple(fact)


def name_row(
    store: str, subject: str, language: str, latest: tuple[int, str, str]
) -> tuple[Any, ...]:
    """Give a name as a row of ``names``; ``latest`` is (time in µs, statement id, name)."""
    return (store, subject, language, latest)
