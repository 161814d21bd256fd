"""SQL of measures: each over many persons and many measures at once, put together from conditions.

A fact (point, mistake, document) that several measures take counts for each of them: the inner
query says of each row which measures take it, the outer one adds up by person and measure. Values
from outside are parameters of the server, never part of the text.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from projections.evaluation.schemes import MASTERED, Measure, Where
from projections.prediction.mastery import INTERVAL

_NO_BOUND: Final = 2**31 - 1


class Sql(NamedTuple):
    """A query and the parameters that it names."""

    text: str
    parameters: dict[str, Any]


class Asked(NamedTuple):
    """Whose figures are asked for, and of when.

    ``accounts`` are all of the persons', ``owners`` the persons of those that are another's.
    ``since`` and ``until`` are microseconds since 1970 UTC, ``last`` the last day in ISO 8601.
    """

    store: str
    persons: Sequence[str]
    accounts: Sequence[str]
    owners: Mapping[str, str]
    since: int
    until: int
    last: str
    timezone: str

    def parameters(self) -> dict[str, Any]:
        """Give what every query here names."""
        given = self._asdict()
        owners = given.pop("owners")
        given.update(linked=list(owners), owners=list(owners.values()))
        return {**given, "persons": list(self.persons), "accounts": list(self.accounts)}

    @property
    def who(self) -> str:
        """The person that the account in ``person`` belongs to."""
        if not self.owners:
            return "person"
        linked, owners = "{linked:Array(String)}", "{owners:Array(String)}"
        return f"transform(person, {linked}, {owners}, person)"


_COLUMNS: Final = {
    "actions": "action",
    "subjects": "subject",
    "lessons": "lesson",
    "courses": "course",
    "items": "item",
    "part_of": "part_of",
    "apps": "app",
    "layers": "layer",
    "kinds": "kind",
    "activities": "activity",
    "ids": "id",
}
_VALUES: Final = {
    "success": ("success IS NOT NULL", "toFloat64(ifNull(success, false))"),
    "completion": ("completion IS NOT NULL", "toFloat64(ifNull(completion, false))"),
    "on_time": ("due IS NOT NULL", "toFloat64(time <= ifNull(due, time))"),
    "score": ("score IS NOT NULL", "ifNull(score, 0.)"),
    "progress": ("progress IS NOT NULL", "ifNull(progress, 0.)"),
    "duration": ("duration IS NOT NULL", "ifNull(duration, 0.)"),
    "rating": ("rating IS NOT NULL", "ifNull(rating, 0.)"),
    "": ("1", "0."),
}
_DAY: Final = "toUInt64(toInt32(toDate32(toTimeZone(time, {timezone:String}))) + 1000000)"
# What lies in no lesson, and has no item, is bounded by the day.
_KEYS: Final = {
    "": "toUInt64(0)",
    "day": _DAY,
    "lesson": f"if(lesson = '', {_DAY}, cityHash64(lesson))",
    "item": f"if(item = '', {_DAY}, cityHash64(item))",
}
# Conditions stand in PREWHERE, which comes before versions are merged: within a generation all
# versions of a fact say the same, a voided one too, so that none is left over by it. What is merged
# is what is asked for, not all that a person ever did.
_WITHIN: Final = """toUnixTimestamp64Micro(time) >= {since:Int64}
      AND toUnixTimestamp64Micro(time) < {until:Int64}"""
_UP_TO: Final = "toUnixTimestamp64Micro(time) < {until:Int64}"


def _of_facts(*conditions: str) -> str:
    return f"""
    FROM {{database:Identifier}}.facts FINAL
    PREWHERE {" AND ".join(conditions)}
    WHERE store = {{store:String}} AND person IN {{accounts:Array(String)}}"""


def rating_actions(where: Where) -> tuple[str, ...]:
    """Give the actions of the ratings that a measure takes."""
    named = where.raters or ("teacher", "peer", "self", "parent", "other")
    return tuple("rating_received" if one == "other" else f"rating_by_{one}" for one in named)


def facts_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, measure, facts, what counts of them, their sum and sum of squares.

    Days, lessons: what counts is how many there are. What is bounded counts in the order of time.
    """
    given = asked.parameters()
    taken = [_fact(place, measure, given) for place, measure in enumerate(measures)]
    most = [_most(measure) for measure in measures]
    ordered = [int(_is_ordered(measure)) for measure in measures]
    deepest = max((n for n, one in zip(most, ordered, strict=True) if one), default=0)
    given.update(most=most, ordered=ordered)
    actions = {action for measure in measures for action in measure.where.actions}
    narrowed = []
    if all(measure.where.actions for measure in measures):
        given["actions"], narrowed = sorted(actions), ["action IN {actions:Array(String)}"]
    first, total, squares = "[]", "sum(value)", "sum(value * value)"
    if deepest:
        is_ordered = "{ordered:Array(UInt8)}[measure] = 1"
        first = (
            f"arraySlice(groupArraySortedIf({deepest})((time, statement, ordinal, value),"
            f" {is_ordered}), 1, counted)"
        )
        total = f"if({is_ordered}, arraySum(one -> one.4, first), {total})"
        squares = f"if({is_ordered}, arraySum(one -> one.4 * one.4, first), {squares})"
    return Sql(
        f"""
SELECT who, measure, toUInt64(sum(facts)), toUInt64(sum(counted)), sum(total), sum(squares)
FROM
(
    SELECT who, measure, count() AS facts, least(facts, {{most:Array(UInt32)}}[measure]) AS counted,
        {first} AS first, {total} AS total, {squares} AS squares
    FROM
    (
        SELECT {asked.who} AS who, time, statement, ordinal,
            arrayJoin(arrayFilter(one -> one.1 > 0, [{", ".join(taken)}])) AS found,
            found.1 AS measure, found.2 AS key, found.3 AS value
        {_of_facts(*narrowed, _WITHIN)}
    )
    GROUP BY who, measure, key
)
GROUP BY who, measure""",
        given,
    )


