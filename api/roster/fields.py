"""The CSV tables of OneRoster 1.1 and 1.2 that are read: their columns, and what each may hold.

1EdTech OneRoster 1.1 CSV Tables, section 4; OneRoster 1.2 CSV Binding, section 3.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

V1_1: Final = "1.1"
V1_2: Final = "1.2"

ORGS, SESSIONS, COURSES, CLASSES = "orgs", "academicSessions", "courses", "classes"
USERS, ROLES, PROFILES, ENROLLMENTS = "users", "roles", "userProfiles", "enrollments"

# The files that either version has beside those that are read here.
OTHER_FILES: Final = frozenset(
    {
        *("categories", "classResources", "courseResources", "demographics", "lineItems"),
        *("lineItemLearningObjectiveIds", "lineItemScoreScales", "resources", "results"),
        *("resultLearningObjectiveIds", "resultScoreScales", "scoreScales", "userResources"),
    }
)

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEAR: Final = re.compile(r"\d{4}")
_USER_IDS: Final = re.compile(r"\{([^:{}]+):([^{}]+)\}")
_EXTENSION: Final = re.compile(r"ext:[A-Za-z0-9._-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST_ID: Final = 255


class BrokenRule(ValueError):
    """A value of a column doesn't keep the rule that is the message."""


@dataclass(frozen=True)
class Field:
    """A column: how its value is read, whether a record needs one, and which file it points into.

    One that isn't ``kept`` is checked to be there where it's required, and forgotten.
    """

    name: str
    read: Callable[[str], Any]
    is_required: bool = False
    refers: str = ""
    is_kept: bool = True


# Forms -------------------------------------------------------------------------------------------


def text(value: str) -> str:
    """Read a text: any, without control characters."""
    if _CONTROL.search(value):
        raise BrokenRule("a text has no control characters")
    return value


def sourced_id(value: str) -> str:
    """Read an id: 1 to 255 characters."""
    if len(value) > _LONGEST_ID:
        raise BrokenRule(f"an id has at most {_LONGEST_ID} characters")
    return text(value)


def texts(value: str) -> list[str]:
    """Read several texts, apart by commas."""
    return [one for one in (part.strip() for part in text(value).split(",")) if one]


def sourced_ids(value: str) -> list[str]:
    """Read several ids, apart by commas."""
    return [sourced_id(one) for one in texts(value)]


def day(value: str) -> str:
    """Read a day of ISO 8601."""
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise BrokenRule("a day of ISO 8601, such as 2026-09-01")


def moment(value: str) -> str:
    """Read a time of ISO 8601 with its offset."""
    moment_of(value)
    return value


def moment_of(value: str) -> datetime:
    """Give a time of ISO 8601. Raises BrokenRule."""
    try:
        if "T" in value and (read := datetime.fromisoformat(value)).tzinfo is not None:
            return read
    except ValueError:
        pass
    raise BrokenRule("a time of ISO 8601 with its offset, such as 2026-09-01T00:00:00.000Z")


def flag(value: str) -> bool:
    """Read true or false."""
    if value not in ("true", "false"):
        raise BrokenRule("true or false")
    return value == "true"


def year(value: str) -> str:
    """Read a school year: the year in which it ends."""
    if not _YEAR.fullmatch(value):
        raise BrokenRule("a school year is the year in which it ends, such as 2027")
    return value


def user_ids(value: str) -> list[dict[str, str]]:
    """Read identifiers with their types: ``{type:identifier},{type:identifier}``."""
    found = [
        {"type": kind.strip(), "identifier": identifier.strip()}
        for kind, identifier in _USER_IDS.findall(text(value))
    ]
    rest = _USER_IDS.sub("", value).replace(",", "").strip()
    if rest or not found or not all(one["type"] and one["identifier"] for one in found):
        raise BrokenRule("identifiers are written {type:identifier}, apart by commas")
    return found


def one_of(*words: str, extensible: bool = False) -> Callable[[str], str]:
    """Read a word of an enumeration, or in 1.2 one of the district's own after ``ext:``."""
    rule = f"one of {', '.join(words)}" + (", or ext: and a word of one's own" * extensible)

    def read(value: str) -> str:
        if value in words or (extensible and _EXTENSION.fullmatch(value)):
            return value
        raise BrokenRule(rule)

    return read


# Tables ------------------------------------------------------------------------------------------

_ROLES: Final = (
    *("administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"),
)
_ROLES_1_2: Final = (
    *("aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor"),
    *("relative", "siteAdministrator", "student", "systemAdministrator", "teacher"),
)
_ORGS: Final = ("department", "school", "district", "local", "state", "national")
_SESSIONS: Final = ("gradingPeriod", "semester", "schoolYear", "term")
_PROFILE_TYPE: Final = "userProfileSourcedId"

SOURCED_ID: Final = "sourcedId"
STATUS: Final = "status"
MODIFIED: Final = "dateLastModified"
METADATA: Final = "metadata."


