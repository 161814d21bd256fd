"""Lesson reports: one lesson as a closed loop, before, in and after class; and lists of lessons."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from projections.days import iso_of, midnight
from projections.evidence import Wanted as WantedFacts
from projections.evidence import figure_evidence
from projections.folds import DISTRICT_TIMEZONE
from projections.lessons.after import after_class
from projections.lessons.before import before_class
from projections.lessons.during import in_class
from projections.lessons.facts import (
    ClassRoster,
    LessonFacts,
    Names,
    Part,
    People,
    Shown,
    facts_of_lesson,
    names_of,
    now,
    sort_out,
)
from projections.lessons.teaching import LEARNERS_SIDE, LEARNING, TEACHING
from projections.prediction.calibration import Calibration
from projections.prediction.mastery import Filter
from projections.shares import share
from projections.warehouse import Generation

PHASES: Final = ("pre", "in", "post")
LONGEST_PAGE: Final = 200
MINUTE: Final = 60  # seconds: the usual width of the timeline's buckets

_EVER: Final = 10_413_792_000_000_000  # microseconds: the year 2300, beyond what columns hold

Place = tuple[int, str]  # of the last lesson of a page: when it began, and its id


class Limits(NamedTuple):
    """Whose lessons may be listed: those of some classes, and those that some persons taught."""

    classes: Collection[str]
    teachers: Collection[str]


class Wanted(NamedTuple):
    """Which lessons are to be listed: all where nothing is named. Days are the district's."""

    classes: Sequence[str] = ()
    teacher: str = ""
    subject: str = ""
    first_day: date | None = None
    last_day: date | None = None
    among: Limits | None = None


@dataclass
class PhaseFigures:
    """What a phase of a lesson is in short."""

    facts: int = 0
    learners: int = 0
    answers: int = 0
    judged: int = 0
    right: int = 0
    seconds: float = 0.0
    handed_in: int = 0
    first: int = _EVER
    last: int = -_EVER

    def shown(self) -> Shown:
        """Write it down; seconds are those of all learners together."""
        return {
            "facts": self.facts,
            "learners": self.learners,
            "answers": self.answers,
            "result": share(self.right, self.judged),
            "seconds": round(self.seconds, 3),
            "handed_in": self.handed_in,
        }


@dataclass
class LessonFigures:
    """What a lesson is in short."""

    lesson: str
    phases: dict[str, PhaseFigures] = field(default_factory=lambda: defaultdict(PhaseFigures))
    classes: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    points: set[str] = field(default_factory=set)
    instructors: set[str] = field(default_factory=set)
    deeds: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def begins(self) -> int:
        """When it begins: its first act in class; without any, its first act. Microseconds."""
        if "in" in self.phases:
            return self.phases["in"].first
        return min(each.first for each in self.phases.values())

    def add(self, row: Sequence[Any]) -> None:
        """Take a row of ``lessons_facts.sql``, which is of one phase."""
        classes, subjects, points, instructors, (persons, deeds) = row[9:-2]
        self.phases[row[1]] = PhaseFigures(*row[2:9], *row[-2:])
        self.classes.update(classes)
        self.subjects.update(subjects)
        self.points.update(points)
        self.instructors.update(instructors)
        for person, more in zip(persons, deeds, strict=True):
            self.deeds[person] += more

    def shown(self) -> Shown:
        """Write down each phase."""
        return {phase: self.phases.get(phase, PhaseFigures()).shown() for phase in PHASES}

    @property
    def evidence(self) -> Shown:
        """How many facts there are of it, and what to ask to get them."""
        facts = sum(each.facts for each in self.phases.values())
        return figure_evidence(facts, WantedFacts(lesson=self.lesson))

    @property
    def teaching(self) -> set[str]:
        """The accounts that taught, by what was done."""
        return self.instructors | {person for person, more in self.deeds.items() if more > 0}


def lesson_figures(
    generation: Generation, store: str, lessons: Sequence[str]
) -> dict[str, LessonFigures]:
    """Give what lessons are in short, of those of these lessons that there are."""
    found: dict[str, LessonFigures] = {}
    for first in range(0, len(lessons), LONGEST_PAGE):
        rows = generation.query(
            "lessons_facts",
            store=store,
            lessons=list(lessons[first : first + LONGEST_PAGE]),
            teaching=sorted(TEACHING),
            learning=sorted(LEARNING),
        )
        for row in rows:
            found.setdefault(row[0], LessonFigures(row[0])).add(row)
    return found


