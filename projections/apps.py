"""What each app of a store has brought to the projections, for the register of apps."""

import threading
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final

import msgspec

from projections.vocabulary import OTHER
from projections.warehouse import Generation

RECENTLY: Final = timedelta(days=30)
_MOST_KNOWN: Final = 1_000  # stores


class AppActivity(msgspec.Struct, frozen=True, kw_only=True):
    """What one app has brought; `last_time` in µs since 1970 UTC, when it last happened.

    `actions` are facts by action. `persons` counts the accounts that its statements name.
    """

    app: str
    facts: int
    statements: int
    statements_recently: int  # that happened within RECENTLY
    persons: int
    schools: tuple[str, ...]
    last_time: int
    actions: dict[str, int]

    @property
    def share_unread(self) -> float:
        """The share of facts that no mapping rule made: it doesn't know their verbs."""
        return self.actions.get(OTHER, 0) / self.facts


class AppsCounted(msgspec.Struct, frozen=True):
    """What all apps of a store have brought, by app, as it was counted at a moment (UTC)."""

    counted: datetime
    apps: dict[str, AppActivity]


def activity_of_apps(generation: Generation, store: str, now: datetime) -> AppsCounted:
    """Count what each app of a store has brought."""
    since = int((now - RECENTLY).timestamp()) * 1_000_000
    rows = generation.query("apps", store=store, since=since)
    return AppsCounted(now, {row[0]: _activity(row) for row in rows})


def _activity(row: tuple[Any, ...]) -> AppActivity:
    return AppActivity(
        app=row[0],
        facts=int(row[1]),
        statements=int(row[2]),
        statements_recently=int(row[3]),
        persons=int(row[4]),
        schools=tuple(row[5]),
        last_time=int(row[6]),
        actions={action: int(count) for action, count in row[7].items()},
    )


class KnownActivity:
    """What apps have brought; a count serves until it is many times as old as it took.

    Counting reads all of a store's facts: of a district's year that is a second, and nobody needs
    the register to the second. One of these a server; safe to share between threads.
    """

    def __init__(self, patience: float = 100.0) -> None:
        self._patience = patience
        self._known: dict[tuple[str, str], tuple[float, AppsCounted]] = {}
        self._counting = threading.Lock()

    def of(self, generation: Generation, store: str) -> AppsCounted:
        """Give what each app of a store has brought."""
        with self._counting:
            until, counted = self._known.get((generation.identity, store), (0.0, None))
            if counted is None or until < monotonic():
                began = monotonic()
                counted = activity_of_apps(generation, store, datetime.now(UTC))
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                until = monotonic() + (monotonic() - began) * self._patience
                self._known[generation.identity, store] = until, counted
        return counted
