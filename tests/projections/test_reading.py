"""A statement gives the facts and names that its profile says, whatever its form."""

import copy
import gzip
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.versions import Version
from projections import vocabulary
from projections.facts import Fact
from projections.meaning.mapping import rules_by_verb, shipped_mappings
from projections.meaning.reading import (
    Reading,
    default_reader,
    last_segment,
    microseconds,
    scaled_score,
    seconds,
    success_of_score,
)
from projections.vocabulary import ACTIONS, PHASES
from tests.support.data import data_file
from tests.support.statements import valid_statements

READER = default_reader()
HOME = "https://school.example"
ADL = "http://adlnet.gov/expapi/verbs/"
CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
VIDEO = "https://w3id.org/xapi/video/"
AT = int(datetime(2026, 3, 2, 11, 14, 5, 123_000, tzinfo=UTC).timestamp() * 1_000_000)


def agent(account: str, **parts: Any) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": account}, **parts}


def key(name: str) -> str:
    return f"account:{HOME}|{name}"


def activity(slug: str, kind: str = "", **names: str) -> dict[str, Any]:
    definition: dict[str, Any] = {"type": kind} if kind else {}
    if names:
        definition["name"] = {code.replace("_", "-"): name for code, name in names.items()}
    return {"id": f"{HOME}/{slug}", **({"definition": definition} if definition else {})}


def statement(**parts: Any) -> dict[str, Any]:
    """An answered item with all its context, or what `parts` put in its place."""
    points = vocabulary.TYPE_KNOWLEDGE_POINT
    whole = {
        "id": "7D1F2C5E-43A5-4F0E-9D7B-0A1B2C3D4E5F",
        "actor": agent("s1", name="李明"),
        "verb": {"id": vocabulary.VERB_ANSWERED},
        "object": activity("item", vocabulary.TYPE_ITEM, zh_CN="第三题", en="Item 3"),
        "result": {"success": True, "response": "B", "duration": "PT42.5S"},
        "context": {
            "contextActivities": {
                "category": [{"id": vocabulary.PROFILE_VERSION}],
                "parent": [activity("homework", vocabulary.TYPE_HOMEWORK)],
                "grouping": [
                    activity("course", vocabulary.TYPE_COURSE),
                    activity("lesson", vocabulary.TYPE_LESSON, zh_CN="分数"),
                ],
                "other": [activity("b", points), activity("a", points), activity("b", points)],
            },
            "extensions": {
                vocabulary.EXTENSION_PHASE: "post",
                vocabulary.EXTENSION_SUBJECT: "mathematics",
                vocabulary.EXTENSION_CLASS: "7-2",
                vocabulary.EXTENSION_SCHOOL: "school-7",
                vocabulary.EXTENSION_LAYER: "basic",
                vocabulary.EXTENSION_DUE: "2026-03-02T19:14:06.123+08:00",
            },
        },
        "timestamp": "2026-03-02T19:14:05.123+08:00",
        "stored": "2026-03-02T11:14:06Z",
        "version": "1.0.3",
        "authority": agent("homework-app"),
        **parts,
    }
    return {name: part for name, part in whole.items() if part is not None}


def read(**parts: Any) -> Reading:
    return READER.read(statement(**parts), store="district", position=7)


def facts_of(**parts: Any) -> list[Fact]:
    return read(**parts).facts


def only(**parts: Any) -> Fact:
    [fact] = facts_of(**parts)
    return fact


def actions(facts: list[Fact]) -> list[tuple[str, str]]:
    return [(fact.person.rsplit("|", 1)[-1], fact.action) for fact in facts]


# --- What a statement says ------------------------------------------------------------------------


