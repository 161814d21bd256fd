"""What pages ask of one store's projections, off the event loop, for who may see it."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from api.roles import Asker, Resource, Subject, class_group, may_have, permit
from api.roles import lesson as lesson_subject
from api.roles import school as school_subject
from api.roles import student as subject_of
from api.roles import teacher as teacher_subject
from api.services import Services
from api.teachers import listed_for
from api.ui.asking import Answer, Asking, off_the_loop
from api.ui.own_links import told_whose
from lrs.credentials import Credential
from projections.days import Days, Span, last_days, today
from projections.identities import person_of
from projections.lessons.reports import MINUTE, Limits, Wanted
from projections.lessons.reports import Place as LessonPlace
from projections.portraits.classes import DEFAULT_DAYS, Classes
from projections.portraits.homework import homework_plan
from projections.portraits.mistakes import Filters, mistake_book
from projections.portraits.mistakes import Place as MistakePlace
from projections.portraits.rankings import Month, Quarter
from projections.portraits.students import Portraits
from projections.rosters.roster import Roster
from projections.warehouse import Generation

# How often a page looks again where no carrier of this process tells what is new, in seconds.
LOOK_AGAIN = 2.0

Place = tuple[str, str]  # where a page of a list begins


class Queries(Asking):
    """The projections of one store, as far as a credential's role may see them.

    What it may not see raises ApiError 403.
    """

    def __init__(self, services: Services, credential: Credential) -> None:
        super().__init__(services, credential)
        self._shown = self._source  # that the page has shown

    async def students(self, search: str, limit: int, after: Place | None) -> dict[str, Any]:
        """List students, and say where the `next` page begins, None where there is none."""
        asker = await self.permit_students()
        among = None if asker.own is None else asker.own.students

        def ask() -> dict[str, Any]:
            portraits = self._services.portraits()
            listed, following = portraits.students(
                self._store, search=search, limit=limit, after=after, among=among
            )
            return {"students": listed, "next": following}

        return await off_the_loop(ask)

    async def student(
        self, person: str, subject: str = "", days: Days | None = None
    ) -> dict[str, Any] | None:
        """Draw a portrait as ``projections.portraits.students.Portraits.student`` does.

        With it comes the ``homework_plan``, of the subject.
        """
        await self.permit_student(person)
        await self._permit(Resource.HOMEWORK_PLAN, subject_of(person))

        def ask(generation: Generation) -> dict[str, Any] | None:
            portraits = self._services.portraits_of(generation)
            found = portraits.student(self._store, person, subject=subject, days=days)
            plan = self._homework_plan
            return found and {
                **found,
                "homework_plan": plan(generation, portraits, person, subject),
            }

        return await self._ask(ask)

    async def mistakes(
        self, person: str, filters: Filters, limit: int, after: MistakePlace | None
    ) -> Answer:
        """Open a page of a student's mistake book as ``mistake_book`` does; `next` is a place."""
        await self._permit(Resource.MISTAKES, subject_of(person))

        def ask(generation: Generation) -> Answer:
            as_of = self._as_of(generation)
            book, following = mistake_book(
                generation, self._store, person, self._zone, filters, limit=limit, after=after
            )
            return {**as_of, **book, "next": following}

        return await self._ask(ask)

    def _homework_plan(
        self, generation: Generation, portraits: Portraits, person: str, subject: str
    ) -> Answer:
        whose = person_of(generation, self._store, person)
        group, _ = portraits.classes.of(self._store, whose, today(self._zone))
        minutes = self._services.settings.homework_minutes
        return homework_plan(
            generation,
            self._store,
            whose,
            self._zone,
            group,
            subject=subject,
            daily_minutes=minutes,
        )

    async def permit_students(self) -> Asker:
        """Give who may see the list of students, or some of it; raises ApiError 403."""
        return await permit(self._services, self._credential, Resource.STUDENTS)

    async def permit_student(self, person: str) -> None:
        """Raise ApiError 403 where a student's portrait is not for the credential's role."""
        resource = Resource.STUDENT_PORTRAIT
        await permit(self._services, self._credential, resource, subject_of(person))

    def may_see(self, resource: Resource) -> bool:
        """Tell whether the credential may see any of a resource: what navigation offers."""
        return may_have(self._credential, resource)

    async def permit_classes(self) -> Asker:
        """Give who may see the list of classes, or some of it; raises ApiError 403."""
        return await self._permit(Resource.CLASS_PORTRAIT)

    async def classes(self) -> Answer:
        """List the classes that the roster has today: all, or the credential's own.

        Who sees all of a school sees its administrative classes, where it has any.
        """
        asker = await self.permit_classes()

        def ask(generation: Generation) -> Answer:
            as_of, day = self._as_of(generation), today(self._zone)
            listed = Roster(generation, self._zone.key).classes(self._store, on=day)
            if asker.own is not None:
                listed = [one for one in listed if one.class_group in asker.own.classes]
            if asker.own is None or asker.own.schools:
                listed = [one for one in listed if one.type == "homeroom"] or listed
            return {**as_of, "on": day.isoformat(), "classes": msgspec.to_builtins(listed)}

        return await self._ask(ask)

    async def permit_class(self, name: str) -> Asker:
        """Raise ApiError 403 where a class's portrait is not for the credential's role."""
        return await self._permit(Resource.CLASS_PORTRAIT, class_group(name))

    async def class_portrait(
        self, name: str, on: date | None = None, subject: str = ""
    ) -> Answer | None:
        """Draw a class's portrait, with the lessons of the week (``lessons``).

        Where no day is given and the weeks up to today are empty, it is of the newest lesson's day.
        """
        await self.permit_class(name)

        def ask(generation: Generation) -> Answer | None:
            as_of, day = self._as_of(generation), on or today(self._zone)
            classes = Classes(generation)
            found = self._class_on(classes, name, day, subject)
            if found and not found["activity"] and on is None:
                newest = self._newest_lesson(generation, Wanted([name]))
                if newest is not None and newest < day:
                    day = newest
                    found = self._class_on(classes, name, day, subject)
            lessons = self._lessons_of_week(generation, [name], day, subject)
            return found and {**as_of, **found, **lessons}

        return await self._ask(ask)

    async def class_mark(self, name: str) -> Any:
        """Give what differs once there is more evidence of a class; much cheaper to ask."""

        def ask() -> Any:
            return Classes(self._services.generation).mark(self._store, name)

        return await off_the_loop(ask)

    async def permit_lessons(self) -> Asker:
        """Give who may see the list of lessons, or some of it; raises ApiError 403."""
        return await self._permit(Resource.LESSON)

    async def lessons(self, subject: str, limit: int, after: LessonPlace | None) -> Answer:
        """List lessons, the newest first: all, or the credential's own; `next` is a place."""
        asker = await self.permit_lessons()
        own = asker.own
        among = None if own is None else Limits(own.classes, own.teachers)

        def ask(generation: Generation) -> Answer:
            as_of, lessons = self._as_of(generation), self._services.lessons_of(generation)
            wanted = Wanted(subject=subject, among=among)
            listed, following = lessons.page(self._store, wanted, limit=limit, after=after)
            return {**as_of, "lessons": listed, "next": following}

        return await self._ask(ask)

    async def permit_lesson(self, lesson: str) -> Asker:
        """Raise ApiError 403 where a lesson's report is not for the credential's role."""

        def whose(generation: Generation) -> Subject:
            lessons = self._services.lessons_of(generation)
            return lesson_subject(*(lessons.taught_by(self._store, lesson) or ((), ())))

        return await self._permit(Resource.LESSON, await self._ask(whose))

    async def lesson(
        self, lesson: str, class_group: str = "", width: int = MINUTE
    ) -> Answer | None:
        """Report a lesson as ``projections.lessons.reports.Lessons.report`` does.

        Of several classes, the phases can be those of one. Of everybody in it is told whether the
        visitor may open the own page (``is_open``), where that isn't so of all.
        """
        own = (await self.permit_lesson(lesson)).own

        def ask(generation: Generation) -> Answer | None:
            report = self._services.lessons_of(generation).report(self._store, lesson, width=width)
            parts = report["parts"] if report else ()
            only = [one for one in parts if one["class_group"] == class_group]
            found = {**report, **only[0]} if report and only else report
            told: Answer | None = told_whose(found, own)
            return told

        return await self._ask(ask)

    async def permit_teachers(self) -> Asker:
        """Give who may see the list of teachers, or some of it; raises ApiError 403."""
        return await self._permit(Resource.TEACHERS)

    async def teachers(self, school: str = "") -> Answer:
        """List teachers as ``projections.portraits.teachers.Teachers.list`` does, of one school.

        With them come the ``schools`` that the visitor may choose from.
        """
        own = (await self.permit_teachers()).own

        def ask(generation: Generation) -> Answer:
            as_of, day = self._as_of(generation), today(self._zone)
            listed, position = self._services.teachers_of(generation).listed(self._store, day)
            shown = listed_for(own, listed)
            there = {each for one in shown for each in one["schools"]}
            schools = Roster(generation, self._zone.key).schools(self._store, on=day)
            return {
                **as_of,
                "position": position,
                "on": day.isoformat(),
                "schools": {one.org: one.name for one in schools if one.org in there},
                "teachers": listed_for(None, shown, school),
            }

        return await self._ask(ask)

    async def permit_teacher(self, person: str) -> Asker:
        """Raise ApiError 403 where a teacher's portrait is not for the credential's role."""
        return await self._permit(Resource.TEACHER_PORTRAIT, teacher_subject(person))

    async def teacher(self, person: str) -> Answer | None:
        """Draw a portrait as ``projections.portraits.teachers.Teachers.portrait`` does."""
        await self.permit_teacher(person)
        return await self._ask(
            lambda generation: self._services.teachers_of(generation).portrait(self._store, person)
        )

    async def permit_district(self) -> Asker:
        """Raise ApiError 403 where the district's portrait is not for the credential's role."""
        return await self._permit(Resource.DISTRICT_PORTRAIT)

    async def district(self, on: date | None = None, month: Month | None = None) -> Answer:
        """Draw the district's portrait, with the ``rankings`` of a month.

        Where no day is given and the weeks up to today are empty, it is of the newest lesson's day.
        """
        await self.permit_district()

        def ask(generation: Generation) -> Answer:
            as_of, boards = self._as_of(generation), self._services.boards(generation)
            day = on or today(self._zone)
            found, position = boards.district.district(self._store, day)
            if on is None and not found["trend"]:
                day = self._newest_lesson(generation, Wanted()) or day
                found, position = boards.district.district(self._store, day)
            of = month or Month(day.year, day.month)
            rankings: Answer = {"month": str(of)}
            for name, rank in (
                ("schools", boards.rankings.schools),
                ("apps", boards.rankings.apps),
            ):
                told, reflects = rank(self._store, of)
                rankings[name], position = told["ranking"], min(position, reflects)
            return {**as_of, **found, "position": position, "rankings": rankings}

        return await self._ask(ask)

    async def permit_schools(self) -> Asker:
        """Give who may see the list of schools, or some of it; raises ApiError 403."""
        return await self._permit(Resource.SCHOOL_PORTRAIT)

    async def schools(self) -> Answer:
        """List the schools that the roster has today: all, or the credential's own."""
        asker = await self.permit_schools()

        def ask(generation: Generation) -> Answer:
            as_of, day = self._as_of(generation), today(self._zone)
            listed = Roster(generation, self._zone.key).schools(self._store, on=day)
            if asker.own is not None:
                listed = [one for one in listed if one.org in asker.own.schools]
            return {**as_of, "on": day.isoformat(), "schools": msgspec.to_builtins(listed)}

        return await self._ask(ask)

    async def permit_school(self, school: str) -> Asker:
        """Raise ApiError 403 where a school's portrait is not for the credential's role."""
        return await self._permit(Resource.SCHOOL_PORTRAIT, school_subject(school))

    async def school(self, school: str, on: date | None = None) -> Answer | None:
        """Draw a school's portrait; where no day is given, as ``district`` chooses it.

        With it come the lessons of the week (``lessons``), and its ``rank`` in the month.
        """
        await self.permit_school(school)
        await self._permit(Resource.RANKINGS, school_subject(school))

        def ask(generation: Generation) -> Answer | None:
            as_of, boards = self._as_of(generation), self._services.boards(generation)
            day = on or today(self._zone)
            found, position = boards.district.school(self._store, school, day)
            if found is None:
                return None
            classes = [one["class_group"] for one in found["classes"]]
            if on is None and not found["trend"]:
                newest = self._newest_lesson(generation, Wanted(classes)) if classes else None
                if newest is not None:
                    day = newest
                    found, position = boards.district.school(self._store, school, day)
            month = Month(day.year, day.month)
            ranked, reflects = boards.rankings.schools(self._store, month)
            rank = next((one for one in ranked["ranking"] if one["school"] == school), None)
            return {
                **as_of,
                **(found or {}),
                **self._lessons_of_week(generation, classes, day, ""),
                "rank": rank and {**rank, "month": str(month), "of": len(ranked["ranking"])},
                "position": min(position, reflects),
            }

        return await self._ask(ask)

    async def permit_report(self) -> Asker:
        """Raise ApiError 403 where the quarterly report is not for the credential's role."""
        return await self._permit(Resource.REPORT)

    async def report(self, quarter: Quarter | None = None) -> Answer:
        """Write the report of a quarter: where none is given, that of today."""
        await self.permit_report()

        def ask(generation: Generation) -> Answer:
            as_of, day = self._as_of(generation), today(self._zone)
            wanted = quarter or Quarter(day.year, (day.month + 2) // 3)
            rankings = self._services.boards(generation).rankings
            found, position = rankings.quarterly(self._store, wanted)
            last = {name: found[name] for name in ("schools", "apps")}
            month = {"month": found["months"][-1]["month"], **last}
            return {**as_of, **found, "position": position, "rankings": month}

        return await self._ask(ask)

    def _class_on(
        self, classes: Classes, name: str, on: date, subject: str
    ) -> dict[str, Any] | None:
        return classes.portrait(self._store, name, on, last_days(on, DEFAULT_DAYS), subject)

    def _lessons_of_week(
        self, generation: Generation, classes: Sequence[str], on: date, subject: str
    ) -> dict[str, Any]:
        """Give the lessons of classes from Monday to Sunday of a day's week, the newest first."""
        monday = on - timedelta(days=on.weekday())
        week = Span(monday, monday + timedelta(days=6))
        wanted = Wanted(classes, subject=subject, first_day=week.first, last_day=week.last)
        lessons = self._services.lessons_of(generation)
        listed, more = lessons.page(self._store, wanted) if classes else ([], None)
        return {"lessons": listed, "more": more is not None, "week": week.days.shown()}

    async def mark(self, person: str) -> Any:
        """Give what differs once there is more evidence about a person; much cheaper to ask."""

        def ask() -> Any:
            return self._services.portraits().mark(self._store, person)

        return await off_the_loop(ask)

    @property
    def position(self) -> int:
        """The log position that the rows reflect; 0 where a carrier elsewhere writes them."""
        carrier = self._services.carrier
        return carrier.position if carrier is not None else 0

    @property
    def _source(self) -> tuple[str, str]:
        """What is asked beside a position: the live generation, and the edition of its answers."""
        return self._services.generation.identity, self._services.edition

    async def news(self, position: int, patience: float) -> bool:
        """Wait until the rows may hold more than at a position, at most `patience` seconds."""
        carrier, source = self._services.carrier, self._source
        if source != self._shown:
            self._shown = source
            return True
        if carrier is None:
            await asyncio.sleep(LOOK_AGAIN)
            return True
        is_news = await carrier.reached(position + 1, patience)
        await carrier.attend()  # the page soon looks again: what comes until then isn't held back
        return is_news
