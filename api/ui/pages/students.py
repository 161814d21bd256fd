"""The list of students: who there is evidence about, found by name, a page at a time."""

from datetime import datetime
from typing import Any

from fastapi import Request
from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from api.ui import formats
from api.ui.layout import Tag, page, student_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pager import Pager
from api.ui.permission import is_permitted
from api.ui.queries import Place
from api.ui.session import HOME, Visit, Visitor, server_of
from api.ui.table import Column, DataTable, Row, cell

PAGE_SIZE = 50
SPACING = 2.0  # seconds between two looks: a page of the list costs more than a portrait's mark


@ui.page("/students", response_timeout=PAGE_SECONDS)
async def students_page(request: Request, visit: Visitor, search: str = "") -> None:
    """Show the students, and keep them true."""
    with page(visit.words, visit.words("students.title"), HOME, visit):
        if not await is_permitted(visit, visit.queries.permit_students()):
            return
        view = StudentsView(visit, search, server_of(request))
        view.live = Live(visit, view, view.ask, spacing=SPACING)
        await view.live.begin()


class StudentsView:
    """A page of the list, the search, and what is said where there is nobody."""

    live: Live[dict[str, Any]]

    def __init__(self, visit: Visit, search: str, server: str) -> None:
        self._visit = visit
        self._words = visit.words
        self._search = search
        self._make_head()
        self._broken = Tag("p", classes="xj-notice", role="alert")
        self._broken.set_visibility(False)
        self._empty = _empty(visit, server)
        self._nobody = Tag("p", classes="xj-empty", role="status")
        self._make_table()

    def _make_head(self) -> None:
        with Tag("div", classes="xj-title"):
            Tag("h1", self._words("students.title"))
            self._search_box = (
                ui.input(value=self._search, on_change=self._search_changed)
                .classes("xj-search")
                .props("outlined dense clearable debounce=250 type=search")
            )
            label = self._words("students.search")
            self._search_box.props["aria-label"] = self._search_box.props["placeholder"] = label

    def _make_table(self) -> None:
        words = self._words
        with Tag("div", classes="xj-card xj-list") as self._list:
            self._table = DataTable(
                words,
                words("students.caption"),
                [
                    Column("name", words("students.name"), "link"),
                    Column("facts", words("students.facts"), "number"),
                    Column("last_time", words("students.last_time"), "number"),
                ],
            )
            self._pager = Pager[Place](words, PAGE_SIZE, "students.shown", self._look)

    async def ask(self) -> dict[str, Any]:
        """Ask for the page that is to be shown."""
        return await self._visit.queries.students(self._search, PAGE_SIZE, self._pager.place)

    def show(self, answer: dict[str, Any]) -> None:
        """Show a page of the list."""
        students = answer["students"]
        is_empty = not students and self._pager.is_first and not self._search
        self._broken.set_visibility(False)
        self._empty.set_visibility(is_empty)
        self._search_box.set_visibility(not is_empty)
        self._nobody.set_visibility(not students and not is_empty)
        self._nobody.text = self._words("students.none_found", search=self._search)
        self._list.set_visibility(bool(students))
        self._table.show(_row(self._visit, student) for student in students)
        self._pager.show(len(students), answer["next"])

    def show_broken(self, since: datetime | None) -> None:
        """Say that the list can't be read; what was shown before stays."""
        self._broken.text = self._words("broken.notice")
        self._broken.set_visibility(True)
        if since is None:
            for part in (self._empty, self._nobody, self._list):
                part.set_visibility(False)

    async def _search_changed(self, event: ValueChangeEventArguments[str | None]) -> None:
        self._search = (event.value or "").strip()
        self._pager.begin()
        await self._look()

    async def _look(self) -> None:
        await self.live.look()


def _row(visit: Visit, student: dict[str, Any]) -> Row:
    name, person = student["name"], student["person"]
    return {
        "id": person,
        "name": cell(
            name,
            note=formats.account(person) if name != person else "",
            href=student_link(person),
        ),
        "facts": cell(formats.count(student["facts"])),
        "last_time": cell(formats.moment(student["last_time"], visit.timezone)),
    }


def _empty(visit: Visit, server: str) -> Tag:
    words = visit.words
    with Tag("div", classes="xj-card xj-first-steps") as box:
        Tag("h2", words("students.empty.title"))
        Tag("p", words("students.empty.text"))
        Tag("h3", words("students.empty.key"))
        _command(f"xueji keys add --store {visit.credential.store} --scope statements/write")
        Tag("h3", words("students.empty.post"))
        _command(_example(server))
        Tag("p", words("students.empty.waiting"), "xj-waiting")
    return box


def _command(text: str) -> None:
    Tag("pre", text, tabindex="0")  # focusable, so that the keyboard can scroll it


def _example(server: str) -> str:
    return f"""curl -u KEY:SECRET {server}/xapi/statements \\
  -H 'X-Experience-API-Version: 2.0.0' -H 'Content-Type: application/json' \\
  -d '{{
    "actor": {{
      "name": "小明",
      "account": {{"homePage": "https://school.example", "name": "s001"}}
    }},
    "verb": {{"id": "http://adlnet.gov/expapi/verbs/answered"}},
    "object": {{"id": "https://school.example/items/1"}},
    "result": {{"success": true}}
  }}'"""
