"""The parts of a student's result: total, dimensions, and indicators down to the evidence."""

from typing import Any

from api.ui import formats
from api.ui.layout import Card, Tag, evidence_link
from api.ui.pages.scheme_parts import normalisation_text
from api.ui.parts import KeyFigures
from api.ui.portrait import Portrait, as_of
from api.ui.session import Visit
from api.ui.table import Cell, Column, DataTable, Row, cell
from api.ui.words import Words

Told = dict[str, Any]


class ResultFigures(KeyFigures):
    """A student's total, what it is made of, and how sure it is."""

    PREFIX = "result"
    KEYS = ("total", "level", "interval", "process", "outcome", "completeness", "change")

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures of a result."""
        words, total, kinds = self.words, portrait["total"], portrait["kinds"]
        return {
            "total": score_text(total["score"], words),
            "level": level_text(portrait, total["level"], words),
            "interval": interval_text(total, words),
            **{kind: score_text(kinds[kind]["score"], words) for kind in ("process", "outcome")},
            "completeness": formats.percent(total["completeness"]),
            "change": change_text(total["change"], words),
        }


class Explanation:
    """The result in sentences."""

    def __init__(self, visit: Visit) -> None:
        self._words = visit.words
        with Card(visit.words, visit.words("result.explanation"), classes="xj-wide"):
            self._list = Tag("ul", classes="xj-sentences")

    def show(self, portrait: Portrait) -> None:
        """Show the sentences of a result."""
        self._list.clear()
        with self._list:
            for sentence in portrait["explanation"]:
                Tag("li", self._words.of(sentence))


class Dimensions:
    """The score of each dimension, with level, completeness and change."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("result.dimensions")
        card = Card(words, title, words("result.help"), "xj-result-card xj-wide")
        with card:
            self._table = dimensions_table(words)
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the dimensions of a result."""
        self._table.show(
            dimension_row(portrait, one, self._words) for one in portrait["dimensions"]
        )
        self._aside.text = f"{self._words('result.unit')} · {as_of(self._visit, portrait)}"


class Indicators:
    """Each dimension's indicators: from the figure to the score, down to the evidence."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._words = visit.words
        self._whole = Tag("div", classes="xj-wide xj-indicators")
        self._tables: dict[str, DataTable] = {}

    def show(self, portrait: Portrait) -> None:
        """Show the indicators of a result."""
        if list(self._tables) != [one["id"] for one in portrait["dimensions"]]:
            self._whole.clear()
            with self._whole:
                self._tables = {one["id"]: self._made(one) for one in portrait["dimensions"]}
        for one in portrait["dimensions"]:
            self._tables[one["id"]].show(self._row(portrait, each) for each in one["indicators"])

    def _made(self, dimension: Told) -> DataTable:
        words = self._words
        title = words.of(dimension["title"])
        with Card(words, title, classes="xj-indicators-card") as card:
            card.section.attribute("data-dimension", dimension["id"])
            card.aside.text = words("result.weight.of", weight=f"{dimension['weight']:g}")
            return DataTable(
                words,
                words("result.indicators.caption", dimension=title),
                [
                    Column("indicator", words("result.indicator")),
                    Column("score", words("result.score"), "interval"),
                    Column("level", words("result.level")),
                    Column("figure", words("result.figure"), "number"),
                    Column("points", words("result.points"), "number"),
                    Column("change", words("result.change"), "number"),
                    Column("evidence", words("evidence.title"), "number"),
                ],
                export=title,
            )

    def _row(self, portrait: Portrait, one: Told) -> Row:
        words = self._words
        kind = [words(f"result.{one['kind']}"), words(f"result.{one['source']}")]
        if one["phase"]:
            kind.append(words(f"phase.{one['phase']}"))
        missing = one["missing"] and words.of(one["missing"])
        kind += [missing] if missing else []
        points = words("nothing")
        if one["points"] is not None:
            numbers = {"points": f"{one['points']:.1f}", "of": f"{one['of_points']:.1f}"}
            points = words("result.points.of", **numbers)
        return {
            "id": one["id"],
            "indicator": cell(words.of(one["title"]), note=" · ".join(kind)),
            "score": cell(words("nothing"), label=missing) if missing else score_cell(one, words),
            "level": cell(level_text(portrait, one["level"], words)),
            "figure": cell(figure_text(one, words), note=normalisation_text(one, words)),
            "points": cell(points),
            "change": cell(change_text(one["change"], words)),
            "evidence": self._evidence(one),
        }

    def _evidence(self, one: Told) -> Cell:
        words, evidence = self._words, one["evidence"]
        if "documents" in evidence:  # which are read with scopes that no role has
            return cell(words("result.documents", n=formats.count(evidence["documents"])))
        n = formats.count(evidence["facts"])
        return cell(n, href=evidence_link(evidence), label=words("evidence.count", n=n))


def dimensions_table(words: Words) -> DataTable:
    """Make the table of a student's dimensions."""
    title = words("result.dimensions")
    return DataTable(
        words,
        title,
        [
            Column("dimension", words("result.dimension")),
            Column("score", words("result.score"), "interval"),
            Column("level", words("result.level")),
            Column("weight", words("result.weight"), "number"),
            Column("completeness", words("result.completeness"), "number"),
            Column("change", words("result.change"), "number"),
        ],
        export=title,
    )


def dimension_row(portrait: Portrait, one: Told, words: Words) -> Row:
    """Give the row of a dimension."""
    return {
        "id": one["id"],
        "dimension": cell(words.of(one["title"])),
        "score": score_cell(one, words),
        "level": cell(level_text(portrait, one["level"], words)),
        "weight": cell(formats.percent(one["weight"] / 100)),
        "completeness": cell(formats.percent(one["completeness"])),
        "change": cell(change_text(one["change"], words)),
    }


def score_text(score: float | None, words: Words) -> str:
    """Write a score of 0..100; a dash where there isn't enough evidence for one."""
    return words("nothing") if score is None else f"{score:.1f}"


def change_text(change: float | None, words: Words) -> str:
    """Write by how many points a score has changed."""
    return words("nothing") if change is None else f"{change:+.1f}"


def level_text(portrait: Portrait, level: str | None, words: Words) -> str:
    """Name a level of the scheme: its id, and what it is called where that says more."""
    for one in portrait["levels"]:
        if one["id"] == level:
            title = words.of(one["title"])
            return title if title == level else f"{level} {title}"
    return words("nothing")


def interval_text(told: Told, words: Words) -> str:
    """Write the 95 % interval of a score."""
    if told["low"] is None:
        return words("nothing")
    return f"{told['low']:.1f}–{told['high']:.1f}"


def score_cell(told: Told, words: Words, name: str = "score") -> Cell:
    """Make a cell of a score or mean with its interval on a track of 0..100."""
    score = told[name]
    if score is None:
        return cell(words("nothing"), label=words("not_enough"))
    low, high = (told["low"], told["high"]) if told["low"] is not None else (score, score)
    text = score_text(score, words)
    label = words("result.interval.said", score=text, low=f"{low:.1f}", high=f"{high:.1f}")
    return cell(text, score, low=low / 100, value=score / 100, high=high / 100, label=label)


def figure_text(one: Told, words: Words) -> str:
    """Write the figure that an indicator measures, in its own unit."""
    value, measure = one["figure"]["value"], one["measure"]
    if value is None:
        return words("nothing")
    if measure["of"] == "duration":
        return formats.length(value, words)
    if measure["figure"] in ("share", "mean"):
        return formats.percent(value)
    return words(f"result.figure.{measure['figure']}", n=formats.count(round(value)))