def test_an_answer_tells_all_of_its_context_in_one_fact():
    assert only() == Fact(
        store="district",
        statement="7d1f2c5e-43a5-4f0e-9d7b-0a1b2c3d4e5f",
        ordinal=0,
        person=key("s1"),
        action="answer",
        phase="post",
        lesson=f"{HOME}/lesson",
        course=f"{HOME}/course",
        subject="mathematics",
        knowledge_points=(f"{HOME}/a", f"{HOME}/b"),
        item=f"{HOME}/item",
        verb=vocabulary.VERB_ANSWERED,
        app="homework-app",
        class_group="7-2",
        school="school-7",
        time=AT,
        duration=42.5,
        success=True,
        response="B",
        layer="basic",
        part_of=f"{HOME}/homework",
        due=AT + 1_000_000,
        position=7,
    )


@pytest.mark.parametrize("due", ["tomorrow", "9999-12-31T00:00:00Z", 7, None, ["2026-03-02"]])
def test_a_due_time_that_is_none_is_left_out(due: Any):
    context = statement()["context"]
    context["extensions"][vocabulary.EXTENSION_DUE] = due
    assert only(context=context).due is None


def test_who_gave_and_who_got_are_each_others_counterparts():
    earned = facts_of(
        verb={"id": vocabulary.VERB_EARNED},
        object=activity("badge", vocabulary.TYPE_BADGE),
        context={"instructor": agent("t")},
    )
    assert [(fact.person, fact.counterpart) for fact in earned] == [
        (key("s1"), key("t")),
        (key("t"), key("s1")),
    ]
    told = facts_of(verb={"id": vocabulary.VERB_GAVE_FEEDBACK}, object=agent("s2"))
    assert [(fact.person, fact.counterpart) for fact in told] == [
        (key("s1"), key("s2")),
        (key("s2"), key("s1")),
    ]


def test_of_several_people_none_is_the_counterpart():
    group = {"objectType": "Group", "member": [agent("s2"), agent("s3")]}
    told = facts_of(verb={"id": vocabulary.VERB_GAVE_FEEDBACK}, object=group)
    assert [fact.counterpart for fact in told] == ["", key("s1"), key("s1")]


def test_names_are_those_of_people_and_activities():
    names = {(*key[1:], naming[-1]) for key, naming in read().names}
    assert names == {
        (key("s1"), "", "李明"),
        (f"{HOME}/item", "zh-CN", "第三题"),
        (f"{HOME}/item", "en", "Item 3"),
        (f"{HOME}/lesson", "zh-CN", "分数"),
    }
    assert read().names[0] == (
        ("district", key("s1"), ""),
        (AT, "7d1f2c5e-43a5-4f0e-9d7b-0a1b2c3d4e5f", "李明"),
    )


def test_everyone_named_has_a_name():
    reading = read(
        actor={"objectType": "Group", "name": "第一组", "member": [agent("s1", name="甲")]},
        object=agent("s2", name="乙"),
        context={
            "instructor": agent("t", name="王老师"),
            "team": {**agent("g", name="二班"), "objectType": "Group", "member": [agent("s3")]},
        },
    )
    assert [(subject, naming[-1]) for (_, subject, _), naming in reading.names] == [
        (key("s1"), "甲"),
        (key("s2"), "乙"),
        (key("t"), "王老师"),
        (key("g"), "二班"),
    ]


def test_an_activity_is_known_by_its_type_wherever_it_stands():
    fact = only(
        verb={"id": ADL + "attended"},
        object=activity("l", vocabulary.TYPE_LESSON),
        context={
            "contextActivities": {
                "grouping": [activity("another", vocabulary.TYPE_LESSON)],
                "parent": activity("c", vocabulary.TYPE_COURSE),
                "category": activity("k", vocabulary.TYPE_KNOWLEDGE_POINT),
            }
        },
    )
    assert (fact.lesson, fact.course) == (f"{HOME}/l", f"{HOME}/c")
    assert fact.knowledge_points == (f"{HOME}/k",)
    assert (fact.action, fact.phase, fact.item) == ("attendance", "in", f"{HOME}/l")


def test_adl_types_tell_lesson_course_and_knowledge_point():
    types = "http://adlnet.gov/expapi/activities/"
    fact = only(
        context={
            "contextActivities": {
                "grouping": [activity("l", types + "lesson"), activity("c", types + "course")],
                "other": [activity("o", types + "objective")],
            }
        }
    )
    assert (fact.lesson, fact.course, fact.knowledge_points) == (
        f"{HOME}/l",
        f"{HOME}/c",
        (f"{HOME}/o",),
    )


