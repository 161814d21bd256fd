"""The demo district: what its apps post, how they post it, and that the truth is told."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from rich.console import Console

from apps.catalogue import VENDORS, Catalogue
from apps.client import AppClient, RefusedError
from apps.demo_district import APPS, acts_of_round, rounds, run_demo_district
from apps.district import SCALES, District, Student, make_district
from apps.teaching_days import acts_of, sessions_of
from apps.truth import Truth
from lrs.actors import actor_key
from lrs.validation import validate_statement
from lrs.versions import Version
from projections.facts import Fact
from projections.meaning.reading import default_reader
from projections.vocabulary import PROFILE_VERSION
from tests.support.servers import running_server
from tests.support.small_record import SmallRecord, small_record
from tests.support.teaching_cycle import broken_promises, meant

CREDENTIALS = {app: (f"{app}-key", "secret") for app in APPS}
SMALL, DISTRICT = SCALES["small"], SCALES["district"]
# Every act of the profile that the apps of the demo tell.
TEMPLATES = {
    *("preview", "video", "answer", "poll", "raise-hand", "group-work", "attention"),
    *("attendance", "check", "rating", "badge", "remote-session", "interaction-organised"),
    *("homework-set", "homework-done", "homework-marked", "homework-corrected", "tutoring"),
    *("resource-searched", "resource-adopted", "resource-recreated", "resource-shared"),
    *("resource-built", "resource-used", "push", "strategy-changed", "feedback"),
}

Statements = list[dict[str, Any]]


class Played:
    """The small district, all its statements, and the facts they give."""

    def __init__(self) -> None:
        self.truth = Truth(make_district(seed=1, scale=replace(SMALL, students=40)))
        self.statements: Statements = [
            orjson.loads(act.json(identity))
            for _, played in rounds(sessions_of(self.truth.district))
            for identity, act in acts_of_round(played, self.truth)
        ]
        reader = default_reader()
        self.facts: list[Fact] = [
            fact
            for position, statement in enumerate(self.statements, 1)
            for fact in reader.read(_as_given(statement), store="demo", position=position).facts
        ]


def _as_given(statement: dict[str, Any]) -> dict[str, Any]:
    app = {"account": {"homePage": "https://xueji.dev/apps", "name": "demo"}}
    return {"stored": statement["timestamp"], "authority": app, **statement}


@pytest.fixture(scope="module")
def played() -> Played:
    return Played()


@pytest.fixture
def record() -> Iterator[SmallRecord]:
    with small_record() as serving:
        yield serving


def claiming(statements: Statements) -> Statements:
    """Those that say they follow the profile: all but what a cmi5 session tells."""
    return [
        statement
        for statement in statements
        if any(
            category["id"] == PROFILE_VERSION
            for category in statement["context"]["contextActivities"]["category"]
        )
    ]


# What is posted ------------------------------------------------------------------------------


def test_every_statement_is_valid_in_both_versions(played: Played) -> None:
    for statement in played.statements:
        validate_statement(statement, Version.V1_0_3)
        if "version" in statement:
            statement = statement | {"version": "2.0.0"}
        validate_statement(statement, Version.V2_0_0)


def test_every_statement_follows_a_template_of_the_profile_but_for_cmi5(played: Played) -> None:
    following = claiming(played.statements)
    assert not Counter(broken for each in following[::5] for broken in broken_promises(each))
    known = {each["id"] for each in following}
    rest = [each for each in played.statements if each["id"] not in known]
    assert rest
    assert all("cmi5" in each["context"]["contextActivities"]["category"][0]["id"] for each in rest)


def test_the_apps_tell_every_act_of_the_teaching_cycle(played: Played) -> None:
    kinds = {
        (each["verb"]["id"], each["object"].get("definition", {}).get("type")): each
        for each in claiming(played.statements)
    }
    told = {name.rsplit("/", 1)[1] for each in kinds.values() for name in meant(each)}
    assert told == TEMPLATES


def test_what_tincan_builds_is_what_is_filled_in_from_parts() -> None:
    truth = Truth(make_district(seed=1, scale=SMALL))
    for session in sessions_of(truth.district)[:200]:
        for identity, act in list(acts_of(session, 1, truth))[::9]:
            built = orjson.loads(act.statement(identity).to_json("1.0.3"))
            assert orjson.loads(act.json(identity)) == built


def test_no_fact_is_of_an_unknown_action_and_lessons_are_known(played: Played) -> None:
    assert all(fact.action != "other" for fact in played.facts)
    assert not {fact.person for fact in played.facts if not fact.person.startswith("account:")}


def test_facts_say_layer_due_time_whole_and_who_the_other_person_was(played: Played) -> None:
    teachers = {teacher.person.key for teacher in played.truth.district.teachers}
    of_action = defaultdict(list)
    for fact in played.facts:
        of_action[fact.action].append(fact)
    assert all(f.layer and f.due for f in of_action["homework_set"])
    assert all(f.due for f in of_action["homework_done"])
    at_home = [f for f in of_action["answer"] if f.phase == "post"]
    assert all(f.layer and "/homework/" in f.part_of for f in at_home)
    assert {f.layer for f in at_home} == {"basic", "advanced", "challenge"}
    assert all(f.counterpart in teachers for f in of_action["badge_earned"])
    assert all("/deeds/" in f.part_of for f in of_action["badge_earned"])
    for rater in ("teacher", "peer", "self", "parent"):
        assert all("/indicators/" in f.part_of for f in of_action[f"rating_by_{rater}"])
    assert {f.counterpart for f in of_action["rating_by_teacher"]} <= teachers
    assert all(0 < (f.progress or 0) <= 1 for f in of_action["video"])
    assert any((f.progress or 0) < 0.5 for f in of_action["video"])


def test_everything_has_a_chinese_and_an_english_name(played: Played) -> None:
    for statement in played.statements:
        activities = statement["context"]["contextActivities"]
        named = [statement["object"], *activities["grouping"], *activities.get("other", [])]
        for activity in named:
            if activity["objectType"] != "Agent":
                assert set(activity["definition"]["name"]) == {"zh-CN", "en"}
        assert set(statement["verb"]["display"]) == {"zh-CN", "en"}


def test_nobody_does_two_things_at_once_so_nothing_is_late(played: Played) -> None:
    times = defaultdict(list)
    for fact in played.facts:
        times[fact.person].append((fact.time, fact.action))
    for moments in times.values():
        for (before, first), (after, second) in pairwise(moments):
            assert before < after, (first, second)


def test_ids_are_never_used_twice(played: Played) -> None:
    assert len({statement["id"] for statement in played.statements}) == len(played.statements)


# The truth -----------------------------------------------------------------------------------


def test_the_truth_counts_what_the_statements_say_of_answers(played: Played) -> None:
    tries: Counter[tuple[str, str]] = Counter()
    successes: Counter[tuple[str, str]] = Counter()
    for fact in played.facts:
        if fact.action == "answer":
            for point in fact.knowledge_points:
                tries[fact.person, point] += 1
                successes[fact.person, point] += bool(fact.success)
    assert tries == played.truth.tries
    assert successes == +played.truth.successes | Counter()
    assert {student.key for student in played.truth.students} == {who for who, _ in tries}


def test_the_truth_knows_who_answered_what_and_when(played: Played) -> None:
    said = {
        (fact.person, fact.item, fact.lesson, fact.phase, fact.time)
        for fact in played.facts
        if fact.action == "answer"
    }
    known = {
        (each.student, each.item, each.lesson, each.phase, microseconds(each.when))
        for each in played.truth.answers
    }
    assert said == known
    lesson = played.truth.answers[100].lesson
    participation = played.truth.participation(lesson)
    assert sum(map(len, participation.values())) == sum(
        fact.lesson == lesson and fact.phase == "in" and fact.action == "answer"
        for fact in played.facts
    )


def test_the_truth_counts_badges_corrections_and_homework(played: Played) -> None:
    truth = played.truth
    assert Counter(f.person for f in played.facts if f.action == "badge_earned") == truth.badges
    corrected = Counter(f.person for f in played.facts if f.action == "homework_corrected")
    assert corrected == truth.corrected
    done = {(f.person, f.item): f.time for f in played.facts if f.action == "homework_done"}
    assert done == {
        key: microseconds(homework.done)
        for key, homework in truth.homework.items()
        if homework.done
    }
    on_time = sum(homework.is_on_time for homework in truth.homework.values())
    assert 0 < on_time < len(done) < len(truth.homework)


def test_the_truth_counts_what_teachers_do_and_what_happens_in_lessons(played: Played) -> None:
    teachers = {teacher.person.key for teacher in played.truth.district.teachers}
    acts = Counter((f.person, f.action) for f in played.facts if f.person in teachers)
    ratings = {key: n for key, n in acts.items() if key[1] == "rating_given"}
    assert acts - Counter(ratings) == played.truth.teacher_acts
    for (lesson, action), number in played.truth.lesson_acts.items():
        facts = [f for f in played.facts if f.lesson == lesson and f.action == action]
        assert len([f for f in facts if f.phase == "in"]) == number


def test_the_truth_keeps_mistake_books(played: Played) -> None:
    retried = [
        mistake
        for student in played.truth.students[:20]
        for mistake in played.truth.mistakes(student.key).values()
    ]
    assert all(not all(each.success for each in mistake.attempts) for mistake in retried)
    assert {mistake.is_retried for mistake in retried} == {True, False}
    assert {mistake.is_right_later for mistake in retried if mistake.is_retried} == {True, False}
    assert not [m for m in retried if m.is_right_later and not m.is_retried]


def test_able_students_answer_better_and_diligent_ones_do_more(played: Played) -> None:
    truth, students = played.truth, list(played.truth.students)

    def share_right(chosen: list[Student]) -> float:
        keys = {student.key for student in chosen}
        tries = sum(n for (person, _), n in truth.tries.items() if person in keys)
        return sum(n for (person, _), n in truth.successes.items() if person in keys) / tries

    students.sort(key=lambda student: sum(student.ability.values()))
    assert share_right(students[-10:]) > share_right(students[:10]) + 0.2
    students.sort(key=lambda student: student.diligence)
    facts = Counter(fact.person for fact in played.facts)
    diligent, idle = ([facts[s.key] for s in part] for part in (students[-10:], students[:10]))
    assert sum(diligent) > 1.3 * sum(idle)


def test_each_students_weak_points_lie_under_all_others() -> None:
    for student in make_district(seed=2, scale=SMALL).students:
        weak = [student.ability[point] for point in student.weak_points]
        rest = [value for point, value in student.ability.items() if point not in weak]
        others = [v for p, v in student.ability.items() if p not in student.weak_points]
        assert len(weak) == 3
        assert len(rest) == 12
        assert max(weak) < min(others) - 0.5


def microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


# The district --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> District:
    return make_district(seed=1, scale=DISTRICT)


def test_the_district_has_the_size_of_the_first_one(whole: District) -> None:
    assert len(whole.schools) == 13
    assert len(whole.classes) == 223
    assert len(whole.students) == 9_029
    assert len(whole.teachers) == 450
    apps = Catalogue(whole).apps
    assert len(apps) == 45
    assert {app.vendor for app in apps.values()} == set(VENDORS)
    assert len(VENDORS) == 9


def test_everybody_in_the_district_has_an_account_and_a_name_of_their_own(whole: District) -> None:
    people = [each.person for each in (*whole.students, *whole.teachers)]
    assert len({person.account for person in people}) == len(people)
    assert len({person.name for person in people}) == len(people)


def test_every_student_is_in_one_class_on_each_day_and_some_change_halfway(
    whole: District,
) -> None:
    days = sorted({planned.day for planned in whole.lessons})
    moved = 0
    for day in (days[0], days[-1]):
        members = Counter(
            student.key for group in whole.classes for student in group.students_on(day)
        )
        assert set(members.values()) == {1}
        assert len(members) == 9_029
    for group in whole.classes:
        moved += set(group.students_on(days[0])) != set(group.students_on(days[-1]))
    assert moved > 100


def test_in_a_remote_lesson_two_classes_of_two_schools_share_one_lesson(played: Played) -> None:
    shared = defaultdict(set)
    for planned in played.truth.district.lessons:
        shared[planned.lesson.iri].add((planned.lesson.school, planned.lesson.class_group))
    together = [classes for classes in shared.values() if len(classes) == 2]
    assert together
    assert all(len({school for school, _ in classes}) == 2 for classes in together)


# How it is posted ----------------------------------------------------------------------------


def test_each_app_posts_with_its_own_credential_first_one_by_one_then_in_batches(
    record: SmallRecord,
) -> None:
    shown = io.StringIO()
    console = Console(file=shown, width=200, force_terminal=True)
    truth = run_demo_district(record.url, CREDENTIALS, students_of_a_class=3, console=console)

    posted: Counter[str] = Counter()
    sizes = defaultdict(list)
    for user, headers, batch in record.requests:
        assert headers["X-Experience-API-Version"] == "1.0.3"
        posted[user.removesuffix("-key:secret")] += len(batch)
        sizes[user].append(len(batch))
    assert set(posted) == set(APPS)
    assert posted == truth.statements
    assert all(size[0] == 1 and max(size) > 1 for size in sizes.values())
    assert max(max(size) for size in sizes.values()) <= 50
    sessions = len(sessions_of(truth.district))
    assert f"{sessions}/{sessions}" in shown.getvalue()


def test_the_same_seed_posts_the_same_statements_and_another_seed_others(
    record: SmallRecord,
) -> None:
    first = run_demo_district(record.url, CREDENTIALS, students_of_a_class=2, progress=False)
    once = list(record.statements)
    record.statements.clear()
    run_demo_district(record.url, CREDENTIALS, students_of_a_class=2, progress=False)
    assert record.statements == once

    record.statements.clear()
    run_demo_district(record.url, CREDENTIALS, seed=2, students_of_a_class=2, progress=False)
    assert not {s["id"] for s in record.statements} & {s["id"] for s in once}
    assert first.statements.total() == len(once)


def test_a_refusal_is_an_error_that_tells_the_records_reason(record: SmallRecord) -> None:
    record.check = lambda statement: ("$.actor", "an actor is somebody", "2.4.2", None)
    with pytest.raises(RefusedError, match=r"status 400.*an actor is somebody"):
        run_demo_district(record.url, CREDENTIALS, students_of_a_class=2, progress=False)


def test_an_app_without_a_credential_is_told() -> None:
    with pytest.raises(KeyError, match="lesson-assistant"):
        run_demo_district("http://127.0.0.1:9/xapi", {}, students_of_a_class=2, progress=False)


def test_nothing_to_post_is_no_request(record: SmallRecord) -> None:
    client = AppClient(record.url, "key", "secret")
    assert client.post_in_batches([]) == client.post_one_by_one([]) == 0
    assert not record.requests


def test_the_whole_server_takes_the_district_and_shows_its_students(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        keys = {app: server.add_key(scope="statements/write", app=app) for app in APPS}
        credentials = {app: (key.key, key.secret) for app, key in keys.items()}
        truth = run_demo_district(
            f"{server.address}/xapi", credentials, students_of_a_class=2, progress=False
        )
        reader = server.add_key(scope="all/read")
        with httpx.Client(auth=(reader.key, reader.secret), base_url=server.address) as client:
            student = truth.students[0].key
            deadline = monotonic() + 20
            while monotonic() < deadline:
                answer = client.get(f"/v1/portraits/students/{quote(student, safe='')}")
                tries = {
                    each["knowledge_point"]: each["tries"]
                    for each in (answer.json()["mastery"] if answer.status_code == 200 else [])
                }
                expected = {
                    point: count for (who, point), count in truth.tries.items() if who == student
                }
                if tries == expected:
                    break
                sleep(0.5)
            assert tries == expected


def test_who_an_actor_is_can_be_told_of_groups_too(played: Played) -> None:
    groups = [each for each in played.statements if each["actor"]["objectType"] == "Group"]
    assert groups
    assert all(actor_key(member) for each in groups for member in each["actor"]["member"])
