"""Rows are a function of a person's facts in order, however the fold was cut up."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.facts import Fact
from projections.folds import Fold, PersonState, Rows, decode, encode, is_newer
from projections.prediction.calibration import Calibration
from projections.prediction.mastery import Globals
from projections.tables import (
    PERSON_DAYS,
    PERSON_MASTERY,
    PERSON_MASTERY_WEEKS,
    PERSON_TABLES,
    TABLES,
)

STORE, PERSON = "school", "account:https://school.example|s1"
BEGIN = 1_772_400_000_000_000  # microseconds since 1970 UTC: 2026-03-01
HOUR = 3_600_000_000
POINTS = ("addition", "fractions", "geometry")
FOLD = Fold(Calibration(), "Asia/Shanghai")


@st.composite
def facts(draw, min_size: int = 0) -> list[Fact]:
    """A person's facts in their order, with positions in the order of their arrival."""
    gaps = draw(st.lists(st.integers(0, 30 * HOUR), min_size=min_size, max_size=25))
    positions = draw(st.permutations(range(1, len(gaps) + 1)))
    time, result = BEGIN, []
    for gap, position in zip(gaps, positions, strict=True):
        time += gap
        result.append(
            Fact(
                store=STORE,
                person=PERSON,
                statement=str(uuid.UUID(int=position)),
                ordinal=draw(st.integers(0, 2)),
                action=draw(st.sampled_from(["answer", "answer", "preview", "result"])),
                subject=draw(st.sampled_from(["", "mathematics"])),
                app=draw(st.sampled_from(["", "homework"])),
                due=draw(st.none() | st.integers(time - 1, time + 1)),
                phase=draw(st.sampled_from(["pre", "in", "post", ""])),
                knowledge_points=tuple(sorted(draw(st.sets(st.sampled_from(POINTS))))),
                item=draw(st.sampled_from(["item-1", "item-2", ""])),
                time=time,
                duration=draw(st.none() | st.floats(0.0, 1000.0)),
                success=draw(st.sampled_from([True, False, None])),
                position=position,
            )
        )
    return sorted(result, key=lambda fact: fact.order)


def answer(number: int, **fields) -> Fact:
    known = {
        "store": STORE,
        "person": PERSON,
        "statement": f"s{number:03}",
        "ordinal": 0,
        "action": "answer",
        "knowledge_points": ("fractions",),
        "time": BEGIN + number * 60_000_000,
        "success": True,
        "position": number + 1,
    }
    return Fact(**{**known, **fields})


def folded(history: list[Fact]) -> PersonState:
    state = FOLD.start(STORE, PERSON)
    for fact in history:
        FOLD.apply(state, fact)
    return state


class Warehouse:
    """Keeps the newest row of each key, as ReplacingMergeTree does; columns other than position."""

    def __init__(self) -> None:
        self.rows: dict[tuple, dict] = {}
        self.positions: dict[tuple, int] = {}

    def insert(self, given: Rows) -> None:
        for name, rows in given.items():
            for row in rows:
                key = (name, *TABLES[name].key_of(row))
                values = dict(zip(TABLES[name].column_names, row, strict=True))
                position = values.pop("position")
                assert position >= self.positions.get(key, 0), "a later row is never older"
                self.positions[key] = position
                self.rows[key] = values


def stored(*given: Rows) -> dict[tuple, dict]:
    warehouse = Warehouse()
    for rows in given:
        warehouse.insert(rows)
    return warehouse.rows


@given(facts(), st.data())
def test_rows_do_not_depend_on_where_a_fold_was_cut_saved_or_asked_for_rows(history, data):
    in_one_go = stored(FOLD.rows(folded(history)))
    state, warehouse = FOLD.start(STORE, PERSON), Warehouse()
    for fact in history:
        FOLD.apply(state, fact)
        if data.draw(st.booleans()):
            warehouse.insert(FOLD.rows(state))
        if data.draw(st.booleans()):
            state = decode(encode(state))
    warehouse.insert(FOLD.rows(state))
    assert warehouse.rows == in_one_go


@given(facts(min_size=1))
def test_a_state_saved_and_loaded_is_the_same_state(history):
    state = folded(history)
    assert decode(encode(state)) == state
    assert encode(decode(encode(state))) == encode(state)


