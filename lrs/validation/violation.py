"""What is wrong with an input: where, by which rule of which document, and the value there."""

import re
from typing import Any, Final

import orjson

_LONGEST_SHOWN: Final = 200  # characters of a value
_LONGEST_STEP: Final = 100  # characters of a property name in a path
_plain_name: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch


class Violation(ValueError):
    """An input breaks a rule.

    `path` is a JSON path (``$.actor.mbox``, ``$[3].verb.id``), `rule` an English sentence,
    `section` where the rule stands (``xAPI 1.0.3 Data 2.4.2.3``), `value` what was found there,
    ``None`` for a property that is missing.
    """

    def __init__(self, rule: str, section: str, value: Any = None, *, path: str = "$") -> None:
        super().__init__(rule)
        self.rule = rule
        self.section = section
        self.value = value
        self._root = path
        self._steps: list[str | int] = []  # from the inside out

    @property
    def path(self) -> str:
        """The JSON path of the offending value."""
        return self._root + "".join(_written(step) for step in reversed(self._steps))

    def inside(self, step: str | int) -> None:
        """Note that what was checked stands in this property or at this index of its parent."""
        self._steps.append(step)

    def under(self, path: str) -> "Violation":
        """Put the whole path under another, such as ``$[3]`` for the fourth of a batch."""
        self._root = path + self._root[1:]
        return self

    def as_dict(self) -> dict[str, Any]:
        """Give path, rule, section and value; a long value is cut to a text."""
        return {
            "path": self.path,
            "rule": self.rule,
            "section": self.section,
            "value": _shown(self.value),
        }

    def __str__(self) -> str:
        found = "" if self.value is None else f"; found {_as_text(self.value)}"
        return f"{self.path}: {self.rule}{found} ({self.section})"


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if len(step) > _LONGEST_STEP:
        step = step[:_LONGEST_STEP] + "…"
    if _plain_name(step):
        return f".{step}"
    quoted = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"


def _shown(value: Any) -> Any:
    """Give a value as it is where it is short JSON, else the beginning of it as text."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_SHOWN else _beginning(value)
    text = _as_text(value)
    return value if len(text) <= _LONGEST_SHOWN and text == _as_json(value) else text


def _as_text(value: Any) -> str:
    """Give the beginning of a value as JSON, or as Python writes it where JSON can't hold it."""
    return _beginning(_as_json(value) or repr(value))


def _as_json(value: Any) -> str | None:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a number beyond 64 bits, a lone surrogate: not from JSON we decoded
        return None


def _beginning(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
