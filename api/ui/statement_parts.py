"""How a statement is told in a line, and what of it opens from there."""

import shlex
from collections.abc import Mapping
from typing import Any

from api.ui import formats
from api.ui.copied_text import CopiedText
from api.ui.json_text import JsonText
from api.ui.layout import Card, Tag, statement_link
from api.ui.parts import OpenedFirst
from api.ui.portrait import name_of
from api.ui.session import Visit
from api.ui.statement_queries import ShownStatement
from lrs.actors import actor_key

Part = Mapping[str, Any]  # a part of a statement


class StatementLine:
    """A statement in a line, which opens to its JSON and to its own page."""

    def __init__(self, visit: Visit, shown: ShownStatement) -> None:
        self._visit, self._shown = visit, shown
        statement = shown.statement
        with Tag("li", data_statement=shown.id), Tag("details") as details:
            with Tag("summary"):
                Tag("span", _moment(visit, statement), "xj-fact-time")
                Tag("strong", actor_named(visit, statement["actor"]))
                Tag("span", verb_named(visit, statement["verb"]))
                Tag("span", object_named(visit, statement["object"]))
                Tag("span", result_told(visit, statement), "xj-note")
                Tag("small", actor_named(visit, statement["authority"]), "xj-note")
            self._inside = Tag("div", classes="xj-fact")
        OpenedFirst(visit, details, self._show_inside)

    async def _show_inside(self) -> None:
        words, identifier = self._visit.words, self._shown.id
        with self._inside:
            Tag("a", words("statements.open"), href=statement_link(identifier))
            JsonText(self._shown.text, words("statements.json", id=identifier))


def _moment(visit: Visit, statement: Part) -> str:
    return formats.moment(statement["timestamp"], visit.timezone, seconds=True)


def actor_named(visit: Visit, actor: Part) -> str:
    """Name an actor: by its name, else by what people know of its identifier."""
    if name := actor.get("name"):
        return str(name)
    key = actor_key(actor)
    if key is not None:
        return formats.account(key)
    members = actor.get("member", ())
    return visit.words.listed(actor_named(visit, one) for one in members) or visit.words(
        "statements.someone"
    )


def verb_named(visit: Visit, verb: Part) -> str:
    """Name a verb in the page's language."""
    return name_of(visit, verb.get("display", {}), verb["id"])


def object_named(visit: Visit, acted_on: Part) -> str:
    """Name what a statement is about: an activity, an actor, another statement."""
    kind = acted_on.get("objectType", "Activity")
    if kind == "Activity":
        names = acted_on.get("definition", {}).get("name", {})
        return name_of(visit, names, acted_on["id"])
    if kind == "StatementRef":
        return visit.words("statements.to", name=acted_on["id"])
    if kind == "SubStatement":
        parts = (verb_named(visit, acted_on["verb"]), object_named(visit, acted_on["object"]))
        return visit.words("statements.to", name=" ".join(parts))
    return actor_named(visit, acted_on)


def result_told(visit: Visit, statement: Part) -> str:
    """Tell a result in short: right or wrong, the score, what was answered."""
    words, result = visit.words, statement.get("result", {})
    told = []
    if "success" in result:
        told.append(words("statement.right" if result["success"] else "statement.wrong"))
    score = result.get("score", {})
    if "scaled" in score:
        told.append(words("statement.score", score=f"{score['scaled']:.0%}"))
    elif "raw" in score:
        told.append(words("statement.score", score=score["raw"]))
    if response := result.get("response"):
        told.append(str(response)[:60])
    return " · ".join(told)


class Curl:
    """The command that asks the API for the same; who may is for the reader to fill in."""

    def __init__(self, visit: Visit, server: str, address: str) -> None:
        words = visit.words
        version = visit.services.settings.default_version
        command = (
            "curl -u KEY:SECRET"
            f" -H 'X-Experience-API-Version: {version}' \\\n  {shlex.quote(server + address)}"
        )
        with Card(words, words("statements.curl"), words("statements.curl.help")):
            CopiedText(words, command, words("statements.curl"))
