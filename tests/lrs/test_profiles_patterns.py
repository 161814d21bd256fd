"""A registration follows a primary pattern, is on the way to, or leaves it at one statement."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from lrs.profiles import ProfileSet
from lrs.profiles.following import Sent, malformed_subregistration, unfollowed
from lrs.profiles.parts import Operator, Pattern, Template
from lrs.profiles.patterns import MOST_PLACES, START, Automaton, PatternError
from tests.support.profile_documents import (
    REGISTRATION,
    VERSION,
    named,
    pattern,
    profile,
    read,
    subregistration,
    template_id,
)

# A pattern is a template's letter, or an operator and what stands in it.
Shape = str | tuple[Operator, tuple[Any, ...]]
Word = Sequence[frozenset[str]]  # by statement, the templates it is meant by
LETTERS = "abc"


def automaton(shape: Shape) -> Automaton:
    parts: dict[str, Template | Pattern] = {
        letter: Template(letter, None, None, (), frozenset(), (), (), ()) for letter in LETTERS
    }

    def add(inner: Shape) -> str:
        if isinstance(inner, str):
            return inner
        operator, members = inner
        name = f"pattern {len(parts)}"
        parts[name] = Pattern(name, False, operator, ())  # keeps its name
        parts[name] = Pattern(name, True, operator, tuple(add(member) for member in members))
        return name

    whole = parts[add(("sequence", (shape,)))]
    assert isinstance(whole, Pattern)
    return Automaton(whole, parts.get)


def state_after(one: Automaton, word: Word) -> int:
    state = START
    for templates in word:
        state = one.step(state, templates)
    return state


def word(text: str) -> list[frozenset[str]]:
    """Statements that one template each means; ``a`` and ``b`` both in ``(ab)``."""
    found: list[frozenset[str]] = []
    letters = iter(text)
    for letter in letters:
        if letter == "(":
            found.append(frozenset(iter(lambda: next(letters), ")")))
        else:
            found.append(frozenset(letter))
    return found


# Another way to match, that tries everything --------------------------------------------------


def ends(shape: Shape, text: Word, start: int) -> tuple[set[int], bool]:
    """Where a pattern that begins at `start` can end, and whether it can still be under way."""
    if isinstance(shape, str):
        if start == len(text):
            return set(), True
        return ({start + 1} if shape in text[start] else set()), False
    operator, members = shape
    if operator == "sequence":
        found, under_way = {start}, False
        for member in members:
            steps = [ends(member, text, one) for one in found]
            found = {one for step, _ in steps for one in step}
            under_way = under_way or any(going for _, going in steps)
        return found, under_way
    if operator == "alternates":
        steps = [ends(member, text, start) for member in members]
        return {one for step, _ in steps for one in step}, any(going for _, going in steps)
    [member] = members
    found, under_way = repeated(member, text, start, once=operator == "optional")
    return (found if operator == "oneOrMore" else found | {start}), under_way


def repeated(member: Shape, text: Word, start: int, *, once: bool) -> tuple[set[int], bool]:
    found: set[int] = set()
    under_way = False
    pending = {start}
    while pending:
        steps = [ends(member, text, one) for one in pending]
        under_way = under_way or any(going for _, going in steps)
        reached = {one for step, _ in steps for one in step}
        pending = set() if once else reached - found
        found |= reached
    return found, under_way


def greedy(shape: Shape, text: Word, start: int) -> int | None:
    """Where greedy matching ends, as Communication 2.2 has it: no way is tried twice."""
    if isinstance(shape, str):
        return start + 1 if start < len(text) and shape in text[start] else None
    operator, members = shape
    if operator == "sequence":
        for member in members:
            after = greedy(member, text, start)
            if after is None:
                return None
            start = after
        return start
    if operator == "alternates":
        reached = [greedy(member, text, start) for member in members]
        return max((one for one in reached if one is not None), default=None)
    [member] = members
    first = after = greedy(member, text, start)
    while operator != "optional" and after is not None and after > start:
        start = after
        after = greedy(member, text, start)
    if operator == "optional":
        return start if first is None else first
    return None if operator == "oneOrMore" and first is None else start


shapes = some.recursive(
    some.sampled_from(LETTERS),
    lambda inner: some.one_of(
        some.tuples(
            some.sampled_from(["sequence", "alternates"]),
            some.lists(inner, min_size=2, max_size=3).map(tuple),
        ),
        some.tuples(some.sampled_from(["optional", "oneOrMore", "zeroOrMore"]), some.tuples(inner)),
    ),
    max_leaves=7,
)
words = some.lists(some.sets(some.sampled_from(LETTERS), min_size=1).map(frozenset), max_size=6)
plain_words = some.lists(some.sampled_from(LETTERS).map(frozenset), max_size=6)


@given(shapes, words)
def test_a_pattern_is_followed_exactly_where_some_way_through_it_is(
    shape: Shape, text: Word
) -> None:
    one = automaton(shape)
    state = START
    for length in range(len(text) + 1):
        begun = text[:length]
        reached, under_way = ends(shape, begun, 0)
        assert bool(state) == (length in reached or under_way)
        assert one.is_complete(state) == (length in reached)
        if length < len(text):
            state = one.step(state, text[length])


@some.composite
def shapes_and_words(draw: some.DrawFn) -> tuple[Shape, Word]:
    """A pattern, and a word that was made to match it."""
    shape = draw(shapes)

    def letters(inner: Shape) -> list[frozenset[str]]:
        if isinstance(inner, str):
            return [frozenset(inner)]
        operator, members = inner
        if operator == "sequence":
            return [one for member in members for one in letters(member)]
        if operator == "alternates":
            return letters(draw(some.sampled_from(members)))
        least = 1 if operator == "oneOrMore" else 0
        times = draw(some.integers(least, 1 if operator == "optional" else 2))
        return [one for _ in range(times) for one in letters(members[0])]

    return shape, letters(shape)


@given(shapes_and_words())
def test_what_was_made_to_match_matches_and_each_beginning_of_it_is_one(
    made: tuple[Shape, Word],
) -> None:
    shape, text = made
    one = automaton(shape)
    assert one.is_complete(state_after(one, text))
    assert all(state_after(one, text[:length]) for length in range(len(text)))


@given(some.one_of(shapes_and_words(), some.tuples(shapes, words)))
def test_whatever_matches_greedily_is_followed(made: tuple[Shape, Word]) -> None:
    shape, text = made
    assume(greedy(shape, text, 0) == len(text))
    one = automaton(shape)
    assert one.is_complete(state_after(one, text))


@given(some.one_of(shapes_and_words(), some.tuples(shapes, plain_words)))
def test_where_there_is_no_choice_greedy_matching_is_the_same(made: tuple[Shape, Word]) -> None:
    shape, text = made
    one = automaton(shape)
    assume(one.is_deterministic)
    assert one.is_complete(state_after(one, text)) == (greedy(shape, text, 0) == len(text))


@given(shapes, words)
def test_what_is_expected_is_what_can_come(shape: Shape, text: Word) -> None:
    one = automaton(shape)
    state = state_after(one, text)
    expected = one.expected(state)
    assert len(set(expected)) == len(expected)
    assert {letter for letter in LETTERS if one.step(state, letter)} == set(expected)


@pytest.mark.parametrize(
    ("shape", "deterministic"),
    [
        (("sequence", ("a", "b")), True),
        (("sequence", (("optional", ("a",)), "a")), False),
        (("alternates", (("sequence", ("a", "b")), ("sequence", ("a", "c")))), False),
        (("oneOrMore", (("alternates", ("a", "b", "c")),)), True),
        (("sequence", (("zeroOrMore", ("a",)), "b", ("zeroOrMore", ("a",)))), True),
    ],
)
def test_a_pattern_that_can_be_read_in_two_ways_is_known(shape: Shape, deterministic: bool) -> None:
    assert automaton(shape).is_deterministic is deterministic


def test_a_statement_of_two_templates_goes_both_ways() -> None:
    one = automaton(("alternates", (("sequence", ("a", "c")), ("sequence", ("b", "a")))))
    assert one.is_complete(state_after(one, word("(ab)c")))
    assert one.is_complete(state_after(one, word("(ab)a")))
    assert not state_after(one, word("bc"))


# Bounds ------------------------------------------------------------------------------------------


def doubled(times: int) -> dict[str, Pattern]:
    """Patterns each of which is the one before twice: 2 to the power of `times` templates."""
    found = {"0": Pattern("0", False, "optional", ("a",))}
    for number in range(1, times + 1):
        members = (str(number - 1),) * 2
        found[str(number)] = Pattern(str(number), True, "sequence", members)
    return found


def test_a_pattern_that_grows_without_end_is_refused() -> None:
    parts: dict[str, Any] = {**doubled(60), "a": only("a")}
    with pytest.raises(PatternError, match=str(MOST_PLACES)):
        Automaton(parts["60"], parts.get)
    assert Automaton(parts["5"], parts.get).expected(START) == ["a"]


def only(letter: str) -> Template:
    return Template(letter, None, None, (), frozenset(), (), (), ())


def test_patterns_too_deep_inside_each_other_are_refused() -> None:
    parts: dict[str, Any] = {
        str(number): Pattern(str(number), True, "optional", (str(number + 1),))
        for number in range(500)
    }
    with pytest.raises(PatternError, match="deep"):
        Automaton(parts["0"], parts.get)


def test_a_pattern_within_itself_and_a_missing_part_are_refused() -> None:
    inside = Pattern("p", True, "sequence", ("a", "p"))
    parts: dict[str, Any] = {"p": inside, "a": only("a")}
    with pytest.raises(PatternError, match="contains itself"):
        Automaton(inside, parts.get)
    with pytest.raises(PatternError, match="names a, which"):
        Automaton(inside, {}.get)


# Registrations -----------------------------------------------------------------------------------

READING = ProfileSet([profile()]).followed[VERSION]
TWO_WAYS = ProfileSet(
    [
        profile(
            patterns=[
                pattern(
                    "read", primary=True, sequence=[template_id("opened"), template_id("closed")]
                ),
                pattern("turned", primary=True, oneOrMore=template_id("turned")),
            ]
        )
    ]
).followed[VERSION]


def sent(
    *actions: str, first: int = 0, stored: bool = False, within: Iterable[str] = ()
) -> list[Sent]:
    """Statements a second apart, new ones with their places."""
    return [
        Sent(
            (first + place) * 1_000_000,
            frozenset(within),
            (template_id(action),) if action else (),
            None if stored else place,
        )
        for place, action in enumerate(actions)
    ]


def told(earlier: list[Sent], new: list[Sent], followed: Any = READING) -> list[Any]:
    found = unfollowed(followed, REGISTRATION, earlier, new)
    return [named(one, "kind index") for one in found]


def test_a_whole_registration_follows_its_pattern() -> None:
    assert told([], sent("opened", "turned", "turned", "closed")) == []


@pytest.mark.parametrize("length", range(4))
def test_so_does_every_beginning_of_it(length: int) -> None:
    assert told([], sent(*("opened", "turned", "closed")[:length])) == []


def test_the_record_is_where_a_registration_goes_on_from() -> None:
    earlier = sent("opened", "turned", stored=True)
    assert told(earlier, sent("closed", first=10)) == []
    assert told(earlier, sent("opened", first=10)) == [("pattern", 0)]


def test_the_statement_with_which_it_leaves_is_told_and_no_other() -> None:
    assert told([], sent("opened", "opened", "turned", "closed", "turned")) == [
        ("pattern", 1),
        ("pattern", 4),
    ]


def test_the_finding_says_what_was_expected() -> None:
    [finding] = unfollowed(
        READING, REGISTRATION, sent("opened", stored=True), sent("opened", first=9)
    )
    assert finding.part.endswith("/patterns/read")
    assert f"{template_id('turned')} or {template_id('closed')}" in finding.rule
    assert finding.value == [template_id("opened")]
    assert finding.section == "xAPI Profiles Structure 9.0, Communication 2.2"
    assert REGISTRATION in finding.rule


def test_what_went_wrong_in_the_record_is_not_told_again() -> None:
    earlier = sent("turned", "opened", "opened", stored=True)
    assert told(earlier, sent("turned", "closed", first=10)) == []


def test_a_statement_of_no_template_is_passed_over() -> None:
    assert told(sent("opened", "", stored=True), sent("", "closed", first=10)) == []


def test_all_primary_patterns_are_tried_at_once() -> None:
    assert told([], sent("opened", "closed"), TWO_WAYS) == []
    assert told([], sent("turned", "turned"), TWO_WAYS) == []
    assert told([], sent("turned", "closed"), TWO_WAYS) == [("pattern", 1)]
    assert told(sent("opened", stored=True), sent("turned", first=5), TWO_WAYS) == [("pattern", 0)]


def test_what_comes_together_is_taken_in_the_order_of_its_times() -> None:
    opened, closed = sent("opened", "closed")
    opened, closed = (
        msgspec.structs.replace(opened, index=1),
        msgspec.structs.replace(closed, index=0),
    )
    assert told([], [closed, opened]) == []


def test_what_comes_together_at_one_time_is_taken_in_its_own_order() -> None:
    new = [
        Sent(5, one.subregistrations, one.templates, one.index) for one in sent("opened", "closed")
    ]
    assert told([], new) == []
    swapped = [Sent(5, one.subregistrations, one.templates, 1 - (one.index or 0)) for one in new]
    assert told([], swapped) == [("pattern", 0)]


@pytest.mark.parametrize("second", [1, 2])
def test_what_comes_later_is_of_a_later_time(second: int) -> None:
    earlier = sent("opened", "turned", "turned", stored=True)  # seconds 0 to 2
    assert told(earlier, sent("turned", first=second)) == [("order", 0)]
    assert told(earlier, sent("turned", first=3)) == []


def test_the_record_is_read_in_the_order_of_times() -> None:
    earlier = [*sent("closed", first=7, stored=True), *sent("opened", stored=True)]
    assert told(earlier, sent("closed", first=10)) == [("pattern", 0)]
    assert told(earlier[1:], sent("closed", first=10)) == []


# Subregistrations --------------------------------------------------------------------------------


def test_each_subregistration_follows_by_itself() -> None:
    one, other = (sent("opened", stored=True, within=[name]) for name in ("one", "other"))
    assert told(one + other, sent("closed", first=5, within=["one"])) == []
    assert told(one + other, sent("opened", first=5, within=["one"])) == [("pattern", 0)]
    assert told(one + other, sent("opened", first=5, within=["third"])) == []


def test_with_one_statement_outside_the_whole_registration_follows_too() -> None:
    inside = sent("opened", stored=True, within=["one"])
    assert told(inside, sent("opened", first=5)) == [("pattern", 0)]
    assert told(inside, sent("closed", first=5)) == []
    outside = sent("opened", stored=True)
    assert told(outside, sent("opened", first=5, within=["one"])) == [("pattern", 0)]


def test_a_statement_that_leaves_twice_is_told_of_once() -> None:
    earlier = [*sent("opened", stored=True), *sent("opened", stored=True, within=["one"])]
    assert told(earlier, sent("opened", first=5, within=["one"])) == [("pattern", 0)]


def test_a_statement_may_stand_in_two_subregistrations() -> None:
    one = sent("opened", stored=True, within=["one"])
    assert told(one, sent("closed", first=5, within=["one", "other"])) == [("pattern", 0)]
    assert told(one, sent("opened", first=5, within=["one", "other"])) == [("pattern", 0)]


GOOD = "9f0f3a5e-8d6a-4b1e-9c36-2c2f6a0f1d11"


@pytest.mark.parametrize(
    ("extensions", "wrong"),
    [
        ({}, None),
        (subregistration(GOOD), None),
        (subregistration(GOOD, str(UUID(int=1, version=4))), None),
        (subregistration(), "at least one object"),
        (dict.fromkeys(subregistration(), "one"), "at least one object"),
        ({key: ["one"] for key in subregistration()}, "category context activity"),
        (subregistration(GOOD, version="https://other.example/v1"), "category context activity"),
        (subregistration("one"), "variant 2 UUID"),
        (subregistration("9f0f3a5e-8d6a-4b1e-1c36-2c2f6a0f1d11"), "variant 2 UUID"),
    ],
)
def test_a_subregistration_is_well_formed(extensions: Any, wrong: str | None) -> None:
    found = malformed_subregistration(read("opened", context={"extensions": extensions}))
    assert (found and wrong and wrong in found[0]) or found is wrong is None


def test_a_subregistration_stands_only_beside_a_registration() -> None:
    alone = {"registration": None, "extensions": subregistration(GOOD)}
    found = malformed_subregistration(read("opened", context=alone))
    assert found is not None
    assert "beside a registration" in found[0]
