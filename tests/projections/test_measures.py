"""Measures over the warehouse, each held against the same figure worked out here fact by fact."""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from projections.days import Span, day_of
from projections.evaluation.figures import Figure, nothing
from projections.evaluation.measures import Figures, Versions, Whom
from projections.evaluation.schemes import MASTERED, Bound, Measure, Where
from projections.facts import Fact
from projections.portraits.mistakes import find_mistakes
from projections.responses import Response
from projections.tables import DOCUMENTS, IDENTITIES
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.facts import DAY, STORE, at, fact, keep

TIMEZONE = "Asia/Shanghai"
ZONE = ZoneInfo(TIMEZONE)
SPAN = Span(date(2026, 3, 2), date(2026, 3, 8))
HALVES = [Span(date(2026, 3, 6), SPAN.last), Span(SPAN.first, date(2026, 3, 4))]
BEGIN = at("2026-03-01T22:00")  # some facts are of the day before, some of the day after


@pytest.fixture(scope="module")
def generation() -> Iterator[Generation]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    yield warehouse.ensure()
    warehouse.close()


def figures_of(
    generation: Generation, measure: Measure, persons: Sequence[str], span: Span = SPAN
) -> dict[str, Figure]:
    figures = Figures(generation, TIMEZONE)
    found = figures.of(STORE, [span], [Whom([measure], persons)], Versions(generation, STORE))[0][
        measure
    ]
    return {person: found.get(person, nothing(measure)) for person in persons}


# Facts -------------------------------------------------------------------------------------------

Keep = Callable[[Fact], bool]


def some_facts(person: str, chance: random.Random) -> list[Fact]:
    """Make facts of a week and some hours around it, some at the same moment."""
    return [
        fact(
            person,
            chance.choice(["answer", "homework_done", "video"]),
            BEGIN + chance.randrange(0, 8 * 24) * 3_600_000_000,
            phase=chance.choice(["pre", "post", ""]),
            subject=chance.choice(["mathematics", "chinese"]),
            lesson=chance.choice(["", "l1", "l2"]),
            course=chance.choice(["c1", "c2"]),
            item=chance.choice(["", "i1", "i2", "i3"]),
            part_of=chance.choice(["w1", "w2"]),
            app=chance.choice(["clicker", "homework"]),
            layer=chance.choice(["", "basic"]),
            knowledge_points=tuple(sorted(chance.sample(["p1", "p2", "p3"], 2))),
            success=chance.choice([True, False, None]),
            completion=chance.choice([True, None]),
            score=chance.choice([0.25, 0.5, 1.0, None]),
            progress=chance.choice([0.5, None]),
            duration=chance.choice([10.0, 30.0, None]),
            due=chance.choice([BEGIN + 3 * DAY, None]),
        )
        for _ in range(60)
    ]


@pytest.fixture(scope="module")
def facts(generation: Generation) -> dict[str, list[Fact]]:
    chance = random.Random(6)
    made = {f"random-{number}": some_facts(f"random-{number}", chance) for number in range(6)}
    keep(generation, [one for some in made.values() for one in some])
    return made


VALUES: dict[str, Callable[[Fact], float | None]] = {
    "success": lambda one: None if one.success is None else float(one.success),
    "completion": lambda one: None if one.completion is None else float(one.completion),
    "on_time": lambda one: None if one.due is None else float(one.time <= one.due),
    "score": lambda one: one.score,
    "progress": lambda one: one.progress,
    "duration": lambda one: one.duration,
    "": lambda one: 0.0,
}


