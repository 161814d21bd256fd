"""Hears of other processes' commits at once: a connection of its own that LISTENs to PostgreSQL."""

import logging
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

# Seconds between tries to connect while the server is away.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
# So that a server that vanished without a word is noticed within half a minute.
KEEPALIVES = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
CONNECT_SECONDS = 5

_log = logging.getLogger(__name__)


class Listener:
    """A daemon thread that tells how far the log is whenever someone has committed.

    `connection` are psycopg's connection parameters, `channel` what commits NOTIFY, `query` gives
    the newest position in its first row and column (NULL: there is none). `tell` is called with
    that position after each notification, and once whenever the connection has been made, so that
    what came before it is known too. `changed` is called when `is_listening` has changed.
    """

    def __init__(
        self,
        connection: dict[str, Any],
        channel: str,
        query: Composed,
        tell: Callable[[int], None],
        changed: Callable[[], None],
    ) -> None:
        self.is_listening = False
        self._connection = {**connection, **KEEPALIVES, "connect_timeout": CONNECT_SECONDS}
        self._listen = SQL("LISTEN {}").format(Identifier(channel))
        self._query = query
        self._tell = tell
        self._changed = changed
        self._closing = threading.Event()
        self._closes, self._close = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and its connection."""
        self._closing.set()
        self._close.send(b"\0")
        self._thread.join()
        self._close.close()
        self._closes.close()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            try:
                self._hear()
            except (psycopg.Error, OSError) as error:
                # Whoever waits looks for itself meanwhile, and says so where that fails too.
                _log.warning("not listening to PostgreSQL, trying again: %s", error)
                pause = FIRST_PAUSE if self.is_listening else min(2 * pause, LONGEST_PAUSE)
            self._note(False)
            self._closing.wait(pause)

    def _hear(self) -> None:
        """Listen until the connection breaks or is no longer wanted."""
        with (
            psycopg.connect(**self._connection, autocommit=True) as connection,
            selectors.DefaultSelector() as selector,
        ):
            selector.register(connection.fileno(), selectors.EVENT_READ)
            selector.register(self._closes, selectors.EVENT_READ)
            connection.execute(self._listen)
            self._tell_position(connection)
            self._note(True)
            while not self._closing.is_set():
                # Those that came with the answer of a query are given without waiting.
                if list(connection.notifies(timeout=0)):
                    self._tell_position(connection)
                else:
                    selector.select()

    def _tell_position(self, connection: psycopg.Connection[Any]) -> None:
        row = connection.cursor(row_factory=tuple_row).execute(self._query).fetchone()
        self._tell((row and row[0]) or 0)

    def _note(self, is_listening: bool) -> None:
        if self.is_listening != is_listening:
            self.is_listening = is_listening
            self._changed()
