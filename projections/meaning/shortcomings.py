"""What a valid statement leaves out, or says so that nobody understands it: advice for vendors."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from projections.facts import Fact
from projections.meaning.advice import KINDS, Kind
from projections.meaning.mapping import Nothing, Rule, Source
from projections.meaning.reading import Reader, Reading
from projections.vocabulary import (
    ACTIONS,
    EXTENSION_DUE,
    EXTENSION_LAYER,
    EXTENSION_PHASE,
    EXTENSION_RATER,
    EXTENSION_STAGE,
    EXTENSION_SUBJECT,
    LAYERS,
    OTHER,
    PHASES,
    RATERS,
    STAGES,
    SUBJECTS,
    TYPE_HOMEWORK,
    TYPE_KNOWLEDGE_POINT,
    TYPE_LESSON,
    Term,
)

Patch = dict[str, Any]  # JSON Merge Patch, RFC 7396: merge it into the statement

# The acts of which a figure is made by lesson, by subject, by phase, and of the time they took.
_OF_LESSONS: Final = frozenset(
    [
        "preview",
        "check",
        "answer",
        "poll",
        "hand_raised",
        "group_work",
        "attention",
        "attendance",
        "session_joined",
        "homework_set",
        "homework_done",
        "resource_used",
        "resource_pushed",
        "strategy_changed",
        "interaction_organised",
    ]
)
_OF_SUBJECTS: Final = _OF_LESSONS | frozenset(
    [
        "homework_corrected",
        "homework_marked",
        "result",
        "video",
        "tutoring_given",
        "resource_adopted",
        "resource_created",
        "resource_recreated",
        "resource_shared",
    ]
)
_OF_NO_PHASE: Final = frozenset(
    [
        "badge_earned",
        "rating_given",
        "rating_received",
        "rating_by_teacher",
        "rating_by_peer",
        "rating_by_self",
        "rating_by_parent",
        "sign_in",
    ]
)
_OF_TIME: Final = frozenset(
    [
        "preview",
        "check",
        "answer",
        "group_work",
        "attention",
        "homework_done",
        "homework_corrected",
        "video",
        "tutoring_given",
    ]
)
_SCORED: Final = frozenset({"result", "attention"})
_DUE: Final = frozenset({"homework_set", "homework_done"})
_GIVEN: Final = frozenset({"badge_earned", "result"})  # by somebody who is worth naming
_CODES: Final[Mapping[str, Mapping[str, Term]]] = {
    EXTENSION_PHASE: PHASES,
    EXTENSION_SUBJECT: SUBJECTS,
    EXTENSION_STAGE: STAGES,
    EXTENSION_LAYER: LAYERS,
    EXTENSION_RATER: RATERS,
}
_OFFSET: Final = re.compile(r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)$")
_IDENTIFIERS: Final = ("mbox", "mbox_sha1sum", "openid")
_VIDEO_PROGRESS: Final = "https://w3id.org/xapi/video/extensions/progress"

# What examples name, where only the app knows what stands there.
_HOME: Final = "https://id.example.cn"
_LESSON: Final = "https://district.example.cn/lessons/2026-03-02/7-2/3"
_POINT: Final = "https://district.example.cn/points/fractions"
_HOMEWORK: Final = "https://homework.example.cn/homework/88"
_TIME: Final = "2026-03-02T19:14:05+08:00"


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong or missing in one statement.

    `path` is where, as a JSON path from the statement's root; `found` what stands there, to be put
    into the words of its kind; `send` is what to send, as a JSON Merge Patch of the statement.
    """

    code: str
    path: str
    found: str = ""
    send: Patch | None = None

    @property
    def kind(self) -> Kind:
        """The kind of advice it is, with its words."""
        return KINDS[self.code]


def shortcomings(statement: dict[str, Any], reading: Reading, reader: Reader) -> Iterator[Advice]:
    """Tell what keeps a valid statement from counting fully.

    `statement` has what the vendor sent and an id; `reading` is what `reader` reads out of it. What
    other advice would mend is not told twice.
    """
    yield from _who(statement)
    yield from _when(statement)
    rule = reader.rule_of(statement)
    if not reading.facts:
        yield Advice(code="no-facts", path="$", found=_silence(statement))
    elif rule is None:
        yield _unread(statement, reader)
    else:
        fact = reading.facts[0]
        yield from _object_type(statement, rule, reader)
        yield from _codes(statement, fact)
        yield from _untyped(statement, fact)
        yield from _surroundings(statement, fact)
        yield from _outcome(statement, reading.facts, rule)
        yield from _particulars(statement, fact, rule)


