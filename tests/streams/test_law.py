"""The law: the projections are a function of the set of events, not of how they arrived."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.record import LogEntry
from projections.folds import Fold
from projections.lessons.reports import Lessons
from projections.meaning.reading import default_reader
from projections.prediction.calibration import Calibration
from projections.prediction.growth_learning import learn
from projections.prediction.mastery_learning import fit
from projections.rosters.rows import ROSTER_KINDS
from projections.tables import PERSON_TABLES, TABLES
from projections.warehouse import Generation, Warehouse
from streams.embedded import EmbeddedCarrier
from streams.states import States
from tests.support.carrying import carry
from tests.support.clickhouse import embedded_dsn, fresh_catalogue, rows_of, rows_of_each
from tests.support.histories import (
    Links,
    ListLog,
    answer,
    declaration,
    declared,
    document,
    entry,
    marked,
    person_key,
    persons_of,
    state_version,
)
from tests.support.lessons import WrittenLinks, WrittenRoster
from tests.support.responses import simulated
from tests.support.scores import made_up_scores

# As many as the profile says in a long run; a few dozen otherwise, as each takes some 0.3 s.
EXAMPLES = settings.default.max_examples if settings.default.max_examples > 1000 else 30

Arrival = tuple[str, Any]  # kind, and the statement or the version of a document or declaration

_stores = (f"store-{number}" for number in itertools.count())


@dataclass(frozen=True)
class Life:
    """A carrier from its start to its crash: batches of ``limit``, then dead before a step.

    A step is an insert into ClickHouse or a commit of states.
    """

    limit: int
    steps: int
    repeats: int  # entries delivered again at the start of each batch


@dataclass(frozen=True)
class History:
    """Statements, voidings, documents and declarations as they arrive, and the carriers they meet.

    Of documents and declarations the log's own order counts: what was written last holds.
    """

    arrivals: list[Arrival]
    lives: list[Life]

    def log(self, store: str) -> list[LogEntry]:
        return numbered(self.arrivals, store)

    def sorted_log(self, store: str) -> list[LogEntry]:
        """Give the same events by time of event, as a clean replay reads them."""
        ordered = [arrival for arrival in self.arrivals if arrival[0] in _ORDERED]
        others = [arrival for arrival in self.arrivals if arrival[0] not in _ORDERED]
        others.sort(key=lambda arrival: (arrival[0] == "voiding", _time(arrival[1])))
        return numbered([*ordered, *others], store)


_ORDERED = {"document": document, "declaration": declared}


def numbered(arrivals: Sequence[Arrival], store: str, start: int = 1) -> list[LogEntry]:
    return [
        _ORDERED[kind](position, what, store=store)
        if kind in _ORDERED
        else entry(position, what, store=store, kind=kind)
        for position, (kind, what) in enumerate(arrivals, start)
    ]


def _time(statement: dict[str, Any]) -> tuple[str, str]:
    return statement["timestamp"], statement["id"]


versions = st.builds(
    state_version,
    st.sampled_from([b"{}", b'{"page":1}', b"plain", None]),
    id=st.sampled_from(["bookmark", "answers"]),
    person=st.sampled_from(["an", "bo"]),
    updated=st.integers(1, 10**15),
)


# Records of the roster, schemes that extend each other, and kinds that make no rows, one of them of
# a later release.
declarations = (
    st.builds(
        declaration,
        st.sampled_from(ROSTER_KINDS),
        st.sampled_from(["one", "two"]),
        st.sampled_from([b"{}", b'{"title": "a", "name": "a"}', b'{"end": "2026-09-01"}']),
        deleted=st.booleans(),
    )
    | st.builds(
        declaration,
        st.just("scheme"),
        st.sampled_from(["one", "two"]),
        st.sampled_from(
            [
                b'{"title":{"zh":"\xe4\xb8\x80","en":"1"},"extends":"two","text":"scheme: one"}',
                b'{"title":{"zh":"\xe4\xba\x8c","en":"2"},"extends":"","text":"scheme: two"}',
            ]
        ),
        deleted=st.booleans(),
    )
    | st.builds(
        declaration,
        st.sampled_from(["mapping", "calibration"]),
        st.sampled_from(["one", "two"]),
        st.sampled_from([b"{}", b'{"a": 1}', b"[]"]),
        deleted=st.booleans(),
    )
)
# An account, and whom it is linked to.
links = st.tuples(
    st.sampled_from(["an", "bo", "chen", "dan"]),
    st.sampled_from(["an", "bo", "chen", "dan", None]),
)


def with_declarations(draw: st.DrawFn, arrivals: list[Arrival], most_links: int) -> list[Arrival]:
    """Put declarations among arrivals; of links those that the record would take."""
    among: list[Arrival] = list(arrivals)
    for link in draw(st.lists(links, max_size=most_links)):
        among.insert(draw(st.integers(0, len(among))), ("link", link))
    for version in draw(st.lists(declarations, max_size=4)):
        among.insert(draw(st.integers(0, len(among))), ("declaration", version))
    taken, rules = list[Arrival](), Links()
    for kind, what in among:
        if kind != "link":
            taken.append((kind, what))
        elif (made := rules.change(*what)) is not None:
            taken.append(("declaration", made))
    return taken


@st.composite
def histories(draw: st.DrawFn) -> History:
    count = draw(st.integers(2, 24))
    statements = [
        answer(
            statement_id=str(UUID(int=draw(st.integers(1, 2**64)) << 16 | number, version=4)),
            person=draw(st.sampled_from(["an", "bo", "chen"])),
            name=draw(st.sampled_from(["安", "An", "波"])),
            item=draw(st.sampled_from(["item-1", "item-2"])),
            points=sorted(draw(st.sets(st.sampled_from(["x", "y", "z"]), max_size=2))),
            success=draw(st.booleans()),
            phase=draw(st.sampled_from(["pre", "in", "post"])),
            lesson=draw(st.sampled_from(["7", "8"])),
            after=timedelta(hours=draw(st.integers(0, 400))),
            seconds=draw(st.sampled_from([0.1, 0.7, 12.3])),
        )
        for number in range(count)
    ]
    for at, mark in draw(st.dictionaries(st.integers(0, count - 1), st.floats(-1, 1))).items():
        statements[at] = marked(statements[at], mark)
    arrivals: list[Arrival] = [
        ("statement", statement) for statement in draw(st.permutations(statements))
    ]
    for statement in draw(st.lists(st.sampled_from(statements), max_size=4, unique_by=id)):
        arrived = arrivals.index(("statement", statement))
        at = draw(st.integers(arrived + 1, len(arrivals)))
        arrivals.insert(at, ("voiding", statement))
    for version in draw(st.lists(versions, max_size=6)):
        arrivals.insert(draw(st.integers(0, len(arrivals))), ("document", version))
    arrivals = with_declarations(draw, arrivals, most_links=8)
    lives = st.builds(
        Life,
        limit=st.integers(1, 12),
        steps=st.integers(0, 20),
        repeats=st.integers(0, 3),
    )
    return History(arrivals, draw(st.lists(lives, max_size=3)))


# The law holds under a calibration that was learned: the priors are a special case of it.
FOLD = Fold(Calibration("learned", fit(simulated(30, 20)), learn(made_up_scores(1))))


@pytest.fixture(scope="module")
def generation() -> Iterator[Generation]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    yield warehouse.ensure()
    warehouse.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("law")


@settings(max_examples=EXAMPLES)
@given(history=histories())
def test_any_arrival_gives_the_rows_of_one_clean_replay(
    history: History, generation: Generation, folder: Path
) -> None:
    arrived, replayed = next(_stores), next(_stores)
    live(history, arrived, generation, folder)
    carry_all(history.sorted_log(replayed), generation, folder)
    for table in TABLES:
        found, expected = rows_of_each(generation, table, [arrived, replayed])
        assert found == expected, table
    # ClickHouse itself writes the table of lessons, which only this reads.
    lessons = Lessons(generation, int, roster=WrittenRoster(), people=WrittenLinks())
    assert lessons.page(arrived) == lessons.page(replayed)
    check_versions(history.log(arrived), generation, arrived)


@pytest.mark.parametrize("table", [table.name for table in PERSON_TABLES[1:]])
def test_rows_that_a_crash_left_are_gone_once_their_account_is_another_persons(
    table: str, generation: Generation, folder: Path
) -> None:
    history = [("statement", answer(person="chen")), ("declaration", Links().change("chen", "an"))]
    store = next(_stores)
    log, file = ListLog(numbered(history, store)), folder / f"{store}.sqlite"
    with pytest.raises(Crash):
        carry(ListLog(log.entries[:1]), Unfinished(generation, before=table), file)
    finish(log, file, generation)
    for each in PERSON_TABLES:
        rows = rows_of(generation, each.name, store)
        assert {row[0] for row in rows} <= {person_key("an")}, each.name


def live(history: History, store: str, generation: Generation, folder: Path) -> None:
    """Carry a history through carriers that crash, and a last one that doesn't."""
    path = folder / f"{store}.sqlite"
    log = RepeatingLog(history.log(store))
    for life in history.lives:
        log.repeats = life.repeats
        states = MortalStates(path, generation.identity)
        mortal = MortalGeneration(generation)
        states.step = mortal.step = Countdown(life.steps)
        carrier = EmbeddedCarrier(
            log, default_reader(), FOLD, mortal, states, limit=life.limit, cached_states=2
        )
        try:
            while carrier.run_once():
                pass
        except Crash:
            pass
        finally:
            states.close()
    log.repeats = 0
    finish(log, path, generation)


