"""What changes something on a page: fields to fill in, a question before, and how it went."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from nicegui import ui
from nicegui.events import GenericEventArguments

from api.ui.layout import Tag
from api.ui.refusals import REFUSALS, Notice, refusal_said
from api.ui.session import Visit, is_led_out

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class Field:
    """A field with its label; `value` is what stands in it."""

    def __init__(self, label: str, tag: str = "input", note: str = "", **attributes: Any) -> None:
        self.value = ""
        with Tag("label"):
            Tag("span", label)
            self.tag = Tag(tag, **attributes)
            if note:
                Tag("small", note, "xj-note")
        self.tag.on("input", self._changed, js_handler="(event) => emit(event.currentTarget.value)")

    def put(self, value: str) -> None:
        """Put something into the field."""
        self.value = value
        self.tag.attribute("value", value)

    def _changed(self, event: GenericEventArguments) -> None:
        self.value = str(event.args).strip()


class Tick:
    """A box to be ticked, with its label; `value` tells whether it is."""

    def __init__(self, label: str, *, value: bool = False) -> None:
        self.value = value
        with Tag("label", classes="xj-tick"):
            self.tag = Tag("input", type="checkbox")
            Tag("span", label)
        if value:
            self.tag.attribute("checked", True)
        self.tag.on(
            "change", self._changed, js_handler="(event) => emit(event.currentTarget.checked)"
        )

    def _changed(self, event: GenericEventArguments) -> None:
        self.value = bool(event.args)


class Outcome:
    """Does what a visitor asks for, and says how it went."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._said = Notice()

    def say(self, text: str, detail: str = "", *, is_fault: bool = False) -> None:
        """Say something, in place of what was said before; `detail` stands small beneath it."""
        self._said.show(text, detail, is_fault=is_fault)

    async def of(
        self, change: Callable[[], Awaitable[_Result]], done: str = ""
    ) -> tuple[bool, _Result | None]:
        """Change something; gives whether it went well, and what came of it.

        Who may no longer be here is led to sign in. A refusal is said in the page's language.
        """
        words = self._visit.words
        if await is_led_out(self._visit):
            return False, None
        try:
            result = await change()
        except REFUSALS as error:
            why, detail = refusal_said(error, words)
            self.say(words("change.refused", why=why), detail, is_fault=True)
            return False, None
        except Exception:
            _log.exception("a change from a page failed")
            self.say(words("change.failed"), is_fault=True)
            return False, None
        self.say(done)
        return True, result


async def is_confirmed(visit: Visit, question: str, yes: str) -> bool:
    """Ask before something is done that can't be undone."""
    with ui.dialog() as dialog, Tag("div", classes="xj-card xj-question"):
        dialog.props["aria-label"] = question
        Tag("p", question)
        with Tag("div", classes="xj-buttons"):
            sure = Tag("button", yes, "xj-button", type="button")
            sure.on("click", lambda: dialog.submit(True))
            unsure = Tag("button", visit.words("change.keep"), "xj-quiet-button", type="button")
            unsure.on("click", lambda: dialog.submit(False))
    try:
        return bool(await dialog)
    finally:
        dialog.delete()
