"""The district's page: key figures, diagnosis, weak points, the rankings of a month; live."""

from collections.abc import Sequence

from nicegui import ui

from api.ui.filters import Choice, day_named, period_named
from api.ui.layout import DISTRICT, SCHOOLS, Tag, district_link, page, result_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.district_parts import (
    AppRanking,
    Diagnosis,
    DistrictFigures,
    SchoolRanking,
    Schools,
    Trend,
    WeakPoints,
)
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import Visitor
from projections.portraits.rankings import Month

SPACING = 30.0  # seconds between two looks: these answers read every student's rows


@ui.page("/district", response_timeout=PAGE_SECONDS)
async def district_page(visit: Visitor, on: str = "", month: str = "") -> None:
    """Show the district's portrait of a day (today, if not given), and keep it true."""
    queries, day, of = visit.queries, day_named(on), period_named(Month, month)
    with page(visit.words, visit.words("district.title"), district_link(on, month), visit):
        if not await is_permitted(visit, queries.permit_district()):
            return
        view = DistrictView(visit, ("back_to_schools", SCHOOLS))
        await Live(visit, view, lambda: queries.district(day, of), spacing=SPACING).begin()


class DistrictView(PortraitView):
    """The parts of the district's page."""

    def make_controls(self) -> None:
        """Let another day or month be chosen."""
        with Choice(self.visit.words, DISTRICT) as choice:
            self._day, self._month = choice.day("on"), choice.month("month")
        title = self.visit.words("result.title")
        Tag("a", title, "xj-evidence-link", href=result_link("district"))

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            DistrictFigures(visit),
            Trend(visit),
            Schools(visit),
            Diagnosis(visit),
            WeakPoints(visit),
            SchoolRanking(visit),
            AppRanking(visit),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the district's title, and the day."""
        self._day.attribute("value", portrait["on"])
        self._month.attribute("value", portrait["rankings"]["month"])
        words = self.visit.words
        return words("district.heading"), words("on", day=portrait["on"])

    def missing(self) -> tuple[str, str]:
        """Say that there is nothing: a store always has a district, if an empty one."""
        words = self.visit.words
        return words("classes.empty.title"), words("classes.empty.text")
