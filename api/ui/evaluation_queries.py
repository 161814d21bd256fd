"""What pages ask about evaluation: results of students, classes, schools, the district; schemes."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from api.days import FIRST_DAY, LONGEST_SPAN
from api.errors import ApiError
from api.evaluations import WhatIf, other_scheme, resolved_scheme
from api.roles import Asker, Resource, class_group, may_have, student
from api.roles import school as own_school
from api.schemes import checked, listed, one, publish, published_by
from api.ui.asking import LONGEST_OF_MANY, Answer, Asking, off_the_loop
from lrs.drafts import make_authority
from projections.days import Span, day_of, today
from projections.evaluation.evaluations import Evaluations
from projections.evaluation.published_schemes import schemes_of
from projections.evaluation.scheme_faults import UnknownScheme
from projections.evaluation.schemes import Scheme
from projections.identities import person_of
from projections.lessons.reports import Wanted
from projections.portraits.classes import DEFAULT_DAYS
from projections.rosters.roster import Roster
from projections.warehouse import Generation

# What a page judges by where it isn't told: every store has it.
USUAL_SCHEME: Final = "district-comprehensive"

Group = Literal["classes", "schools", "district"]
RESOURCES: Final[dict[Group, Resource]] = {
    "classes": Resource.CLASS_EVALUATION,
    "schools": Resource.SCHOOL_EVALUATION,
    "district": Resource.DISTRICT_EVALUATION,
}
_NO_SUCH: Final = 404
_Judge = Callable[[Evaluations, Scheme, Span], Answer | None]
_Newest = Callable[[Generation], date | None]


class Asked(NamedTuple):
    """By which scheme, and for which days: None where they aren't chosen."""

    scheme: str = USUAL_SCHEME
    first: date | None = None
    last: date | None = None


