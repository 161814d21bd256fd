"""Who may see what: one table of resources and roles, and one function that every route asks first.

`RULES` is the table. A route under /v1 calls `allow` with its resource and with whom or what it is
about; pages call `permit`, which `allow` is made of. A refusal says which roles may, and never
whether there is anything under the name that was asked for.
"""

import asyncio
from collections.abc import Collection, Iterable
from datetime import date, datetime
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Request

from api.authentication import (
    DECLARE,
    OPERATE,
    READ_ALL,
    READ_OWN_STATEMENTS,
    READ_PROJECTIONS,
    RETRY,
    check_scopes,
    demand,
)
from api.errors import ApiError
from lrs import holders
from lrs.credentials import Credential

if TYPE_CHECKING:
    from api.services import Services

OPERATOR: Final = "operator"  # a credential with the scope `operate`, whoever holds it

# The table ----------------------------------------------------------------------------------------

Reach = Literal["all", "own", "none"]
ALL: Final = "all"
OWN: Final = "own"
NONE: Final = "none"


class Resource(StrEnum):
    """What can be asked for."""

    STUDENTS = "list of students"
    STUDENT_PORTRAIT = "student portrait"
    MISTAKES = "mistakes"
    HOMEWORK_PLAN = "homework plan"
    DOCUMENTS = "documents"
    EVIDENCE = "evidence"
    TEACHERS = "list of teachers"
    TEACHER_PORTRAIT = "teacher portrait"
    CLASS_PORTRAIT = "class portrait"
    SCHOOL_PORTRAIT = "school portrait"
    DISTRICT_PORTRAIT = "district portrait"
    STUDENT_EVALUATION = "student's result"
    CLASS_EVALUATION = "class's result"
    SCHOOL_EVALUATION = "school's result"
    DISTRICT_EVALUATION = "district's result"
    WHAT_IF = "what if"
    LESSON = "lesson"
    RANKINGS = "rankings"
    REPORT = "report"
    APPS = "apps"
    PROFILES = "profiles"
    FINDINGS = "profile findings"
    PROFILE_CHECK = "profile check"
    MAPPINGS = "mappings"
    MAPPING_CHANGE = "change of mappings"
    SCHEMES = "schemes"
    SCHEME_CHECK = "check of a scheme"
    SCHEME_CHANGE = "change of schemes"
    SCHOOL_SCHEME_CHANGE = "change of a school's schemes"
    CALIBRATIONS = "calibrations"
    CALIBRATION_CHANGE = "change of calibrations"
    ROSTER = "roster"
    ROSTER_CHANGE = "change of the roster"
    IDENTITIES = "accounts of a person"
    IDENTITY_CHANGE = "change of accounts"
    STATUS = "status"
    GENERATIONS = "generations"
    GENERATION_CHANGE = "change of generations"
    REPLAYS = "replays"
    DEAD_LETTERS = "dead letters"
    RETRY = "retry of dead letters"
    STATEMENTS = "pages of statements"
    STORAGE = "storage"
    FORWARDERS = "forwarders"
    FORWARDER_RETRY = "retry of what was refused upstream"
    CREDENTIALS = "an app's credentials"


class Rule(NamedTuple):
    """What a resource takes: one of these scopes, and how far each role reaches in it.

    `own` is: of a student the student, of a parent the children, of a teacher the teacher, the
    classes taught and the students in them, of a school leader the schools with their classes,
    teachers and students, of a vendor the app. Own schemes are those of the schools that one
    belongs to; the district's are everybody's.
    """

    scopes: tuple[str, ...]
    student: Reach
    parent: Reach
    teacher: Reach
    school_leader: Reach
    evaluator: Reach
    vendor: Reach
    operator: Reach


_QUERY: Final = READ_PROJECTIONS
_SEE: Final = (*READ_PROJECTIONS, *OPERATE)
_VENDING: Final = (*READ_PROJECTIONS, "statements/write", *OPERATE)

