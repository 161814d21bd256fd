"""A student's portrait put together: radar, mastery, activity, ratings, badges and videos."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import groupby
from typing import Any, Final, NamedTuple

from projections.days import Days, Span, iso, iso_of, last_days, today
from projections.evidence import Wanted, figure_evidence, or_none
from projections.identities import accounts_of
from projections.names import Names, names_of
from projections.portraits.class_groups import ClassGroups
from projections.portraits.company import PHASES, Companies, Company
from projections.portraits.points import Point, make_points, show_points, weakest_and_strongest
from projections.portraits.radar import DayRow, Radar, tally, within
from projections.prediction.store_calibrations import version_of
from projections.warehouse import Generation

Portrait = dict[str, Any]

RADAR_DAYS: Final = 28  # that the radar is about, where nobody says
MOST_SHOWN: Final = 50  # badges, and videos
_SOURCES: Final = ("teacher", "peer", "self", "parent", "received")


class StudentPortrait:
    """Draws the portrait of one student over some days, in one subject or all.

    Activity, ratings, badges and videos are of the days asked for, all where none are. The radar is
    of closed days: those asked for, else the 28 up to today, or, where the person did nothing in
    them, up to the last day there is anything of. Mastery is as of now.
    """

    def __init__(
        self,
        generation: Generation,
        classes: ClassGroups,
        companies: Companies,
        zone: tzinfo,
        store: str,
        person: str,
        *,
        subject: str = "",
        days: Days | None = None,
        least: int = 0,
    ) -> None:
        self._generation, self._zone = generation, zone
        self._classes, self._companies = classes, companies
        self._store, self._person, self._subject = store, person, subject
        self._asked = days or Days()
        self._least = least
        self._accounts = accounts_of(generation, store, person)
        self._about = Wanted(person=person, subject=subject)

    def draw(self, position: int) -> Portrait:
        """Draw it as of a log position, of a person of whom there is evidence.

        Its ``compared_position`` is an earlier one where whom the person is compared with was
        remembered.
        """
        now = datetime.now(UTC)
        rows = self._days()
        days = self._radar_days(rows)
        company, compared = self._company(days)
        points = self._points(days)
        known = [point.knowledge_point for point in points if point.is_known]
        given = self._given(known)
        names = self._names(points, given)
        mastery = show_points(points, company, names, self._person, days.last)
        weakest, strongest = weakest_and_strongest(mastery)
        radar = Radar(rows, days, company, self._about)
        return {
            "store": self._store,
            "person": self._person,
            "name": names.get(self._person, {}).get("", "") or self._person,
            "generation": self._generation.name,
            "model": version_of(self._generation.origin, self._store),
            "position": position,
            "compared_position": min(position, compared),
            "as_of": iso(now),
            "subject": self._subject or None,
            "days": self._asked.shown(),
            "compared_with": _company(company),
            "radar_days": days.days.shown() | {"before": days.before().days.shown()},
            "radar": radar.draw(points, given.responses),
            "activity": self._activity(rows),
            "mastery": mastery,
            "weakest": weakest,
            "strongest": strongest,
            "ratings": _show_ratings(given.ratings, names, self._wanted),
            "badges": _show_badges(given.badges, names, self._wanted),
            "videos": _show_videos(given.videos, names, self._wanted),
        }

    # What is asked -------------------------------------------------------------------------------

    def _ask(self, name: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
        return self._generation.query(name, store=self._store, **parameters)

    def _days(self) -> list[DayRow]:
        rows = [DayRow(*row) for row in self._ask("portrait_days", person=self._person)]
        if self._subject:
            rows = [row for row in rows if row.subject == self._subject]
        return sorted(rows, key=lambda row: (row.day, (*PHASES, "").index(row.phase), row.subject))

    def _radar_days(self, rows: Sequence[DayRow]) -> Span:
        first, last = self._asked.first, self._asked.last
        if last is None:
            last = today(self._zone)
            recent = last_days(last, RADAR_DAYS)
            if first is None and not within(rows, recent.days):
                before = [row.day for row in rows if row.day <= last.isoformat()]
                last = date.fromisoformat(max(before)) if before else last
        if first is None or first > last:
            return last_days(last, RADAR_DAYS)
        return Span(first, last)

    def _company(self, days: Span) -> tuple[Company, int]:
        store, least = self._store, self._least
        group, placed = self._classes.of(store, self._person, today(self._zone), least=least)
        if group is not None and len(group.persons) < 2:
            group = None
        company, counted = self._companies.of(store, group, days, self._subject, least=least)
        return company, min(placed, counted)

    def _points(self, days: Span) -> list[Point]:
        rows = self._ask("portrait_mastery", person=self._person)
        if self._subject:
            rows = [row for row in rows if row[1] == self._subject]
        kept = {row[0] for row in rows}
        weeks = self._ask("portrait_weeks", person=self._person)
        past = days.first - timedelta(days=1)
        return make_points(rows, (week for week in weeks if week[0] in kept), past, self._zone)

    def _given(self, points: Sequence[str]) -> "_Given":
        since, until = self._asked.moments(self._zone)
        rows = self._ask(
            "portrait_given",
            accounts=self._accounts,
            points=list(points),
            subject=self._subject,
            since=since,
            until=until,
        )
        given = [_GivenRow(*row) for row in rows]
        return _Given(
            [row for row in given if row.action.startswith("rating_")],
            _newest(row for row in given if row.action == "badge_earned"),
            _newest(row for row in given if row.action == "video" and row.thing),
            sum(row.facts for row in given if row.action == "answer"),
        )

    def _names(self, points: Iterable[Point], given: "_Given") -> Names:
        subjects = {self._person, *(point.knowledge_point for point in points)}
        for row in (*given.ratings, *given.badges[:MOST_SHOWN], *given.videos[:MOST_SHOWN]):
            subjects.update((row.thing, row.whole, row.giver))
        return names_of(self._generation, self._store, subjects)

    # What is shown -------------------------------------------------------------------------------

    def _wanted(self, **more: Any) -> Wanted:
        """Give what asks for facts of the days that are asked for."""
        given: dict[str, Any] = {"person": self._person, "subject": self._subject, **more}
        return Wanted(**given).within(self._asked)

    def _activity(self, rows: Sequence[DayRow]) -> dict[str, Any]:
        """Show what was done in all, by phase, by subject, and by day and phase."""
        rows = within(rows, self._asked)
        phases = [*PHASES, *([""] if any(not row.phase for row in rows) else [])]
        subjects = sorted({row.subject for row in rows})
        return {
            **self._counted(rows),
            "phases": [
                {"phase": phase}
                | self._counted([row for row in rows if row.phase == phase], phase=or_none(phase))
                for phase in phases
            ],
            "subjects": [
                {"subject": subject}
                | self._counted(
                    [row for row in rows if row.subject == subject], subject=or_none(subject)
                )
                for subject in subjects
            ],
            "days": [
                _day(day, phase, list(of_both))
                for (day, phase), of_both in groupby(rows, key=lambda row: (row.day, row.phase))
            ],
        }

    def _counted(self, rows: Sequence[DayRow], **what: str) -> dict[str, Any]:
        total = tally(rows)
        return total.shown() | {
            "punctuality": total.on_time / total.due if total.due else None,
            "evidence": figure_evidence(total.actions, self._wanted(**what)),
        }


def _company(company: Company) -> dict[str, Any]:
    group = company.class_group
    return {
        "kind": company.kind,
        "class_group": group.class_group if group else None,
        "title": group.title if group else None,
        "persons": len(group.persons) if group else company.persons,
    }


def _day(day: str, phase: str, rows: Sequence[DayRow]) -> dict[str, Any]:
    total = tally(rows)
    return {
        "day": day,
        "phase": phase,
        "actions": total.actions,
        "answers": total.answers,
        "correct": total.correct,
        "seconds": total.seconds,
    }


class _GivenRow(NamedTuple):
    """A row of ``portrait_given``: ratings of an indicator, a badge, or a video."""

    action: str
    badge: str  # the statement that gave it
    thing: str
    whole: str
    giver: str
    app: str
    facts: int
    rating: float | None
    progress: float | None
    seconds: float | None
    left: float | None  # the progress that was said last
    last_time: int


class _Given(NamedTuple):
    ratings: list[_GivenRow]
    badges: list[_GivenRow]
    videos: list[_GivenRow]
    responses: int  # to the knowledge points asked about


def _newest(rows: Iterable[_GivenRow]) -> list[_GivenRow]:
    return sorted(rows, key=lambda row: (-row.last_time, row.badge, row.thing))


def _show_ratings(
    rows: Sequence[_GivenRow], names: Names, wanted: Callable[..., Wanted]
) -> list[dict[str, Any]]:
    """Show ratings (0..1) by whose they are, each with those by indicator."""
    shown = []
    for source in _SOURCES:
        action = "rating_received" if source == "received" else f"rating_by_{source}"
        of_source = sorted((row for row in rows if row.action == action), key=lambda row: row.whole)
        if of_source:
            asked = {"actions": (action,), "known": ("rating",)}
            n = sum(row.facts for row in of_source)
            shown.append(
                {
                    "source": source,
                    "n": n,
                    "mean": sum(row.facts * (row.rating or 0.0) for row in of_source) / n,
                    "evidence": figure_evidence(n, wanted(**asked)),
                    "indicators": [
                        {
                            "indicator": row.whole or None,
                            "names": names.get(row.whole, {}),
                            "n": row.facts,
                            "mean": row.rating,
                            "last_time": iso_of(row.last_time),
                            "evidence": figure_evidence(
                                row.facts, wanted(**asked, part_of=or_none(row.whole))
                            ),
                        }
                        for row in of_source
                    ],
                }
            )
    return shown


def _show_badges(
    rows: Sequence[_GivenRow], names: Names, wanted: Callable[..., Wanted]
) -> dict[str, Any]:
    n = sum(row.facts for row in rows)
    return {
        "n": n,
        "evidence": figure_evidence(n, wanted(actions=("badge_earned",))),
        "newest": [
            {
                "badge": row.thing,
                "names": names.get(row.thing, {}),
                "deed": row.whole or None,
                "deed_names": names.get(row.whole, {}),
                "given_by": row.giver or None,
                "given_by_name": names.get(row.giver, {}).get("") or row.giver or None,
                "time": iso_of(row.last_time),
                "app": row.app,
                "statement": row.badge,
                "evidence": figure_evidence(
                    row.facts, wanted(actions=("badge_earned",), statement=row.badge)
                ),
            }
            for row in rows[:MOST_SHOWN]
        ],
    }


def _show_videos(
    rows: Sequence[_GivenRow], names: Names, wanted: Callable[..., Wanted]
) -> list[dict[str, Any]]:
    """Show videos: progress at the furthest and when left (0..1, None: unknown), and seconds."""
    return [
        {
            "video": row.thing,
            "names": names.get(row.thing, {}),
            "progress": row.progress,
            "left": row.left,
            "seconds": row.seconds or 0.0,
            "n": row.facts,
            "last_time": iso_of(row.last_time),
            "evidence": figure_evidence(row.facts, wanted(actions=("video",), item=row.thing)),
        }
        for row in rows[:MOST_SHOWN]
    ]
