"""How many live answers a credential may have open at a time."""

from collections import Counter

from api.errors import ApiError


class Streams:
    """How many live answers each credential has open; for the thread of the event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def begin(self, key: str) -> None:
        """Count one more; raises ApiError 429 where it is one too many."""
        if self._open[key] >= self._most:
            raise ApiError(
                429,
                f"this credential has {self._most} live answers open",
                {"Retry-After": "5"},
                rule="at most XUEJI_STREAMS_PER_CREDENTIAL are open at a time",
                value=self._most,
            )
        self._open[key] += 1

    def end(self, key: str) -> None:
        """Count one less."""
        self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]

    def count(self) -> int:
        """Give how many are open in all."""
        return self._open.total()
