"""What is wrong with a set of roster files: every fault by file, line, column, rule and value."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

MOST_LISTED: Final = 100
_LONGEST_VALUE: Final = 100  # characters of a value that are shown


class Fault(msgspec.Struct, frozen=True):
    """A rule that a value doesn't keep; ``line`` 0 and ``column`` '' where it's of the file.

    Lines are counted as editors do, from 1, which is the header's.
    """

    file: str
    line: int
    column: str
    rule: str
    value: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        column = f" {self.column}" if self.column else ""
        found = f"; found {self.value!r}" if self.value else ""
        return f"{place}{column}: {self.rule}{found}"


class Faults:
    """Collects the faults of a set of files; all are counted, and the first of them kept."""

    def __init__(self) -> None:
        self._kept: list[Fault] = []
        self.count = 0

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._kept)

    def add(self, file: str, line: int, column: str, rule: str, value: Any = "") -> None:
        """Note a fault."""
        self.count += 1
        if len(self._kept) < MOST_LISTED:
            shown = str(value)
            if len(shown) > _LONGEST_VALUE:
                shown = shown[:_LONGEST_VALUE] + "…"
            self._kept.append(Fault(file, line, column, rule, shown))

    def check(self) -> None:
        """Raise RosterFaulty where there is any."""
        if self.count:
            raise RosterFaulty(tuple(self._kept), self.count)


class RosterFaulty(ValueError):
    """A set of roster files has faults: ``faults`` the first of them, ``count`` how many."""

    def __init__(self, faults: tuple[Fault, ...], count: int) -> None:
        more = f" ({count} in all)" if count > 1 else ""
        super().__init__(f"{faults[0]}{more}")
        self.faults = faults
        self.count = count
