"""What is wrong with an evaluation scheme: every fault by line, path, rule, value, suggestion."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from projections.evaluation.scheme_words import say
from projections.sentences import Sentence
from projections.yaml_documents import Place

MOST_LISTED: Final = 100
_LONGEST_SHOWN: Final = 100  # characters of what a document says
_CLOSE: Final = 0.6  # of difflib's ratio


class SchemeFault(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that a scheme doesn't keep, and where; ``path`` is such as dimensions.sport.weight.

    ``scheme`` names the document, which may be one that is extended; line and column count from 1.
    """

    scheme: str
    line: int
    column: int
    path: str
    rule: Sentence
    value: str = ""
    suggestion: Sentence | None = None

    def __str__(self) -> str:
        where = " ".join(filter(None, (f"{self.scheme}:{self.line}:{self.column}", self.path)))
        found = f"; found {self.value}" if self.value else ""
        suggested = f" ({self.suggestion.en})" if self.suggestion else ""
        return f"{where}: {self.rule.en}{found}{suggested}"

    @property
    def zh(self) -> str:
        """The rule and the suggestion in Chinese."""
        return self.rule.zh + (f"（{self.suggestion.zh}）" if self.suggestion else "")


class SchemeFaulty(ValueError):
    """A scheme has faults: ``faults`` the first of them, in order, ``count`` how many."""

    def __init__(self, faults: Sequence[SchemeFault]) -> None:
        more = f" ({len(faults)} faults in all)" if len(faults) > 1 else ""
        super().__init__(f"{faults[0]}{more}")
        self.faults = tuple(faults[:MOST_LISTED])
        self.count = len(faults)


class UnknownScheme(LookupError):
    """There is no scheme of this id."""


def fault_at(
    place: Place, path: str, rule: Sentence, value: Any = "", suggestion: Sentence | None = None
) -> SchemeFault:
    """Make a fault of what stands at a place; long texts are cut."""
    return SchemeFault(
        scheme=_cut(place.document),
        line=place.line,
        column=place.column,
        path=_cut(path),
        rule=rule,
        value=_cut(str(value)),
        suggestion=suggestion,
    )


def did_you_mean(word: str, known: Iterable[str], close: float = _CLOSE) -> Sentence | None:
    """Suggest the known word that is closest to another; None where none is close."""
    found = difflib.get_close_matches(word[:_LONGEST_SHOWN], list(known), n=1, cutoff=close)
    return say("did_you_mean", word=found[0]) if found else None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