# --- Who and when ---------------------------------------------------------------------------------


def _who(statement: dict[str, Any]) -> Iterator[Advice]:
    """People who are not known by an account: the actor, the object and the instructor."""
    for place in ("actor", "object", "context.instructor"):
        person: Any = statement
        for step in place.split("."):
            person = person.get(step) or {}
        identifier = next((key for key in _IDENTIFIERS if key in person), None)
        if identifier is not None:
            account = {"homePage": _HOME, "name": "s20230917"}
            yield Advice(
                code="no-account",
                path=f"$.{place}.{identifier}",
                found=identifier,
                send=_patch(place, {identifier: None, "account": account}),
            )


def _when(statement: dict[str, Any]) -> Iterator[Advice]:
    timestamp = statement.get("timestamp")
    if timestamp is None:
        yield Advice(code="no-timestamp", path="$.timestamp", send={"timestamp": _TIME})
    elif not _OFFSET.search(timestamp.upper().partition("T")[2]):
        send = {"timestamp": _with_offset(timestamp)}
        yield Advice(code="no-offset", path="$.timestamp", found=timestamp, send=send)


def _with_offset(timestamp: str) -> str:
    """The same time of day, as of China; in the basic format of ISO 8601 if it stands in that."""
    is_extended = "-" in timestamp or ":" in timestamp
    if "T" not in timestamp.upper():
        timestamp += "T00:00:00" if is_extended else "T000000"
    return timestamp + ("+08:00" if is_extended else "+0800")


# --- What it means --------------------------------------------------------------------------------


def _silence(statement: dict[str, Any]) -> str:
    """Say why a statement gives no facts."""
    if statement["object"].get("objectType") == "SubStatement":
        return "SubStatement"
    return "voided" if statement["verb"]["id"].endswith("/voided") else "$.actor"


def _unread(statement: dict[str, Any], reader: Reader) -> Advice:
    """Of a verb that no rule knows, or whose rules all ask for more than the statement says."""
    verb = statement["verb"]["id"]
    rules = reader.rules_of(verb)
    if not rules:
        similar = _similar(verb, reader)
        send = _patch("verb.id", similar) if similar else None
        return Advice(code="verb-unknown", path="$.verb.id", found=verb, send=send)
    types = sorted({each for rule in rules for each in rule.when.object_types})
    is_activity = statement["object"].get("objectType", "Activity") == "Activity"
    path = "$.object.definition.type" if types and is_activity else "$"
    send = _patch("object.definition.type", types[0]) if types and is_activity else None
    return Advice(code="verb-needs-more", path=path, found=", ".join(types), send=send)


def _similar(verb: str, reader: Reader) -> str | None:
    """The known verb that is called most nearly the same, by the last part of its IRI."""
    by_name: dict[str, str] = {}
    for known in reader.verbs:
        by_name.setdefault(_last_part(known), known)
    close = difflib.get_close_matches(_last_part(verb), by_name, n=1, cutoff=0.8)
    return by_name[close[0]] if close else None


def _last_part(iri: str) -> str:
    return re.split(r"[/#:]", iri.rstrip("/#"))[-1].lower()


def _object_type(statement: dict[str, Any], rule: Rule, reader: Reader) -> Iterator[Advice]:
    """An object without a type, where a rule of the verb would say more of one that has it."""
    thing = statement["object"]
    if thing.get("objectType", "Activity") != "Activity" or _type_of(thing):
        return
    if rule.facts[0].action == "answer":
        return  # the type of an item adds nothing
    types = {
        each: particular.facts[0].action
        for particular in reader.rules_of(statement["verb"]["id"])
        if not (particular.when.apps or particular.when.extensions or particular.when.categories)
        for each in particular.when.object_types
    }
    if types:
        listed = ", ".join(f"{each} ({_title(action)})" for each, action in types.items())
        send = _patch("object.definition.type", next(iter(types)))
        path = "$.object.definition.type"
        yield Advice(code="object-without-type", path=path, found=listed, send=send)


def _title(action: str) -> str:
    return f"{ACTIONS[action].zh} {ACTIONS[action].en}"


# --- Where it stands ------------------------------------------------------------------------------