class Lessons:
    """The lessons of one generation; safe to share between threads.

    ``position`` gives the log position up to which the generation's rows are complete,
    ``calibration_of`` what a store's rows were folded under; ``now`` the time, in microseconds
    since 1970 UTC, by which homework is due or not.
    """

    def __init__(
        self,
        generation: Generation,
        position: Callable[[], int],
        *,
        roster: ClassRoster,
        people: People,
        timezone: str = DISTRICT_TIMEZONE,
        calibration_of: Callable[[str], Calibration] = lambda _: Calibration(),
        now: Callable[[], int] = now,
    ) -> None:
        self.identity = generation.identity
        self._generation = generation
        self._position = position
        self._roster = roster
        self._people = people
        self._timezone = ZoneInfo(timezone)
        self._calibration_of = calibration_of
        self._filters: dict[str, Filter] = {}
        self._now = now

    def report(self, store: str, lesson: str, *, width: int = MINUTE) -> Shown | None:
        """Report a lesson, or give None where there are no facts of it.

        ``width`` is that of the timeline's buckets, 1 to 300 seconds; raises ``BadWidth``. Times
        are ISO 8601 in UTC, ``seconds`` seconds, shares 0..1 with their 95 % interval, None where
        there is nothing to take them of. ``evidence`` says how many facts a figure rests on, and
        which: in a class's report those of the whole lesson; ``statement`` is the id of one.
        ``parts`` has a report of each class where there are several.
        """
        position = self._position()
        facts = facts_of_lesson(self._generation, self._people, store, lesson)
        if not facts:
            return None
        now = self._now()
        sorted_out = sort_out(
            self._generation,
            self._roster,
            self._people,
            store,
            facts,
            timezone=self._timezone,
            now=now,
        )
        mastery = self._filter(store)
        several = sorted_out.parts if len(sorted_out.parts) > 1 else ()
        return {
            "store": store,
            "generation": self._generation.name,
            "position": position,
            "as_of": iso_of(now),
            **self._head(sorted_out),
            **_phases(sorted_out.whole, mastery, width),
            "parts": [
                {"class_group": part.class_group, **_phases(part, mastery, width)}
                for part in several
            ],
        }

    def taught_by(self, store: str, lesson: str) -> tuple[set[str], set[str]] | None:
        """Give the teachers and the classes of a lesson; None where there are no facts of it."""
        figures = lesson_figures(self._generation, store, [lesson]).get(lesson)
        if figures is None:
            return None
        return self._teachers(store, [figures])[lesson], figures.classes

    def page(
        self,
        store: str,
        wanted: Wanted | None = None,
        *,
        limit: int = 50,
        after: Place | None = None,
    ) -> tuple[list[Shown], Place | None]:
        """List lessons, the newest first; gives a page, and where the next one begins, if any.

        ``after`` is the place that came with the page before. Counts are by phase.
        """
        limit = max(1, min(limit, LONGEST_PAGE))
        places = self._places(store, wanted or Wanted(), limit + 1, after or (_EVER, ""))
        page = places[:limit]
        figures = lesson_figures(self._generation, store, [lesson for _, lesson in page])
        listed = self._listed(store, [figures[lesson] for _, lesson in page if lesson in figures])
        return listed, page[-1] if len(places) > limit else None

    def _places(self, store: str, wanted: Wanted, limit: int, before: Place) -> list[Place]:
        """Give the places of the newest lessons that are wanted, before one of them.

        Of a lesson from which a statement was voided only the latest moment is known that it may
        have begun, until its facts are asked. So lessons are taken by that moment, until those that
        are left can't have begun later.
        """
        limits = wanted.among or Limits((), ())
        asked = {
            "store": store,
            "classes": list(wanted.classes),
            "teachers": self._accounts(store, [wanted.teacher] if wanted.teacher else []),
            "is_limited": int(wanted.among is not None),
            "own_classes": sorted(limits.classes),
            "own_teachers": self._accounts(store, limits.teachers),
            "subject": wanted.subject,
            **self._between(wanted),
            "before": before[0],
            "before_lesson": before[1],
        }
        found: list[Place] = []
        latest, lesson = _EVER, ""
        while True:
            rows = self._generation.query(
                "lessons", **asked, reached=latest, reached_lesson=lesson, limit=limit
            )
            found += [(begins, one) for one, begins, is_voided in rows if not is_voided]
            found += self._begun(asked, [one for one, _, is_voided in rows if is_voided])
            found.sort(reverse=True)
            if len(rows) < limit:
                return found[:limit]
            lesson, latest, _ = rows[-1]
            if len(found) >= limit and found[limit - 1] >= (latest, lesson):
                return found[:limit]

    def _begun(self, asked: Mapping[str, Any], lessons: Sequence[str]) -> list[Place]:
        """Give the places of lessons from which statements were voided, by what is left of them."""
        if not lessons:
            return []
        rows = self._generation.query(
            "lessons_begun",
            **asked,
            lessons=lessons,
            teaching=sorted(TEACHING),
            learning=sorted(LEARNING),
        )
        return [(begins, lesson) for lesson, begins in rows]

    def _accounts(self, store: str, persons: Collection[str]) -> list[str]:
        found = {each for person in persons for each in self._people.accounts_of(store, person)}
        return sorted(found)

    def _head(self, found: LessonFacts) -> Shown:
        """Tell what a lesson is."""
        whole, facts = found.whole, found.facts
        points = sorted({point for fact in facts for point in fact.knowledge_points})
        return {
            "lesson": whole.lesson,
            "names": whole.names.activity(whole.lesson),
            "begins": iso_of(found.begins),
            "ends": iso_of(found.ends),
            "subjects": sorted({fact.subject for fact in facts} - {""}),
            "courses": _named(
                sorted({fact.course for fact in facts} - {""}), "course", whole.names
            ),
            "knowledge_points": _named(points, "knowledge_point", whole.names),
            "classes": [_class_shown(found, part) for part in found.parts],
            "teachers": [_teacher_shown(found, teacher) for teacher in found.teachers],
            "facts": len(facts),
            "without_phase": sum(not fact.phase for fact in facts),
            "evidence": whole.evidence(),
        }

    def _filter(self, store: str) -> Filter:
        """Give what foretells in a store: as its rows were folded."""
        found = self._filters.get(store)
        if found is None:
            found = self._filters[store] = Filter(self._calibration_of(store).mastery)
        return found

    def _between(self, wanted: Wanted) -> dict[str, int]:
        """Give the moments that the first day begins and the last one ends, in microseconds."""
        first, last = wanted.first_day, wanted.last_day
        return {
            "from": midnight(first, self._timezone) if first else -_EVER,
            "to": midnight(last + timedelta(days=1), self._timezone) if last else _EVER,
        }

    def _listed(self, store: str, figures: Sequence[LessonFigures]) -> list[Shown]:
        teachers = self._teachers(store, figures)
        classes = {each for one in figures for each in one.classes}
        titles = self._roster.titles(store, sorted(classes))
        subjects = {one.lesson for one in figures}.union(
            *(one.points for one in figures), *teachers.values()
        )
        names = names_of(self._generation, store, subjects)
        return [
            {
                "lesson": one.lesson,
                "names": names.activity(one.lesson),
                "begins": iso_of(one.begins),
                "classes": [
                    {"class_group": each, "title": titles.get(each, "")}
                    for each in sorted(one.classes)
                ],
                "teachers": [
                    {"person": each, "name": names.person(each)}
                    for each in sorted(teachers[one.lesson])
                ],
                "subjects": sorted(one.subjects),
                "knowledge_points": _named(sorted(one.points), "knowledge_point", names),
                "phases": one.shown(),
                "evidence": one.evidence,
            }
            for one in figures
        ]

    def _teachers(self, store: str, figures: Sequence[LessonFigures]) -> dict[str, set[str]]:
        """Give the persons who taught each of some lessons, by what was done and by the roster."""
        accounts = sorted({account for one in figures for account in one.teaching})
        person_of = self._people.persons_of(store, accounts)
        persons = sorted({person_of.get(account, account) for account in accounts})
        roles = self._roster.roles(store, persons)
        return {
            one.lesson: {
                person
                for account in one.teaching
                if roles.get(person := person_of.get(account, account)) not in LEARNERS_SIDE
            }
            for one in figures
        }


def _phases(part: Part, mastery: Filter, width: int) -> Shown:
    return {
        "pre": before_class(part, mastery),
        "in": in_class(part, width),
        "post": after_class(part),
    }


def _class_shown(found: LessonFacts, part: Part) -> Shown:
    enrolled = sum(student.is_enrolled for student in part.students.values())
    return {
        "class_group": part.class_group,
        "title": found.titles.get(part.class_group, ""),
        "expected": len(part.students),
        "enrolled": enrolled,
        "took_part": len({fact.person for fact in part.learning if fact.action in LEARNING}),
    }


def _teacher_shown(found: LessonFacts, teacher: str) -> Shown:
    acts: defaultdict[str, int] = defaultdict(int)
    for fact in found.whole.teaching:
        if fact.person == teacher:
            acts[fact.action] += 1
    return {
        "person": teacher,
        "name": found.whole.names.person(teacher),
        "actions": dict(sorted(acts.items())),
        "evidence": found.whole.evidence(person=teacher),
    }


def _named(identifiers: Sequence[str], key: str, names: Names) -> list[Shown]:
    return [{key: each, "names": names.activity(each)} for each in identifiers]
