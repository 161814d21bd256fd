"""课中 A classroom clicker: questions, polls and raised hands during a lesson."""

from datetime import datetime, timedelta

from tincan import Activity, Statement

from apps.teaching import (
    DISTRICT,
    Item,
    Lesson,
    Person,
    activity,
    context,
    item_activity,
    lesson_activity,
    statement,
    verb,
)
from projections.vocabulary import (
    TYPE_INTERACTION,
    TYPE_POLL,
    VERB_ANSWERED,
    VERB_ORGANISED,
    VERB_REQUESTED_ATTENTION,
)

ANSWERED = verb(VERB_ANSWERED, "作答", "answered")
RAISED_HAND = verb(VERB_REQUESTED_ATTENTION, "举手", "requested attention")
ORGANISED = verb(VERB_ORGANISED, "组织互动", "organised")

# How well the class understood, in the students' own words.
UNDERSTANDING = {"clear": "懂了", "partly": "有点懂", "unclear": "没懂"}


def organised(lesson: Lesson, when: datetime) -> Statement:
    """Say that the teacher opened a round of questions."""
    where = context(lesson, "in", [lesson.knowledge_point])
    return statement(lesson.teacher, ORGANISED, _round(lesson), where, when)


def answered(
    student: Person, lesson: Lesson, item: Item, choice: str, taken: timedelta, when: datetime
) -> Statement:
    """Say what the student pressed for a question, and how long it took."""
    return statement(
        student,
        ANSWERED,
        item_activity(item),
        context(lesson, "in", item.knowledge_points, part_of=_round(lesson)),
        when,
        response=choice,
        success=choice == item.right_choice,
        duration=taken,
    )


def raised_hand(student: Person, lesson: Lesson, when: datetime) -> Statement:
    """Say that the student asked to speak."""
    where = context(lesson, "in", [lesson.knowledge_point])
    return statement(student, RAISED_HAND, lesson_activity(lesson), where, when)


def polled(student: Person, lesson: Lesson, understanding: str, when: datetime) -> Statement:
    """Say how well the student felt to understand: a key of ``UNDERSTANDING``."""
    poll = activity(
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
    where = context(lesson, "in", [lesson.knowledge_point])
    return statement(student, ANSWERED, poll, where, when, response=understanding)


def _round(lesson: Lesson) -> Activity:
    return activity(
        f"{DISTRICT}/interactions/{lesson.code}",
        TYPE_INTERACTION,
        f"抢答：{lesson.zh}",
        f"Question round: {lesson.en}",
    )
