"""课前 A preview video app: students watch a short video before the lesson and check themselves."""

from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

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
    item_activity,
    verb,
)
from projections.vocabulary import (
    TYPE_PREVIEW,
    TYPE_VIDEO,
    VERB_ANSWERED,
    VERB_PAUSED,
    VERB_PREVIEWED,
)

VIDEO_PROFILE = "https://w3id.org/xapi/video"
VIDEO_LENGTH = 300  # seconds

PAUSED = verb(VERB_PAUSED, "暂停", "paused")
PREVIEWED = verb(VERB_PREVIEWED, "预习", "previewed")
ANSWERED = verb(VERB_ANSWERED, "作答", "answered")


def watched(student: Person, lesson: Lesson, seconds: float, session: UUID, when: datetime) -> Act:
    """Say that the student stopped the video after ``seconds``; ``when`` is that moment.

    Follows the video profile too, whose ``paused`` tells the segments played since the start.
    """
    extensions = f"{VIDEO_PROFILE}/extensions"
    return act(
        student,
        PAUSED,
        _video(lesson),
        context(
            lesson,
            "pre",
            (lesson.knowledge_point,),
            profiles=(VIDEO_PROFILE,),
            extensions={
                f"{extensions}/session-id": str(session),
                f"{extensions}/length": VIDEO_LENGTH,
            },
        ),
        when,
        extensions={
            f"{extensions}/time": seconds,
            f"{extensions}/played-segments": f"0[.]{seconds:g}",
            f"{extensions}/progress": round(seconds / VIDEO_LENGTH, 3),
        },
    )


def previewed(student: Person, lesson: Lesson, when: datetime) -> Act:
    """Say that the student finished the preview of a lesson."""
    where = context(lesson, "pre", (lesson.knowledge_point,))
    return act(student, PREVIEWED, _preview(lesson), where, when, completion=True)


def checked(
    student: Person, lesson: Lesson, item: Item, choice: str, taken: timedelta, when: datetime
) -> Act:
    """Say what the student chose for a question of the check, and how long it took."""
    return act(
        student,
        ANSWERED,
        item_activity(item),
        context(lesson, "pre", item.knowledge_points, part_of=_preview(lesson)),
        when,
        response=choice,
        success=choice == item.right_choice,
        duration=duration(taken),
    )


@lru_cache(maxsize=4096)
def _preview(lesson: Lesson) -> Part:
    return activity(
        f"{DISTRICT}/previews/{lesson.code}",
        TYPE_PREVIEW,
        f"预习：{lesson.zh}",
        f"Preview: {lesson.en}",
    )


@lru_cache(maxsize=4096)
def _video(lesson: Lesson) -> Part:
    return activity(
        f"{DISTRICT}/videos/{lesson.knowledge_point.code}",
        TYPE_VIDEO,
        f"微课：{lesson.knowledge_point.zh}",
        f"Video: {lesson.knowledge_point.en}",
    )
