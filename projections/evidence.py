"""Evidence: the facts behind a figure, with the statements they were read from."""

from collections.abc import Collection
from datetime import date, tzinfo
from typing import Any, Final, NamedTuple

import msgspec

from projections.days import Days, iso_of
from projections.identities import accounts_of, person_of
from projections.names import names_of
from projections.responses import corrected_with, responses_of
from projections.warehouse import Generation

LONGEST_PAGE: Final = 500
NONE: Final = "none"  # asks for facts that don't say it: of no phase, say
# What facts can be asked to hold: `success` is whether it was right or wrong.
KNOWN: Final = ("success", "completion", "score", "rating", "due", "duration", "progress")
Texts = str | tuple[str, ...]
Place = tuple[int, str, int]  # a fact's time, statement and ordinal

_FIELDS: Final = (
    "statement",
    "ordinal",
    "person",
    "action",
    "phase",
    "lesson",
    "course",
    "subject",
    "knowledge_points",
    "item",
    "verb",
    "app",
    "class_group",
    "school",
    "time",
    "duration",
    "success",
    "completion",
    "score",
    "rating",
    "response",
    "layer",
    "part_of",
    "counterpart",
    "progress",
    "due",
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which facts are asked for: those for which all that is said here holds.

    ``statement`` is the id of the one they were read from. Empty texts say nothing; ``none``
    stands for facts that don't say it. Of several texts, as of ``actions``, one has to be it; of
    ``known`` each has to be there. ``least_tries`` and
    ``points_of`` ask for responses to the knowledge points that the person has responded to at
    least so often, and whose subject it is. ``attempts_at`` asks for the person's attempts at an
    item, as the mistake book has them: answers known to be right or wrong, and corrections of it,
    or of the homework it stands in. Days are the district's, inclusive.

    Of a class or a school it is what its students did while they were in it; with ``on`` whatever
    those did who are in it on that day.
    """

    person: str = ""
    class_group: str = ""
    school: str = ""
    on: date | None = None
    statement: str = ""
    actions: tuple[str, ...] = ()
    phase: str = ""
    subject: Texts = ""
    knowledge_point: Texts = ""
    lesson: Texts = ""
    course: Texts = ""
    item: Texts = ""
    part_of: Texts = ""
    app: Texts = ""
    layer: Texts = ""
    known: tuple[str, ...] = ()
    least_tries: int = 0
    points_of: str = ""
    attempts_at: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def days(self) -> Days:
        """The days asked about."""
        return Days(self.first, self.last)

    def within(self, days: Days) -> "Wanted":
        """Give the same of these days only."""
        return msgspec.structs.replace(self, first=days.first, last=days.last)

    def parameters(self) -> dict[str, Any]:
        """Give what is asked for by the names that requests have for it, without what is empty."""
        said = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            _PARAMETERS.get(name, name): _written(value) for name, value in said.items() if value
        }


_SEVERAL: Final = (
    "subject",
    "knowledge_point",
    "lesson",
    "course",
    "item",
    "part_of",
    "app",
    "layer",
)
_PARAMETERS: Final = {"actions": "action", "first": "from", "last": "to"}


def _written(value: Any) -> str | int | list[str]:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def figure_evidence(facts: int, wanted: Wanted) -> dict[str, Any]:
    """Say what a figure rests on: how many facts, and what to ask to get exactly these."""
    return {"facts": facts, "wanted": wanted.parameters()}


def evidence_to_ask(wanted: Wanted) -> dict[str, Any]:
    """Say what to ask to get what something rests on, of which nobody has counted the facts."""
    return {"wanted": wanted.parameters()}


def texts(some: Texts) -> tuple[str, ...]:
    """Give what one of has to be said; nothing for an empty text."""
    return ((some,) if some else ()) if isinstance(some, str) else some


def or_none(text: str) -> str:
    """Give what asks for facts that say this, be it nothing."""
    return text or NONE


def evidence(
    generation: Generation,
    store: str,
    wanted: Wanted,
    zone: tzinfo,
    *,
    limit: int = 100,
    after: Place | None = None,
    among: Collection[str] | None = None,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Give a page of facts, the newest first, and where the next one begins (None: there is none).

    Of everyone in the lesson, the class or the school where no person is named, or of those of them
    who are ``among`` these persons. Times are ISO 8601 in UTC.
    """
    person = person_of(generation, store, wanted.person) if wanted.person else ""
    is_of_group, partly = bool(wanted.class_group or wanted.school), list[_There]()
    if person:
        accounts = accounts_of(generation, store, person)
    elif is_of_group:
        accounts, partly = _in_group(generation, store, wanted, among)
    else:
        lesson = "".join(texts(wanted.lesson)[:1])
        accounts = [] if among is None else _in_lesson(generation, store, lesson, among)
    tried = wanted.attempts_at
    since, until = wanted.days.moments(zone)
    limit = max(1, min(limit, LONGEST_PAGE))
    time, statement, ordinal = after or (until, "", 0)
    rows = generation.query(
        "evidence",
        store=store,
        is_anyones=int(not person and not is_of_group and among is None),
        accounts=accounts,
        partly=[one.account for one in partly],
        begins=[one.begin for one in partly],
        ends=[one.end for one in partly],
        timezone=str(zone),
        person=person,
        actions=list(wanted.actions),
        known=list(wanted.known),
        since=since,
        until=until,
        is_further=int(after is not None),
        after_time=time,
        after_statement=statement or "00000000-0000-0000-0000-000000000000",
        after_ordinal=ordinal,
        least_tries=wanted.least_tries,
        points_of=wanted.points_of,
        attempts_at=tried,
        of_statement=wanted.statement,
        corrected_with=_corrected_with(generation, store, accounts, tried) if tried else [],
        limit=limit + 1,
        phase=wanted.phase,
        **{
            name: ["" if one == NONE else one for one in texts(getattr(wanted, name))]
            for name in _SEVERAL
        },
    )
    page = [dict(zip(_FIELDS, row, strict=True)) for row in rows[:limit]]
    following = _place(page[-1]) if len(rows) > limit else None
    return _shown(generation, store, page), following


def _in_lesson(
    generation: Generation, store: str, lesson: str, among: Collection[str]
) -> list[str]:
    """Give the accounts of those of these persons who were in a lesson."""
    rows = generation.query("accounts_in_lesson", store=store, lesson=lesson)
    return [account for account, person in rows if person in among]


def _corrected_with(
    generation: Generation, store: str, accounts: Collection[str], item: str
) -> list[str]:
    """Give the homework in which a person's answers to an item stand."""
    responses = responses_of(generation, store, list(accounts))
    answers = (one for one in responses if one.item == item and not one.is_correction)
    return sorted(corrected_with(item, answers))


class _There(NamedTuple):
    """An account of somebody who was in a class or a school, with the days: ISO 8601."""

    account: str
    begin: str
    end: str


def _in_group(
    generation: Generation, store: str, wanted: Wanted, among: Collection[str] | None
) -> tuple[list[str], list[_There]]:
    """Give the accounts of a class's or a school's students, and who was there on some days only.

    These come once for each of their times there.
    """
    if wanted.class_group:
        rows = generation.query("class_members", store=store, class_group=wanted.class_group)
        there = [(row[0], row[4], row[5]) for row in rows]
    else:
        rows = generation.query("school_members", store=store, school=wanted.school)
        there = [(person, begin, end) for person, begin, end in rows]
    if among is not None:
        there = [one for one in there if one[0] in among]
    if wanted.on is not None:
        there = [one for one in there if one[1] <= str(wanted.on) <= one[2]]
    persons = sorted({person for person, *_ in there})
    accounts: dict[str, list[str]] = {person: [person] for person in persons}
    for account, person in generation.query("accounts_of_persons", store=store, persons=persons):
        accounts[person].append(account)
    first, last = str(wanted.first or ""), str(wanted.last or "9999-12-31")
    wholly = {person for person, begin, end in there if begin <= first and end >= last}
    partly = [
        _There(account, begin, end)
        for person, begin, end in there
        if wanted.on is None and person not in wholly
        for account in accounts[person]
    ]
    return [account for some in accounts.values() for account in some], partly


def _place(fact: dict[str, Any]) -> Place:
    return fact["time"], fact["statement"], fact["ordinal"]


def _shown(generation: Generation, store: str, facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write facts for reading: times, and what things and people are called."""
    called = {one for fact in facts for one in _called(fact)}
    names = names_of(generation, store, called)
    return [
        {
            **fact,
            "knowledge_points": list(fact["knowledge_points"]),
            "time": iso_of(fact["time"]),
            "due": None if fact["due"] is None else iso_of(fact["due"]),
            "names": {one: names[one] for one in _called(fact) if one in names},
        }
        for fact in facts
    ]


def _called(fact: dict[str, Any]) -> list[str]:
    named = (fact[name] for name in ("item", "lesson", "part_of", "counterpart", "person"))
    return [one for one in (*named, *fact["knowledge_points"]) if one]
