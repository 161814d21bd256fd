"""Lesson reports, over lessons that the sample apps have played and over statements by hand."""

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from importlib.resources import files
from itertools import count
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import clickhouse_connect
import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.facts import Fact, Phase
from projections.lessons.during import BadWidth
from projections.lessons.reports import Lessons, Limits, Wanted
from projections.lessons.teaching import LEARNING, TEACHING
from projections.meaning.reading import default_reader
from projections.prediction.calibration import Calibration
from projections.prediction.mastery import Globals
from projections.tables import fact_row
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import embedded_dsn
from tests.support.lessons import (
    LESSON,
    PROFILE,
    STORE,
    Member,
    Played,
    Statement,
    WrittenLinks,
    WrittenRoster,
    agent,
    group,
    key,
    play,
    put_in,
    said,
)

STUDENTS = 8
NOON = 1_772_424_000_000_000  # 2026-03-02T12:00:00+08:00


@pytest.fixture
def roster() -> WrittenRoster:
    return WrittenRoster()


@pytest.fixture
def links() -> WrittenLinks:
    return WrittenLinks()


@pytest.fixture
def lessons(generation: Generation, roster: WrittenRoster, links: WrittenLinks) -> Lessons:
    return Lessons(generation, lambda: 7, roster=roster, people=links, now=lambda: NOON)


@pytest.fixture(scope="module")
def played() -> Played:
    return play(students_of_a_class=STUDENTS)


def phase_of(statement: Statement) -> str:
    extensions = statement["context"]["extensions"]
    return str(extensions[f"{PROFILE}/extensions/phase"])


def who(statement: Statement) -> str:
    (person,) = doers(statement)
    return person


def doers(statement: Statement) -> list[str]:
    """Give the persons who did it: the members of a group, or one person."""
    agents = statement["actor"].get("member", [statement["actor"]])
    return [f"account:{each['account']['homePage']}|{each['account']['name']}" for each in agents]


def of_verb(statements: list[Statement], verb: str, phase: str) -> list[Statement]:
    return [
        each for each in statements if each["verb"]["id"].endswith(verb) and phase_of(each) == phase
    ]


def answers(statements: list[Statement], phase: str) -> list[Statement]:
    """Give the first answers to items: votes have no success."""
    first: dict[tuple[str, str], Statement] = {}
    for each in of_verb(statements, "/answered", phase):
        if "success" in each["result"]:
            first.setdefault((who(each), each["object"]["id"]), each)
    return list(first.values())


def persons(listed: list[dict[str, Any]]) -> list[str]:
    return sorted(each["person"] for each in listed)


def the(listed: list[dict[str, Any]], key: str, value: Any) -> dict[str, Any]:
    (found,) = (each for each in listed if each[key] == value)
    return found


def report(lessons: Lessons, lesson: str = LESSON, **more: Any) -> dict[str, Any]:
    found = lessons.report(STORE, lesson, **more)
    assert found is not None
    assert orjson.loads(orjson.dumps(found)) == found
    return found


LEARNERS_VERBS = ("/answered", "/requested-attention", "/collaborated", "/paid-attention")


def acts_of(statements: list[Statement]) -> Counter[str]:
    """Count what learners did in class by the second, as the timeline writes it in UTC."""
    return Counter(
        datetime.fromisoformat(each["timestamp"])
        .astimezone(UTC)
        .replace(microsecond=0)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
        for each in statements
        if each["verb"]["id"].endswith(LEARNERS_VERBS) and phase_of(each) == "in"
        for _ in doers(each)
    )


def facts_in(statements: list[Statement]) -> int:
    readings = [default_reader().read(each, store=STORE, position=1) for each in statements]
    return sum(len(reading.facts) for reading in readings)


# A lesson that was played -------------------------------------------------------------------------


def test_there_is_no_report_of_a_lesson_that_nobody_was_in(lessons: Lessons) -> None:
    assert lessons.report(STORE, LESSON) is None
    assert lessons.taught_by(STORE, LESSON) is None


def test_a_lesson_is_of_its_own_store_only(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, played.statements, store="elsewhere")
    assert lessons.report(STORE, played.lesson) is None
    assert lessons.page(STORE) == ([], None)


def test_the_head_says_what_the_lesson_is_in_chinese_and_english(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, played.statements)
    told, planned = report(lessons, played.lesson), played.planned.lesson
    assert told["names"] == {"zh-CN": planned.zh, "en": planned.en}
    assert told["subjects"] == [planned.subject]
    assert told["facts"] == facts_in(played.statements)
    assert told["begins"][:19] <= min(acts_of(played.statements))[:19] < told["ends"][:19]
    (teacher,) = told["teachers"]
    assert teacher["name"] == planned.teacher.name
    assert teacher["actions"] == {
        action: n
        for (person, action), n in sorted(played.truth.teacher_acts.items())
        if person == planned.teacher.key
    }
    (class_group,) = told["classes"]
    assert class_group["class_group"] == planned.class_group
    assert class_group["took_part"] == class_group["expected"] == STUDENTS
    assert {each["knowledge_point"] for each in told["knowledge_points"]} >= {
        planned.knowledge_point.iri
    }
    assert told["parts"] == []


