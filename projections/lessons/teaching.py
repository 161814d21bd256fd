"""Who teaches and who learns, as far as what somebody did tells it."""

from typing import Final

# Only teachers do these; whoever gives a badge, shares something or rates may be anybody.
TEACHING: Final = frozenset(
    {
        "resource_searched",
        "resource_adopted",
        "resource_created",
        "resource_recreated",
        "resource_used",
        "resource_pushed",
        "strategy_changed",
        "interaction_organised",
        "homework_set",
        "homework_marked",
        "tutoring_given",
    }
)
# What a teacher does as a teacher, though others do it too.
TEACHERS_TOO: Final = TEACHING | {
    "resource_shared",
    "feedback_given",
    "badge_given",
    "rating_given",
}
# What learners do. The other one of such an act, if any, is whom its statement names as
# instructor.
LEARNING: Final = frozenset(
    {
        "preview",
        "check",
        "answer",
        "poll",
        "hand_raised",
        "question",
        "group_work",
        "attention",
        "attendance",
        "session_joined",
        "homework_done",
        "homework_corrected",
        "video",
    }
)

# What learners are given, and don't do themselves.
RECEIVED: Final = frozenset(
    {
        "result",
        "badge_earned",
        "feedback_received",
        "tutoring_received",
        "rating_by_teacher",
        "rating_by_peer",
        "rating_by_self",
        "rating_by_parent",
        "rating_received",
    }
)

# Roles of OneRoster that are not a teacher's: whoever has another one, say a principal's, may
# teach.
LEARNERS_SIDE: Final = frozenset({"student", "parent", "guardian", "relative"})
