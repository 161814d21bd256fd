"""The facts of one lesson, sorted by whom they are about: classes, their students, teachers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import product
from typing import Any, Final, Protocol

import msgspec

from projections import names
from projections.days import day_of, iso_of
from projections.evidence import Wanted, figure_evidence
from projections.facts import Fact
from projections.lessons.teaching import LEARNERS_SIDE, LEARNING, RECEIVED, TEACHERS_TOO, TEACHING
from projections.warehouse import Generation

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FACT_FIELDS: Final = Fact.__struct_fields__[:-1]  # what the query gives: none is deleted

Shown = dict[str, Any]


class Enrolled(Protocol):
    """A student whom the roster has in a class."""

    @property
    def person(self) -> str: ...  # noqa: D102 - as of the roster
    @property
    def name(self) -> str: ...  # noqa: D102


class ClassRoster(Protocol):
    """What lesson reports ask the roster."""

    def students(
        self, store: str, class_group: str, *, on: date | None = None
    ) -> Sequence[Enrolled]:
        """List the students of a class on a day; nobody where it doesn't know the class."""

    def roles(self, store: str, persons: Sequence[str]) -> Mapping[str, str]:
        """Give the roles of those of these persons that it knows."""

    def titles(self, store: str, classes: Sequence[str]) -> Mapping[str, str]:
        """Give the titles of those of these classes that it knows."""


class People(Protocol):
    """What lesson reports ask of the links of accounts to persons."""

    def persons_of(self, store: str, accounts: Sequence[str]) -> Mapping[str, str]:
        """Give the persons that those of these accounts belong to which are linked."""

    def accounts_of(self, store: str, person: str) -> Sequence[str]:
        """List all accounts of a person."""


class Names:
    """What persons and activities are called."""

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Take (subject, language, name); a person's language is empty."""
        self._names: dict[str, dict[str, str]] = {}
        for subject, language, name in sorted(rows):
            self._names.setdefault(subject, {})[language] = name

    def person(self, person: str) -> str:
        """Give a person's name, the key where nobody has told it."""
        return self._names.get(person, {}).get("") or person

    def activity(self, identifier: str) -> dict[str, str]:
        """Give an activity's names by language; none where nobody has told any."""
        return {
            language: name for language, name in self._names.get(identifier, {}).items() if language
        }


def names_of(generation: Generation, store: str, subjects: Iterable[str]) -> Names:
    """Look up what persons and activities are called."""
    found = names.names_of(generation, store, subjects)
    return Names(
        (subject, language, name)
        for subject, by_language in found.items()
        for language, name in by_language.items()
    )


@dataclass(frozen=True)
class Student:
    """Somebody whom a lesson was for, or who took part in it as a learner."""

    person: str
    name: str
    class_group: str
    is_enrolled: bool  # the roster has them in the class on that day

    def shown(self) -> Shown:
        """Write down who it is."""
        return {"person": self.person, "name": self.name, "class_group": self.class_group}


class Counts:
    """How many facts of a lesson say some things, whoever is asked about: for figures' evidence."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._facts = facts
        self._known: dict[tuple[str, ...], Counter[tuple[str, ...]]] = {}

    def of(self, said: Mapping[str, str]) -> int:
        """Count the facts that say this: a value by each of some fields of facts.

        Facts are gone through once for the fields, not for each value that is asked for.
        """
        fields = tuple(sorted(said))
        found = self._known.get(fields)
        if found is None:
            found = self._known[fields] = Counter(
                values for fact in self._facts for values in _values(fact, fields)
            )
        return found[tuple(said[name] for name in fields)]


def _values(fact: Fact, fields: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Give what a fact says in some fields: once for each of its knowledge points, if asked."""
    return product(
        *(
            set(fact.knowledge_points) if name == "knowledge_point" else (getattr(fact, name),)
            for name in fields
        )
    )


