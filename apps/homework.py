"""课后 A homework app: layered homework is set, done, marked and corrected; some are tutored."""

from datetime import datetime, timedelta
from functools import lru_cache

from apps.teaching import (
    DISTRICT,
    Act,
    Item,
    KnowledgePoint,
    Lesson,
    Part,
    Person,
    act,
    activity,
    agent,
    context,
    duration,
    item_activity,
    score,
    verb,
)
from projections.vocabulary import (
    EXTENSION_DUE,
    EXTENSION_LAYER,
    TYPE_HOMEWORK,
    VERB_ANSWERED,
    VERB_ASSIGN,
    VERB_COMPLETED,
    VERB_CORRECTED,
    VERB_MENTORED,
    VERB_SCORED,
)

ASSIGNED = verb(VERB_ASSIGN, "布置", "assigned")
ANSWERED = verb(VERB_ANSWERED, "作答", "answered")
COMPLETED = verb(VERB_COMPLETED, "完成", "completed")
SCORED = verb(VERB_SCORED, "批改得分", "scored")
CORRECTED = verb(VERB_CORRECTED, "订正", "corrected")
MENTORED = verb(VERB_MENTORED, "辅导", "mentored")


def assigned(lesson: Lesson, layer: str, due: datetime, when: datetime) -> Act:
    """Say that the teacher set the homework of a lesson, its layer on the whole, and its time."""
    said = {EXTENSION_LAYER: layer, EXTENSION_DUE: due.isoformat()}
    where = context(lesson, "post", (lesson.knowledge_point,), extensions=said)
    return act(lesson.teacher, ASSIGNED, _homework(lesson), where, when)


def answered(
    student: Person, lesson: Lesson, item: Item, choice: str, taken: timedelta, when: datetime
) -> Act:
    """Say what the student chose for a question of the homework, and how long it took."""
    return act(
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
        duration=duration(taken),
    )


def completed(
    student: Person, lesson: Lesson, right: int, asked: int, due: datetime, when: datetime
) -> Act:
    """Say that the student handed the homework in, with ``right`` of the ``asked`` questions.

    It has no duration: its answers have theirs already.
    """
    said = {EXTENSION_DUE: due.isoformat()}
    return act(
        student,
        COMPLETED,
        _homework(lesson),
        context(lesson, "post", (lesson.knowledge_point,), extensions=said),
        when,
        completion=True,
        score=score(right, 0, asked),
    )


def marked(student: Person, lesson: Lesson, marks: int, when: datetime) -> Act:
    """Say that the teacher marked the student's homework with 0..100 marks."""
    where = context(lesson, "post", (lesson.knowledge_point,))
    return act(student, SCORED, _homework(lesson), where, when, score=score(marks, 0, 100))


def corrected(student: Person, lesson: Lesson, item: Item, when: datetime) -> Act:
    """Say that the student put a wrong answer right, from the mistake book (错题本)."""
    where = context(lesson, "post", item.knowledge_points, part_of=_homework(lesson))
    return act(student, CORRECTED, item_activity(item), where, when, completion=True)


def tutored(
    student: Person, lesson: Lesson, point: KnowledgePoint, length: timedelta, when: datetime
) -> Act:
    """Say that the teacher went through a knowledge point with one student."""
    return act(
        lesson.teacher,
        MENTORED,
        agent(student),
        context(lesson, "post", (point,)),
        when,
        duration=duration(length),
    )


def layer(item: Item) -> str:
    """Tell in which layer of the layered homework (分层作业) a question stands."""
    return layer_of(item.difficulty)


def layer_of(difficulty: float) -> str:
    """Tell the layer of a difficulty, or of the mean of several."""
    return "basic" if difficulty < -0.4 else "advanced" if difficulty < 0.4 else "challenge"


def homework_iri(lesson: Lesson) -> str:
    """Name the homework of a lesson; each class of a lesson of two has its own."""
    return f"{DISTRICT}/homework/{lesson.code}/{lesson.class_group}"


@lru_cache(maxsize=4096)
def _homework(lesson: Lesson) -> Part:
    return activity(
        homework_iri(lesson),
        TYPE_HOMEWORK,
        f"作业：{lesson.zh}",
        f"Homework: {lesson.en}",
    )
