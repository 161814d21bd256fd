"""What every app of the teaching cycle says alike: who, in which lesson, about what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Literal
from uuid import UUID

import orjson
from tincan import (
    Activity,
    ActivityDefinition,
    ActivityList,
    Agent,
    AgentAccount,
    Context,
    ContextActivities,
    Group,
    LanguageMap,
    Result,
    Statement,
    Verb,
)
from tincan.conversions.iso8601 import jsonify_timedelta
from tincan.serializable_base import SerializableBase

from projections.vocabulary import (
    EXTENSION_CLASS,
    EXTENSION_GRADE,
    EXTENSION_PHASE,
    EXTENSION_SCHOOL,
    EXTENSION_STAGE,
    EXTENSION_SUBJECT,
    PROFILE_ACTIVITY_TYPE,
    PROFILE_VERSION,
    TYPE_COURSE,
    TYPE_ITEM,
    TYPE_KNOWLEDGE_POINT,
    TYPE_LESSON,
)

DISTRICT = "https://demo-district.example"
# One person has one account in all apps of the district (统一身份).
ACCOUNTS = f"{DISTRICT}/accounts"
XAPI_VERSION = "1.0.3"

Phase = Literal["pre", "in", "post"]
PROFILE = Activity(id=PROFILE_VERSION, definition=ActivityDefinition(type=PROFILE_ACTIVITY_TYPE))


@dataclass(frozen=True, slots=True)
class Person:
    """A student, a teacher or a parent, by the name of the account."""

    account: str
    name: str

    @property
    def key(self) -> str:
        """The person's name in portraits."""
        return f"account:{ACCOUNTS}|{self.account}"


@dataclass(frozen=True, slots=True)
class KnowledgePoint:
    """What a lesson teaches and an item asks for."""

    code: str
    zh: str
    en: str

    @property
    def iri(self) -> str:
        """Its activity id."""
        return f"{DISTRICT}/knowledge-points/{self.code}"


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A question with four choices."""

    code: str
    zh: str
    en: str
    knowledge_points: tuple[KnowledgePoint, ...]
    difficulty: float  # logit scale, as ability is
    right_choice: str

    @property
    def iri(self) -> str:
        """Its activity id."""
        return f"{DISTRICT}/items/{self.code}"


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One lesson as one class has it; of two classes in one lesson, each has the same code."""

    code: str
    zh: str
    en: str
    subject: str  # code of the profile
    course: tuple[str, str, str]  # code, zh, en
    knowledge_point: KnowledgePoint
    teacher: Person
    class_group: str  # id in the roster
    school: str  # id in the roster
    stage: str = "primary"  # code of the profile
    grade: int = 5

    @property
    def iri(self) -> str:
        """Its activity id."""
        return f"{DISTRICT}/lessons/{self.code}"


class Part:
    """A part that many statements share: built by tincan once, and kept with its JSON."""

    __slots__ = ("built", "json")

    def __init__(self, built: SerializableBase) -> None:
        self.built = built
        self.json = orjson.Fragment(orjson.dumps(orjson.loads(built.to_json(XAPI_VERSION))))


@dataclass(frozen=True, slots=True)
class Where:
    """The context of a statement."""

    activities: Part
    extensions: Mapping[str, Any]
    instructor: Part | None = None
    team: Part | None = None
    registration: UUID | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did: a statement but for its id.

    ``result`` is as in JSON. ``statement`` is how an app says it with tincan; ``json`` says the
    same in a fifth of the time, for those who post a whole district.
    """

    who: Part
    did: Part
    what: Part
    where: Where
    when: datetime
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def class_group(self) -> str:
        """The class it happened in, as the roster has it; empty where the act tells none."""
        return str(self.where.extensions.get(EXTENSION_CLASS, ""))

    def statement(self, identity: UUID) -> Statement:
        """Build the statement with tincan."""
        where = self.where
        return Statement(
            id=identity,
            actor=self.who.built,
            verb=self.did.built,
            object=self.what.built,
            context=Context(
                registration=where.registration,
                instructor=where.instructor.built if where.instructor else None,
                team=where.team.built if where.team else None,
                context_activities=where.activities.built,
                extensions=dict(where.extensions) or None,
            ),
            timestamp=self.when,
            result=Result(**self.result) if self.result else None,
        )

    def json(self, identity: UUID) -> bytes:
        """Fill the statement's JSON in from its parts."""
        where = self.where
        context: dict[str, Any] = {"contextActivities": where.activities.json}
        if where.registration:
            context["registration"] = where.registration
        if where.instructor:
            context["instructor"] = where.instructor.json
        if where.team:
            context["team"] = where.team.json
        if where.extensions:
            context["extensions"] = where.extensions
        made: dict[str, Any] = {
            "id": identity,
            "version": XAPI_VERSION,
            "actor": self.who.json,
            "verb": self.did.json,
            "object": self.what.json,
            "context": context,
            "timestamp": self.when.isoformat(),
        }
        if self.result:
            made["result"] = self.result
        return orjson.dumps(made)


