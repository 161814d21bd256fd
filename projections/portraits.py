"""Portraits: where one student stands now, and the list of students, in JSON's shapes."""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean
from time import monotonic
from typing import Any

from projections import documents
from projections.identities import accounts_of, person_of
from projections.mastery import ENOUGH_TRIES
from projections.warehouse import Generation

PHASES = ("pre", "in", "post")
MOST_LISTED = 5  # weakest and strongest points in a portrait
LONGEST_PAGE = 500
# Bytes of the persons that one query is limited to: well under ClickHouse's limit of 256 KiB.
_LONGEST_SHARE = 100_000

# A rank says something from this many persons on.
ENOUGH_PERSONS = 5

_DIMENSION_OF_PHASE = {"pre": "preview", "in": "participation", "post": "consolidation"}
_MASTERY_FIELDS = (
    "knowledge_point",
    "mean",
    "variance",
    "probability",
    "low",
    "high",
    "tries",
    "successes",
)
_DAY_FIELDS = ("day", "phase", "actions", "answers", "correct", "seconds")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Counting a store's cohort reads all its days, so it's done anew only when the last count is this
# many times as old as it took: a twentieth of the time at most.
_COHORT_PATIENCE = 20

Portrait = dict[str, Any]


@dataclass(frozen=True)
class _Cohort:
    """How many actions the persons of a store have in each phase, fewest first."""

    position: int
    counted: float
    took: float
    actions: dict[str, Sequence[int]]


