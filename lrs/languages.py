"""Which language of a language map is shown: Accept-Language applied to each map on its own.

RFC 9110, 12.5.4 (RFC 2616, 14.4, as xAPI cites it) with the matching of RFC 4647.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

_ANY: Final = "*"
_REFUSED: Final = ";q=0"
# How Chinese is written where a tag names a region and no script; without either, as in hans.
_WRITTEN_HANT: Final = ("tw", "hk", "mo")
_weight: Final = re.compile(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)").fullmatch


def accepted_languages(header: str) -> list[str]:
    """Read an Accept-Language header: ranges in lower case, best first.

    Those that are not acceptable stand last, as ``de;q=0``; what has no right weight is left out.
    """
    weighted: list[tuple[float, str]] = []
    for part in header.lower().split(","):
        language_range, _, parameter = (text.strip() for text in part.partition(";"))
        weight = _weight(parameter or "q=1")
        if language_range and weight:
            quality = float(weight[1])
            mark = "" if quality > 0 else _REFUSED
            weighted.append((-quality, language_range + mark))
    return [language_range for _, language_range in sorted(weighted, key=lambda pair: pair[0])]


def choose_language(tags: Sequence[str], accepted: Sequence[str]) -> str:
    """Choose one of a language map's tags; `accepted` as `accepted_languages` gives it.

    The first range that something matches decides. Where none does, a tag of the same language is
    better than another, then ``und``, then the first one: a map is never left without a text.
    """
    wanted = [one for one in accepted if not one.endswith(_REFUSED)]
    refused = [one.removesuffix(_REFUSED) for one in accepted if one.endswith(_REFUSED)]
    allowed = {tag.lower(): tag for tag in tags if not _is_refused(tag.lower(), wanted, refused)}
    allowed = allowed or {tag.lower(): tag for tag in tags}
    named = [one for one in (*wanted, *refused) if one != _ANY]
    for language_range in wanted:
        if language_range == _ANY:
            found = next((tag for tag in allowed if _closeness(tag, named) < 0), None)
        else:
            found = _matching(allowed, language_range)
        if found is not None:
            return allowed[found]
    languages = [language_range.split("-")[0] for language_range in wanted]
    same = (tag for language in languages for tag in allowed if tag.split("-")[0] == language)
    return allowed[next(same, "und" if "und" in allowed else next(iter(allowed)))]


def _matching(tags: Collection[str], language_range: str) -> str | None:
    """Find what a range means: itself, or narrower (filtering), or wider (lookup); RFC 4647, 3."""
    if language_range in tags:
        return language_range
    narrower = (tag for tag in tags if tag.startswith(f"{language_range}-"))
    if (found := next(narrower, None)) is not None:
        return found
    script = _chinese_script(language_range)
    alike = (tag for tag in tags if script is not None and _chinese_script(tag) == script)
    if (found := next(alike, None)) is not None:
        return found
    subtags = language_range.split("-")
    wider = ("-".join(subtags[:length]) for length in range(len(subtags) - 1, 0, -1))
    return next((tag for tag in wider if tag in tags), None)


def _chinese_script(tag: str) -> str | None:
    """Give the script that a tag of Chinese means, None for other languages."""
    language, *subtags = tag.split("-")
    if language not in ("zh", "cmn"):
        return None
    if "hant" in subtags or "hans" in subtags:
        return "hant" if "hant" in subtags else "hans"
    return "hant" if any(region in subtags for region in _WRITTEN_HANT) else "hans"


def _is_refused(tag: str, wanted: Sequence[str], refused: Sequence[str]) -> bool:
    """Tell whether the closest range to a tag is one that is not acceptable."""
    return _closeness(tag, refused) > _closeness(tag, wanted)


def _closeness(tag: str, ranges: Sequence[str]) -> int:
    """Measure the longest range that a tag falls under; -1 for none, 0 for the one of all."""
    found = -1
    for language_range in ranges:
        if language_range == _ANY:
            found = max(found, 0)
        elif tag == language_range or tag.startswith(f"{language_range}-"):
            found = max(found, len(language_range))
    return found