def ratings_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, measure, rater, what was rated, the rating, and whether it counts."""
    given = asked.parameters()
    taken = [_fact(place, measure, given) for place, measure in enumerate(measures)]
    given["most"] = [_most(measure) for measure in measures]
    return Sql(
        f"""
SELECT who, measure, if(counterpart = '' OR action = 'rating_by_self', who, counterpart),
    part_of, value, place <= {{most:Array(UInt32)}}[measure]
FROM
(
    SELECT who, found.1 AS measure, action, counterpart, part_of, found.3 AS value,
        row_number() OVER (
            PARTITION BY who, found.1, found.2 ORDER BY time, statement, ordinal
        ) AS place
    FROM
    (
        SELECT {asked.who} AS who, time, statement, ordinal, action, counterpart, part_of,
            arrayJoin(arrayFilter(one -> one.1 > 0, [{", ".join(taken)}])) AS found
        {_of_facts("startsWith(action, 'rating_') AND action != 'rating_given'", _WITHIN)}
    )
)
ORDER BY who, measure, place""",
        given,
    )


def mastery_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, measure, points, those mastered, sums of probability and variance,
    and responses.

    A point is as it was at the end of the last day; where there was a response to it since, at the
    end of the last week (Sunday) up to that day.
    """
    given = asked.parameters()
    taken = [_other(place, measure, given) for place, measure in enumerate(measures)]
    given["mastered"] = MASTERED
    return Sql(
        f"""
SELECT person, measure, toUInt64(count()), toUInt64(countIf(probability >= {{mastered:Float64}})),
    sum(probability), sum(pow((high - low) / {2 * INTERVAL}, 2)), toUInt64(sum(tries))
FROM
(
    SELECT person, probability, low, high, tries,
        arrayJoin(arrayFilter(one -> one > 0, [{", ".join(taken)}])) AS measure
    FROM
    (
        SELECT person, knowledge_point, subject, probability, low, high, tries
        FROM {{database:Identifier}}.person_mastery FINAL
        WHERE store = {{store:String}} AND person IN {{persons:Array(String)}}
          AND toUnixTimestamp64Micro(last_time) < {{until:Int64}}
        UNION ALL
        SELECT person, knowledge_point, subject, probability, low, high, tries
        FROM {{database:Identifier}}.person_mastery_weeks FINAL
        WHERE store = {{store:String}} AND person IN {{persons:Array(String)}}
          AND week <= toDate32({{last:String}}) - 6
          AND (person, knowledge_point) IN (
              SELECT person, knowledge_point FROM {{database:Identifier}}.person_mastery FINAL
              WHERE store = {{store:String}} AND person IN {{persons:Array(String)}}
                AND toUnixTimestamp64Micro(last_time) >= {{until:Int64}}
          )
        ORDER BY week DESC
        LIMIT 1 BY person, knowledge_point
    )
)
GROUP BY person, measure""",
        given,
    )