class Portraits:
    """The portraits of one generation; safe to share between threads.

    ``position`` gives the log position up to which the generation's rows are complete.
    """

    def __init__(self, generation: Generation, position: Callable[[], int]) -> None:
        self.identity = generation.identity
        self.position = position
        self._generation = generation
        self._cohorts: dict[str, _Cohort] = {}
        self._counting = threading.Lock()

    def student(self, store: str, person: str) -> Portrait | None:
        """Draw a student's portrait, or None where there is no evidence about that person.

        Of an account that is another person's it is that person's portrait. Times are ISO 8601 in
        UTC, days the district's, ``seconds`` seconds, probabilities and radar values 0..1 (None:
        not enough evidence), ``mean`` and ``variance`` on the logit scale. ``position`` is a log
        position that the rows reflect, at least. A phase is ``pre``, ``in``, ``post``, or empty
        where activity has none.
        """
        position, now = self.position(), datetime.now(UTC)
        person, found = self._known(store, person)
        if not found:
            return None
        days = self._days(store, person)
        mastery, name = self._mastery_and_name(store, person)
        phases = [_phase(phase, days) for phase in PHASES]
        unknown_phase = [_phase("", days)] if any(not day["phase"] for day in days) else []
        return {
            "store": store,
            "person": person,
            "name": name or person,
            "generation": self._generation.name,
            "position": position,
            "as_of": _iso(now),
            "activity": {"phases": phases + unknown_phase, "days": days},
            "mastery": mastery,
            "weakest": _weakest(mastery),
            "strongest": _strongest(mastery),
            "radar": [
                *self._ranks(store, position, phases),
                _accuracy(days),
                _mean_mastery(mastery),
            ],
        }

    def mark(self, store: str, person: str) -> Any:
        """Give what differs once there is more evidence about a person; much cheaper to ask."""
        return self._known(store, person)[1]

    def _known(self, store: str, account: str) -> tuple[str, list[tuple[Any, ...]]]:
        """Give the person whose account it is, with what is known as a whole."""
        found = self._generation.query("portrait_person", store=store, person=account)
        if found:
            return account, found
        person = person_of(self._generation, store, account)
        return person, self._generation.query("portrait_person", store=store, person=person)

    def documents(self, store: str, person: str, *, limit: int = 100) -> list[dict[str, Any]]:
        """List what apps keep about a person, newest first: State and Agent Profile documents.

        ``content`` is there where it is JSON of at most 64 KiB; ``size`` is in bytes.
        """
        rows = self._generation.query(
            "documents_of",
            store=store,
            accounts=accounts_of(self._generation, store, person),
            limit=max(1, min(limit, LONGEST_PAGE)),
        )
        shown = [documents.shown(row) for row in rows]
        return [{**one, "updated": _iso_of(one["updated"])} for one in shown]

    def students(
        self,
        store: str,
        *,
        search: str = "",
        limit: int = 50,
        after: tuple[str, str] | None = None,
        among: Collection[str] | None = None,
    ) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
        """List the persons of a store by name, a page at a time, and say where the next one begins.

        ``search`` is a part of the name or of the person's key; ``after`` where the page begins,
        as the page before said; ``among`` the only persons to be listed. No next page: None.
        """
        limit = max(1, min(limit, LONGEST_PAGE))
        after_shown, after_person = after or ("", "")
        rows: list[Any] = []
        for persons in [[]] if among is None else _shares(among):
            rows += self._generation.query(
                "students",
                store=store,
                search=search,
                after_shown=after_shown,
                after_person=after_person,
                is_limited=int(among is not None),
                persons=persons,
                limit=limit + 1,
            )
        rows.sort(key=lambda row: (row[4], row[0]))
        page = rows[:limit]
        listed = [
            {
                "person": person,
                "name": name or person,
                "facts": facts,
                "last_time": _iso_of(last_time),
            }
            for person, name, facts, last_time, _ in page
        ]
        return listed, (page[-1][4], page[-1][0]) if len(rows) > limit else None

    def _days(self, store: str, person: str) -> list[dict[str, Any]]:
        rows = self._generation.query("portrait_days", store=store, person=person)
        rows.sort(key=lambda row: (row[0], (*PHASES, "").index(row[1])))
        return [dict(zip(_DAY_FIELDS, row, strict=True)) for row in rows]

    def _mastery_and_name(self, store: str, person: str) -> tuple[list[dict[str, Any]], str]:
        """Give a person's mastery by knowledge point, and the person's name ('' if unknown)."""
        rows = self._generation.query("portrait_mastery", store=store, person=person)
        names: dict[str, dict[str, str]] = {row[0]: {} for row in rows}
        named = self._generation.query("names_of", store=store, subjects=[person, *names])
        for subject, language, name in sorted(named):
            names.setdefault(subject, {})[language] = name
        mastery = [
            dict(zip(_MASTERY_FIELDS, row[:-1], strict=True))
            | {"names": names[row[0]], "last_time": _iso_of(row[-1])}
            for row in sorted(rows)
        ]
        return mastery, names.get(person, {}).get("", "")

    def _ranks(
        self, store: str, position: int, phases: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Rank the person's actions of each phase among all of the store who have any in it."""
        cohort = self._cohort(store, position)
        return [
            {
                "dimension": _DIMENSION_OF_PHASE[phase["phase"]],
                "value": _rank(phase["actions"], cohort.get(phase["phase"], ())),
                "n": phase["actions"],
            }
            for phase in phases
        ]

    def _cohort(self, store: str, position: int) -> dict[str, Sequence[int]]:
        with self._counting:
            cohort = self._cohorts.get(store)
            began = monotonic()
            if cohort is None or (
                cohort.position != position
                and began - cohort.counted > _COHORT_PATIENCE * cohort.took
            ):
                rows = self._generation.query("cohort", store=store)
                ended = monotonic()
                cohort = _Cohort(position, ended, ended - began, dict(rows))
                self._cohorts[store] = cohort
            return cohort.actions


def _phase(phase: str, days: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up a phase over all days."""
    of_phase = [day for day in days if day["phase"] == phase]
    return {
        "phase": phase,
        "actions": sum(day["actions"] for day in of_phase),
        "answers": sum(day["answers"] for day in of_phase),
        "correct": sum(day["correct"] for day in of_phase),
        "seconds": sum(day["seconds"] for day in of_phase),
        "active_days": len(of_phase),
    }


def _rank(actions: int, cohort: Sequence[int]) -> float | None:
    """Give the percentile rank (0..1) of a count, those equal to it counted half."""
    if not actions or len(cohort) < ENOUGH_PERSONS:
        return None
    below, up_to = bisect_left(cohort, actions), bisect_right(cohort, actions)
    return (below + up_to) / 2 / len(cohort)


def _accuracy(days: list[dict[str, Any]]) -> dict[str, Any]:
    answers = sum(day["answers"] for day in days)
    correct = sum(day["correct"] for day in days)
    value = correct / answers if answers else None
    return {"dimension": "accuracy", "value": value, "n": answers}


def _mean_mastery(mastery: list[dict[str, Any]]) -> dict[str, Any]:
    """Average the probability over the knowledge points with enough tries; ``n`` counts them."""
    known = _known(mastery)
    value = fmean(point["probability"] for point in known) if known else None
    return {"dimension": "mastery", "value": value, "n": len(known)}


def _known(mastery: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [point for point in mastery if point["tries"] >= ENOUGH_TRIES]


def _weakest(mastery: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List the points that are surely weak: by the upper end of the interval, lowest first.

    At most half of the points with enough tries, the odd one among them, so that none is listed
    as both weak and strong.
    """
    known = sorted(_known(mastery), key=lambda point: (point["high"], point["knowledge_point"]))
    return known[: min(MOST_LISTED, (len(known) + 1) // 2)]


def _strongest(mastery: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List the points that are surely strong: by the lower end of the interval, highest first.

    None that is listed as weak.
    """
    weak = {point["knowledge_point"] for point in _weakest(mastery)}
    known = [point for point in _known(mastery) if point["knowledge_point"] not in weak]
    known.sort(key=lambda point: (-point["low"], point["knowledge_point"]))
    return known[:MOST_LISTED]


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _iso_of(microseconds: int) -> str:
    try:
        return _iso(_EPOCH + timedelta(microseconds=microseconds))
    except OverflowError:  # a timestamp of year 0, which RFC 3339 allows and `datetime` doesn't
        return "0000" + _iso(_EPOCH + timedelta(days=146_097, microseconds=microseconds))[4:]


def _shares(persons: Collection[str]) -> Iterator[list[str]]:
    """Give persons in shares that fit into a query's parameters, at least one of them."""
    share: list[str] = []
    size = 0
    for person in sorted(persons):
        size += len(person.encode()) + 4  # with what an array puts around it
        if share and size > _LONGEST_SHARE:
            yield share
            share, size = [], len(person.encode())
        share.append(person)
    yield share
