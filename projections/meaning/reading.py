"""From a statement to facts: what it says of whom, by the rules of the mappings. Pure, and fast."""

import functools
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec

from lrs.actors import actor_key
from projections.facts import Fact
from projections.meaning.mapping import (
    NUMBER_FIELDS,
    TIME_FIELDS,
    Conditions,
    Constant,
    FactRule,
    FromActivity,
    FromExtension,
    FromScore,
    LastSegment,
    Nothing,
    Rule,
    Source,
    VocabularyMapping,
    merged_activity_types,
    merged_context_extensions,
    rules_by_verb,
    shipped_mappings,
)
from projections.vocabulary import ACTIONS, OTHER, PHASES, VERB_VOIDED

_EMPTY: dict[str, Any] = {}  # never written to
_Activities = list[tuple[str, dict[str, Any]]]  # place and activity
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What ClickHouse's DateTime64 can hold: the years 1900 to 2299, in microseconds.
_FIRST_MOMENT = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LAST_MOMENT = (datetime(2300, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_CONTEXT_PLACES = ("grouping", "parent", "other", "category")
_BYSTANDERS = ("instructor", "team")
_RESULT_FIELDS = ("duration", "success", "completion", "score", "response")


# What a statement calls a person (of no language) or an activity: whose name it is, and the name,
# with the statement's time (µs) and id in front, so that the newest naming is the greatest. Plain
# tuples, because there are several in every statement.
NameKey = tuple[str, str, str]  # store, person key or activity id, language
Naming = tuple[int, str, str]  # time, statement id, name


class Reading(msgspec.Struct, frozen=True, gc=False):
    """All that one statement says: facts numbered from 0, and names."""

    facts: list[Fact]
    names: list[tuple[NameKey, Naming]]


class ReadsStatements(Protocol):
    """What turns a statement into facts and names: a ``Reader``, or what chooses between some."""

    def read(self, statement: dict[str, Any], *, store: str, position: int) -> Reading:
        """Read one statement."""


class Reader:
    """Reads statements by a set of mappings, put together once."""

    def __init__(self, mappings: Iterable[VocabularyMapping]) -> None:
        """Compile the mappings; raises ``MappingError`` where they contradict each other."""
        mappings = tuple(mappings)
        self._roles = merged_activity_types(mappings)
        self._rules = rules_by_verb(mappings)
        self._plans = {verb: _plans_by_type(rules) for verb, rules in self._rules.items()}
        extensions = merged_context_extensions(mappings)
        self._extensions = tuple(
            (meaning.field, key, meaning.values) for key, meaning in extensions.items()
        )

    def read(self, statement: dict[str, Any], *, store: str, position: int) -> Reading:
        """Read a valid statement as GET gives it (with id, timestamp, stored and authority).

        The same statement gives the same reading, whatever the order of its keys. ``position``
        is that of its event in the log. A voiding statement and a SubStatement, which tells of
        a plan, give names but no facts. Never raises on a valid statement of either version.
        """
        statement_id = statement["id"].lower()
        context = statement.get("context") or _EMPTY
        thing = statement["object"]
        time = _time(statement)
        named = _named_people(statement, thing, context)
        activities = _activities(thing, context)
        lesson, course, item, part_of, knowledge_points = self._surroundings(activities, named)
        names = [
            ((store, subject, language), (time, statement_id, name))
            for subject, language, name in named
        ]
        verb = statement["verb"]["id"]
        if verb == VERB_VOIDED or thing.get("objectType") == "SubStatement":
            return Reading([], names)
        result = statement.get("result") or _EMPTY
        duration, score = result.get("duration"), result.get("score")
        fields: dict[str, Any] = {
            "store": store,
            "statement": statement_id,
            "action": OTHER,
            "phase": "",
            "lesson": lesson,
            "course": course,
            "subject": "",
            "knowledge_points": knowledge_points,
            "item": item,
            "verb": verb,
            "app": _app(statement.get("authority")),
            "class_group": "",
            "school": "",
            "time": time,
            "duration": seconds(duration) if duration is not None else None,
            "success": result.get("success"),
            "completion": result.get("completion"),
            "score": scaled_score(score) if score is not None else None,
            "response": result.get("response", ""),
            "layer": "",
            "part_of": part_of,
            "counterpart": "",
            "progress": None,
            "due": None,
            "position": position,
        }
        if extensions := context.get("extensions"):
            self._read_extensions(extensions, fields)
        return Reading(self._facts(statement, context, activities, fields), names)

    def _surroundings(
        self, activities: _Activities, named: list[tuple[str, str, str]]
    ) -> tuple[str, str, str, str, tuple[str, ...]]:
        """Lesson, course, item, its parent, knowledge points; activities' names go to ``named``."""
        lesson = course = item = part_of = ""
        points: list[str] = []
        role_of = self._roles.get
        for place, activity in activities:
            identifier = activity["id"]
            if place == "object":
                item = identifier
            elif place == "parent" and not part_of:
                part_of = identifier
            definition = activity.get("definition")
            if definition:
                role = role_of(definition.get("type"))
                if role == "knowledge_point":
                    points.append(identifier)
                elif role == "lesson":
                    lesson = lesson or identifier
                elif role == "course":
                    course = course or identifier
                if language_map := definition.get("name"):
                    # A language map has no order of its own.
                    entries = language_map.items()
                    for language, name in sorted(entries) if len(entries) > 1 else entries:
                        if name:
                            named.append((identifier, language, name))
        if len(points) > 1:
            points = sorted(set(points))
        return lesson, course, item or part_of, part_of, tuple(points)

    def _read_extensions(self, extensions: dict[str, Any], fields: dict[str, Any]) -> None:
        """Fill in phase, subject, class and school from the context's extensions."""
        for field, key, values in self._extensions:
            value = extensions.get(key)
            if value is not None and not fields[field]:
                if field == "due":
                    fields[field] = _moment(value)
                    continue
                if values is not None or type(value) is not str:
                    value = _translated(value, values)
                if field != "phase" or value in PHASES:
                    fields[field] = value

    def _facts(
        self,
        statement: dict[str, Any],
        context: dict[str, Any],
        activities: _Activities,
        fields: dict[str, Any],
    ) -> list[Fact]:
        facts: list[Fact] = []
        for fact_plan in self._plan(statement, context, fields["verb"], fields["app"]).facts:
            people = fact_plan.people(statement, context)
            if people:
                values = fact_plan.values(statement, activities, fields)
                values["counterpart"] = fact_plan.counterpart(statement, context)
                for person in people:
                    values["ordinal"], values["person"] = len(facts), person
                    facts.append(Fact(**values))
        return facts

    def _plan(
        self, statement: dict[str, Any], context: dict[str, Any], verb: str, app: str
    ) -> "_Plan":
        """What is read out of a statement: the first rule of its verb that holds, else one fact."""
        plans = self._plans.get(verb)
        if plans:
            definition = statement["object"].get("definition")
            object_type = definition.get("type", "") if definition else ""
            for plan in plans.get(object_type) or plans[""]:
                if plan.always or plan.holds(statement, context, app):
                    return plan
        return _GENERIC

    # What a vendor is told ----------------------------------------------------------------------

    @property
    def verbs(self) -> Collection[str]:
        """The verbs that a rule knows."""
        return self._rules.keys()

    def rules_of(self, verb: str) -> Sequence[Rule]:
        """The rules of a verb, the most particular first; none where no mapping knows it."""
        return self._rules.get(verb, ())

    def rule_of(self, statement: dict[str, Any]) -> Rule | None:
        """The rule that a valid statement is read by; ``None`` where none holds."""
        context = statement.get("context") or _EMPTY
        app = _app(statement.get("authority"))
        plan = self._plan(statement, context, statement["verb"]["id"], app)
        return None if plan is _GENERIC else plan.rule


@functools.cache
def default_reader() -> Reader:
    """The reader of all shipped mappings."""
    return Reader(shipped_mappings())


class _FactPlan:
    """A fact rule made ready: what does not depend on the statement is looked up beforehand."""

    __slots__ = ("_action", "_getters", "_of", "_phase")

    def __init__(self, rule: FactRule) -> None:
        # What came out is the actor's, or his doing to the object; it is no doing of others.
        sources: dict[str, Source] = (
            dict.fromkeys(_RESULT_FIELDS, Nothing()) if rule.of in _BYSTANDERS else {}
        )
        sources.update(rule.sources)
        action = ACTIONS[rule.action]
        # A fixed phase is for statements that say none.
        phase = sources.get("phase")
        if isinstance(phase, Constant):
            del sources["phase"]
        self._of = rule.of
        self._action = action
        self._phase = phase.value if isinstance(phase, Constant) else action.phase
        self._getters = tuple((field, _getter(field, source)) for field, source in sources.items())

    def people(self, statement: dict[str, Any], context: dict[str, Any]) -> Sequence[str]:
        if self._of == "actor":
            return _people(statement["actor"])
        if self._of == "object":
            thing = statement["object"]
            return _people(thing) if thing.get("objectType") in ("Agent", "Group") else ()
        other = context.get(self._of)
        return _people(other) if other else ()

    def counterpart(self, statement: dict[str, Any], context: dict[str, Any]) -> str:
        """The other one of the two people that the statement is about; empty where there isn't."""
        if self._of != "actor":
            others = _people(statement["actor"])
        elif statement["object"].get("objectType") in ("Agent", "Group"):
            others = _people(statement["object"])
        elif "instructor" in context:
            others = _people(context["instructor"])
        else:
            return ""
        return others[0] if len(others) == 1 else ""

    def values(
        self,
        statement: dict[str, Any],
        activities: _Activities,
        fields: dict[str, Any],
    ) -> dict[str, Any]:
        values = fields.copy()
        values["action"] = self._action.code
        for field, get in self._getters:
            if (value := get(statement, activities, fields)) is not None:
                values[field] = value
            elif get is _nothing:
                values[field] = _EMPTY_FIELDS[field]
        if not values["phase"]:
            values["phase"] = self._phase
        if self._action.is_answer and values["success"] is None:
            values["success"] = success_of_score(values["score"])
        return values


class _Plan:
    """The facts of a rule and its conditions, but for the verb and the object's type."""

    __slots__ = ("_when", "always", "facts", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.facts = tuple(_FactPlan(fact) for fact in rule.facts)
        self._when = msgspec.structs.replace(rule.when, object_types=frozenset())
        self.always = self._when == Conditions()

    def holds(self, statement: dict[str, Any], context: dict[str, Any], app: str) -> bool:
        when, thing = self._when, statement["object"]
        if when.apps and app not in when.apps:
            return False
        if when.objects and thing.get("objectType", "Activity") not in when.objects:
            return False
        if when.same_person:
            person = actor_key(statement["actor"])
            if person is None or person != actor_key(thing):
                return False
        extensions = context.get("extensions") or _EMPTY
        if not all(extensions.get(key) in values for key, values in when.extensions):
            return False
        if when.categories:
            categories = (context.get("contextActivities") or _EMPTY).get("category") or ()
            if isinstance(categories, dict):
                categories = (categories,)
            return any(category["id"] in when.categories for category in categories)
        return True


def _plans_by_type(rules: Sequence[Rule]) -> dict[str, tuple[_Plan, ...]]:
    """The rules of one verb by the object's type, ``""`` for a type that no rule names."""
    plans = [(rule.when.object_types, _Plan(rule)) for rule in rules]
    types = {""}.union(*(object_types for object_types, _ in plans))
    return {
        object_type: tuple(plan for types, plan in plans if not types or object_type in types)
        for object_type in types
    }


_GENERIC = _Plan(
    Rule(
        name=OTHER,
        verbs=(),
        when=Conditions(),
        facts=(FactRule(of="actor", action=OTHER, sources={}),),
    )
)


# --- What stands where in a statement -------------------------------------------------------------


def _activities(thing: dict[str, Any], context: dict[str, Any]) -> _Activities:
    """The object, if it is an activity, and the context activities, each with its place.

    The order is fixed: where two could be meant, the object goes before grouping, parent, other
    and category. 1.0.3 lets a single context activity stand without a list.
    """
    is_activity = thing.get("objectType", "Activity") == "Activity"
    found: _Activities = [("object", thing)] if is_activity else []
    context_activities = context.get("contextActivities")
    if context_activities:
        for place in _CONTEXT_PLACES:
            group = context_activities.get(place)
            if group:
                if isinstance(group, dict):
                    group = (group,)
                for activity in group:
                    found.append((place, activity))
    return found


def _named_people(
    statement: dict[str, Any], thing: dict[str, Any], context: dict[str, Any]
) -> list[tuple[str, str, str]]:
    """Key, empty language and name of everyone who is named in a statement."""
    names: list[tuple[str, str, str]] = []
    _name_people(statement["actor"], names)
    if thing.get("objectType") in ("Agent", "Group"):
        _name_people(thing, names)
    for role in ("instructor", "team"):
        if role in context:
            _name_people(context[role], names)
    return names


def _name_people(actor: dict[str, Any], names: list[tuple[str, str, str]]) -> None:
    if (name := actor.get("name")) and (key := actor_key(actor)):
        names.append((key, "", name))
    if members := actor.get("member"):
        for member in members:
            _name_people(member, names)


def _people(actor: dict[str, Any]) -> Sequence[str]:
    """Whom evidence about an actor is evidence about: of a Group its members, each once.

    A Group that lists nobody stands for itself if it is identified.
    """
    members = actor.get("member")
    if members:
        keys = [key for member in members if (key := actor_key(member))]
        if keys:
            return list(dict.fromkeys(keys))
    person = actor_key(actor)
    return (person,) if person else ()


def _app(authority: dict[str, Any] | None) -> str:
    """The account name of the credential that posted a statement, else its key.

    Of an OAuth pair the application is the member with an account. xAPI 1.0.3 part 2, 2.4.2.4.
    """
    if not authority:
        return ""
    for agent in (authority, *(authority.get("member") or ())):
        account = agent.get("account")
        if account:
            return str(account["name"])
    people = _people(authority)
    return people[0] if people else ""


def _time(statement: dict[str, Any]) -> int:
    """When it happened: ``timestamp``, else ``stored``, else the epoch; µs since 1970 UTC."""
    for key in ("timestamp", "stored"):
        text = statement.get(key)
        if text and (time := microseconds(text)) is not None:
            return time
    return 0


# --- Values ---------------------------------------------------------------------------------------


def microseconds(timestamp: str) -> int | None:
    """An RFC 3339 or ISO 8601 timestamp as µs since 1970 UTC; ``None`` if it is none.

    Digits beyond the microsecond are cut off; without an offset it is UTC (xAPI 1.0.3 part 2,
    4.5).
    """
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return _unusual_microseconds(timestamp)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_ORDINAL_DATE = re.compile(r"([0-9]{4})-?([0-9]{3})(?=T|$)")


def _unusual_microseconds(timestamp: str) -> int | None:
    """What the standards allow and ``datetime`` does not read.

    RFC 3339: lower case t and z, second 60, year 0; ISO 8601: hour 24 and the day of the year.
    """
    text, shift = timestamp.upper(), timedelta()
    if ordinal := _ORDINAL_DATE.match(text):
        year, day = ordinal.groups()
        text, shift = f"{year}-01-01{text[ordinal.end() :]}", timedelta(days=int(day) - 1)
    if text.startswith("0000"):
        # Year 400 has the same days as year 0; 400 Gregorian years have 146,097 days.
        text, shift = f"0400{text[4:]}", shift - timedelta(days=146_097)
    if text[11:13] == "24":
        text, shift = f"{text[:11]}00{text[13:]}", shift + timedelta(days=1)
    if text[17:19] == "60":
        text, shift = f"{text[:17]}59{text[19:]}", shift + timedelta(seconds=1)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH + shift) // timedelta(microseconds=1)


_NUMBER = r"([0-9]+(?:[.,][0-9]+)?)"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?$"
)
# A year and a month have their mean length in the Gregorian calendar.
_SECONDS = (31_556_952.0, 2_629_746.0, 604_800.0, 86_400.0, 3_600.0, 60.0, 1.0)


@functools.lru_cache(maxsize=8192)
def seconds(duration: str) -> float | None:
    """An ISO 8601 duration such as ``PT1M30.5S`` in seconds; ``None`` if it is none."""
    parts = _DURATION.match(duration)
    if parts is None or duration[-1] in "PT":
        return None
    total = sum(
        float(part.replace(",", ".")) * unit
        for part, unit in zip(parts.groups(), _SECONDS, strict=True)
        if part
    )
    return total if math.isfinite(total) else None


def scaled_score(score: dict[str, Any]) -> float | None:
    """``scaled``, else ``raw`` on the scale from ``min`` (0 where absent) to ``max``; -1..1.

    ``None`` where the statement does not say out of how much. xAPI 1.0.3 part 2, 2.4.5.1.
    """
    scaled = score.get("scaled")
    if type(scaled) is not float:
        scaled = _number(scaled)
    if scaled is None:
        raw, most = _number(score.get("raw")), _number(score.get("max"))
        least = _number(score["min"]) if "min" in score else 0.0
        if raw is None or most is None or least is None or most <= least:
            return None
        scaled = (raw - least) / (most - least)
    return scaled if -1.0 <= scaled <= 1.0 else None


def success_of_score(score: float | None) -> bool | None:
    """Whether an item was answered rightly, where the statement gives a score but no success.

    Full marks are right and none are wrong; a part of the marks is neither, as only the app
    knows where its line is: it says so by ``success``, or its mapping by ``score_at_least``.
    """
    if score is None or 0.0 < score < 1.0:
        return None
    return score >= 1.0


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    """A text as it is, a whole number as its digits, anything else as nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**64:
        return str(value)
    return ""


def _translated(value: Any, values: Mapping[str, str] | None) -> str:
    text = _text(value)
    return text if values is None else values.get(text, "")


def last_segment(segments: str) -> float | None:
    """Length in seconds of the last of ``0[.]12[,]14[.]21.5``; ``None`` if it is not so written.

    Video profile 1.0.3, played-segments.
    """
    start, separator, end = segments.rpartition("[,]")[2].partition("[.]")
    try:
        length = float(end) - float(start) if separator else math.nan
    except ValueError:
        return None
    return length if 0.0 <= length < math.inf else None


# --- Fields read in another way -------------------------------------------------------------------

# A getter gives the value of a field, or None where the statement does not hold one: then the
# field stays as it is usually read.
_Getter = Callable[[dict[str, Any], _Activities, dict[str, Any]], Any]

_EMPTY_FIELDS: dict[str, Any] = {
    field: struct_field.default
    for struct_field in msgspec.structs.fields(Fact)
    if (field := struct_field.name) and struct_field.default is not msgspec.NODEFAULT
}


def _nothing(
    statement: dict[str, Any],
    activities: _Activities,
    fields: dict[str, Any],
) -> None:
    """Stands for the source ``nothing``; the field is emptied."""


def _getter(field: str, source: Source) -> _Getter:
    """Make a source ready for one field."""
    match source:
        case Nothing():
            return _nothing
        case Constant(value):
            return lambda statement, activities, fields: value
        case FromActivity():
            return _activity_getter(field, source)
        case FromScore(mark):
            return lambda statement, activities, fields: _judged(fields["score"], mark)
        case LastSegment(key):
            return lambda statement, activities, fields: _segment(statement, key)
        case FromExtension():
            return _extension_getter(field, source)


def _judged(score: float | None, mark: float | None) -> float | bool | None:
    """The score as a rating of 0..1 where there is no mark, else whether it reaches the mark."""
    if score is None:
        return None
    return max(score, 0.0) if mark is None else score >= mark


def _segment(statement: dict[str, Any], key: str) -> float | None:
    segments = ((statement.get("result") or _EMPTY).get("extensions") or _EMPTY).get(key)
    return last_segment(segments) if isinstance(segments, str) else None


def _activity_getter(field: str, source: FromActivity) -> _Getter:
    place, types = source.place, source.types

    def get(
        statement: dict[str, Any],
        activities: _Activities,
        fields: dict[str, Any],
    ) -> Any:
        found = [
            activity["id"]
            for where, activity in activities
            if where == place
            and (types is None or (activity.get("definition") or _EMPTY).get("type") in types)
        ]
        if field == "knowledge_points":
            return tuple(sorted(set(found))) or None
        return found[0] if found else None

    return get


def _extension_getter(field: str, source: FromExtension) -> _Getter:
    convert = _converter(field, source)
    key, place = source.key, source.place

    def get(
        statement: dict[str, Any],
        activities: _Activities,
        fields: dict[str, Any],
    ) -> Any:
        holder = (
            statement["object"].get("definition") if place == "object" else statement.get(place)
        )
        extensions = (holder or _EMPTY).get("extensions") or _EMPTY
        return convert(extensions[key]) if key in extensions else None

    return get


def _converter(field: str, source: FromExtension) -> Callable[[Any], Any]:
    """From what an extension may hold, which is anything, to what the field holds, or ``None``."""
    if field == "knowledge_points":
        return _texts
    if field in ("success", "completion"):
        return lambda value: value if isinstance(value, bool) else None
    if field == "duration":
        return _duration
    if field in TIME_FIELDS:
        return _moment
    if field in NUMBER_FIELDS:
        low = source.low if source.low is not None else (-1.0 if field == "score" else 0.0)
        high = source.high if source.high is not None else 1.0
        scaled = source.low is not None
        return lambda value: _on_scale(_number(value), low, high, scaled)
    if field == "phase":
        return lambda value: text if (text := _translated(value, source.values)) in PHASES else None
    return lambda value: _translated(value, source.values) or None


def _texts(value: Any) -> tuple[str, ...] | None:
    values = value if isinstance(value, list) else [value]
    return tuple(sorted({text for each in values if (text := _text(each))})) or None


def _moment(value: Any) -> int | None:
    """A timestamp in microseconds; nothing where it is none, or beyond what columns hold."""
    moment = microseconds(value) if isinstance(value, str) else None
    return moment if moment is not None and _FIRST_MOMENT <= moment < _LAST_MOMENT else None


def _duration(value: Any) -> float | None:
    """Seconds as a number, or an ISO 8601 duration."""
    number = seconds(value) if isinstance(value, str) else _number(value)
    return number if number is not None and number >= 0.0 else None


def _on_scale(value: float | None, low: float, high: float, scaled: bool) -> float | None:
    if value is None or not low <= value <= high:
        return None
    return (value - low) / (high - low) if scaled else value
