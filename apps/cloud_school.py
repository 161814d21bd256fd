"""云校 A cloud school: remote lessons of two classes, and courses by video and cmi5 at home."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from tincan import Activity, ActivityList, ContextActivities

from apps.preview_video import PAUSED, VIDEO_PROFILE
from apps.teaching import (
    DISTRICT,
    Act,
    KnowledgePoint,
    Lesson,
    Part,
    Person,
    Where,
    act,
    activity,
    context,
    duration,
    verb,
)
from projections.vocabulary import (
    TYPE_REMOTE_SESSION,
    TYPE_VIDEO,
    VERB_ATTENDED,
    VERB_COMPLETED,
)

CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
CMI5_MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"
CMI5_SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
CMI5_MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
MASTERY_SCORE = 0.6
LECTURE_LENGTH = 600  # seconds
LESSON_LENGTH = timedelta(minutes=40)
PAUSE = timedelta(seconds=30)

ATTENDED = verb(VERB_ATTENDED, "参加", "attended")
INITIALIZED = verb("http://adlnet.gov/expapi/verbs/initialized", "开始", "initialized")
COMPLETED = verb(VERB_COMPLETED, "完成", "completed")
PASSED = verb("http://adlnet.gov/expapi/verbs/passed", "通过", "passed")
FAILED = verb("http://adlnet.gov/expapi/verbs/failed", "未通过", "failed")
TERMINATED = verb("http://adlnet.gov/expapi/verbs/terminated", "结束", "terminated")


def joined(student: Person, lesson: Lesson, when: datetime) -> Act:
    """Say that the student was in a lesson held in another class; ``when`` is its end."""
    where = context(lesson, "in", (lesson.knowledge_point,))
    what = _remote_session(lesson)
    return act(student, ATTENDED, what, where, when, duration=duration(LESSON_LENGTH))


def watched(
    student: Person, lesson: Lesson, seconds: float, session: UUID, when: datetime
) -> Iterator[Act]:
    """Say that the student paused a lecture halfway, and left it after ``seconds``.

    ``when`` is the moment of leaving; half a minute was spent on the pause. Follows the video
    profile, whose ``paused`` tells all segments played since the session's start.
    """
    extensions = f"{VIDEO_PROFILE}/extensions"
    half = round(seconds / 2, 1)
    where = context(
        lesson,
        "post",
        (lesson.knowledge_point,),
        profiles=(VIDEO_PROFILE,),
        extensions={
            f"{extensions}/session-id": str(session),
            f"{extensions}/length": LECTURE_LENGTH,
        },
    )
    first = f"0[.]{half:g}"
    for reached, segments, moment in (
        (half, first, when - timedelta(seconds=seconds - half) - PAUSE),
        (seconds, f"{first}[,]{half:g}[.]{seconds:g}", when),
    ):
        said = {
            f"{extensions}/time": reached,
            f"{extensions}/played-segments": segments,
            f"{extensions}/progress": round(reached / LECTURE_LENGTH, 3),
        }
        lecture = _lecture(lesson.knowledge_point)
        yield act(student, PAUSED, lecture, where, moment, extensions=said)


def studied(
    student: Person, point: KnowledgePoint, share_right: float, session: UUID, begins: datetime
) -> Iterator[Act]:
    """Say what a cmi5 session of ten minutes told: begun, passed or failed, done, ended."""
    unit, length = _unit(point), timedelta(minutes=10)
    ends = begins + length
    took = duration(length)
    passed = share_right >= MASTERY_SCORE
    score = {"scaled": round(share_right, 4)}
    second = timedelta(seconds=1)
    yield act(student, INITIALIZED, unit, _cmi5(point, session, moves_on=False), begins)
    yield act(
        student,
        PASSED if passed else FAILED,
        unit,
        _cmi5(point, session, moves_on=True),
        ends,
        success=passed,
        score=score,
        duration=took,
    )
    if passed:
        yield act(
            student,
            COMPLETED,
            unit,
            _cmi5(point, session, moves_on=True),
            ends + second,
            completion=True,
            duration=took,
        )
    yield act(
        student,
        TERMINATED,
        unit,
        _cmi5(point, session, moves_on=False),
        ends + 2 * second,
        duration=took,
    )


def _cmi5(point: KnowledgePoint, session: UUID, *, moves_on: bool) -> Where:
    """Make the context that cmi5 asks for (section 9.6): no lesson, no class."""
    extensions: dict[str, object] = {CMI5_SESSION: str(session)}
    if moves_on:
        extensions[CMI5_MASTERY_SCORE] = MASTERY_SCORE
    return Where(_cmi5_activities(point, moves_on), extensions, registration=session)


@lru_cache(maxsize=1024)
def _cmi5_activities(point: KnowledgePoint, moves_on: bool) -> Part:
    categories = [CMI5, CMI5_MOVE_ON] if moves_on else [CMI5]
    return Part(
        ContextActivities(
            category=ActivityList([Activity(id=category) for category in categories]),
            grouping=ActivityList([_unit(point).built]),
        )
    )


@lru_cache(maxsize=1024)
def _unit(point: KnowledgePoint) -> Part:
    return activity(
        f"{DISTRICT}/cloud-units/{point.code}",
        "http://adlnet.gov/expapi/activities/module",
        f"云校单元：{point.zh}",
        f"Cloud unit: {point.en}",
    )


@lru_cache(maxsize=1024)
def _remote_session(lesson: Lesson) -> Part:
    return activity(
        f"{DISTRICT}/remote-sessions/{lesson.code}",
        TYPE_REMOTE_SESSION,
        f"远程同步课堂：{lesson.zh}",
        f"Remote lesson: {lesson.en}",
    )


@lru_cache(maxsize=1024)
def _lecture(point: KnowledgePoint) -> Part:
    return activity(
        f"{DISTRICT}/lectures/{point.code}", TYPE_VIDEO, f"慕课：{point.zh}", f"Lecture: {point.en}"
    )
