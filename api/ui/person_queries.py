"""What pages ask about one person: where a student is heading, and what figures rest on."""

import asyncio
from datetime import date, timedelta
from typing import Any, Final

import orjson

from api.evidence import check_asked, whose
from api.roles import Asker, Resource, person, student
from api.ui.asking import LONGEST_OF_MANY, Answer, Asking
from projections.days import today
from projections.evidence import Place, Texts, Wanted, evidence, texts
from projections.identities import person_of
from projections.names import names_of
from projections.prediction.trajectories import FRESH_WEEKS
from projections.rosters.roster import Roster
from projections.warehouse import Generation

PAGE_OF_FACTS: Final = 50


class PersonQueries(Asking):
    """The projections about one person, as far as a credential's role may see them."""

    async def trajectory(self, whose: str) -> Answer | None:
        """Give a student's trajectory, the student's ``warnings``, and how right such are.

        As ``Trajectories`` does. Where the newest result is too old for anything to be foretold,
        it is as of that one's day.
        """
        await self._permit(Resource.STUDENT_PORTRAIT, student(whose))

        def ask(generation: Generation) -> Answer | None:
            as_of, until = self._as_of(generation), today(self._zone)
            known = person_of(generation, self._store, whose)
            trajectories = self._services.boards(generation).trajectories
            found, position = trajectories.student(self._store, known, until)
            if found is None:
                return None
            newest = max(date.fromisoformat(one["last_day"]) for one in found["subjects"])
            if until - newest > timedelta(weeks=FRESH_WEEKS):
                until = newest
                then, position = trajectories.student(self._store, known, until)
                found = then or found
            warned, seen = trajectories.warnings_of(self._store, known, until)
            reflects = min(as_of["position"], position, seen)
            return {**as_of, **found, **warned, "position": reflects}

        return await self._ask(ask, LONGEST_OF_MANY)

    async def permit_evidence(self, wanted: Wanted) -> Asker:
        """Give who may see the facts that are asked for, or some of them; raises ApiError 403."""
        return await self._permit(Resource.EVIDENCE, whose(wanted))

    async def evidence(self, wanted: Wanted, after: Place | None = None) -> Answer:
        """Give a page of facts as ``projections.evidence.evidence`` does; `next` is a place.

        With it come the ``names`` of what is asked for. Raises ApiError 400 for what can't be.
        """
        own = (await self.permit_evidence(wanted)).own
        check_asked(wanted)
        among = None if own is None else own.students | own.teachers

        def ask(generation: Generation) -> Answer:
            as_of = self._as_of(generation)
            facts, following = evidence(
                generation,
                self._store,
                wanted,
                self._zone,
                limit=PAGE_OF_FACTS,
                after=after,
                among=among,
            )
            names = names_of(generation, self._store, named_in(wanted))
            names.update(self._group_named(generation, wanted))
            return {**as_of, "facts": facts, "names": names, "next": following}

        return await self._ask(ask)

    def _group_named(self, generation: Generation, wanted: Wanted) -> dict[str, dict[str, str]]:
        """Give what the roster calls the class or the school that is asked about."""
        if wanted.class_group:
            asked = {"store": self._store, "class_group": wanted.class_group}
            found = generation.query("class_group", **asked)
            return {wanted.class_group: {"": found[0][0]}} if found else {}
        schools = Roster(generation, self._zone.key).schools(self._store) if wanted.school else ()
        return {one.org: {"": one.name} for one in schools if one.org == wanted.school}

    async def statement(self, fact: dict[str, Any]) -> str | None:
        """Give the JSON of the statement that a fact of ``evidence`` was read from.

        None where it has been voided since. Raises ApiError 403.
        """
        await self._permit(Resource.EVIDENCE, person(fact["person"]))
        found = await asyncio.to_thread(
            self._services.record.statement, self._store, fact["statement"], voided=False
        )
        if found is None:
            return None
        return orjson.dumps(orjson.loads(found.json), option=orjson.OPT_INDENT_2).decode()


def named_in(wanted: Wanted) -> list[str]:
    """Give the person and the activities that are asked for by their ids."""
    asked: tuple[Texts, ...] = (
        wanted.person,
        wanted.knowledge_point,
        wanted.lesson,
        wanted.course,
        wanted.item,
        wanted.part_of,
        wanted.attempts_at,
    )
    return [one for some in asked for one in texts(some)]
