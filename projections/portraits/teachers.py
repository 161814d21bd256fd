"""Teacher portraits: five dimensions of what a teacher does, preparation, resources and lessons."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from statistics import median
from typing import Any, Final, Protocol

from projections.days import iso_of
from projections.evidence import Wanted, figure_evidence
from projections.folds import DISTRICT_TIMEZONE
from projections.lessons.facts import Names, People, names_of, now
from projections.lessons.reports import LessonFigures, lesson_figures
from projections.lessons.teaching import LEARNERS_SIDE, LEARNING, TEACHERS_TOO, TEACHING
from projections.portraits.teacher_dimensions import (
    MOST_LESSONS,
    Act,
    Cohort,
    cohort_of,
    dimensions_of,
)
from projections.portraits.teacher_resources import TAKING, made, preparation, reuse
from projections.remembering import Remembered
from projections.warehouse import Generation

Shown = dict[str, Any]

# Lessons whose results are set against each other: the newest ones, some terms of a teacher's.
_MOST_COMPARED: Final = 200
_MOST_RESOURCES: Final = 500  # whose use by others is looked up


class TeacherRoster(Protocol):
    """What teacher portraits ask the roster."""

    def roles(self, store: str, persons: Sequence[str]) -> Mapping[str, str]:
        """Give the roles of those of these persons that it knows."""


class Teachers:
    """The teachers of one generation; safe to share between threads.

    ``position`` gives the log position up to which the generation's rows are complete.
    """

    def __init__(
        self,
        generation: Generation,
        position: Callable[[], int],
        *,
        roster: TeacherRoster,
        people: People,
        timezone: str = DISTRICT_TIMEZONE,
    ) -> None:
        self.identity = generation.identity
        self._generation = generation
        self._position = position
        self._roster = roster
        self._people = people
        self._timezone = timezone
        self._cohorts = Remembered(position)

    def portrait(self, store: str, person: str, *, least: int = 0) -> Shown | None:
        """Draw a teacher's portrait, or give None for who is no teacher.

        That is whom the roster has as a student or their family; else whom the roster has as
        something else, and who did anything as a teacher. ``per_week`` counts acts a teaching
        week, one in which the teacher did anything as one; ``rank`` is the percentile (0..1) of it
        among the store's teachers who have any, None where they are too few. Times are ISO 8601 in
        UTC, weeks the district's by their Mondays. ``evidence`` says how many facts a figure rests
        on, and which. ``position`` is the log position that it reflects, ``least`` one that has to
        be seen.
        """
        position = self._position()
        person = self._people.persons_of(store, [person]).get(person, person)
        role = self._roster.roles(store, [person]).get(person)
        accounts = list(self._people.accounts_of(store, person))
        if role in LEARNERS_SIDE or (role is None and not self._teaches(store, accounts)):
            return None
        acts = self._acts(store, accounts)
        figures = lesson_figures(self._generation, store, _newest_lessons(acts))
        subjects = {each for act in acts for each in (act.lesson, act.item)}
        names = names_of(self._generation, store, [person, *subjects])
        cohort, seen = self._cohort(store, least)
        return {
            "store": store,
            "person": person,
            "name": names.person(person),
            "role": role,
            "generation": self._generation.name,
            "position": min(position, seen),
            "as_of": iso_of(now()),
            "weeks": len({act.week for act in acts}),
            "acts": len(acts),
            "dimensions": dimensions_of(acts, cohort, names, person),
            "preparation": preparation(acts, names, person),
            "resources": reuse(acts, self._taken(store, accounts, acts), figures, names, person),
            "homework": _homework(acts, figures, person),
            "lessons": _lessons(acts, figures, names),
            "evidence": figure_evidence(
                len(acts),
                Wanted(person=person, actions=tuple(sorted({act.action for act in acts}))),
            ),
        }

    def listed(self, store: str, on: date, *, least: int = 0) -> tuple[list[Shown], int]:
        """List the teachers by name: who teaches a class on a day, and who did anything as one.

        ``rates`` are acts a teaching week by dimension, ``schools`` those of the classes taught on
        that day. With them comes the log position they reflect.
        """
        cohort, position = self._cohort(store, least)
        rows = self._generation.query("roster_teachers", store=store, on=on.isoformat())
        roster = {person: (name, list(schools)) for person, name, schools in rows}
        persons = sorted(roster.keys() | cohort.persons)
        names = names_of(self._generation, store, persons)
        found = []
        for person in persons:
            name, schools = roster.get(person, ("", []))
            called = name or names.person(person)
            known = {"person": person, "name": called, "schools": schools}
            found.append({**known, **cohort.figures(person)})
        return sorted(found, key=lambda one: (one["name"], one["person"])), position

    def _teaches(self, store: str, accounts: list[str]) -> bool:
        """Tell whether somebody did more as a teacher than as a learner."""
        rows = self._generation.query(
            "teaches",
            store=store,
            accounts=accounts,
            teaching=sorted(TEACHING),
            learning=sorted(LEARNING),
        )
        taught, learnt = rows[0]
        return bool(taught > learnt)

    def _acts(self, store: str, accounts: list[str]) -> list[Act]:
        """Give all that a teacher did as one, in the order of its times."""
        rows = self._generation.query(
            "teacher_acts",
            store=store,
            accounts=accounts,
            teaching=sorted(TEACHERS_TOO),
            timezone=self._timezone,
        )
        return sorted((Act(*row) for row in rows), key=lambda act: (act.time, act.statement))

    def _taken(self, store: str, accounts: list[str], acts: Sequence[Act]) -> list[tuple[str, str]]:
        """Give (resource, person) of others who took up what a teacher has made."""
        items = made(acts)
        if not items:
            return []
        rows = self._generation.query(
            "resources_taken",
            store=store,
            items=items[:_MOST_RESOURCES],
            taking=list(TAKING),
            accounts=accounts,
        )
        person_of = self._people.persons_of(store, sorted({person for _, person in rows}))
        return [(item, person_of.get(account, account)) for item, account in rows]

    def _cohort(self, store: str, least: int) -> tuple[Cohort, int]:
        """Give the store's teachers, counted anew where a count is old for what it took.

        With them comes the log position they reflect.
        """
        return self._cohorts.ask(store, lambda: self._count(store), least)

    def _count(self, store: str) -> Cohort:
        rows = self._generation.query(
            "teachers",
            store=store,
            teaching=sorted(TEACHING),
            learning=sorted(LEARNING),
            acts=sorted(TEACHERS_TOO),
            timezone=self._timezone,
        )
        accounts = sorted({row[0] for row in rows})
        person_of = self._people.persons_of(store, accounts)
        persons = sorted({person_of.get(account, account) for account in accounts})
        roles = self._roster.roles(store, persons)
        learners = {person for person, role in roles.items() if role in LEARNERS_SIDE}
        return cohort_of(
            [row for row in rows if person_of.get(row[0], row[0]) not in learners], person_of
        )


def _newest_lessons(acts: Sequence[Act]) -> list[str]:
    """List the lessons that a teacher did anything in, the newest first."""
    newest = dict.fromkeys(act.lesson for act in reversed(acts) if act.lesson)
    return list(newest)[:_MOST_COMPARED]


def _homework(acts: Sequence[Act], figures: Mapping[str, LessonFigures], person: str) -> Shown:
    """Tell the homework that a teacher gave: how often a week, and how long it took learners.

    ``seconds`` is the median, over lessons with homework, of what a learner spent after class.
    """
    given = [act for act in acts if act.action == "homework_set"]
    weeks = {act.week for act in acts}
    layers = Counter(act.layer for act in given if act.layer)
    spent = [
        post.seconds / post.learners
        for lesson in sorted({act.lesson for act in given} & figures.keys())
        if (post := figures[lesson].phases.get("post")) and post.learners and post.seconds
    ]
    return {
        "set": len(given),
        "per_week": len(given) / len(weeks) if weeks else None,
        "layers": dict(sorted(layers.items())),
        "lessons": len({act.lesson for act in given if act.lesson}),
        "seconds": median(spent) if spent else None,
        "evidence": figure_evidence(len(given), Wanted(person=person, actions=("homework_set",))),
    }


def _lessons(acts: Sequence[Act], figures: Mapping[str, LessonFigures], names: Names) -> Shown:
    """Tell a teacher's lessons: how many, and of the newest ones the figures of each phase."""
    counted = Counter(act.lesson for act in acts if act.lesson)
    newest = sorted(figures.values(), key=lambda each: (-each.begins, each.lesson))[:MOST_LESSONS]
    return {
        "n": len(counted),
        "newest": [
            {
                "lesson": each.lesson,
                "names": names.activity(each.lesson),
                "begins": iso_of(each.begins),
                "classes": sorted(each.classes),
                "subjects": sorted(each.subjects),
                "acts": counted[each.lesson],
                "phases": each.shown(),
                "evidence": each.evidence,
            }
            for each in newest
        ],
    }
