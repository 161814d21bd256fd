"""课中 A classroom clicker: questions, polls, raised hands and group work during a lesson."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from apps.teaching import (
    DISTRICT,
    Act,
    Item,
    Lesson,
    Part,
    Person,
    act,
    activity,
    context,
    duration,
    group,
    item_activity,
    lesson_activity,
    verb,
)
from projections.vocabulary import (
    TYPE_GROUP_TASK,
    TYPE_INTERACTION,
    TYPE_POLL,
    VERB_ANSWERED,
    VERB_COLLABORATED,
    VERB_ORGANISED,
    VERB_PAID_ATTENTION,
    VERB_REQUESTED_ATTENTION,
)

ANSWERED = verb(VERB_ANSWERED, "作答", "answered")
RAISED_HAND = verb(VERB_REQUESTED_ATTENTION, "举手", "requested attention")
ORGANISED = verb(VERB_ORGANISED, "组织互动", "organised")
COLLABORATED = verb(VERB_COLLABORATED, "小组合作", "collaborated")
PAID_ATTENTION = verb(VERB_PAID_ATTENTION, "专注", "paid attention")

# How well the class understood, in the students' own words.
UNDERSTANDING = {"clear": "懂了", "partly": "有点懂", "unclear": "没懂"}


def organised(lesson: Lesson, when: datetime) -> Act:
    """Say that the teacher opened a round of questions."""
    where = context(lesson, "in", (lesson.knowledge_point,))
    return act(lesson.teacher, ORGANISED, _round(lesson), where, when)


def answered(
    student: Person, lesson: Lesson, item: Item, choice: str, taken: timedelta, when: datetime
) -> Act:
    """Say what the student pressed for a question, and how long it took."""
    return act(
        student,
        ANSWERED,
        item_activity(item),
        context(lesson, "in", item.knowledge_points, part_of=_round(lesson)),
        when,
        response=choice,
        success=choice == item.right_choice,
        duration=duration(taken),
    )


def raised_hand(student: Person, lesson: Lesson, when: datetime) -> Act:
    """Say that the student asked to speak."""
    where = context(lesson, "in", (lesson.knowledge_point,))
    return act(student, RAISED_HAND, lesson_activity(lesson), where, when)


def polled(student: Person, lesson: Lesson, understanding: str, when: datetime) -> Act:
    """Say how well the student felt to understand: a key of ``UNDERSTANDING``."""
    where = context(lesson, "in", (lesson.knowledge_point,))
    return act(student, ANSWERED, _poll(lesson), where, when, response=understanding)


def worked_together(members: Sequence[Person], lesson: Lesson, when: datetime) -> Act:
    """Say that a few students have done a task together, in ten minutes."""
    where = context(lesson, "in", (lesson.knowledge_point,))
    return act(
        group(members),
        COLLABORATED,
        _group_task(lesson),
        where,
        when,
        completion=True,
        duration=duration(timedelta(minutes=10)),
    )


def paid_attention(student: Person, lesson: Lesson, share: float, when: datetime) -> Act:
    """Say for which share of the lesson, 0..1, the student's eyes were on it."""
    where = context(lesson, "in")
    scaled = {"scaled": round(share, 2)}
    return act(student, PAID_ATTENTION, lesson_activity(lesson), where, when, score=scaled)


@lru_cache(maxsize=1024)
def _round(lesson: Lesson) -> Part:
    return activity(
        f"{DISTRICT}/interactions/{lesson.code}",
        TYPE_INTERACTION,
        f"抢答：{lesson.zh}",
        f"Question round: {lesson.en}",
    )


@lru_cache(maxsize=1024)
def _poll(lesson: Lesson) -> Part:
    return activity(
        f"{DISTRICT}/polls/{lesson.code}",
        TYPE_POLL,
        f"听懂了吗？{lesson.zh}",
        f"Did you follow? {lesson.en}",
        interaction_type="choice",
        choices=[
            {"id": choice, "description": {"zh-CN": zh, "en": choice}}
            for choice, zh in UNDERSTANDING.items()
        ],
    )


@lru_cache(maxsize=1024)
def _group_task(lesson: Lesson) -> Part:
    return activity(
        f"{DISTRICT}/group-tasks/{lesson.code}",
        TYPE_GROUP_TASK,
        f"小组探究：{lesson.zh}",
        f"Group task: {lesson.en}",
    )
