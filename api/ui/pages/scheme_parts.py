"""The parts of a scheme's page: what it judges by, its levels, what it overrides, its document."""

from collections.abc import Mapping
from typing import Any

from api.ui import formats
from api.ui.layout import Card, Tag, scheme_link
from api.ui.portrait import Portrait, as_of
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell
from api.ui.words import Words
from projections.vocabulary import ACTIONS, LAYERS, SUBJECTS, Action, Term

Told = dict[str, Any]

TERMS: dict[str, Mapping[str, Term] | Mapping[str, Action]] = {
    "actions": ACTIONS,
    "subjects": SUBJECTS,
    "layers": LAYERS,
}


class Faults:
    """Why a scheme can't be put together: each fault by its line, with what to do."""

    def __init__(self, visit: Visit) -> None:
        self._words = visit.words
        self._box = Tag("div", classes="xj-wide")

    def show(self, portrait: Portrait) -> None:
        """Show the faults of a scheme, if it has any."""
        self._box.set_visibility(bool(portrait["faults"]))
        self._box.clear()
        with self._box:
            Tag("p", self._words("scheme.faulty"), "xj-notice", role="alert")
            list_faults(portrait["faults"], self._words)


def origin_text(scheme: Told, words: Words) -> str:
    """Say where a scheme comes from: shipped, published for all, or a school's own."""
    if scheme["school"]:
        return words("scheme.own", school=scheme["school_name"])
    return words(f"scheme.{scheme['origin']}")


def list_faults(faults: list[Told], words: Words) -> None:
    """List faults: line and column, the path, the rule, the suggestion."""
    with Tag("ol", classes="xj-faults"):
        for fault in faults:
            with Tag("li", data_line=str(fault["line"])):
                place = words("scheme.place", line=fault["line"], column=fault["column"])
                Tag("strong", place)
                if fault["path"]:
                    Tag("code", fault["path"])
                Tag("span", words.of(fault["rule"]))
                if fault["value"]:
                    Tag("code", fault["value"])
                if fault["suggestion"]:
                    Tag("span", f"→ {words.of(fault['suggestion'])}", "xj-suggestion")


class Indicators:
    """Every indicator: what it measures, how that becomes a score, and what it weighs."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("scheme.indicators")
        self._card = Card(
            words, title, words("scheme.help"), "xj-scheme-card xj-means-card xj-wide"
        )
        with self._card:
            self._table = DataTable(
                words,
                title,
                [
                    Column("indicator", words("result.indicator")),
                    Column("weight", words("result.weight"), "number"),
                    Column("kind", words("group.kind")),
                    Column("measure", words("scheme.measure")),
                    Column("score", words("scheme.score")),
                    Column("minimum", words("scheme.minimum"), "number"),
                ],
                export=title,
            )

    def show(self, portrait: Portrait) -> None:
        """Show the indicators of a scheme."""
        scheme = portrait["scheme"]
        self._card.section.set_visibility(scheme is not None)
        self._card.aside.text = as_of(self._visit, portrait)
        rows = []
        for one in scheme["dimensions"] if scheme else ():
            rows.append(self._dimension(one))
            rows += [self._indicator(one["id"], each) for each in one["indicators"]]
        self._table.show(rows)

    def _dimension(self, one: Told) -> Row:
        words = self._words
        note = words.of(one["description"]) if one.get("description") else ""
        return {
            "id": one["id"],
            "indicator": cell(words.of(one["title"]), note=note),
            "weight": cell(f"{one['weight']:g}%"),
            "kind": cell(words("result.dimension")),
            **dict.fromkeys(("measure", "score"), cell("")),
            "minimum": cell(words("nothing")),
        }

    def _indicator(self, dimension: str, one: Told) -> Row:
        words = self._words
        note = words.of(one["description"]) if one.get("description") else ""
        return {
            "id": f"{dimension}.{one['id']}",
            "indicator": cell(words.of(one["title"]), note=note),
            "weight": cell(f"{one['weight']:g}%"),
            "kind": cell(f"{words('result.' + one['kind'])} · {words('result.' + one['source'])}"),
            "measure": cell(measure_text(one["measure"], words)),
            "score": cell(normalisation_text(one, words)),
            "minimum": cell(formats.count(one.get("minimum", 1))),
        }


class Levels:
    """From which score on there is which level."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        with Card(words, words("scheme.levels")) as self._card:
            self._list = Tag("ul", classes="xj-dimensions")

    def show(self, portrait: Portrait) -> None:
        """Show the levels of a scheme."""
        scheme = portrait["scheme"]
        self._card.section.set_visibility(scheme is not None)
        self._list.clear()
        with self._list:
            for one in scheme["levels"] if scheme else ():
                with Tag("li"):
                    Tag("span", self._words.of(one["title"]))
                    Tag("strong", one["id"])
                    least = self._words("scheme.at_least", score=f"{one['at_least']:g}")
                    Tag("small", least, "xj-note")


class Versions:
    """What was published when."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("scheme.versions")) as card:
            self._empty = Tag("p", words("scheme.never"), "xj-empty")
            self._list = Tag("ol", classes="xj-teaching")
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the versions of a scheme."""
        words, versions = self._words, portrait["versions"]
        self._empty.set_visibility(not versions)
        self._aside.text = words("scheme.versions.n", n=len(versions))
        self._list.clear()
        with self._list:
            for one in reversed(versions):
                with Tag("li"):
                    time = formats.moment(one["published"], self._visit.timezone)
                    Tag("small", time, "xj-note")
                    if one["withdrawn"]:
                        Tag("span", words("scheme.withdrawn", version=one["version"]))
                        continue
                    named = words("scheme.version", version=one["version"])
                    Tag("a", named, href=scheme_link(portrait["id"], str(one["version"])))