def test_preview_tells_who_watched_how_far_and_who_did_not(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, played.statements)
    pre = report(lessons, played.lesson)["pre"]
    said_before = [each for each in played.statements if phase_of(each) == "pre"]
    everybody = {student.key for student in played.students}
    previewed = {who(each) for each in said_before} & everybody
    assert persons(pre["previewed"]) == sorted(previewed)
    assert persons(pre["not_previewed"]) == sorted(everybody - previewed)
    assert (pre["share"]["count"], pre["share"]["n"]) == (len(previewed), STUDENTS)
    progress = [
        value
        for each in of_verb(played.statements, "/paused", "pre")
        for name, value in each["result"]["extensions"].items()
        if name.endswith("/progress")
    ]
    (video,) = pre["videos"]
    assert video["viewers"] == video["known"] == len(progress)
    assert [each["count"] for each in video["reached"]] == [
        sum(one >= tenth / 10 for one in progress) for tenth in range(1, 11)
    ]


@pytest.mark.parametrize(("section", "phase"), [("pre", "pre"), ("in", "in"), ("post", "post")])
def test_items_have_the_answers_that_were_given(
    generation: Generation, lessons: Lessons, played: Played, section: str, phase: str
) -> None:
    put_in(generation, played.statements)
    told = report(lessons, played.lesson)[section]
    items = told["questions"] if phase == "in" else told["items"]
    given = answers(played.statements, phase)
    assert {each["item"] for each in items} == {each["object"]["id"] for each in given}
    for item in items:
        of_item = [each for each in given if each["object"]["id"] == item["item"]]
        right = sum(each["result"]["success"] for each in of_item)
        assert (item["result"]["right"], item["result"]["n"]) == (right, len(of_item))
        assert {each["response"]: each["n"] for each in item["responses"]} == Counter(
            each["result"]["response"] for each in of_item
        )
        assert {(each["person"], each["response"], each["statement"]) for each in item["learners"]}
        assert {each["statement"] for each in item["learners"]} == {each["id"] for each in of_item}
        assert set(item["names"]) == {"zh-CN", "en"}
        assert item["evidence"] == {
            "facts": item["tries"],
            "wanted": {
                "action": ["answer"],
                "phase": phase,
                "lesson": played.lesson,
                "item": item["item"],
            },
        }


def test_questions_stand_in_the_order_in_which_they_were_asked(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, reversed(played.statements))
    questions = report(lessons, played.lesson)["in"]["questions"]
    asked = [item.iri for item in played.planned.items[2:6]]
    assert [each["item"] for each in questions] == asked
    assert [each["number"] for each in questions] == [1, 2, 3, 4]
    everybody = {student.key for student in played.students}
    for question in questions:
        answered = set(persons(question["learners"]))
        assert set(persons(question["not_answered"])) == everybody - answered


def test_the_poll_counts_the_votes(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, played.statements)
    (poll,) = report(lessons, played.lesson)["in"]["polls"]
    votes = [
        each
        for each in of_verb(played.statements, "/answered", "in")
        if "success" not in each["result"]
    ]
    assert poll["voters"] == len(votes) == STUDENTS
    assert {each["response"]: each["n"] for each in poll["votes"]} == Counter(
        each["result"]["response"] for each in votes
    )


@pytest.mark.parametrize("width", [1, 60, 300])
def test_the_timeline_holds_every_act_of_learners_once(
    generation: Generation, lessons: Lessons, played: Played, width: int
) -> None:
    put_in(generation, played.statements)
    told = report(lessons, played.lesson, width=width)["in"]
    total: Counter[str] = Counter()
    for bucket in told["timeline"]["buckets"]:
        total.update(bucket["actions"])
        assert bucket["second"] % width == 0
        assert 1 <= bucket["persons"] <= STUDENTS
    truth = {action: n for (_, action), n in played.truth.lesson_acts.items()}
    assert total == truth
    assert told["hands"]["n"] == truth["hand_raised"]
    assert sum(len(each["groups"]) for each in told["group_work"]) == len(
        of_verb(played.statements, "/collaborated", "in")
    )
    assert told["attention"]["n"] == truth["attention"]


def test_a_second_of_the_timeline_has_what_was_done_in_it(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, played.statements)
    timeline = report(lessons, played.lesson, width=1)["in"]["timeline"]
    told = {each["time"]: sum(each["actions"].values()) for each in timeline["buckets"]}
    assert told == acts_of(played.statements)


@pytest.mark.parametrize("width", [0, 301])
def test_a_bucket_that_is_too_wide_or_too_narrow_is_refused(
    generation: Generation, lessons: Lessons, played: Played, width: int
) -> None:
    put_in(generation, played.statements)
    with pytest.raises(BadWidth, match="1 to 300 seconds"):
        lessons.report(STORE, played.lesson, width=width)


