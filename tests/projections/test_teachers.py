"""Teacher portraits over statements by hand and over lessons that the sample apps have played."""

from typing import Any

import orjson
import pytest

from projections.portraits.teacher_dimensions import DIMENSIONS, ENOUGH_TEACHERS
from projections.portraits.teachers import Teachers
from projections.remembering import Remembered
from projections.vocabulary import ACTIONS
from projections.warehouse import Generation
from tests.support.lessons import (
    STORE,
    Statement,
    WrittenLinks,
    WrittenRoster,
    agent,
    key,
    play,
    put_in,
    said,
)

LEARNER = agent("an") | {"objectType": "Agent"}


@pytest.fixture
def roster() -> WrittenRoster:
    return WrittenRoster()


@pytest.fixture
def links() -> WrittenLinks:
    return WrittenLinks()


@pytest.fixture
def teachers(generation: Generation, roster: WrittenRoster, links: WrittenLinks) -> Teachers:
    return Teachers(generation, lambda: 7, roster=roster, people=links)


def portrait(teachers: Teachers, person: str = "wu") -> dict[str, Any]:
    found = teachers.portrait(STORE, key(person))
    assert found is not None
    assert orjson.loads(orjson.dumps(found)) == found
    return found


def dimensions(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["dimension"]: each for each in told["dimensions"]}


