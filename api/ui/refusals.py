"""Refusals as pages say them: in their language, with what the server itself says beside."""

from typing import Final

from api.errors import ApiError
from api.scheme_publishing import SchemeNotOwn, SchemesBroken
from api.ui.layout import Tag
from api.ui.words import CHINESE, Words
from projections.evaluation.scheme_faults import SchemeFaulty, UnknownScheme

# What has no status of the API, and the end of a key of words for each.
_KINDS: Final[dict[type[Exception], str]] = {
    SchemesBroken: "scheme_extended",
    SchemeNotOwn: "scheme_not_own",
    SchemeFaulty: "scheme_faulty",
    UnknownScheme: "no_scheme",
    TimeoutError: "took_long",
}
# What is said as a refusal; anything else is a fault of the server's.
REFUSALS: Final[tuple[type[Exception], ...]] = (ApiError, *_KINDS)


def refusal_said(error: Exception, words: Words) -> tuple[str, str]:
    """Say why something was refused, and what the server says itself, where that is another text.

    Its sentences are English: on English pages they are said as they are.
    """
    told = error.message if isinstance(error, ApiError) else str(error)
    if words.language != CHINESE and told:
        return told, ""
    known = error.refusal if isinstance(error, ApiError) else _KINDS.get(type(error), "")
    status = error.status if isinstance(error, ApiError) else 400
    general = words.known(f"refused.{status}", words("refused.unknown"))
    return words.known(f"refused.{known}", general), told


class Notice:
    """A line that says how something went; what the server says itself stands small beneath it."""

    def __init__(self) -> None:
        with Tag("div", classes="xj-notice", role="status") as self._box:
            self._text = Tag("p")
            self._detail = Tag("small", lang="en")
        self._box.set_visibility(False)

    def show(self, text: str, detail: str = "", *, is_fault: bool = False) -> None:
        """Say it, in place of what was said before; nothing where there is no text."""
        self._box.attribute("role", "alert" if is_fault else "status")
        self._text.text, self._detail.text = text, detail
        self._detail.set_visibility(bool(detail))
        self._box.set_visibility(bool(text))
