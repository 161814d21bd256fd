"""What can be asked of the statement index, and the SQL that answers it on every backend."""

from collections.abc import Sequence
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


class Bounds(msgspec.Struct, frozen=True):
    """Positions a page may come from: lowest and highest, both inclusive."""

    lowest: int
    highest: int


def positions_sql(
    conditions: Sequence[Condition], bounds: Bounds, *, ascending: bool, limit: int, mark: str
) -> tuple[str, list[Any]]:
    """Write the query for one page of positions of statements that are not voided.

    The first condition drives: its posting lists are walked in order and stop at `limit`; the
    others are looked up for each entry. `mark` is the backend's parameter mark, ``?`` or ``%s``.
    """
    driver, *others = conditions
    order = "ASC" if ascending else "DESC"
    where = [f"t.position BETWEEN {mark} AND {mark}", NOT_VOIDED]
    if driver.own:
        where.append("t.source = 0")
    tail: list[Any] = [bounds.lowest, bounds.highest]
    for other in others:
        marks = ", ".join([mark] * len(other.terms))
        # One statement has to meet every condition: the one found, or one that it refers to.
        source = "0" if other.own else "t.source"
        where.append(
            f"EXISTS (SELECT 1 FROM statement_terms o WHERE o.term IN ({marks})"
            f" AND o.position = t.position AND o.source = {source})"
        )
        tail.extend(other.terms)
    arm = (
        "SELECT * FROM (SELECT DISTINCT t.position FROM statement_terms t"
        f" WHERE t.term = {mark} AND {' AND '.join(where)}"
        f" ORDER BY t.position {order} LIMIT {mark}) AS arm"
    )
    parameters: list[Any] = []
    for alternative in driver.terms:
        parameters += [alternative, *tail, limit]
    if len(driver.terms) == 1:
        return arm, parameters
    union = " UNION ".join([arm] * len(driver.terms))
    sql = f"SELECT position FROM ({union}) AS arms ORDER BY position {order} LIMIT {mark}"
    return sql, [*parameters, limit]


NOT_VOIDED = "NOT EXISTS (SELECT 1 FROM voided_statements v WHERE v.position = t.position)"

# Beyond this many entries two posting lists count as equally long: counting further costs more
# than walking the wrong one.
COUNT_LIMIT = 2000


def count_sql(term_count: int, mark: str) -> str:
    """Write the query that counts one condition's posting lists, up to COUNT_LIMIT."""
    marks = ", ".join([mark] * term_count)
    return (
        "SELECT count(*) AS entries FROM (SELECT 1 FROM statement_terms"
        f" WHERE term IN ({marks}) AND position BETWEEN {mark} AND {mark}"
        f" LIMIT {COUNT_LIMIT}) AS counted"
    )