def carry_all(entries: list[LogEntry], generation: Generation, folder: Path) -> None:
    finish(ListLog(entries), folder / f"{entries[0].store}.sqlite", generation)


def finish(log: ListLog, path: Path, generation: Generation) -> None:
    carry(log, generation, path, fold=FOLD)
    assert carry(log, generation, path, fold=FOLD) == log.last_position()
    assert not generation.dead_letters(store=log.entries[0].store)


def check_versions(log: list[LogEntry], generation: Generation, store: str) -> None:
    """Hold that a row of version V is what was known as of log position V."""
    as_of: dict[int, dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]] = {}
    for table in PERSON_TABLES:
        columns = table.column_names
        for row in rows_of(generation, table.name, store, leave_out=()):
            position = row[columns.index("position")]
            if position not in as_of:
                as_of[position] = folded([e for e in log if e.position <= position])
            expected = as_of[position][table.name][table.key_of(row)]
            at = columns.index("position")
            assert row[:at] == expected[:at]


def folded(log: list[LogEntry]) -> dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]:
    """Fold entries in memory, in order of time; gives the rows of each table by key."""
    voided = {e.statement_id for e in log if e.kind == "voiding"}
    person_of = persons_of(log)
    facts = defaultdict(list)
    for each in log:
        if each.kind == "statement" and each.statement_id not in voided:
            statement = orjson.loads(each.statement)
            reading = default_reader().read(statement, store=each.store, position=each.position)
            for fact in reading.facts:
                facts[fact.store, person_of.get(fact.person, fact.person)].append(fact)
    fold, rows = FOLD, {table.name: {} for table in PERSON_TABLES}
    for person, history in facts.items():
        state = fold.start(*person)
        for fact in sorted(history, key=lambda fact: fact.order):
            fold.apply(state, fact)
        for table, some in fold.rows(state).items():
            rows[table].update({TABLES[table].key_of(row): row for row in some})
    return rows


