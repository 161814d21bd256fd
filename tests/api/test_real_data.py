"""Real data on every route about people: figures are those of the file, and nothing fails on it."""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import httpx
import orjson
import pytest

from api.imports import assistments, statements
from api.imports.posting import Outgoing
from projections.prediction.mastery import ENOUGH_TRIES
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.data import data_file

LEARNERS = 8
BATCH = 50
ASKED_ABOUT = 12  # persons of the dump: those with most facts

# What tells of all people of a store; there is no roster in either of these.
OF_ALL = (
    "/v1/students",
    "/v1/lessons",
    "/v1/apps",
    "/v1/at-risk",
    "/v1/portraits/district",
    "/v1/rankings?month=2014-04",
    "/v1/rankings?month=2009-09&of=apps",
    "/v1/reports/quarterly?quarter=2014-Q2",
    "/v1/roster/schools",
    "/v1/roster/classes",
)

Row = dict[str, str]


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request) as application:
        yield application


def bring(running: RunningApplication, store: str, outgoing: Iterable[Outgoing]) -> XapiClient:
    """Post what an importer makes, one at a time where a batch is refused; wait for its rows."""
    client = running.xapi(store, version="1.0.3")
    remaining, position = iter(outgoing), 0
    while batch := list(islice(remaining, BATCH)):
        whole = client.post_raw(b"[" + b",".join(one.statement for one in batch) + b"]")
        answers = [whole]
        if whole.status_code != 200:
            answers = [client.post_raw(b"[" + one.statement + b"]") for one in batch]
        for answer in answers:
            assert answer.status_code in (200, 400, 409), answer.text
            position = max(position, int(answer.headers.get("X-Xueji-Position", 0)))
    ask(client, "/v1/students", after=position)
    return client


def ask(client: XapiClient, path: str, **parameters: Any) -> Any:
    answer = client.request("GET", path, params=parameters or None)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


def all_of(client: XapiClient, path: str, what: str, **parameters: Any) -> list[Any]:
    """Give all pages of a list."""
    found, answer = [], ask(client, path, **parameters)
    while True:
        found += answer[what]
        if answer["next"] is None:
            return found
        answer = ask(client, path, **parameters, cursor=answer["next"])


def follow(client: XapiClient, link: str) -> list[Any]:
    """Give all facts behind a figure."""
    url = httpx.URL(link)
    parameters: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in url.params.multi_items():
        parameters[name].append(value)
    return all_of(client, url.path, "facts", **parameters, limit=500)


# ASSISTments ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def responses() -> dict[str, list[Row]]:
    """The file's responses of the first learners, as any CSV reader has them."""
    with gzip.open(data_file("assistments09.csv.gz"), "rt") as file:
        by_learner = groupby(csv.DictReader(file), itemgetter("user_id"))
        return {learner: list(rows) for learner, rows in islice(by_learner, LEARNERS)}


@pytest.fixture(scope="module")
def skill_builder(running: RunningApplication, responses: dict[str, list[Row]]) -> XapiClient:
    some = sum(map(len, responses.values()))
    made = assistments.outgoing(data_file("assistments09.csv.gz"))
    return bring(running, "skill-builder", islice(made, some))


def persons(client: XapiClient) -> dict[str, str]:
    """Give the learners' keys by the ids that the file has."""
    listed = all_of(client, "/v1/students", "students")
    return {one["name"].removeprefix("ASSISTments "): one["person"] for one in listed}


def right(rows: Sequence[Row]) -> int:
    return sum(row["correct"] == "1" for row in rows)


def test_portraits_of_real_learners_count_what_the_file_has(
    skill_builder: XapiClient, responses: dict[str, list[Row]]
) -> None:
    keys = persons(skill_builder)
    assert keys.keys() == responses.keys()
    for learner, rows in responses.items():
        portrait = ask(skill_builder, f"/v1/portraits/students/{keys[learner]}")
        activity = portrait["activity"]
        assert (activity["answers"], activity["correct"]) == (len(rows), right(rows))
        tries = Counter(skill for row in rows for skill in row["skills"].split(";") if skill)
        told = {
            one["knowledge_point"].rpartition("/")[2]: one["tries"] for one in portrait["mastery"]
        }
        assert told == tries
        for one in portrait["mastery"]:
            assert 0 < one["low"] <= one["probability"] <= one["high"] < 1