@dataclass(frozen=True)
class Part:
    """A lesson, or what is of one of its classes: facts about learners and facts about teachers.

    Both in the order of facts. ``students`` are all who are expected, by person: the class as the
    roster has it on that day, and whoever else took part.
    """

    lesson: str
    class_group: str  # empty for the lesson as a whole
    students: Mapping[str, Student]
    learning: Sequence[Fact]
    teaching: Sequence[Fact]
    names: Names
    counts: Counts  # of all facts of the lesson
    now: int  # microseconds since 1970 UTC

    @property
    def basis(self) -> str:
        """Where it is known from who was expected: ``roster``, else ``seen`` in the lesson."""
        is_known = any(student.is_enrolled for student in self.students.values())
        return "roster" if is_known else "seen"

    def of_phase(self, phase: str) -> list[Fact]:
        """Give the facts about learners in a phase."""
        return [fact for fact in self.learning if fact.phase == phase]

    def done_in(self, phase: str) -> list[Fact]:
        """Give what learners did themselves in a phase."""
        return [fact for fact in self.of_phase(phase) if fact.action not in RECEIVED]

    def taught(self, phase: str) -> list[Shown]:
        """Write down what teachers did in a phase, in its order."""
        return [self.act(fact) for fact in self.teaching if fact.phase == phase]

    def act(self, fact: Fact) -> Shown:
        """Write down one act."""
        return {
            "time": iso_of(fact.time),
            "person": fact.person,
            "name": self.names.person(fact.person),
            "action": fact.action,
            "item": fact.item,
            "names": self.names.activity(fact.item),
            "statement": fact.statement,
        }

    def who(self, person: str) -> Shown:
        """Write down who somebody is."""
        student = self.students.get(person)
        if student is not None:
            return student.shown()
        return Student(person, self.names.person(person), "", False).shown()

    def without(self, persons: Iterable[str]) -> list[Student]:
        """Give those who were expected and are not among these, by class and name."""
        present = set(persons)
        missing = [each for each in self.students.values() if each.person not in present]
        return sorted(missing, key=lambda each: (each.class_group, each.name, each.person))

    def evidence(
        self,
        *,
        person: str = "",
        action: str = "",
        phase: str = "",
        item: str = "",
        knowledge_point: str = "",
    ) -> Shown:
        """Say how many facts of this lesson, of whichever class, say this, and what to ask for."""
        said = {
            "person": person,
            "action": action,
            "phase": phase,
            "item": item,
            "knowledge_point": knowledge_point,
        }
        facts = self.counts.of({name: value for name, value in said.items() if value})
        wanted = Wanted(
            lesson=self.lesson,
            person=person,
            actions=(action,) if action else (),
            phase=phase,
            item=item,
            knowledge_point=knowledge_point,
        )
        return figure_evidence(facts, wanted)


@dataclass(frozen=True)
class LessonFacts:
    """One lesson: who was in it, and its parts."""

    begins: int  # microseconds since 1970 UTC: of the first act in class, else of the first at all
    ends: int
    facts: Sequence[Fact]  # in the order of facts
    whole: Part
    parts: Sequence[Part]  # one a class, by its id
    teachers: Sequence[str]
    titles: Mapping[str, str]


def facts_of_lesson(generation: Generation, people: People, store: str, lesson: str) -> list[Fact]:
    """Give a lesson's facts in their order, about persons where accounts are linked to any."""
    rows = generation.query("lesson_facts", store=store, lesson=lesson)
    facts = [
        Fact(**dict(zip(_FACT_FIELDS, row, strict=True)) | {"knowledge_points": tuple(row[9])})
        for row in rows
    ]
    accounts = {fact.person for fact in facts} | {fact.counterpart for fact in facts} - {""}
    person_of = people.persons_of(store, sorted(accounts))
    if person_of:
        facts = [
            msgspec.structs.replace(
                fact,
                person=person_of.get(fact.person, fact.person),
                counterpart=person_of.get(fact.counterpart, fact.counterpart),
            )
            for fact in facts
        ]
    return sorted(facts, key=lambda fact: fact.order)


def begin_of(facts: Sequence[Fact]) -> int:
    """Give when a lesson begins: its first act in class; without any, its first act."""
    return min((fact.time for fact in facts if fact.phase == "in"), default=facts[0].time)


def now() -> int:
    """Give the time, in microseconds since 1970 UTC."""
    return (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1)


