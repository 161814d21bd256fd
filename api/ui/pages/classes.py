"""The list of classes: whose portraits the visitor may see, by school and grade."""

from datetime import datetime
from typing import Any

from nicegui import ui

from api.ui import formats
from api.ui.layout import CLASSES, Card, Tag, class_link, message, page
from api.ui.live import PAGE_SECONDS, Live
from api.ui.permission import is_permitted
from api.ui.session import Visit, Visitor
from api.ui.table import Column, DataTable, Row, cell
from projections.vocabulary import STAGES, SUBJECTS

SPACING = 10.0  # seconds between two looks: a roster changes seldom


@ui.page("/classes", response_timeout=PAGE_SECONDS)
async def classes_page(visit: Visitor) -> None:
    """Show the classes of today."""
    with page(visit.words, visit.words("classes.title"), CLASSES, visit):
        if not await is_permitted(visit, visit.queries.permit_classes()):
            return
        view, queries = ClassesView(visit), visit.queries
        await Live(visit, view, queries.classes, spacing=SPACING).begin()


class ClassesView:
    """The list, or what is said where there is none."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Tag("div", classes="xj-title"):
            Tag("h1", words("classes.title"))
        self._instead = Tag("div")
        with Card(words, words("classes.list"), classes="xj-classes-card") as card:
            self._table = DataTable(
                words,
                words("classes.caption"),
                [
                    Column("title", words("classes.name"), "link", sortable=True),
                    Column("school", words("classes.school"), sortable=True),
                    Column("subjects", words("classes.subjects"), sortable=True),
                    Column("students", words("classes.students"), "number", True, descending=True),
                    Column("teachers", words("classes.teachers"), "number", True, descending=True),
                ],
                export=words("classes.title"),
            )
        self._card = card

    def show(self, answer: dict[str, Any]) -> None:
        """Show the classes."""
        classes = answer["classes"]
        self._instead.clear()
        self._card.section.set_visibility(bool(classes))
        self._card.aside.text = self._words("on", day=answer["on"])
        self._table.show(self._row(one) for one in classes)
        if not classes:
            with self._instead:
                message(self._words("classes.empty.title"), self._words("classes.empty.text"))

    def show_broken(self, since: datetime | None) -> None:
        """Say that the list can't be read; what was shown before stays."""
        self._instead.clear()
        if since is None:
            self._card.section.set_visibility(False)
        with self._instead:
            Tag("p", self._words("broken.notice"), "xj-notice", role="alert")

    def _row(self, one: dict[str, Any]) -> Row:
        words = self._words
        subjects = words.listed(words.term(SUBJECTS, code) for code in one["subjects"])
        return {
            "id": one["class_group"],
            "title": cell(
                one["title"] or one["class_group"],
                one["title"],
                note=words.term(STAGES, one["stage"]),
                href=class_link(one["class_group"]),
            ),
            "school": cell(one["school_name"], one["school_name"]),
            "subjects": cell(subjects or words("classes.all_subjects"), subjects),
            "students": cell(formats.count(one["students"]), one["students"]),
            "teachers": cell(formats.count(one["teachers"]), one["teachers"]),
        }