def worked_out(measure: Measure, facts: Sequence[Fact], takes: Keep) -> tuple[int, float]:
    """Work out how many facts a measure finds, and its figure (NaN: nothing is known)."""
    value = VALUES[measure.of]
    found = sorted(
        (
            one
            for one in facts
            if SPAN.first <= day_of(one.time, ZONE) <= SPAN.last
            and takes(one)
            and value(one) is not None
        ),
        key=lambda one: one.order,
    )
    days = {day_of(one.time, ZONE) for one in found}
    if measure.figure == "days":
        return len(found), len(days)
    if measure.figure == "lessons":
        found = [one for one in found if one.lesson]
        return len(found), len({one.lesson for one in found})
    counted: list[float] = []
    taken: defaultdict[Any, int] = defaultdict(int)
    for one in found:
        day = day_of(one.time, ZONE)
        if measure.at_most is not None:
            each = measure.at_most.each
            what = day if each == "day" else (getattr(one, each) or day)
            taken[what] += 1
            if taken[what] > measure.at_most.count:
                continue
        counted.append(value(one) or 0.0)
    match measure.figure:
        case "count":
            return len(found), len(counted)
        case "sum":
            return len(found), sum(counted)
    return len(found), fmean(counted) if counted else math.nan


BOUNDS = (None, *(Bound(each=each, count=n) for each in ("day", "lesson", "item") for n in (1, 3)))
FIGURES = [
    ("count", ""),
    ("days", ""),
    ("lessons", ""),
    ("share", "success"),
    ("share", "on_time"),
    ("share", "completion"),
    ("mean", "score"),
    ("mean", "progress"),
    ("mean", "duration"),
    ("sum", "duration"),
]


def test_figures_over_facts_are_those_of_the_facts_within_days_and_bounds(
    generation: Generation, facts: dict[str, list[Fact]]
) -> None:
    measures = [
        Measure(over="facts", figure=figure, of=of, at_most=bound)  # type: ignore[arg-type]
        for figure, of in FIGURES
        for bound in BOUNDS
    ]
    figures = Figures(generation, TIMEZONE)
    (found,) = figures.of(STORE, [SPAN], [Whom(measures, list(facts))], Versions(generation, STORE))
    for measure in measures:
        for person, some in facts.items():
            known = found[measure].get(person, nothing(measure))
            evidence, value = worked_out(measure, some, lambda _: True)
            assert known.facts == evidence, measure
            assert known.value == pytest.approx(value, nan_ok=True), measure
            assert not known.low > known.value + 1e-9
            assert not known.high < known.value - 1e-9


@pytest.mark.parametrize(
    ("where", "takes"),
    [
        (Where(actions=("answer", "video")), lambda one: one.action in ("answer", "video")),
        (Where(subjects=("chinese",)), lambda one: one.subject == "chinese"),
        (Where(knowledge_points=("p1",)), lambda one: "p1" in one.knowledge_points),
        (Where(lessons=("l1",)), lambda one: one.lesson == "l1"),
        (Where(courses=("c1",)), lambda one: one.course == "c1"),
        (Where(items=("i1", "i2")), lambda one: one.item in ("i1", "i2")),
        (Where(part_of=("w1",)), lambda one: one.part_of == "w1"),
        (Where(apps=("clicker",)), lambda one: one.app == "clicker"),
        (Where(layers=("basic",)), lambda one: one.layer == "basic"),
    ],
)
def test_a_measure_takes_what_every_condition_holds_for(
    generation: Generation, facts: dict[str, list[Fact]], where: Where, takes: Keep
) -> None:
    measure = Measure(over="facts", figure="count", phase="post", where=where)
    for person, known in figures_of(generation, measure, list(facts)).items():
        expected = worked_out(
            measure, facts[person], lambda one: takes(one) and one.phase == "post"
        )
        assert (known.facts, known.value) == expected


def test_accounts_of_one_person_count_together_and_are_bounded_together(
    generation: Generation,
) -> None:
    generation.insert(IDENTITIES.name, [(STORE, "linked-b", "linked-a", 500, 0)])
    morning = at("2026-03-03T08:00")
    made = [fact("linked-a", "video", morning + n) for n in range(2)]
    made += [fact("linked-b", "video", morning + 10 + n) for n in range(2)]
    keep(generation, made)
    bounded = Measure(over="facts", figure="count", at_most=Bound(each="day", count=3))
    known = figures_of(generation, bounded, ["linked-a"])["linked-a"]
    assert (known.facts, known.value) == (4, 3)