@given(facts(min_size=1))
def test_a_state_knows_how_far_it_has_come(history):
    state = folded(history)
    assert state.position == max(fact.position for fact in history)
    assert state.last == history[-1].order
    assert state.facts == len(history)


@given(facts(min_size=1))
def test_every_row_has_its_tables_columns_and_the_states_position(history):
    state = folded(history)
    given_rows = FOLD.rows(state)
    assert set(given_rows) <= {table.name for table in PERSON_TABLES}
    for name, rows in given_rows.items():
        names = TABLES[name].column_names
        for row in rows:
            values = dict(zip(names, row, strict=True))
            assert values["position"] == state.position
            assert values["is_deleted"] == 0
            assert (values["store"], values["person"]) == (STORE, PERSON)


@given(facts(min_size=1), st.data())
def test_every_row_has_a_key_that_one_of_its_facts_has_by_itself(history, data):
    person = (STORE, PERSON)
    some = data.draw(st.lists(st.sampled_from(history), min_size=1, unique_by=id))
    state = folded(sorted(some, key=lambda fact: fact.order))
    keys = FOLD.keys(person, (msgspec.structs.replace(one, is_deleted=True) for one in some))
    assert FOLD.keys(person, []) == {table.name: set() for table in PERSON_TABLES}
    for name, rows in FOLD.rows(state).items():
        assert {TABLES[name].key_of(row) for row in rows} <= keys[name], name


def test_a_fact_that_cannot_be_folded_has_no_keys():
    broken = answer(1, time=BEGIN, store="another")
    assert not any(FOLD.keys((STORE, PERSON), [broken]).values())


@given(facts(min_size=1), st.data())
def test_a_fact_that_is_not_newer_is_refused_and_changes_nothing(history, data):
    state = folded(history)
    before = encode(state)
    old = data.draw(st.sampled_from(history))
    assert not is_newer(state, old)
    with pytest.raises(ValueError, match="not newer"):
        FOLD.apply(state, old)
    assert encode(state) == before


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"is_deleted": True}, "is deleted"),
        ({"store": "another"}, "is in store"),
    ],
)
def test_a_fact_that_is_not_of_this_fold_is_refused_and_changes_nothing(fields, why):
    state = folded([answer(0)])
    before = encode(state)
    with pytest.raises(ValueError, match=why):
        FOLD.apply(state, answer(1, **fields))
    assert encode(state) == before


def test_facts_of_another_account_of_the_person_are_folded_too():
    state = folded([answer(0), answer(1, person="mbox:mailto:another@example.org")])
    assert state.facts == 2
    assert {row[1] for rows in FOLD.rows(state).values() for row in rows} == {state.person}


def test_facts_of_one_moment_are_ordered_by_statement_and_ordinal():
    state = folded([answer(1, statement="b", ordinal=1)])
    assert not is_newer(state, answer(1, statement="b", ordinal=1))
    assert not is_newer(state, answer(1, statement="b", ordinal=0))
    assert not is_newer(state, answer(1, statement="a", ordinal=9))
    assert is_newer(state, answer(1, statement="b", ordinal=2))
    assert is_newer(state, answer(1, statement="c"))


def test_rows_are_given_for_touched_keys_only():
    state = folded([answer(0, knowledge_points=("addition",))])
    FOLD.rows(state)
    assert FOLD.rows(state) == {}
    FOLD.apply(state, answer(1))
    assert [row[2] for row in FOLD.rows(state)["person_mastery"]] == ["fractions"]
    FOLD.apply(state, answer(2, action="preview", success=None))
    assert set(FOLD.rows(state)) == {"persons", "person_days", "person_weeks"}


@pytest.mark.parametrize(
    "fields", [{"success": None}, {"knowledge_points": ()}, {"action": "poll"}]
)
def test_what_is_not_an_answer_of_known_success_says_nothing_of_mastery(fields):
    state = folded([answer(0, **fields)])
    assert state.mastery == FOLD.start(STORE, PERSON).mastery
    assert "person_mastery" not in FOLD.rows(state)


def test_a_person_row_counts_facts_and_spans_their_time():
    first, last = answer(0), answer(9, action="preview")
    (row,) = FOLD.rows(folded([first, last]))["persons"]
    assert row == (STORE, PERSON, 2, first.time, last.time, last.position, 0)


