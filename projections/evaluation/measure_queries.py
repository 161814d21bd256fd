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

    @classmethod
    def of(cls, text: str, given: Mapping[str, Any]) -> "Sql":
        """Take only what the text names: all names of a district's persons take long to write."""
        return cls(text, {name: one for name, one in given.items() if f"{{{name}:" in text})


class Moments(NamedTuple):
    """Some days: microseconds since 1970 UTC, the end left out, and the last day in ISO 8601."""

    since: int
    until: int
    last: str


class Asked(NamedTuple):
    """Whose figures are asked for, and of when.

    ``accounts`` are all of the persons', ``owners`` the persons of those that are another's.
    ``spans`` have no day in common and begin with the earliest; rows tell which by its place,
    counted from 1.
    """

    store: str
    persons: Sequence[str]
    accounts: Sequence[str]
    owners: Mapping[str, str]
    spans: Sequence[Moments]
    timezone: str

    def parameters(self) -> dict[str, Any]:
        """Give what every query here names."""
        given: dict[str, Any] = {
            "store": self.store,
            "persons": list(self.persons),
            "accounts": list(self.accounts),
            "linked": list(self.owners),
            "owners": list(self.owners.values()),
            "timezone": self.timezone,
            "since": self.spans[0].since,
            "until": self.spans[-1].until,
        }
        for place, span in enumerate(self.spans, 1):
            given |= {f"{name}_{place}": value for name, value in span._asdict().items()}
        return given

    @property
    def who(self) -> str:
        """The person that the account in ``person`` belongs to."""
        if not self.owners:
            return "person"
        linked, owners = "{linked:Array(String)}", "{owners:Array(String)}"
        return f"transform(person, {linked}, {owners}, person)"

    @property
    def places(self) -> range:
        """The places of the spans."""
        return range(1, len(self.spans) + 1)

    def span_of(self, time: str) -> str:
        """Which of the spans a time (microseconds) is in, 0 for none of them."""
        each = [
            f"{time} >= {{since_{place}:Int64}} AND {time} < {{until_{place}:Int64}}, {place}"
            for place in self.places
        ]
        return f"toUInt8(multiIf({', '.join(each)}, 0))"

    def spans_of(self, condition: Callable[[int], str]) -> str:
        """Each of the spans of which a condition holds: a row for each."""
        each = [f"if({condition(place)}, {place}, 0)" for place in self.places]
        return f"arrayJoin(arrayFilter(one -> one > 0, [{', '.join(each)}]))"


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
_VALUES: Final = {  # what says that a fact has a value, and the value
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
TIME: Final = "toUnixTimestamp64Micro(time)"
# Conditions stand in PREWHERE, which comes before versions are merged: within a generation all
# versions of a fact say the same, a voided one too, so that none is left over by it. What is merged
# is what is asked for, not all that a person ever did.
UP_TO: Final = f"{TIME} < {{until:Int64}}"
_WITHIN: Final = f"{TIME} >= {{since:Int64}} AND {UP_TO}"


def of_facts(*conditions: str) -> str:
    """Give where facts of the accounts come from that fulfil some conditions on what they say."""
    return f"""
    FROM {{database:Identifier}}.facts FINAL
    PREWHERE {" AND ".join(conditions)}
    WHERE store = {{store:String}} AND person IN {{accounts:Array(String)}}"""


def rating_actions(where: Where) -> tuple[str, ...]:
    """Give the actions of the ratings that a measure takes."""
    named = where.raters or ("teacher", "peer", "self", "parent", "other")
    return tuple("rating_received" if one == "other" else f"rating_by_{one}" for one in named)


def facts_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, span, measure, facts, what counts of them, their sum and sum of
    squares.

    Days, lessons: what counts is how many there are. What is bounded counts in the order of time.
    """
    given = asked.parameters()
    found = _found(measures, given)
    most = [_most(measure) for measure in measures]
    ordered = [place for place, measure in enumerate(measures, 1) if _is_ordered(measure)]
    given["most"] = most
    first, total, squares = "[]", "sum(value)", "sum(value * value)"
    if ordered:  # where all of them count it doesn't matter which come first
        every = f"groupArrayIf((time, statement, ordinal, value), {_is_one_of(ordered)})"
        first = f"if(facts > counted, arraySlice(arraySort({every}), 1, counted), [])"
        is_cut = f"facts > counted AND {_is_one_of(ordered)}"
        total = f"if({is_cut}, arraySum(one -> one.4, first), {total})"
        squares = f"if({is_cut}, arraySum(one -> one.4 * one.4, first), {squares})"
    return Sql.of(
        f"""
SELECT who, span, measure, toUInt64(sum(facts)), toUInt64(sum(counted)), sum(total), sum(squares)
FROM
(
    SELECT who, span, measure,
        count() AS facts, least(facts, {{most:Array(UInt32)}}[measure]) AS counted,
        {first} AS first, {total} AS total, {squares} AS squares
    FROM
    (
        SELECT {asked.who} AS who, {asked.span_of(TIME)} AS span, time, statement, ordinal,
            {found}
        {of_facts(*_narrowed(measures, given), _WITHIN)}
    )
    WHERE span > 0
    GROUP BY who, span, measure, key
)
GROUP BY who, span, measure""",
        given,
    )


def ratings_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, span, measure, rater, what was rated, the rating, and whether it
    counts.
    """
    given = asked.parameters()
    found = _found(measures, given)
    given["most"] = [_most(measure) for measure in measures]
    return Sql.of(
        f"""
SELECT who, span, measure,
    if(counterpart = '' OR action = 'rating_by_self', who, counterpart), part_of, value,
    toBool(place <= {{most:Array(UInt32)}}[measure])
FROM
(
    SELECT who, span, measure, action, counterpart, part_of, value,
        row_number() OVER (
            PARTITION BY who, span, measure, key ORDER BY time, statement, ordinal
        ) AS place
    FROM
    (
        SELECT {asked.who} AS who, {asked.span_of(TIME)} AS span, time, statement, ordinal,
            action, counterpart, part_of,
            {found}
        {of_facts("startsWith(action, 'rating_') AND action != 'rating_given'", _WITHIN)}
    )
    WHERE span > 0
)
ORDER BY who, span, measure, place""",
        given,
    )


def mastery_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, span, measure, points, those mastered, sums of probability and
    variance, and responses.

    A point is as it was at the end of the last day; where there was a response to it since, at the
    end of the last week (Sunday) up to that day.
    """
    given = asked.parameters()
    given["mastered"] = MASTERED
    last = "toUnixTimestamp64Micro(last_time)"
    is_of_row = asked.spans_of(lambda place: f"{last} < {{until_{place}:Int64}}")
    is_of_week = asked.spans_of(lambda place: f"week <= toDate32({{last_{place}:String}}) - 6")
    is_tried_since = asked.spans_of(lambda place: f"{last} >= {{until_{place}:Int64}}")
    of_persons = "WHERE store = {store:String} AND person IN {persons:Array(String)}"
    return Sql.of(
        f"""
SELECT person, span, measure, toUInt64(count()),
    toUInt64(countIf(probability >= {{mastered:Float64}})),
    sum(probability), sum(pow((high - low) / {2 * INTERVAL}, 2)), toUInt64(sum(tries))
FROM
(
    SELECT person, span, probability, low, high, tries, {_taken(measures, given)} AS measure
    FROM
    (
        SELECT person, knowledge_point, subject, probability, low, high, tries,
            {is_of_row} AS span
        FROM {{database:Identifier}}.person_mastery FINAL
        {of_persons}
        UNION ALL
        SELECT person, knowledge_point, subject, probability, low, high, tries, span
        FROM
        (
            SELECT person, knowledge_point, subject, probability, low, high, tries, week,
                {is_of_week} AS span
            FROM {{database:Identifier}}.person_mastery_weeks FINAL
            {of_persons}
        )
        WHERE (person, knowledge_point, span) GLOBAL IN (
            SELECT person, knowledge_point, {is_tried_since} AS span
            FROM {{database:Identifier}}.person_mastery FINAL
            {of_persons}
        )
        ORDER BY week DESC
        LIMIT 1 BY person, knowledge_point, span
    )
)
GROUP BY person, span, measure""",
        given,
    )


def documents_query(asked: Asked, measures: Sequence[Measure]) -> Sql:
    """Ask for rows of person, span, measure, and documents last written in these days."""
    given = asked.parameters()
    return Sql.of(
        f"""
SELECT who, span, measure, toUInt64(count())
FROM
(
    SELECT {asked.who} AS who, {asked.span_of("toUnixTimestamp64Micro(updated)")} AS span,
        {_taken(measures, given)} AS measure
    FROM {{database:Identifier}}.documents FINAL
    WHERE store = {{store:String}} AND person IN {{accounts:Array(String)}} AND span > 0
)
GROUP BY who, span, measure""",
        given,
    )


# Conditions --------------------------------------------------------------------------------------


def _found(measures: Sequence[Measure], given: dict[str, Any]) -> str:
    """Give measure, key of what it is bounded by, and value: a row for each that takes a fact."""
    taken, keys, values = [], [], []
    for place, measure in enumerate(measures):
        of = "rating" if measure.over == "ratings" else measure.of
        conditions = [_VALUES[of][0], *conditions_of(place, measure, given)]
        if measure.figure == "lessons":
            conditions.append("lesson != ''")
        taken.append(f"if({' AND '.join(conditions)}, {place + 1}, 0)")
        bound = {"days": "day", "lessons": "lesson"}.get(measure.figure)
        keys.append(_KEYS[bound or (measure.at_most.each if measure.at_most else "")])
        values.append(_VALUES[of][1])
    return f"""{_row_for_each(taken)} AS measure,
            {_by_measure(keys)} AS key,
            {_by_measure(values)} AS value"""


def _taken(measures: Sequence[Measure], given: dict[str, Any]) -> str:
    """Give the measure: a row for each that takes what a row is of."""
    conditions = [
        " AND ".join(conditions_of(place, measure, given)) or "1"
        for place, measure in enumerate(measures)
    ]
    return _row_for_each([f"if({one}, {place}, 0)" for place, one in enumerate(conditions, 1)])


def _row_for_each(taken: Sequence[str]) -> str:
    return f"arrayJoin(arrayFilter(one -> one > 0, [{', '.join(taken)}]))"


def _by_measure(expressions: Sequence[str]) -> str:
    """Give what stands at a measure's place: each expression is worked out once."""
    different = list(dict.fromkeys(expressions))
    if len(different) == 1:
        return different[0]
    each = []
    for one in different[:-1]:
        places = [place for place, of in enumerate(expressions, 1) if of == one]
        each.append(f"{_is_one_of(places)}, {one}")
    return f"multiIf({', '.join(each)}, {different[-1]})"


def _is_one_of(places: Sequence[int]) -> str:
    return f"measure IN ({', '.join(map(str, places))})"


def _narrowed(measures: Sequence[Measure], given: dict[str, Any]) -> list[str]:
    """Give what each fact that any measure takes fulfils, so that few others are merged."""
    pairs = {(measure.where.actions, measure.phase) for measure in measures}
    if any(not actions for actions, _ in pairs):
        return []
    by_phase: dict[str, set[str]] = {}
    for actions, phase in pairs:
        by_phase.setdefault(phase, set()).update(actions)
    each = []
    for place, (of, those) in enumerate(sorted(by_phase.items())):
        given[f"actions_{place}"], given[f"phase_{place}"] = sorted(those), of
        is_phase = f" AND phase = {{phase_{place}:String}}" if of else ""
        each.append(f"action IN {{actions_{place}:Array(String)}}{is_phase}")
    return [f"({' OR '.join(each)})"]


def conditions_of(
    place: int, measure: Measure, given: dict[str, Any], suffix: str = ""
) -> list[str]:
    """Give what a measure asks of a row, whose columns' names end so."""
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
            one_of(name, values, f"{column}{suffix} IN {{}}".format)
    if where.knowledge_points:
        if measure.over == "mastery":
            one_of("points", where.knowledge_points, "knowledge_point IN {}".format)
        else:
            points = f"hasAny(knowledge_points{suffix}, {{}})"
            one_of("points", where.knowledge_points, points.format)
    return conditions


def _most(measure: Measure) -> int:
    if measure.figure in ("days", "lessons"):
        return 1
    return measure.at_most.count if measure.at_most else _NO_BOUND


def _is_ordered(measure: Measure) -> bool:
    """Whether it matters which of the facts count."""
    return measure.at_most is not None and measure.figure in ("share", "mean", "sum")
