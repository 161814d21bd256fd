"""How often a credential may ask, and how often an address may fail to prove one."""

import math
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from time import time

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.errors import ApiError
from lrs.credentials import Credential

# Counters kept at most: where there are more, all begin anew, so that no number of addresses fills
# the memory.
MOST_COUNTERS = 10_000


class RateLimits:
    """Counts in this process's memory, over sliding windows; for the thread of the event loop.

    `rate` is requests a second for credentials that name none of their own, `burst` the seconds
    that a rate is an average over, `failures` the failed logins a minute of one address; 0 in
    `rate` or `failures` is any number.
    """

    def __init__(self, rate: float, burst: int, failures: int) -> None:
        self._rate = rate
        self._burst = burst
        self._failures = RateLimitItemPerMinute(failures) if failures else None
        self._requests_made = SlidingWindowCounterRateLimiter(Counters())
        self._failures_made = SlidingWindowCounterRateLimiter(Counters())

    def count_request(self, credential: Credential) -> None:
        """Count a request of a credential; raises ApiError 429 where it is one too many."""
        rate = self._rate if credential.rate is None else credential.rate
        if not rate:
            return
        item = _window(rate, self._burst)
        if not self._requests_made.hit(item, credential.store, credential.key):
            wait = _seconds_to_wait(self._requests_made, item, credential.store, credential.key)
            raise ApiError(
                429,
                f"this credential has made more than {rate:g} requests a second",
                {"Retry-After": str(wait)},
                rule="a credential keeps to its rate, or XUEJI_RATE_LIMIT",
                value=rate,
            )

    def count_failure(self, address: str) -> None:
        """Count a failed login; raises ApiError 429 where the address has had too many.

        Only those who fail are told so: whoever proves a credential is served, though it be from
        the address of somebody who guesses. There is nothing to guess in 256 random bits; this
        keeps a misconfigured client from asking on and on.
        """
        if self._failures is None:
            return
        client = _network(address)
        if not self._failures_made.hit(self._failures, client):
            wait = _seconds_to_wait(self._failures_made, self._failures, client)
            raise ApiError(
                429,
                "there have been too many failed logins from this address",
                {"Retry-After": str(wait)},
                rule="an address fails at most XUEJI_FAILED_LOGINS_PER_MINUTE times a minute",
            )


class Counters(MemoryStorage):
    """The counts of this window and the one before, by key.

    The library's own way to keep them locks, and clears up in a thread begun every 10 ms.
    """

    def __init__(self) -> None:
        super().__init__()
        self.windows: dict[str, tuple[int, int, int]] = {}  # its number, the count before, its own

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count, if that is no more than `limit` in `expiry` seconds."""
        now = time()
        number, before, own = self._at(key, int(now // expiry))
        if int(before * (1 - now / expiry % 1)) + own + amount > limit:
            return False
        if len(self.windows) >= MOST_COUNTERS:
            self.windows.clear()
        self.windows[key] = number, before, own + amount
        return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Give the count before and the seconds that it still weighs, and the own count so."""
        now = time()
        _, before, own = self._at(key, int(now // expiry))
        rest = (1 - now / expiry % 1) * expiry
        return before, rest, own, rest + expiry

    def _at(self, key: str, number: int) -> tuple[int, int, int]:
        kept, before, own = self.windows.get(key, (number, 0, 0))
        if kept == number:
            return number, before, own
        return number, own if kept == number - 1 else 0, 0


@lru_cache(maxsize=256)
def _window(rate: float, burst: int) -> RateLimitItem:
    """Give a rate as a whole number of requests in whole seconds, `burst` seconds or longer."""
    requests = max(1, round(rate * burst))
    return RateLimitItemPerSecond(requests, max(1, round(requests / rate)))


def _seconds_to_wait(
    limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, *names: str
) -> int:
    return max(1, math.ceil(limiter.get_window_stats(item, *names).reset_time - time()))


def _network(address: str) -> str:
    """Give what one client can be held by: of IPv6, where each has a /64 of addresses, that."""
    try:
        return IPv6Address(address.partition("%")[0]).packed[:8].hex()
    except AddressValueError:
        return address
