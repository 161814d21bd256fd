"""What a vendor's statements would mean: facts, by which rule, and what is missing. Nothing kept.

Pure: the same statements, mappings and profile give the same report. The command line and the API
both show what stands here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import orjson

from lrs.actors import actor_key
from lrs.json_input import decode
from lrs.validation import Violation, validate_statement
from lrs.versions import Version
from projections.facts import Fact
from projections.meaning.advice import LEVELS, PORTRAITS
from projections.meaning.mapping import Rule
from projections.meaning.reading import NameKey, Naming, Reader
from projections.meaning.shortcomings import (
    Advice,
    Patch,
    context_activities,
    shortcomings,
    unread_rule,
)
from projections.vocabulary import ACTIONS, PROFILE_VERSION

_CATEGORY: Final = "$.context.contextActivities.category"
# Stands for the id that the record would give.
_NO_ID: Final = "00000000-0000-4000-8000-000000000000"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which the statement at `index` doesn't follow the teaching-cycle profile.

    `claims` is whether it claims the profile; if not, it would follow it but doesn't name it.
    """

    index: int
    claims: bool
    template: str = ""
    rule: str = ""
    location: str = "$"


# Holds valid statements against the teaching-cycle profile.
Hold = Callable[[Sequence[dict[str, Any]]], Iterable[Shortfall]]