def documents_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, measure, and documents last written in these days."""
    given = asked.parameters()
    taken = [_other(place, measure, given) for place, measure in enumerate(measures)]
    return Sql(
        f"""
SELECT who, measure, toUInt64(count())
FROM
(
    SELECT {asked.who} AS who,
        arrayJoin(arrayFilter(one -> one > 0, [{", ".join(taken)}])) AS measure
    FROM {{database:Identifier}}.documents FINAL
    WHERE store = {{store:String}} AND person IN {{accounts:Array(String)}}
      AND toUnixTimestamp64Micro(updated) >= {{since:Int64}}
      AND toUnixTimestamp64Micro(updated) < {{until:Int64}}
)
GROUP BY who, measure""",
        given,
    )


# An attempt: time, statement, ordinal, success (-1: nobody says), whether it is a correction,
# subject, layer, app, knowledge points. A statement's id as a number is in the order of its text.
_ATTEMPT: Final = """(toUnixTimestamp64Micro(time), toUInt128(statement), ordinal,
        toInt8(ifNull(toInt8(success), -1)), toUInt8(action = 'homework_corrected'),
        toString(subject), toString(layer), toString(app),
        arrayMap(point -> toString(point), knowledge_points))"""
_ANSWERED: Final = _of_facts("action = 'answer' AND success IS NOT NULL AND item != ''", _UP_TO)
_CORRECTED: Final = _of_facts("action = 'homework_corrected' AND item != ''", _UP_TO)
_RESPONDED: Final = _of_facts("action IN ('answer', 'homework_corrected')", _UP_TO)


def mistakes_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, measure, items last wrong in these days, those mastered, responses.

    The rule is the one of ``projections.portraits.mistakes``, as of the end of the last day; it
    rests on all responses up to then.
    """
    given = asked.parameters()
    taken = [_other(place, measure, given) for place, measure in enumerate(measures)]
    local = "toDate32(toTimeZone(fromUnixTimestamp64Micro({}.1), {{timezone:String}}))".format
    return Sql(
        f"""
SELECT who, measure, toUInt64(sum(items)), toUInt64(sum(mastered)), toUInt64(sum(responses))
FROM
(
    SELECT {asked.who} AS who, 0 AS items, 0 AS mastered, 1 AS responses,
        arrayJoin(arrayFilter(one -> one > 0, [{", ".join(taken)}])) AS measure
    {_RESPONDED}
    UNION ALL
    SELECT who, 1 AS items, toUInt8(is_mastered) AS mastered, 0 AS responses,
        arrayJoin(arrayFilter(one -> one > 0, [{", ".join(taken)}])) AS measure
    FROM
    (
        SELECT who, item,
            arraySort(one -> (one.1, one.2, one.3),
                arrayConcat(any(answers), groupArrayArray(corrections))) AS attempts,
            arrayLastIndex(one -> one.4 = 0, attempts) AS place,
            attempts[place] AS wrong,
            arraySlice(attempts, place + 1) AS later,
            arrayFilter(one -> one.5 = 0, later) AS right,
            arrayFirstIndex(one -> one.5 = 1, later) AS corrected,
            length(right) > 1 AND {local("right[-1]")} > {local("wrong")}
                OR corrected > 0
                    AND arrayExists(one -> one.5 = 0, arraySlice(later, corrected)) AS is_mastered,
            arrayLast(one -> one.6 != '', attempts).6 AS subject,
            arrayLast(one -> one.7 != '', attempts).7 AS layer,
            wrong.8 AS app,
            arrayLast(one -> notEmpty(one.9), attempts).9 AS knowledge_points
        FROM
        (
            SELECT who, item, answers, arrayJoin(arrayDistinct(
                arrayConcat([item], arrayFilter(one -> one != '', wholes)))) AS what
            FROM
            (
                SELECT {asked.who} AS who, item, groupArray({_ATTEMPT}) AS answers,
                    groupUniqArray(toString(part_of)) AS wholes
                {_ANSWERED}
                GROUP BY who, item
                HAVING countIf(NOT ifNull(success, true)) > 0
            )
        ) AS answered
        LEFT JOIN
        (
            SELECT {asked.who} AS who, item AS what, groupArray({_ATTEMPT}) AS corrections
            {_CORRECTED}
            GROUP BY who, what
        ) AS corrected USING (who, what)
        GROUP BY who, item
    )
    WHERE wrong.1 >= {{since:Int64}}
)
GROUP BY who, measure""",
        given,
    )