class RepeatingLog(ListLog):
    """A log that delivers some entries again, before those asked for."""

    repeats = 0

    def read_log(self, after: int, limit: int) -> list[LogEntry]:
        fresh = super().read_log(after, limit)
        return (
            super().read_log(max(0, after - self.repeats), min(after, self.repeats)) + fresh
            if fresh
            else []
        )


class Crash(BaseException):
    """The process is gone."""


class Countdown:
    """Lets some steps be taken, and crashes before the next."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def __call__(self) -> None:
        if not self._left:
            raise Crash
        self._left -= 1


class MortalGeneration(Generation):
    """A generation whose writer may crash before an insert."""

    step: Callable[[], None]

    def __init__(self, generation: Generation) -> None:
        self.__dict__.update(generation.__dict__)

    def insert(self, table: str, rows: Any) -> None:
        self.step()
        super().insert(table, rows)


class Unfinished(Generation):
    """A generation whose writer crashes before the first insert into a table."""

    def __init__(self, generation: Generation, before: str) -> None:
        self.__dict__.update(generation.__dict__)
        self._before = before

    def insert(self, table: str, rows: Any) -> None:
        if table == self._before:
            raise Crash
        super().insert(table, rows)


class MortalStates(States):
    """States whose writer may crash before a commit."""

    step: Callable[[], None]

    def commit(self, *arguments: Any) -> None:
        self.step()
        super().commit(*arguments)
