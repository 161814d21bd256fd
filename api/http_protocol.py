"""How large a request's head may be, and how slowly a request may come: kept to while it comes.

uvicorn's own protocol waits without end for a request that has begun, and keeps headers of any
length. Here a client that sends headers without end is answered 431, one that stands still 408.
"""

from asyncio import TimerHandle
from typing import Any, Final

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.errors import ApiError, error_response
from api.settings import Settings
from api.xapi.versions import answered_header

# After a refusal, what the client still sends is read and dropped for this long, in seconds: a
# connection closed on unread bytes is reset, and the answer lost with it.
LINGER: Final = 1.0


class LimitedProtocol(HttpToolsProtocol):
    """One connection. The settings are in the state of the application that it serves."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        settings: Settings = self.config.app.state.settings  # type: ignore[union-attr]
        self._largest_head = settings.maximum_header_size
        self._patience = settings.request_timeout
        self._upload_patience = settings.upload_timeout
        self._version = settings.default_version
        self._timer: TimerHandle | None = None
        self._refusal: ApiError | None = None
        self._upgraded = False
        self._is_coming = True  # a request, wholly here only when this is False again
        self._in_head = False
        self._chunk_size = 0
        self._chunk_begins_head = False
        # Bytes of the head: requests may follow each other within one chunk, so at least and most.
        self._head_least = self._head_most = 0
        self._beside_body = 0  # bytes of trailers, which come after the body as headers do before
        self._began = self._last_byte = 0.0  # of the request that is coming, by the loop's clock

    def connection_made(self, transport: Any) -> None:
        """Give the client a while to begin."""
        super().connection_made(transport)
        self._began = self._last_byte = self.loop.time()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, unless the client has been refused."""
        if self._refusal is not None:
            return
        size = self._chunk_size = len(data)
        self._chunk_begins_head = not self._is_coming or self.cycle is None
        if self._in_head:
            self._head_least += size
            self._head_most += size
        elif self._is_coming:
            self._beside_body += size
        super().data_received(data)
        if self._is_coming:
            self._check_progress()
        elif self._timer is not None or self.cycle is None or self.cycle.response_complete:
            self._end_of_request()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to another protocol, which has timeouts of its own."""
        self._unwatch()
        self._upgraded = True
        super().handle_websocket_upgrade()

    # The parser's callbacks ----------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin to count a request's head."""
        super().on_message_begin()
        self._is_coming = self._in_head = True
        self._head_most = self._chunk_size
        self._head_least = self._chunk_size if self._chunk_begins_head else 0
        self._chunk_begins_head = False
        self._beside_body = 0
        self._began = self.loop.time()

    def on_headers_complete(self) -> None:
        """Hand the request over, unless its head is too large."""
        if self._head_most > self._largest_head and self._exact_head_size() > self._largest_head:
            self._refusal = self._head_too_large()
            raise HttpParserError(self._refusal.message)  # asks for send_400_response
        super().on_headers_complete()
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._beside_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the request is wholly here."""
        self._is_coming = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or what has been found too large."""
        self._refuse(self._refusal or ApiError(400, msg, rule="RFC 9112"))

    # Watching ------------------------------------------------------------------------------

    def _check_progress(self) -> None:
        head = self._head_least if self._in_head else self._beside_body
        if self._refusal is not None:
            return
        if head > self._largest_head:
            self._refuse(self._head_too_large())
        else:
            self._last_byte = self.loop.time()
            self._watch()

    def _end_of_request(self) -> None:
        self._unwatch()
        answered = self.cycle is None or self.cycle.response_complete
        if answered and self.timeout_keep_alive_task is None and not self._upgraded:
            # What came was the rest of a request answered before: nothing else waits any more.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _watch(self) -> None:
        if self._timer is None and not self.transport.is_closing():
            patience = min(self._patience, self._upload_patience)
            self._timer = self.loop.call_later(patience, self._look)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """See whether the request goes on; for a head to go on is not enough, it has to end."""
        now = self.loop.time()
        since = self._began if self._in_head else self._last_byte
        if self.flow.read_paused:
            since = now  # it is us who don't read
        overdue = now - self._began >= self._upload_patience
        if overdue or now - since >= self._patience:
            self._give_up(overdue)
            return
        rest = min(since + self._patience, self._began + self._upload_patience) - now
        self._timer = self.loop.call_later(rest, self._look)

    def _give_up(self, overdue: bool) -> None:
        if self.cycle is None and not self._in_head:
            self.transport.close()  # it never asked for anything
        elif overdue:
            limit = f"as a whole in XUEJI_UPLOAD_TIMEOUT, {self._upload_patience} s"
            self._refuse(_too_slow(limit))
        else:
            limit = f"or goes on within XUEJI_REQUEST_TIMEOUT, {self._patience} s"
            self._refuse(_too_slow(limit))

    # Refusing ------------------------------------------------------------------------------

    def _head_too_large(self) -> ApiError:
        return ApiError(
            431,
            f"the request's line and headers are over {self._largest_head} bytes",
            rule="they are at most XUEJI_MAXIMUM_HEADER_SIZE bytes",
            value=self._largest_head,
        )

    def _exact_head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, error: ApiError) -> None:
        """Answer, if the connection is free for it, and close; nothing more is handed over."""
        self._refusal = error
        self._unwatch()
        if not self._is_free_to_answer():
            return
        self.flow.resume_reading()
        self.transport.write(self._answer(error))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.abort)

    def _is_free_to_answer(self) -> bool:
        """Tell whether an answer may be written now; else the connection ends after the last."""
        cycle = self.cycle
        if cycle is None:
            return True
        if self._in_head:  # `cycle` is the request before
            cycle.keep_alive = False
            return cycle.response_complete
        if cycle.response_complete:
            self.transport.close()
        elif cycle.response_started:
            cycle.keep_alive = False
        else:
            cycle.disconnected = True  # what waits for the rest of the body waits no longer
            cycle.message_event.set()
            if not self.pipeline:
                return True
            self.transport.close()
        return False

    def _answer(self, error: ApiError) -> bytes:
        error.headers = {"Connection": "close"}
        response = error_response(error)
        version = answered_header(self.headers or (), self._version)
        lines = [b"%b: %b\r\n" % header for header in (*response.raw_headers, version)]
        return b"".join([STATUS_LINE[error.status], *lines, b"\r\n", bytes(response.body)])


def _too_slow(limit: str) -> ApiError:
    return ApiError(
        408, "the request has not come to its end in time", rule=f"a request comes {limit}"
    )