def _codes(statement: dict[str, Any], fact: Fact) -> Iterator[Advice]:
    """Values of the profile's extensions, and subjects of a mapping, that are no codes."""
    extensions = _extensions(statement)
    for key, terms in _CODES.items():
        value = extensions.get(key)
        if value is not None and (not isinstance(value, str) or value not in terms):
            yield Advice(
                code="code-unknown",
                path=f"$.context.extensions['{key}']",
                found=str(value)[:80],
                send=_extension(key, _code_of(value, terms)),
            )
    if fact.subject and fact.subject not in SUBJECTS and EXTENSION_SUBJECT not in extensions:
        yield Advice(code="code-unknown", path="$", found=fact.subject)


def _code_of(value: Any, terms: Mapping[str, Term]) -> str:
    """The code that is probably meant: by its spelling or its name; else the first of all."""
    words = {
        word.lower(): term.code for term in terms.values() for word in (term.code, term.zh, term.en)
    }
    close = difflib.get_close_matches(str(value).lower(), words, n=1, cutoff=0.5)
    return words[close[0]] if close else next(iter(terms))


def _untyped(statement: dict[str, Any], fact: Fact) -> Iterator[Advice]:
    """Context activities that could be the lesson or knowledge points, but have no type."""
    wanted = (("grouping", fact.lesson, TYPE_LESSON), ("other", "", TYPE_KNOWLEDGE_POINT))
    for place, known, type_iri in wanted:
        activities = context_activities(statement, place)
        if known or all(_type_of(each) for each in activities):
            continue
        typed = [_typed(each, type_iri) for each in activities]
        send = _patch(f"context.contextActivities.{place}", typed)
        for index, each in enumerate(activities):
            if not _type_of(each):
                yield Advice(
                    code="activity-without-type",
                    path=f"$.context.contextActivities.{place}[{index}].definition.type",
                    found=each["id"],
                    send=send,
                )


def _surroundings(statement: dict[str, Any], fact: Fact) -> Iterator[Advice]:
    """Phase, subject and lesson, of the acts that have them."""
    extensions = _extensions(statement)
    if not fact.phase and fact.action not in _OF_NO_PHASE and EXTENSION_PHASE not in extensions:
        yield _without_extension("no-phase", EXTENSION_PHASE, "in")
    if not fact.subject and fact.action in _OF_SUBJECTS:
        yield _without_extension("no-subject", EXTENSION_SUBJECT, "mathematics")
    groups = context_activities(statement, "grouping")
    if not fact.lesson and fact.action in _OF_LESSONS and all(_type_of(each) for each in groups):
        lesson = {"id": _LESSON, "definition": {"type": TYPE_LESSON}}
        send = _patch("context.contextActivities.grouping", [*groups, lesson])
        path = "$.context.contextActivities.grouping"
        yield Advice(code="no-lesson", path=path, send=send)


# --- What came out --------------------------------------------------------------------------------


def _outcome(statement: dict[str, Any], facts: list[Fact], rule: Rule) -> Iterator[Advice]:
    """Knowledge points, right or wrong, score and duration."""
    fact = facts[0]
    sources = _sources(rule, fact.action)
    if ACTIONS[fact.action].is_answer:
        yield from _answer(statement, fact)
    score = (statement.get("result") or {}).get("score") or {}
    rated = [each for each in facts if each.action.startswith("rating_")]
    unrated = [each.rating is None for each in rated if each.action != "rating_given"]
    is_unscored = fact.action in _SCORED and fact.score is None
    if "raw" in score and "max" not in score and "scaled" not in score:
        most = max(100, score["raw"] + (score["raw"] <= score.get("min", 0)))
        send = _patch("result.score.max", most)
        yield Advice(code="score-without-scale", path="$.result.score.max", send=send)
    elif any(unrated) or (is_unscored and not _is_emptied(sources, "score")):
        send = _patch("result.score.scaled", 0.8)
        yield Advice(code="no-score", path="$.result.score", send=send)
    if fact.action in _OF_TIME and fact.duration is None and not _is_emptied(sources, "duration"):
        send = _patch("result.duration", "PT42S")
        yield Advice(code="no-duration", path="$.result.duration", send=send)


