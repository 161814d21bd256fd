"""Who holds a credential: a person or an app in a role, and whose records are the holder's own."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

STUDENT: Final = "student"
PARENT: Final = "parent"
TEACHER: Final = "teacher"
SCHOOL_LEADER: Final = "school_leader"
EVALUATOR: Final = "evaluator"
VENDOR: Final = "vendor"
ROLES: Final = (STUDENT, PARENT, TEACHER, SCHOOL_LEADER, EVALUATOR, VENDOR)

# A role limits what the projections show. Scopes that open a store's statements and documents know
# no role and would go around it: a person's credential can't have them.
_QUERIES: Final = frozenset({"projections/read"})
_POSTING: Final = frozenset({"statements/write", "statements/read/mine"})
PERMITTED_SCOPES: Final[Mapping[str, frozenset[str] | None]] = MappingProxyType(
    {
        STUDENT: _QUERIES | _POSTING,
        PARENT: _QUERIES,
        TEACHER: _QUERIES | _POSTING,
        SCHOOL_LEADER: _QUERIES,
        EVALUATOR: None,  # any
        VENDOR: _QUERIES | _POSTING | {"state", "profile", "define"},
    }
)
LONGEST_NAME: Final = 2000  # characters of a person's key or a school's id
MOST_NAMED: Final = 100  # schools, or children


class Holder(msgspec.Struct, frozen=True, omit_defaults=True):
    """A role, and what it is about: keys of persons, as portraits name them, and ids of schools.

    `person` is the holder; `schools` are those of a school leader, `children` those of a parent.
    What is the holder's own beyond that (a teacher's classes) is in the roster.
    """

    role: str
    person: str = ""
    schools: tuple[str, ...] = ()
    children: tuple[str, ...] = ()


def checked(holder: Holder) -> Holder:
    """Give a holder back that makes sense; raises ValueError that says what is missing."""
    role = holder.role
    if role not in ROLES:
        raise ValueError(f"a role is one of {', '.join(ROLES)}, not {role!r}")
    if role in (STUDENT, TEACHER) and not holder.person:
        raise ValueError(f"a {role} is a person: name the person's key")
    if role == PARENT and not holder.children:
        raise ValueError("a parent sees children: name at least one")
    if role == SCHOOL_LEADER and not (holder.person or holder.schools):
        raise ValueError("a school_leader has a school: name it, or the person the roster knows")
    if holder.children and role != PARENT:
        raise ValueError(f"a {role} has no children named")
    if holder.schools and role != SCHOOL_LEADER:
        raise ValueError(f"a {role} has no schools named: the roster says where somebody is")
    for names in (holder.schools, holder.children):
        if len(names) > MOST_NAMED:
            raise ValueError(f"at most {MOST_NAMED} are named, not {len(names)}")
    for name in (*holder.schools, *holder.children):
        if not name:
            raise ValueError("the name of a school or child is empty")
    for name in (holder.person, *holder.schools, *holder.children):
        if len(name) > LONGEST_NAME:
            raise ValueError(f"a name has at most {LONGEST_NAME} characters")
    return holder


def check_scopes(holder: Holder, scopes: Iterable[str]) -> None:
    """Raise ValueError where scopes would go around a role."""
    permitted = PERMITTED_SCOPES[holder.role]
    if permitted is not None and (beyond := set(scopes) - permitted):
        raise ValueError(
            f"a {holder.role}'s credential can't have {', '.join(sorted(beyond))},"
            f" which would go around the role; it can have {', '.join(sorted(permitted))}"
        )


def usual_scopes(holder: Holder) -> frozenset[str]:
    """Give the scopes that a credential of this role has where none is named."""
    return _QUERIES | _POSTING if holder.role == VENDOR else _QUERIES


def narrowed_scopes(holder: Holder, scopes: Iterable[str]) -> frozenset[str]:
    """Give the scopes that a role has by itself, and of others those that it can have."""
    permitted = PERMITTED_SCOPES[holder.role]
    given = frozenset(scopes)
    return usual_scopes(holder) | (given if permitted is None else given & permitted)
