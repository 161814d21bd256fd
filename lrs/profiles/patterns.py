"""Patterns as automata: which templates may come next in a registration, and which may not.

A primary pattern becomes a nondeterministic automaton whose places are its templates, one for each
time a template stands in it. A state is a set of places, a bit each: those that the statements so
far may have come to. Communication 2.2 has patterns match greedily; where every statement has one
place to go to (`is_deterministic`), that is the same. Elsewhere the automaton takes every way that
a pattern can be read, so that it never refuses what greedy matching would go on with.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from lrs.profiles.parts import Pattern, Template

# A pattern that stands in two places is there twice; so a small profile could ask for endless work.
MOST_PLACES: Final = 1_000
DEEPEST: Final = 100

START: Final = 1  # the state before the first statement

PartOf = Callable[[str], Template | Pattern | None]


class PatternError(ValueError):
    """A pattern can't be followed: a part is missing, it contains itself, or it is too large."""


class _Piece(msgspec.Struct, frozen=True):
    """What is known of a part: whether it may be nothing, where it begins and where it ends."""

    may_be_nothing: bool
    first: int
    last: int


_NOTHING: Final = _Piece(True, 0, 0)


class Automaton:
    """One primary pattern, ready to be followed statement by statement."""

    def __init__(self, pattern: Pattern, part_of: PartOf) -> None:
        """Build it; `part_of` finds templates and patterns by id. Raises PatternError."""
        self.pattern = pattern.id
        self._template_at = [""]  # by place; the first is the start
        self._after = [0]  # by place, the places that may come next
        whole = _Builder(self._template_at, self._after, part_of).pattern(pattern, [])
        self._after[0] = whole.first
        self._complete = whole.last | (START if whole.may_be_nothing else 0)
        self._places: dict[str, int] = {}
        for place, template in enumerate(self._template_at[1:], start=1):
            self._places[template] = self._places.get(template, 0) | 1 << place

    @property
    def templates(self) -> frozenset[str]:
        """Name every template that stands in it."""
        return frozenset(self._places)

    @property
    def is_deterministic(self) -> bool:
        """Tell whether every statement has one place to go to, so that reading it is no choice."""
        return all(
            (after & places).bit_count() <= 1
            for after in set(self._after)
            for places in self._places.values()
        )

    def step(self, state: int, templates: Iterable[str]) -> int:
        """Take a statement that follows these templates; 0 where none may come next."""
        allowed = 0
        for template in templates:
            allowed |= self._places.get(template, 0)
        return allowed & self._next(state) if allowed else 0

    def expected(self, state: int) -> list[str]:
        """Name the templates that may come next, in the order of the pattern."""
        return list(dict.fromkeys(self._template_at[place] for place in _bits(self._next(state))))

    def is_complete(self, state: int) -> bool:
        """Tell whether the statements so far match the whole pattern."""
        return bool(state & self._complete)

    def _next(self, state: int) -> int:
        following = 0
        for place in _bits(state):
            following |= self._after[place]
        return following


class _Builder:
    """Puts the places of a pattern in a row and notes which may follow which."""

    def __init__(self, template_at: list[str], after: list[int], part_of: PartOf) -> None:
        self.template_at = template_at
        self.after = after
        self.part_of = part_of

    def pattern(self, pattern: Pattern, within: list[str]) -> _Piece:
        if pattern.id in within:
            raise PatternError(f"pattern {pattern.id} contains itself")
        if len(within) >= DEEPEST:
            raise PatternError(f"patterns stand over {DEEPEST} deep inside each other")
        within = [*within, pattern.id]
        pieces = (self.part(member, within) for member in pattern.members)
        if pattern.operator == "sequence":
            return self.sequence(pieces)
        if pattern.operator == "alternates":
            return _either(pieces)
        [piece] = pieces
        if pattern.operator in ("oneOrMore", "zeroOrMore"):
            self.follow(piece.last, piece.first)
        if pattern.operator in ("optional", "zeroOrMore"):
            return msgspec.structs.replace(piece, may_be_nothing=True)
        return piece

    def part(self, name: str, within: list[str]) -> _Piece:
        part = self.part_of(name)
        if part is None:
            raise PatternError(f"{within[-1]} names {name}, which no profile here holds")
        if isinstance(part, Pattern):
            return self.pattern(part, within)
        if len(self.template_at) > MOST_PLACES:
            raise PatternError(f"over {MOST_PLACES} templates stand in it, counted at each place")
        place = 1 << len(self.template_at)
        self.template_at.append(name)
        self.after.append(0)
        return _Piece(False, place, place)

    def sequence(self, pieces: Iterable[_Piece]) -> _Piece:
        whole = _NOTHING
        for piece in pieces:
            self.follow(whole.last, piece.first)
            whole = _Piece(
                whole.may_be_nothing and piece.may_be_nothing,
                whole.first | (piece.first if whole.may_be_nothing else 0),
                piece.last | (whole.last if piece.may_be_nothing else 0),
            )
        return whole

    def follow(self, before: int, places: int) -> None:
        for place in _bits(before):
            self.after[place] |= places


def _either(pieces: Iterable[_Piece]) -> _Piece:
    whole = _Piece(False, 0, 0)
    for piece in pieces:
        whole = _Piece(
            whole.may_be_nothing or piece.may_be_nothing,
            whole.first | piece.first,
            whole.last | piece.last,
        )
    return whole


def _bits(places: int) -> Iterator[int]:
    while places:
        lowest = places & -places
        yield lowest.bit_length() - 1
        places ^= lowest