def test_homework_tells_who_handed_in_and_what_was_corrected(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, played.statements)
    post = report(lessons, played.lesson)["post"]
    (homework,) = post["homework"]
    handed_in = of_verb(played.statements, "/completed", "post")
    in_time = {who(each): each["timestamp"] <= homework_due(played) for each in handed_in}
    states = {each["person"]: each["state"] for each in homework["learners"]}
    assert {person for person, state in states.items() if state == "on_time"} == {
        person for person, is_in_time in in_time.items() if is_in_time
    }
    assert {person for person, state in states.items() if state == "late"} == {
        person for person, is_in_time in in_time.items() if not is_in_time
    }
    assert set(states) - set(in_time) == {
        person for person, state in states.items() if state in ("begun", "missing")
    }
    assert homework["share"]["count"] == len(handed_in)
    assert sum(homework["layers"].values()) == 6
    corrected = {
        (who(each), each["object"]["id"])
        for each in of_verb(played.statements, "/corrected", "post")
    }
    wrong = [each for each in answers(played.statements, "post") if not each["result"]["success"]]
    again = {
        (who(each), each["object"]["id"])
        for each in of_verb(played.statements, "/answered", "post")
        if each["result"]["success"]
    }
    put_right = [each for each in wrong if (who(each), each["object"]["id"]) in corrected | again]
    assert post["corrections"]["share"]["n"] == len(wrong)
    assert post["corrections"]["share"]["count"] == len(put_right)


def homework_due(played: Played) -> str:
    (assigned,) = (each for each in played.statements if each["verb"]["id"].endswith("/assign"))
    return str(assigned["context"]["extensions"][f"{PROFILE}/extensions/due"])


def test_homework_proves_each_learner_in_each_point_from_preview_to_homework(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, played.statements)
    proved = report(lessons, played.lesson)["post"]["proved"]
    expected: Counter[tuple[str, str, str, bool]] = Counter()
    for phase in ("pre", "in", "post"):
        for each in answers(played.statements, phase):
            for point in each["context"]["contextActivities"]["other"]:
                expected[who(each), point["id"], phase, each["result"]["success"]] += 1
    found: Counter[tuple[str, str, str, bool]] = Counter()
    for learner in proved["learners"]:
        for cell in learner["knowledge_points"]:
            for phase in ("pre", "in", "post"):
                place = (learner["person"], cell["knowledge_point"], phase)
                found[*place, True] += cell[phase]["right"]
                found[*place, False] += cell[phase]["n"] - cell[phase]["right"]
    assert +found == expected
    for point in proved["knowledge_points"]:
        for phase in ("pre", "in", "post"):
            assert point[phase]["n"] == sum(
                n
                for (_, where, when, _), n in expected.items()
                if (where, when) == (point["knowledge_point"], phase)
            )


