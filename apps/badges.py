"""榜样章 A badge app: a teacher awards a badge for a deed, in the moment it is seen."""

from datetime import datetime
from functools import cache

from apps.teaching import DISTRICT, Act, Lesson, Part, Person, act, activity, context, verb
from projections.vocabulary import TYPE_BADGE, TYPE_DEED, VERB_EARNED

EARNED = verb(VERB_EARNED, "获得", "earned")

# Badge: its name, and the deed it stands for.
BADGES = {
    "diligence": (
        "榜样章：勤学",
        "Badge: diligence",
        "认真完成课堂任务",
        "Did all of the lesson's work",
    ),
    "courage": ("榜样章：善问", "Badge: good questions", "主动提出好问题", "Asked a good question"),
    "helper": ("榜样章：乐于助人", "Badge: helper", "帮助同伴解决难题", "Helped a classmate"),
    "teamwork": ("榜样章：合作", "Badge: teamwork", "带领小组完成探究", "Led the group's task"),
}


def earned(student: Person, lesson: Lesson, badge: str, when: datetime) -> Act:
    """Say that the lesson's teacher gave the student a badge: a key of ``BADGES``."""
    where = context(lesson, "in", part_of=_deed(badge))
    return act(student, EARNED, _badge(badge), where, when)


@cache
def _badge(badge: str) -> Part:
    zh, en, _, _ = BADGES[badge]
    return activity(f"{DISTRICT}/badges/{badge}", TYPE_BADGE, zh, en)


@cache
def _deed(badge: str) -> Part:
    _, _, zh, en = BADGES[badge]
    return activity(f"{DISTRICT}/deeds/{badge}", TYPE_DEED, zh, en)
