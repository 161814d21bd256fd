"""For vendors: check statements before they are posted, the register of apps, own credentials."""

from datetime import datetime
from typing import Any

from nicegui import ui

from api.roles import Resource
from api.ui import formats
from api.ui.layout import VENDOR, Card, Tag, page
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.app_credentials import OwnCredentials
from api.ui.pages.check import Check
from api.ui.permission import is_permitted
from api.ui.session import Visit, Visitor
from api.ui.table import Column, DataTable, Row, cell

SPACING = 5.0  # seconds between two looks

Answer = dict[str, Any]


@ui.page("/apps", response_timeout=PAGE_SECONDS)
async def apps_page(visit: Visitor) -> None:
    """Show what a vendor needs, and the register to who looks after all apps."""
    words, operating = visit.words, visit.operating
    with page(words, words("vendor.title"), VENDOR, visit):
        if not await is_permitted(visit, operating.permit(Resource.APPS)):
            return
        with Tag("div", classes="xj-title"):
            Tag("h1", words("vendor.title"))
        with Tag("div", classes="xj-stack"):
            if operating.may(Resource.PROFILE_CHECK):
                Check(visit)
            view = Register(visit)
            if operating.may(Resource.CREDENTIALS):
                own = OwnCredentials(visit)
                await own.look()
        await Live(visit, view, operating.apps, spacing=SPACING, is_timed=True).begin()


class Register:
    """The apps, with what each has brought and how often it is refused."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("register.title"), words("register.help")):
            self._broken = Tag("p", words("broken.notice"), "xj-notice", role="alert")
            self._broken.set_visibility(False)
            self._empty = Tag("p", words("register.empty"), "xj-empty")
            self._table = self._make_table("register.title", self._columns(), export=True)
            self._rules_heading = Tag("h3", words("register.rules"))
            self._rules = self._make_table(
                "register.rules",
                [
                    Column("app", words("register.app"), sortable=True),
                    Column("rule", words("register.rule")),
                    Column("times", words("register.times"), "number", True, descending=True),
                ],
            )

    def _columns(self) -> list[Column]:
        numbers = ("statements", "recent", "last_seen", "requests", "error_rate", "unread")
        return [
            *(
                Column(key, self._words(f"register.{key}"), sortable=True)
                for key in ("app", "vendor")
            ),
            *(
                Column(key, self._words(f"register.{key}"), "number", True, descending=True)
                for key in numbers
            ),
        ]

    def _make_table(self, title: str, columns: list[Column], *, export: bool = False) -> DataTable:
        caption = self._words(title)
        return DataTable(self._words, caption, columns, export=caption if export else "")

    def show(self, answer: Answer) -> None:
        """Show the register."""
        apps = answer["apps"]
        self._broken.set_visibility(False)
        self._empty.set_visibility(not apps)
        self._table.set_visibility(bool(apps))
        self._table.show(self._row(one) for one in apps)
        broken = [
            (one["app"], rule) for one in apps for rule in one["requests"]["last_30_days"]["rules"]
        ]
        self._rules_heading.set_visibility(bool(broken))
        self._rules.set_visibility(bool(broken))
        self._rules.show(
            {
                "id": f"{app} {rule['rule']}",
                "app": cell(app, app),
                "rule": cell(rule["rule"] or self._words("nothing")),
                "times": cell(formats.count(rule["refused"]), rule["refused"]),
            }
            for app, rule in broken
        )

    def show_broken(self, since: datetime | None) -> None:
        """Say that the register can't be read; what was shown before stays."""
        self._broken.set_visibility(True)
        if since is None:
            for part in (self._empty, self._table, self._rules_heading, self._rules):
                part.set_visibility(False)

    def _row(self, one: Answer) -> Row:
        words, seen = self._words, one["last_seen"]
        day = one["requests"]["last_24_hours"]
        recent = one["statements_last_30_days"]
        return {
            "id": one["app"],
            "app": cell(
                one["title"] or one["app"], one["app"], note=one["app"] if one["title"] else ""
            ),
            "vendor": cell(one["vendor"] or words("nothing"), one["vendor"]),
            "statements": cell(formats.count(one["statements"]), one["statements"]),
            "recent": cell(formats.count(recent), recent),
            "last_seen": cell(
                formats.moment(seen, self._visit.timezone) if seen else words("nothing"), seen
            ),
            "requests": cell(formats.count(day["requests"]), day["requests"]),
            "error_rate": cell(formats.share(day["error_rate"], words), day["error_rate"]),
            "unread": cell(formats.share(one["unread"], words), one["unread"]),
        }
