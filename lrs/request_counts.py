"""How often each app asks and is refused: small counters beside the record, nothing of anybody.

A refused request is no event, so an app that only sends mistakes would not be seen at all. Counts
are by store, app and hour; of refusals also by status and by the rule that was broken. They are
held in memory and added to a table now and then: several processes add up, and what a crash loses
is what the last few seconds counted.
"""

import logging
import threading
from collections.abc import Sequence
from time import time
from typing import Any, Final

import msgspec

from lrs.recorders.base import StatementRecorder, chunks

FLUSH_SECONDS: Final = 5.0
KEEP_HOURS: Final = 90 * 24
HOUR: Final = 3_600  # seconds

# What is no refusal: that there is nothing there, or that somebody else was faster.
NO_REFUSALS: Final = frozenset({404, 412})
_MOST_RULES: Final = 40  # of one app in one hour; what else is broken is counted without its rule
_LONGEST_RULE: Final = 200  # characters
_ROWS_A_STATEMENT: Final = 100

_COLUMNS: Final = ("store", "app", "hour", "status", "rule", "requests", "last")
_log = logging.getLogger(__name__)


class Tally:
    """What one app has asked in one hour, since it was last written down."""

    __slots__ = ("last", "refusals", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.last = 0.0  # seconds since 1970 UTC
        self.refusals: dict[tuple[int, str], int] = {}  # by status and rule


class AppRequests(msgspec.Struct, kw_only=True):
    """What an app has asked since some hour; `last` in seconds since 1970 UTC.

    `statuses` are those of 400 and above; `rules` those broken, most often first.
    """

    requests: int = 0
    last: float = 0.0
    statuses: dict[int, int] = {}
    rules: list[tuple[str, int]] = []

    @property
    def refused(self) -> int:
        """How many were refused: answered by a status of 4xx that says so."""
        return sum(
            count
            for status, count in self.statuses.items()
            if status < 500 and status not in NO_REFUSALS
        )


class RequestCounts:
    """The counters of this process, and the table that all processes add to."""

    def __init__(self, recorder: StatementRecorder) -> None:
        self._recorder = recorder
        self._tallies: dict[tuple[str, str, int], Tally] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._cleared = 0  # the hour in which old counts were last forgotten
        self._thread: threading.Thread | None = None

    # Counting ------------------------------------------------------------------------------

    def asked(self, store: str, app: str) -> None:
        """Count a request."""
        now = time()
        with self._lock:
            tally = self._tally(store, app, now)
            tally.requests += 1
            tally.last = now

    def refused(self, store: str, app: str, status: int, rule: str = "") -> None:
        """Count of a request that was counted before by which status and rule it was refused.

        `rule` is a sentence of this program's own: nothing that was sent.
        """
        broken = (status, rule[:_LONGEST_RULE])
        with self._lock:
            refusals = self._tally(store, app, time()).refusals
            if broken not in refusals and len(refusals) >= _MOST_RULES:
                broken = (status, "")
            refusals[broken] = refusals.get(broken, 0) + 1

    def _tally(self, store: str, app: str, now: float) -> Tally:
        key = (store, app, int(now // HOUR))
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = Tally()
        return tally

    # Writing -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to write counts down every FLUSH_SECONDS, in a thread."""
        self._thread = threading.Thread(target=self._keep_flushing, name="counts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write down what was counted, and end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._try_to_flush()

    def flush(self) -> None:
        """Add what was counted to the table, and forget what is older than KEEP_HOURS.

        Raises what the database raises; nothing counted is lost by that.
        """
        with self._lock:
            tallies, self._tallies = self._tallies, {}
        try:
            self._add(tallies)
        except BaseException:
            with self._lock:
                for (store, app, hour), tally in tallies.items():
                    _merge(self._tallies.setdefault((store, app, hour), Tally()), tally)
            raise
        hour = int(time() // HOUR)
        if hour != self._cleared:
            self._recorder.write("DELETE FROM request_counts WHERE hour < ?", [hour - KEEP_HOURS])
            self._cleared = hour

    def _add(self, tallies: dict[tuple[str, str, int], Tally]) -> None:
        # In one order, so that two processes that add at once don't wait for each other.
        rows = sorted(row for key, tally in tallies.items() for row in _rows(key, tally))
        for some in chunks(rows, _ROWS_A_STATEMENT):
            marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(some))
            self._recorder.write(
                f"INSERT INTO request_counts ({', '.join(_COLUMNS)}) VALUES {marks}"  # noqa: S608 - no values
                " ON CONFLICT (store, app, hour, status, rule) DO UPDATE SET"
                " requests = request_counts.requests + excluded.requests, last = CASE"
                " WHEN excluded.last > request_counts.last THEN excluded.last"
                " ELSE request_counts.last END",
                [value for row in some for value in row],
            )

    def _keep_flushing(self) -> None:
        while not self._stopping.wait(FLUSH_SECONDS):
            self._try_to_flush()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except Exception:  # the database is away: what was counted is written down later
            _log.debug("counts of requests can't be written down", exc_info=True)

    # Reading -------------------------------------------------------------------------------

    def of_store(self, store: str, hours: int) -> dict[str, AppRequests]:
        """Give what each app of a store has asked in the last hours, by app."""
        mark = self._recorder.mark
        rows = self._recorder.read(
            "SELECT app, status, rule, SUM(requests) AS requests, MAX(last) AS last"  # noqa: S608 - no values
            f" FROM request_counts WHERE store = {mark} AND hour > {mark}"
            " GROUP BY app, status, rule",
            [store, int(time() // HOUR) - hours],
        )
        found: dict[str, AppRequests] = {}
        for row in rows:
            _count_in(found.setdefault(row["app"], AppRequests()), row)
        for counted in found.values():
            counted.rules.sort(key=lambda rule: (-rule[1], rule[0]))
        return found


def _rows(key: tuple[str, str, int], tally: Tally) -> Sequence[tuple[Any, ...]]:
    """Give the rows of a tally; that of all requests has the status 0."""
    last = int(tally.last)
    refusals = [(*key, *broken, count, last) for broken, count in tally.refusals.items()]
    return [(*key, 0, "", tally.requests, last), *refusals]


def _merge(into: Tally, other: Tally) -> None:
    into.requests += other.requests
    into.last = max(into.last, other.last)
    for broken, count in other.refusals.items():
        into.refusals[broken] = into.refusals.get(broken, 0) + count


def _count_in(counted: AppRequests, row: Any) -> None:
    requests, status = int(row["requests"]), int(row["status"])
    counted.last = max(counted.last, float(row["last"]))
    if status == 0:
        counted.requests += requests
        return
    counted.statuses[status] = counted.statuses.get(status, 0) + requests
    if row["rule"]:
        counted.rules.append((row["rule"], requests))
