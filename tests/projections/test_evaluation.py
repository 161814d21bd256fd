"""Results of a small district under a scheme: students, classes, schools, evidence, and what if."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from projections.days import Span
from projections.evaluation.evaluations import DEFAULT_DAYS, Evaluations
from projections.evaluation.published_schemes import Schemes
from projections.evaluation.schemes import (
    Dimension,
    Indicator,
    Measure,
    Normalisation,
    OfAnotherSchool,
    Scheme,
    Title,
    Where,
)
from projections.evidence import evidence
from projections.rosters.rows import roster_rows
from projections.tables import FACTS, IDENTITIES, fact_row
from projections.warehouse import Generation, Warehouse
from tests.projections.test_evidence import figures, wanted_of
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.evaluations import DAY, EVERYONE, HILL, LAKE, SCHOOLS, deed, term
from tests.support.small_district import STORE, TODAY, carry, enroll, key

TIMEZONE = "Asia/Shanghai"
ZONE = ZoneInfo(TIMEZONE)
SPAN = Span(TODAY - 55 * DAY, TODAY)
SHIPPED = Schemes({})
DISTRICT = SHIPPED.resolve("district-comprehensive").scheme


def indicator(name: str, measure: Measure, weight: float, **more: Any) -> Indicator:
    given = {"kind": "process", "source": "objective", **more}
    given.setdefault("normalisation", Normalisation(by="criterion", zero=0, full=1))
    title = Title(zh=name, en=name)
    return Indicator(id=name, title=title, measure=measure, weight=weight, **given)


ANSWERS = Measure(over="facts", figure="share", of="success", where=Where(actions=("answer",)))
ON_TIME = Measure(over="facts", figure="share", of="on_time", phase="post")
HANDS = Measure(over="facts", figure="count", where=Where(actions=("hand_raised",)))
RATED = Measure(over="ratings", figure="mean", of="rating", where=Where(raters=("teacher",)))
MASTERY = Measure(over="mastery", figure="mean")
MISTAKES = Measure(over="mistakes", figure="share")
WEIGHTED = [
    indicator("accuracy", ANSWERS, 40),
    indicator("on-time", ON_TIME, 40, minimum=5),
    indicator("hands", HANDS, 20, normalisation=Normalisation(by="percentile"), minimum=0),
]
OUTCOME = [
    indicator("mastery", MASTERY, 50, kind="outcome"),
    indicator("mistakes", MISTAKES, 20, kind="outcome"),
    indicator("rated", RATED, 30, source="subjective"),
]
SCHEME = Scheme(
    id="of-test",
    title=Title(zh="测试", en="Test"),
    levels=DISTRICT.levels,
    dimensions=(
        Dimension(id="doing", title=Title(zh="过程", en="Doing"), weight=60,
                  indicators=tuple(WEIGHTED)),
        Dimension(id="coming", title=Title(zh="结果", en="Outcome"), weight=40,
                  indicators=tuple(OUTCOME)),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def generation() -> Iterator[Generation]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    generation = warehouse.ensure()
    enroll(generation, SCHOOLS, moves=[("a07", "5-2", "5-1", TODAY - 3 * DAY)])
    carry(generation, term())
    yield generation
    warehouse.close()


@pytest.fixture(scope="module")
def evaluations(generation: Generation) -> Evaluations:
    return Evaluations(generation, lambda: 7, TIMEZONE)


def result(evaluations: Evaluations, student: str, span: Span = SPAN) -> dict[str, Any]:
    found = evaluations.student(STORE, SCHEME, key(student), span)
    assert found is not None
    return found


def parts(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for one in told["dimensions"] for each in one["indicators"]}


def test_a_result_is_what_the_students_facts_say(evaluations: Evaluations) -> None:
    found = parts(result(evaluations, "a04"))
    assert found["accuracy"]["figure"]["value"] == pytest.approx(5 / 10)
    assert found["accuracy"]["score"] == pytest.approx(50)
    assert found["on-time"]["figure"]["value"] == pytest.approx(3 / 5)  # late in two of five weeks
    assert found["hands"]["normalisation"]["cohort"] == "grade:primary:05"
    assert found["hands"]["counted"] == 0
    assert found["hands"]["missing"] is None
    assert found["rated"]["figure"]["seen"] == pytest.approx(0.6)


def test_points_add_up_to_the_total_and_process_stands_apart(evaluations: Evaluations) -> None:
    told = result(evaluations, "a05")
    points = [one["points"] for one in parts(told).values()]
    assert sum(points) == pytest.approx(told["total"]["score"], abs=1e-4)
    assert told["total"]["completeness"] == pytest.approx(1.0)
    outcome, process = told["kinds"]["outcome"], told["kinds"]["process"]
    shares = {name: one["of_points"] for name, one in parts(told).items()}
    assert outcome["score"] * (shares["mastery"] + shares["mistakes"]) / 100 + process["score"] * (
        100 - shares["mastery"] - shares["mistakes"]
    ) / 100 == pytest.approx(told["total"]["score"], abs=1e-3)


def test_every_figure_opens_the_facts_that_it_rests_on(
    generation: Generation, evaluations: Evaluations
) -> None:
    for scheme in (SCHEME, DISTRICT, SHIPPED.resolve("football").scheme):
        told = evaluations.student(STORE, scheme, key("a03"), SPAN)
        shown = list(figures(told))
        assert len(shown) > 5
        for figure in shown:
            page, _ = evidence(generation, STORE, wanted_of(figure), ZONE, limit=500)
            assert len(page) == figure["facts"], figure


def test_the_evidence_gives_the_figure_back(
    generation: Generation, evaluations: Evaluations
) -> None:
    found = parts(result(evaluations, "b02"))

    def facts(name: str) -> list[dict[str, Any]]:
        return evidence(generation, STORE, wanted_of(found[name]["evidence"]), ZONE, limit=500)[0]

    right = [one["success"] for one in facts("accuracy")]
    assert sum(right) / len(right) == pytest.approx(found["accuracy"]["figure"]["value"])
    on_time = [one["time"] <= one["due"] for one in facts("on-time")]
    assert sum(on_time) / len(on_time) == pytest.approx(found["on-time"]["figure"]["value"])
    ratings = [one["rating"] for one in facts("rated")]
    assert sum(ratings) / len(ratings) == pytest.approx(found["rated"]["figure"]["seen"])


def test_what_is_missing_is_said_and_words_are_in_both_languages(
    evaluations: Evaluations,
) -> None:
    told = evaluations.student(STORE, DISTRICT, key("a02"), SPAN)
    assert told is not None
    missing = [one for one in parts(told).values() if one["missing"]]
    assert missing
    assert all(one["score"] is None for one in missing)
    assert {one["missing"]["code"] for one in missing} == {"evidence"}
    assert 0 < told["total"]["completeness"] < 1
    words = told["explanation"]
    assert all(set(one) == {"zh", "en"} for one in words)
    assert "weight goes to the others" in words[-1]["en"]


def test_change_is_since_as_many_days_before(evaluations: Evaluations) -> None:
    span = Span(TODAY - 13 * DAY, TODAY)
    told = result(evaluations, "a04", span)
    before = result(evaluations, "a04", span.before())
    assert told["before"] == {
        "from": (TODAY - 27 * DAY).isoformat(),
        "to": (TODAY - 14 * DAY).isoformat(),
    }
    assert told["total"]["before"] == before["total"]["score"]
    assert told["total"]["change"] == pytest.approx(
        told["total"]["score"] - before["total"]["score"]
    )


def test_who_is_known_to_nothing_has_no_result(evaluations: Evaluations) -> None:
    assert evaluations.student(STORE, SCHEME, key("nobody"), SPAN) is None
    assert evaluations.class_group(STORE, SCHEME, "nowhere", SPAN) is None
    assert evaluations.school(STORE, SCHEME, "nowhere", SPAN) is None


def test_a_class_is_who_is_in_it_on_the_last_day(evaluations: Evaluations) -> None:
    now = evaluations.class_group(STORE, SCHEME, "5-1", SPAN)
    then = evaluations.class_group(STORE, SCHEME, "5-1", Span(SPAN.first, TODAY - 7 * DAY))
    assert now is not None
    assert then is not None
    assert [one["person"] for one in now["members"]] == [key(one) for one in (*LAKE[:4], "a07")]
    assert [one["person"] for one in then["members"]] == [key(one) for one in LAKE[:4]]


def test_a_group_is_its_students_results_together(evaluations: Evaluations) -> None:
    alone = [result(evaluations, student)["total"] for student in EVERYONE]
    told = evaluations.district(STORE, SCHEME, SPAN)
    total = told["total"]
    assert told["students"] == total["n"] == len(EVERYONE)
    assert total["mean"] == pytest.approx(sum(one["score"] for one in alone) / len(alone))
    assert sum(total["histogram"]) == len(alone)
    for level in total["levels"]:
        assert level["count"] == sum(one["level"] == level["id"] for one in alone)
        assert level["share"] == pytest.approx(level["count"] / len(alone))
    assert {one["id"]: one["n"] for one in told["schools"]} == {"lake": 8, "hill": 6}
    school = evaluations.school(STORE, SCHEME, "hill", SPAN)
    assert school is not None
    assert school["students"] == len(HILL)
    assert [one["id"] for one in school["classes"]] == ["5-3"]


def test_another_scheme_says_who_changes_level_and_why(evaluations: Evaluations) -> None:
    doing, coming = SCHEME.dimensions
    heavier = msgspec.structs.replace(
        SCHEME,
        dimensions=(
            msgspec.structs.replace(doing, weight=5),
            msgspec.structs.replace(coming, weight=95),
        ),
    )
    told = evaluations.what_if(STORE, (SCHEME, SPAN), (heavier, SPAN))
    assert sum(one["count"] for one in told["moves"]) == told["students"] == len(EVERYONE)
    assert 0 < told["changed"] == len(told["changes"])
    for one in told["changes"]:
        assert one["from"] != one["to"]
        first = result(evaluations, one["person"].rpartition("|")[2])
        assert one["score_before"] == first["total"]["score"]
        biggest = one["reasons"][0]
        apart = [abs(why["points_after"] - why["points_before"]) for why in one["reasons"]]
        assert apart == sorted(apart, reverse=True)
        assert biggest["weight_before"] != biggest["weight_after"]
    same = evaluations.what_if(STORE, (SCHEME, SPAN), (SCHEME, SPAN), {key("a01")})
    assert (same["students"], same["changed"], same["change"]["mean"]) == (1, 0, 0.0)


def test_a_what_if_of_a_schools_own_scheme_is_about_its_students(evaluations: Evaluations) -> None:
    of_hill, of_lake = (
        msgspec.structs.replace(SCHEME, school=school) for school in ("hill", "lake")
    )
    for pair in ((SCHEME, of_hill), (of_hill, SCHEME), (of_hill, of_hill)):
        told = evaluations.what_if(STORE, *((one, SPAN) for one in pair))
        assert told["students"] == len(HILL)
    with pytest.raises(OfAnotherSchool):
        evaluations.what_if(STORE, (of_hill, SPAN), (of_lake, SPAN))


def test_other_days_are_a_what_if_too(evaluations: Evaluations) -> None:
    earlier = Span(TODAY - 40 * DAY, TODAY - 20 * DAY)
    told = evaluations.what_if(STORE, (SCHEME, SPAN), (SCHEME, earlier))
    assert told["what_if"]["period"] == {
        "from": earlier.first.isoformat(),
        "to": earlier.last.isoformat(),
    }


def test_a_trajectory_is_the_results_of_four_weeks_each_and_of_few_nothing_is_foretold(
    evaluations: Evaluations,
) -> None:
    told = evaluations.trajectory(STORE, SCHEME, key("a03"), TODAY)
    assert told is not None
    windows = told["total"]["windows"]
    assert [window["to"] for window in windows] == [
        (TODAY - 28 * back * DAY).isoformat() for back in (3, 2, 1, 0)
    ]
    last = result(evaluations, "a03", Span(TODAY - 27 * DAY, TODAY))
    assert {name: windows[-1][name] for name in ("score", "low", "high", "level")} == {
        name: last["total"][name] for name in ("score", "low", "high", "level")
    }
    for one, same in zip(told["dimensions"], last["dimensions"], strict=True):
        assert one["windows"][-1]["score"] == same["score"]
    assert told["total"]["forecast"] is None
    assert told["total"]["why"]["code"] == "too_few_peers"
    assert told["cohort"]["students"] == len(EVERYONE) - 1
    assert evaluations.trajectory(STORE, SCHEME, key("nobody"), TODAY) is None


def test_a_new_fact_moves_a_result_at_once(generation: Generation) -> None:
    evaluations = Evaluations(generation, lambda: 7, TIMEZONE)
    before = parts(result(evaluations, "b05"))["hands"]["figure"]["value"]
    own = [fact for fact in term() if fact.person == key("b05")]
    more = [deed("b05", 1, "hand_raised", f"more-{n}", success=None) for n in range(4)]
    carry(generation, [*own, *more], position=2000)
    assert parts(result(evaluations, "b05"))["hands"]["figure"]["value"] == before + 4


def test_a_roster_and_a_link_that_change_show_at_once(generation: Generation) -> None:
    evaluations = Evaluations(generation, lambda: 9, TIMEZONE)
    with_one_class = result(evaluations, "b05")
    assert (with_one_class["class_group"], with_one_class["school"]) == ("5-3", "hill")
    content = {"userSourcedId": "b05", "person": key("b05"), "classSourcedId": "5-1"}
    content |= {"schoolSourcedId": "lake", "role": "student", "begin": TODAY.isoformat()}
    for table, rows in roster_rows("roster-enrollment", STORE, "b05-5-1", content, 900).items():
        generation.insert(table, rows)
    assert result(evaluations, "b05")["school"] == "lake"
    generation.insert(IDENTITIES.name, [(STORE, key("b05-own"), key("b05"), 901, 0)])
    assert result(evaluations, "b05-own") == result(evaluations, "b05")


def test_a_link_that_lands_while_an_answer_looks_leaves_no_older_figure(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluations, query = Evaluations(generation, lambda: 9, TIMEZONE), generation.query
    before = parts(result(evaluations, "b04"))["hands"]["figure"]["value"]
    own, looks = [one for one in term() if one.person == key("b04")], list[str]()

    def land() -> None:
        """Write what the carrier does: a link, then the person's rows of a new version."""
        of_account = [deed("b04-pad", 1, "hand_raised", f"{n}", success=None) for n in range(3)]
        generation.insert(FACTS.name, [fact_row(one) for one in of_account])
        generation.insert(IDENTITIES.name, [(STORE, key("b04-pad"), key("b04"), 3000, 0)])
        carry(generation, own, position=3000)

    def query_while_it_lands(name: str, **given: Any) -> Any:
        rows = query(name, **given)
        if name == "evaluation_basis":
            looks.append(name)
            if len(looks) == 1:
                land()
        return rows

    carry(generation, own, position=2999)  # so that the next look is another
    monkeypatch.setattr(generation, "query", query_while_it_lands)
    result(evaluations, "b04")
    assert parts(result(evaluations, "b04"))["hands"]["figure"]["value"] == before + 3


def test_a_period_is_the_term_of_the_roster_or_else_sixteen_weeks(
    generation: Generation, evaluations: Evaluations
) -> None:
    assert evaluations.period(STORE, TODAY) == Span(TODAY - timedelta(days=DEFAULT_DAYS - 1), TODAY)
    begin, end = TODAY - 80 * DAY, TODAY + 50 * DAY
    content = {
        "title": "2026 秋", "type": "term", "begin": begin.isoformat(),
        "end": end.isoformat(), "schoolYear": "2027",
    }  # fmt: skip
    for table, rows in roster_rows("roster-session", "termed", "autumn", content, 1).items():
        generation.insert(table, rows)
    assert evaluations.period("termed", TODAY) == Span(begin, TODAY)
