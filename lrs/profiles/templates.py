"""Which templates a statement is meant by, and which of their rules it breaks.

Structure 8.0 and 8.1, Communication 2.1. Where the pseudocode of Communication 2.1 and the text of
Structure 8.1 differ (`any`, `all`, `none` beside `excluded`, and `recommended` with unmatchable
values only), the text is followed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from lrs.profiles.documents import RULE, TEMPLATE
from lrs.profiles.parts import Rule, Template

Statement = Mapping[str, Any]
StatementOf = Callable[[str], Statement | None]
Severity = Literal["violation", "advice"]

# How many references are followed one behind the other; what is further away counts as not there.
REFERENCE_DEPTH: Final = 8


class Breach(msgspec.Struct, frozen=True):
    """One way in which a statement doesn't follow a template.

    `kind` is the property of the rule, such as ``included``; `rule` says it in words; `value` is
    what was found in its place, None where nothing was.
    """

    kind: str
    severity: Severity
    rule: str
    section: str
    value: Any = None
    location: str = ""
    selector: str = ""


def normalized(statement: Statement, **decided: Any) -> dict[str, Any]:
    """Give a statement as templates see it: lone context activities in arrays, none changed.

    `decided` are the properties that the record decides. Structure 8.1.
    """
    view = {**statement, **decided}
    if "context" in view:
        view["context"] = _with_arrays(view["context"])
    target = view["object"]
    if target.get("objectType") == "SubStatement":
        view["object"] = normalized(target)
    return view


def _with_arrays(context: Mapping[str, Any]) -> Mapping[str, Any]:
    activities = context.get("contextActivities", {})
    lone = {key: [one] for key, one in activities.items() if isinstance(one, dict)}
    return {**context, "contextActivities": {**activities, **lone}} if lone else context


# Determining Properties --------------------------------------------------------------------------


def determines(template: Template, statement: Statement) -> bool:
    """Tell whether a normalized statement has all Determining Properties: Communication 2.1."""
    if template.verb is not None and statement["verb"]["id"] != template.verb:
        return False
    if template.object_type is not None and template.object_type not in _types(
        [statement["object"]]
    ):
        return False
    activities = statement.get("context", {}).get("contextActivities", {})
    for place, types in template.context_types:
        if not types <= _types(activities.get(place, ())):
            return False
    usages = {one["usageType"] for one in statement.get("attachments", ())}
    return template.attachment_types <= usages


def _types(activities: Iterable[Mapping[str, Any]]) -> set[str]:
    definitions = (activity.get("definition", {}) for activity in activities)
    return {definition["type"] for definition in definitions if "type" in definition}


# Rules -------------------------------------------------------------------------------------------


def breaches(
    template: Template,
    statement: Statement,
    templates: Mapping[str, Template],
    statement_of: StatementOf,
) -> list[Breach]:
    """Find every way in which a normalized statement meant by a template doesn't follow it.

    `templates` are those of the profile, which references name; `statement_of` finds a statement by
    id, normalized.
    """
    return list(_breaches(template, statement, templates, statement_of, REFERENCE_DEPTH))


def follows(
    template: Template,
    statement: Statement,
    templates: Mapping[str, Template],
    statement_of: StatementOf,
    depth: int = REFERENCE_DEPTH,
) -> bool:
    """Tell whether a normalized statement is meant by a template and keeps all its rules."""
    return determines(template, statement) and not any(
        breach.severity == "violation"
        for breach in _breaches(template, statement, templates, statement_of, depth)
    )


def _breaches(
    template: Template,
    statement: Statement,
    templates: Mapping[str, Template],
    statement_of: StatementOf,
    depth: int,
) -> Iterator[Breach]:
    references = (
        ("objectStatementRefTemplate", "the object", statement["object"]),
        ("contextStatementRefTemplate", "context.statement", _context_statement(statement)),
    )
    wanted = (template.object_references, template.context_references)
    for (kind, place, reference), names in zip(references, wanted, strict=True):
        if not names:
            continue
        if not _is_reference(reference):
            words = f"{place} is a StatementRef"
            yield Breach(kind, "violation", words, TEMPLATE, reference)
        elif not _leads_to(names, reference["id"], templates, statement_of, depth):
            listed = ", ".join(names)
            words = f"{place} refers to a statement that follows one of the templates {listed}"
            yield Breach(kind, "violation", words, TEMPLATE, reference["id"])
    for rule in template.rules:
        yield from broken(rule, statement)


def _context_statement(statement: Statement) -> Any:
    return statement.get("context", {}).get("statement")


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and value.get("objectType") == "StatementRef"


def _leads_to(
    names: tuple[str, ...],
    statement_id: str,
    templates: Mapping[str, Template],
    statement_of: StatementOf,
    depth: int,
) -> bool:
    """Tell whether a statement follows one of the named templates, or whether nobody knows."""
    known = [templates[name] for name in names if name in templates]
    if depth == 0 or len(known) < len(names):
        return True
    statement = statement_of(statement_id)
    if statement is None:
        return True
    return any(follows(one, statement, templates, statement_of, depth - 1) for one in known)


def broken(rule: Rule, statement: Statement) -> Iterator[Breach]:
    """Find what a statement breaks of one rule: Structure 8.1."""
    matchable, unmatchable = evaluated(rule, statement)
    where = _where(rule)
    if rule.presence == "included" and (not matchable or unmatchable):
        words = f"a value is there at {where}"
        yield _breach(rule, "included", words, matchable[0] if matchable else None)
        if not matchable:
            return  # that any and all are not met either says nothing new
    if rule.presence == "excluded":
        if matchable:
            yield _breach(rule, "excluded", f"no value is there at {where}", matchable[0])
        return
    if rule.presence == "recommended" and not matchable:
        words = f"a value should be there at {where}"
        yield _breach(rule, "recommended", words, None, "advice")
        return
    yield from _unchosen(rule, matchable, unmatchable, where)


def _unchosen(rule: Rule, matchable: list[Any], unmatchable: int, where: str) -> Iterator[Breach]:
    if rule.any is not None and not any(value in rule.any for value in matchable):
        words = f"a value at {where} is one of {rule.any.text}"
        yield _breach(rule, "any", words, matchable or None)
    if rule.all is not None:
        others = [value for value in matchable if value not in rule.all]
        if others or unmatchable:
            words = f"every value at {where} is there and is one of {rule.all.text}"
            yield _breach(rule, "all", words, others[0] if others else None)
    if rule.none is not None:
        forbidden = [value for value in matchable if value in rule.none]
        if forbidden:
            words = f"no value at {where} is one of {rule.none.text}"
            yield _breach(rule, "none", words, forbidden[0])


def evaluated(rule: Rule, statement: Statement) -> tuple[list[Any], int]:
    """Give the matchable values that a rule is about, and count the unmatchable ones."""
    values = rule.location.values(statement)
    if rule.selector is None:
        return values, 0
    selected = [rule.selector.values(value) for value in values]
    return [one for found in selected for one in found], sum(not found for found in selected)


def _where(rule: Rule) -> str:
    if rule.selector is None:
        return rule.location.text
    return f"{rule.selector.text} of each {rule.location.text}"


def _breach(
    rule: Rule, kind: str, words: str, value: Any, severity: Severity = "violation"
) -> Breach:
    selector = rule.selector.text if rule.selector is not None else ""
    return Breach(kind, severity, words, RULE, value, rule.location.text, selector)
