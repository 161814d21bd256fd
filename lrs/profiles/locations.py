"""Where a rule looks: the JSONPath that xAPI Profiles allow, read once and applied to statements.

Structure 8.1 takes JSONPath as S. Goessner described it, without filters and scripts, with names,
indexes and ``*`` in brackets, and with ``|`` between whole paths.
"""

from collections.abc import Sequence
from typing import Any, Final

from jsonpath import CompoundJSONPath, JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.selectors import IndexSelector, NameSelector, WildcardSelector
from jsonpath.token import (
    TOKEN_COMMA,
    TOKEN_DDOT,
    TOKEN_DOT,
    TOKEN_DOUBLE_QUOTE_STRING,
    TOKEN_INT,
    TOKEN_LBRACKET,
    TOKEN_NAME,
    TOKEN_RBRACKET,
    TOKEN_ROOT,
    TOKEN_SINGLE_QUOTE_STRING,
    TOKEN_UNION,
    TOKEN_WHITESPACE,
    TOKEN_WILD,
)

# More steps to any depth than this, one behind the other, would make the work of a statement grow
# with a high power of its size.
MOST_DESCENTS: Final = 2
LONGEST_LOCATION: Final = 2_000  # characters

_ALLOWED: Final = frozenset(
    {
        TOKEN_COMMA,
        TOKEN_DDOT,
        TOKEN_DOT,
        TOKEN_DOUBLE_QUOTE_STRING,
        TOKEN_INT,
        TOKEN_LBRACKET,
        TOKEN_NAME,
        TOKEN_RBRACKET,
        TOKEN_ROOT,
        TOKEN_SINGLE_QUOTE_STRING,
        TOKEN_UNION,
        TOKEN_WHITESPACE,
        TOKEN_WILD,
    }
)


class _Environment(JSONPathEnvironment):
    """The library's rules, for statements as deep as may ever be decoded (lrs/json_input.py)."""

    max_recursion_depth = 300


_environment: Final = _Environment()


class LocationError(ValueError):
    """A text is not a JSONPath that xAPI Profiles allow; says why."""


class Location:
    """One JSONPath of a rule; `text` is how the profile writes it."""

    __slots__ = ("_alternatives", "text")

    def __init__(self, text: str) -> None:
        """Read a path; raises LocationError. xAPI Profiles Structure 8.1."""
        if len(text) > LONGEST_LOCATION:
            raise LocationError(f"it has over {LONGEST_LOCATION} characters")
        self.text = text
        try:
            _check_tokens(text)
            self._alternatives = _alternatives(_environment.compile(text))
        except JSONPathError as error:
            raise LocationError(str(error).splitlines()[0]) from None
        for path in self._alternatives:
            _check_selectors(path)

    def values(self, value: Any) -> list[Any]:
        """Give all values found there, each as often as an alternative finds it."""
        found: list[Any] = []
        for path in self._alternatives:
            if not path.segments:
                found.append(value)
            elif isinstance(value, dict | list):  # a text would be taken for JSON yet to decode
                found += path.findall(value)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Location) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Location({self.text!r})"


def _alternatives(path: JSONPath | CompoundJSONPath) -> tuple[JSONPath, ...]:
    if isinstance(path, JSONPath):
        return (path,)
    return (*_alternatives(path.path), *(alternative for _, alternative in path.paths))


def _check_tokens(text: str) -> None:
    """Refuse what the library knows beyond what Structure 8.1 allows."""
    before = TOKEN_UNION
    for token in _environment.lexer.tokenize(text):
        if token.kind not in _ALLOWED:
            raise LocationError(
                f"{token.value!r} has no place here: filters, scripts, slices and the like are not"
                " allowed, only names, indexes, * and | between paths"
            )
        if token.kind == TOKEN_WHITESPACE:
            continue
        if token.kind == before == TOKEN_UNION:
            raise LocationError("a path is missing")
        if before == TOKEN_ROOT and token.kind in (TOKEN_NAME, TOKEN_WILD):
            raise LocationError("a dot is missing behind $")
        before = token.kind
    if before == TOKEN_UNION:
        raise LocationError("a path is missing")


def _check_selectors(path: JSONPath) -> None:
    selectors: Sequence[Any] = [one for segment in path.segments for one in segment.selectors]
    for selector in selectors:
        if isinstance(selector, IndexSelector):
            if selector.index < 0:
                raise LocationError(f"the index {selector.index} is negative")
        elif not isinstance(selector, NameSelector | WildcardSelector):
            raise LocationError(f"[{selector}] is neither a name in quotes, an index nor *")
    descents = sum(segment.token.kind == TOKEN_DDOT for segment in path.segments)
    if descents > MOST_DESCENTS:
        raise LocationError(f"it has over {MOST_DESCENTS} steps to any depth (..)")
