"""One statement, under an address that stays: what it says, whether it is voided, its JSON."""

from fastapi import Request
from nicegui import ui

from api.ui import formats
from api.ui.json_text import JsonText
from api.ui.layout import (
    STATEMENTS,
    Card,
    Tag,
    message,
    page,
    statement_link,
    statements_link,
)
from api.ui.live import PAGE_SECONDS
from api.ui.permission import is_permitted
from api.ui.session import Visit, Visitor, server_of
from api.ui.statement_parts import (
    Curl,
    actor_named,
    object_named,
    result_told,
    verb_named,
)
from api.ui.statement_queries import RESOURCE, ShownStatement
from lrs.actors import actor_key


@ui.page("/statements/{statement_id}", response_timeout=PAGE_SECONDS)
async def statement_page(request: Request, visit: Visitor, statement_id: str) -> None:
    """Show a statement, voided or not."""
    words = visit.words
    with page(words, words("statement.title"), statement_link(statement_id), visit):
        if not await is_permitted(visit, visit.statements.permit()):
            return
        Tag("a", f"‹ {words('back_to_statements')}", "xj-back", href=STATEMENTS)
        shown = await visit.statements.one(statement_id)
        if shown is None:
            text = words("statement.missing.text", id=statement_id[:100])
            message(words("statement.missing.title"), text)
            return
        _show(visit, shown)
        parameter = "voidedStatementId" if shown.voided_by else "statementId"
        Curl(visit, server_of(request), f"{RESOURCE}?{parameter}={shown.id}")


def _show(visit: Visit, shown: ShownStatement) -> None:
    words, state = visit.words, "voided" if shown.voided_by else "valid"
    with Tag("div", classes="xj-title"), Tag("div"):
        with Tag("h1", words("statement.title")):
            badge = Tag("span", words(f"statement.{state}"), "xj-badge")
            badge.attribute("data-state", "refused" if shown.voided_by else "live")
        Tag("p", shown.id, "xj-note xj-code")
    with Tag("div", classes="xj-stack xj-statement"):
        with Card(words, words("statement.told")):
            _told(visit, shown)
        with Card(words, "JSON"):
            JsonText(shown.text, words("statements.json", id=shown.id))


def _told(visit: Visit, shown: ShownStatement) -> None:
    words, statement = visit.words, shown.statement
    zone = visit.timezone
    told = {
        "actor": actor_named(visit, statement["actor"]),
        "verb": verb_named(visit, statement["verb"]),
        "object": object_named(visit, statement["object"]),
        "result": result_told(visit, statement),
        "timestamp": formats.moment(statement["timestamp"], zone, seconds=True),
        "stored": formats.moment(statement["stored"], zone, seconds=True),
        "authority": actor_named(visit, statement["authority"]),
    }
    with Tag("dl", classes="xj-told"):
        for key, text in told.items():
            if text:
                with Tag("div"):
                    Tag("dt", words(f"statement.{key}"))
                    Tag("dd", text, data_told=key)
        if shown.voided_by:
            with Tag("div"):
                Tag("dt", words("statement.voided_by"))
                with Tag("dd"):
                    Tag("a", shown.voided_by, href=statement_link(shown.voided_by))
    with Tag("p", classes="xj-links"):
        if agent := actor_key(statement["actor"]):
            Tag("a", words("statement.of_person"), href=statements_link(agent=agent))
        verb = statement["verb"]["id"]
        Tag("a", words("statement.of_verb"), href=statements_link(verb=verb))
        if statement["object"].get("objectType", "Activity") == "Activity":
            activity = statement["object"]["id"]
            Tag("a", words("statement.of_activity"), href=statements_link(activity=activity))