def test_who_answers_right_more_often_is_believed_to_know_more(
    skill_builder: XapiClient, responses: dict[str, list[Row]]
) -> None:
    keys = persons(skill_builder)
    believed, seen = [], []
    for learner, rows in responses.items():
        mastery = ask(skill_builder, f"/v1/portraits/students/{keys[learner]}")["mastery"]
        for one in mastery:
            skill = one["knowledge_point"].rpartition("/")[2]
            of_skill = [row for row in rows if skill in row["skills"].split(";")]
            if one["tries"] >= ENOUGH_TRIES:
                believed.append(one["probability"])
                seen.append(right(of_skill) / len(of_skill))
    assert len(seen) >= 10
    high = [mine for mine, share in zip(believed, seen, strict=True) if share >= 0.8]
    low = [mine for mine, share in zip(believed, seen, strict=True) if share <= 0.5]
    assert min(len(high), len(low)) >= 2
    assert sum(high) / len(high) > sum(low) / len(low) + 0.2


def test_a_real_mistake_book_has_the_items_that_were_answered_wrong(
    skill_builder: XapiClient, responses: dict[str, list[Row]]
) -> None:
    for learner, person in persons(skill_builder).items():
        book = all_of(skill_builder, f"/v1/students/{person}/mistakes", "mistakes")
        wrong = Counter(row["item_id"] for row in responses[learner] if row["correct"] == "0")
        told = {one["item"].rpartition("/")[2]: one["times_wrong"] for one in book}
        assert told == wrong


def test_a_real_plan_of_homework_stays_within_the_day(skill_builder: XapiClient) -> None:
    for person in persons(skill_builder).values():
        plan = ask(skill_builder, f"/v1/students/{person}/homework-plan", minutes=20)
        assert plan["minutes"] <= 20
        assert all(point["reasons"] for point in plan["points"])


def test_the_evidence_of_a_real_figure_is_as_many_statements(
    skill_builder: XapiClient, responses: dict[str, list[Row]]
) -> None:
    person = persons(skill_builder)["2"]  # who has the most
    portrait = ask(skill_builder, f"/v1/portraits/students/{person}")
    of_point = max(portrait["mastery"], key=itemgetter("tries"))
    for figure, count in (
        (portrait["activity"], len(responses["2"])),
        (of_point, of_point["tries"]),
    ):
        facts = follow(skill_builder, figure["evidence"]["link"])
        assert len(facts) == len({fact["statement"] for fact in facts}) == count


def test_the_register_counts_what_was_imported(
    skill_builder: XapiClient, responses: dict[str, list[Row]]
) -> None:
    [app] = ask(skill_builder, "/v1/apps")["apps"]
    assert app["statements"] == sum(map(len, responses.values()))
    assert app["persons"] == LEARNERS


# The dump of 2014 ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dump(running: RunningApplication) -> XapiClient:
    path = data_file("adl_public_lrs_2014.json.gz")
    return bring(running, "adl", statements.outgoing(path))


def test_every_route_answers_about_people_of_the_dump(dump: XapiClient) -> None:
    listed = all_of(dump, "/v1/students", "students", limit=500)
    with gzip.open(data_file("adl_public_lrs_2014.json.gz")) as file:
        actors = Counter(one["actor"].get("mbox") for one in orjson.loads(file.read()))
    assert len(listed) > 50
    for one in listed:  # at most: some statements are refused, and some are voided
        assert one["facts"] <= actors[one["person"].removeprefix("mbox:")]
    for one in sorted(listed, key=itemgetter("facts"), reverse=True)[:ASKED_ABOUT]:
        person = one["person"]
        portrait = ask(dump, f"/v1/portraits/students/{person}")
        assert portrait["activity"]["actions"] == one["facts"]
        facts = all_of(dump, "/v1/evidence", "facts", person=person, limit=500)
        assert len(facts) == one["facts"]
        ask(dump, f"/v1/students/{person}/mistakes")
        ask(dump, f"/v1/students/{person}/homework-plan")
        ask(dump, f"/v1/students/{person}/documents")
        told = dump.request("GET", f"/v1/portraits/teachers/{person}")
        assert told.status_code in (200, 404), told.text


@pytest.mark.parametrize("path", OF_ALL)
def test_every_route_answers_about_all_of_real_data(
    dump: XapiClient, skill_builder: XapiClient, path: str
) -> None:
    for client in (dump, skill_builder):
        ask(client, path)


def test_lessons_and_verbs_that_nobody_knows_are_told_as_they_are(dump: XapiClient) -> None:
    for one in all_of(dump, "/v1/lessons", "lessons", limit=200):
        report = ask(dump, f"/v1/lessons/{one['lesson']}")
        assert report["facts"] > 0
    [app] = ask(dump, "/v1/apps")["apps"]
    with gzip.open(data_file("adl_public_lrs_2014.json.gz")) as file:
        posted = orjson.loads(file.read())
    assert 0 < app["statements"] <= len(posted)
    assert 0 < app["unread"] < 1
