"""What can be asked of the statement index, and the SQL that answers it on every backend."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from lrs import terms


class Condition(msgspec.Struct, frozen=True):
    """One of these terms has to be there; `own` ones on the statement itself.

    Others may also be met by a statement that it refers to: xAPI 1.0.3 part 3, 2.1.3.
    """

    terms: tuple[int, ...]
    own: bool = False


class StatementQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of GET /statements (xAPI 1.0.3 part 3, 2.1.3), for one store.

    `since` and `until` are microseconds; `after` is the position a page continues from;
    `authority` narrows to statements of one authority (scope ``statements/read/mine``).
    """

    store: str
    agent: str | None = None  # actor_key
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_agents: bool = False
    related_activities: bool = False
    authority: str | None = None
    since: int | None = None  # exclusive
    until: int | None = None  # inclusive
    ascending: bool = False
    limit: int = 100
    after: int | None = None

    def conditions(self) -> list["Condition"]:
        """Give what a statement must have."""
        store = self.store
        conditions: list[Condition] = []
        if self.agent is not None:
            kinds = [terms.AGENT]
            if self.related_agents:
                kinds += [terms.AGENT_RELATED, terms.AUTHORITY]
            conditions.append(
                Condition(tuple(terms.term(store, kind, self.agent) for kind in kinds))
            )
        if self.activity is not None:
            kinds = [terms.ACTIVITY]
            if self.related_activities:
                kinds.append(terms.ACTIVITY_RELATED)
            conditions.append(
                Condition(tuple(terms.term(store, kind, self.activity) for kind in kinds))
            )
        if self.registration is not None:
            registration = self.registration.lower()
            conditions.append(Condition((terms.term(store, terms.REGISTRATION, registration),)))
        if self.verb is not None:
            conditions.append(Condition((terms.term(store, terms.VERB, self.verb),)))
        if self.authority is not None:
            conditions.append(
                Condition((terms.term(store, terms.AUTHORITY, self.authority),), own=True)
            )
        if not conditions:
            conditions.append(Condition((terms.term(store, terms.STATEMENT, ""),), own=True))
        return conditions


# Positions of one segment of the index: 2 to this power. Larger ones make a commit write more
# pages, smaller ones make a query for something rare look in more places.
SEGMENT_BITS = 14


def segment_of(position: int) -> int:
    """Give the segment of the index that holds a position."""
    return position >> SEGMENT_BITS


class Bounds(msgspec.Struct, frozen=True):
    """Positions a page may come from: lowest and highest, both inclusive."""

    lowest: int
    highest: int

    def segments(self, *, ascending: bool) -> Iterator[list[int]]:
        """Give the segments in the order of the page, in runs of 1, 2, 4, ... of them.

        What is frequent is found in the first run; what is rare takes few queries all the same.
        """
        first, last = segment_of(self.lowest), segment_of(self.highest)
        ordered = range(first, last + 1) if ascending else range(last, first - 1, -1)
        start, length = 0, 1
        while start < len(ordered):
            yield list(ordered[start : start + length])
            start, length = start + length, min(2 * length, LONGEST_RUN)


LONGEST_RUN = 4_096  # segments looked in by one query


class PageSql:
    """The SQL of one page of positions of statements that are not voided.

    `mark` is the backend's parameter mark, ``?`` or ``%s``.
    """

    def __init__(self, bounds: Bounds, mark: str, *, ascending: bool) -> None:
        self._bounds = bounds
        self._mark = mark
        self._order = "ASC" if ascending else "DESC"

    def positions(
        self, conditions: Sequence[Condition], segments: Sequence[int], limit: int
    ) -> tuple[str, list[Any]]:
        """Ask a run of segments for at most `limit` positions.

        The first condition drives: its posting lists are walked, the others are looked up for each
        entry. One statement has to meet every condition: the one found, or one it refers to.
        """
        driver, *others = conditions
        where, parameters = self._driving(driver, segments)
        for other in others:
            source = "0" if other.own else "t.source"
            where.append(
                "EXISTS (SELECT 1 FROM statement_terms o WHERE o.segment = t.segment"
                f" AND o.term IN ({self._marks(other.terms)})"
                f" AND o.position = t.position AND o.source = {source})"
            )
            parameters += other.terms
        sql = (
            f"SELECT DISTINCT t.position FROM statement_terms t WHERE {' AND '.join(where)}"
            f" ORDER BY t.position {self._order} LIMIT {self._mark}"
        )
        return sql, [*parameters, limit]

    def count(self, condition: Condition, segments: Sequence[int]) -> tuple[str, list[Any]]:
        """Count the entries of one condition in a run of segments, up to COUNT_LIMIT."""
        where, parameters = self._driving(condition, segments)
        sql = (
            "SELECT count(*) AS entries FROM (SELECT 1 FROM statement_terms t"
            f" WHERE {' AND '.join(where)} LIMIT {COUNT_LIMIT}) AS counted"
        )
        return sql, parameters

    def _driving(
        self, condition: Condition, segments: Sequence[int]
    ) -> tuple[list[str], list[Any]]:
        where = [
            f"t.segment IN ({self._marks(segments)})",
            f"t.term IN ({self._marks(condition.terms)})",
            f"t.position BETWEEN {self._mark} AND {self._mark}",
            "NOT EXISTS (SELECT 1 FROM voided_statements v WHERE v.position = t.position)",
        ]
        if condition.own:
            where.append("t.source = 0")
        bounds = self._bounds
        return where, [*segments, *condition.terms, bounds.lowest, bounds.highest]

    def _marks(self, values: Sequence[Any]) -> str:
        return ", ".join([self._mark] * len(values))


# Beyond this many entries two posting lists count as equally long: counting further costs more
# than walking the wrong one.
COUNT_LIMIT = 500
