"""SQL of measures over mistakes: the rule of ``projections.portraits.mistakes`` for many people.

All responses of a person to an item are one number each, in whose order they came: time, statement
and ordinal, and below them, where no two differ any more, from which span on the response is known
and what it was. So a state of an item is worked out from numbers alone, for several spans at once,
and what an item is filed under is only read where a measure asks for it.
"""

from collections.abc import Sequence
from typing import Any, Final

from projections.evaluation.measure_queries import (
    TIME,
    UP_TO,
    Asked,
    Sql,
    conditions_of,
    of_facts,
)
from projections.evaluation.schemes import Measure

# What a response was; what is none of these isn't one to an item, or nobody says how it went.
_WRONG, _RIGHT, _CORRECTED, _WRONGLY_CORRECTED, _NONE = range(5)
_EPOCH: Final = 2**62  # added to times, so that none is negative
_WHAT: Final = "bitAnd(one, 255)"  # of a response's number
_ATTEMPT: Final = "action = 'answer' AND success IS NOT NULL AND item != ''"
_CORRECTION: Final = "action = 'homework_corrected' AND item != ''"
_RESPONSE: Final = "action IN ('answer', 'homework_corrected')"


def corrections_query(asked: Asked) -> Sql:
    """Ask whether anybody corrected anything: a row if so. A voided correction may count."""
    actions = f"action = 'homework_corrected' AND {UP_TO}"
    of_persons = "store = {store:String} AND person IN {accounts:Array(String)}"
    return Sql.of(
        f"SELECT 1 FROM {{database:Identifier}}.facts WHERE {of_persons} AND {actions} LIMIT 1",
        asked.parameters(),
    )


def mistakes_query(asked: Asked, measures: Sequence[Measure], *, is_corrected: bool) -> Sql:
    """Ask for rows of person, span, measure, items last wrong in these days, those mastered, and
    responses.

    It is as of the end of each last day, and rests on all responses up to then. ``is_corrected``
    tells whether there may be corrections: where there are none, it costs half.
    """
    given = asked.parameters()
    pairs = [(span, place) for span in asked.places for place in range(1, len(measures) + 1)]
    filed = _filed_under(measures)
    of_items: list[str] = []  # by item: what each measure counts
    of_responses: list[str] = []
    for span, place in pairs:
        measure = measures[place - 1]
        of_item = conditions_of(place - 1, measure, given, f"_{span}")
        of_items.append(" AND ".join([f"is_wrong_{span}", *of_item]))
        of_row = conditions_of(place - 1, measure, given)
        is_known = f"what NOT IN ({_CORRECTED}, {_WRONGLY_CORRECTED}) AND known <= {span}"
        of_responses.append(" AND ".join([is_known, *of_row]))
    counted = [
        f"({span}, {place}, sum(items_{span}_{place}), sum(mastered_{span}_{place}),"
        f" sum(responses_{span}_{place}))"
        for span, place in pairs
    ]
    items = [
        f"toUInt64({condition}) AS items_{span}_{place},"
        f" toUInt64(items_{span}_{place} AND is_mastered_{span}) AS mastered_{span}_{place},"
        f" responses_{span}_{place}"
        for (span, place), condition in zip(pairs, of_items, strict=True)
    ]
    responses = [
        f"countIf({condition}) AS responses_{span}_{place}"
        for (span, place), condition in zip(pairs, of_responses, strict=True)
    ]
    attempts = _answers(asked, filed)
    if is_corrected:
        attempts += f"\n            UNION ALL\n{_corrections(asked, filed)}"
    return Sql.of(
        f"""
SELECT who, counted.1, counted.2, counted.3, counted.4, counted.5
FROM
(
    SELECT who, arrayJoin([{", ".join(counted)}]) AS counted
    FROM
    (
        SELECT who, {", ".join([*_states(asked, is_corrected), *items])}
        FROM
        (
            SELECT who, item, {", ".join([*_grouped(asked, filed), *responses])}
            FROM
            (
            {attempts}
            )
            GROUP BY who, item
        )
    )
    GROUP BY who
)
WHERE counted.3 + counted.5 > 0""",
        given,
    )


def _filed_under(measures: Sequence[Measure]) -> list[str]:
    """Give the columns by which the measures choose."""
    named = {
        "subjects": "subject",
        "layers": "layer",
        "apps": "app",
        "knowledge_points": "knowledge_points",
    }
    return [
        column
        for name, column in named.items()
        if any(getattr(measure.where, name) for measure in measures)
    ]


def _read(column: str) -> str:
    if column == "knowledge_points":
        return "arrayMap(one -> toString(one), knowledge_points) AS knowledge_points"
    return f"toString({column}) AS {column}"


def _answers(asked: Asked, filed: Sequence[str]) -> str:
    """Ask for all responses, corrections too: what isn't an answer that says how it went is none
    to an item, and counts only among the responses.
    """
    what = f"if({_ATTEMPT}, toUInt8(ifNull(success, false)), {_NONE})"
    return f"""
            SELECT {", ".join(["who", "item", "what", "known", "key", *filed])}
            FROM
            (
                SELECT {asked.who} AS who, item, {what} AS what, {_known(asked, TIME)} AS known,
                    {_key("known", "what")} AS key {_more(map(_read, filed))}
                {of_facts(_RESPONSE, UP_TO)}
            )"""


