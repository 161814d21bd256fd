"""Homework for one student: what the plan goes by, found in the projections, and the plan shown."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from statistics import median
from typing import Any, Final

import msgspec

from projections.activity import ANSWERS
from projections.days import day_of, iso, today
from projections.evidence import Wanted, figure_evidence
from projections.identities import accounts_of, person_of
from projections.names import Names, names_of
from projections.portraits.class_groups import ClassGroup
from projections.portraits.homework_plan import LAYERS, Choice, Layer, Need, Plan, make_plan
from projections.portraits.mistakes import find_mistakes
from projections.responses import Response, responses_of
from projections.warehouse import Generation

# Minutes of written homework a day. None in the first two grades, 60 on average in the other grades
# of primary school, 90 in junior school: General Offices of the CPC Central Committee and the State
# Council 2021, "关于进一步减轻义务教育阶段学生作业负担和校外培训负担的意见", 5. For senior school
# nothing is laid down: a round number. Where the grade isn't known, as for primary school.
DAILY_MINUTES: Final[Mapping[str, float]] = {
    "kindergarten": 0,
    "primary_lower": 0,
    "primary_upper": 60,
    "junior": 90,
    "senior": 120,
    "unknown": 60,
}
LONGEST_HOMEWORK: Final = 600  # minutes that may be asked for, or set
# What an item takes where nothing is known of it: round numbers.
DEFAULT_MINUTES: Final[Mapping[Layer, float]] = {"basic": 1.0, "advanced": 2.0, "challenge": 4.0}
ENOUGH_OWN: Final = 5  # answers whose median says how long one takes this person
ENOUGH_OF_CLASS: Final = 20  # and the class
_SHORTEST: Final = 0.1  # minutes: an item that is done at once takes six seconds still
_LOWER_GRADES: Final = ("01", "02")


class ItemTime(msgspec.Struct, frozen=True):
    """How long an item of a layer takes, and whose answers say so."""

    layer: Layer
    minutes: float
    source: str  # own, class, own_of_no_layer, default
    answers: int  # whose median it is


class Limit(msgspec.Struct, frozen=True):
    """How much homework may take: ``minutes`` of this plan, ``daily`` of all of a day."""

    minutes: float
    daily: float
    stage: str
    subjects: int  # that the day's minutes are shared among; 1 where the plan is of all


def homework_plan(
    generation: Generation,
    store: str,
    person: str,
    zone: tzinfo,
    group: ClassGroup | None = None,
    *,
    subject: str = "",
    minutes: float | None = None,
    needed: Collection[str] = (),
    daily_minutes: Mapping[str, float] = DAILY_MINUTES,
) -> dict[str, Any]:
    """Plan a student's homework of a day, in one subject or all, and say why.

    ``group`` is the student's class, where it's known: its stage says how much homework a day may
    have, and its answers how long items take. ``minutes`` is how long this may take, within the
    day's limit; where nobody says, all of it, or a subject's share of it. ``needed`` are knowledge
    points that the next lesson needs.
    """
    now = today(zone)
    person = person_of(generation, store, person)
    responses = responses_of(generation, store, accounts_of(generation, store, person))
    mastery = generation.query("portrait_mastery", store=store, person=person)
    needs = _needs(mastery, responses, subject, frozenset(needed), now, zone)
    times = _item_times(generation, store, responses, group)
    limit = _limit(daily_minutes, group, minutes, subject, {row[1] for row in mastery})
    plan = make_plan(needs, {one.layer: one.minutes for one in times}, limit.minutes)
    return _shown(plan, times, limit, person, subject, _names(generation, store, plan))


# What the plan goes by ---------------------------------------------------------------------------


def _needs(
    mastery: Sequence[tuple[Any, ...]],
    responses: Sequence[Response],
    subject: str,
    needed: frozenset[str],
    now: date,
    zone: tzinfo,
) -> list[Need]:
    open_mistakes: defaultdict[str, list[str]] = defaultdict(list)
    for mistake in find_mistakes(responses, zone):
        if mistake.state != "mastered":
            for point in mistake.knowledge_points:
                open_mistakes[point].append(mistake.item)
    needs = [
        Need(
            knowledge_point=point,
            subject=of_subject,
            low=low,
            probability=probability,
            high=high,
            tries=tries,
            days_since=max(0, (now - day_of(last_time, zone)).days),
            mistakes=tuple(open_mistakes[point]),
            is_needed=point in needed,
        )
        for point, of_subject, _, _, probability, low, high, tries, _, last_time in mastery
        if subject in ("", of_subject)
    ]
    unmet = sorted(needed - {row[0] for row in mastery})
    return needs + [Need(knowledge_point=one, subject=subject, is_needed=True) for one in unmet]


def _item_times(
    generation: Generation, store: str, responses: Sequence[Response], group: ClassGroup | None
) -> list[ItemTime]:
    """Find how long an item of each layer takes: by own answers, the class's, or by default."""
    own: defaultdict[str, list[float]] = defaultdict(list)
    for response in responses:
        if response.duration and not response.is_correction:
            own[response.layer].append(response.duration)
    unknown = [layer for layer in LAYERS if len(own[layer]) < ENOUGH_OWN]
    of_class = {}
    if unknown and group is not None:
        rows = generation.query(
            "company_durations", store=store, persons=list(group.persons), layers=unknown
        )
        of_class = {layer: (seconds, answers) for layer, seconds, answers in rows}
    return [_item_time(layer, own, of_class.get(layer, (0.0, 0))) for layer in LAYERS]


