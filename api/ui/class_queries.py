"""What a class's page asks beside the portrait: early warnings, and what homework to give."""

from datetime import date, timedelta
from typing import Any

from api.roles import Resource, class_group
from api.ui.asking import LONGEST_OF_MANY, Answer, Asking
from projections.days import today
from projections.lessons.reports import Wanted
from projections.portraits.classes import DEFAULT_DAYS
from projections.portraits.homework import homework_plan
from projections.rosters.roster import Roster
from projections.warehouse import Generation


class ClassQueries(Asking):
    """The projections about the students of a class, as far as a role may see them."""

    async def ahead(self, name: str, on: date | None = None) -> Answer:
        """Give a class's early ``warnings`` and each student's homework plan (``plans``).

        Warnings are those of a day: today if none is given, or the newest lesson's where that is
        long ago. Plans are for today, whatever day. Who was in the class on that day and isn't the
        visitor's own today is left out.
        """
        await self._permit(Resource.CLASS_PORTRAIT, class_group(name))
        own = (await self._permit(Resource.HOMEWORK_PLAN)).own

        def is_own(person: str) -> bool:
            return own is None or person in own.students

        def ask(generation: Generation) -> Answer:
            as_of, day = self._as_of(generation), on or today(self._zone)
            newest = None if on else self._newest_lesson(generation, Wanted([name]))
            if newest is not None and day - newest > timedelta(days=DEFAULT_DAYS):
                day = newest
            trajectories = self._services.boards(generation).trajectories
            warned, position = trajectories.warnings(self._store, day, class_group=name)
            of_day = Roster(generation, self._zone.key).students(self._store, name, on=day)
            students = [one for one in of_day if is_own(one.person)]
            return {
                **as_of,
                "position": min(as_of["position"], position),
                **{key: warned[key] for key in ("on", "measured", "why")},
                "warnings": [one for one in warned["warnings"] if is_own(one["person"])],
                "names": {one.person: one.name for one in students},
                "plans": [self._plan(generation, one.person, one.name) for one in students],
            }

        return await self._ask(ask, LONGEST_OF_MANY)

    def _plan(self, generation: Generation, person: str, name: str) -> dict[str, Any]:
        group, _ = self._services.portraits_of(generation).classes.of(
            self._store, person, today(self._zone)
        )
        minutes = self._services.settings.homework_minutes
        plan = homework_plan(
            generation, self._store, person, self._zone, group, daily_minutes=minutes
        )
        return {**plan, "person": person, "name": name}
