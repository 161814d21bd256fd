"""Two schemes side by side: what each weighs, and which indicators they don't have in common."""

from typing import Any

from nicegui import ui

from api.ui.filters import Choice
from api.ui.layout import Card, Tag, comparison_of_schemes, message, page, scheme_link
from api.ui.live import PAGE_SECONDS
from api.ui.once import asked_once
from api.ui.pages.scheme_parts import measure_text, normalisation_text
from api.ui.permission import is_permitted
from api.ui.session import Visit, Visitor
from api.ui.table import Column, DataTable, Row, cell

Told = dict[str, Any]


@ui.page("/evaluations/schemes/{name}/comparison", response_timeout=PAGE_SECONDS)
async def scheme_comparison_page(visit: Visitor, name: str, other: str = "") -> None:
    """Compare a scheme with another one: the one that is named, or that it extends, or any."""
    words, evaluations = visit.words, visit.evaluations
    with page(words, words("compare.title"), comparison_of_schemes(name, other), visit):
        if not await is_permitted(visit, evaluations.permit_schemes()):
            return
        for answer in await asked_once(visit, evaluations.schemes()):
            await _compare(visit, name, other, answer["schemes"])


async def _compare(visit: Visit, name: str, other: str, listed: list[Told]) -> None:
    words, evaluations = visit.words, visit.evaluations
    whole = {one["id"]: one for one in listed if not one["faults"]}
    first = whole.get(name)
    others = [one for one in whole if one != name]
    chosen = other or (first and first["extends"]) or next(iter(others), "")
    if first is None or chosen not in others:
        missing = name if first is None else chosen
        message(words("scheme.none"), words("result.no_scheme", scheme=missing))
        return
    Tag("a", f"‹ {words('back_to_scheme')}", "xj-back", href=scheme_link(name))
    titles = {one: words.of(whole[one]["title"]) for one in others}
    with Tag("div", classes="xj-title"), Tag("div"):
        Tag("h1", words("compare.title"))
        with Choice(words, comparison_of_schemes(name)) as choice:
            choice.one_of("other", titles, chosen)
    sides = [await evaluations.scheme(one) for one in (name, chosen)]
    compared_schemes(visit, [side["scheme"] for side in sides if side])


def compared_schemes(visit: Visit, schemes: list[Told]) -> None:
    """Show a row for each dimension and indicator that either of two schemes has."""
    words = visit.words
    titles = [words.of(one["title"]) for one in schemes]
    title = words("compare.of", one=titles[0], other=titles[1])
    with Card(words, title, words("compare.help"), "xj-compare-card xj-means-card"):
        table = DataTable(
            words,
            title,
            [
                Column("indicator", words("result.indicator")),
                Column("one", titles[0], "number"),
                Column("other", titles[1], "number"),
                Column("difference", words("compare.difference")),
            ],
            export=title,
        )
        sides = [_parts(one) for one in schemes]
        names = list(sides[0]) + [name for name in sides[1] if name not in sides[0]]
        ordered = sorted(names, key=lambda name: _order(name, names))
        table.show(_row(visit, name, sides) for name in ordered)


def _parts(scheme: Told) -> dict[str, Told]:
    """Give dimensions and indicators by their ids, ``dimension.indicator`` for the latter."""
    parts = {}
    for one in scheme["dimensions"]:
        parts[one["id"]] = one
        parts |= {f"{one['id']}.{each['id']}": each for each in one["indicators"]}
    return parts


def _order(name: str, names: list[str]) -> tuple[int, int]:
    """Keep indicators behind their dimension, whichever scheme has them."""
    dimension = name.partition(".")[0]
    place = names.index(dimension) if dimension in names else names.index(name)
    return place, names.index(name) if name != dimension else -1


def _row(visit: Visit, name: str, sides: list[dict[str, Told]]) -> Row:
    words = visit.words
    parts = [side.get(name) for side in sides]
    there = next(part for part in parts if part is not None)
    weights = [cell(words("nothing") if one is None else f"{one['weight']:g}%") for one in parts]
    return {
        "id": name,
        "indicator": cell(words.of(there["title"])),
        "one": weights[0],
        "other": weights[1],
        "difference": cell(visit.words.clauses(_differences(visit, parts))),
    }


def _differences(visit: Visit, parts: list[Told | None]) -> list[str]:
    words, (one, other) = visit.words, parts
    if one is None:
        return [words("compare.only_other")]
    if other is None:
        return [words("compare.only_one")]
    told = []
    if one["weight"] != other["weight"]:
        told.append(words("compare.weight", by=f"{other['weight'] - one['weight']:+g}"))
    if "measure" not in one:
        return told
    if one["measure"] != other["measure"]:
        before, after = (measure_text(part["measure"], words) for part in (one, other))
        told.append(words("compare.changed", before=before, after=after))
    if one["normalisation"] != other["normalisation"]:
        before, after = (normalisation_text(part, words) for part in (one, other))
        told.append(words("compare.changed", before=before, after=after))
    for key in ("kind", "source"):
        if one[key] != other[key]:
            before, after = (words(f"result.{part[key]}") for part in (one, other))
            told.append(words("compare.changed", before=before, after=after))
    if one["minimum"] != other["minimum"]:
        told.append(words("compare.minimum", before=one["minimum"], after=other["minimum"]))
    return told
