"""Whether a decoded statement is a valid one: complete rules of xAPI 1.0.3 and 2.0, in one pass."""

from typing import Any, Final

from lrs.validation.statements import make_checks
from lrs.validation.violation import Violation
from lrs.versions import RULES, Version

__all__ = ["Violation", "validate_actor", "validate_statement"]

_checks: Final = {version: make_checks(rules) for version, rules in RULES.items()}


def validate_statement(statement: Any, version: Version, *, path: str = "$") -> None:
    """Check a decoded statement against every rule of its body; `path` is where it stands.

    Raises Violation for the first rule found broken. xAPI 1.0.3 part 2; IEEE 9274.1.1, 4.2.
    """
    try:
        _checks[version].statement(statement)
    except Violation as violation:
        raise violation.under(path) from None


def validate_actor(actor: Any, version: Version, *, path: str = "$") -> None:
    """Check a decoded Agent or Group, as parameters of a request hold one.

    Raises Violation for the first rule found broken. xAPI 1.0.3 Data 2.4.2.
    """
    try:
        _checks[version].actor(actor)
    except Violation as violation:
        raise violation.under(path) from None