def verb(iri: str, zh: str, en: str) -> Part:
    """Make a verb with its Chinese and English display."""
    return Part(Verb(id=iri, display=LanguageMap({"zh-CN": zh, "en": en})))


def activity(iri: str, activity_type: str, zh: str, en: str, **definition: Any) -> Part:
    """Make an activity with its Chinese and English name."""
    name = LanguageMap({"zh-CN": zh, "en": en})
    described = ActivityDefinition(type=activity_type, name=name, **definition)
    return Part(Activity(id=iri, definition=described))


@cache
def agent(person: Person) -> Part:
    """Make the agent of a person."""
    return Part(_agent(person))


def group(members: Sequence[Person]) -> Part:
    """Make a group of persons that has no name of its own."""
    return Part(Group(member=[_agent(member) for member in members]))


@cache
def item_activity(item: Item) -> Part:
    """Make the activity of a question: a choice of four, one of them right."""
    return activity(
        item.iri,
        TYPE_ITEM,
        item.zh,
        item.en,
        interaction_type="choice",
        choices=[{"id": choice} for choice in "ABCD"],
        correct_responses_pattern=[item.right_choice],
    )


@lru_cache(maxsize=4096)
def lesson_activity(lesson: Lesson) -> Part:
    """Make the activity of a lesson."""
    return activity(lesson.iri, TYPE_LESSON, lesson.zh, lesson.en)


def context(
    lesson: Lesson,
    phase: Phase,
    points: tuple[KnowledgePoint, ...] = (),
    *,
    part_of: Part | None = None,
    profiles: tuple[str, ...] = (),
    extensions: Mapping[str, Any] | None = None,
    instructor: Person | None = None,
    team: Part | None = None,
) -> Where:
    """Say in which lesson and phase something happens, and about which knowledge points.

    ``part_of`` is what an item belongs to, such as a homework; ``profiles`` are further xAPI
    Profiles the statement follows, by their id. The instructor is the lesson's teacher, unless
    another is named.
    """
    said = _extensions(lesson, phase)
    return Where(
        _context_activities(lesson, points, part_of, profiles),
        {**said, **extensions} if extensions else said,
        agent(instructor or lesson.teacher),
        team,
    )


def act(
    who: Person | Part, did: Part, what: Part, where: Where, when: datetime, **result: Any
) -> Act:
    """Put an act together; ``result`` is what came of it, if anything, as in JSON."""
    return Act(agent(who) if isinstance(who, Person) else who, did, what, where, when, result)


def duration(length: timedelta) -> str:
    """Write a length of time in ISO 8601, as tincan does."""
    return str(jsonify_timedelta(length))


def score(raw: float, least: float, most: float) -> dict[str, float]:
    """Make a score on a scale of the app's own."""
    scaled = round((raw - least) / (most - least), 4)
    return {"scaled": scaled, "raw": raw, "min": least, "max": most}


def _agent(person: Person) -> Agent:
    account = AgentAccount(home_page=ACCOUNTS, name=person.account)
    return Agent(name=person.name, account=account)


@lru_cache(maxsize=8192)
def _context_activities(
    lesson: Lesson,
    points: tuple[KnowledgePoint, ...],
    part_of: Part | None,
    profiles: tuple[str, ...],
) -> Part:
    categories = [PROFILE, *(Activity(id=profile) for profile in profiles)]
    code, zh, en = lesson.course
    grouping = [lesson_activity(lesson).built, _course_activity(code, zh, en).built]
    return Part(
        ContextActivities(
            category=ActivityList(categories),
            parent=ActivityList([part_of.built]) if part_of else None,
            grouping=ActivityList(grouping),
            other=ActivityList([_point_activity(point).built for point in points])
            if points
            else None,
        )
    )


@lru_cache(maxsize=4096)
def _extensions(lesson: Lesson, phase: Phase) -> Mapping[str, Any]:
    return {
        EXTENSION_PHASE: phase,
        EXTENSION_SUBJECT: lesson.subject,
        EXTENSION_STAGE: lesson.stage,
        EXTENSION_GRADE: lesson.grade,
        EXTENSION_CLASS: lesson.class_group,
        EXTENSION_SCHOOL: lesson.school,
    }


@cache
def _course_activity(code: str, zh: str, en: str) -> Part:
    return activity(f"{DISTRICT}/courses/{code}", TYPE_COURSE, zh, en)


@cache
def _point_activity(point: KnowledgePoint) -> Part:
    return activity(point.iri, TYPE_KNOWLEDGE_POINT, point.zh, point.en)
