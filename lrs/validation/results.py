"""What came of it: results and scores."""

from typing import Any, Final

from lrs.validation.leaves import Leaves
from lrs.validation.shapes import Check, object_shape, refusal
from lrs.versions import Rules

_LOWEST_SCALED: Final = -1
_HIGHEST_SCALED: Final = 1


def make_result(rules: Rules, leaves: Leaves) -> Check:
    """Make the check of a result. xAPI 1.0.3 Data 2.4.5."""
    return object_shape(
        rules,
        "result",
        "a result",
        {
            "score": _score(rules),
            "success": leaves.boolean,
            "completion": leaves.boolean,
            "response": leaves.string,
            "duration": leaves.duration,
            "extensions": leaves.extensions,
        },
    )


def _score(rules: Rules) -> Check:
    refuse_number = refusal(rules, "score", "this property of a score is a number")
    refuse_scaled = refusal(rules, "score", "scaled is a number from -1 to 1")
    refuse_bounds = refusal(rules, "score", "min of a score is less than its max")
    refuse_raw = refusal(rules, "score", "raw is not less than min nor greater than max")

    def check_number(value: Any) -> None:
        if type(value) is not float and type(value) is not int:
            raise refuse_number(value)

    def check_scaled(value: Any) -> None:
        check_number(value)
        if not _LOWEST_SCALED <= value <= _HIGHEST_SCALED:
            raise refuse_scaled(value)

    def check_bounds(score: dict[str, Any]) -> None:
        low, high, raw = score.get("min"), score.get("max"), score.get("raw")
        if low is not None and high is not None and low >= high:
            violation = refuse_bounds(low)
            violation.inside("min")
            raise violation
        if raw is not None and (
            (low is not None and raw < low) or (high is not None and raw > high)
        ):
            violation = refuse_raw(raw)
            violation.inside("raw")
            raise violation

    return object_shape(
        rules,
        "score",
        "a score",
        {"scaled": check_scaled, "raw": check_number, "min": check_number, "max": check_number},
        also=[check_bounds],
    )
