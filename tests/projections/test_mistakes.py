"""The mistake book: what is in it, how far it has been put right, and how it's asked for."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.facts import Fact
from projections.portraits.mistakes import STATES, Filters, State, find_mistakes, mistake_book
from projections.responses import Response, responses_of
from projections.warehouse import Generation
from tests.support.facts import DAY, HOUR, STORE, answer, at, fact, keep

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = at("2026-03-02T16:30")
WRONG, RIGHT, CORRECTED, MISCORRECTED = "wrong", "right", "corrected", "miscorrected"


def response(what: str, time: int, item: str = "i", **more: Any) -> Response:
    known = {
        "statement": f"{time}",
        "ordinal": 0,
        "part_of": "",
        "lesson": "",
        "subject": "",
        "knowledge_points": (),
        "layer": "",
        "app": "homework",
        "response": "",
        "duration": None,
    }
    success = {WRONG: False, RIGHT: True, CORRECTED: None, MISCORRECTED: False}[what]
    action = "homework_corrected" if "corrected" in what else "answer"
    return Response(
        **known | {"time": time, "action": action, "item": item, "success": success} | more
    )


def state_after(*whats: tuple[str, int]) -> State:
    """Give the state of an item after responses, each so many hours after Monday afternoon."""
    responses = [response(what, MONDAY + hours * HOUR) for what, hours in whats]
    (mistake,) = find_mistakes(responses, ZONE)
    return mistake.state


# The rule ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whats", "state"),
    [
        ([(WRONG, 0)], "wrong"),
        ([(RIGHT, 0), (WRONG, 1)], "wrong"),
        ([(WRONG, 0), (RIGHT, 1)], "retried"),
        ([(WRONG, 0), (RIGHT, 24)], "retried"),
        ([(WRONG, 0), (CORRECTED, 1)], "retried"),
        ([(WRONG, 0), (RIGHT, 1), (CORRECTED, 2)], "retried"),
        ([(WRONG, 0), (RIGHT, 1), (RIGHT, 2)], "retried"),
        ([(WRONG, 0), (RIGHT, 1), (RIGHT, 24)], "mastered"),
        ([(WRONG, 0), (RIGHT, 24), (RIGHT, 25)], "mastered"),
        ([(WRONG, 0), (CORRECTED, 1), (RIGHT, 2)], "mastered"),
        ([(WRONG, 0), (MISCORRECTED, 1), (RIGHT, 2)], "retried"),
        ([(WRONG, 0), (CORRECTED, 1), (RIGHT, 2), (WRONG, 48)], "wrong"),
        ([(WRONG, 0), (RIGHT, 7), (RIGHT, 8)], "mastered"),  # the day ends in between
    ],
)
def test_what_came_after_the_last_mistake_decides(whats: list[tuple[str, int]], state: str) -> None:
    assert state_after(*whats) == state


def test_what_was_never_wrong_is_no_mistake() -> None:
    assert find_mistakes([response(RIGHT, MONDAY), response(CORRECTED, MONDAY + 1)], ZONE) == []


def test_correcting_the_homework_corrects_its_items() -> None:
    responses = [
        response(WRONG, MONDAY, part_of="homework"),
        response(CORRECTED, MONDAY + HOUR, item="homework"),
        response(RIGHT, MONDAY + 2 * HOUR, part_of="homework"),
    ]
    (mistake,) = find_mistakes(responses, ZONE)
    assert (mistake.item, mistake.state, len(mistake.attempts)) == ("i", "mastered", 3)


whats = st.sampled_from([WRONG, RIGHT, CORRECTED, MISCORRECTED])
histories = st.lists(st.tuples(whats, st.integers(1, 30), st.sampled_from("abc")), max_size=20)


def played(history: Sequence[tuple[str, int, str]]) -> list[Response]:
    time, responses = MONDAY, []
    for what, hours, item in history:
        time += hours * HOUR
        responses.append(response(what, time, item))
    return responses


@given(histories)
def test_every_item_ever_answered_wrong_is_in_the_book_and_no_other(
    history: list[tuple[str, int, str]],
) -> None:
    wrong = {item for what, _, item in history if what == WRONG}
    assert {one.item for one in find_mistakes(played(history), ZONE)} == wrong


@given(histories)
def test_a_right_answer_more_never_sets_an_item_back_and_a_wrong_one_always_does(
    history: list[tuple[str, int, str]],
) -> None:
    before = {one.item: one.state for one in find_mistakes(played(history), ZONE)}
    for item in before:
        for what, is_set_back in ((RIGHT, False), (WRONG, True)):
            after = find_mistakes(played([*history, (what, 1, item)]), ZONE)
            (state,) = (one.state for one in after if one.item == item)
            if is_set_back:
                assert state == "wrong"
            else:
                assert STATES.index(state) >= max(1, STATES.index(before[item]))


# The book ----------------------------------------------------------------------------------------


def written(
    item: str, subject: str, point: str, lesson: str, days: int, *successes: bool
) -> list[Fact]:
    """Make the answers to an item, a day apart."""
    return [
        answer(
            "an",
            item,
            MONDAY + (days + later) * DAY,
            success,
            subject=subject,
            knowledge_points=(point,),
            lesson=lesson,
            layer="basic",
            duration=30.0,
            response="B",
            app="homework",
        )
        for later, success in enumerate(successes)
    ]


BOOK = [
    *written("one", "mathematics", "fractions", "l1", 0, False),
    *written("two", "mathematics", "fractions", "l1", 1, False, True),
    *written("three", "mathematics", "ratios", "l2", 2, False, True, True),
    *written("four", "english", "verbs", "l3", 3, False),
    *written("right", "english", "verbs", "l3", 3, True),
]


def items(book: dict[str, Any]) -> list[str]:
    return [mistake["item"] for mistake in book["mistakes"]]


def test_the_book_begins_with_what_was_wrong_last_and_counts_by_state(
    generation: Generation,
) -> None:
    keep(generation, BOOK)
    book, following = mistake_book(generation, STORE, "an", ZONE)
    assert items(book) == ["four", "three", "two", "one"]
    assert book["counts"] == {"wrong": 2, "retried": 1, "mastered": 1}
    assert following is None
    assert [(one["knowledge_point"], one["wrong"]) for one in book["knowledge_points"]] == [
        ("fractions", 1),
        ("verbs", 1),
        ("ratios", 0),
    ]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(subject="mathematics"), ["three", "two", "one"]),
        (Filters(knowledge_point="fractions"), ["two", "one"]),
        (Filters(lesson="l3"), ["four"]),
        (Filters(state="mastered"), ["three"]),
        (Filters(subject="english", state="retried"), []),
    ],
)
def test_the_book_is_asked_for_in_parts(
    generation: Generation, filters: Filters, found: list[str]
) -> None:
    keep(generation, BOOK)
    book, _ = mistake_book(generation, STORE, "an", ZONE, filters)
    assert items(book) == found


def test_a_state_that_is_asked_for_leaves_the_counts_of_the_others(generation: Generation) -> None:
    keep(generation, BOOK)
    book, _ = mistake_book(generation, STORE, "an", ZONE, Filters(state="mastered"))
    assert book["counts"] == {"wrong": 2, "retried": 1, "mastered": 1}


def test_pages_of_the_book_hold_every_mistake_once(generation: Generation) -> None:
    keep(generation, BOOK)
    found, place = [], None
    while True:
        book, place = mistake_book(generation, STORE, "an", ZONE, limit=3, after=place)
        found.append(items(book))
        if place is None:
            break
    assert found == [["four", "three", "two"], ["one"]]


def test_a_mistake_shows_every_attempt_with_its_statement(generation: Generation) -> None:
    keep(generation, BOOK)
    name = (STORE, "two", "zh-CN", (MONDAY, "id", "第二题"))
    generation.insert("names", [name])
    book, _ = mistake_book(generation, STORE, "an", ZONE, Filters(state="retried"))
    (mistake,) = book["mistakes"]
    assert mistake["names"] == {"zh-CN": "第二题"}
    assert (mistake["lesson"], mistake["layer"], mistake["times_wrong"]) == ("l1", "basic", 1)
    assert mistake["attempts"] == [
        {
            "time": time,
            "action": "answer",
            "response": "B",
            "success": success,
            "duration": 30.0,
            "app": "homework",
            "statement": BOOK[number].statement,
        }
        for time, success, number in (
            ("2026-03-03T08:30:00.000Z", False, 1),
            ("2026-03-04T08:30:00.000Z", True, 2),
        )
    ]


def test_another_persons_and_another_stores_mistakes_are_not_in_the_book(
    generation: Generation,
) -> None:
    keep(generation, BOOK)
    assert mistake_book(generation, STORE, "bo", ZONE)[0]["mistakes"] == []
    assert mistake_book(generation, "other", "an", ZONE)[0]["mistakes"] == []


def test_the_book_is_of_all_accounts_of_a_person_and_found_by_any(generation: Generation) -> None:
    keep(generation, BOOK)
    keep(generation, [answer("app|an", "five", MONDAY + 9 * DAY, False)])
    generation.insert("identities", [(STORE, "app|an", "an", 1, 0)])
    for account in ("an", "app|an"):
        book, _ = mistake_book(generation, STORE, account, ZONE)
        assert (book["person"], items(book)[:2]) == ("an", ["five", "four"])


def test_what_nobody_knows_to_be_right_or_wrong_is_no_response(generation: Generation) -> None:
    keep(
        generation,
        [
            answer("an", "i", MONDAY, None),
            fact("an", "poll", MONDAY, item="i", success=False),
            answer("an", "", MONDAY, False),
        ],
    )
    assert responses_of(generation, STORE, ["an"]) == []