def test_a_mastery_row_counts_tries_and_successes():
    history = [answer(number, success=number % 3 > 0) for number in range(6)]
    (row,) = FOLD.rows(folded(history))["person_mastery"]
    values = dict(zip(TABLES["person_mastery"].column_names, row, strict=True))
    assert (values["tries"], values["successes"]) == (6, 4)
    assert values["last_time"] == history[-1].time
    assert values["low"] < values["probability"] < values["high"]


def test_the_calibration_decides_the_mastery():
    hard = Calibration(version="hard", mastery=Globals(items={"item-1": (-4.0, 0.01)}))
    shown = []
    for calibration in (Calibration(), hard):
        fold = Fold(calibration)
        state = fold.start(STORE, PERSON)
        fold.apply(state, answer(0, item="item-1"))
        (row,) = fold.rows(state)["person_mastery"]
        shown.append(row[TABLES["person_mastery"].column_names.index("mean")])
    assert shown[1] > shown[0], "success at a hard item says more"


def test_a_state_grows_with_knowledge_points_not_with_days():
    state, size = FOLD.start(STORE, PERSON), 0
    for day in range(300):
        FOLD.apply(state, answer(0, time=BEGIN + day * 24 * HOUR, position=day + 1))
        FOLD.rows(state)
        if day == 9:
            size = len(encode(state))
    assert len(encode(state)) <= size + 20  # larger counts take a few bytes more


# Weeks ---------------------------------------------------------------------------------------

WEEK = 7 * 24 * 3600 * 1_000_000


def test_a_week_is_kept_once_its_point_is_responded_to_in_a_later_one():
    state = FOLD.start(STORE, PERSON)
    begin = answer(1).time
    for number, (week, success) in enumerate([(0, True), (0, False), (1, True), (3, True)], 1):
        FOLD.apply(state, answer(number, time=begin + week * WEEK + number, success=success))
        if number == 2:
            [as_of_first] = FOLD.rows(state)["person_mastery"]
    mastery = dict(zip(PERSON_MASTERY.column_names, as_of_first, strict=True))
    weeks = [
        dict(zip(PERSON_MASTERY_WEEKS.column_names, row, strict=True))
        for row in FOLD.rows(state)["person_mastery_weeks"]
    ]
    first, second = weeks
    assert second["week"] - first["week"] == 7
    assert all((week["week"] + 3) % 7 == 0 for week in weeks)  # a Monday: 1970 began on a Thursday
    for name in ("probability", "low", "high", "tries", "successes", "subject"):
        assert first[name] == mastery[name]
    assert (second["tries"], second["successes"]) == (3, 2)
    assert "person_mastery_weeks" not in FOLD.rows(state)


def test_the_best_that_mastery_was_at_the_end_of_a_week_is_kept_once_there_were_enough_tries():
    state, begin = FOLD.start(STORE, PERSON), answer(1).time
    best = PERSON_MASTERY.column_names.index("best")
    plan = [(0, True), (0, True), (1, True), (1, True), (1, True), (2, False), (3, False)]
    seen = []
    for number, (week, success) in enumerate(plan, 1):
        FOLD.apply(state, answer(number, time=begin + week * WEEK + number, success=success))
        [row] = FOLD.rows(state)["person_mastery"]
        seen.append((row[PERSON_MASTERY.column_names.index("probability")], row[best]))
    assert [reached for _, reached in seen[:5]] == [None] * 5
    top = seen[4][0]
    assert [reached for _, reached in seen[5:]] == [top, top]
    assert seen[6][0] < top


def test_what_was_done_on_time_is_counted_of_what_was_due():
    state = FOLD.start(STORE, PERSON)
    due = answer(1).time + 10
    for number, action in enumerate(["homework_done", "homework_done", "homework_set"], 1):
        late = 20 * (number - 1)
        FOLD.apply(state, answer(number, time=due + late, action=action, due=due))
    counts = {
        (row[PERSON_DAYS.column_names.index("due")], row[PERSON_DAYS.column_names.index("on_time")])
        for row in FOLD.rows(state)["person_days"]
    }
    assert counts == {(2, 1)}