# Conditions --------------------------------------------------------------------------------------


def _fact(place: int, measure: Measure, given: dict[str, Any]) -> str:
    """Give measure (0: not taken), what it is bounded by, and value of a fact."""
    known, value = _VALUES[_of(measure)]
    conditions = [known, *_conditions(place, measure, given)]
    if measure.figure == "lessons":
        conditions.append("lesson != ''")
    bound = {"days": "day", "lessons": "lesson"}.get(measure.figure)
    key = _KEYS[bound or (measure.at_most.each if measure.at_most else "")]
    return f"(toUInt16(if({' AND '.join(conditions)}, {place + 1}, 0)), {key}, {value})"


def _other(place: int, measure: Measure, given: dict[str, Any]) -> str:
    conditions = " AND ".join(_conditions(place, measure, given)) or "1"
    return f"toUInt16(if({conditions}, {place + 1}, 0))"


def _conditions(place: int, measure: Measure, given: dict[str, Any]) -> list[str]:
    conditions = []

    def one_of(name: str, values: Sequence[str], condition: Callable[[str], str]) -> None:
        given[f"m{place}_{name}"] = list(values)
        conditions.append(condition(f"{{m{place}_{name}:Array(String)}}"))

    where = measure.where
    if measure.phase:
        given[f"m{place}_phase"] = measure.phase
        conditions.append(f"phase = {{m{place}_phase:String}}")
    if measure.over == "ratings":
        one_of("raters", rating_actions(where), "action IN {}".format)
    for name, column in _COLUMNS.items():
        if values := getattr(where, name):
            one_of(name, values, f"{column} IN {{}}".format)
    if where.knowledge_points:
        if measure.over == "mastery":
            one_of("points", where.knowledge_points, "knowledge_point IN {}".format)
        else:
            one_of("points", where.knowledge_points, "hasAny(knowledge_points, {})".format)
    return conditions


def _of(measure: Measure) -> str:
    return "rating" if measure.over == "ratings" else measure.of


def _most(measure: Measure) -> int:
    if measure.figure in ("days", "lessons"):
        return 1
    return measure.at_most.count if measure.at_most else _NO_BOUND


def _is_ordered(measure: Measure) -> bool:
    """Whether it matters which of the facts count."""
    return measure.at_most is not None and measure.figure in ("share", "mean", "sum")
