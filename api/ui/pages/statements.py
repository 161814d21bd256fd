"""The statements of a store, found by xAPI's filters, a page at a time."""

from typing import Final

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from api.errors import ApiError
from api.ui.layout import (
    STATEMENTS,
    Card,
    Tag,
    page,
    statement_link,
    statements_link,
)
from api.ui.live import PAGE_SECONDS
from api.ui.permission import is_permitted
from api.ui.refusals import Notice, refusal_said
from api.ui.session import Visit, Visitor, server_of
from api.ui.statement_parts import Curl, StatementLine
from api.ui.statement_queries import MOMENTS, PAGE_SIZE, StatementPage

FIRST: Final = ("agent", "verb", "activity")
FURTHER: Final = ("registration", *MOMENTS)
TICKS: Final = ("related_agents", "related_activities", "ascending")
FILTERS: Final = (*FIRST, *FURTHER, *TICKS, "limit", "cursor")


@ui.page("/statements", response_timeout=PAGE_SECONDS)
async def statements_page(request: Request, visit: Visitor) -> Response | None:
    """Show the statements that the filters of the address match, the newest first."""
    query = request.query_params
    if wanted := query.get("statementId", "").strip():
        return RedirectResponse(statement_link(wanted), 303)
    asked = {name: query.get(name, "").strip() for name in FILTERS}
    words = visit.words
    with page(words, words("statements.title"), statements_link(**asked), visit):
        if not await is_permitted(visit, visit.statements.permit()):
            return None
        with Tag("div", classes="xj-title"):
            Tag("h1", words("statements.title"))
        with Tag("div", classes="xj-stack"):
            _form(visit, asked)
            try:
                found = await visit.statements.find(asked)
            except ApiError as error:
                why, detail = refusal_said(error, words)
                Notice().show(words("statements.refused", why=why), detail, is_fault=True)
                return None
            _list(visit, asked, found)
            Curl(visit, server_of(request), found.address)
    return None


def _form(visit: Visit, asked: dict[str, str]) -> None:
    words = visit.words
    with (
        Card(words, words("statements.filters"), words("statements.filters.help")),
        Tag("form", method="get", action=STATEMENTS, role="search"),
    ):
        with Tag("div", classes="xj-fields"):
            for name in FIRST:
                _field(visit, name, asked[name])
        with Tag("details", classes="xj-further") as further:
            Tag("summary", words("statements.further"))
            if any(asked[name] for name in (*FURTHER, *TICKS, "limit")):
                further.attribute("open", True)
            _further(visit, asked)
        with Tag("div", classes="xj-buttons"):
            Tag("button", words("statements.show"), "xj-button", type="submit")
            Tag("a", words("statements.reset"), href=STATEMENTS)


def _further(visit: Visit, asked: dict[str, str]) -> None:
    words = visit.words
    with Tag("div", classes="xj-fields"):
        for name in ("statementId", *FURTHER):
            _field(visit, name, asked.get(name, ""))
        with Tag("label"):
            Tag("span", words("statements.limit"))
            Tag("input", name="limit", type="number", min=1, max=200, value=_limit(asked))
        for name in TICKS:
            with Tag("label", classes="xj-tick"):
                box = Tag("input", name=name, type="checkbox", value="true")
                Tag("span", words(f"statements.{name}"))
                if asked[name] == "true":
                    box.attribute("checked", True)


def _field(visit: Visit, name: str, value: str) -> None:
    kind = "datetime-local" if name in MOMENTS else "text"
    label = "statements.id" if name == "statementId" else f"statements.{name}"
    with Tag("label"):
        Tag("span", visit.words(label))
        field = Tag("input", name=name, type=kind, value=value, spellcheck="false")
        if name in MOMENTS:
            field.attribute("step", 1)


def _limit(asked: dict[str, str]) -> str:
    return asked["limit"] or str(PAGE_SIZE)


def _list(visit: Visit, asked: dict[str, str], found: StatementPage) -> None:
    words = visit.words
    with Card(words, words("statements.title")) as card:
        card.aside.text = words("statements.n", n=len(found.statements))
        if not found.statements:
            Tag("p", words("statements.none"), "xj-empty", role="status")
        with Tag("ol", classes="xj-facts"):
            for one in found.statements:
                StatementLine(visit, one)
        with Tag("div", classes="xj-buttons xj-turning"):
            if asked["cursor"]:
                first = statements_link(**{**asked, "cursor": ""})
                Tag("a", words("statements.first"), "xj-quiet-button", href=first)
            if found.next is not None:
                more = statements_link(**{**asked, "cursor": str(found.next)})
                Tag("a", words("statements.more"), "xj-quiet-button", href=more, rel="next")
