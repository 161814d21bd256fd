"""Evaluation under a scheme (过程+结果评价): results of students, classes, schools, the district.

Results are worked out when they are asked for, from facts, mastery, mistakes and documents, so that
another scheme needs no replay. What an indicator compares with is the person's cohort: the students
of the same grade by the roster of the period's last day, or, where too few of them have a figure,
all students of the school.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from projections.days import Span, last_days
from projections.evaluation_groups import told_group
from projections.evaluation_results import Standing, told_student
from projections.identities import person_of
from projections.measures import Figures
from projections.membership import RosterMembership
from projections.names import names_of
from projections.roster import Roster
from projections.schemes import Scheme
from projections.scoring import Cohorts, Scores, indicators_of, score
from projections.warehouse import Generation
from projections.what_if import told_comparison

DEFAULT_DAYS: Final = 16 * 7  # where the roster has no term of the day
_NONE_PLACED: Final = ("", "", "", "")

Result = dict[str, Any]


class Placed(NamedTuple):
    """Where a student belongs on a day: '' where the roster doesn't say."""

    class_group: str
    school: str
    stage: str
    grade: str


class Placements:
    """The students of a store on a day, as the roster has them."""

    def __init__(self, generation: Generation, store: str, on: date) -> None:
        rows = generation.query("students_placed", store=store, on=on.isoformat())
        self.of = {person: Placed(*where) for person, *where in rows}

    def of_school(self, school: str) -> list[str]:
        """Give the students of a school."""
        return [person for person, where in self.of.items() if where.school == school]

    def cohorts(self) -> Cohorts:
        """Give whom each is compared with: the grade, else the school."""
        members: defaultdict[str, list[str]] = defaultdict(list)
        of = {}
        for person, where in self.of.items():
            grade = f"grade:{where.stage}:{where.grade}" if where.grade else ""
            of[person] = tuple(filter(None, (grade, f"school:{where.school}")))
            for name in of[person]:
                members[name].append(person)
        return Cohorts(of, members)


