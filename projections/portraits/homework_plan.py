"""The homework plan: which knowledge points, in which layer, how many items, and why. Pure.

The higher the accuracy, the less homework (正确率越高，作业越少). That is a law here. If anything
known of a person's accuracy is higher, and nothing else different, a plan never takes more minutes,
and no point of it has more items; where the limit leaves nothing for later, there are no more items
in all either. How it is held:

1. A point stands on a **rung** of one ladder, by the ends of its mastery's interval. Down the
   ladder neither items nor minutes get more, whatever an item of each layer takes: a rung has at
   most as many items as the one above, and as fit into its minutes.
2. What is put on top (an item more where practice was long ago or the next lesson needs the point,
   mistakes to be done again) doesn't depend on accuracy.
3. The points with the most minutes are chosen, and so many that even if each had the most that any
   can have, the limit would be kept. A sum of the greatest gets no more where one gets less.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from projections.portraits.points import STRONG, WEAK

Layer = Literal["basic", "advanced", "challenge"]
LAYERS: Final[tuple[Layer, ...]] = ("basic", "advanced", "challenge")
LONG_AGO: Final = 14  # days after which a point is practised again
MOST_RETRIED: Final = 2  # mistakes of a point that are done again in one plan


class Rung(msgspec.Struct, frozen=True):
    """What is planned for a point of this standing, where there is time for it."""

    code: str
    layer: Layer
    items: int
    zh: str
    en: str


# From the most need to the least: every point stands on one.
LADDER: Final = (
    Rung(
        "weak",
        "basic",
        6,
        "掌握程度的上限 {high} 低于 {weak}：尚未掌握，做基础题",
        "even the upper end of mastery, {high}, is below {weak}: not understood yet, basic items",
    ),
    Rung(
        "shaky",
        "basic",
        4,
        "掌握程度在 {low}–{high} 之间：还不稳，做基础题",
        "mastery is between {low} and {high}: not firm yet, basic items",
    ),
    Rung(
        "uncertain",
        "advanced",
        3,
        "掌握程度在 {low}–{high} 之间，相差太大：做几道诊断题以便看清",
        "mastery is anywhere between {low} and {high}: a few items to find out",
    ),
    Rung(
        "building",
        "advanced",
        3,
        "掌握程度的下限 {low} 已不低于 {weak}：做提高题",
        "even the lower end of mastery, {low}, is {weak} or more: advanced items",
    ),
    Rung(
        "firm",
        "challenge",
        2,
        "掌握程度在 {low}–{high} 之间，已较扎实：做拓展题",
        "mastery is between {low} and {high}, firm: challenge items",
    ),
    Rung(
        "mastered",
        "challenge",
        0,
        "掌握程度的下限 {low} 已不低于 {strong}：已掌握，不再布置",
        "even the lower end of mastery, {low}, is {strong} or more: mastered, nothing set",
    ),
)
_RUNGS: Final = {rung.code: at for at, rung in enumerate(LADDER)}
_MOST_ADDED: Final = 2  # items that standing does not decide: long ago, and needed next


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a person in a knowledge point when homework is planned.

    ``low``, ``probability`` and ``high`` are of a right answer, the interval 95 %; ``days_since``
    is how long ago the last response was, None where there was none. ``mistakes`` are items of the
    point that are not put right yet, the last wrong first.
    """

    knowledge_point: str
    subject: str = ""
    low: float = 0.0
    probability: float = 0.5
    high: float = 1.0
    tries: int = 0
    days_since: int | None = None
    mistakes: tuple[str, ...] = ()
    is_needed: bool = False  # by the next lesson


class Choice(msgspec.Struct, frozen=True):
    """What a plan sets for one knowledge point."""

    need: Need
    rung: Rung
    items: int  # new ones, of the rung's layer
    retried: tuple[str, ...]  # items to do again, each taking as long as a basic one
    minutes: float

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Say why, each reason with a code, what it goes by, and a sentence in both languages."""
        return _reasons(self)


class Plan(msgspec.Struct, frozen=True):
    """A homework plan: what is set, what would be but for the limit, what isn't needed."""

    chosen: tuple[Choice, ...]
    left_for_later: tuple[Choice, ...]
    not_needed: tuple[Choice, ...]
    limit: float  # minutes
    most_points: int  # that the limit is sure to hold

    @property
    def minutes(self) -> float:
        """How long all that is set takes."""
        return sum(choice.minutes for choice in self.chosen)

    @property
    def items(self) -> int:
        """How many items are set, those to do again too."""
        return sum(choice.items + len(choice.retried) for choice in self.chosen)


