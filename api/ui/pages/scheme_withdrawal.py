"""Withdrawing a published scheme on its page: asked twice, and refused where others extend it."""

from api.errors import ApiError
from api.scheme_publishing import SchemeNotOwn, SchemesBroken
from api.ui.layout import Card, Tag
from api.ui.portrait import Portrait
from api.ui.session import Visit, is_led_out
from projections.evaluation.scheme_faults import UnknownScheme


class Withdrawal:
    """The button for who may, and what came of it."""

    def __init__(self, visit: Visit, name: str) -> None:
        self._visit, self._name = visit, name
        words = self._words = visit.words
        help_text = words("withdraw.help")
        with Card(words, words("withdraw.title"), help_text, "xj-withdraw-card") as self._card:
            with Tag("div", classes="xj-links"):
                self._ask = Tag("button", words("withdraw.ask"), "xj-quiet-button", type="button")
                self._ask.on("click", self._ask_again)
                self._surely = Tag("button", words("withdraw.surely"), "xj-button", type="button")
                self._surely.on("click", self._withdraw)
            self._outcome = Tag("p", role="status")
        self._surely.set_visibility(False)

    def show(self, portrait: Portrait) -> None:
        """Show the button to who may withdraw the scheme that is shown."""
        self._ask.set_visibility(portrait["may_withdraw"])
        self._card.section.set_visibility(portrait["may_withdraw"] or bool(self._outcome.text))

    def _ask_again(self) -> None:
        self._surely.set_visibility(True)

    async def _withdraw(self) -> None:
        if await is_led_out(self._visit):
            return
        self._surely.set_visibility(False)
        try:
            await self._visit.evaluations.withdraw(self._name)
        except SchemesBroken as error:
            broken = self._words.listed(error.broken)
            self._outcome.text = self._words("withdraw.extended", schemes=broken)
            return
        except (ApiError, SchemeNotOwn, UnknownScheme):
            self._outcome.text = self._words("not_yours.title")
            return
        self._ask.set_visibility(False)
        self._outcome.text = self._words("withdraw.done")
