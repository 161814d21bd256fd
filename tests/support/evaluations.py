"""A term of a small district whose students differ as is said, for tests of evaluation."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from projections.facts import Fact
from tests.support.small_district import TODAY, answers, key

LAKE = [f"a{number:02}" for number in range(8)]
HILL = [f"b{number:02}" for number in range(6)]
SCHOOLS = {"lake": {"5-1": LAKE[:4], "5-2": LAKE[4:]}, "hill": {"5-3": HILL}}
EVERYONE = LAKE + HILL
DAY = timedelta(days=1)


def deed(student: str, days_ago: int, action: str, name: str = "", **more: Any) -> Fact:
    """Make one fact of a student, of a day in the term; ``name`` tells several of a day apart."""
    day = TODAY - days_ago * DAY
    made = answers(student, day, [True], f"{action}-{name}", action=action, **more)
    return made[0]


def rating(student: str, days_ago: int, rater: str, value: float, kind: str = "teacher") -> Fact:
    """Make a rating (0..1) that a student got."""
    return deed(
        student,
        days_ago,
        f"rating_by_{kind}",
        rater,
        success=None,
        rating=value,
        counterpart=key(rater),
        phase="",
        knowledge_points=(),
        part_of="teamwork",
    )


def term() -> Iterable[Fact]:
    """Play a term: a student later in the list answers more of ten right and hands in more late."""
    for place, student in enumerate(EVERYONE):
        right = 3 + place // 2
        for week in range(5):
            day = TODAY - (7 * week + 1) * DAY
            yield from answers(student, day, [n < right for n in range(10)], phase="post")
            is_late = week * 3 < place
            at = deed(student, 7 * week + 1, "homework_done", score=0.5 + place / 30)
            due = at.time + (-1 if is_late else 1) * 60_000_000
            yield deed(
                student,
                7 * week + 1,
                "homework_done",
                score=0.5 + place / 30,
                due=due,
                phase="post",
            )
            yield rating(student, 7 * week + 1, "wang", 0.4 + place / 40)
            yield rating(student, 7 * week + 1, "chen", 0.6 + place / 40)
            for number in range(place % 4):
                yield deed(student, 7 * week + 2, "hand_raised", f"{number}", success=None)