def make_plan(needs: Sequence[Need], item_minutes: Mapping[Layer, float], limit: float) -> Plan:
    """Plan homework of at most ``limit`` minutes, by how many an item of each layer takes.

    Raises ``ValueError`` where an item takes no time.
    """
    if any(item_minutes[layer] <= 0 for layer in LAYERS):
        raise ValueError("an item takes more than no time")
    choices = [_choose(need, item_minutes, limit) for need in needs]
    wanted = [one for one in choices if one.minutes > 0]
    wanted.sort(key=lambda one: (-one.minutes, one.need.probability, one.need.knowledge_point))
    most = _most_points(item_minutes, limit)
    return Plan(
        tuple(wanted[:most]),
        tuple(wanted[most:]),
        tuple(one for one in choices if not one.minutes),
        limit,
        most,
    )


def standing(low: float, high: float) -> Rung:
    """Tell on which rung a point stands, by the ends of the interval of its mastery."""
    if high < WEAK:
        code = "weak"
    elif low < WEAK:
        code = "uncertain" if high >= STRONG else "shaky"
    elif low < STRONG:
        code = "firm" if high >= STRONG else "building"
    else:
        code = "mastered"
    return LADDER[_RUNGS[code]]


def rung_items(item_minutes: Mapping[Layer, float], limit: float, added: int) -> list[int]:
    """Give the items of each rung with so many added, so that none has more than those above it.

    Neither items nor minutes of a rung are more than those of the rung above, and those of the
    highest fit into the limit.
    """
    found: list[int] = []
    most, minutes = LADDER[0].items + _MOST_ADDED, limit
    for rung in LADDER:
        each = item_minutes[rung.layer]
        most = min(most, rung.items + added, _fitting(minutes, each))
        minutes = most * each
        found.append(most)
    return found


def _choose(need: Need, item_minutes: Mapping[Layer, float], limit: float) -> Choice:
    rung = standing(need.low, need.high)
    added = int(_is_long_ago(need)) + int(need.is_needed)
    items = rung_items(item_minutes, limit, added)
    # What is done again comes out of what even the highest rung would leave of the limit.
    room = limit - items[0] * item_minutes["basic"]
    retried = need.mistakes[: min(MOST_RETRIED, _fitting(room, item_minutes["basic"]))]
    count = items[_RUNGS[rung.code]]
    minutes = count * item_minutes[rung.layer] + len(retried) * item_minutes["basic"]
    return Choice(need, rung, count, retried, minutes)


def _most_points(item_minutes: Mapping[Layer, float], limit: float) -> int:
    """Say of how many points the limit holds the most that is planned for any."""
    most = rung_items(item_minutes, limit, _MOST_ADDED)[0] + MOST_RETRIED
    greatest = most * item_minutes["basic"]
    if greatest <= 0:
        return 0
    return max(1, _fitting(limit, greatest)) if _fitting(limit, item_minutes["basic"]) else 0


def _fitting(minutes: float, each: float) -> int:
    """Say how many items fit into some minutes; rounding doesn't cost one."""
    return max(0, int(minutes / each + 1e-9))


def _is_long_ago(need: Need) -> bool:
    return need.days_since is not None and need.days_since >= LONG_AGO


def _reasons(choice: Choice) -> list[dict[str, Any]]:
    need, rung = choice.need, choice.rung
    given = {"low": _percent(need.low), "high": _percent(need.high)}
    given |= {"weak": _percent(WEAK), "strong": _percent(STRONG)}
    told: list[dict[str, Any]] = [
        {
            "reason": rung.code,
            "low": need.low,
            "probability": need.probability,
            "high": need.high,
            "tries": need.tries,
            "zh": rung.zh.format(**given),
            "en": rung.en.format(**given),
        }
    ]
    if need.mistakes:
        told.append(_of_mistakes(len(need.mistakes), len(choice.retried)))
    if _is_long_ago(need):
        told.append(
            {
                "reason": "long_ago",
                "days": need.days_since,
                "zh": f"已有 {need.days_since} 天没有练习：加一题",
                "en": f"not practised for {need.days_since} days: one item more",
            }
        )
    if need.is_needed:
        told.append(
            {
                "reason": "needed_next",
                "zh": "下一课要用到：加一题",
                "en": "the next lesson needs it: one item more",
            }
        )
    return told


def _of_mistakes(open_ones: int, retried: int) -> dict[str, Any]:
    return {
        "reason": "mistakes",
        "open": open_ones,
        "retried": retried,
        "zh": f"错题本里还有 {open_ones} 题未掌握：重做 {retried} 题",
        "en": f"{open_ones} in the mistake book are not mastered: {retried} to do again",
    }


def _percent(share: float) -> str:
    return f"{round(100 * share)}%"
