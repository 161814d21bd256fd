"""Levels: what a day says of a subject, and that rows depend on which facts there are only."""

import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.activity import EPOCH
from projections.facts import Fact
from projections.folds import Fold, PersonState, decode, encode
from projections.prediction.calibration import Calibration
from projections.prediction.growth import Curve, Growth, GrowthCalibration
from projections.prediction.levels import school_year, week_of_school_year
from projections.tables import TABLES

DAY = 86_400_000_000  # microseconds
MONDAY = 20_514  # 2026-03-02, in days since 1970-01-01
FOLD = Fold()


def result(number: int, day: int, **fields) -> Fact:
    """A fact of some local noon; numbers give its place within the day."""
    known = {"action": "result", "subject": "mathematics", "score": 0.8}
    return Fact(
        store="school",
        statement=str(uuid.UUID(int=number)),
        ordinal=0,
        person="a",
        time=(MONDAY + day) * DAY + 4 * 3_600_000_000 + number,
        position=number,
        **(known | fields),
    )


def answered(number: int, day: int, success: bool = True, **fields) -> Fact:
    return result(number, day, action="answer", score=None, success=success, **fields)


def folded(facts: list[Fact], fold: Fold = FOLD) -> PersonState:
    state = fold.start("school", "a")
    for fact in facts:
        fold.apply(state, fact)
    return state


def rows_of(facts: list[Fact], table: str, fold: Fold = FOLD) -> list[dict]:
    given = fold.rows(folded(facts, fold)).get(table, [])
    return [dict(zip(TABLES[table].column_names, row, strict=True)) for row in given]


def test_a_mark_moves_the_level_as_the_growth_model_says() -> None:
    [row] = rows_of([result(1, 0, score=0.9)], "person_levels")
    growth = Growth(GrowthCalibration())
    curve, known = growth.curve("mathematics", "result", "27"), growth.start()
    growth.observe(known, curve.standing_of(90.0), growth.noise(curve, "result"), MONDAY)
    assert (row["level"], row["variance"]) == (known.level, known.variance)
    assert (row["subject"], row["scores"], row["last_day"]) == ("mathematics", 1, MONDAY)


def test_a_days_answers_are_one_observation_whose_noise_their_number_implies() -> None:
    few = rows_of([answered(n, 0) for n in range(1, 3)], "person_levels")[0]
    many = rows_of([answered(n, 0) for n in range(1, 41)], "person_levels")[0]
    assert few["scores"] == many["scores"] == 1
    assert few["level"] < many["level"]
    assert few["variance"] > many["variance"]


def test_marks_of_a_day_speak_for_the_answers_behind_them() -> None:
    marked = [result(1, 0, score=0.7), result(2, 0, action="check", score=0.5)]
    both = [*marked, *(answered(n, 0, success=False) for n in range(3, 9))]
    alone, among = rows_of(marked, "person_levels")[0], rows_of(both, "person_levels")[0]
    assert alone["scores"] == among["scores"] == 2
    assert alone["level"] == among["level"]


def test_each_subject_has_a_level_and_a_course_stands_in_for_one() -> None:
    facts = [
        result(1, 0),
        result(2, 0, subject="english"),
        result(3, 0, subject="", course="module"),
        result(4, 0, subject=""),
        result(5, 0, subject="music", action="group_work"),
        result(6, 0, subject="music", score=None),
    ]
    subjects = {row["subject"] for row in rows_of(facts, "person_levels")}
    assert subjects == {"mathematics", "english", "module"}


def test_weeks_are_kept_with_the_level_at_their_end_and_the_mean_of_their_results() -> None:
    facts = [result(1, 0, score=0.6), result(2, 2, score=0.8), result(3, 8, score=0.5)]
    first, second = rows_of(facts, "person_level_weeks")
    assert (first["week"], first["observations"], first["points"]) == (MONDAY, 2, 70.0)
    assert (second["week"], second["observations"], second["points"]) == (MONDAY + 7, 1, 50.0)
    until_then = rows_of(facts[:2], "person_level_weeks")[0]
    assert first == until_then | {"position": first["position"]}
    assert second["scores"] == 3


@st.composite
def results(draw) -> list[Fact]:
    days = sorted(draw(st.lists(st.integers(0, 30), min_size=1, max_size=20)))
    return [
        draw(st.sampled_from([result, answered]))(
            number,
            day,
            subject=draw(st.sampled_from(["mathematics", "english"])),
        )
        if draw(st.booleans())
        else result(number, day, score=draw(st.floats(-1, 1)), action="check")
        for number, day in enumerate(days, 1)
    ]


@given(results(), st.data())
def test_rows_are_the_same_wherever_batches_end_and_states_are_stored(
    facts: list[Fact], data: st.DataObject
) -> None:
    """The last row of each key, taken in pieces, is the row of one go."""
    tables = ("person_levels", "person_level_weeks")
    pieces: dict[tuple, tuple] = {}
    state = FOLD.start("school", "a")
    for fact in facts:
        FOLD.apply(state, fact)
        if data.draw(st.booleans()) or fact is facts[-1]:
            state = decode(encode(state))
            given = FOLD.rows(state)
            for name in tables:
                for row in given.get(name, []):
                    pieces[name, *TABLES[name].key_of(row)] = row[:-2]
    whole = FOLD.rows(folded(facts))
    assert pieces == {
        (name, *TABLES[name].key_of(row)): row[:-2] for name in tables for row in whole[name]
    }


def test_a_calibration_gives_the_curve() -> None:
    """Where half of a cohort had more than 90, a 90 says that somebody is in its middle."""
    prior = GrowthCalibration()
    curve = Curve((0.0, 90.0, 100.0), (-3.0, 0.0, 3.0), 0.5, 100)
    fitted = GrowthCalibration(curves={"mathematics\tresult\t": curve}, start=prior.start)
    fold = Fold(Calibration("1", growth=fitted))
    [row] = rows_of([result(1, 0, score=0.9)], "person_levels", fold)
    assert row["level"] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("day", "year", "week"),
    [
        (date(2025, 9, 1), "2025", "01"),
        (date(2025, 9, 7), "2025", "01"),
        (date(2025, 9, 8), "2025", "02"),
        (date(2026, 8, 30), "2025", "52"),
        (date(2026, 8, 31), "2026", "01"),  # the Monday before the first of September
        (date(2027, 1, 1), "2026", "18"),
    ],
)
def test_weeks_are_counted_from_the_first_of_september(day: date, year: str, week: str) -> None:
    number = day.toordinal() - EPOCH
    assert (school_year(number), week_of_school_year(number)) == (year, week)
