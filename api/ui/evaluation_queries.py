"""What pages ask about evaluation: results of students, classes, schools, the district; schemes."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from api.evaluations import resolved_scheme
from api.roles import Asker, Resource, student
from api.ui.asking import LONGEST_OF_MANY, Answer, Asking
from projections.classes import DEFAULT_DAYS
from projections.days import Span, day_of, today
from projections.evaluation import Evaluations
from projections.identities import person_of
from projections.published_schemes import schemes_of
from projections.schemes import Scheme
from projections.warehouse import Generation

# What a page judges by where it isn't told: every store has it.
USUAL_SCHEME: Final = "district-comprehensive"

Days = tuple[date | None, date | None]  # the first and the last, None where they aren't chosen
NO_DAYS: Final[Days] = (None, None)
_Judge = Callable[[Evaluations, Scheme, Span], Answer | None]


class EvaluationQueries(Asking):
    """Results under a scheme, as far as a credential's role may see them.

    Where no days are chosen they are those of the term up to today, or up to the newest activity
    where that is long ago. A scheme that there isn't raises ApiError 404, one with faults 409.
    """

    async def permit_student(self, person: str) -> Asker:
        """Raise ApiError 403 where a student's result is not for the credential's role."""
        return await self._permit(Resource.STUDENT_EVALUATION, student(person))

    async def student(
        self, person: str, scheme: str = USUAL_SCHEME, days: Days = NO_DAYS
    ) -> Answer | None:
        """Give a student's result as ``projections.evaluation.Evaluations.student`` does."""
        await self.permit_student(person)

        def newest(generation: Generation) -> date | None:
            known = person_of(generation, self._store, person)
            found = generation.query("portrait_person", store=self._store, person=known)
            return day_of(found[0][1], self._zone) if found else None

        return await self._judged(
            scheme, days, newest, lambda by, of, span: by.student(self._store, of, person, span)
        )

    async def _judged(
        self,
        scheme: str,
        days: Days,
        newest: Callable[[Generation], date | None],
        judge: _Judge,
    ) -> Answer | None:
        def ask(generation: Generation) -> Answer | None:
            as_of = self._as_of(generation)
            of = resolved_scheme(schemes_of(generation, self._store), scheme)
            evaluations = self._services.evaluations_of(generation)
            span = self._span(generation, days, newest)
            found = judge(evaluations, of, span)
            return found and {**as_of, **found}

        return await self._ask(ask, LONGEST_OF_MANY)

    def _span(
        self,
        generation: Generation,
        days: Days,
        newest: Callable[[Generation], date | None],
    ) -> Span:
        first, last = days
        if last is None:
            last, active = today(self._zone), newest(generation)
            if first is None and active and last - active > timedelta(days=DEFAULT_DAYS):
                last = active
        if first is not None:
            return Span(first, last)
        return self._services.evaluations_of(generation).period(self._store, last)