def test_one_action_repeated_brings_no_more_than_the_bound(generation: Generation) -> None:
    bound = Bound(each="day", count=3)
    often = {f"often-{n}": n for n in (1, 2, 3, 4, 50, 1000)}
    keep(
        generation,
        [
            fact(who, "hand_raised", at("2026-03-04T08:00") + n, duration=60.0)
            for who, times in often.items()
            for n in range(times)
        ],
    )
    for figure, of, worth in (("count", "", 1.0), ("sum", "duration", 60.0)):
        measure = Measure(over="facts", figure=figure, of=of, at_most=bound)  # type: ignore[arg-type]
        for who, known in figures_of(generation, measure, list(often)).items():
            assert known.value == worth * min(often[who], 3)
            assert known.facts == often[who]


def test_days_asked_about_together_say_what_each_says_alone(
    generation: Generation, facts: dict[str, list[Fact]]
) -> None:
    made = [
        fact(who, "rating_by_peer", at(f"2026-03-0{day}T08:00"), rating=day / 10, counterpart="w")
        for who in facts
        for day in range(1, 10)
    ]
    keep(generation, made)
    measures = [
        Measure(over="facts", figure="mean", of="score", at_most=Bound(each="day", count=1)),
        Measure(over="facts", figure="days", where=Where(actions=("video",))),
        Measure(over="ratings", figure="count"),
        Measure(over="ratings", figure="mean", of="rating"),
        Measure(over="documents", figure="count"),
    ]
    versions = Versions(generation, STORE)
    together = Figures(generation, TIMEZONE).of(STORE, HALVES, [Whom(measures, facts)], versions)
    for span, known in zip(HALVES, together, strict=True):
        (alone,) = Figures(generation, TIMEZONE).of(
            STORE, [span], [Whom(measures, facts)], versions
        )
        for measure in measures:
            told, expected = dict(known[measure]), dict(alone[measure])
            assert told.keys() == expected.keys()
            for who in told:
                assert told[who] == pytest.approx(expected[who], nan_ok=True)
    assert len(together[0][measures[0]]) == len(facts)


def test_news_of_a_few_are_right_for_a_class_and_for_whom_it_is_compared_with(
    generation: Generation,
) -> None:
    grade = [f"grade-{number}" for number in range(20)]

    def score(who: str, day: int, value: float) -> Fact:
        return fact(who, "result", at(f"2026-03-0{day}T08:00"), score=value)

    keep(generation, [score(who, 3, place / 20) for place, who in enumerate(grade)])
    alone = Measure(over="facts", figure="count")
    compared = Measure(over="facts", figure="mean", of="score")
    rated = Measure(over="ratings", figure="mean", of="rating")
    whom = [Whom([alone, rated], grade[3:5]), Whom([compared], grade)]
    figures = Figures(generation, TIMEZONE)

    def told(figures: Figures) -> list[tuple[float, ...]]:
        (known,) = figures.of(STORE, [SPAN], whom, Versions(generation, STORE))
        of_class = [known[one].get(who) for one in (alone, rated) for who in grade[3:5]]
        return [tuple(one or ()) for one in (*of_class, *(known[compared][who] for who in grade))]

    before = told(figures)
    keep(generation, [score(who, 4, 1.0) for who in (grade[0], grade[4], grade[19])])
    given = fact(grade[4], "rating_by_peer", at("2026-03-05T08:00"), rating=0.5, counterpart="w")
    keep(generation, [given])
    after = told(figures)
    assert repr(after) == repr(told(Figures(generation, TIMEZONE)))
    changed = [place for place, one in enumerate(after) if repr(one) != repr(before[place])]
    assert changed == [1, 3, 4, 8, 23]  # of the class its one in both, of the grade three


