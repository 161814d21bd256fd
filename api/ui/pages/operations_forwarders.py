"""How forwarding to other records is doing, and what was refused there: for who operates."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from api.roles import Resource
from api.ui import formats
from api.ui.layout import Card, Tag
from api.ui.session import Visit
from api.ui.table import Cell, Column, DataTable, cell
from api.ui.words import CHINESE

Answer = dict[str, Any]

_COLUMNS = ("name", "state", "lag", "forwarded", "refused", "error", "endpoint")
_NUMBERS = ("refused", "position")
_REFUSED = ("forwarder", "statement", "reason", "position", "since")


class Forwarding:
    """All forwarders, and what was refused, with a button that has it tried again.

    `retry` is called when that is pressed.
    """

    def __init__(self, visit: Visit, retry: Callable[[], Awaitable[None]]) -> None:
        self._zone = visit.timezone
        words = self._words = visit.words
        title, explanation = words("forwarders.title"), words("forwarders.help")
        with Card(words, title, explanation, "xj-wide") as self._card:
            self._table = self._of_columns(
                title, {key: words(f"forwarders.{key}") for key in _COLUMNS}
            )
            with Tag("div") as self._some:
                self._first = Tag("p", words("forwarders.refused.help"), "xj-note")
                caption = words("forwarders.refused.title")
                self._refused = self._of_columns(
                    caption, {key: words(f"forwarders.refused.{key}") for key in _REFUSED}
                )
                if visit.operating.may(Resource.FORWARDER_RETRY):
                    with Tag("div", classes="xj-buttons"):
                        again = words("forwarders.retry")
                        button = Tag("button", again, "xj-button", type="button")
                        button.on("click", retry)

    def _of_columns(self, caption: str, names: Mapping[str, str]) -> DataTable:
        columns = [
            Column(key, name, "number" if key in _NUMBERS else "text")
            for key, name in names.items()
        ]
        return DataTable(self._words, caption, columns, export=caption)

    def show(self, answer: Answer) -> None:
        """Show how they are doing now; where there are none, nothing."""
        listed, refused = answer["status"]["forwarders"], answer["refused"]
        self._card.section.set_visibility(bool(listed))
        self._some.set_visibility(bool(refused))
        self._table.show(self._row(one) for one in listed or ())
        self._refused.show(
            {
                "id": f"{one['forwarder']} {one['position']}",
                "forwarder": cell(one["forwarder"]),
                "statement": cell(one["statement"]),
                "reason": self._reason(one),
                "position": cell(formats.count(one["position"])),
                "since": cell(self._moment(one["since"])),
            }
            for one in refused
        )

    def _row(self, one: Answer) -> Answer:
        words = self._words
        lag = formats.count(one["lag"])
        if minutes := round(one["lag_seconds"] / 60):
            lag = words("forwarders.lag.value", n=lag, minutes=minutes)
        return {
            "id": one["name"],
            "name": cell(one["name"]),
            "state": cell(words(_state(one))),
            "lag": cell(lag),
            "forwarded": cell(self._moment(one["forwarded_at"])),
            "refused": cell(formats.count(one["dead_letters"])),
            "error": self._error(one),
            "endpoint": cell(one["endpoint"]),
        }

    def _error(self, one: Answer) -> Cell:
        words = self._words
        if not one["error"]:
            return cell(words("operations.no_error"))
        other = words("forwarders.error.other")
        return self._said(words.known(f"forwarders.error.{one['error_kind']}", other), one["error"])

    def _reason(self, letter: Answer) -> Cell:
        words, kind = self._words, "again" if letter["again"] else letter["status"]
        other = words("forwarders.reason.other")
        return self._said(words.known(f"forwarders.reason.{kind}", other), letter["reason"])

    def _said(self, text: str, told: str) -> Cell:
        """Say what went wrong in the page's language, with what was told beside it.

        That is English, unless the other record answers in a language of its own; on English pages
        it is said as it is.
        """
        if self._words.language != CHINESE:
            return cell(told)
        return cell(text, note=told, note_language="en" if told.isascii() else None)

    def _moment(self, time: str | None) -> str:
        return formats.moment(time, self._zone) if time else self._words("nothing")


def _state(one: Answer) -> str:
    """Name the word for how a forwarder is doing."""
    if not one["running"]:
        return "operations.not_running"
    return "forwarders.waiting" if one["error"] else "operations.running"