def _corrections(asked: Asked, filed: Sequence[str]) -> str:
    """Ask for corrections by each item that they are of: itself, or those in the homework.

    That an item stands in a homework is known from the first answer on that says so.
    """
    what = f"if(ifNull(success, true), {_CORRECTED}, {_WRONGLY_CORRECTED})"
    return f"""
            SELECT corrected.who, answered.item, what,
                {_known(asked, "greatest(corrected.moment, answered.since)")} AS known,
                corrected.key + bitShiftLeft(toUInt256(known), 8) AS key
                {_more(f"corrected.{column}" for column in filed)}
            FROM
            (
                SELECT {asked.who} AS who, item AS whole, {TIME} AS moment, {what} AS what,
                    {_key("0", "what")} AS key {_more(map(_read, filed))}
                {of_facts(_CORRECTION, UP_TO)}
            ) AS corrected
            GLOBAL INNER JOIN
            (
                SELECT who, item, whole, min(moment) AS since
                FROM
                (
                    SELECT {asked.who} AS who, item, {TIME} AS moment,
                        arrayJoin(arrayDistinct(arrayFilter(
                            one -> one != '', [item, part_of]))) AS whole
                    {of_facts(_ATTEMPT, UP_TO)}
                )
                WHERE (who, whole) GLOBAL IN (
                    SELECT {asked.who} AS who, item
                    {of_facts(_CORRECTION, UP_TO)}
                )
                GROUP BY who, item, whole
            ) AS answered USING (who, whole)"""


def _grouped(asked: Asked, filed: Sequence[str]) -> list[str]:
    """Give what is kept of an item: responses, whether any was wrong, what it is filed under."""
    kept = [
        f"groupArrayIf(key, what != {_NONE}) AS every",
        f"max(what = {_WRONG}) AS is_mistake",
    ]
    for span in asked.places:
        is_known = f"what != {_NONE} AND known <= {span}"
        is_wrong = f"what IN ({_WRONG}, {_WRONGLY_CORRECTED}) AND known <= {span}"
        for column in filed:
            # The app is the one of the mistake, all else what was said last.
            is_said = is_wrong if column == "app" else f"notEmpty({column}) AND {is_known}"
            kept.append(f"argMaxIf({column}, key, {is_said}) AS {column}_{span}")
    return kept


def _states(asked: Asked, is_corrected: bool) -> list[str]:
    """Give by span whether an item was last wrong in it, and whether it is mastered.

    After the last wrong response there are right ones and corrections only. An item of which no
    answer was wrong is no mistake, whatever was said of its correction.
    """
    states = ["if(is_mistake, every, []) AS keys"]
    for span in asked.places:

        def those(*conditions: str, span: int = span) -> str:
            known = [f"bitAnd(one, 65280) <= {span * 256}"] if span < asked.places[-1] else []
            return f"arrayFilter(one -> {' AND '.join([*conditions, *known])}, keys)"

        since = f"bitShiftLeft(toUInt256({{since_{span}:Int64}} + {_EPOCH}), 160)"
        wrong, later, right = f"wrong_{span}", f"one > wrong_{span}", f"right_{span}"
        is_wrong, newest = f"wrong_{span} >= {since}", f"arrayMax(right_{span})"
        is_mastered = f"length({right}) > 1 AND {_day(newest)} > {_day(wrong)}"
        if is_corrected:
            states += [
                f"arrayMax({those(f'{_WHAT} IN ({_WRONG}, {_WRONGLY_CORRECTED})')}) AS {wrong}",
                f"{those(later, f'{_WHAT} = {_RIGHT}')} AS {right}",
                f"arrayMin({those(later, f'{_WHAT} = {_CORRECTED}')}) AS corrected_{span}",
            ]
            is_wrong += f" AND notEmpty({those(f'{_WHAT} = {_WRONG}')})"
            is_mastered += f" OR corrected_{span} > 0 AND {newest} > corrected_{span}"
        else:
            states += [
                f"arrayMax({those(f'{_WHAT} = {_WRONG}')}) AS {wrong}",
                f"if(length(keys) > 2, {those(later)}, []) AS {right}",
            ]
        states += [f"{is_wrong} AS is_wrong_{span}", f"{is_mastered} AS is_mastered_{span}"]
    return states


def _known(asked: Asked, time: str) -> str:
    """Give the first span at whose end something that was at a time is known."""
    later = "".join(f" + ({time} >= {{until_{place}:Int64}})" for place in asked.places[:-1])
    return f"toUInt8(1{later})"


def _key(known: str, what: str) -> str:
    """Give the number of a response. A statement's id as a number is in the order of its text."""
    return (
        f"bitShiftLeft(toUInt256({TIME} + {_EPOCH}), 160)"
        " + bitShiftLeft(toUInt256(toUInt128(statement)), 32)"
        f" + toUInt256(toUInt64(ordinal) * 65536 + toUInt64({known}) * 256 + {what})"
    )


def _day(key: str) -> str:
    moment = f"toInt64(bitShiftRight({key}, 160)) - {_EPOCH}"
    return f"toDate32(toTimeZone(fromUnixTimestamp64Micro({moment}), {{timezone:String}}))"


def _more(columns: Any) -> str:
    return "".join(f", {column}" for column in columns)