def test_an_act_on_a_person_has_what_it_is_about_as_its_item():
    given = activity("teamwork", vocabulary.TYPE_INDICATOR)
    facts = facts_of(
        actor=agent("t"),
        verb={"id": vocabulary.VERB_RATED},
        object=agent("s1"),
        result={"score": {"raw": 4, "min": 1, "max": 5}, "success": True},
        context={
            "contextActivities": {"parent": [given]},
            "extensions": {vocabulary.EXTENSION_RATER: "teacher"},
        },
    )
    assert actions(facts) == [("t", "rating_given"), ("s1", "rating_by_teacher")]
    assert [fact.item for fact in facts] == [f"{HOME}/teamwork"] * 2
    assert [fact.rating for fact in facts] == [None, 0.75]
    assert [fact.score for fact in facts] == [None, None]
    assert [fact.ordinal for fact in facts] == [0, 1]


@pytest.mark.parametrize(
    ("rater", "actor", "expected"),
    [
        ("peer", "s2", [("s2", "rating_given"), ("s1", "rating_by_peer")]),
        ("parent", "p", [("p", "rating_given"), ("s1", "rating_by_parent")]),
        ("self", "s1", [("s1", "rating_by_self")]),
        ("peer", "s1", [("s1", "rating_by_self")]),
        ("self", "s1-tablet", [("s1", "rating_by_self")]),
        (None, "s2", [("s2", "rating_given"), ("s1", "rating_received")]),
        ("robot", "s2", [("s2", "rating_given"), ("s1", "rating_received")]),
    ],
)
def test_a_rating_is_told_by_who_rates(
    rater: str | None, actor: str, expected: list[tuple[str, str]]
):
    extensions = {vocabulary.EXTENSION_RATER: rater} if rater else {}
    facts = facts_of(
        actor=agent(actor),
        verb={"id": vocabulary.VERB_RATED},
        object=agent("s1"),
        result={"score": {"scaled": 0.5}},
        context={"extensions": extensions},
    )
    assert actions(facts) == expected
    assert facts[-1].rating == 0.5


def test_a_rating_below_nought_is_nought():
    fact = only(
        verb={"id": vocabulary.VERB_RATED},
        object=agent("s1"),
        result={"score": {"scaled": -0.5}},
    )
    assert (fact.action, fact.rating) == ("rating_by_self", 0.0)


def test_a_badge_is_evidence_about_who_earned_and_who_gave_it():
    facts = facts_of(
        verb={"id": vocabulary.VERB_EARNED},
        object=activity("badge", vocabulary.TYPE_BADGE),
        context={"instructor": agent("t")},
    )
    assert actions(facts) == [("s1", "badge_earned"), ("t", "badge_given")]


def test_tutoring_a_group_is_evidence_about_each_learner():
    facts = facts_of(
        actor=agent("t"),
        verb={"id": vocabulary.VERB_MENTORED},
        object={"objectType": "Group", "member": [agent("s1"), agent("s2")]},
        result={"duration": "PT10M"},
    )
    assert actions(facts) == [
        ("t", "tutoring_given"),
        ("s1", "tutoring_received"),
        ("s2", "tutoring_received"),
    ]
    assert {fact.duration for fact in facts} == {600.0}
    assert [fact.ordinal for fact in facts] == [0, 1, 2]


# --- Whose evidence it is -------------------------------------------------------------------------


def test_an_unknown_verb_gives_a_fact_of_action_other():
    fact = only(verb={"id": "https://x.example/danced"}, context=None)
    assert (fact.person, fact.action, fact.verb) == (key("s1"), "other", "https://x.example/danced")


def test_verbs_are_compared_exactly_so_that_another_scheme_is_another_verb():
    assert only(verb={"id": "https://adlnet.gov/expapi/verbs/answered"}).action == "other"
    assert only(verb={"id": ADL + "Answered"}).action == "other"
    assert only(verb={"id": "http://adlnet.gov/xapi/verbs/completed"}).action == "completion"


