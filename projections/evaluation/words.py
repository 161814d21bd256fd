"""Results in words, Chinese and English: where somebody stands, what helped, cost and lacks."""

import math
from collections.abc import Sequence
from typing import Any, Final

from projections.evaluation.schemes import Indicator, Level, Title

_TELLING: Final = 1.0  # points of the total; less isn't told
_MOST_NAMED: Final = 3

Words = dict[str, str]


def said(title: Title) -> Words:
    """Give a title by language."""
    return {"zh": title.zh, "en": title.en}


def stands(score: float, level: Level | None) -> Words:
    """Say what the total is."""
    if math.isnan(score):
        return {
            "zh": "证据不足，暂不评分。",
            "en": "There is not enough evidence for a score yet.",
        }
    zh, en = (f"（{level.title.zh}）", f" ({level.title.en})") if level else ("", "")
    return {"zh": f"总分 {score:.1f}{zh}。", "en": f"The total is {score:.1f}{en}."}


def moved(change: float) -> Words:
    """Say how the total changed since the days before."""
    if abs(change) < _TELLING:
        return {
            "zh": "与上一时段基本持平。",
            "en": "That is about the same as in the period before.",
        }
    zh, en = ("提高", "more") if change > 0 else ("下降", "less")
    return {
        "zh": f"比上一时段{zh} {abs(change):.1f} 分。",
        "en": f"That is {abs(change):.1f} points {en} than in the period before.",
    }


def lifted(parts: Sequence[tuple[Indicator, float, float]]) -> list[Words]:
    """Say which indicators raise a total most above what it would be without them, and lower it.

    ``parts`` are indicators with their score and by how many points they move the total.
    """
    told = []
    best = max(parts, key=lambda one: one[2], default=None)
    worst = min(parts, key=lambda one: one[2], default=None)
    if best and best[2] > 0:
        one, reached, by = best
        told.append(
            {
                "zh": f"最有帮助的是“{one.title.zh}”（{reached:.0f} 分），使总分提高 {by:.1f} 分。",
                "en": f"{one.title.en} ({reached:.0f}) helped most:"
                f" it raises the total by {by:.1f}.",
            }
        )
    if worst and worst[2] < 0:
        one, reached, by = worst
        told.append(
            {
                "zh": f"影响最大的是“{one.title.zh}”（{reached:.0f} 分），"
                f"使总分降低 {-by:.1f} 分。",
                "en": f"{one.title.en} ({reached:.0f}) cost most:"
                f" it lowers the total by {-by:.1f}.",
            }
        )
    return told


def lacks(missing: Sequence[Indicator], complete: float) -> Words:
    """Say what has no score, and that its weight went to the others."""
    named = missing[:_MOST_NAMED]
    zh = "、".join(f"“{one.title.zh}”" for one in named)
    en = ", ".join(one.title.en for one in named)
    more = len(missing) - len(named)
    return {
        "zh": f"{zh}{f'等 {len(missing)} 项' if more else ''}证据不足，其权重由其余指标分担；"
        f"证据完整度 {100 * complete:.0f}%。",
        "en": f"Not enough evidence for {en}{f' and {more} more' if more else ''}: their weight"
        f" goes to the others; evidence is {100 * complete:.0f}% complete.",
    }


def reason(code: str, indicator: Indicator, counted: int) -> dict[str, Any]:
    """Say why an indicator has no score."""
    if code == "cohort":
        return {
            "code": code,
            "zh": "同年级（同校）可比较的学生太少。",
            "en": "Too few students of the grade, or of the school, can be compared with.",
        }
    need = max(indicator.minimum, 1)
    return {
        "code": code,
        "zh": f"至少需要 {need} 条证据，现有 {counted} 条。",
        "en": f"It takes {need} pieces of evidence at least; there are {counted}.",
    }