def test_what_preview_predicted_is_set_against_what_came(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    put_in(generation, played.statements)
    predicted = report(lessons, played.lesson)["pre"]["predicted"]
    checked = {who(each) for each in answers(played.statements, "pre")}
    of_checked = [each for each in answers(played.statements, "in") if who(each) in checked]
    right = sum(each["result"]["success"] for each in of_checked)
    assert predicted["happened"]["n"] == predicted["expected"]["n"] == len(of_checked)
    assert predicted["happened"]["right"] == right
    assert predicted["expected"]["low"] < predicted["expected"]["share"]
    assert set(persons(predicted["learners"])) == checked
    groups = {each["preview"]: each for each in predicted["by_preview"]}
    assert sum(each["result"]["n"] for each in groups.values()) == len(
        answers(played.statements, "in")
    )


def test_who_did_well_in_preview_is_expected_to_do_better_in_class(
    generation: Generation, lessons: Lessons
) -> None:
    right, wrong = {"success": True}, {"success": False}
    put_in(
        generation,
        [
            said(1, "an", "answered", "items/1", "item", points=["p"], phase="pre", result=right),
            said(2, "bo", "answered", "items/1", "item", points=["p"], phase="pre", result=wrong),
            said(3, "an", "answered", "items/2", "item", points=["p"], phase="in", result=right),
            said(4, "bo", "answered", "items/2", "item", points=["p"], phase="in", result=right),
        ],
    )
    learners = report(lessons)["pre"]["predicted"]["learners"]
    an, bo = (the(learners, "person", key(name)) for name in ("an", "bo"))
    assert an["expected"]["share"] > bo["expected"]["share"]
    assert an["happened"]["share"] == bo["happened"]["share"] == 1.0


def test_what_is_expected_in_class_is_under_the_calibration_of_the_generation(
    generation: Generation, roster: WrittenRoster, links: WrittenLinks
) -> None:
    right = {"success": True}
    preview = said(1, "an", "answered", "items/1", "item", points=["p"], phase="pre", result=right)
    in_class = said(2, "an", "answered", "items/2", "item", points=["p"], phase="in", result=right)
    put_in(generation, [preview, in_class])
    item = in_class["object"]["id"]
    hard = Calibration("hard", Globals(items={item: (-3.0, 0.01)}))
    expected = []
    for calibration in (Calibration(), hard):
        lessons = Lessons(
            generation,
            lambda: 7,
            roster=roster,
            people=links,
            now=lambda: NOON,
            calibration_of={STORE: calibration}.__getitem__,
        )
        expected.append(report(lessons)["pre"]["predicted"]["expected"]["share"])
    assert expected[1] < expected[0] - 0.3


# What comes late, twice, or is voided -------------------------------------------------------------


def test_a_batch_that_was_offline_for_hours_changes_the_lesson_in_its_place(
    generation: Generation, lessons: Lessons, played: Played
) -> None:
    late = [each for number, each in enumerate(played.statements) if number % 3 == 0]
    prompt = [each for number, each in enumerate(played.statements) if number % 3]

    def acts() -> Counter[str]:
        timeline = report(lessons, played.lesson, width=1)["in"]["timeline"]
        return Counter(
            {each["time"]: sum(each["actions"].values()) for each in timeline["buckets"]}
        )

    put_in(generation, prompt)
    before = acts()
    assert report(lessons, played.lesson)["facts"] == facts_in(prompt)
    put_in(generation, late, first=1_000)
    put_in(generation, late[:5], first=1_000)  # the app sends some of it again
    assert report(lessons, played.lesson)["facts"] == facts_in(played.statements)
    assert acts() - before == acts_of(late)
    assert acts() == acts_of(played.statements)


def test_the_order_of_arrival_does_not_change_a_report(
    warehouse: Warehouse, roster: WrittenRoster, links: WrittenLinks, played: Played
) -> None:
    told = []
    for name, arriving in (("one", played.statements), ("other", played.statements[::-1])):
        generation = warehouse.ensure(name)
        put_in(generation, arriving)
        lessons = Lessons(generation, lambda: 7, roster=roster, people=links, now=lambda: NOON)
        told.append(report(lessons, played.lesson) | {"generation": ""})
        told.append({"page": lessons.page(STORE)})
        warehouse.drop(name)
    assert told[0] == told[2]
    assert told[1] == told[3]


def test_a_voided_answer_is_in_no_report_and_no_list(
    generation: Generation, lessons: Lessons
) -> None:
    answer = said(1, "an", "answered", "items/1", "item", result={"success": True}, phase="in")
    put_in(generation, [answer])
    assert report(lessons)["in"]["questions"][0]["answers"] == 1
    (fact,) = default_reader().read(answer, store=STORE, position=1).facts
    voided = dict(zip(fact.__struct_fields__, fact_row(fact), strict=True))
    generation.insert("facts", [tuple((voided | {"position": 2, "is_deleted": True}).values())])
    assert lessons.report(STORE, LESSON) is None
    assert lessons.page(STORE) == ([], None)


def test_a_lessons_facts_are_found_by_the_index_also_with_final(
    generation: Generation, lessons: Lessons
) -> None:
    """More granules than one: of two lessons, one's facts are read and the other's are not."""
    here, there = [
        default_reader()
        .read(said(1, "an", "answered", "i", "item", lesson=lesson), store=STORE, position=1)
        .facts[0]
        for lesson in (LESSON, f"{LESSON}-other")
    ]
    rows = [
        fact_row(msgspec.structs.replace(fact, person=person, ordinal=number))
        for fact, person in ((here, "a"), (there, "b"))
        for number in range(4_096)
    ]
    generation.insert("facts", rows)
    query = (
        "EXPLAIN indexes = 1 SELECT person FROM {database:Identifier}.facts FINAL"
        " PREWHERE lesson = {lesson:String} WHERE store = 'demo'"
        " SETTINGS use_skip_indexes_if_final = 1, use_skip_indexes_if_final_exact_mode = 0"
    )
    with clickhouse_connect.get_client(dsn=embedded_dsn()) as client:
        given = {"database": generation.database, "lesson": LESSON}
        plan = "\n".join(row[0] for row in client.query(query, parameters=given).result_rows)
    assert "Name: lessons" in plan
    assert "Granules: 4/8" in plan


# Who was there ------------------------------------------------------------------------------------


def test_the_class_is_that_of_the_lessons_day(
    generation: Generation, lessons: Lessons, roster: WrittenRoster
) -> None:
    roster.members["7-2"] = [Member(key("an"), "安"), Member(key("bo"), "博")]
    right = {"success": True, "response": "A"}
    late = "2026-03-03T07:00:00+08:00"
    put_in(
        generation,
        [
            said(1, "an", "previewed", "previews/1", "preview", at="2026-03-01T20:00:00+08:00"),
            said(2, "an", "answered", "items/1", "item", phase="in", result=right),
            said(3, "an", "completed", "homework/1", "homework", at=late),
        ],
    )
    told = report(lessons)
    assert roster.asked == [("7-2", date(2026, 3, 2))]
    assert told["in"]["basis"] == "roster"
    assert told["classes"][0]["title"] == "Class 7-2"
    assert persons(told["pre"]["not_previewed"]) == persons(told["in"]["absent"]) == [key("bo")]
    assert told["pre"]["not_previewed"][0]["name"] == "博"
    assert persons(told["in"]["questions"][0]["not_answered"]) == [key("bo")]
    assert the(told["post"]["homework"][0]["learners"], "person", key("bo"))["state"] == "missing"


def test_who_was_there_and_kept_silent_is_told_from_who_was_absent(
    generation: Generation, lessons: Lessons, roster: WrittenRoster
) -> None:
    roster.members["7-2"] = [Member(key(name), name) for name in ("an", "bo", "chen")]
    put_in(
        generation,
        [
            said(1, "an", "answered", "items/1", "item", phase="in", result={"success": True}),
            said(2, "bo", "requested-attention", LESSON, "lesson"),
        ],
    )
    told = report(lessons)["in"]
    silent = {each["person"]: each["present"] for each in told["questions"][0]["not_answered"]}
    assert silent == {key("bo"): True, key("chen"): False}
    assert (told["present"], told["expected"]) == (2, 3)


def test_two_accounts_of_a_person_are_one_learner(
    generation: Generation, lessons: Lessons, links: WrittenLinks
) -> None:
    links.person_of[key("an2")] = key("an")
    put_in(
        generation,
        [
            said(1, "an", "answered", "items/1", "item", phase="in", result={"success": False}),
            said(
                *(2, "an2", "answered", "items/1", "item"),
                at="2026-03-02T09:05:00+08:00",
                phase="in",
                result={"success": True},
            ),
        ],
    )
    (question,) = report(lessons)["in"]["questions"]
    assert (question["answers"], question["tries"]) == (1, 2)
    assert question["result"]["right"] == 0  # the first answer counts


def test_a_student_who_uses_a_resource_is_no_teacher(
    generation: Generation, lessons: Lessons, roster: WrittenRoster
) -> None:
    put_in(
        generation,
        [
            said(1, "an", "use", "resources/1", "resource", phase="in"),
            said(2, "an", "answered", "items/1", "item", instructor="wu", phase="in"),
            said(3, "bo", "use", "resources/1", "resource", phase="in"),
        ],
    )
    assert persons(report(lessons)["teachers"]) == [key("bo"), key("wu")]
    roster.known_roles[key("bo")] = "student"
    assert persons(report(lessons)["teachers"]) == [key("wu")]
    assert lessons.taught_by(STORE, LESSON) == ({key("wu")}, {"7-2"})


# Two classes in one lesson ------------------------------------------------------------------------


def dual_lesson() -> list[Statement]:
    """A teacher in one school, an assistant and a class in another, joined by a remote session."""
    far = {"class_group": "9-1"}
    right, wrong = {"success": True, "response": "A"}, {"success": False, "response": "B"}
    level = {"score": {"scaled": 0.4}}
    return [
        said(1, "wu", "organised", "interactions/1", "interaction"),
        said(2, "lu", "adjusted", "strategies/1", "strategy", **far),
        said(3, "an", "answered", "items/1", "item", phase="in", result=right, points=["p"]),
        said(4, "bo", "answered", "items/1", "item", phase="in", result=wrong, points=["p"]),
        said(5, "fei", "attended", "sessions/1", "remote-session", **far),
        said(
            *(6, "fei", "answered", "items/1", "item"),
            **far,
            phase="in",
            result=right,
            points=["p"],
        ),
        said(7, group("fei", "gao"), "collaborated", "tasks/1", "group-task", **far),
        said(8, "gao", "paid-attention", LESSON, "lesson", result=level, **far),
        said(9, "wu", "assign", "homework/1", "homework", due="2026-03-02T20:00:00+08:00"),
    ]


def test_both_classes_of_a_dual_teacher_lesson_stand_alone_and_together(
    generation: Generation, lessons: Lessons
) -> None:
    put_in(generation, dual_lesson())
    told = report(lessons)
    assert [each["class_group"] for each in told["classes"]] == ["7-2", "9-1"]
    assert persons(told["teachers"]) == [key("lu"), key("wu")]
    assert told["in"]["questions"][0]["result"] | {"low": 0, "high": 0, "share": 0} == {
        "n": 3,
        "right": 2,
        "share": 0,
        "low": 0,
        "high": 0,
    }
    here, there = told["parts"]
    assert [each["in"]["questions"][0]["result"]["n"] for each in (here, there)] == [2, 1]
    assert persons(told["in"]["joined_remotely"]) == [key("fei")]
    assert here["in"]["joined_remotely"] == []
    assert [each["person"] for each in there["in"]["teaching"]] == [key("lu")]
    (task,) = there["in"]["group_work"]
    assert [persons(each["learners"]) for each in task["groups"]] == [[key("fei"), key("gao")]]
    assert there["in"]["attention"]["median"] == 0.4
    assert persons(there["in"]["questions"][0]["not_answered"]) == [key("gao")]
    assert here["in"]["group_work"] == []


def test_a_dual_teacher_lesson_that_was_played_has_both_classes_as_the_truth_has_them(
    generation: Generation, lessons: Lessons
) -> None:
    dual = play(students_of_a_class=STUDENTS, host=True)
    put_in(generation, dual.statements)
    told = report(lessons, dual.lesson, width=1)
    assert len(told["parts"]) == 2
    truth = {action: n for (_, action), n in dual.truth.lesson_acts.items()}
    total: Counter[str] = Counter()
    of_parts: Counter[str] = Counter()
    for bucket in told["in"]["timeline"]["buckets"]:
        total.update(bucket["actions"])
    for part in told["parts"]:
        for bucket in part["in"]["timeline"]["buckets"]:
            of_parts.update(bucket["actions"])
    assert total == of_parts == truth
    assert len(told["in"]["joined_remotely"]) == truth["session_joined"]
    guests = {each["class_group"] for each in told["in"]["joined_remotely"]}
    assert guests == {dual.planned.class_group.code}
    answered = [sum(each["answers"] for each in part["in"]["questions"]) for part in told["parts"]]
    assert sum(answered) == truth["answer"]


def test_of_both_classes_together_each_learner_has_the_own_class(
    generation: Generation, lessons: Lessons
) -> None:
    put_in(generation, dual_lesson())
    (question,) = report(lessons)["in"]["questions"]
    assert {each["person"]: each["class_group"] for each in question["learners"]} == {
        key("an"): "7-2",
        key("bo"): "7-2",
        key("fei"): "9-1",
    }


def test_of_both_classes_together_each_has_its_own_homework_by_its_own_time(
    generation: Generation, lessons: Lessons
) -> None:
    far = {"class_group": "9-1"}
    early, later = "2026-03-02T20:00:00+08:00", "2026-03-04T20:00:00+08:00"
    put_in(
        generation,
        [
            *dual_lesson()[:-1],
            said(20, "wu", "assign", "homework/1", "homework", due=early),
            said(21, "lu", "assign", "homework/2", "homework", due=later, **far),
            said(22, "wu", "assign", "homework/3", "homework", due=early),
            said(23, "lu", "assign", "homework/3", "homework", due=later, **far),
            said(24, "an", "completed", "homework/1", "homework", after=100),
            said(25, "fei", "completed", "homework/2", "homework", after=200, **far),
        ],
    )
    told = report(lessons)
    learners = {
        each["item"].rpartition("/")[2]: {one["person"]: one["state"] for one in each["learners"]}
        for each in told["post"]["homework"]
    }
    here, there = {key("an"), key("bo")}, {key("fei"), key("gao")}
    assert learners["1"].keys() == here
    assert learners["2"].keys() == there
    assert learners["3"].keys() == here | there
    assert [each["share"]["n"] for each in told["post"]["homework"]] == [2, 2, 4]
    for part, own in zip(told["parts"], ({"1", "3"}, {"2", "3"}), strict=True):
        assert {each["item"].rpartition("/")[2] for each in part["post"]["homework"]} == own


# Homework in time ---------------------------------------------------------------------------------


def test_homework_is_on_time_late_begun_open_or_missing(
    generation: Generation, lessons: Lessons, roster: WrittenRoster
) -> None:
    names = ("an", "bo", "chen", "dai")
    roster.members["7-2"] = [Member(key(name), name) for name in names]
    handed_in = ("completed", "homework/1", "homework")
    put_in(
        generation,
        [
            said(1, "wu", "assign", "homework/1", "homework", due="2026-03-02T20:00:00+08:00"),
            said(2, "an", *handed_in, at="2026-03-02T19:59:59+08:00"),
            said(3, "bo", *handed_in, at="2026-03-02T20:00:01+08:00"),
            said(4, "chen", "answered", "items/9", "item", part_of="homework/1", phase="post"),
        ],
    )

    def states(now: int) -> dict[str, str]:
        lessons._now = lambda: now
        (homework,) = report(lessons)["post"]["homework"]
        assert homework["due"] == "2026-03-02T12:00:00.000Z"
        return {each["person"][-4:].lstrip("n|"): each["state"] for each in homework["learners"]}

    at_noon = states(NOON)
    assert sorted(at_noon.values()) == ["begun", "late", "on_time", "open"]
    assert sorted(states(NOON + 9 * 3_600_000_000).values()) == [
        "begun",
        "late",
        "missing",
        "on_time",
    ]


def test_a_wrong_answer_is_put_right_by_a_correction_or_by_a_later_answer(
    generation: Generation, lessons: Lessons
) -> None:
    item = {"part_of": "homework/1", "phase": "post"}
    wrong, right = {"success": False}, {"success": True}
    later = "2026-03-02T10:00:00+08:00"
    put_in(
        generation,
        [
            said(1, "an", "answered", "items/1", "item", result=wrong, **item),
            said(2, "an", "corrected", "items/1", "item", at=later, **item),
            said(3, "bo", "answered", "items/1", "item", result=wrong, **item),
            said(4, "bo", "answered", "items/1", "item", result=right, at=later, **item),
            said(5, "chen", "answered", "items/1", "item", result=wrong, **item),
            said(6, "dai", "answered", "items/1", "item", result=right, **item),
        ],
    )
    corrections = report(lessons)["post"]["corrections"]
    assert (corrections["share"]["count"], corrections["share"]["n"]) == (2, 3)
    assert {each["person"]: each["corrected"] for each in corrections["learners"]} == {
        key("an"): 1,
        key("bo"): 1,
        key("chen"): 0,
    }


def test_a_mark_is_the_learners_score(generation: Generation, lessons: Lessons) -> None:
    marked = {"score": {"raw": 85, "min": 0, "max": 100}}
    put_in(
        generation,
        [
            said(1, "an", "completed", "homework/1", "homework"),
            said(2, "an", "scored", "homework/1", "homework", instructor="wu", result=marked),
        ],
    )
    told = report(lessons)
    (homework,) = told["post"]["homework"]
    assert the(homework["learners"], "person", key("an"))["score"] == 0.85
    assert [each["action"] for each in told["post"]["teaching"]] == ["homework_marked"]
    assert persons(told["teachers"]) == [key("wu")]


# The list -----------------------------------------------------------------------------------------


def several(generation: Generation) -> None:
    """Three lessons of three days, of two classes, subjects and teachers."""
    statements = []
    for number, (class_group, subject, teacher) in enumerate(
        [("7-1", "english", "wu"), ("7-2", "mathematics", "lu"), ("7-2", "english", "wu")], 1
    ):
        given = {
            "lesson": f"https://district.example.cn/lessons/{number}",
            "class_group": class_group,
            "subject": subject,
            "at": f"2026-03-0{number}T09:00:00+08:00",
        }
        statements += [
            said(10 * number, teacher, "organised", "interactions/1", "interaction", **given),
            said(
                *(10 * number + 1, "an", "answered", "items/1", "item"),
                **given,
                points=["p"],
                phase="in",
                result={"success": number > 1},
            ),
        ]
    put_in(generation, statements)


def numbers(listed: list[dict[str, Any]]) -> list[str]:
    return [each["lesson"][-1] for each in listed]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), "321"),
        (Wanted(classes=["7-2"]), "32"),
        (Wanted(classes=["7-2", "7-1"]), "321"),
        (Wanted(teacher=key("wu")), "31"),
        (Wanted(teacher=key("an")), ""),
        (Wanted(subject="mathematics"), "2"),
        (Wanted(first_day=date(2026, 3, 2)), "32"),
        (Wanted(last_day=date(2026, 3, 2)), "21"),
        (Wanted(classes=["7-2"], teacher=key("wu"), first_day=date(2026, 3, 3)), "3"),
    ],
)
def test_lessons_are_listed_by_class_teacher_subject_and_day(
    generation: Generation, lessons: Lessons, wanted: Wanted, expected: str
) -> None:
    several(generation)
    assert "".join(numbers(lessons.page(STORE, wanted)[0])) == expected


