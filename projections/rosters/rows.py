"""What the roster's declarations say as rows: one record, one row, whatever came before it."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, Final

import msgspec

from lrs.declarations import DeclarationVersion
from projections.rosters.grades import grade_code, stage_of
from projections.tables import (
    ROSTER_CLASSES,
    ROSTER_COURSES,
    ROSTER_ENROLLMENTS,
    ROSTER_ORGS,
    ROSTER_SESSIONS,
    ROSTER_USERS,
    Row,
    Table,
)
from projections.vocabulary import SUBJECTS

UNKNOWN_BEGIN: Final = date(1900, 1, 1)
OPEN_END: Final = date(2299, 12, 31)

_EPOCH: Final = date(1970, 1, 1)
_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_contents: Final = msgspec.json.Decoder(dict[str, Any])
Content = Mapping[str, Any]

# What schools call subjects beside the curriculum's own names.
_SHORT_SUBJECTS: Final = {
    "道法": "morality-and-law",
    "政治": "politics",
    "生物": "biology",
    "信息技术": "information-technology",
    "体育": "physical-education",
    "综合实践": "integrated-practice",
    "心理": "mental-health",
    "math": "mathematics",
    "maths": "mathematics",
}


def roster_rows(
    kind: str, store: str, record: str, content: Content | None, position: int
) -> dict[str, list[Row]]:
    """Give the rows that a declaration of the roster makes, by table.

    ``content`` is the record as an object (None: withdrawn), ``position`` the declaration's in the
    log: the highest one of a record counts. Raises ``KeyError`` for another kind, and ``TypeError``
    or ``ValueError`` where the content isn't a record of that kind.
    """
    table, values = _KINDS[kind]
    if content is None:
        return {table.name: [table.tombstone((store, record), position)]}
    return {table.name: [(store, record, *values(content), position, 0)]}


def _org(content: Content) -> Row:
    return (
        _text(content, "name"),
        _text(content, "type"),
        _text(content, "parentSourcedId"),
        _text(content, "identifier"),
    )


def _session(content: Content) -> Row:
    return (
        _text(content, "title"),
        _text(content, "type"),
        _day(content, "begin", UNKNOWN_BEGIN),
        _day(content, "end", OPEN_END),
        _text(content, "parentSourcedId"),
        _text(content, "schoolYear"),
    )


def _course(content: Content) -> Row:
    return (
        _text(content, "title"),
        _text(content, "courseCode"),
        _text(content, "orgSourcedId"),
        _texts(content, "grades"),
        _subjects(content),
    )


def _class(content: Content) -> Row:
    grades = _texts(content, "grades")
    grade = grade_code(grades[0]) if grades else ""
    return (
        _text(content, "title"),
        _text(content, "classCode"),
        _text(content, "classType"),
        _text(content, "courseSourcedId"),
        _text(content, "schoolSourcedId"),
        grades,
        grade,
        stage_of(grade),
        _subjects(content),
        _texts(content, "termSourcedIds"),
        _day(content, "until", OPEN_END),
    )


def _user(content: Content) -> Row:
    roles = _roles(content)
    orgs = [*_texts(content, "orgSourcedIds"), _text(content, "primaryOrgSourcedId")]
    orgs += [_text(role, "orgSourcedId") for role in roles]
    return (
        _text(content, "person"),
        full_name(_text(content, "familyName"), _text(content, "givenName")),
        _text(content, "role") or (_text(roles[0], "role") if roles else ""),
        _texts(content, "grades"),
        tuple(dict.fromkeys(filter(None, orgs))),
        int(content.get("enabledUser") is not False),
        _day(content, "until", OPEN_END),
    )


def _enrollment(content: Content) -> Row:
    return (
        _text(content, "userSourcedId"),
        _text(content, "person"),
        _text(content, "classSourcedId"),
        _text(content, "schoolSourcedId"),
        _text(content, "role"),
        int(content.get("primary") is True),
        _day(content, "begin", UNKNOWN_BEGIN),
        _day(content, "end", OPEN_END),
    )


_KINDS: Final[dict[str, tuple[Table, Callable[[Content], Row]]]] = {
    "roster-org": (ROSTER_ORGS, _org),
    "roster-session": (ROSTER_SESSIONS, _session),
    "roster-course": (ROSTER_COURSES, _course),
    "roster-class": (ROSTER_CLASSES, _class),
    "roster-user": (ROSTER_USERS, _user),
    "roster-enrollment": (ROSTER_ENROLLMENTS, _enrollment),
}


def declared(store: str, declaration: DeclarationVersion, position: int) -> Mapping[str, list[Row]]:
    """Give the rows that a declaration of the roster makes, as the log has it.

    Raises ``msgspec.DecodeError`` beside what `roster_rows` raises.
    """
    content = None if declaration.deleted else _contents.decode(declaration.content)
    return roster_rows(declaration.kind, store, declaration.id, content, position)


ROSTER_KINDS: Final = tuple(_KINDS)
DECLARED: Final = dict.fromkeys(ROSTER_KINDS, declared)


def full_name(family: str, given: str) -> str:
    """Join a name as its script does: 李 and 雷 are 李雷, Li and Lei are Lei Li."""
    if _HAN.search(family + given):
        return family + given
    return f"{given} {family}".strip()


@cache
def subject_code(text: str) -> str:
    """Give the code of a subject of the curriculum by its code or name, else the text itself."""
    plain = text.strip().casefold()
    if plain in SUBJECTS:
        return plain
    return _subjects_by_name().get(plain, text.strip())


@cache
def _subjects_by_name() -> dict[str, str]:
    named = {
        name.casefold(): code for code, term in SUBJECTS.items() for name in (term.zh, term.en)
    }
    return {**named, **_SHORT_SUBJECTS}


def _subjects(content: Content) -> tuple[str, ...]:
    """Give subjects in the facts' codes; a subject's own code counts where its name says none."""
    names, codes = _texts(content, "subjects"), _texts(content, "subjectCodes")
    found = [subject_code(name) for name in names]
    for index, code in enumerate(codes):
        known = subject_code(code)
        if index >= len(found):
            found.append(known)
        elif found[index] not in SUBJECTS and known in SUBJECTS:
            found[index] = known
    return tuple(dict.fromkeys(found))


def _roles(content: Content) -> list[Content]:
    """Give the roles of OneRoster 1.2, the primary one first."""
    roles = content.get("roles") or {}
    return [
        role
        for _, role in sorted(
            roles.items(), key=lambda item: (item[1].get("roleType") != "primary", item[0])
        )
    ]


def _text(content: Content, name: str) -> str:
    value = content.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{name}: a text, not {value!r}")
    return value


def _texts(content: Content, name: str) -> tuple[str, ...]:
    value = content.get(name)
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"{name}: a list of texts, not {value!r}")
    return tuple(value)


def _day(content: Content, name: str, otherwise: date) -> int:
    """Give a day as days since 1970, kept within what a column of days can hold."""
    value = _text(content, name)
    try:
        day = date.fromisoformat(value) if value else otherwise
    except ValueError:
        raise ValueError(f"{name}: a day such as 2026-09-01, not {value!r}") from None
    return (min(max(day, UNKNOWN_BEGIN), OPEN_END) - _EPOCH).days
