"""The report of a quarter, made to be printed: sentences, figures, months, schools and apps."""

from collections.abc import Sequence
from datetime import date

from nicegui import ui

from api.ui.filters import Choice, period_named
from api.ui.layout import REPORT, SCHOOLS, page, report_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.district_parts import AppRanking, Diagnosis, SchoolRanking
from api.ui.pages.report_parts import Months, ReportFigures, Sentences
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import Visit, Visitor
from api.ui.words import Words
from projections.days import today
from projections.portraits.rankings import Quarter

SPACING = 60.0  # seconds between two looks: a report is read, not watched
QUARTERS = 8  # that can be chosen, the newest first


@ui.page("/report", response_timeout=PAGE_SECONDS)
async def report_page(visit: Visitor, quarter: str = "") -> None:
    """Show the report of a quarter (this one, if not given)."""
    queries, of = visit.queries, period_named(Quarter, quarter)
    with page(visit.words, visit.words("report.title"), report_link(quarter), visit):
        if not await is_permitted(visit, queries.permit_report()):
            return
        view = ReportView(visit, str(of) if of else "")
        await Live(visit, view, lambda: queries.report(of), spacing=SPACING).begin()


class ReportView(PortraitView):
    """The parts of the report."""

    def __init__(self, visit: Visit, quarter: str) -> None:
        self._quarter = quarter
        super().__init__(visit, ("back_to_schools", SCHOOLS))

    def make_controls(self) -> None:
        """Let another quarter be chosen."""
        quarters = [str(one) for one in _newest(today(self.visit.timezone))]
        chosen = self._quarter or quarters[0]
        words = self.visit.words
        with Choice(words, REPORT) as choice:
            options = {one: _named(one, words) for one in dict.fromkeys([*quarters, chosen])}
            choice.one_of("quarter", options, chosen)

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            Sentences(visit),
            ReportFigures(visit),
            Months(visit),
            SchoolRanking(visit),
            AppRanking(visit),
            Diagnosis(visit),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the report's title, and its days."""
        words = self.visit.words
        days = words("days", first=portrait["from"], last=portrait["to"])
        return words("report.heading", quarter=_named(portrait["quarter"], words)), days

    def missing(self) -> tuple[str, str]:
        """Say that there is nothing: every quarter has a report, if an empty one."""
        words = self.visit.words
        return words("classes.empty.title"), words("classes.empty.text")


def _named(quarter: str, words: Words) -> str:
    """Name a quarter such as ``2026-Q4`` as people do."""
    year, number = Quarter.parse(quarter)
    return words("report.quarter", year=year, quarter=number)


def _newest(on: date) -> list[Quarter]:
    quarters = [Quarter(on.year, (on.month + 2) // 3)]
    while len(quarters) < QUARTERS:
        quarters.append(quarters[-1].before())
    return quarters