def test_a_list_can_be_limited_to_lessons_of_classes_or_by_teachers(
    generation: Generation, lessons: Lessons
) -> None:
    several(generation)
    of_both = Wanted(among=Limits({"7-1"}, {key("lu")}))
    assert numbers(lessons.page(STORE, of_both)[0]) == ["2", "1"]
    assert numbers(lessons.page(STORE, of_both._replace(classes=["7-2"]))[0]) == ["2"]
    assert lessons.page(STORE, Wanted(among=Limits((), ()))) == ([], None)


def test_a_page_leads_to_the_next(generation: Generation, lessons: Lessons) -> None:
    several(generation)
    first, place = lessons.page(STORE, limit=2)
    assert place is not None
    second, end = lessons.page(STORE, limit=2, after=place)
    assert (numbers(first), numbers(second), end) == (["3", "2"], ["1"], None)


class Happened(NamedTuple):
    """A fact of a lesson, as far as lists of lessons ask for it."""

    lesson: str
    hour: int
    phase: Phase
    class_group: str
    teacher: str
    by_teacher: bool
    is_voided: bool

    def fact(self, store: str, number: int) -> Fact:
        return Fact(
            store=store,
            statement=str(UUID(int=number)),
            ordinal=0,
            person=self.teacher if self.by_teacher else "an",
            counterpart="" if self.by_teacher else self.teacher,
            action="homework_set" if self.by_teacher else "answer",
            phase=self.phase,
            lesson=self.lesson,
            class_group=self.class_group,
            time=NOON + self.hour * 3_600_000_000,
            position=number,
        )