def fields_of(version: str) -> dict[str, tuple[Field, ...]]:
    """Give the columns of each file of a version, beside those that every file begins with."""
    ext = version == V1_2
    return {
        ORGS: (
            Field("name", text, is_required=True),
            Field("type", one_of(*_ORGS, extensible=ext), is_required=True),
            Field("identifier", text),
            Field("parentSourcedId", sourced_id, refers=ORGS),
        ),
        SESSIONS: (
            Field("title", text, is_required=True),
            Field("type", one_of(*_SESSIONS, extensible=ext), is_required=True),
            Field("startDate", day, is_required=True),
            Field("endDate", day, is_required=True),
            Field("parentSourcedId", sourced_id, refers=SESSIONS),
            Field("schoolYear", year, is_required=True),
        ),
        COURSES: (
            Field("schoolYearSourcedId", sourced_id, refers=SESSIONS),
            Field("title", text, is_required=True),
            Field("courseCode", text),
            Field("grades", texts),
            Field("orgSourcedId", sourced_id, is_required=True, refers=ORGS),
            Field("subjects", texts),
            Field("subjectCodes", texts),
        ),
        CLASSES: (
            Field("title", text, is_required=True),
            Field("grades", texts),
            Field("courseSourcedId", sourced_id, is_required=True, refers=COURSES),
            Field("classCode", text),
            Field("classType", one_of("homeroom", "scheduled", extensible=ext), is_required=True),
            Field("location", text),
            Field("schoolSourcedId", sourced_id, is_required=True, refers=ORGS),
            Field("termSourcedIds", sourced_ids, is_required=True, refers=SESSIONS),
            Field("subjects", texts),
            Field("subjectCodes", texts),
            Field("periods", texts),
        ),
        USERS: _users(version),
        ENROLLMENTS: (
            Field("classSourcedId", sourced_id, is_required=True, refers=CLASSES),
            Field("schoolSourcedId", sourced_id, is_required=True, refers=ORGS),
            Field("userSourcedId", sourced_id, is_required=True, refers=USERS),
            Field("role", one_of(*_ROLES, extensible=ext), is_required=True),
            Field("primary", flag),
            Field("beginDate", day),
            Field("endDate", day),
        ),
        **({ROLES: _roles(), PROFILES: _profiles()} if version == V1_2 else {}),
    }


def _users(version: str) -> tuple[Field, ...]:
    """Give the columns of users.csv; passwords and telephone numbers are not for a record."""
    who = (
        Field("username", text, is_required=True),
        Field("userIds", user_ids),
        Field("givenName", text, is_required=True),
        Field("familyName", text, is_required=True),
        Field("middleName", text),
        Field("identifier", text),
        Field("email", text),
        Field("sms", text, is_kept=False),
        Field("phone", text, is_kept=False),
        Field("agentSourcedIds", sourced_ids, refers=USERS),
        Field("grades", texts),
        Field("password", text, is_kept=False),
    )
    enabled = Field("enabledUser", flag, is_required=True)
    if version == V1_1:
        orgs = Field("orgSourcedIds", sourced_ids, is_required=True, refers=ORGS)
        return enabled, orgs, Field("role", one_of(*_ROLES), is_required=True), *who
    return (
        enabled,
        *who,
        Field("userMasterIdentifier", text),
        Field("resourceSourcedIds", texts),
        Field("preferredGivenName", text),
        Field("preferredMiddleName", text),
        Field("preferredFamilyName", text),
        Field("primaryOrgSourcedId", sourced_id, refers=ORGS),
        Field("pronouns", text),
    )


def _roles() -> tuple[Field, ...]:
    return (
        Field("userSourcedId", sourced_id, is_required=True, refers=USERS),
        Field("roleType", one_of("primary", "secondary"), is_required=True),
        Field("role", one_of(*_ROLES_1_2, extensible=True), is_required=True),
        Field("beginDate", day),
        Field("endDate", day),
        Field("orgSourcedId", sourced_id, is_required=True, refers=ORGS),
        Field(_PROFILE_TYPE, sourced_id, refers=PROFILES),
    )


def _profiles() -> tuple[Field, ...]:
    return (
        Field("userSourcedId", sourced_id, is_required=True, refers=USERS),
        Field("profileType", text, is_required=True),
        Field("vendorId", text, is_required=True),
        Field("applicationId", text),
        Field("description", text),
        Field("credentialType", text, is_required=True),
        Field("username", text, is_required=True),
        Field("password", text, is_kept=False),
    )


# The days of each file that begin and end something, the end being the first day after it.
DAYS: Final = {
    SESSIONS: ("startDate", "endDate"),
    ENROLLMENTS: ("beginDate", "endDate"),
    ROLES: ("beginDate", "endDate"),
}
# The files whose records can be below others of their own.
NESTED: Final[Collection[str]] = (ORGS, SESSIONS)
