"""Who is at risk, found in the tables: of a class, a school, or all of a store."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from projections.portraits.at_risk import AtRisk, Weeks, Windows, at_risk, windows
from projections.prediction.mastery import ENOUGH_TRIES
from projections.warehouse import Generation

_MOST_NAMED: Final = 500  # persons in a query's parameters: of more, it asks about everyone
_NOTHING_DONE: Final = (0, 0, 0, 0, 0, 0, 0, 0, date(1970, 1, 1).isoformat())

Asked = tuple[str, dict[str, Any]]  # a query and its parameters


class Placed(NamedTuple):
    """A row of the query ``placed``: where a student belongs."""

    person: str
    class_group: str
    school: str


def find_at_risk(
    generation: Generation, store: str, on: date, *, class_group: str = "", school: str = ""
) -> list[AtRisk]:
    """List who is at risk in a class, in a school, or in all of a store."""
    [rows] = generation.query_all(placed_of(store, on, class_group=class_group, school=school))
    placed, weeks = [Placed(*row) for row in rows], windows(on)
    persons = [one.person for one in placed]
    done, points = generation.query_all(
        weeks_of(store, persons, weeks),
        ("at_risk_points", {**_who(store, persons), "enough": ENOUGH_TRIES}),
    )
    fallen = {person: (known, fell) for person, known, fell in points}
    return at_risk(with_weeks(placed, done), fallen, weeks)


def placed_of(store: str, on: date, *, class_group: str = "", school: str = "") -> Asked:
    """Give what asks who belongs to a class or school on a day, or to any: rows of Placed."""
    return "placed", {
        "store": store,
        "on": on.isoformat(),
        "class_group": class_group,
        "school": school,
    }


def weeks_of(store: str, persons: Sequence[str], weeks: Windows) -> Asked:
    """Give what asks what these persons did in some weeks; it may tell of others too."""
    return "at_risk_weeks", {
        **_who(store, persons),
        "recent": weeks.recent.isoformat(),
        "earliest": weeks.before.isoformat(),
        "on": weeks.on.isoformat(),
    }


def with_weeks(placed: Iterable[Placed], done: Iterable[Sequence[Any]]) -> list[Weeks]:
    """Give what each of these students did, by what was asked; who did nothing is there too."""
    by_person = {person: figures for person, *figures in done}
    return [Weeks(*one, *by_person.get(one.person, _NOTHING_DONE)) for one in placed]


def _who(store: str, persons: Sequence[str]) -> dict[str, Any]:
    named = list(persons) if len(persons) <= _MOST_NAMED else []
    return {
        "store": store,
        "persons": named,
        "is_everyone": int(len(named) < len(persons)),
    }
