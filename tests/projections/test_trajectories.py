"""Trajectories: levels, bands, what is foretold, growth among peers, measured warnings."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from projections.prediction import trajectories as module
from projections.prediction.calibration import Calibration
from projections.prediction.growth import Floats, LevelState
from projections.prediction.trajectories import (
    Forecaster,
    Peer,
    Trajectories,
    evidence_of,
    growth_percentile,
)
from projections.remembering import Remembered
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.growing_district import STUDENTS, WEEKS, grow, name_of, true_level
from tests.support.small_district import STORE, TODAY, key


@pytest.fixture(scope="module")
def generation() -> Generation:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    return warehouse.ensure("trajectories")


@pytest.fixture(scope="module")
def calibration(generation: Generation) -> Calibration:
    return grow(generation)


@pytest.fixture(scope="module")
def trajectories(generation: Generation, calibration: Calibration) -> Trajectories:
    return Trajectories(generation, lambda store: calibration, lambda: 1000)


def subject_of(trajectories: Trajectories, student: str, **more) -> dict:
    found, _ = trajectories.student(STORE, key(student), more.pop("until", TODAY), **more)
    [subject] = found["subjects"]
    return subject


def test_a_level_lies_near_the_true_one_and_its_band_holds_it(trajectories: Trajectories) -> None:
    held = 0
    for number in range(STUDENTS - 1):
        level = subject_of(trajectories, name_of(number))["level"]
        assert level["points"] == pytest.approx(true_level(number), abs=12)
        held += level["low95"] <= true_level(number) <= level["high95"]
    assert held >= 0.85 * (STUDENTS - 1)


def test_bands_of_the_forecast_widen_and_hold_each_other(trajectories: Trajectories) -> None:
    forecast = subject_of(trajectories, name_of(3))["forecast"]
    assert [one["week"] for one in forecast][:2] == ["2026-11-30", "2026-12-07"]
    for one in forecast:
        assert 0 <= one["low95"] <= one["low80"] <= one["points"] <= one["high80"] <= one["high95"]
    widths = [one["high80"] - one["low80"] for one in forecast]
    assert widths[-1] >= widths[0]


def test_who_stands_higher_reaches_a_target_likelier(trajectories: Trajectories) -> None:
    low = subject_of(trajectories, name_of(2), target=80.0)["forecast"][0]
    high = subject_of(trajectories, name_of(3), target=80.0)["forecast"][0]
    assert low["reach_target"] < high["reach_target"]
    assert low["under_pass"] > 0.5 > high["under_pass"]


def test_as_of_an_earlier_day_it_is_what_it_was(trajectories: Trajectories) -> None:
    until = TODAY - timedelta(weeks=10)
    subject = subject_of(trajectories, name_of(3), until=until)
    assert subject["n"] == len(subject["weeks"]) == WEEKS - 10
    assert subject["weeks"] == subject_of(trajectories, name_of(3))["weeks"][: WEEKS - 10]


def test_with_too_few_results_there_is_no_number_but_how_many_are_missing(
    trajectories: Trajectories,
) -> None:
    subject = subject_of(trajectories, "few")
    assert (subject["level"], subject["forecast"], subject["growth"]) == (None, None, None)
    assert (subject["why"]["code"], subject["why"]["missing"]) == ("not_enough_evidence", 1)
    assert all(week["level"] is None for week in subject["weeks"])
    told = trajectories.class_group(STORE, "5-1", TODAY)
    [few] = [one for one in told["subjects"][0]["students"] if one["person"] == key("few")]
    assert (few["level"], few["next"], few["why"]["missing"]) == (None, None, 1)


def test_nothing_is_foretold_from_priors_nor_from_an_old_result(
    generation: Generation, trajectories: Trajectories
) -> None:
    priors = Trajectories(generation, lambda store: Calibration(), lambda: 1000)
    subject = subject_of(priors, name_of(3))
    assert (subject["forecast"], subject["why"]["code"]) == (None, "no_calibration")
    warned, _ = priors.warnings(STORE, TODAY)
    assert (warned["warnings"], warned["measured"]) == ([], None)
    later = subject_of(trajectories, name_of(3), until=TODAY + timedelta(weeks=13))
    assert (later["forecast"], later["why"]["code"]) == (None, "no_recent_result")


def test_of_nobody_there_is_no_trajectory_and_of_no_class(trajectories: Trajectories) -> None:
    assert trajectories.student(STORE, key("nobody"), TODAY) == (None, 1000)
    assert trajectories.class_group(STORE, "9-9", TODAY) is None


def test_a_class_has_its_students_each_with_next_week(trajectories: Trajectories) -> None:
    told = trajectories.class_group(STORE, "5-2", TODAY)
    [subject] = told["subjects"]
    assert [one["person"] for one in subject["students"]] == [
        key(name_of(number)) for number in range(30, 60)
    ]
    own = subject_of(trajectories, name_of(31))
    [same] = [one for one in subject["students"] if one["person"] == key(name_of(31))]
    assert (same["next"], same["level"]) == (own["forecast"][0], own["level"])


def test_warnings_name_the_lower_half_and_say_how_right_such_warnings_were(
    trajectories: Trajectories,
) -> None:
    told, position = trajectories.warnings(STORE, TODAY)
    assert position == 1000
    warned = {one["person"] for one in told["warnings"]}
    lower = {key(name_of(number)) for number in range(0, STUDENTS, 2)}
    assert len(warned & lower) >= 0.9 * len(lower)
    shares = [one["probability"] for one in told["warnings"]]
    assert shares == sorted(shares, reverse=True)
    measured = told["measured"]
    assert measured["precision"]["n"] >= 60
    assert measured["precision"]["low"] > measured["share"]["share"]
    assert measured["recall"]["share"] > 0.8


def test_a_students_own_warnings_are_those_of_the_list_and_nobody_elses_are_worked_out(
    trajectories: Trajectories, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, _ = trajectories.warnings(STORE, TODAY)
    listed = {one["person"]: one for one in told["warnings"]}
    looked_at: list[Peer] = []
    probabilities = module.probabilities_under

    def watched(forecaster: Forecaster, peers: list[Peer], on: date) -> Floats:
        looked_at.extend(peers)
        return probabilities(forecaster, peers, on)

    monkeypatch.setattr(module, "probabilities_under", watched)
    fallen, steady = key(name_of(STUDENTS - 1)), key(name_of(3))
    own = {"warnings": [listed[fallen]], "measured": told["measured"]}
    assert trajectories.warnings_of(STORE, fallen, TODAY) == (own, 1000)
    none: dict[str, Any] = {"warnings": [], "measured": None}
    assert trajectories.warnings_of(STORE, steady, TODAY) == (none, 1000)
    assert [one.person for one in looked_at] == [fallen, steady]


def test_warnings_of_a_few_days_are_held_and_how_right_they_were_of_many(
    trajectories: Trajectories, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[tuple[str, date]] = []

    def early(*asked: Any, **_: Any) -> list[Any]:
        worked.append(("warnings", asked[-1]))
        return []

    def measured(*asked: Any) -> None:
        worked.append(("measured", asked[-1]))

    monkeypatch.setattr(module, "early_warnings", early)
    monkeypatch.setattr(module, "measured_warnings", measured)
    days = [TODAY - timedelta(weeks=60, days=back) for back in range(9)]
    for day in [*days, days[-1], days[0]]:
        trajectories.warnings("another", day)
    once = [(what, day) for day in days for what in ("warnings", "measured")]
    assert worked == [*once, ("warnings", days[0])]


def test_the_position_of_a_trajectory_is_that_of_the_peers_it_is_compared_with(
    generation: Generation, calibration: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = 1000
    trajectories = Trajectories(generation, lambda store: calibration, lambda: position)
    monkeypatch.setattr(Remembered, "_is_old", lambda *_: False)
    assert trajectories.student(STORE, key(name_of(3)), TODAY)[1] == 1000
    position = 1001
    assert trajectories.student(STORE, key(name_of(5)), TODAY)[1] == 1000
    assert trajectories.student(STORE, key("few"), TODAY)[1] == 1001  # compared with nobody
    assert trajectories.student(STORE, key(name_of(5)), TODAY, least=1001)[1] == 1001


def test_who_fell_is_warned_of_with_that_reason(trajectories: Trajectories) -> None:
    told, _ = trajectories.warnings(STORE, TODAY, class_group="5-2")
    assert {one["class_group"] for one in told["warnings"]} == {"5-2"}
    [fallen] = [one for one in told["warnings"] if one["person"] == key(name_of(STUDENTS - 1))]
    reasons = {one["code"]: one for one in fallen["reasons"]}
    numbers = reasons["falling"]["numbers"]
    assert numbers["points_before"] > numbers["points"] + 15
    assert "8 周内水平由" in reasons["falling"]["zh"]


def peer(person: str, before: float, now: float, scores: int = 12) -> Peer:
    return Peer(
        person, "", "", "m", now, 0.1, 20.0, 20.0, scores, "2026-11-20",
        before, 0.1, 20.0, 20.0, 6,
    )  # fmt: skip


def test_growth_is_ranked_among_those_who_stood_alike() -> None:
    low = [peer(f"l{n:02}", -1.0, -1.0 + n / 100) for n in range(40)]
    high = [peer(f"h{n:02}", 1.0, 1.0 + n / 100) for n in range(40)]
    top_of_low = growth_percentile([*low, *high, peer("x", -1.0, -0.5)], "x", TODAY)
    middle = growth_percentile([*low, *high, peer("x", 1.0, 1.195)], "x", TODAY)
    assert (top_of_low["percentile"], top_of_low["peers"]) == (99.0, 30)
    assert 30 < middle["percentile"] < 70


def test_with_too_few_peers_or_no_history_growth_has_no_percentile() -> None:
    few = [peer(f"p{n}", 0.0, n / 10) for n in range(11)]
    told = growth_percentile(few, "p3", TODAY)
    assert (told["percentile"], told["why"]["missing"]) == (None, 20)
    assert growth_percentile(few, "x", TODAY)["percentile"] is None


def test_a_forecast_far_ahead_is_less_sure(calibration: Calibration) -> None:
    forecaster = Forecaster(calibration)
    known = LevelState(1.0, 0.1, 20.0, 20.0, 10, 20_000)
    near, far = (forecaster.outlook("mathematics", known, 20_000 + day)[1] for day in (7, 56))
    assert far.deviation >= near.deviation
    assert far.mean == near.mean


def test_many_are_foretold_as_each_one_is(calibration: Calibration) -> None:
    forecaster, mark = Forecaster(calibration), 60.0
    known = [
        LevelState(place / 4 - 3, 0.05 * place, 20.0 + place, 18.0, 10, 20_000 - place)
        for place in range(1, 25)
    ]
    together = forecaster.under("mathematics", known, 20_014, mark)
    alone = [
        forecaster.share_under(*forecaster.outlook("mathematics", one, 20_014), mark)
        for one in known
    ]
    assert together.tolist() == pytest.approx(alone)
    lower = [one.level <= forecaster.mark_standing("mathematics", 20_014, mark) for one in known]
    assert lower == [each >= 0.5 for each in alone]
    assert 0 < sum(lower) < len(known)


@pytest.mark.parametrize(
    "person",
    ["account:https://a.example|x+1 %20&y=#?", "mbox:mailto:a_b-c.d~e@f.example", "张 三&"],
)
def test_evidence_is_asked_about_whoever_it_is(person: str) -> None:
    asked = parse_qs(urlsplit(evidence_of(person, "chinese", "", "2026-03-01")).query)
    assert (asked["person"], asked["subject"]) == ([person], ["chinese"])
