"""What each app of a store has brought to the projections, for the register of apps."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from projections.vocabulary import OTHER
from projections.warehouse import Generation

RECENTLY: Final = timedelta(days=30)


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


def activity_of_apps(
    generation: Generation, store: str, now: datetime, app: str = ""
) -> dict[str, AppActivity]:
    """Give what each app of a store has brought, by app; of one only, where it is named."""
    since = int((now - RECENTLY).timestamp()) * 1_000_000
    rows = generation.query("apps", store=store, since=since, app=app)
    return {
        row[0]: AppActivity(
            app=row[0],
            facts=int(row[1]),
            statements=int(row[2]),
            statements_recently=int(row[3]),
            persons=int(row[4]),
            schools=tuple(row[5]),
            last_time=int(row[6]),
            actions={action: int(count) for action, count in row[7].items()},
        )
        for row in rows
    }