@pytest.mark.parametrize(
    ("group", "people"),
    [
        ({"member": [agent("a"), agent("b"), agent("a")]}, [key("a"), key("b")]),
        ({**agent("g"), "member": [agent("a")]}, [key("a")]),
        (agent("g"), [key("g")]),
        ({**agent("g"), "member": []}, [key("g")]),
        ({}, []),
    ],
)
def test_a_groups_act_is_evidence_about_its_members(group: dict[str, Any], people: list[str]):
    facts = facts_of(actor={**group, "objectType": "Group"})
    assert [fact.person for fact in facts] == people
    assert [fact.ordinal for fact in facts] == list(range(len(people)))


def test_a_plan_gives_names_but_no_facts():
    plan = {
        "objectType": "SubStatement",
        "actor": agent("s1"),
        "verb": {"id": ADL + "answered"},
        "object": activity("item"),
    }
    reading = read(object=plan, verb={"id": ADL + "planned"})
    assert reading.facts == []
    assert reading.names[0][1][-1] == "李明"


def test_a_voiding_statement_gives_no_facts():
    reference = {"objectType": "StatementRef", "id": "11111111-2222-4333-8444-555555555555"}
    assert facts_of(verb={"id": ADL + "voided"}, object=reference, context=None) == []


def test_a_statement_about_a_statement_has_no_item():
    reference = {"objectType": "StatementRef", "id": "11111111-2222-4333-8444-555555555555"}
    fact = only(verb={"id": ADL + "commented"}, object=reference, context=None)
    assert (fact.action, fact.item) == ("comment", "")


@pytest.mark.parametrize(
    ("authority", "app"),
    [
        (agent("homework-app"), "homework-app"),
        ({"mbox": "mailto:lrs@school.example"}, "mbox:mailto:lrs@school.example"),
        (
            {
                "objectType": "Group",
                "member": [{"mbox": "mailto:someone@school.example"}, agent("oauth-app")],
            },
            "oauth-app",
        ),
        (None, ""),
    ],
)
def test_the_app_is_the_account_of_the_authority(authority: dict[str, Any] | None, app: str):
    assert only(authority=authority).app == app


# --- Phase, success, score, time ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "phase"), [("pre", "pre"), ("in", "in"), ("before", ""), (None, ""), (["in"], "")]
)
def test_the_phase_of_an_answer_is_only_what_is_stated(stated: Any, phase: str):
    extensions = {} if stated is None else {vocabulary.EXTENSION_PHASE: stated}
    assert only(context={"extensions": extensions}).phase == phase


def test_an_action_with_a_usual_phase_has_it_unless_another_is_stated():
    preview = {"verb": {"id": vocabulary.VERB_PREVIEWED}}
    assert only(**preview, context=None).phase == "pre"
    stated = {"extensions": {vocabulary.EXTENSION_PHASE: "post"}}
    assert only(**preview, context=stated).phase == "post"


@pytest.mark.parametrize(
    ("result", "success"),
    [
        ({"success": True}, True),
        ({"success": False, "score": {"scaled": 1}}, False),
        ({"score": {"scaled": 1}}, True),
        ({"score": {"raw": 5, "max": 5}}, True),
        ({"score": {"scaled": 0.0}}, False),
        ({"score": {"scaled": -1.0}}, False),
        ({"score": {"scaled": 0.8}}, None),
        ({"score": {"raw": 5}}, None),
        ({"completion": True}, None),
        (None, None),
    ],
)
def test_an_answer_is_right_or_wrong_by_success_else_by_full_or_no_marks(
    result: dict[str, Any] | None, success: bool | None
):
    assert only(result=result).success is success


def test_only_answers_are_judged_by_their_marks():
    homework = activity("homework", vocabulary.TYPE_HOMEWORK)
    fact = only(verb={"id": ADL + "scored"}, object=homework, result={"score": {"scaled": 1}})
    assert (fact.action, fact.success, fact.score) == ("result", None, 1.0)


