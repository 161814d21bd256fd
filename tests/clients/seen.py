"""What a client of xAPI has to have seen of Xueji, whatever language it is written in.

Each client posts the same course (`course.mjs` says which), and gives what it saw as one object.
"""

from typing import Any

ANSWERS = 12
PAGE = 5
NOTE = "笔记: a half is 50 %"
ACTIVITY_NAME = {"zh-CN": "分数", "en": "Fractions"}
PERSON_NAMES = ["学生 一"]


def check_pages(seen: dict[str, Any]) -> None:
    """Hold that what was posted came back page by page, in order, without a gap."""
    posted = seen["posted"]
    assert len(set(posted)) == ANSWERS
    starts = range(0, ANSWERS, PAGE)
    assert seen["pages"] == [posted[start : start + PAGE] for start in starts]


def check_voiding(seen: dict[str, Any]) -> None:
    """Hold that a voided statement is gone, and kept as voided."""
    assert seen["voidedIsGone"] is True
    assert seen["voided"] == seen["posted"][0]


def check_state(seen: dict[str, Any]) -> None:
    """Hold that state was stored, merged, listed and deleted."""
    assert seen["state"] == {"page": 4, "name": "第三页"}
    assert seen["states"] == ["page"]
    assert seen["stateIsGone"] is True


def check_profile(found: dict[str, Any]) -> None:
    """Hold that a profile was changed with the right ETag only, listed and deleted."""
    assert found == {
        "content": {"colour": "green"},
        "names": ["settings"],
        "isStaleRefused": True,
        "isGone": True,
    }
