"""课后 A homework app: the teacher sets it, students answer, finish, and correct what was wrong."""

from datetime import datetime, timedelta

from tincan import Activity, Score, Statement

from apps.teaching import (
    DISTRICT,
    Item,
    Lesson,
    Person,
    activity,
    context,
    item_activity,
    statement,
    verb,
)
from projections.vocabulary import (
    EXTENSION_LAYER,
    TYPE_HOMEWORK,
    VERB_ANSWERED,
    VERB_ASSIGN,
    VERB_COMPLETED,
    VERB_CORRECTED,
)

ASSIGNED = verb(VERB_ASSIGN, "布置", "assigned")
ANSWERED = verb(VERB_ANSWERED, "作答", "answered")
COMPLETED = verb(VERB_COMPLETED, "完成", "completed")
CORRECTED = verb(VERB_CORRECTED, "订正", "corrected")


def assigned(lesson: Lesson, when: datetime) -> Statement:
    """Say that the teacher set the homework of a lesson."""
    where = context(lesson, "post", [lesson.knowledge_point])
    return statement(lesson.teacher, ASSIGNED, _homework(lesson), where, when)


def answered(
    student: Person, lesson: Lesson, item: Item, choice: str, taken: timedelta, when: datetime
) -> Statement:
    """Say what the student chose for a question of the homework, and how long it took."""
    return statement(
        student,
        ANSWERED,
        item_activity(item),
        context(
            lesson,
            "post",
            item.knowledge_points,
            part_of=_homework(lesson),
            extensions={EXTENSION_LAYER: layer(item)},
        ),
        when,
        response=choice,
        success=choice == item.right_choice,
        duration=taken,
    )


def completed(student: Person, lesson: Lesson, right: int, asked: int, when: datetime) -> Statement:
    """Say that the student handed the homework in, with ``right`` of the ``asked`` questions.

    It has no duration: its answers have theirs already.
    """
    return statement(
        student,
        COMPLETED,
        _homework(lesson),
        context(lesson, "post", [lesson.knowledge_point]),
        when,
        completion=True,
        score=Score(scaled=round(right / asked, 4), raw=right, min=0, max=asked),
    )


def corrected(student: Person, lesson: Lesson, item: Item, when: datetime) -> Statement:
    """Say that the student put a wrong answer right, from the mistake book (错题本)."""
    where = context(lesson, "post", item.knowledge_points, part_of=_homework(lesson))
    return statement(student, CORRECTED, item_activity(item), where, when, completion=True)


def layer(item: Item) -> str:
    """Tell in which layer of the layered homework (分层作业) a question stands."""
    return (
        "basic" if item.difficulty < -0.4 else "advanced" if item.difficulty < 0.4 else "challenge"
    )


def _homework(lesson: Lesson) -> Activity:
    return activity(
        f"{DISTRICT}/homework/{lesson.code}",
        TYPE_HOMEWORK,
        f"作业：{lesson.zh}",
        f"Homework: {lesson.en}",
    )
