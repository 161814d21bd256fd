"""How checks are put together: an object's properties in a table, an array of one kind of item.

A check takes a decoded JSON value and returns nothing, or raises a Violation whose path is filled
in on the way out, so that a valid value costs no path.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lrs.validation.violation import Violation
from lrs.versions import Rules, Topic

Check = Callable[[Any], None]
Refusal = Callable[[Any], Violation]


def refusal(rules: Rules, topic: Topic, rule: str) -> Refusal:
    """Make the violation of one rule; for ``null`` it is the rule that forbids null."""
    section = rules.section(topic)
    no_null = rules.section("formatting")

    def refuse(value: Any) -> Violation:
        if value is None:
            return Violation("null stands only inside extensions", no_null)
        return Violation(rule, section, value)

    return refuse


def object_shape(
    rules: Rules,
    topic: Topic,
    name: str,
    properties: Mapping[str, Check],
    *,
    required: Iterable[str] = (),
    also: Iterable[Check] = (),
) -> Check:
    """Check an object by a table of its properties, then `also` what concerns several of them.

    `name` is how a rule calls the object, such as ``a Verb``.
    """
    checks = dict(properties)
    needed = tuple(required)
    further = tuple(also)
    refuse = refusal(rules, topic, f"{name} is a JSON object")

    def check_object(value: Any) -> None:
        if type(value) is not dict:
            raise refuse(value)
        try:
            for key, item in value.items():
                try:
                    check = checks[key]
                except KeyError:
                    raise _unknown(rules, name, key, checks, item) from None
                check(item)
        except Violation as violation:
            violation.inside(key)
            raise
        for key in needed:
            if key not in value:
                raise _missing(rules, topic, name, key)
        for check in further:
            check(value)

    return check_object


def _unknown(
    rules: Rules, name: str, key: str, properties: Mapping[str, Check], item: Any
) -> Violation:
    rule = f"{name} has no such property"
    meant = {known.lower(): known for known in properties}.get(key.lower())
    if meant:
        rule += f'; the case of names counts: "{meant}"'
    return Violation(rule, rules.section("formatting"), item)


def _missing(rules: Rules, topic: Topic, name: str, key: str) -> Violation:
    violation = Violation(f'{name} has the property "{key}"', rules.section(topic))
    violation.inside(key)
    return violation


def array_of(rules: Rules, topic: Topic, name: str, check: Check, *, filled: bool = False) -> Check:
    """Check every item of an array, and where `filled` that there is one."""
    size = " with at least one item" if filled else ""
    refuse = refusal(rules, topic, f"{name} is a JSON array{size}")

    def check_array(value: Any) -> None:
        if type(value) is not list or (filled and not value):
            raise refuse(value)
        index = 0
        try:
            for index, item in enumerate(value):  # noqa: B007 -- tells which item failed
                check(item)
        except Violation as violation:
            violation.inside(index)
            raise

    return check_array


def by_object_type(
    rules: Rules, topic: Topic, name: str, kinds: Mapping[str, Check], *, otherwise: str
) -> Check:
    """Check an object by its objectType, taken for `otherwise` where it has none."""
    names = ", ".join(kinds)
    refuse_object = refusal(rules, topic, f"{name} is a JSON object")
    refuse_kind = refusal(rules, topic, f"objectType of {name} is one of {names}")

    def check_kind(value: Any) -> None:
        if type(value) is not dict:
            raise refuse_object(value)
        kind = value.get("objectType", otherwise)
        check = kinds.get(kind) if type(kind) is str else None
        if check is None:
            violation = refuse_kind(kind)
            violation.inside("objectType")
            raise violation
        check(value)

    return check_kind