happened = st.builds(
    Happened,
    lesson=st.sampled_from("abcdef"),
    hour=st.integers(0, 72),
    phase=st.sampled_from(["pre", "in", "post"]),
    class_group=st.sampled_from(["7-1", "7-2"]),
    teacher=st.sampled_from(["wu", "lu"]),
    by_teacher=st.booleans(),
    is_voided=st.sampled_from([False, False, True]),
)
any_wanted = st.builds(
    Wanted,
    classes=st.sampled_from([(), ("7-1",)]),
    teacher=st.sampled_from(["", "wu"]),
    subject=st.just(""),
    first_day=st.sampled_from([None, date(2026, 3, 3)]),
    last_day=st.sampled_from([None, date(2026, 3, 3)]),
    among=st.sampled_from([None, Limits({"7-2"}, {"lu"})]),
)


def begun(facts: list[Happened], wanted: Wanted) -> list[str]:
    """Give the lessons that are wanted, the newest first, by what of them was not voided."""
    hours = defaultdict[str, dict[bool, list[int]]](lambda: {True: [], False: []})
    for each in facts:
        among = wanted.among
        if (
            not each.is_voided
            and (not wanted.classes or each.class_group in wanted.classes)
            and wanted.teacher in ("", each.teacher)
            and (not among or each.class_group in among.classes or each.teacher in among.teachers)
        ):
            hours[each.lesson][each.phase == "in"].append(each.hour)
    begins = {lesson: min(some[True] or some[False]) for lesson, some in hours.items()}
    days = {lesson: date(2026, 3, 2 + (12 + hour) // 24) for lesson, hour in begins.items()}
    return [
        lesson
        for hour, lesson in sorted(((hour, one) for one, hour in begins.items()), reverse=True)
        if (wanted.first_day or days[lesson]) <= days[lesson] <= (wanted.last_day or days[lesson])
    ]


_stores = (f"listed-{number}" for number in count())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    facts=st.lists(happened, max_size=20),
    wanted=any_wanted,
    limit=st.integers(1, 3),
    chance=st.randoms(use_true_random=False),
)
def test_pages_hold_each_lesson_in_its_place_whatever_arrived_how_often_and_was_voided(
    generation: Generation,
    lessons: Lessons,
    facts: list[Happened],
    wanted: Wanted,
    limit: int,
    chance: Random,
) -> None:
    store = next(_stores)
    rows = [fact_row(each.fact(store, number)) for number, each in enumerate(facts, 1)]
    for number, each in enumerate(facts, 1):
        gone = {"position": 1_000 + number, "is_deleted": True}
        if each.is_voided:
            rows.append(fact_row(msgspec.structs.replace(each.fact(store, number), **gone)))
    arriving = chance.sample(rows, len(rows)) + chance.choices(rows, k=3) if rows else []
    generation.insert("facts", arriving[::2])
    generation.insert("facts", arriving[1::2])
    listed, place = list[str](), None
    while True:
        page, place = lessons.page(store, wanted, limit=limit, after=place)
        listed += [each["lesson"] for each in page]
        if place is None:
            break
    assert listed == begun(facts, wanted)


def test_who_teaches_by_the_view_is_who_teaches_by_the_lists() -> None:
    schema = files("projections").joinpath("schema/generation/012_lessons.sql").read_text("utf-8")
    lists = [
        set(re.findall(r"'(\w+)'", one)) for one in re.findall(r"action IN \((.*?)\)", schema, re.S)
    ]
    assert lists == [TEACHING, LEARNING] * 2


def test_a_lesson_in_the_list_is_told_in_short(generation: Generation, lessons: Lessons) -> None:
    several(generation)
    newest = lessons.page(STORE)[0][0]
    assert newest["begins"] == "2026-03-03T01:00:00.000Z"
    assert newest["teachers"] == [{"person": key("wu"), "name": "Wu"}]
    assert newest["classes"] == [{"class_group": "7-2", "title": ""}]
    assert newest["subjects"] == ["english"]
    assert newest["phases"]["in"]["facts"] == 2
    assert newest["phases"]["in"]["learners"] == 1
    assert newest["phases"]["in"]["result"]["right"] == 1
    assert newest["phases"]["pre"]["facts"] == 0


def test_a_teacher_of_two_accounts_is_found_by_either(
    generation: Generation, lessons: Lessons, links: WrittenLinks
) -> None:
    several(generation)
    links.person_of[key("lu")] = key("wu")
    listed, _ = lessons.page(STORE, Wanted(teacher=key("wu")))
    assert numbers(listed) == ["3", "2", "1"]
    assert persons(listed[1]["teachers"]) == [key("wu")]


def test_feedback_to_a_learner_is_the_teachers_act_and_no_learning(
    generation: Generation, lessons: Lessons
) -> None:
    put_in(
        generation,
        [
            said(1, "wu", "organised", "interactions/1", "interaction"),
            said(2, "wu", "gave-feedback", agent("an") | {"objectType": "Agent"}, phase="in"),
        ],
    )
    told = report(lessons)
    assert [each["action"] for each in told["in"]["teaching"]] == [
        "interaction_organised",
        "feedback_given",
    ]
    assert told["in"]["questions"] == []