def test_a_poll_vote_is_neither_right_nor_wrong():
    poll = activity("poll", vocabulary.TYPE_POLL)
    fact = only(object=poll, result={"success": True, "response": "yes"})
    assert (fact.action, fact.success, fact.response) == ("poll", None, "yes")


def test_passing_is_success_and_failing_is_not():
    assert only(verb={"id": ADL + "passed"}, result=None).success is True
    assert only(verb={"id": ADL + "failed"}, result=None).success is False


@pytest.mark.parametrize(
    ("score", "scaled"),
    [
        ({"scaled": 0.85}, 0.85),
        ({"scaled": 1}, 1.0),
        ({"scaled": 0.5, "raw": 1, "min": 0, "max": 10}, 0.5),
        ({"raw": 85, "min": 0, "max": 100}, 0.85),
        ({"raw": 4, "min": 1, "max": 5}, 0.75),
        ({"raw": 3, "max": 4}, 0.75),
        ({"raw": -1, "max": 4}, -0.25),
        ({"raw": 85}, None),
        ({"raw": 0, "min": 0, "max": 0}, None),
        ({"raw": 10**400, "min": 0, "max": 10**401}, None),
        ({"raw": 1e308, "min": -1e308, "max": 1.1e308}, None),
        ({"scaled": True}, None),
        ({}, None),
    ],
)
def test_a_score_is_scaled_else_raw_on_its_scale(score: dict[str, Any], scaled: float | None):
    assert scaled_score(score) == scaled


def test_marks_between_none_and_full_judge_nothing():
    assert [success_of_score(score) for score in (-0.2, 0.0, 0.01, 0.99, 1.0, None)] == [
        False,
        False,
        None,
        None,
        True,
        None,
    ]