def test_what_is_new_or_voided_of_one_person_shows_at_once(generation: Generation) -> None:
    figures = Figures(generation, TIMEZONE)
    measure = Measure(over="facts", figure="count")

    def counted() -> list[float]:
        whom, versions = ["new", "other"], Versions(generation, STORE)
        (known,) = figures.of(STORE, [SPAN], [Whom([measure], whom)], versions)
        return [known[measure].get(who, nothing(measure)).value for who in ("new", "other")]

    keep(generation, [fact("other", "video", at("2026-03-04T08:00"))])
    assert counted() == [0, 1]
    first = fact("new", "video", at("2026-03-04T08:00"))
    keep(generation, [first])
    assert counted() == [1, 1]
    second = fact("new", "video", at("2026-03-05T08:00"))
    keep(generation, [first, second])
    assert counted() == [2, 1]
    voided = msgspec.structs.replace(second, is_deleted=True, position=second.position + 1)
    third = fact("new", "video", at("2026-04-05T08:00"))  # outside, but a newer version
    keep(generation, [first, voided, third])
    assert counted() == [1, 1]


# Mastery, mistakes, documents, ratings -----------------------------------------------------------


def test_mastery_is_of_the_points_tried_as_the_days_end(generation: Generation) -> None:
    made = [
        fact("master", "answer", at("2026-03-02T08:00") + n * 60_000_000, item=f"m{n}",
             success=True, knowledge_points=("known",), subject="mathematics")
        for n in range(12)
    ]  # fmt: skip
    made += [
        fact("master", "answer", at(f"2026-03-{10 + n}T08:00"), item=f"l{n}", success=False,
             knowledge_points=("known", "later"), subject="mathematics")
        for n in range(9)
    ]  # fmt: skip
    keep(generation, made)
    now = Span(SPAN.first, date(2026, 3, 31))
    mean = Measure(over="mastery", figure="mean")
    then = figures_of(generation, mean, ["master"])["master"]
    later = figures_of(generation, mean, ["master"], now)["master"]
    assert (then.counted, then.facts) == (1, 12)
    assert (later.counted, later.facts) == (2, 12 + 9 + 9)
    assert later.value < then.value
    assert then.low < then.value < then.high
    spans, versions = [SPAN, Span(date(2026, 3, 9), now.last)], Versions(generation, STORE)
    together = Figures(generation, TIMEZONE).of(STORE, spans, [Whom([mean], ["master"])], versions)
    assert [known[mean]["master"][:5] for known in together] == [then[:5], later[:5]]
    share = Measure(over="mastery", figure="share", where=Where(knowledge_points=("known",)))
    mastered = figures_of(generation, share, ["master"])["master"]
    assert mastered.value == float(then.value >= MASTERED)
    other = Measure(over="mastery", figure="count", where=Where(subjects=("chinese",)))
    assert figures_of(generation, other, ["master"])["master"] == nothing(other)


def test_mistakes_are_those_of_the_mistake_book(generation: Generation) -> None:
    chance, made = random.Random(8), {}
    for number in range(40):
        who = f"mistaken-{number}"
        made[who] = [
            fact(
                who,
                chance.choice(["answer", "answer", "answer", "homework_corrected"]),
                BEGIN + chance.randrange(0, 12 * 8) * 2 * 3_600_000_000,
                item=chance.choice(["i1", "i2", "w1"]),
                part_of=chance.choice(["", "w1", "w2"]),
                success=chance.choice([True, True, False, None]),
                subject=chance.choice(["", "mathematics", "chinese"]),
                layer=chance.choice(["", "basic", "advanced"]),
                app=chance.choice(["clicker", "homework"]),
                knowledge_points=chance.choice([(), ("p1",), ("p2",)]),
            )
            for _ in range(chance.randrange(3, 12))
        ]
    keep(generation, [one for some in made.values() for one in some])
    for where in (
        Where(),
        Where(subjects=("mathematics",)),
        Where(layers=("basic",)),
        Where(apps=("clicker",)),
        Where(knowledge_points=("p1",)),
    ):
        measure = Measure(over="mistakes", figure="share", where=where)
        for spans in ([SPAN], HALVES):
            versions = Versions(generation, STORE)
            told = Figures(generation, TIMEZONE).of(STORE, spans, [Whom([measure], made)], versions)
            for span, found in zip(spans, told, strict=True):
                for who, some in made.items():
                    known = found[measure].get(who, nothing(measure))
                    assert (known.counted, known.value) == mistaken(some, where, span), (who, where)


