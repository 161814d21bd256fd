"""The list of schools: whose portraits the visitor may see."""

from datetime import datetime
from typing import Any

from nicegui import ui

from api.ui import formats
from api.ui.layout import SCHOOLS, Card, Tag, message, page, school_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.permission import is_permitted
from api.ui.session import Visit, Visitor
from api.ui.table import Column, DataTable, cell

SPACING = 10.0  # seconds between two looks: a roster changes seldom
COUNTS = ("classes", "students", "teachers")


@ui.page("/schools", response_timeout=PAGE_SECONDS)
async def schools_page(visit: Visitor) -> None:
    """Show the schools of today."""
    with page(visit.words, visit.words("schools.title"), SCHOOLS, visit):
        if not await is_permitted(visit, visit.queries.permit_schools()):
            return
        view, queries = SchoolsView(visit), visit.queries
        await Live(visit, view, queries.schools, spacing=SPACING).begin()


class SchoolsView:
    """The list, or what is said where there is none."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        with Tag("div", classes="xj-title"):
            Tag("h1", words("schools.title"))
        self._instead = Tag("div")
        with Card(words, words("schools.list")) as self._card:
            self._table = DataTable(
                words,
                words("schools.list"),
                [
                    Column("name", words("classes.school"), "link", sortable=True),
                    *(
                        Column(key, words(f"schools.{key}"), "number", True, descending=True)
                        for key in COUNTS
                    ),
                ],
                export=words("schools.title"),
            )

    def show(self, answer: dict[str, Any]) -> None:
        """Show the schools."""
        schools = answer["schools"]
        self._instead.clear()
        self._card.section.set_visibility(bool(schools))
        self._card.aside.text = self._words("on", day=answer["on"])
        self._table.show(
            {
                "id": one["org"],
                "name": cell(one["name"], one["name"], href=school_link(one["org"])),
                **{key: cell(formats.count(one[key]), one[key]) for key in COUNTS},
            }
            for one in schools
        )
        if not schools:
            with self._instead:
                message(self._words("schools.empty.title"), self._words("schools.empty.text"))

    def show_broken(self, since: datetime | None) -> None:
        """Say that the list can't be read; what was shown before stays."""
        self._instead.clear()
        self._card.section.set_visibility(since is not None)
        with self._instead:
            Tag("p", self._words("broken.notice"), "xj-notice", role="alert")
