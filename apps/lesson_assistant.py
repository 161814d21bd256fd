"""学·教小助手 A lesson-preparation assistant: resources, what is pushed, what a teacher changes."""

from datetime import datetime, timedelta
from functools import lru_cache

from apps.teaching import (
    DISTRICT,
    Act,
    KnowledgePoint,
    Lesson,
    Part,
    Person,
    act,
    activity,
    agent,
    context,
    duration,
    verb,
)
from projections.vocabulary import (
    TYPE_RESOURCE,
    TYPE_STRATEGY,
    VERB_ADJUSTED,
    VERB_ADOPTED,
    VERB_CREATE,
    VERB_GAVE_FEEDBACK,
    VERB_PERSONALIZED,
    VERB_PUSHED,
    VERB_SEARCHED,
    VERB_SHARED,
    VERB_USE,
)

SEARCHED = verb(VERB_SEARCHED, "搜索", "searched")
ADOPTED = verb(VERB_ADOPTED, "采用", "adopted")
CREATED = verb(VERB_CREATE, "建设", "created")
RECREATED = verb(VERB_PERSONALIZED, "再创", "personalized")
SHARED = verb(VERB_SHARED, "共享", "shared")
PUSHED = verb(VERB_PUSHED, "推送", "pushed")
USED = verb(VERB_USE, "使用", "used")
ADJUSTED = verb(VERB_ADJUSTED, "调整策略", "adjusted")
GAVE_FEEDBACK = verb(VERB_GAVE_FEEDBACK, "反馈", "gave feedback")

SUPERMARKET = activity(
    f"{DISTRICT}/resource-supermarket",
    "http://adlnet.gov/expapi/activities/media",
    "资源超市",
    "Resource supermarket",
)
# How a teacher goes on where a class did not follow.
STRATEGIES = {
    "slower": ("放慢节奏", "Slower pace"),
    "grouping": ("改为小组合作", "Group work instead"),
    "easier-items": ("降低题目难度", "Easier items"),
}


def searched(lesson: Lesson, words: str, when: datetime) -> Act:
    """Say that the teacher looked for resources with these words."""
    where = context(lesson, "pre", (lesson.knowledge_point,))
    return act(lesson.teacher, SEARCHED, SUPERMARKET, where, when, response=words)


def adopted(lesson: Lesson, when: datetime) -> Act:
    """Say that the teacher took a resource of others into the lesson's plan."""
    where = context(lesson, "pre", (lesson.knowledge_point,))
    return act(lesson.teacher, ADOPTED, _common(lesson.knowledge_point), where, when)


def created(lesson: Lesson, when: datetime) -> Act:
    """Say that the teacher built a resource from nothing."""
    where = context(lesson, "pre", (lesson.knowledge_point,))
    return act(lesson.teacher, CREATED, _built(lesson), where, when)


def recreated(lesson: Lesson, when: datetime) -> Act:
    """Say that the teacher made a resource of an own out of the adopted one."""
    source = _common(lesson.knowledge_point)
    where = context(lesson, "pre", (lesson.knowledge_point,), part_of=source)
    return act(lesson.teacher, RECREATED, _own(lesson), where, when)


def shared(lesson: Lesson, when: datetime) -> Act:
    """Say that the teacher gave the own resource to all."""
    where = context(lesson, "pre", (lesson.knowledge_point,))
    return act(lesson.teacher, SHARED, _own(lesson), where, when)


def pushed(lesson: Lesson, when: datetime) -> Act:
    """Say that the teacher sent a resource to the class."""
    where = context(lesson, "pre", (lesson.knowledge_point,))
    return act(lesson.teacher, PUSHED, _common(lesson.knowledge_point), where, when)


def used(lesson: Lesson, length: timedelta, when: datetime) -> Act:
    """Say that the teacher showed the resource in class, for this long."""
    where = context(lesson, "in", (lesson.knowledge_point,))
    what = _common(lesson.knowledge_point)
    return act(lesson.teacher, USED, what, where, when, duration=duration(length))


def adjusted(lesson: Lesson, strategy: str, when: datetime) -> Act:
    """Say that the teacher went on in another way: a key of ``STRATEGIES``."""
    where = context(lesson, "in", (lesson.knowledge_point,))
    return act(lesson.teacher, ADJUSTED, _strategy(strategy), where, when)


def gave_feedback(student: Person, lesson: Lesson, words: str, when: datetime) -> Act:
    """Say what the teacher told one student about what was done in class."""
    where = context(lesson, "in", (lesson.knowledge_point,))
    return act(lesson.teacher, GAVE_FEEDBACK, agent(student), where, when, response=words)


@lru_cache(maxsize=1024)
def _common(point: KnowledgePoint) -> Part:
    return activity(
        f"{DISTRICT}/resources/{point.code}",
        TYPE_RESOURCE,
        f"课件：{point.zh}",
        f"Slides: {point.en}",
    )


@lru_cache(maxsize=1024)
def _own(lesson: Lesson) -> Part:
    return activity(
        f"{DISTRICT}/resources/{lesson.code}/{lesson.teacher.account}",
        TYPE_RESOURCE,
        f"再创课件：{lesson.zh}",
        f"Slides made anew: {lesson.en}",
    )


@lru_cache(maxsize=1024)
def _built(lesson: Lesson) -> Part:
    return activity(
        f"{DISTRICT}/resources/{lesson.code}/worksheet",
        TYPE_RESOURCE,
        f"学习单：{lesson.zh}",
        f"Worksheet: {lesson.en}",
    )


@lru_cache(maxsize=16)
def _strategy(strategy: str) -> Part:
    return activity(f"{DISTRICT}/strategies/{strategy}", TYPE_STRATEGY, *STRATEGIES[strategy])
