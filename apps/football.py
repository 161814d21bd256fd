"""足球养志 Football evaluated in five dimensions: training, fitness, skill, teamwork, fair play."""

from datetime import datetime, timedelta
from functools import cache

from apps.teaching import (
    DISTRICT,
    Act,
    Lesson,
    Part,
    Person,
    act,
    activity,
    agent,
    context,
    duration,
    lesson_activity,
    score,
    verb,
)
from projections.vocabulary import (
    EXTENSION_RATER,
    TYPE_CHECK,
    TYPE_INDICATOR,
    VERB_ATTENDED,
    VERB_COMPLETED,
    VERB_RATED,
)

ATTENDED = verb(VERB_ATTENDED, "参加", "attended")
COMPLETED = verb(VERB_COMPLETED, "完成", "completed")
RATED = verb(VERB_RATED, "评价", "rated")

TRAINING = timedelta(minutes=20)
# The dimensions, each an indicator; fitness and skill are measured, the last two are rated.
INDICATORS = {
    "participation": ("参与训练", "Taking part"),
    "fitness": ("体能", "Fitness"),
    "skill": ("球技", "Ball skill"),
    "teamwork": ("团队合作", "Teamwork"),
    "fair-play": ("品格：公平竞争", "Character: fair play"),
}


def trained(student: Person, training: Lesson, when: datetime) -> Act:
    """Say that the student took part in a training; ``when`` is its end."""
    where = context(training, "in", part_of=_indicator("participation"))
    what = lesson_activity(training)
    return act(student, ATTENDED, what, where, when, duration=duration(TRAINING))


def tested(student: Person, training: Lesson, indicator: str, points: int, when: datetime) -> Act:
    """Say with how many of 100 points the student passed the test of ``fitness`` or ``skill``."""
    where = context(training, "in", part_of=_indicator(indicator))
    return act(
        student,
        COMPLETED,
        _test(indicator),
        where,
        when,
        completion=True,
        score=score(points, 0, 100),
    )


def rated(
    rater: Person,
    as_what: str,
    student: Person,
    training: Lesson,
    indicator: str,
    stars: int,
    when: datetime,
) -> Act:
    """Say that ``rater`` gave the student one to five stars.

    ``as_what`` is teacher, peer, self or parent.
    """
    where = context(
        training,
        "in" if as_what != "parent" else "post",
        part_of=_indicator(indicator),
        extensions={EXTENSION_RATER: as_what},
    )
    return act(rater, RATED, agent(student), where, when, score=score(stars, 1, 5))


@cache
def _indicator(indicator: str) -> Part:
    zh, en = INDICATORS[indicator]
    return activity(f"{DISTRICT}/indicators/{indicator}", TYPE_INDICATOR, f"足球养志：{zh}", en)


@cache
def _test(indicator: str) -> Part:
    zh, en = INDICATORS[indicator]
    return activity(f"{DISTRICT}/football-tests/{indicator}", TYPE_CHECK, f"{zh}测试", f"{en} test")
