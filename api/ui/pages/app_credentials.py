"""The credentials of a vendor's own app: made, given new secrets, revoked."""

from typing import Any

from api.ui import formats
from api.ui.changes import Outcome, Tick, is_confirmed
from api.ui.copied_text import CopiedText
from api.ui.layout import Card, Tag
from api.ui.session import Visit, is_led_out
from lrs.credentials import Credential
from lrs.times import iso_text

POSTING = "statements/write"  # what a new credential may do, unless something else is ticked


class OwnCredentials:
    """The list, the form that makes one, and a new secret once it is made."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words, own = visit.words, visit.credential
        self._words = words
        with Card(words, words("credentials.title", app=own.app), words("credentials.help")):
            self._outcome = Outcome(visit)
            self._secret = Tag("div", classes="xj-secret", aria_live="polite")
            self._list = Tag("ol", classes="xj-generations")
            self._at_once = Tick(words("credentials.at_once"))
            Tag("h3", words("credentials.make"))
            with Tag("fieldset", classes="xj-ticks"):
                Tag("legend", words("credentials.scopes"), "xj-note")
                self._ticks = {
                    scope: Tick(scope, value=scope == POSTING) for scope in sorted(own.scopes)
                }
            with Tag("div", classes="xj-buttons"):
                self._button("credentials.make", self._make, "xj-button")

    def _button(self, key: str, does: Any, classes: str = "xj-quiet-button") -> None:
        button = Tag("button", self._words(key), classes, type="button", data_does=key)
        button.on("click", does)

    async def look(self) -> None:
        """Show the credentials as they are now."""
        if await is_led_out(self._visit):  # as who revokes the own one is
            return
        credentials = await self._visit.operating.credentials()
        self._list.clear()
        with self._list:
            if not credentials:
                Tag("li", self._words("credentials.none"), "xj-note")
            for one in reversed(credentials):
                self._show(one)

    def _show(self, one: Credential) -> None:
        words, is_good = self._words, one.revoked is None
        state = "good" if is_good else "revoked"
        with Tag("li", data_key=one.key):
            with Tag("p"):
                Tag("span", one.key, "xj-code")
                badge = Tag("span", words(f"credentials.{state}"), "xj-badge")
                badge.attribute("data-state", "live" if is_good else "refused")
                if one.key == self._visit.credential.key:
                    Tag("span", words("credentials.this"), "xj-badge")
            made = formats.moment(iso_text(one.created), self._visit.timezone)
            may = words("credentials.may", scopes=", ".join(sorted(one.scopes)))
            Tag("p", f"{words('credentials.made', time=made)} · {may}", "xj-note")
            if is_good:
                with Tag("div", classes="xj-buttons"):
                    self._button("credentials.rotate", lambda: self._rotate(one.key))
                    self._button("credentials.revoke", lambda: self._revoke(one.key))

    async def _make(self) -> None:
        scopes = [scope for scope, tick in self._ticks.items() if tick.value]
        _, made = await self._outcome.of(lambda: self._visit.operating.make_credential(scopes))
        if made is not None:
            credential, secret = made
            await self._tell(credential.key, secret)

    async def _rotate(self, key: str) -> None:
        words, at_once = self._words, self._at_once.value
        question = words("credentials.rotate.sure", key=key)
        if not await is_confirmed(self._visit, question, words("credentials.rotate")):
            return
        operating = self._visit.operating
        _, secret = await self._outcome.of(
            lambda: operating.rotate_credential(key, at_once=at_once)
        )
        if secret is not None:
            await self._tell(key, secret)

    async def _revoke(self, key: str) -> None:
        words = self._words
        question = words("credentials.revoke.sure", key=key)
        if await is_confirmed(self._visit, question, words("credentials.revoke")):
            done = words("credentials.revoke.done", key=key)
            await self._outcome.of(lambda: self._visit.operating.revoke_credential(key), done)
            self._secret.clear()
            await self.look()

    async def _tell(self, key: str, secret: str) -> None:
        """Show a new secret, this once."""
        self._secret.clear()
        with self._secret:
            Tag("p", self._words("credentials.secret", key=key), "xj-notice", role="status")
            CopiedText(self._words, secret, self._words("credentials.secret.label"))
        await self.look()
