"""What every app of the teaching cycle says alike: who, in which lesson, about what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from tincan import (
    Activity,
    ActivityDefinition,
    ActivityList,
    Agent,
    AgentAccount,
    Context,
    ContextActivities,
    LanguageMap,
    Result,
    Statement,
    Verb,
)

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

Phase = Literal["pre", "in", "post"]
PROFILE = Activity(id=PROFILE_VERSION, definition=ActivityDefinition(type=PROFILE_ACTIVITY_TYPE))


@dataclass(frozen=True, slots=True)
class Person:
    """A student or a teacher, by the name of the account."""

    account: str
    name: str


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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson of one class."""

    code: str
    zh: str
    en: str
    subject: str  # code of the profile
    course: tuple[str, str, str]  # code, zh, en
    knowledge_point: KnowledgePoint
    teacher: Person
    class_group: str  # id in the roster
    school: str  # id in the roster


def verb(iri: str, zh: str, en: str) -> Verb:
    """Make a verb with its Chinese and English display."""
    return Verb(id=iri, display=LanguageMap({"zh-CN": zh, "en": en}))


def activity(iri: str, activity_type: str, zh: str, en: str, **definition: Any) -> Activity:
    """Make an activity with its Chinese and English name."""
    name = LanguageMap({"zh-CN": zh, "en": en})
    return Activity(
        id=iri, definition=ActivityDefinition(type=activity_type, name=name, **definition)
    )


@cache
def agent(person: Person) -> Agent:
    """Make the agent of a person."""
    account = AgentAccount(home_page=ACCOUNTS, name=person.account)
    return Agent(name=person.name, account=account)


@cache
def item_activity(item: Item) -> Activity:
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


@cache
def lesson_activity(lesson: Lesson) -> Activity:
    """Make the activity of a lesson."""
    return activity(f"{DISTRICT}/lessons/{lesson.code}", TYPE_LESSON, lesson.zh, lesson.en)


def context(
    lesson: Lesson,
    phase: Phase,
    points: Sequence[KnowledgePoint] = (),
    *,
    part_of: Activity | None = None,
    profiles: Sequence[str] = (),
    extensions: dict[str, Any] | None = None,
) -> Context:
    """Say in which lesson and phase something happens, and about which knowledge points.

    ``part_of`` is what an item belongs to, such as a homework; ``profiles`` are further xAPI
    Profiles the statement follows, by their id.
    """
    categories = [PROFILE, *(Activity(id=profile) for profile in profiles)]
    code, zh, en = lesson.course
    return Context(
        instructor=agent(lesson.teacher),
        context_activities=ContextActivities(
            category=ActivityList(categories),
            parent=ActivityList([part_of]) if part_of else None,
            grouping=ActivityList([lesson_activity(lesson), _course_activity(code, zh, en)]),
            other=ActivityList([_point_activity(point) for point in points]) if points else None,
        ),
        extensions={
            EXTENSION_PHASE: phase,
            EXTENSION_SUBJECT: lesson.subject,
            EXTENSION_STAGE: "primary",
            EXTENSION_GRADE: 5,
            EXTENSION_CLASS: lesson.class_group,
            EXTENSION_SCHOOL: lesson.school,
            **(extensions or {}),
        },
    )


def statement(
    who: Person,
    did: Verb,
    what: Activity,
    where: Context,
    when: datetime,
    **result: Any,
) -> Statement:
    """Put a statement together; ``result`` is what came of it, if anything."""
    return Statement(
        actor=agent(who),
        verb=did,
        object=what,
        context=where,
        timestamp=when,
        result=Result(**result) if result else None,
    )


@cache
def _course_activity(code: str, zh: str, en: str) -> Activity:
    return activity(f"{DISTRICT}/courses/{code}", TYPE_COURSE, zh, en)


@cache
def _point_activity(point: KnowledgePoint) -> Activity:
    return activity(point.iri, TYPE_KNOWLEDGE_POINT, point.zh, point.en)
