"""The recovery of Faust's tables, which waits out whatever Kafka's absence takes.

Faust 0.15 gives a step of it the time of one request. If Kafka is away for longer, it takes that
for its own end: it never recovers again, and its worker reads nothing more, without a word.
"""

from typing import Any

from faust.tables import TableManager
from faust.tables.recovery import Recovery


class PatientRecovery(Recovery):
    """A recovery that goes on once Kafka is back."""

    async def _wait(self, coro: Any, timeout: Any = None) -> None:
        await super()._wait(coro)


class PatientTableManager(TableManager):
    """A table manager with such a recovery."""

    @property
    def recovery(self) -> Recovery:
        """The recovery, made when it's asked for first."""
        if self._recovery is None:
            self._recovery = PatientRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