class Evaluations:
    """Evaluations of one generation; safe to share between threads.

    ``position`` gives the log position up to which the generation's rows are complete.
    """

    def __init__(self, generation: Generation, position: Callable[[], int], timezone: str) -> None:
        self._generation = generation
        self._position = position
        self._figures = Figures(generation, timezone)
        self._roster = Roster(generation, timezone)
        self._members = RosterMembership(generation)

    def period(self, store: str, on: date) -> Span:
        """Give the days up to one of the roster's term that it is in, else of sixteen weeks."""
        terms = self._generation.query("terms", store=store, on=on.isoformat())
        if terms:
            return Span(date.fromisoformat(terms[0][0]), on)
        return last_days(on, DEFAULT_DAYS)

    def student(self, store: str, scheme: Scheme, person: str, span: Span) -> Result | None:
        """Give a student's result; None where neither evidence nor roster knows the person.

        Scores are 0..100 (None: not enough evidence) with 95 % intervals, days the district's.
        """
        position = self._position()
        person = person_of(self._generation, store, person)
        placements = Placements(self._generation, store, span.last)
        known = self._generation.query("portrait_person", store=store, person=person)
        if person not in placements.of and not known:
            return None
        now = self._score(store, scheme, [person], span, placements)
        before = self._before(store, scheme, [person], span)
        standing = Standing(scheme, span, now, before)
        names = names_of(self._generation, store, [person])
        placed = placements.of.get(person, Placed(*_NONE_PLACED))
        return {
            "person": person,
            "name": names.get(person, {}).get("", person),
            "class_group": placed.class_group,
            "school": placed.school,
            **told_student(standing),
            "position": position,
        }

    def class_group(self, store: str, scheme: Scheme, name: str, span: Span) -> Result | None:
        """Give a class's result, with a line a student; None where the roster has no such class."""
        position = self._position()
        found = self._generation.query("class_group", store=store, class_group=name)
        if not found:
            return None
        title, _, school, *_ = found[0]
        members = self._roster.students(store, name, on=span.last)
        names = {member.person: member.name for member in members}
        now, before = self._both(store, scheme, list(names), span)
        return {
            "class_group": name,
            "title": title,
            "school": school,
            **told_group(scheme, span, now, before, names=names),
            "position": position,
        }

    def school(self, store: str, scheme: Scheme, school: str, span: Span) -> Result | None:
        """Give a school's result, with a line a class; None where the roster has no such school."""
        position = self._position()
        schools = {one.org: one for one in self._roster.schools(store, on=span.last)}
        if school not in schools:
            return None
        placements = Placements(self._generation, store, span.last)
        members = placements.of_school(school)
        now, before = self._both(store, scheme, members, span, placements)
        titles = {
            one.class_group: one.title for one in self._roster.classes(store, school, on=span.last)
        }
        parts = {person: placements.of[person].class_group for person in members}
        return {
            "school": school,
            "name": schools[school].name,
            **told_group(scheme, span, now, before, parts=("classes", parts, titles)),
            "position": position,
        }

    def district(self, store: str, scheme: Scheme, span: Span) -> Result:
        """Give the result of all students of a store's roster, with a line a school."""
        position = self._position()
        placements = Placements(self._generation, store, span.last)
        now, before = self._both(store, scheme, list(placements.of), span, placements)
        names = {one.org: one.name for one in self._roster.schools(store, on=span.last)}
        parts = {person: where.school for person, where in placements.of.items()}
        return {
            "store": store,
            **told_group(scheme, span, now, before, parts=("schools", parts, names)),
            "position": position,
        }

    def what_if(
        self,
        store: str,
        one: tuple[Scheme, Span],
        other: tuple[Scheme, Span],
        among: Collection[str] | None = None,
    ) -> Result:
        """Compare what a scheme says of some days with what another says, of these or other days.

        It is about the students of the roster on the last day of ``one``, or those ``among`` them.
        """
        position = self._position()
        placements = Placements(self._generation, store, one[1].last)
        persons = [person for person in placements.of if among is None or person in among]
        first = self._score(store, one[0], persons, one[1], placements)
        second = self._score(
            store, other[0], persons, other[1], Placements(self._generation, store, other[1].last)
        )
        told = told_comparison(one, first, other, second)
        names = names_of(self._generation, store, [each["person"] for each in told["changes"]])
        told["changes"] = [
            {**each, "name": names.get(each["person"], {}).get("", each["person"])}
            for each in told["changes"]
        ]
        return {**told, "position": position}

    def _both(
        self,
        store: str,
        scheme: Scheme,
        persons: Sequence[str],
        span: Span,
        placements: Placements | None = None,
    ) -> tuple[Scores, Scores]:
        placements = placements or Placements(self._generation, store, span.last)
        now = self._score(store, scheme, persons, span, placements)
        return now, self._before(store, scheme, persons, span)

    def _before(self, store: str, scheme: Scheme, persons: Sequence[str], span: Span) -> Scores:
        """Score the same people in the days before, among those whom they were with then."""
        earlier = span.before()
        placements = Placements(self._generation, store, earlier.last)
        return self._score(store, scheme, persons, earlier, placements)

    def _score(
        self,
        store: str,
        scheme: Scheme,
        persons: Sequence[str],
        span: Span,
        placements: Placements,
    ) -> Scores:
        indicators = indicators_of(scheme).values()
        cohorts = placements.cohorts()
        versions = self._figures.versions(store)
        alone = {one.measure for one in indicators if one.normalisation.by == "criterion"}
        compared = {one.measure for one in indicators if one.normalisation.by != "criterion"}
        company = (
            set[str]()
            if not compared
            else set(persons).union(
                *(
                    cohorts.members[name]
                    for person in persons
                    for name in cohorts.of.get(person, ())
                )
            )
        )
        figures = self._figures.of(store, span, compared, company, versions)
        figures |= self._figures.of(store, span, alone - compared, persons, versions)
        return score(scheme, persons, figures, cohorts)