# fmt: off
RULES: Final[dict[Resource, Rule]] = {
    #                                        student parent teacher leader evaluator vendor operator
    Resource.STUDENTS:          Rule(_QUERY,   OWN,  OWN,  OWN,  OWN,  ALL,  NONE, NONE),
    Resource.STUDENT_PORTRAIT:  Rule(_QUERY,   OWN,  OWN,  OWN,  OWN,  ALL,  NONE, NONE),
    Resource.MISTAKES:          Rule(_QUERY,   OWN,  OWN,  OWN,  OWN,  ALL,  NONE, NONE),
    Resource.HOMEWORK_PLAN:     Rule(_QUERY,   OWN,  OWN,  OWN,  OWN,  ALL,  NONE, NONE),
    Resource.DOCUMENTS:         Rule(READ_ALL, NONE, NONE, NONE, NONE, ALL,  NONE, NONE),
    Resource.EVIDENCE:          Rule(_QUERY,   OWN,  OWN,  OWN,  OWN,  ALL,  NONE, NONE),
    Resource.TEACHERS:          Rule(_QUERY,   NONE, NONE, OWN,  OWN,  ALL,  NONE, NONE),
    Resource.TEACHER_PORTRAIT:  Rule(_QUERY,   NONE, NONE, OWN,  OWN,  ALL,  NONE, NONE),
    Resource.CLASS_PORTRAIT:    Rule(_QUERY,   NONE, NONE, OWN,  OWN,  ALL,  NONE, NONE),
    Resource.SCHOOL_PORTRAIT:   Rule(_QUERY,   NONE, NONE, NONE, OWN,  ALL,  NONE, NONE),
    Resource.DISTRICT_PORTRAIT: Rule(_QUERY,   NONE, NONE, NONE, NONE, ALL,  NONE, NONE),
    Resource.STUDENT_EVALUATION: Rule(_QUERY,  OWN,  OWN,  OWN,  OWN,  ALL,  NONE, NONE),
    Resource.CLASS_EVALUATION:  Rule(_QUERY,   NONE, NONE, OWN,  OWN,  ALL,  NONE, NONE),
    Resource.SCHOOL_EVALUATION: Rule(_QUERY,   NONE, NONE, NONE, OWN,  ALL,  NONE, NONE),
    Resource.DISTRICT_EVALUATION: Rule(_QUERY, NONE, NONE, NONE, NONE, ALL,  NONE, NONE),
    Resource.WHAT_IF:           Rule(_QUERY,   NONE, NONE, NONE, OWN,  ALL,  NONE, NONE),
    Resource.LESSON:            Rule(_QUERY,   NONE, NONE, OWN,  OWN,  ALL,  NONE, NONE),
    Resource.RANKINGS:          Rule(_QUERY,   NONE, NONE, NONE, OWN,  ALL,  NONE, NONE),
    Resource.REPORT:            Rule(_QUERY,   NONE, NONE, NONE, NONE, ALL,  NONE, NONE),
    Resource.APPS:              Rule(_VENDING, NONE, NONE, NONE, NONE, ALL,  OWN,  ALL),
    Resource.PROFILES:          Rule(_QUERY,   NONE, NONE, NONE, NONE, ALL,  ALL,  NONE),
    Resource.FINDINGS:          Rule(_QUERY,   NONE, NONE, NONE, NONE, ALL,  NONE, NONE),
    Resource.PROFILE_CHECK:     Rule(_VENDING, NONE, NONE, NONE, NONE, ALL,  OWN,  ALL),
    Resource.MAPPINGS:          Rule(_VENDING, NONE, NONE, NONE, NONE, ALL,  OWN,  ALL),
    Resource.MAPPING_CHANGE:    Rule(DECLARE,  NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    Resource.SCHEMES:           Rule(_SEE,     OWN,  OWN,  OWN,  OWN,  ALL,  NONE, ALL),
    Resource.SCHEME_CHECK:      Rule(_SEE,     NONE, NONE, NONE, OWN,  ALL,  NONE, ALL),
    Resource.SCHEME_CHANGE:     Rule(DECLARE,  NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    Resource.SCHOOL_SCHEME_CHANGE: Rule(_QUERY, NONE, NONE, NONE, OWN, NONE, NONE, NONE),
    Resource.CALIBRATIONS:      Rule(_SEE,     NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    Resource.CALIBRATION_CHANGE:Rule(OPERATE,  NONE, NONE, NONE, NONE, NONE, NONE, ALL),
    Resource.ROSTER:            Rule(_SEE,     NONE, NONE, OWN,  OWN,  ALL,  NONE, ALL),
    Resource.ROSTER_CHANGE:     Rule(DECLARE,  NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    Resource.IDENTITIES:        Rule(_QUERY,   OWN,  OWN,  OWN,  OWN,  ALL,  NONE, NONE),
    Resource.IDENTITY_CHANGE:   Rule(DECLARE,  NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    Resource.STATUS:            Rule(_SEE,     NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    Resource.GENERATIONS:       Rule(_SEE,     NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    Resource.GENERATION_CHANGE: Rule(OPERATE,  NONE, NONE, NONE, NONE, NONE, NONE, ALL),
    Resource.REPLAYS:           Rule(OPERATE,  NONE, NONE, NONE, NONE, NONE, NONE, ALL),
    Resource.DEAD_LETTERS:      Rule(_SEE,     NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    Resource.RETRY:             Rule(RETRY,    NONE, NONE, NONE, NONE, ALL,  NONE, ALL),
    # Of the pages only: /xapi/statements itself goes by xAPI's scopes.
    Resource.STATEMENTS:        Rule(READ_OWN_STATEMENTS, NONE, NONE, NONE, NONE, ALL, OWN, NONE),
    Resource.STORAGE:           Rule(OPERATE,  NONE, NONE, NONE, NONE, NONE, NONE, ALL),
    Resource.FORWARDERS:        Rule(OPERATE,  NONE, NONE, NONE, NONE, NONE, NONE, ALL),
    Resource.FORWARDER_RETRY:   Rule(OPERATE,  NONE, NONE, NONE, NONE, NONE, NONE, ALL),
    Resource.CREDENTIALS:       Rule(_VENDING, NONE, NONE, NONE, NONE, NONE, OWN,  NONE),
}
# fmt: on
ROLES: Final = Rule._fields[1:]
# Under which a scheme is published or withdrawn: any of them, or one's own school's.
SCHEME_CHANGES: Final = (Resource.SCHEME_CHANGE, Resource.SCHOOL_SCHEME_CHANGE)

# What is one's own --------------------------------------------------------------------------------

# For how long what somebody's own is stays known, in seconds: a change of the roster shows so soon.
OWN_SECONDS: Final = 2.0
_MOST_KNOWN: Final = 5_000
_Names = frozenset[str]
_NOBODY: Final[_Names] = frozenset()


class Subject(msgspec.Struct, frozen=True):
    """Whom or what a request is about, by each of the ways in which it can be somebody's own."""

    students: _Names = _NOBODY
    teachers: _Names = _NOBODY
    classes: _Names = _NOBODY
    schools: _Names = _NOBODY
    apps: _Names = _NOBODY


def student(person: str) -> Subject:
    """Give the subject that a student is."""
    return Subject(students=frozenset((person,)))


def teacher(person: str) -> Subject:
    """Give the subject that a teacher is."""
    return Subject(teachers=frozenset((person,)))


def person(key: str) -> Subject:
    """Give the subject that somebody is who may be student or teacher."""
    return Subject(students=frozenset((key,)), teachers=frozenset((key,)))


def class_group(name: str) -> Subject:
    """Give the subject that a class is."""
    return Subject(classes=frozenset((name,)))


def school(name: str) -> Subject:
    """Give the subject that a school is."""
    return Subject(schools=frozenset((name,)))


def app(name: str) -> Subject:
    """Give the subject that an app is."""
    return Subject(apps=frozenset((name,)))


def lesson(teachers: Iterable[str], classes: Iterable[str]) -> Subject:
    """Give the subject that a lesson is: of any who teaches it, and of any class that is in it."""
    return Subject(teachers=frozenset(teachers), classes=frozenset(classes))


class Own(Subject, frozen=True):
    """What is somebody's own."""

    def holds(self, subject: Subject) -> bool:
        """Tell whether a subject is among it."""
        return any(
            not getattr(self, name).isdisjoint(getattr(subject, name))
            for name in Subject.__struct_fields__
        )


class Membership(Protocol):
    """What the roster knows of who belongs where on a day; a roster's names are ids of its own."""

    def person_of(self, store: str, account: str) -> str:
        """Give the person an account is linked to; the account itself where it isn't."""

    def teaches(self, store: str, person: str, on: date) -> Iterable[str]:
        """Give the classes that a person teaches on a day, or has taught in that day's term."""

    def schools_of(self, store: str, person: str, on: date) -> Iterable[str]:
        """Give the schools that a person belongs to."""

    def classes_of(self, store: str, schools: Collection[str], on: date) -> Iterable[str]:
        """Give the classes of schools."""

    def students_of(self, store: str, classes: Collection[str], on: date) -> Iterable[str]:
        """Give the persons who are students in classes."""

    def teachers_of(self, store: str, classes: Collection[str], on: date) -> Iterable[str]:
        """Give the persons who teach classes."""


def own_of(credential: Credential, members: Membership, on: date) -> Own:
    """Work out what is a credential's own on a day."""
    holder, store = credential.holder, credential.store
    if holder is None:
        return Own(apps=frozenset((credential.app,)))
    oneself = _persons(store, [holder.person] if holder.person else [], members)
    match holder.role:
        case holders.STUDENT:
            return Own(students=oneself)
        case holders.PARENT:
            return Own(students=_persons(store, holder.children, members))
        case holders.TEACHER:
            classes = _NOBODY.union(*(members.teaches(store, one, on) for one in oneself))
            return Own(
                students=frozenset(members.students_of(store, classes, on)),
                teachers=oneself,
                classes=classes,
            )
        case holders.SCHOOL_LEADER:
            known = (members.schools_of(store, one, on) for one in oneself)
            schools = _NOBODY.union(holder.schools, *known)
            classes = frozenset(members.classes_of(store, schools, on))
            return Own(
                students=frozenset(members.students_of(store, classes, on)),
                teachers=frozenset(members.teachers_of(store, classes, on)),
                classes=classes,
                schools=schools,
            )
    return Own(apps=frozenset((credential.app,)))


def own_schools(asker: "Asker", members: Membership, on: date) -> frozenset[str]:
    """Give the schools that somebody belongs to on a day, or the children of a parent do."""
    holder, own = asker.credential.holder, asker.own
    if holder is None:
        return _NOBODY
    persons = filter(None, (holder.person, *holder.children))
    known = (members.schools_of(asker.store, one, on) for one in persons)
    return _NOBODY.union(() if own is None else own.schools, *known)


def _persons(store: str, keys: Iterable[str], members: Membership) -> _Names:
    """Give keys of persons, and with each the person that it is linked to."""
    keys = tuple(keys)
    return frozenset(keys).union(members.person_of(store, key) for key in keys)


class KnownOwn:
    """What is whose own, remembered for OWN_SECONDS; one of these a server."""

    def __init__(self) -> None:
        self._known: dict[Credential, tuple[float, Own]] = {}

    async def of(self, services: "Services", credential: Credential) -> Own:
        """Give what is a credential's own today."""
        until, own = self._known.get(credential, (0.0, Own()))
        if until < monotonic():
            on = datetime.now(ZoneInfo(services.settings.timezone)).date()
            own = await asyncio.to_thread(
                lambda: own_of(credential, services.membership(), on),
            )
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[credential] = monotonic() + OWN_SECONDS, own
        return own


# Asking -------------------------------------------------------------------------------------------


class Asker(msgspec.Struct, frozen=True):
    """Who asks for a resource, and how far the answer may go.

    `own` is what it is limited to; None where it is about all of the store. Lists keep to it.
    """

    credential: Credential
    roles: _Names
    own: Own | None

    @property
    def store(self) -> str:
        """The store that is asked about."""
        return self.credential.store


def roles_of(credential: Credential) -> _Names:
    """Give the roles that a credential is in.

    Without a holder it counts by its scopes: who may query a store evaluates it, who may only post
    to it is an app's vendor.
    """
    operator = frozenset((OPERATOR,)) if credential.may(*OPERATE) else _NOBODY
    if credential.holder is not None:
        return operator | {credential.holder.role}
    if credential.may(*READ_PROJECTIONS):
        return operator | {holders.EVALUATOR}
    return operator | {holders.VENDOR} if credential.may("statements/write") else operator


def reach_of(resource: Resource, roles: Iterable[str]) -> Reach:
    """Give how far the one of these roles reaches that reaches farthest."""
    reaches = {getattr(RULES[resource], role) for role in roles}
    return ALL if ALL in reaches else OWN if OWN in reaches else NONE


def may_have(credential: Credential, resource: Resource) -> bool:
    """Tell whether a credential may have any of a resource, by its scopes and its roles."""
    is_open = reach_of(resource, roles_of(credential)) != NONE
    return is_open and credential.may(*RULES[resource].scopes)


async def allow(
    request: Request,
    resource: Resource,
    subject: Subject | None = None,
    *,
    is_counted: bool = True,
) -> Asker:
    """Give who makes a request, if that one may have a resource.

    Without a subject the request is for a list, or for what has no owner: the asker's `own` then
    says what it is limited to. Counted, it is one of the requests that a rate limits. Raises
    ApiError 401, 403, 429, 503.
    """
    credential = await demand(request, RULES[resource].scopes, is_counted=is_counted)
    return await permit(request.app.state.services, credential, resource, subject)


async def allow_any(request: Request, *resources: Resource) -> Asker:
    """Give who makes a request, for the first of some resources that this one may have any of.

    Raises ApiError as ``allow`` does, as of the first.
    """
    scopes = {scope for resource in resources for scope in RULES[resource].scopes}
    credential = await demand(request, tuple(sorted(scopes)))
    found = (resource for resource in resources if may_have(credential, resource))
    chosen = next(found, resources[0])
    return await permit(request.app.state.services, credential, chosen)


async def permit(
    services: "Services", credential: Credential, resource: Resource, subject: Subject | None = None
) -> Asker:
    """Give a proved credential as an asker, if it may have a resource; else ApiError 403.

    Everyone who looks at rows passes here, so what was posted is made to be in them.
    """
    check_scopes(credential, RULES[resource].scopes)
    roles = roles_of(credential)
    reach = reach_of(resource, roles)
    if reach == NONE:
        raise _refusal(resource, roles)
    await services.live.attend()
    own = await services.known_own.of(services, credential) if reach == OWN else None
    asker = Asker(credential, roles, own)
    if subject is not None:
        await demand_own(services, asker, resource, subject)
    return asker


async def demand_own(
    services: "Services", asker: Asker, resource: Resource, subject: Subject
) -> None:
    """Raise ApiError 403 where a subject is none of those that an asker is limited to."""
    own = asker.own
    if own is None or own.holds(subject):
        return
    if subject.students or subject.teachers:
        linked = await asyncio.to_thread(_linked, services.membership(), asker.store, subject)
        if own.holds(linked):
            return
    raise _refusal(resource, asker.roles)


def _linked(members: Membership, store: str, subject: Subject) -> Subject:
    return msgspec.structs.replace(
        subject,
        students=_persons(store, subject.students, members),
        teachers=_persons(store, subject.teachers, members),
    )


def _refusal(resource: Resource, roles: _Names) -> ApiError:
    open_to = {role: reach_of(resource, (role,)) for role in ROLES}
    may = ", ".join(f"{role} ({reach})" for role, reach in open_to.items() if reach != NONE)
    asks = ", ".join(sorted(roles)) or "nobody in a role"
    return ApiError(
        403,
        f"{resource.value}: open to {may}; you ask as {asks}, and this is not open to you",
        resource=resource.value,
        roles=sorted(roles),
    )