def mistaken(facts: Sequence[Fact], where: Where, span: Span) -> tuple[int, Any]:
    """Count the mistakes of the book last made in the days, and the share of those mastered."""
    responses = [
        Response(one.time, one.statement, one.ordinal, one.action, one.item, one.part_of,
                 one.lesson, one.subject, one.knowledge_points, one.layer, one.app, one.response,
                 one.success, one.duration)
        for one in sorted(facts, key=lambda one: one.order)
        if day_of(one.time, ZONE) <= span.last
        and (one.action == "homework_corrected" or one.success is not None)
    ]  # fmt: skip
    found = [
        one
        for one in find_mistakes(responses, ZONE)
        if day_of(one.last_wrong.time, ZONE) >= span.first
        and (not where.subjects or one.subject in where.subjects)
        and (not where.layers or one.layer in where.layers)
        and (not where.apps or one.last_wrong.app in where.apps)
        and (not where.knowledge_points or set(one.knowledge_points) & set(where.knowledge_points))
    ]
    if not found:
        return 0, pytest.approx(math.nan, nan_ok=True)
    return len(found), pytest.approx(fmean(one.state == "mastered" for one in found))


def test_documents_written_in_the_days_are_counted(generation: Generation) -> None:
    def row(name: str, kind: str, day: str) -> tuple[Any, ...]:
        return (STORE, "writer", kind, "a", "", name, "notes", "text/plain", 1, "", at(day), 9, 0)

    rows = [
        row("one", "state", "2026-03-03T08:00"),
        row("two", "agent-profile", "2026-03-03T08:00"),
        row("late", "state", "2026-03-09T08:00"),
    ]
    generation.insert(DOCUMENTS.name, rows)
    measure = Measure(over="documents", figure="count")
    assert figures_of(generation, measure, ["writer"])["writer"].value == 2
    only = Measure(over="documents", figure="count", where=Where(kinds=("state",), ids=("one",)))
    assert figures_of(generation, only, ["writer"])["writer"].value == 1


def test_ratings_are_taken_by_whose_they_are_and_no_more_than_the_bound(
    generation: Generation,
) -> None:
    made = [
        fact("rated", f"rating_by_{kind}", at("2026-03-03T08:00") + n, rating=value,
             counterpart=rater, part_of="teamwork")
        for n, (kind, rater, value) in enumerate(
            [("teacher", "w", 0.5), ("peer", "x", 1.0), ("peer", "y", 0.0), ("self", "", 1.0)]
        )
    ]  # fmt: skip
    keep(generation, made)
    peers = Measure(over="ratings", figure="mean", of="rating", where=Where(raters=("peer",)))
    known = figures_of(generation, peers, ["rated"])["rated"]
    assert (known.facts, known.counted, known.seen) == (2, 2, 0.5)
    bounded = Measure(over="ratings", figure="mean", at_most=Bound(each="day", count=2))
    first = figures_of(generation, bounded, ["rated"])["rated"]
    assert (first.facts, first.counted, first.seen) == (4, 2, 0.75)
    every = Measure(over="ratings", figure="count")
    assert figures_of(generation, every, ["rated"])["rated"].value == 4
