"""Answers that stay true: server-sent events, one at first and one each time the answer changes.

An event's id is the position it reflects, a full stop, and a hash of its content: who comes back
with it as `Last-Event-ID` is sent nothing that is known there already.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any, Final, NamedTuple

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.answers import EVENTS, Asked, Question, View, digest_of, encoded, is_behind, reflected
from api.errors import ApiError, error_response
from api.services import Services
from api.streams import Streams

HEARTBEAT: Final = 15.0  # seconds of silence at most: proxies close what is silent
LOOK_SECONDS: Final = 1.0  # between two looks at whether to end, and where no carrier wakes us
SPACING: Final = 0.2  # seconds at least between two answers; a question may want more
# What depends on other people (ranks) is sent at most this long after it changed, in seconds.
OLDEST: Final = 30.0

_BEAT: Final = b": \n\n"
_HEADERS: Final = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Authorization",
    "X-Accel-Buffering": "no",  # nginx would keep events until it has many
}

_log = logging.getLogger(__name__)


async def live_answer(asked: Asked, question: Question, view: View) -> StreamingResponse:
    """Begin a live answer; raises ApiError where already the first one can't be given."""
    streams, key = asked.services.streams, view.asker.credential.key
    streams.begin(key)
    try:
        following = Following(asked, question)
        first = await following.look(view)
    except BaseException:
        streams.end(key)
        raise
    return EventStream(following.events(first), streams, key)


class EventStream(StreamingResponse):
    """The stream of a live answer, counted for as long as it is open."""

    def __init__(self, events: AsyncIterator[bytes], streams: Streams, key: str) -> None:
        super().__init__(events, headers=_HEADERS, media_type=EVENTS)
        self._streams = streams
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the client goes away, or there is nothing more to be said."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.end(self._key)


class _Seen(NamedTuple):
    """What a look was at."""

    generation: str
    edition: str  # of answers: another one though the position is the same
    position: int

    @property
    def source(self) -> tuple[str, str]:
        """What of it no mark tells."""
        return self.generation, self.edition


_UNSEEN: Final = _Seen("", "", -1)


class Following:
    """Follows one question for one client."""

    def __init__(self, asked: Asked, question: Question) -> None:
        self._asked = asked
        self._question = question
        self._services: Services = asked.services
        known = asked.request.headers.get("last-event-id", "")
        self._known = known.partition(".")[2]  # the hash of what the client has
        self._seen = _UNSEEN
        self._marked: Any = None
        self._asked_at = -OLDEST
        # Something changed, though by its mark nothing that matters here, or isn't in the answer.
        self._is_behind = False

    async def events(self, first: bytes | None) -> AsyncIterator[bytes]:
        """Give events and heartbeats; ends when the server stops or the client may no longer."""
        yield first if first is not None else _BEAT
        spoke = monotonic()
        while True:
            began = monotonic()
            await self._wait()
            if self._services.live.is_stopping:
                return
            try:
                event = await self.look(await self._asked.view(self._question, is_first=False))
            except ApiError as error:
                yield _event("error", bytes(error_response(error).body))
                return
            except Exception:  # ClickHouse is away, for example: what was sent stays true
                _log.exception("a live answer can't be given just now; it is tried again")
                self._seen, event = _UNSEEN, None
            if event is not None or monotonic() - spoke >= HEARTBEAT:
                yield _BEAT if event is None else event
                spoke = monotonic()
            await self._rest(began + max(SPACING, self._question.spacing))

    async def look(self, view: View) -> bytes | None:
        """Give the event of a new answer; None where it is as it was, or nobody can have done."""
        seen = _Seen(view.generation.identity, self._services.edition, view.position)
        if seen == self._seen and not self._is_due():
            return None
        is_other = seen.source != self._seen.source
        if not await self._is_changed(view, is_other=is_other):
            self._seen = seen
            return None
        answer = await self._asked.content(self._question, view)
        # What was remembered is asked for again, though the log rests: that renews it.
        self._seen, self._asked_at, self._is_behind = seen, monotonic(), is_behind(answer, view)
        digest = digest_of(answer)
        if digest == self._known:
            return None
        self._known = digest
        return _event("answer", encoded(answer), f"{reflected(answer, view)}.{digest}")

    async def _rest(self, until: float) -> None:
        """Wait until a time, or until the server stops."""
        while (left := until - monotonic()) > 0.0 and not self._services.live.is_stopping:
            await asyncio.sleep(min(left, LOOK_SECONDS))

    def _is_due(self) -> bool:
        return self._is_behind and monotonic() - self._asked_at >= OLDEST

    async def _is_changed(self, view: View, *, is_other: bool) -> bool:
        if self._question.mark is None:
            return True
        marked = await asyncio.to_thread(self._question.mark, view)
        is_changed = is_other or marked != self._marked or self._is_due()
        self._marked, self._is_behind = marked, not is_changed
        return is_changed

    async def _wait(self) -> None:
        """Wait until there may be news, for at most LOOK_SECONDS."""
        is_live = self._seen.generation == self._services.generation.identity
        if self._services.carrier is None or not is_live:
            await asyncio.sleep(LOOK_SECONDS)
        else:
            await self._services.live.reached(self._seen.position + 1, LOOK_SECONDS)


def _event(name: str, data: bytes, identity: str = "") -> bytes:
    """Write an event (HTML, 9.2.5); JSON here has no line feeds."""
    head = f"id: {identity}\n" if identity else ""
    return f"{head}event: {name}\n".encode() + b"data: " + data + b"\n\n"
