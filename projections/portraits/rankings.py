"""Schools and apps ranked month by month (月通报), and the report of a quarter (季度分析)."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from projections.days import Span
from projections.portraits.district import District
from projections.remembering import Remembered
from projections.rosters.roster import Roster
from projections.warehouse import Generation

MONTHS_OF_A_QUARTER = 3
Report = dict[str, Any]


def _is_number(text: str) -> bool:
    """Whether a text is digits of ASCII, no more than a year has."""
    return text.isascii() and text.isdecimal() and len(text) <= 4


class Month(NamedTuple):
    """A month of the calendar."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read ``2026-11``. Raises BadPeriod."""
        year, dash, month = text.partition("-")
        if not (dash and len(year) == 4 and _is_number(year) and _is_number(month)):
            raise BadPeriod(text, "a month such as 2026-11")
        found = cls(int(year), int(month))
        if not (1 <= found.month <= 12 and 1900 <= found.year <= 2298):
            raise BadPeriod(text, "a month such as 2026-11")
        return found

    @property
    def span(self) -> Span:
        """Its days."""
        return Span(
            date(self.year, self.month, 1),
            date(self.year, self.month, monthrange(self.year, self.month)[1]),
        )

    def before(self) -> "Month":
        """Give the month before."""
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


class Quarter(NamedTuple):
    """A quarter of a year, 1 to 4."""

    year: int
    quarter: int

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Read ``2026-Q4``. Raises BadPeriod."""
        year, dash, number = text.partition("-Q")
        if not (dash and len(year) == 4 and _is_number(year) and number in ("1", "2", "3", "4")):
            raise BadPeriod(text, "a quarter such as 2026-Q4")
        if not 1900 <= int(year) <= 2298:
            raise BadPeriod(text, "a quarter such as 2026-Q4")
        return cls(int(year), int(number))

    @property
    def months(self) -> list[Month]:
        """Its months."""
        first = MONTHS_OF_A_QUARTER * (self.quarter - 1) + 1
        return [Month(self.year, first + more) for more in range(MONTHS_OF_A_QUARTER)]

    @property
    def span(self) -> Span:
        """Its days."""
        return Span(self.months[0].span.first, self.months[-1].span.last)

    def before(self) -> "Quarter":
        """Give the quarter before."""
        if self.quarter == 1:
            return Quarter(self.year - 1, 4)
        return Quarter(self.year, self.quarter - 1)

    def __str__(self) -> str:
        return f"{self.year:04}-Q{self.quarter}"


class _Activity(NamedTuple):
    """A row of the query ``month_activity``; an empty school or app stands for all of them."""

    school: str
    app: str
    persons: int
    actions: int
    active_days: int


Activities = dict[Span, list[_Activity]]


class Rankings:
    """The rankings and reports of one generation; safe to share between threads."""

    def __init__(
        self, generation: Generation, district: District, position: Callable[[], int]
    ) -> None:
        self._generation = generation
        self._district = district
        self._roster = Roster(generation)
        self._remembered = Remembered(position)

    def schools(self, store: str, month: Month, *, least: int = 0) -> tuple[Report, int]:
        """Rank schools by what their students did in a month, per student of the roster.

        Beside it stands how far their students are, pooled over all subjects, which is no rank.
        """
        return self._remembered.ask(
            ("schools", store, month),
            lambda: self._rank_schools(store, month, self._activities(store, _both(month))),
            least,
        )

    def apps(self, store: str, month: Month, *, least: int = 0) -> tuple[Report, int]:
        """Rank apps by how many persons they reached in a month."""
        return self._remembered.ask(
            ("apps", store, month),
            lambda: self._rank_apps(month, self._activities(store, _both(month))),
            least,
        )

    def quarterly(self, store: str, quarter: Quarter, *, least: int = 0) -> tuple[Report, int]:
        """Write the report of a quarter: figures, changes, and sentences in two languages."""
        diagnosis, seen = self._district.diagnosis(store, quarter.span.last, least=least)
        told, position = self._remembered.ask(
            ("quarterly", store, quarter), lambda: self._report(store, quarter), least
        )
        surely = [
            {"subject": cell["subject"], "stage": cell["stage"], **school}
            for cell in diagnosis
            for school in cell["schools"]
            if school["differs"]
        ]
        report = {
            **told,
            "diagnosis": diagnosis,
            "differing_schools": surely,
            "text": _text(quarter, told["figures"], told["before"], surely),
        }
        return report, min(position, seen)

    def _activities(self, store: str, spans: Sequence[Span]) -> Activities:
        """Find out who was active in some spans of whole months that follow on each other."""
        rows = self._generation.query(
            "month_activity",
            store=store,
            firsts=[str(span.first) for span in spans],
            lasts=[str(span.last) for span in spans],
        )
        found: Activities = {span: [] for span in spans}
        for period, *row in rows:
            found[spans[period - 1]].append(_Activity(*row))
        return found

    def _rank_schools(self, store: str, month: Month, active: Activities) -> Report:
        now = _of_schools(active[month.span])
        past = _of_schools(active[month.before().span])
        rows = []
        for school in self._roster.schools(store, on=month.span.last):
            one = now.get(school.org)
            before = past.get(school.org)
            per_head = one.actions / school.students if one and school.students else 0.0
            rows.append(
                {
                    "school": school.org,
                    "name": school.name,
                    "students": school.students,
                    "active": one.persons if one else 0,
                    "active_share": min(1.0, one.persons / school.students)
                    if one and school.students
                    else 0.0,
                    "actions": one.actions if one else 0,
                    "per_student": per_head,
                    "change": _change(one.actions if one else 0, before.actions if before else 0),
                }
            )
        return {"month": str(month), "of": "schools", "ranking": ranked(rows, "per_student")}

    @staticmethod
    def _rank_apps(month: Month, active: Activities) -> Report:
        now = _of_apps(active[month.span])
        past = _of_apps(active[month.before().span])
        rows = [
            {
                "app": app,
                "persons": one.persons,
                "actions": one.actions,
                "active_days": one.active_days,
                "change": _change(one.persons, past[app].persons if app in past else 0),
            }
            for app, one in now.items()
        ]
        return {"month": str(month), "of": "apps", "ranking": ranked(rows, "persons")}

    def _report(self, store: str, quarter: Quarter) -> Report:
        months = quarter.months
        spans = [quarter.span, quarter.before().span, *(month.span for month in months)]
        active = self._activities(store, spans)
        now, past = _figures(active[quarter.span]), _figures(active[quarter.before().span])
        return {
            "quarter": str(quarter),
            "from": quarter.span.first.isoformat(),
            "to": quarter.span.last.isoformat(),
            "figures": now,
            "before": past,
            "change": {name: _change(now[name], past[name]) for name in ("persons", "actions")},
            "months": [{"month": str(month), **_figures(active[month.span])} for month in months],
            "schools": self._rank_schools(store, months[-1], active)["ranking"],
            "apps": self._rank_apps(months[-1], active)["ranking"],
        }


def _both(month: Month) -> list[Span]:
    """Give the days of a month and of the one before."""
    return [month.span, month.before().span]


def _figures(rows: Sequence[_Activity]) -> dict[str, int]:
    """Give how many were active, did what, in how many schools and by how many apps."""
    whole = [row for row in rows if not row.school and not row.app]
    return {
        "persons": max((row.persons for row in whole), default=0),
        "actions": max((row.actions for row in whole), default=0),
        "schools": len(_of_schools(rows)),
        "apps": len(_of_apps(rows)),
    }


def ranked(rows: Iterable[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Put rows in order of a figure, highest first; those that are equal share a rank."""
    order = sorted(rows, key=lambda row: (-row[by], str(row)))
    told: list[dict[str, Any]] = []
    for place, row in enumerate(order, start=1):
        tied = bool(told) and order[place - 2][by] == row[by]
        told.append({"rank": told[-1]["rank"] if tied else place, **row})
    return told


