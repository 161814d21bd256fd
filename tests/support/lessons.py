"""Lessons for tests: played by the sample apps, read to facts, and put into a generation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson

from apps.district import SCALES, Planned, Student, make_district
from apps.teaching_days import Session, acts_of, sessions_of
from apps.truth import Truth
from projections.meaning.reading import default_reader
from projections.tables import fact_row, name_row
from projections.warehouse import Generation

STORE = "demo"
Statement = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """A student as a roster has them."""

    person: str
    name: str


@dataclass
class WrittenRoster:
    """A roster written down by hand."""

    members: dict[str, list[Member]] = field(default_factory=dict)
    known_roles: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, date | None]] = field(default_factory=list)

    def students(self, store: str, class_group: str, *, on: date | None = None) -> Sequence[Member]:
        self.asked.append((class_group, on))
        return self.members.get(class_group, [])

    def roles(self, store: str, persons: Sequence[str]) -> Mapping[str, str]:
        return {each: self.known_roles[each] for each in persons if each in self.known_roles}

    def titles(self, store: str, classes: Sequence[str]) -> Mapping[str, str]:
        return {each: f"Class {each}" for each in classes if each in self.members}


@dataclass
class WrittenLinks:
    """Links of accounts to persons written down by hand."""

    person_of: dict[str, str] = field(default_factory=dict)

    def persons_of(self, store: str, accounts: Sequence[str]) -> Mapping[str, str]:
        return {each: self.person_of[each] for each in accounts if each in self.person_of}

    def accounts_of(self, store: str, person: str) -> Sequence[str]:
        return [person, *(each for each, whose in self.person_of.items() if whose == person)]


@dataclass(frozen=True)
class Played:
    """One lesson as the sample apps have played it: preview, class and homework."""

    planned: Planned
    statements: list[Statement]  # in the order of their times
    truth: Truth

    @property
    def lesson(self) -> str:
        """Its activity id."""
        return self.planned.lesson.iri

    @property
    def students(self) -> list[Student]:
        """Those of the class on the lesson's day."""
        return self.planned.class_group.students_on(self.planned.day)


def play(*, students_of_a_class: int = 6, seed: int = 1, host: bool = False) -> Played:
    """Let the sample apps play the first lesson of the demo district.

    Or the first that is a lesson of two classes, with all that both of them do.
    """
    scale = SCALES["small"]
    district = make_district(seed, replace(scale, students=students_of_a_class * scale.classes))
    planned = next(each for each in district.lessons if (each.host is not None) == host)
    truth, said = Truth(district), list[Statement]()
    for session in sessions_of(district):
        if session.planned.lesson.iri == planned.lesson.iri:
            said += _said(session, seed, truth)
    return Played(planned, sorted(said, key=lambda each: str(each["timestamp"])), truth)


def _said(session: Session, seed: int, truth: Truth) -> list[Statement]:
    said = [
        orjson.loads(act.statement(identity).to_json("1.0.3"))
        for identity, act in acts_of(session, seed, truth)
    ]
    account = {"homePage": "https://record.example/apps", "name": session.app}
    return [{**statement, "authority": {"account": account}} for statement in said]


def put_in(
    generation: Generation, statements: Iterable[Statement], *, first: int = 1, store: str = STORE
) -> None:
    """Read statements to facts and names, and write them; positions count from `first`."""
    facts, names = [], []
    for position, statement in enumerate(statements, first):
        reading = default_reader().read(statement, store=store, position=position)
        facts += [fact_row(fact) for fact in reading.facts]
        names += [name_row(*name, latest) for name, latest in reading.names]
    generation.insert("facts", facts)
    generation.insert("names", names)


# Statements by hand -------------------------------------------------------------------------------

PROFILE = "https://xueji.dev/xapi/teaching-cycle"
ADL = "http://adlnet.gov/expapi/verbs"
ACCOUNTS = "https://id.example.cn"
LESSON = "https://district.example.cn/lessons/1"
VERBS = {
    "answered": f"{ADL}/answered",
    "attended": f"{ADL}/attended",
    "completed": f"{ADL}/completed",
    "scored": f"{ADL}/scored",
    "shared": f"{ADL}/shared",
    "previewed": "http://id.tincanapi.com/verb/previewed",
    "requested-attention": "http://id.tincanapi.com/verb/requested-attention",
    "personalized": "http://id.tincanapi.com/verb/personalized",
    "rated": "http://id.tincanapi.com/verb/rated",
    "mentored": "http://id.tincanapi.com/verb/mentored",
    "assign": "http://activitystrea.ms/schema/1.0/assign",
    "create": "http://activitystrea.ms/schema/1.0/create",
    "use": "http://activitystrea.ms/schema/1.0/use",
    "searched": "https://w3id.org/xapi/acrossx/verbs/searched",
    **{
        each: f"{PROFILE}/verbs/{each}"
        for each in (
            *("adjusted", "adopted", "collaborated", "corrected", "gave-feedback", "organised"),
            *("paid-attention", "pushed"),
        )
    },
}


def key(name: str) -> str:
    """The person's key of an account."""
    return f"account:{ACCOUNTS}|{name}"


def agent(name: str) -> dict[str, Any]:
    return {"name": name.title(), "account": {"homePage": ACCOUNTS, "name": name}}


def group(*names: str) -> dict[str, Any]:
    return {"objectType": "Group", "member": [agent(name) for name in names]}


def said(
    number: int,
    who: str | dict[str, Any],
    verb: str,
    what: str | dict[str, Any],
    kind: str = "",
    *,
    at: str = "2026-03-02T09:00:00+08:00",
    lesson: str | None = LESSON,
    class_group: str | None = "7-2",
    part_of: str | None = None,
    points: Sequence[str] = (),
    instructor: str | None = None,
    result: dict[str, Any] | None = None,
    **extensions: Any,
) -> Statement:
    """Make a statement of the profile: `kind` is the object's type, extensions its short names."""
    thing = what if isinstance(what, dict) else {"id": _id(what), "definition": _typed(kind)}
    context_activities: dict[str, Any] = {
        "parent": [{"id": _id(part_of)}] if part_of else [],
        "grouping": [{"id": lesson, "definition": _typed("lesson")}] if lesson else [],
        "other": [{"id": _id(each), "definition": _typed("knowledge-point")} for each in points],
    }
    given = {name: each for name, each in {"class": class_group, **extensions}.items() if each}
    context: dict[str, Any] = {
        "contextActivities": {place: each for place, each in context_activities.items() if each},
        "extensions": {
            f"{PROFILE}/extensions/{name}": each for name, each in given.items() if each
        },
    }
    if instructor:
        context["instructor"] = agent(instructor)
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "actor": agent(who) if isinstance(who, str) else who,
        "verb": {"id": VERBS[verb]},
        "object": thing,
        "context": context,
        "timestamp": at,
        **({"result": result} if result else {}),
    }


def _id(name: str) -> str:
    return name if ":" in name else f"https://district.example.cn/{name}"


def _typed(kind: str) -> dict[str, str]:
    return {"type": f"{PROFILE}/activity-types/{kind}"}
