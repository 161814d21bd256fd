"""What each app of a store has brought to the projections, for the register of apps."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from projections.remembering import Remembered
from projections.vocabulary import OTHER
from projections.warehouse import Generation

RECENTLY: Final = timedelta(days=30)


class AppActivity(msgspec.Struct, frozen=True, kw_only=True):
    """What one app has brought; `last_time` in µs since 1970 UTC, when it last happened.

    `actions` are facts by action. `persons` counts those whose accounts its statements name.
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
    """What apps have brought, remembered: nobody needs the register to the second.

    Counting reads all of a store's facts, so it may take a hundredth of the time. One of these a
    generation; safe to share between threads.
    """

    def __init__(
        self, generation: Generation, position: Callable[[], int], *, patience: float = 100.0
    ) -> None:
        self._generation = generation
        self._remembered = Remembered(position, patience=patience)

    def of(self, store: str, *, least: int = 0) -> AppsCounted:
        """Give what each app of a store has brought, seen from a log position on at least."""
        counted, _ = self._remembered.ask(
            store, lambda: activity_of_apps(self._generation, store, datetime.now(UTC)), least
        )
        return counted