def _of_schools(rows: Iterable[_Activity]) -> dict[str, _Activity]:
    """Give the rows of each school over all apps."""
    found: dict[str, _Activity] = {}
    for row in rows:
        if row.school and (row.school not in found or row.actions > found[row.school].actions):
            found[row.school] = row
    return found


def _of_apps(rows: Iterable[_Activity]) -> dict[str, _Activity]:
    """Give the rows of each app over all schools."""
    found: dict[str, _Activity] = {}
    for row in rows:
        if row.app and (row.app not in found or row.actions > found[row.app].actions):
            found[row.app] = row
    return found


def _change(now: int, before: int) -> float | None:
    """Give by what share a figure has changed; None where there was nothing before."""
    return (now - before) / before if before else None


def _text(
    quarter: Quarter, now: dict[str, int], past: dict[str, int], surely: list[dict[str, Any]]
) -> dict[str, list[str]]:
    """Say the report's main figures in sentences, each with its number."""
    better = sum(one["differs"] > 0 for one in surely)
    worse = len(surely) - better
    actions, change = now["actions"], _change(now["actions"], past["actions"])
    zh_change = (
        "" if change is None else f"，较上季度{'增加' if change >= 0 else '减少'} {abs(change):.0%}"
    )
    en_change = "" if change is None else f", {change:+.0%} against the quarter before"
    return {
        "zh": [
            f"{quarter.year} 年第 {quarter.quarter} 季度，{now['schools']} 所学校的"
            f" {now['persons']} 人通过 {now['apps']} 个应用产生 {actions:,} 次学习行为"
            f"{zh_change}。",
            f"分学科、学段、学校诊断中，{better} 项明显高于全区平均，{worse} 项明显低于全区平均。",
        ],
        "en": [
            f"In quarter {quarter.quarter} of {quarter.year}, {now['persons']} persons of"
            f" {now['schools']} schools did {actions:,} actions by {now['apps']} apps{en_change}.",
            f"By subject, stage and school, {better} cells are surely above the district's mean and"
            f" {worse} surely below.",
        ],
    }


class BadPeriod(ValueError):
    """A text that names no month or quarter."""

    def __init__(self, text: str, wanted: str) -> None:
        super().__init__(f"{text!r} is not {wanted}")
        self.text = text