def _answer(statement: dict[str, Any], fact: Fact) -> Iterator[Advice]:
    others = context_activities(statement, "other")
    points = [each for each in others if each["id"] in fact.knowledge_points]
    if not fact.knowledge_points and all(_type_of(each) for each in others):
        point = _typed({"id": _POINT, "definition": {"name": {"zh-CN": "分数"}}})
        send = _patch("context.contextActivities.other", [*others, point])
        path = "$.context.contextActivities.other"
        yield Advice(code="no-knowledge-points", path=path, send=send)
    for index, each in enumerate(others):
        if each in points and not (each.get("definition") or {}).get("name"):
            named = [_named(other) if other is each else other for other in others]
            yield Advice(
                code="point-without-name",
                path=f"$.context.contextActivities.other[{index}].definition.name",
                found=each["id"],
                send=_patch("context.contextActivities.other", named),
            )
    if fact.success is None:
        score = fact.score
        reason = "success, score" if score is None else f"score {score:g}"
        send = _patch("result.success", True)
        yield Advice(code="success-unknown", path="$.result.success", found=reason, send=send)
    if not fact.part_of:
        parent = _typed({"id": _HOMEWORK}, TYPE_HOMEWORK)
        send = _patch("context.contextActivities.parent", [parent])
        yield Advice(code="no-parent", path="$.context.contextActivities.parent", send=send)


def _particulars(statement: dict[str, Any], fact: Fact, rule: Rule) -> Iterator[Advice]:
    """What belongs to single acts: who rated, who gave, by when, how far."""
    actions = {each.action for each in rule.facts}
    if "rating_received" in actions and EXTENSION_RATER not in _extensions(statement):
        yield _without_extension("no-rater", EXTENSION_RATER, "teacher")
    gives = any(each.of == "instructor" for each in rule.facts)
    if fact.action in _GIVEN and gives and "instructor" not in (statement.get("context") or {}):
        teacher = {"account": {"homePage": _HOME, "name": "t0042"}}
        send = _patch("context.instructor", teacher)
        yield Advice(code="no-instructor", path="$.context.instructor", send=send)
    if fact.action in _DUE and fact.due is None:
        yield _without_extension("no-due", EXTENSION_DUE, "2026-03-03T08:00:00+08:00")
    if fact.progress is None and "progress" in _sources(rule, fact.action):
        send = _patch("result.extensions", {_VIDEO_PROGRESS: 0.5})
        path = f"$.result.extensions['{_VIDEO_PROGRESS}']"
        yield Advice(code="no-progress", path=path, send=send)


# --- Parts of statements --------------------------------------------------------------------------


def _sources(rule: Rule, action: str) -> Mapping[str, Source]:
    """How the rule reads the fields of the fact of an action."""
    return next((each.sources for each in rule.facts if each.action == action), {})


def _is_emptied(sources: Mapping[str, Source], field: str) -> bool:
    return isinstance(sources.get(field), Nothing)


def _without_extension(code: str, key: str, value: str) -> Advice:
    path = f"$.context.extensions['{key}']"
    return Advice(code=code, path=path, send=_extension(key, value))


def _extension(key: str, value: str) -> Patch:
    return _patch("context.extensions", {key: value})


def _extensions(statement: dict[str, Any]) -> dict[str, Any]:
    return (statement.get("context") or {}).get("extensions") or {}


def context_activities(statement: dict[str, Any], place: str) -> list[dict[str, Any]]:
    """The context activities at a place; 1.0.3 lets one stand without a list."""
    activities = (statement.get("context") or {}).get("contextActivities") or {}
    found = activities.get(place) or []
    return [found] if isinstance(found, dict) else found


def _type_of(activity: dict[str, Any]) -> str | None:
    return (activity.get("definition") or {}).get("type")


def _typed(activity: dict[str, Any], type_iri: str = TYPE_KNOWLEDGE_POINT) -> dict[str, Any]:
    """The same activity with a type, if it has none."""
    return {**activity, "definition": {"type": type_iri, **(activity.get("definition") or {})}}


def _named(activity: dict[str, Any]) -> dict[str, Any]:
    definition = activity.get("definition") or {}
    return {**activity, "definition": {**definition, "name": {"zh-CN": "分数", "en": "Fractions"}}}


def _patch(path: str, value: Any) -> Patch:
    """Make a merge patch of the value at a path whose steps are apart by dots."""
    for step in reversed(path.split(".")):
        value = {step: value}
    return dict(value)


def unread_rule(verb: str) -> dict[str, Any]:
    """A mapping rule to begin with, for a verb that no mapping knows."""
    return {"name": _last_part(verb), "verbs": [verb], "facts": [{"of": "actor", "action": OTHER}]}
