"""Evidence: every figure of a portrait opens exactly the facts that it rests on."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from projections.days import Days
from projections.evidence import Wanted, evidence
from projections.facts import Fact
from projections.portraits.homework import homework_plan
from projections.portraits.mistakes import mistake_book
from projections.portraits.students import Portraits
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.facts import DAY, HOUR, STORE, answer, at, fact, keep
from tests.support.small_district import STORE as SCHOOLS
from tests.support.small_district import TODAY, answers, carry, enroll

ZONE = ZoneInfo("Asia/Shanghai")
TERM = at("2026-03-02T00:00")
SUBJECTS = ("mathematics", "chinese", "")
STUDENTS = ("an", "bo", "mei", "lin", "jun", "wen")


@pytest.fixture(scope="module")
def generation() -> Iterator[Generation]:
    """Two months of a small class, with acts of every kind that a portrait shows."""
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    generation = warehouse.ensure()
    chance = random.Random(7)
    keep(generation, [one for student in STUDENTS for one in acts(student, chance)])
    yield generation
    warehouse.close()


def acts(student: str, chance: random.Random) -> Iterator[Fact]:
    for _ in range(150):
        number = chance.randrange(4)
        subject = SUBJECTS[number % 3]
        where = {
            "subject": subject,
            "phase": chance.choice(("pre", "in", "post", "")),
            "app": chance.choice(("clicker", "homework")),
            "lesson": f"lesson {number}",
        }
        time = TERM + chance.randrange(60 * DAY)
        points = tuple(f"{subject} {n}" for n in sorted(chance.sample(range(3), 2)))
        yield answer(
            student,
            f"item {chance.randrange(20)}",
            time,
            chance.choice((True, True, False, None)),
            knowledge_points=points[: chance.randrange(1, 3)],
            duration=chance.choice((None, 20.0, 40.0)),
            layer=chance.choice(("", "basic", "advanced")),
            part_of="homework",
            **where,
        )
        if chance.random() < 0.1:
            yield fact(student, "homework_corrected", time + 5, item="homework", **where)
        due = chance.choice((None, time - HOUR, time + HOUR))
        done = chance.choice(("preview", "homework_done", "homework_corrected", "homework_set"))
        yield fact(student, done, time + 1, item=f"item {chance.randrange(20)}", due=due, **where)
        if chance.random() < 0.3:
            yield fact(
                student,
                f"rating_{chance.choice(('by_teacher', 'by_peer', 'by_self', 'received'))}",
                time + 2,
                rating=chance.choice((None, 0.25, 0.75)),
                part_of=chance.choice(("", "teamwork")),
                counterpart="teacher",
            )
            yield fact(student, "badge_earned", time + 3, item="helper", counterpart="teacher")
            yield fact(
                student,
                "video",
                time + 4,
                item=f"video {number}",
                progress=chance.choice((None, chance.random())),
                duration=chance.choice((None, 60.0)),
                **where,
            )


@pytest.fixture
def portraits(generation: Generation) -> Portraits:
    return Portraits(generation, position=lambda: 42)


def figures(answer: Any) -> Iterator[dict[str, Any]]:
    """Give everything in an answer that says what it rests on."""
    if isinstance(answer, dict):
        if "facts" in answer and "wanted" in answer:
            yield answer
        for value in answer.values():
            yield from figures(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from figures(value)


def wanted_of(figure: dict[str, Any]) -> Wanted:
    given = dict(figure["wanted"])
    renamed = {"action": "actions", "from": "first", "to": "last"}
    read = {renamed.get(name, name): value for name, value in given.items()}
    for name in ("actions", "known"):
        read[name] = tuple(read.get(name, ()))
    for name in ("first", "last"):
        if name in read:
            read[name] = date.fromisoformat(read[name])
    return Wanted(**read)


def count(generation: Generation, wanted: Wanted) -> int:
    """Count the facts of all pages."""
    found: set[tuple[str, int]] = set()
    place = None
    while True:
        page, place = evidence(generation, STORE, wanted, ZONE, limit=200, after=place)
        found.update((one["statement"], one["ordinal"]) for one in page)
        if place is None:
            return len(found)


@pytest.mark.parametrize("subject", ["", "mathematics"])
@pytest.mark.parametrize("days", [Days(), Days(date(2026, 3, 10), date(2026, 4, 10))])
def test_every_figure_of_a_portrait_opens_as_many_facts_as_it_rests_on(
    generation: Generation, portraits: Portraits, subject: str, days: Days
) -> None:
    portrait = portraits.student(STORE, "an", subject=subject, days=days)
    shown = list(figures(portrait))
    assert len(shown) > 20
    for figure in shown:
        assert count(generation, wanted_of(figure)) == figure["facts"], figure


def test_every_figure_of_the_mistake_book_and_the_plan_does_too(generation: Generation) -> None:
    book, _ = mistake_book(generation, STORE, "an", ZONE)
    plan = homework_plan(generation, STORE, "an", ZONE)
    shown = [*figures(book), *figures(plan)]
    assert len(shown) > 10
    for figure in shown:
        assert count(generation, wanted_of(figure)) == figure["facts"], figure


def test_the_evidence_of_a_mistake_is_every_attempt_corrections_of_the_whole_homework_too(
    generation: Generation,
) -> None:
    book, _ = mistake_book(generation, STORE, "an", ZONE)
    corrected = 0
    for mistake in book["mistakes"]:
        found, _ = evidence(generation, STORE, wanted_of(mistake["evidence"]), ZONE, limit=500)
        shown = {one["statement"] for one in mistake["attempts"]}
        assert {one["statement"] for one in found} == shown
        assert mistake["evidence"]["facts"] == len(shown)
        corrected += any(one["item"] == "homework" for one in found)
    assert corrected > 0


def test_the_pages_of_evidence_are_in_order_and_hold_each_fact_once(
    generation: Generation,
) -> None:
    wanted = Wanted(person="an", phase="post")
    pages, place = [], None
    while True:
        page, place = evidence(generation, STORE, wanted, ZONE, limit=7, after=place)
        pages.append(page)
        if place is None:
            break
    listed = [one for page in pages for one in page]
    times = [one["time"] for one in listed]
    assert all(len(page) == 7 for page in pages[:-1])
    assert times == sorted(times, reverse=True)
    assert len({one["statement"] for one in listed}) == len(listed)
    assert {one["phase"] for one in listed} == {"post"}


def test_evidence_of_a_lesson_is_of_everyone_in_it(generation: Generation) -> None:
    wanted = Wanted(lesson="lesson 1", actions=("video",))
    page, _ = evidence(generation, STORE, wanted, ZONE, limit=500)
    assert {one["person"] for one in page} == set(STUDENTS)
    some, _ = evidence(generation, STORE, wanted, ZONE, limit=500, among=["an", "bo"])
    assert {one["person"] for one in some} == {"an", "bo"}


def test_evidence_of_a_class_is_what_was_done_while_in_it(warehouse: Warehouse) -> None:
    """One moves from a class to another; of a day it is all that those did who are in it then."""
    warehouse.ensure()
    generation, moved = warehouse.ensure("moving"), TODAY - timedelta(days=2)
    enroll(generation, {"lake": {"a": ["x", "y"], "b": ["z"]}}, [("x", "a", "b", moved)])
    facts = [
        one
        for student in "xyz"
        for days in (1, 3)
        for one in answers(student, TODAY - timedelta(days=days), [True] * days)
    ]
    carry(generation, facts)

    def found(**wanted: Any) -> list[str]:
        page, _ = evidence(generation, SCHOOLS, Wanted(**wanted), ZONE, limit=500)
        return sorted(fact["person"].rpartition("|")[2] for fact in page)

    week = {"first": TODAY - timedelta(days=6), "last": TODAY}
    assert found(class_group="a", **week) == [*"xxx", *"yyyy"]
    assert found(class_group="b", **week) == [*"x", *"zzzz"]
    assert found(class_group="b", on=TODAY) == [*"xxxx", *"zzzz"]
    assert found(school="lake", **week) == [*"xxxx", *"yyyy", *"zzzz"]
    assert found(class_group="b", on=moved - timedelta(days=1)) == [*"zzzz"]


def test_evidence_is_of_the_days_of_the_district_not_of_utc(generation: Generation) -> None:
    keep(generation, [fact("night", "preview", at("2026-03-03T00:30"))])
    for day, found in ((2, 0), (3, 1)):
        on = date(2026, 3, day)
        page, _ = evidence(generation, STORE, Wanted(person="night", first=on, last=on), ZONE)
        assert len(page) == found


def test_what_is_voided_is_no_evidence(generation: Generation) -> None:
    one = fact("voided", "preview", TERM)
    keep(generation, [one])
    generation.insert("facts", [_voided(one)])
    assert evidence(generation, STORE, Wanted(person="voided"), ZONE) == ([], None)


def _voided(one: Fact) -> tuple[Any, ...]:
    values = {name: getattr(one, name) for name in one.__struct_fields__}
    return tuple((values | {"position": one.position + 10_000, "is_deleted": True}).values())