@pytest.mark.parametrize(
    ("timestamp", "like"),
    [
        ("2026-03-02T11:14:05.123Z", "2026-03-02T11:14:05.123000+00:00"),
        ("2026-03-02T19:14:05.123+08:00", "2026-03-02T11:14:05.123000+00:00"),
        ("2026-03-02T19:14:05.123+0800", "2026-03-02T11:14:05.123000+00:00"),
        ("2026-03-02T19:14:05.123+08", "2026-03-02T11:14:05.123000+00:00"),
        ("2026-03-02T11:14:05.123", "2026-03-02T11:14:05.123000+00:00"),
        ("2026-03-02t11:14:05.123z", "2026-03-02T11:14:05.123000+00:00"),
        ("2026-03-02T11:14:05.123456789Z", "2026-03-02T11:14:05.123456+00:00"),
        ("2026-03-02T11:14:05,5Z", "2026-03-02T11:14:05.500000+00:00"),
        ("20260302T111405Z", "2026-03-02T11:14:05+00:00"),
        ("2026-03-02T11:14Z", "2026-03-02T11:14:00+00:00"),
        ("2026-W10-1T11:14:05Z", "2026-03-02T11:14:05+00:00"),
        ("2026-061T11:14:05Z", "2026-03-02T11:14:05+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2016-12-31T23:59:60.5z", "2017-01-01T00:00:00.500000+00:00"),
        ("2026-03-02T24:00:00Z", "2026-03-03T00:00:00+00:00"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999+00:00"),
    ],
)
def test_every_form_of_a_timestamp_is_read(timestamp: str, like: str):
    moment = datetime.fromisoformat(like) - datetime(1970, 1, 1, tzinfo=UTC)
    expected = (moment.days * 86_400 + moment.seconds) * 1_000_000 + moment.microseconds
    assert microseconds(timestamp) == expected


def test_the_year_nought_is_before_the_year_one():
    year = 366 * 86_400_000_000
    first = microseconds("0001-01-01T00:00:00Z")
    assert first is not None
    assert microseconds("0000-01-01T00:00:00Z") == first - year


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_timestamp_is_read_to_the_microsecond(moment: datetime):
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    expected = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    assert microseconds(moment.isoformat()) == expected
    assert microseconds(moment.isoformat().replace("+00:00", "z").lower()) == expected


def test_without_a_timestamp_the_time_is_when_it_was_stored():
    stored = AT - 123_000 + 1_000_000
    assert only(timestamp=None).time == stored
    assert only(timestamp="yesterday").time == stored
    assert only(timestamp=None, stored=None).time == 0


@pytest.mark.parametrize(
    ("duration", "length"),
    [
        ("PT1M30.5S", 90.5),
        ("PT16559.14S", 16559.14),
        ("PT1H", 3600.0),
        ("P1DT12H", 129_600.0),
        ("P4W", 2_419_200.0),
        ("P1Y", 31_556_952.0),
        ("P1M", 2_629_746.0),
        ("PT0S", 0.0),
        ("PT1,5H", 5400.0),
        ("PT", None),
        ("P", None),
        ("P1DT", None),
        ("1H", None),
        ("PT1M30.5", None),
        (f"PT{'9' * 400}S", None),
    ],
)
def test_a_duration_is_read_in_seconds(duration: str, length: float | None):
    assert seconds(duration) == length


# --- Vocabularies of others -----------------------------------------------------------------------


def video(verb: str, **result: Any) -> Fact:
    extensions = {f"{VIDEO}extensions/{name.replace('_', '-')}": v for name, v in result.items()}
    return only(
        verb={"id": verb},
        object=activity("video", f"{VIDEO}activity-type/video"),
        result={"extensions": extensions, "duration": "PT1H", "completion": True},
        context=None,
    )


def test_seconds_watched_are_those_since_the_player_was_last_started():
    paused = video(f"{VIDEO}verbs/paused", time=30, played_segments="0[.]12.5[,]14[.]30")
    assert (paused.action, paused.duration) == ("video", 16.0)


@pytest.mark.parametrize(
    "verb", [f"{VIDEO}verbs/played", f"{VIDEO}verbs/seeked", ADL + "completed"]
)
def test_no_other_video_statement_tells_seconds_so_that_none_count_twice(verb: str):
    fact = video(verb, played_segments="0[.]12.5")
    assert (fact.action, fact.duration, fact.completion) == ("video", None, True)


@pytest.mark.parametrize(
    ("segments", "length"),
    [
        ("0[.]12.5", 12.5),
        ("0[.]5[,]7[.]9", 2.0),
        ("9[.]7", None),
        ("", None),
        ("0", None),
        ("a[.]b", None),
        ("0[.]nan", None),
        ("0[.]inf", None),
        ("0[.]5[,]", None),
    ],
)
def test_the_last_played_segment_has_a_length(segments: str, length: float | None):
    assert last_segment(segments) == length


def test_a_pause_without_segments_has_the_duration_it_states():
    assert video(f"{VIDEO}verbs/paused").duration == 3600.0
    assert video(f"{VIDEO}verbs/paused", played_segments=12).duration == 3600.0


@pytest.mark.parametrize(
    ("verb", "action", "success", "duration"),
    [
        (ADL + "launched", "start", None, None),
        (ADL + "initialized", "start", None, None),
        (ADL + "completed", "completion", None, None),
        (ADL + "passed", "result", True, None),
        (ADL + "failed", "result", False, None),
        (ADL + "terminated", "stop", None, 90.0),
        ("https://w3id.org/xapi/adl/verbs/abandoned", "stop", None, 90.0),
        ("https://w3id.org/xapi/adl/verbs/satisfied", "completion", None, None),
        ("https://w3id.org/xapi/adl/verbs/waived", "completion", None, None),
    ],
)
def test_a_cmi5_session_tells_its_time_once(
    verb: str, action: str, success: bool | None, duration: float | None
):
    fact = only(
        verb={"id": verb},
        object=activity("au"),
        result={"duration": "PT1M30S"},
        context={"contextActivities": {"category": [{"id": CMI5}]}},
    )
    assert (fact.action, fact.success, fact.duration) == (action, success, duration)


def test_what_is_completed_tells_the_action():
    def completed(kind: str) -> str:
        return only(verb={"id": ADL + "completed"}, object=activity("x", kind)).action

    assert completed(vocabulary.TYPE_HOMEWORK) == "homework_done"
    assert completed(vocabulary.TYPE_CHECK) == "check"
    assert completed(vocabulary.TYPE_PREVIEW) == "preview"
    assert completed(f"{VIDEO}activity-type/video") == "video"
    assert completed("https://x.example/thing") == "completion"
    assert completed("") == "completion"


# --- Laws -----------------------------------------------------------------------------------------


def as_given(statement: dict[str, Any]) -> dict[str, Any]:
    """A valid statement as the record gives it: with what the record fills in."""
    return {
        "id": "11111111-2222-4333-8444-555555555555",
        "timestamp": "2026-03-02T11:14:06Z",
        "stored": "2026-03-02T11:14:06Z",
        "authority": agent("app"),
        **statement,
    }


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with the members of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {name: shuffled(value[name], chance) for name in keys}
    return [shuffled(each, chance) for each in value] if isinstance(value, list) else value


def check(given_statement: dict[str, Any], reading: Reading) -> None:
    assert [fact.ordinal for fact in reading.facts] == list(range(len(reading.facts)))
    for fact in reading.facts:
        assert fact.person
        assert fact.statement == given_statement["id"].lower()
        assert fact.action in ACTIONS
        assert fact.phase in {"", *PHASES}
        assert list(fact.knowledge_points) == sorted(set(fact.knowledge_points))
        assert fact.score is None or -1 <= fact.score <= 1
        assert fact.rating is None or 0 <= fact.rating <= 1
        assert fact.duration is None or fact.duration >= 0
        assert fact.success in (True, False, None)
    for (_, subject, _), (_, _, name) in reading.names:
        assert subject
        assert name


any_statement = st.one_of([valid_statements(version) for version in Version]).map(as_given)


@given(any_statement, st.randoms(use_true_random=False))
def test_reading_is_pure_and_the_order_of_keys_does_not_matter(
    given_statement: dict[str, Any], chance: random.Random
):
    before = copy.deepcopy(given_statement)
    reading = READER.read(given_statement, store="district", position=3)
    assert given_statement == before
    check(given_statement, reading)
    again = READER.read(shuffled(given_statement, chance), store="district", position=3)
    assert again == reading


verbs = st.sampled_from(sorted(rules_by_verb(shipped_mappings())))
types = st.sampled_from(
    sorted(value for name, value in vars(vocabulary).items() if name.startswith("TYPE_"))
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
extension_keys = st.sampled_from(
    [value for name, value in vars(vocabulary).items() if name.startswith("EXTENSION_")]
    + [f"{VIDEO}extensions/played-segments"]
)
extensions = st.dictionaries(extension_keys, anything, max_size=4)


@given(any_statement, verbs, types, extensions)
def test_no_known_verb_type_or_extension_makes_reading_fail(
    given_statement: dict[str, Any], verb: str, kind: str, values: dict[str, Any]
):
    if given_statement["object"].get("objectType", "Activity") == "Activity":
        given_statement["object"].setdefault("definition", {})["type"] = kind
    given_statement["verb"]["id"] = verb
    given_statement.setdefault("context", {})["extensions"] = values
    given_statement.setdefault("result", {})["extensions"] = values
    check(given_statement, READER.read(given_statement, store="district", position=3))


def test_the_statements_of_a_public_store_of_2014_are_all_read():
    with gzip.open(data_file("adl_public_lrs_2014.json.gz")) as file:
        statements = orjson.loads(file.read())
    found: Counter[str] = Counter()
    for position, given_statement in enumerate(statements):
        reading = READER.read(given_statement, store="district", position=position)
        check(given_statement, reading)
        found.update(fact.action for fact in reading.facts)
    assert found == {
        "start": 396,
        "stop": 291,
        "resource_viewed": 209,
        "result": 100,
        "completion": 66,
        "answer": 46,
        "resource_created": 16,
        "progress": 14,
        "other": 7,
        "attendance": 3,
        "resource_shared": 3,
    }
