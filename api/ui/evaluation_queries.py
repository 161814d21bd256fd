"""What pages ask about evaluation: results of students, classes, schools, the district; schemes."""

from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

from api.days import FIRST_DAY, LONGEST_SPAN
from api.errors import ApiError
from api.evaluations import WhatIf, other_scheme, resolved_scheme
from api.roles import SCHEME_CHANGES, Asker, Resource, class_group, may_have, student
from api.roles import school as own_school
from api.scheme_publishing import check_for, led_by, listed, one, publish, seen_by, withdraw
from api.ui.asking import LONGEST_OF_MANY, Answer, Asking, off_the_loop
from lrs.drafts import make_authority
from projections.days import Span, day_of, last_days, today
from projections.evaluation.evaluations import Evaluations
from projections.evaluation.published_schemes import Schemes, schemes_of
from projections.evaluation.scheme_faults import UnknownScheme
from projections.evaluation.scheme_writing import extending_text
from projections.evaluation.schemes import OfAnotherSchool, Scheme
from projections.evaluation.trajectories import WINDOW, windows_up_to
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
    ``faulty_scheme``, ``other_school`` or ``bad_days``.
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
        asker = await self.permit_student(person)

        def newest(generation: Generation) -> date | None:
            known = person_of(generation, self._store, person)
            found = generation.query("portrait_person", store=self._store, person=known)
            return day_of(found[0][1], self._zone) if found else None

        return await self._judged(
            asker, asked, newest, lambda by, of, span: by.student(self._store, of, person, span)
        )

    async def trajectory(self, person: str, asked: Asked) -> Answer | None:
        """Give a student's trajectory under a scheme up to the last day asked for."""
        asker = await self.permit_student(person)

        def judge(by: Evaluations, of: Scheme, span: Span) -> Answer | None:
            return by.trajectory(self._store, of, person, span.last)

        return await self._judged(asker, asked, lambda _: None, judge)

    async def group(self, group: Group, name: str, asked: Asked) -> Answer | None:
        """Give the result of a class, a school or the district (which needs no name)."""
        asker = await self.permit_group(group, name)

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

        return await self._judged(asker, asked, newest, judge)

    async def _judged(
        self, asker: Asker, asked: Asked, newest: _Newest, judge: _Judge
    ) -> Answer | None:
        def ask(generation: Generation) -> Answer | None:
            as_of, schemes = self._as_of(generation), self._seen(asker, generation)
            try:
                scheme = resolved_scheme(schemes, asked.scheme)
            except ApiError as error:
                return {"refused": "no_scheme" if error.status == _NO_SUCH else "faulty_scheme"}
            span = self._span(generation, asked, newest)
            if not _is_possible(span):
                return {"refused": "bad_days"}
            try:
                found = judge(self._services.evaluations_of(generation), scheme, span)
            except OfAnotherSchool:
                return {"refused": "other_school"}
            if found is None:
                return None
            offered = listed(schemes.of_schools([found.get("school", "")]))
            return {**as_of, **found, "schemes": offered}

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

    def _seen(self, asker: Asker, generation: Generation) -> Schemes:
        return seen_by(asker, schemes_of(generation, self._store), self._services)

    # Schemes -----------------------------------------------------------------------------------

    async def permit_schemes(self) -> Asker:
        """Raise ApiError 403 where schemes are not for the credential's role."""
        return await self._permit(Resource.SCHEMES)

    async def schemes(self) -> Answer:
        """List the schemes that the store has, as ``GET /v1/schemes`` does."""
        asker = await self.permit_schemes()

        def ask(generation: Generation) -> Answer:
            as_of = self._as_of(generation)
            schemes = listed(self._seen(asker, generation))
            return {**as_of, "schemes": self._named(generation, *schemes)}

        return await self._ask(ask)

    async def scheme(self, name: str, version: int | None = None) -> Answer | None:
        """Give a scheme put together, as ``GET /v1/schemes/{id}`` does; None where there is none.

        Of a version, its document goes with the others as they are now.
        """
        asker = await self.permit_schemes()

        def ask(generation: Generation) -> Answer | None:
            as_of, schemes = self._as_of(generation), self._seen(asker, generation)
            record = self._services.record
            try:
                found = one(record, schemes, self._store, name, version)
            except UnknownScheme:
                return None
            [named] = self._named(generation, found)
            return {**as_of, **named}

        return await self._ask(ask)

    def _named(self, generation: Generation, *outlines: Answer) -> list[Answer]:
        """Add the names of the schools whose own schemes are."""
        names: dict[str, str] = {}
        if any(one["school"] for one in outlines):
            roster = Roster(generation, self._zone.key)
            names = {one.org: one.name for one in roster.schools(self._store)}
        return [{**one, "school_name": names.get(one["school"], one["school"])} for one in outlines]

    # Drafts ------------------------------------------------------------------------------------

    async def permit_draft(self) -> Asker:
        """Raise ApiError 403 where checking a scheme is not for the credential's role."""
        return await self._permit(Resource.SCHEME_CHECK)

    async def draft(self, name: str) -> Answer | None:
        """Give a scheme from which a draft begins; None where there is none.

        A school leader begins from somebody else's with a scheme of the own school that extends it.
        """
        found, own = await self.scheme(name), led_by(await self.permit_draft())
        if found is None or found["scheme"] is None or not own or found["school"] in own:
            return found
        text = extending_text(msgspec.convert(found["scheme"], Scheme), min(own))
        return {**found, "text": text}

    def may(self, *resources: Resource) -> bool:
        """Tell whether the credential may have any of some resources, by scopes and roles."""
        return any(may_have(self._credential, one) for one in resources)

    async def check(self, text: str) -> Answer:
        """Tell whether a document could be published, as ``POST /v1/schemes/check`` does.

        Raises TooManySchemes.
        """
        own, record = led_by(await self.permit_draft()), self._services.record
        return await off_the_loop(lambda: check_for(record, self._store, text, own))

    async def what_if(self, asked: Asked, text: str) -> Answer:
        """Tell who would be of another level by a document than by the scheme asked for, and why.

        Where no days are chosen they are those that pages of results are about. Raises ApiError 400
        for a document with faults, and for days that can't be asked for.
        """
        asker = await self._permit(Resource.WHAT_IF)
        among = None if asker.own is None else asker.own.students

        def ask(generation: Generation) -> Answer:
            as_of, schemes = self._as_of(generation), self._seen(asker, generation)
            in_force = resolved_scheme(schemes, asked.scheme)
            other = other_scheme(schemes, asked.scheme, WhatIf(document=text))
            span = self._span(generation, asked, lambda of: self._newest_lesson(of, Wanted()))
            if not _is_possible(span):
                raise ApiError(400, "these days can't be asked for", refusal="days")
            evaluations = self._services.evaluations_of(generation)
            try:
                told = evaluations.what_if(self._store, (in_force, span), (other, span), among)
            except OfAnotherSchool as error:
                raise ApiError(409, str(error), refusal="other_school") from None
            return {**as_of, **told}

        return await self._ask(ask, LONGEST_OF_MANY)

    async def publish(self, text: str) -> Answer:
        """Publish a document as ``PUT /v1/schemes/{id}`` does, under the id that it says.

        Raises ApiError 403, SchemeFaulty, SchemesBroken, TooManySchemes.
        """
        own, authority = await self._changing()
        record = self._services.record
        return await off_the_loop(lambda: publish(record, self._store, text, authority, own))

    async def withdraw(self, name: str) -> Answer:
        """Withdraw a scheme as ``DELETE /v1/schemes/{id}`` does.

        Raises ApiError 403, UnknownScheme, SchemeNotOwn, SchemesBroken.
        """
        own, authority = await self._changing()
        record = self._services.record
        return await off_the_loop(lambda: withdraw(record, self._store, name, authority, own))

    async def may_withdraw(self, scheme: Answer) -> bool:
        """Tell whether the credential may withdraw a scheme, as ``scheme`` gives it."""
        if scheme["origin"] != "published" or not self.may(*SCHEME_CHANGES):
            return False
        own, _ = await self._changing()
        return own is None or scheme["school"] in own

    async def _changing(self) -> tuple[Collection[str] | None, bytes]:
        """Give whose schemes the credential may change, and who vouches for it."""
        if not self.may(*SCHEME_CHANGES):
            message = "changing schemes is not open to this credential"
            raise ApiError(403, message, refusal="no_publishing")
        resource = next(one for one in SCHEME_CHANGES if self.may(one))
        home_page = self._services.settings.home_page
        authority = make_authority(home_page, self._credential.app).json
        return led_by(await self._permit(resource)), authority


def _is_possible(span: Span) -> bool:
    """Tell whether results of some days, and of as many before, and trajectories can be asked."""
    days = (span.last - span.first).days + 1
    looked_back = windows_up_to(last_days(span.last, WINDOW.days))[0].first
    is_long_after = (span.first - FIRST_DAY).days >= days and looked_back >= FIRST_DAY
    return 1 <= days <= LONGEST_SPAN and is_long_after
