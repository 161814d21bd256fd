"""A class's page: who needs help, who knows what, how much is done, this week's lessons; live."""

from collections.abc import Sequence

from nicegui import ui

from api.ui.filters import Choice, day_named
from api.ui.layout import CLASSES, Tag, class_link, page, result_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.class_ahead import Ahead
from api.ui.pages.class_parts import (
    AtRisk,
    ClassFigures,
    ClassHeatMap,
    Distribution,
    Lessons,
    Students,
    WeakPoints,
    Weeks,
)
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import Visit, Visitor
from projections.vocabulary import STAGES, SUBJECTS

SPACING = 5.0  # seconds between two looks: a class's portrait reads the rows of all its students
AHEAD_SPACING = 600.0  # what lies ahead is dear to work out, and hardly changes within a lesson


@ui.page("/classes/{name:path}", response_timeout=PAGE_SECONDS)
async def class_page(visit: Visitor, name: str, on: str = "", subject: str = "") -> None:
    """Show a class's portrait of a day (today, if not given), and keep it true."""
    queries, day = visit.queries, day_named(on)
    with page(visit.words, visit.words("classes.title"), class_link(name, on, subject), visit):
        if not await is_permitted(visit, queries.permit_class(name)):
            return
        view = ClassView(visit, name, subject)
        await Live(
            visit,
            view,
            lambda: queries.class_portrait(name, day, subject),
            lambda: queries.class_mark(name),
            SPACING,
        ).begin()
        ask = visit.classes.ahead
        Live(visit, view.ahead, lambda: ask(name, day), spacing=AHEAD_SPACING).begin_soon()


class ClassView(PortraitView):
    """The parts of a class's page."""

    def __init__(self, visit: Visit, name: str, subject: str) -> None:
        self._name, self._subject = name, subject
        super().__init__(visit, ("back_to_classes", CLASSES), "xj-class")

    def make_controls(self) -> None:
        """Let another day or subject be chosen."""
        words = self.visit.words
        subjects = {code: words.term(SUBJECTS, code) for code in SUBJECTS}
        with Choice(words, class_link(self._name)) as choice:
            self._day = choice.day("on")
            choice.one_of("subject", {"": words("choice.all"), **subjects}, self._subject)
        Tag("a", words("result.title"), "xj-evidence-link", href=result_link("classes", self._name))

    def make_parts(self) -> Sequence[Part]:
        """Make the parts, what is asked most often first; what lies ahead comes later."""
        visit = self.visit
        first: list[Part] = [ClassFigures(visit), AtRisk(visit)]
        self.ahead = Ahead(visit)
        return [
            *first,
            ClassHeatMap(visit),
            Distribution(visit),
            WeakPoints(visit),
            Weeks(visit),
            Students(visit),
            Lessons(visit),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the class's title, school and stage."""
        self._day.attribute("value", portrait["on"])
        words = self.visit.words
        stage = words.term(STAGES, portrait["stage"])
        days = words("days", first=portrait["from"], last=portrait["to"])
        line = " · ".join(part for part in (portrait["school_name"], stage, days) if part)
        return portrait["title"] or portrait["class_group"], line

    def missing(self) -> tuple[str, str]:
        """Say that the roster has no such class."""
        words = self.visit.words
        return words("class.unknown.title"), words("class.unknown.text", name=self._name)