class Given(msgspec.Struct, frozen=True):
    """A statement as it was given, and where: `path` in an array, `line` of JSON lines, from 1.

    `violation` says why there is no `value`.
    """

    path: str
    value: Any = None
    line: int | None = None
    violation: Violation | None = None


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement would mean. `path` and `line` say which it is."""

    path: str
    line: int | None
    id: str
    violation: Violation | None = None
    rule: Rule | None = None
    facts: list[Fact] = []
    names: list[tuple[NameKey, Naming]] = []
    advice: list[Advice] = []


class Report(msgspec.Struct, frozen=True):
    """What all statements would mean, in the order in which they were given."""

    statements: list[Checked]


# --- What was given -------------------------------------------------------------------------------


def given_statements(raw: bytes) -> list[Given]:
    """Read one statement, an array of them, or one a line.

    What is not JSON is told at its place; nothing raises.
    """
    text = raw.strip()
    try:
        value = decode(text)
    except Violation as violation:
        lines = [(number, line) for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
        if text[:1] != b"{" or len(lines) < 2 or not _is_json(lines[0][1]):
            return [Given("$", violation=violation)]
        return [_line(number, line) for number, line in lines]
    if isinstance(value, list):
        return [Given(f"$[{index}]", each) for index, each in enumerate(value)]
    return [Given("$", value)]


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _line(number: int, line: bytes) -> Given:
    try:
        return Given("$", decode(line.strip()), number)
    except Violation as violation:
        return Given("$", line=number, violation=violation)


# --- The check ------------------------------------------------------------------------------------


def check(
    given: Sequence[Given],
    reader: Reader,
    hold: Hold,
    *,
    app: str = "",
    version: Version | None = None,
) -> Report:
    """Tell what statements would mean, posted by `app`, in the order given.

    They are taken to be of the `version` that each says it is of, else of the one given, else of
    2.0.
    """
    checked = [_valid(each, version) for each in given]
    valid = [
        (index, _full(given[index].value, app))
        for index, each in enumerate(checked)
        if each.violation is None
    ]
    for index, statement in valid:
        checked[index] = _read(checked[index], statement, reader)
    for index, advice in (
        *_twice(valid, checked),
        *_in_pieces(valid, checked),
        *_of_profile(valid, hold),
    ):
        own = checked[index].advice
        if not any(each.path == advice.path and each.code != "no-account" for each in own):
            own.append(advice)
    return Report(checked)


def _valid(given: Given, version: Version | None) -> Checked:
    """Hold a statement against the rules of xAPI."""
    violation = given.violation
    if violation is None:
        try:
            validate_statement(given.value, _version(given.value, version), path=given.path)
        except Violation as broken:
            violation = broken
    identifier = given.value.get("id") if isinstance(given.value, dict) else None
    advice = []
    if violation is not None:
        path = "$" + violation.path.removeprefix(given.path)
        found = f"{violation.rule} ({violation.section})"
        advice.append(Advice(code="refused", path=path, found=found))
    return Checked(
        path=given.path,
        line=given.line,
        id=identifier.lower() if isinstance(identifier, str) else "",
        violation=violation,
        advice=advice,
    )


def _version(statement: Any, otherwise: Version | None) -> Version:
    stated = statement.get("version") if isinstance(statement, dict) else None
    if isinstance(stated, str) and stated:
        return Version.V1_0_3 if stated.startswith("1.") else Version.V2_0_0
    return otherwise or Version.V2_0_0


def _full(statement: dict[str, Any], app: str) -> dict[str, Any]:
    """A statement as the record would give it, but for the time it would be stored at."""
    agent = {"objectType": "Agent", "account": {"homePage": "https://xueji.dev/apps", "name": app}}
    full = {"id": _NO_ID, **statement, "authority": agent}
    full.pop("stored", None)
    return full


def _read(checked: Checked, statement: dict[str, Any], reader: Reader) -> Checked:
    reading = reader.read(statement, store="", position=0)
    return msgspec.structs.replace(
        checked,
        rule=reader.rule_of(statement) if reading.facts else None,
        facts=reading.facts,
        names=reading.names,
        advice=list(shortcomings(statement, reading, reader)),
    )


# --- What only shows beside other statements, or beside the profile -------------------------------

_Valid = Sequence[tuple[int, dict[str, Any]]]  # index among those given, and the statement
_Advised = Iterator[tuple[int, Advice]]


def _place(checked: Checked) -> str:
    """Where a statement stands, for people."""
    return checked.path if checked.line is None else f"line {checked.line}"


def _twice(valid: _Valid, checked: Sequence[Checked]) -> _Advised:
    """Statements with the id of one before."""
    seen: dict[str, int] = {}
    for index, _ in valid:
        identifier = checked[index].id
        first = seen.setdefault(identifier, index)
        if identifier and first != index:
            found = _place(checked[first])
            yield index, Advice(code="id-twice", path="$.id", found=found, send={"id": None})


def _in_pieces(valid: _Valid, checked: Sequence[Checked]) -> _Advised:
    """Answers that were sent once for each knowledge point: all else is the same."""
    seen: dict[tuple[Any, ...], list[int]] = {}
    for index, statement in valid:
        facts = checked[index].facts
        if not facts or not ACTIONS[facts[0].action].is_answer or not facts[0].knowledge_points:
            continue
        if "timestamp" not in statement:
            continue
        fact = facts[0]
        key = (actor_key(statement["actor"]), fact.verb, fact.item, fact.time, fact.response)
        seen.setdefault(key, []).append(index)
    for indexes in seen.values():
        points = {checked[index].facts[0].knowledge_points for index in indexes}
        if len(points) < 2:
            continue  # one only, or the same answer sent again
        others = _all_points([statement for index, statement in valid if index in indexes])
        send: Patch = {"context": {"contextActivities": {"other": others}}}
        first = _place(checked[indexes[0]])
        path = "$.context.contextActivities.other"
        for index in indexes[1:]:
            yield index, Advice(code="one-answer-in-pieces", path=path, found=first, send=send)


def _all_points(statements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    by_id: dict[str, dict[str, Any]] = {}
    for statement in statements:
        for each in context_activities(statement, "other"):
            by_id.setdefault(each["id"], each)
    return list(by_id.values())


def _of_profile(valid: _Valid, hold: Hold) -> _Advised:
    """What the teaching-cycle profile finds in statements that claim it, or could."""
    for each in hold([statement for _, statement in valid]):
        index, statement = valid[each.index]
        if each.claims:
            found = f"{each.rule} [{each.template}]"
            yield index, Advice(code="profile", path=each.location, found=found)
        else:
            categories = [*context_activities(statement, "category"), {"id": PROFILE_VERSION}]
            send = {"context": {"contextActivities": {"category": categories}}}
            yield index, Advice(code="profile-not-named", path=_CATEGORY, send=send)


# --- For people and programs ----------------------------------------------------------------------


def described(report: Report) -> dict[str, Any]:
    """Write a report as JSON: ``{"summary": …, "statements": […]}``."""
    statements = [_described(checked) for checked in report.statements]
    return {"summary": summary(report), "statements": statements}


def summary(report: Report) -> dict[str, Any]:
    """Count what all statements would mean together."""
    checked = report.statements
    actions = Counter(fact.action for each in checked for fact in each.facts)
    unread = Counter(each.facts[0].verb for each in checked if each.facts and each.rule is None)
    return {
        "statements": len(checked),
        "refused": sum(_is_refused(each) for each in checked),
        "giving_facts": sum(bool(each.facts) for each in checked),
        "understood": sum(each.rule is not None for each in checked),
        "persons": len({fact.person for each in checked for fact in each.facts}),
        "actions": [
            {"action": action, **_title(action), "facts": facts}
            for action, facts in actions.most_common()
        ],
        "unread_verbs": [
            {"verb": verb, "statements": count, "rule": unread_rule(verb)}
            for verb, count in unread.most_common()
        ],
        "advice": _advice_in_all(checked),
    }


def _is_refused(checked: Checked) -> bool:
    return any(each.kind.level == "refused" for each in checked.advice)


def _advice_in_all(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    """Each kind of advice with how many statements it is for, and the first; gravest first."""
    found: dict[str, list[tuple[Checked, Advice]]] = {}
    for each in checked:
        for advice in each.advice:
            found.setdefault(advice.code, []).append((each, advice))
    levels = list(LEVELS)
    by_gravity = sorted(
        found.values(), key=lambda all_: (levels.index(all_[0][1].kind.level), -len(all_))
    )
    return [
        {
            "statements": len({id(each) for each, _ in all_}),
            "first": _place(all_[0][0]),
            **_advised(all_[0][1]),
        }
        for all_ in by_gravity
    ]


def _title(action: str) -> dict[str, str]:
    return {"zh": ACTIONS[action].zh, "en": ACTIONS[action].en}


def _described(checked: Checked) -> dict[str, Any]:
    rule, violation = checked.rule, checked.violation
    return {
        "path": checked.path,
        **({} if checked.line is None else {"line": checked.line}),
        **({"id": checked.id} if checked.id else {}),
        "is_refused": _is_refused(checked),
        "violation": None if violation is None else violation.as_dict(),
        "rule": None if rule is None else {"mapping": rule.origin, "name": rule.name},
        "facts": [_fact(fact) for fact in checked.facts],
        "names": [
            {"of": subject, "language": language, "name": name}
            for (_, subject, language), (_, _, name) in checked.names
        ],
        "advice": [_advised(advice) for advice in checked.advice],
    }


def _advised(advice: Advice) -> dict[str, Any]:
    kind, found = advice.kind, advice.found
    return {
        "code": advice.code,
        "level": kind.level,
        "path": advice.path,
        "zh": kind.zh.replace("{}", found),
        "en": kind.en.replace("{}", found),
        "why": {"zh": kind.why_zh, "en": kind.why_en},
        "needed_by": [
            {"code": code, "zh": PORTRAITS[code][0], "en": PORTRAITS[code][1]}
            for code in kind.portraits
        ],
        "send": advice.send,
    }


_NOT_TOLD: Final = frozenset({"store", "statement", "position", "is_deleted", "app", "ordinal"})
_MOMENTS: Final = frozenset({"time", "due"})


def _fact(fact: Fact) -> dict[str, Any]:
    """A fact without what only the record knows and what the statement doesn't say."""
    told = {
        name: value
        for name, value in msgspec.structs.asdict(fact).items()
        if name not in _NOT_TOLD and value not in ("", None, ())
    }
    if not fact.time:
        del told["time"]  # the statement has none; it would be the time of storing
    for name in _MOMENTS & told.keys():
        told[name] = _moment(told[name])
    return {**told, "title": _title(fact.action)}


def _moment(microseconds: int) -> str:
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
