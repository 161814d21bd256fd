"""Evaluation under a scheme (过程+结果评价): results of students, classes, schools, the district.

Results are worked out when they are asked for, from facts, mastery, mistakes and documents, so that
another scheme needs no replay. What an indicator compares with is the person's cohort: the students
of the same grade by the roster of the period's last day, or, where too few of them have a figure,
all students of the school.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any, Final

from projections.days import Span, last_days
from projections.evaluation.basis import Bases, Basis, Placed
from projections.evaluation.figures import ByPerson
from projections.evaluation.groups import told_group
from projections.evaluation.measures import Figures, Whom
from projections.evaluation.results import Standing, told_student
from projections.evaluation.schemes import Indicator, Measure, Scheme, demand_school
from projections.evaluation.scoring import Scores, indicators_of, is_enough, score
from projections.evaluation.trajectories import FEWEST, WINDOW, told_trajectory, windows_up_to
from projections.evaluation.what_if import told_comparison
from projections.names import names_of
from projections.rosters.membership import RosterMembership
from projections.rosters.roster import Roster
from projections.warehouse import Generation

DEFAULT_DAYS: Final = 16 * 7  # where the roster has no term of the day
_NONE_PLACED: Final = ("", "", "", "")

Result = dict[str, Any]


class Evaluations:
    """Evaluations of one generation; safe to share between threads.

    ``position`` gives the log position up to which the generation's rows are complete. Results of
    anybody else under a scheme that is a school's own raise ``OfAnotherSchool``.
    """

    def __init__(self, generation: Generation, position: Callable[[], int], timezone: str) -> None:
        self._generation = generation
        self._position = position
        self._bases = Bases(generation)
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
        basis = self._bases.of(store)
        person = basis.owners.resolve((store, person))[1]
        placed = basis.placements(span.last).of.get(person)
        if placed is None and not self._generation.query(
            "portrait_person", store=store, person=person
        ):
            return None
        placed = placed or Placed(*_NONE_PLACED)
        demand_school(scheme, placed.school)
        standing = Standing(scheme, span, *self._both(store, scheme, [person], span, basis))
        names = names_of(self._generation, store, [person])
        return {
            "person": person,
            "name": names.get(person, {}).get("", person),
            "class_group": placed.class_group,
            "school": placed.school,
            **told_student(standing),
            "position": position,
        }

    def trajectory(self, store: str, scheme: Scheme, person: str, until: date) -> Result | None:
        """Give a student's scores four weeks by four weeks, and what to expect; None for nobody.

        It is beside the cohort that the student is compared with on the last day.
        """
        position = self._position()
        basis = self._bases.of(store)
        person = basis.owners.resolve((store, person))[1]
        cohorts = basis.placements(until).cohorts
        if person not in cohorts.of and person not in basis.versions.persons:
            return None
        placed = basis.placements(until).of.get(person)
        demand_school(scheme, placed.school if placed else "")
        windows = windows_up_to(last_days(until, WINDOW.days))
        named = cohorts.of.get(person, ())
        large = (one for one in named if len(cohorts.members[one]) > 3 * FEWEST)
        name = next(large, named[0] if named else "")
        peers = [one for one in cohorts.members.get(name, ()) if one != person]
        scores = self._score(store, scheme, [person, *peers], windows, basis)
        return {
            "person": person,
            "until": until.isoformat(),
            **told_trajectory(scheme, windows, scores, name),
            "position": position,
        }

    def class_group(self, store: str, scheme: Scheme, name: str, span: Span) -> Result | None:
        """Give a class's result, with a line a student; None where the roster has no such class."""
        position = self._position()
        found = self._generation.query("class_group", store=store, class_group=name)
        if not found:
            return None
        title, _, school, *_ = found[0]
        demand_school(scheme, school)
        members = self._roster.students(store, name, on=span.last)
        names = {member.person: member.name for member in members}
        now, before = self._both(store, scheme, list(names), span, self._bases.of(store))
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
        demand_school(scheme, school)
        basis = self._bases.of(store)
        placements = basis.placements(span.last)
        members = placements.of_school(school)
        now, before = self._both(store, scheme, members, span, basis)
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
        demand_school(scheme, "")
        position = self._position()
        basis = self._bases.of(store)
        placements = basis.placements(span.last)
        now, before = self._both(store, scheme, list(placements.of), span, basis)
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

        It is about the students of the roster on the last day of ``one``, or those ``among`` them;
        where a scheme is a school's own, about that school's. Raises OfAnotherSchool where each is
        of another.
        """
        school = one[0].school or other[0].school
        demand_school(other[0], school)
        position = self._position()
        basis = self._bases.of(store)
        persons = [
            person
            for person, where in basis.placements(one[1].last).of.items()
            if (among is None or person in among) and school in ("", where.school)
        ]
        (first,) = self._score(store, one[0], persons, [one[1]], basis)
        (second,) = self._score(store, other[0], persons, [other[1]], basis)
        told = told_comparison(one, first, other, second)
        names = names_of(self._generation, store, [each["person"] for each in told["changes"]])
        told["changes"] = [
            {**each, "name": names.get(each["person"], {}).get("", each["person"])}
            for each in told["changes"]
        ]
        return {**told, "position": position}

    def _both(
        self, store: str, scheme: Scheme, persons: Sequence[str], span: Span, basis: Basis
    ) -> list[Scores]:
        """Score people in these days, and in the days before among whom they were with then."""
        return self._score(store, scheme, persons, [span, span.before()], basis)

    def _score(
        self,
        store: str,
        scheme: Scheme,
        persons: Sequence[str],
        spans: Sequence[Span],
        basis: Basis,
    ) -> list[Scores]:
        """Score people in each of some spans, which have no day in common."""
        indicators = indicators_of(scheme).values()
        compared = [one for one in indicators if one.normalisation.by != "criterion"]
        alone = {one.measure for one in indicators} - {one.measure for one in compared}
        of_persons = Whom(alone, persons)
        figures = self._compared(store, compared, of_persons, spans, basis)
        return [
            score(scheme, persons, known, basis.placements(span.last).cohorts)
            for span, known in zip(spans, figures, strict=True)
        ]

    def _compared(
        self,
        store: str,
        compared: Sequence[Indicator],
        alone: Whom,
        spans: Sequence[Span],
        basis: Basis,
    ) -> list[dict[Measure, ByPerson]]:
        """Give figures: of people, and what is compared also of whom they are compared with."""
        measures = {one.measure for one in compared}
        cohorts = [basis.placements(span.last).cohorts for span in spans]
        figures: list[dict[Measure, ByPerson]] = [{} for _ in spans]
        asked = [alone]
        # The wider ones are only asked about where a first one turns out to be too small.
        for most in (1, None):
            names = [
                {name for person in alone.persons for name in of_day.of.get(person, ())[:most]}
                for of_day in cohorts
            ]
            company = set(alone.persons).union(
                *(
                    of_day.members[name]
                    for of_day, some in zip(cohorts, names, strict=True)
                    for name in some
                )
            )
            asked.append(Whom(measures, company))
            found = self._figures.of(store, spans, asked, basis.versions)
            figures = [known | more for known, more in zip(figures, found, strict=True)]
            asked = []
            if all(
                is_enough(one, figures[at][one.measure], cohorts[at], names[at])
                for one in compared
                for at in range(len(spans))
            ):
                break
        return figures
