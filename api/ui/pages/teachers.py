"""The list of teachers: whose portraits the visitor may see, with how much of each dimension."""

from datetime import datetime
from typing import Any

from nicegui import ui

from api.ui import formats
from api.ui.layout import TEACHERS, Card, Tag, message, page, teacher_link, teachers_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.permission import is_permitted
from api.ui.session import Visit, Visitor
from api.ui.table import Column, DataTable, Row, cell
from projections.portraits.teacher_dimensions import DIMENSIONS

SPACING = 10.0  # seconds between two looks: rates change little within a lesson


@ui.page("/teachers", response_timeout=PAGE_SECONDS)
async def teachers_page(visit: Visitor, school: str = "") -> None:
    """Show the teachers of today, or those of one school."""
    words, queries = visit.words, visit.queries
    with page(words, words("teachers.title"), teachers_link(school), visit):
        if not await is_permitted(visit, queries.permit_teachers()):
            return
        view = TeachersView(visit, school)
        await Live(visit, view, lambda: queries.teachers(school), spacing=SPACING).begin()


class TeachersView:
    """The list, or what is said where there is none."""

    def __init__(self, visit: Visit, school: str) -> None:
        self._school = school
        words = self._words = visit.words
        with Tag("div", classes="xj-title"):
            Tag("h1", words("teachers.title"))
        self._instead = Tag("div")
        card = Card(words, words("teachers.list"), words("teachers.help"), "xj-teachers-card")
        with card as self._card:
            self._schools = Tag("ul", classes="xj-links xj-widths")
            self._table = DataTable(
                words,
                words("teachers.list"),
                [
                    Column("name", words("teachers.name"), "link", sortable=True),
                    Column("school", words("classes.school"), sortable=True),
                    Column("weeks", words("teacher.weeks"), "number", True, descending=True),
                    Column("acts", words("teacher.acts"), "number", True, descending=True),
                    *(
                        Column(each.code, words(f"teachers.{each.code}"), "number", True, True)
                        for each in DIMENSIONS
                    ),
                ],
                export=words("teachers.title"),
            )

    def show(self, answer: dict[str, Any]) -> None:
        """Show the teachers."""
        teachers, schools = answer["teachers"], answer["schools"]
        self._instead.clear()
        self._card.section.set_visibility(bool(teachers))
        n = self._words("teachers.n", n=formats.count(len(teachers)))
        self._card.aside.text = f"{n} · {self._words('on', day=answer['on'])}"
        self._show_schools(schools)
        self._table.show(self._row(one, schools) for one in teachers)
        if not teachers:
            with self._instead:
                message(self._words("teachers.empty.title"), self._words("teachers.empty.text"))

    def show_broken(self, since: datetime | None) -> None:
        """Say that the list can't be read; what was shown before stays."""
        self._instead.clear()
        self._card.section.set_visibility(since is not None)
        with self._instead:
            Tag("p", self._words("broken.text"), "xj-notice", role="alert")

    def _show_schools(self, schools: dict[str, str]) -> None:
        """Link to the teachers of each school, where there are several."""
        self._schools.clear()
        if len(schools) < 2:
            return
        with self._schools:
            for school, name in {"": self._words("choice.all"), **schools}.items():
                with Tag("li"):
                    link = Tag("a", name, href=teachers_link(school) if school else TEACHERS)
                    if school == self._school:
                        link.attribute("aria-current", "true")

    def _row(self, one: dict[str, Any], schools: dict[str, str]) -> Row:
        words = self._words
        name = one["name"] if one["name"] != one["person"] else formats.account(one["person"])
        there = words.listed(schools.get(each, each) for each in one["schools"])
        return {
            "id": one["person"],
            "name": cell(name, name, href=teacher_link(one["person"])),
            "school": cell(there or words("nothing"), there or None),
            "weeks": cell(formats.count(one["weeks"]), one["weeks"]),
            "acts": cell(formats.count(one["acts"]), one["acts"]),
            **{code: cell(formats.rate(rate, words), rate) for code, rate in one["rates"].items()},
        }