def test_the_position_is_that_of_the_teachers_among_whom_somebody_is_ranked(
    generation: Generation,
    roster: WrittenRoster,
    links: WrittenLinks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_in(generation, each_act())
    position = 7
    teachers = Teachers(generation, lambda: position, roster=roster, people=links)
    monkeypatch.setattr(Remembered, "_is_old", lambda *_: False)
    assert portrait(teachers)["position"] == 7
    position = 8
    assert portrait(teachers)["position"] == 7
    found = teachers.portrait(STORE, key("wu"), least=8)
    assert found is not None
    assert found["position"] == 8


def monday(week: int) -> str:
    return f"2026-03-{2 + 7 * week:02}T09:00:00+08:00"


def each_act(who: str = "wu", first: int = 1, at: str = monday(0)) -> list[Statement]:
    """One statement of each action that counts for a dimension, and of preparation."""
    resource, given = ("resources/1", "resource"), {"at": at}
    acts: list[tuple[Any, ...]] = [
        ("create", *resource),
        ("personalized", *resource),
        ("shared", *resource),
        ("pushed", *resource),
        ("adjusted", "strategies/1", "strategy"),
        ("organised", "interactions/1", "interaction"),
        ("gave-feedback", LEARNER),
        ("mentored", LEARNER),
        ("rated", LEARNER),
        ("searched", *resource),
        ("adopted", *resource),
        ("use", *resource),
        ("assign", "homework/1", "homework"),
    ]
    return [said(number, who, *act, **given) for number, act in enumerate(acts, first)]


# Who is a teacher ---------------------------------------------------------------------------------


def test_nobody_has_no_portrait(teachers: Teachers) -> None:
    assert teachers.portrait(STORE, key("wu")) is None


def test_a_learner_has_no_portrait_of_a_teacher(generation: Generation, teachers: Teachers) -> None:
    """Even who once uses a resource: learners do so too."""
    put_in(
        generation,
        [
            said(1, "an", "use", "resources/1", "resource"),
            said(2, "an", "answered", "items/1", "item"),
            *each_act(first=10),
        ],
    )
    assert teachers.portrait(STORE, key("an")) is None
    assert portrait(teachers)["role"] is None


def test_the_roster_says_who_is_a_teacher(
    generation: Generation, teachers: Teachers, roster: WrittenRoster
) -> None:
    put_in(generation, each_act())
    roster.known_roles = {key("wu"): "student", key("lu"): "teacher"}
    assert teachers.portrait(STORE, key("wu")) is None
    told = portrait(teachers, "lu")
    assert (told["role"], told["acts"], told["weeks"]) == ("teacher", 0, 0)
    assert all(each["n"] == 0 and each["per_week"] is None for each in told["dimensions"])


def test_a_portrait_is_of_its_own_store_only(generation: Generation, teachers: Teachers) -> None:
    put_in(generation, each_act(), store="elsewhere")
    assert teachers.portrait(STORE, key("wu")) is None


# The five dimensions ------------------------------------------------------------------------------


def test_the_five_dimensions_are_those_of_the_model_in_chinese_and_english(
    generation: Generation, teachers: Teachers
) -> None:
    put_in(generation, each_act())
    names = [each["names"]["zh-CN"] for each in portrait(teachers)["dimensions"]]
    assert names == [
        "共建共享教学资源",
        "实时推送个性化资源",
        "动态调整教学策略",
        "积极组织互动交流",
        "有效增进分析反馈",
    ]
    assert all(action in ACTIONS for dimension in DIMENSIONS for action in dimension.actions)


def test_each_act_counts_for_its_dimension_and_has_its_evidence(
    generation: Generation, teachers: Teachers
) -> None:
    marked = said(50, "an", "scored", "homework/1", "homework", instructor="wu")
    put_in(generation, [*each_act(), marked])
    told = dimensions(portrait(teachers))
    assert {name: each["n"] for name, each in told.items()} == {
        "resources": 3,
        "pushes": 1,
        "strategy": 1,
        "interaction": 1,
        "feedback": 4,
    }
    assert told["feedback"]["learners"] == 1
    for dimension in told.values():
        assert sum(each["n"] for each in dimension["actions"]) == dimension["n"]
        for each in dimension["actions"]:
            wanted = {"person": key("wu"), "action": [each["action"]]}
            assert each["evidence"] == {"facts": each["n"], "wanted": wanted}
    assert told["pushes"]["lessons"]["n"] == 1


def test_acts_are_counted_by_teaching_week_and_set_against_the_own_past(
    generation: Generation, teachers: Teachers
) -> None:
    """Six teaching weeks: two pushes a week in the last four, none before."""
    acts = [
        said(week, "wu", "organised", "interactions/1", "interaction", at=at)
        for week, at in enumerate(
            (*map(monday, range(4)), "2026-04-06T09:00:00+08:00", "2026-04-13T09:00:00+08:00"), 1
        )
    ]
    pushes = [
        said(10 + number, "wu", "pushed", "resources/1", "resource", at=at)
        for number, at in enumerate(
            2 * [monday(2), monday(3), "2026-04-06T09:00:00+08:00", "2026-04-13T09:00:00+08:00"]
        )
    ]
    put_in(generation, [*acts, *pushes])
    told = dimensions(portrait(teachers))
    assert told["pushes"]["per_week"] == pytest.approx(8 / 6)
    assert told["pushes"]["own_past"] == {
        "recent_weeks": 4,
        "recent": 2.0,
        "weeks_before": 2,
        "before": 0.0,
    }
    assert [each["n"] for each in told["pushes"]["weeks"]] == [0, 0, 2, 2, 2, 2]
    assert told["interaction"]["weeks"][0] == {"week": "2026-03-02", "n": 1}


def test_a_week_begins_on_the_districts_monday(generation: Generation, teachers: Teachers) -> None:
    sunday_night_in_utc = "2026-03-08T16:30:00Z"
    put_in(generation, [said(1, "wu", "pushed", "resources/1", at=sunday_night_in_utc)])
    (week,) = dimensions(portrait(teachers))["pushes"]["weeks"]
    assert week["week"] == "2026-03-09"


def test_the_rank_is_among_teachers_who_do_any_of_it(
    generation: Generation, teachers: Teachers, roster: WrittenRoster
) -> None:
    statements = []
    for number in range(ENOUGH_TEACHERS):
        for push in range(number + 1):
            at = 100 * number + push + 1
            statements.append(said(at, f"t{number}", "pushed", "resources/1", "resource"))
    statements.append(said(900, "idle", "organised", "interactions/1", "interaction"))
    statements += [said(1000 + n, "pupil", "pushed", "resources/1", "resource") for n in range(9)]
    put_in(generation, statements)
    roster.known_roles = {key("pupil"): "student"}
    ranks = [dimensions(portrait(teachers, f"t{number}"))["pushes"] for number in range(5)]
    assert [each["rank"] for each in ranks] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    assert {each["among"] for each in ranks} == {ENOUGH_TEACHERS}
    idle = dimensions(portrait(teachers, "idle"))
    assert idle["pushes"]["rank"] is None
    assert (idle["interaction"]["rank"], idle["interaction"]["among"]) == (None, 1)


def test_two_accounts_are_one_teacher(
    generation: Generation, teachers: Teachers, links: WrittenLinks
) -> None:
    put_in(generation, [*each_act(), *each_act("wu2", first=50)])
    links.person_of[key("wu2")] = key("wu")
    told = portrait(teachers)
    assert dimensions(told)["pushes"]["n"] == 2
    assert dimensions(told)["pushes"]["among"] == 1


# Preparation, resources, homework -----------------------------------------------------------------


def test_preparation_tells_what_was_searched_and_adopted_for_which_lessons(
    generation: Generation, teachers: Teachers
) -> None:
    put_in(generation, each_act())
    prepared = portrait(teachers)["preparation"]
    assert {each["action"]: each["n"] for each in prepared["actions"]} == {
        "resource_searched": 1,
        "resource_adopted": 1,
        "resource_recreated": 1,
    }
    assert prepared["lessons"]["n"] == 1


def test_reuse_counts_lessons_and_other_teachers(
    generation: Generation, teachers: Teachers
) -> None:
    def lesson(number: int) -> dict[str, str]:
        return {"lesson": f"https://district.example.cn/lessons/{number}"}

    put_in(
        generation,
        [
            said(1, "wu", "create", "resources/1", "resource", lesson=None),
            said(2, "wu", "use", "resources/1", "resource", **lesson(1)),
            said(3, "wu", "use", "resources/1", "resource", **lesson(2)),
            said(4, "wu", "use", "resources/2", "resource", **lesson(2)),
            said(5, "lu", "adopted", "resources/1", "resource", **lesson(3)),
            said(6, "lu", "use", "resources/1", "resource", **lesson(3)),
        ],
    )
    reused = portrait(teachers)["resources"]
    assert (reused["resources"], reused["used_again"]) == (2, 1)
    assert (reused["taken_by_others"], reused["other_persons"]) == (1, 1)
    most = reused["most_used"][0]
    assert (most["item"], most["lessons"]) == ("https://district.example.cn/resources/1", 2)
    assert most["actions"] == {"resource_created": 1, "resource_used": 2}
    assert reused["effect"]["in"] == {"n": 0, "n_other": 0, "mean": None, "low": None, "high": None}


def test_lessons_with_a_resource_are_set_against_the_others(
    generation: Generation, teachers: Teachers
) -> None:
    """Six lessons with a resource, where 8 of 10 are right, six without, where 5 of 10 are."""
    statements, number = [], 0
    for lesson in range(12):
        given = {"lesson": f"https://district.example.cn/lessons/{lesson}"}
        verb = ("use", "resources/1", "resource") if lesson < 6 else ("organised", "i/1", "i")
        number += 1
        statements.append(said(number, "wu", *verb, **given))
        for learner in range(10):
            number += 1
            right = learner < (8 if lesson < 6 else 5)
            statements.append(
                said(
                    *(number, f"s{learner}", "answered", "items/1", "item"),
                    **given,
                    phase="in",
                    result={"success": right},
                )
            )
    put_in(generation, statements)
    told = portrait(teachers)
    found = told["resources"]["effect"]["in"]
    assert (found["n"], found["n_other"]) == (6, 6)
    assert found["mean"] == pytest.approx(0.3)
    assert (found["low"], found["high"]) == pytest.approx((0.3, 0.3))  # no lesson differs
    assert told["resources"]["effect"]["post"]["mean"] is None
    assert told["lessons"]["n"] == 12
    assert told["lessons"]["newest"][0]["phases"]["in"]["answers"] == 10


def test_homework_given_is_told_by_week_layer_and_time_it_took(
    generation: Generation, teachers: Teachers
) -> None:
    put_in(
        generation,
        [
            said(1, "wu", "assign", "homework/1", "homework", layer="basic"),
            said(
                *(2, "an", "answered", "items/1", "item"),
                phase="post",
                part_of="homework/1",
                result={"success": True, "duration": "PT90S"},
            ),
        ],
    )
    homework = portrait(teachers)["homework"]
    assert (homework["set"], homework["per_week"], homework["lessons"]) == (1, 1.0, 1)
    assert homework["layers"] == {"basic": 1}
    assert homework["seconds"] == 90.0


def test_the_portrait_of_a_teacher_whose_lesson_was_played_counts_what_the_apps_posted(
    generation: Generation, teachers: Teachers
) -> None:
    played = play()
    put_in(generation, played.statements)
    person = played.planned.teacher.person.key
    told = teachers.portrait(STORE, person)
    assert told is not None
    assert told["name"] == played.planned.lesson.teacher.name
    truth = {act: n for (who, act), n in played.truth.teacher_acts.items() if who == person}
    found = {
        each["action"]: each["n"]
        for dimension in told["dimensions"]
        for each in dimension["actions"]
        if each["n"]
    }
    counted = {action for dimension in DIMENSIONS for action in dimension.actions}
    assert found == {action: n for action, n in truth.items() if action in counted}
    assert told["acts"] == sum(truth.values())
    (lesson,) = told["lessons"]["newest"]
    assert lesson["lesson"] == played.lesson
    assert lesson["names"]["zh-CN"] == played.planned.lesson.zh
    assert lesson["phases"]["in"]["answers"] == played.truth.lesson_acts[played.lesson, "answer"]
    assert told["homework"]["set"] == 1