class Overrides:
    """What a scheme says otherwise than the one that it extends."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("scheme.overrides")
        with Card(words, title, classes="xj-overrides-card xj-wide") as self._card:
            self._table = DataTable(
                words,
                title,
                [
                    Column("path", words("scheme.path")),
                    Column("change", words("scheme.change")),
                    Column("before", words("scheme.before")),
                    Column("after", words("scheme.after")),
                    Column("by", words("scheme.by")),
                ],
                export=title,
            )

    def show(self, portrait: Portrait) -> None:
        """Show what a scheme overrides."""
        overrides, titles = portrait["overrides"], _titles(portrait["scheme"], self._words)
        for one in overrides:  # what is left out has its title in what stood there before
            titles.setdefault(one["path"], _title(one.get("before"), self._words))
        self._card.section.set_visibility(bool(overrides))
        self._table.show(
            {
                "id": f"{place}",
                "path": cell(place_named(one["path"], titles, self._words), note=one["path"]),
                "change": cell(self._words(f"scheme.change.{one['change'].replace(' ', '_')}")),
                "before": cell(_short(one.get("before"), self._words)),
                "after": cell(_short(one.get("after"), self._words)),
                "by": cell(one["by"]),
            }
            for place, one in enumerate(overrides)
        )


class Document:
    """The document as it was published."""

    def __init__(self, visit: Visit) -> None:
        with Card(visit.words, visit.words("scheme.document"), classes="xj-wide xj-first-steps"):
            self._text = Tag("pre", tabindex="0", role="region")
            self._text.attribute("aria-label", visit.words("scheme.document"))

    def show(self, portrait: Portrait) -> None:
        """Show the document of a scheme."""
        self._text.text = portrait["text"]


def measure_text(measure: Told, words: Words) -> str:
    """Say what is measured: which figure, over what, of which phase, and no more than how many."""
    figure = words(f"measure.{measure['figure']}")
    if measure.get("of"):
        figure = words("measure.figure.of", figure=figure, of=words(f"measure.of.{measure['of']}"))
    told = [words(f"measure.over.{measure['over']}"), figure]
    if measure.get("phase"):
        told.append(words(f"phase.{measure['phase']}"))
    for name, values in measure["where"].items():
        if values:
            told.append(words.listed(_called(name, one, words) for one in values))
    if measure.get("at_most"):
        each = words(f"measure.each.{measure['at_most']['each']}")
        told.append(words("measure.at_most", each=each, n=measure["at_most"]["count"]))
    return " · ".join(told)


def _called(name: str, value: str, words: Words) -> str:
    if name in TERMS:
        return words.term(TERMS[name], value)
    return value.rstrip("/#").replace("#", "/").rpartition("/")[2] or value  # of ids, the end


def normalisation_text(indicator: Told, words: Words) -> str:
    """Say how an indicator's figure becomes a score: from what to what, or among whom."""
    by, measure = indicator["normalisation"], indicator["measure"]
    if by["by"] != "criterion":
        return words(f"result.by.{by['by']}")
    zero, full = (_figure_text(by[end], measure, words) for end in ("zero", "full"))
    return words("result.by.criterion", zero=zero, full=full)


def _figure_text(value: float, measure: Told, words: Words) -> str:
    if measure.get("of") == "duration":
        return formats.length(value, words)
    if measure["figure"] in ("share", "mean"):
        return formats.percent(value)
    return f"{value:g}"


def _short(value: Any, words: Words) -> str:
    """Write what a document says at a place, in one line: of a whole part, what it is called."""
    if value is None:
        return words("nothing")
    if title := _title(value, words):
        parts = [_title(one, words) for one in value.get("indicators") or ()]
        named = words("scheme.parts", title=title, parts=words.listed(parts)) if parts else title
        weight = value.get("weight")
        whose = "" if weight is None else words("result.weight.of", weight=f"{weight:g}")
        return " · ".join(one for one in (named, whose) if one)
    if isinstance(value, dict):
        return words.clauses(f"{key}: {_short(each, words)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return words.listed(_short(each, words) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _title(value: Any, words: Words) -> str:
    title = value.get("title") if isinstance(value, dict) else None
    return str(words.of(title) if isinstance(title, dict) else title or "")


def _titles(scheme: Told | None, words: Words) -> dict[str, str]:
    """Give what dimensions, indicators and levels are called, by their paths in the document."""
    titles = {}
    for one in scheme["dimensions"] if scheme else ():
        path = f"dimensions.{one['id']}"
        titles[path] = _title(one, words)
        titles |= {
            f"{path}.indicators.{each['id']}": _title(each, words) for each in one["indicators"]
        }
    titles |= {
        f"levels.{one['id']}": _title(one, words) for one in (scheme or {}).get("levels", ())
    }
    return titles


def place_named(path: str, titles: Mapping[str, str], words: Words) -> str:
    """Say what a path of a scheme's document leads to, in the titles of its parts."""
    names, steps = list[str](), path.split(".")
    known = 0
    for end in range(1, len(steps) + 1):
        if title := titles.get(".".join(steps[:end])):
            names.append(title)
            known = end
    rest = [words.known(f"scheme.key.{step}", step) for step in steps[known:]]
    return " › ".join([*names, *rest])
