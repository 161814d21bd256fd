"""The demo district: what its apps post, how they post it, and that the truth is told."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterator
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

from apps.client import AppClient, RefusedError
from apps.demo_district import (
    APPS,
    CLASSROOM_CLICKER,
    HOMEWORK,
    PREVIEW_VIDEO,
    Truth,
    run_demo_district,
    sessions_of,
    statements_of,
)
from apps.district import Student, make_district
from lrs.actors import actor_key
from lrs.validation import validate_statement
from lrs.versions import Version
from projections.vocabulary import TYPE_KNOWLEDGE_POINT, VERB_ANSWERED
from tests.support.servers import running_server
from tests.support.small_record import SmallRecord, small_record
from tests.support.teaching_cycle import broken_promises

CREDENTIALS = {app: (f"{app}-key", "secret") for app in APPS}


@pytest.fixture(scope="module")
def played() -> tuple[Truth, list[dict[str, Any]]]:
    """A district of small classes, and all its statements."""
    truth = Truth(make_district(seed=1, students_of_a_class=5))
    statements = [
        orjson.loads(statement.to_json("1.0.3"))
        for session in sessions_of(truth.district)
        for statement in statements_of(session, 1, truth)
    ]
    return truth, statements


@pytest.fixture
def record() -> Iterator[SmallRecord]:
    with small_record() as serving:
        yield serving


def test_every_statement_is_valid_in_both_versions(
    played: tuple[Truth, list[dict[str, Any]]],
) -> None:
    for statement in played[1]:
        validate_statement(statement, Version.V1_0_3)
        validate_statement(statement, Version.V2_0_0)


def test_every_statement_follows_a_template_of_the_profile(
    played: tuple[Truth, list[dict[str, Any]]],
) -> None:
    assert not Counter(broken for statement in played[1] for broken in broken_promises(statement))


def test_every_act_is_in_one_of_the_three_phases_by_the_app_of_that_phase(
    played: tuple[Truth, list[dict[str, Any]]],
) -> None:
    phases: Counter[str] = Counter()
    for statement in played[1]:
        extensions = statement["context"]["extensions"]
        phases.update(value for key, value in extensions.items() if key.endswith("/phase"))
    assert set(phases) == {"pre", "in", "post"}
    assert phases.total() == len(played[1])


def test_everything_has_a_chinese_and_an_english_name(
    played: tuple[Truth, list[dict[str, Any]]],
) -> None:
    for statement in played[1]:
        activities = statement["context"]["contextActivities"]
        named = [statement["object"], *activities["grouping"], *activities.get("other", [])]
        for activity in named:
            assert set(activity["definition"]["name"]) == {"zh-CN", "en"}
        assert set(statement["verb"]["display"]) == {"zh-CN", "en"}


def test_nobody_does_two_things_at_once_so_nothing_is_late(
    played: tuple[Truth, list[dict[str, Any]]],
) -> None:
    times = defaultdict(list)
    for statement in played[1]:
        person = actor_key(statement["actor"])
        times[person].append(datetime.fromisoformat(statement["timestamp"]))
    for moments in times.values():
        assert all(before < after for before, after in pairwise(moments))


def test_the_truth_counts_what_the_statements_say(
    played: tuple[Truth, list[dict[str, Any]]],
) -> None:
    truth, statements = played
    tries: Counter[tuple[str | None, str]] = Counter()
    successes: Counter[tuple[str | None, str]] = Counter()
    for statement in statements:
        if statement["verb"]["id"] != VERB_ANSWERED or "success" not in statement["result"]:
            continue
        for point in statement["context"]["contextActivities"]["other"]:
            assert point["definition"]["type"] == TYPE_KNOWLEDGE_POINT
            tries[actor_key(statement["actor"]), point["id"]] += 1
            successes[actor_key(statement["actor"]), point["id"]] += statement["result"]["success"]
    assert tries == truth.tries
    assert successes == truth.successes
    assert {student.key for student in truth.students} == {person for person, _ in tries}


def test_able_students_answer_better_and_diligent_ones_do_more() -> None:
    truth = Truth(make_district(seed=3, students_of_a_class=10))
    acts: Counter[str] = Counter()
    for session in sessions_of(truth.district):
        for statement in statements_of(session, 3, truth):
            acts[f"account:{statement.actor.account.home_page}|{statement.actor.account.name}"] += 1
    students = truth.students

    def share_right(chosen: list[Student]) -> float:
        keys = {student.key for student in chosen}
        tries = sum(n for (person, _), n in truth.tries.items() if person in keys)
        return sum(n for (person, _), n in truth.successes.items() if person in keys) / tries

    by_ability = sorted(students, key=lambda student: sum(student.ability.values()))
    by_diligence = sorted(students, key=lambda student: student.diligence)
    assert share_right(by_ability[-10:]) > share_right(by_ability[:10]) + 0.2
    assert sum(acts[student.key] for student in by_diligence[-10:]) > 1.3 * sum(
        acts[student.key] for student in by_diligence[:10]
    )


def test_the_full_district_is_two_schools_of_120_students_with_names_of_their_own() -> None:
    district = make_district(seed=1)
    names = [student.person.name for student in district.students]
    assert len(names) == len(set(names)) == 120
    assert len({student.school for student in district.students}) == 2
    assert len(district.classes) == 4
    assert len({planned.day for planned in district.lessons}) == 10
    assert len({planned.lesson.subject for planned in district.lessons}) == 3


def test_each_app_posts_with_its_own_credential_first_one_by_one_then_in_batches(
    record: SmallRecord,
) -> None:
    shown = io.StringIO()
    console = Console(file=shown, width=200, force_terminal=True)
    truth = run_demo_district(record.url, CREDENTIALS, students_of_a_class=2, console=console)

    posted: Counter[str] = Counter()
    sizes = defaultdict(list)
    for user, headers, batch in record.requests:
        assert headers["X-Experience-API-Version"] == "1.0.3"
        posted[user.removesuffix("-key:secret")] += len(batch)
        sizes[user].append(len(batch))
    assert set(posted) == {PREVIEW_VIDEO, CLASSROOM_CLICKER, HOMEWORK}
    assert posted == truth.statements
    assert all(size[0] == 1 and max(size) > 1 for size in sizes.values())
    assert max(max(size) for size in sizes.values()) <= 50
    assert "144/144" in shown.getvalue()


def test_the_same_seed_posts_the_same_statements_and_another_seed_others(
    record: SmallRecord,
) -> None:
    first = run_demo_district(record.url, CREDENTIALS, students_of_a_class=1, progress=False)
    once = list(record.statements)
    record.statements.clear()
    run_demo_district(record.url, CREDENTIALS, students_of_a_class=1, progress=False)
    assert record.statements == once

    record.statements.clear()
    run_demo_district(record.url, CREDENTIALS, seed=2, students_of_a_class=1, progress=False)
    assert not {s["id"] for s in record.statements} & {s["id"] for s in once}
    assert first.statements.total() == len(once)


def test_a_refusal_is_an_error_that_tells_the_records_reason(record: SmallRecord) -> None:
    record.check = lambda statement: ("$.actor", "an actor is somebody", "2.4.2", None)
    with pytest.raises(RefusedError, match=r"status 400.*an actor is somebody"):
        run_demo_district(record.url, CREDENTIALS, students_of_a_class=1, progress=False)


def test_an_app_without_a_credential_is_told() -> None:
    with pytest.raises(KeyError, match=HOMEWORK):
        run_demo_district(
            "http://127.0.0.1:9/xapi",
            {app: CREDENTIALS[app] for app in (PREVIEW_VIDEO, CLASSROOM_CLICKER)},
            progress=False,
        )


def test_nothing_to_post_is_no_request(record: SmallRecord) -> None:
    client = AppClient(record.url, "key", "secret")
    assert client.post_in_batches([]) == client.post_one_by_one([]) == 0
    assert not record.requests


def test_the_whole_server_takes_the_district_and_shows_its_students(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        keys = {app: server.add_key(scope="statements/write", app=app) for app in APPS}
        credentials = {app: (key.key, key.secret) for app, key in keys.items()}
        truth = run_demo_district(
            f"{server.address}/xapi", credentials, students_of_a_class=1, progress=False
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
                sleep(0.1)
            assert tries == expected