class EvaluationQueries(Asking):
    """Results under a scheme, as far as a credential's role may see them.

    Where no days are chosen they are those of the term up to today, or up to the newest activity
    where that is long ago. With a result come the ``schemes`` that could be asked for. Where a
    scheme or some days can't be, the answer says which: ``refused`` is ``no_scheme``,
    ``faulty_scheme`` or ``bad_days``.
    """

    async def permit_student(self, person: str) -> Asker:
        """Raise ApiError 403 where a student's result is not for the credential's role."""
        return await self._permit(Resource.STUDENT_EVALUATION, student(person))

    async def permit_group(self, group: Group, name: str = "") -> Asker:
        """Raise ApiError 403 where the result of a group is not for the credential's role."""
        whose = {"classes": class_group, "schools": own_school}.get(group)
        return await self._permit(RESOURCES[group], whose(name) if whose else None)

    async def student(self, person: str, asked: Asked) -> Answer | None:
        """Give a student's result as ``Evaluations.student`` does."""
        await self.permit_student(person)

        def newest(generation: Generation) -> date | None:
            known = person_of(generation, self._store, person)
            found = generation.query("portrait_person", store=self._store, person=known)
            return day_of(found[0][1], self._zone) if found else None

        return await self._judged(
            asked, newest, lambda by, of, span: by.student(self._store, of, person, span)
        )

    async def group(self, group: Group, name: str, asked: Asked) -> Answer | None:
        """Give the result of a class, a school or the district (which needs no name)."""
        await self.permit_group(group, name)

        def newest(generation: Generation) -> date | None:
            if group == "district":
                return self._newest_lesson(generation, Wanted())
            classes = [name]
            if group == "schools":
                roster = Roster(generation, self._zone.key)
                found = roster.classes(self._store, name, on=today(self._zone))
                classes = [each.class_group for each in found]
            return self._newest_lesson(generation, Wanted(classes)) if classes else None

        def judge(by: Evaluations, of: Scheme, span: Span) -> Answer | None:
            if group == "district":
                return by.district(self._store, of, span)
            ask = by.class_group if group == "classes" else by.school
            return ask(self._store, of, name, span)

        return await self._judged(asked, newest, judge)

    async def _judged(self, asked: Asked, newest: _Newest, judge: _Judge) -> Answer | None:
        def ask(generation: Generation) -> Answer | None:
            as_of, schemes = self._as_of(generation), schemes_of(generation, self._store)
            try:
                scheme = resolved_scheme(schemes, asked.scheme)
            except ApiError as error:
                return {"refused": "no_scheme" if error.status == _NO_SUCH else "faulty_scheme"}
            span = self._span(generation, asked, newest)
            if not _is_possible(span):
                return {"refused": "bad_days"}
            found = judge(self._services.evaluations_of(generation), scheme, span)
            return found and {**as_of, **found, "schemes": listed(schemes)}

        return await self._ask(ask, LONGEST_OF_MANY)

    def _span(self, generation: Generation, asked: Asked, newest: _Newest) -> Span:
        last = asked.last
        if last is None:
            last = today(self._zone)
            active = newest(generation) if asked.first is None else None
            if active is not None and last - active > timedelta(days=DEFAULT_DAYS):
                last = active
        if asked.first is not None:
            return Span(asked.first, last)
        return self._services.evaluations_of(generation).period(self._store, last)

    # Schemes -----------------------------------------------------------------------------------

    async def permit_schemes(self) -> Asker:
        """Raise ApiError 403 where schemes are not for the credential's role."""
        return await self._permit(Resource.SCHEMES)

    async def schemes(self) -> Answer:
        """List the schemes that the store has, as ``GET /v1/schemes`` does."""
        await self.permit_schemes()

        def ask(generation: Generation) -> Answer:
            as_of = self._as_of(generation)
            return {**as_of, "schemes": listed(schemes_of(generation, self._store))}

        return await self._ask(ask)

    async def scheme(self, name: str, version: int | None = None) -> Answer | None:
        """Give a scheme put together, as ``GET /v1/schemes/{id}`` does; None where there is none.

        Of a version, its document goes with the others as they are now.
        """
        await self.permit_schemes()

        def ask(generation: Generation) -> Answer | None:
            as_of, schemes = self._as_of(generation), schemes_of(generation, self._store)
            record = self._services.record
            try:
                found = one(record, schemes, self._store, name, version)
            except UnknownScheme:
                return None
            return {**as_of, **found}

        return await self._ask(ask)

    # Drafts ------------------------------------------------------------------------------------

    async def permit_draft(self) -> Asker:
        """Raise ApiError 403 where checking a scheme is not for the credential's role."""
        return await self._permit(Resource.SCHEME_CHECK)

    def may(self, resource: Resource) -> bool:
        """Tell whether the credential may have any of a resource, by scopes and roles."""
        return may_have(self._credential, resource)

    async def check(self, text: str) -> Answer:
        """Tell whether a document could be published, as ``POST /v1/schemes/check`` does.

        Raises TooManySchemes.
        """
        await self.permit_draft()
        record = self._services.record
        return await off_the_loop(lambda: checked(published_by(record, self._store), text))

    async def what_if(self, name: str, text: str) -> Answer:
        """Tell who would be of another level by a document than by a scheme, and why.

        Of the days that pages of results are about. Raises ApiError 400 for a document with faults.
        """
        own = (await self._permit(Resource.WHAT_IF)).own
        among = None if own is None else own.students

        def ask(generation: Generation) -> Answer:
            as_of, schemes = self._as_of(generation), schemes_of(generation, self._store)
            in_force = resolved_scheme(schemes, name)
            other = other_scheme(schemes, name, WhatIf(document=text))
            span = self._span(generation, Asked(), lambda of: self._newest_lesson(of, Wanted()))
            evaluations = self._services.evaluations_of(generation)
            told = evaluations.what_if(self._store, (in_force, span), (other, span), among)
            return {**as_of, **told}

        return await self._ask(ask, LONGEST_OF_MANY)

    async def publish(self, text: str) -> Answer:
        """Publish a document as ``PUT /v1/schemes/{id}`` does, under the id that it says.

        Raises ApiError 403, SchemeFaulty, SchemesBroken, TooManySchemes.
        """
        if not self.may(Resource.SCHEME_CHANGE):
            raise ApiError(403, "publishing schemes is not open to this credential")
        await self._permit(Resource.SCHEME_CHANGE)
        home_page = self._services.settings.home_page
        authority = make_authority(home_page, self._credential.app).json
        record = self._services.record
        return await off_the_loop(lambda: publish(record, self._store, text, authority))


def _is_possible(span: Span) -> bool:
    """Tell whether results of some days, and of as many before, can be asked for."""
    days = (span.last - span.first).days + 1
    return 1 <= days <= LONGEST_SPAN and (span.first - FIRST_DAY).days >= days