def sort_out(
    generation: Generation,
    roster: ClassRoster,
    people: People,
    store: str,
    facts: Sequence[Fact],
    *,
    timezone: tzinfo,
    now: int,
) -> LessonFacts:
    """Find out who taught and who learnt in which class of a lesson that has facts."""
    lesson, begins = facts[0].lesson, begin_of(facts)
    classes = sorted({fact.class_group for fact in facts} - {""})
    day = day_of(begins, timezone)
    enrolled = _enrolled(roster, people, store, classes, day)
    teachers, staff = _teachers(roster, store, facts)
    learning = [fact for fact in facts if fact.person not in staff]
    names = names_of(generation, store, _subjects(lesson, facts))
    students = _students(learning, enrolled, names)
    whole = Part(
        lesson,
        "",
        students,
        learning,
        [fact for fact in facts if fact.person in teachers and fact.action in TEACHERS_TOO],
        names,
        Counts(facts),
        now,
    )
    ends = max((fact.time for fact in facts if fact.phase == "in"), default=facts[-1].time)
    parts = [_part(whole, class_group) for class_group in classes]
    titles = roster.titles(store, classes)
    return LessonFacts(begins, ends, facts, whole, parts, sorted(teachers), titles)


def _teachers(roster: ClassRoster, store: str, facts: Sequence[Fact]) -> tuple[set[str], set[str]]:
    """Find those who teach, and all who aren't there to learn.

    Whom the roster doesn't know teaches who is named as instructor, or does more as a teacher than
    as a learner; whom it knows as a learner's family or as a student doesn't.
    """
    deeds: Counter[str] = Counter()
    for fact in facts:
        deeds[fact.person] += (fact.action in TEACHING) - (fact.action in LEARNING)
    shown = {person for person, more in deeds.items() if more > 0}
    shown |= {fact.counterpart for fact in facts if fact.action in LEARNING} - {""}
    roles = roster.roles(store, sorted(deeds.keys() | shown))
    teachers = {person for person in shown if roles.get(person) not in LEARNERS_SIDE}
    others = {person for person, role in roles.items() if role != "student"}
    return teachers, teachers | others


def _enrolled(
    roster: ClassRoster, people: People, store: str, classes: Sequence[str], day: date
) -> dict[str, dict[str, str]]:
    """Give the students of each class on a day: by person, as facts have them, their names."""
    members = {each: list(roster.students(store, each, on=day)) for each in classes}
    accounts = sorted({member.person for some in members.values() for member in some})
    person_of = people.persons_of(store, accounts) if accounts else {}
    return {
        each: {person_of.get(member.person, member.person): member.name for member in some}
        for each, some in members.items()
    }


def _subjects(lesson: str, facts: Sequence[Fact]) -> set[str]:
    """Give everything in a lesson that may have a name."""
    subjects = {lesson}
    for fact in facts:
        subjects.update((fact.person, fact.counterpart, fact.item, fact.part_of, fact.course))
        subjects.update(fact.knowledge_points)
    return subjects


def _students(
    learning: Sequence[Fact], enrolled: Mapping[str, Mapping[str, str]], names: Names
) -> dict[str, Student]:
    """Give everyone who was expected or took part, each in one class.

    That is the one of the roster; of who isn't in any, the one that most of their facts name.
    """
    students = {
        person: Student(person, name or names.person(person), class_group, True)
        for class_group, members in enrolled.items()
        for person, name in members.items()
    }
    named: dict[str, Counter[str]] = {}
    for fact in learning:
        if fact.action in LEARNING and fact.person not in students:
            named.setdefault(fact.person, Counter()).update([fact.class_group])
    for person, classes in named.items():
        class_group = min(classes, key=lambda each: (each == "", -classes[each], each))
        students[person] = Student(person, names.person(person), class_group, False)
    return students


def _part(whole: Part, class_group: str) -> Part:
    """Cut out what is of one class; what teachers did for no class in particular is of each."""
    students = {
        person: student
        for person, student in whole.students.items()
        if student.class_group == class_group
    }
    return Part(
        whole.lesson,
        class_group,
        students,
        [fact for fact in whole.learning if fact.person in students],
        [fact for fact in whole.teaching if fact.class_group in ("", class_group)],
        whole.names,
        whole.counts,
        whole.now,
    )