def _item_time(
    layer: Layer, own: Mapping[str, Sequence[float]], of_class: tuple[float, int]
) -> ItemTime:
    mine = own.get(layer, ())
    if len(mine) >= ENOUGH_OWN:
        return ItemTime(layer, _minutes(median(mine)), "own", len(mine))
    seconds, answers = of_class
    if answers >= ENOUGH_OF_CLASS:
        return ItemTime(layer, _minutes(seconds), "class", answers)
    unlayered = own.get("", ())
    if len(unlayered) >= ENOUGH_OWN:
        # Own answers of no known layer say how fast the person is, not how long the layer is.
        share = DEFAULT_MINUTES[layer] / DEFAULT_MINUTES["basic"]
        minutes = _minutes(share * median(unlayered))
        return ItemTime(layer, minutes, "own_of_no_layer", len(unlayered))
    return ItemTime(layer, DEFAULT_MINUTES[layer], "default", 0)


def _minutes(seconds: float) -> float:
    return max(_SHORTEST, round(seconds / 60, 2))


def _limit(
    daily_minutes: Mapping[str, float],
    group: ClassGroup | None,
    asked: float | None,
    subject: str,
    subjects: Collection[str],
) -> Limit:
    stage = stage_of(group)
    daily = daily_minutes.get(stage, daily_minutes.get("unknown", DAILY_MINUTES["unknown"]))
    shared = max(1, len(subjects)) if subject and asked is None else 1
    minutes = daily / shared if asked is None else min(asked, daily)
    return Limit(minutes, daily, stage, shared)


def stage_of(group: ClassGroup | None) -> str:
    """Tell which daily limit holds for a class, by its stage and grade."""
    if group is None or not group.stage:
        return "unknown"
    if group.stage == "primary":
        return "primary_lower" if group.grade in _LOWER_GRADES else "primary_upper"
    return group.stage


# How it is shown ---------------------------------------------------------------------------------


def _names(generation: Generation, store: str, plan: Plan) -> Names:
    choices = (*plan.chosen, *plan.left_for_later, *plan.not_needed)
    points = {choice.need.knowledge_point for choice in choices}
    return names_of(generation, store, points.union(*(choice.retried for choice in choices)))


def _shown(
    plan: Plan,
    times: Sequence[ItemTime],
    limit: Limit,
    person: str,
    subject: str,
    names: Names,
) -> dict[str, Any]:
    listed = {
        "points": plan.chosen,
        "left_for_later": plan.left_for_later,
        "not_needed": plan.not_needed,
    }
    return {
        "person": person,
        "subject": subject or None,
        "as_of": iso(datetime.now(UTC)),
        "minutes": plan.minutes,
        "items": plan.items,
        "limit": msgspec.to_builtins(limit) | _limit_said(limit),
        "most_points": plan.most_points,
        "item_minutes": [msgspec.to_builtins(one) for one in times],
        **{
            name: [_choice(one, person, names) for one in choices]
            for name, choices in listed.items()
        },
    }


def _limit_said(limit: Limit) -> dict[str, str]:
    if not limit.daily:
        return {"zh": "这个学段不布置书面作业", "en": "no written homework at this stage"}
    return {
        "zh": f"书面作业每天不超过 {limit.daily:g} 分钟，这份不超过 {limit.minutes:g} 分钟",
        "en": f"at most {limit.daily:g} minutes of homework a day, {limit.minutes:g} of them here",
    }


def _choice(choice: Choice, person: str, names: Names) -> dict[str, Any]:
    need = choice.need
    wanted = Wanted(
        person=person,
        actions=tuple(ANSWERS),
        known=("success",),
        knowledge_point=need.knowledge_point,
    )
    return {
        "knowledge_point": need.knowledge_point,
        "names": names.get(need.knowledge_point, {}),
        "subject": need.subject,
        "standing": choice.rung.code,
        "layer": choice.rung.layer,
        "items": choice.items,
        "retry": [{"item": item, "names": names.get(item, {})} for item in choice.retried],
        "minutes": choice.minutes,
        "reasons": choice.reasons,
        "evidence": figure_evidence(need.tries, wanted),
    }
