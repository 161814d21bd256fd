"""Reading a scheme's document: every key and value is checked, and all faults are told at once."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from projections.evaluation.scheme_faults import SchemeFault, did_you_mean, fault_at
from projections.evaluation.scheme_words import say
from projections.evaluation.schemes import (
    DOCUMENT_KINDS,
    EACH,
    FIGURES,
    KINDS,
    NORMALISATIONS,
    RATERS,
    SOURCES,
    Over,
    Scheme,
)
from projections.sentences import Sentence
from projections.vocabulary import ACTIONS, LAYERS, PHASES, SUBJECTS, Term
from projections.yaml_documents import Entry, Node, Place, is_iri

T = TypeVar("T")
Fields = dict[str, Any]
Entries = Mapping[str, Entry]

MOST_DIMENSIONS: Final = 30
MOST_INDICATORS: Final = 100  # of a dimension
MOST_LEVELS: Final = 20
MOST_NAMED: Final = 200  # values of one condition
LONGEST_TITLE: Final = 200  # characters
LONGEST_DESCRIPTION: Final = 2_000
LONGEST_NAME: Final = 2_000  # of an activity, an app, a school
MOST_COUNTED: Final = 1_000_000
_TOLERANCE: Final = 0.001  # of a sum of weights: a third is written 33.333
_ID: Final = re.compile(r"[\w-]{1,64}")
# Control characters but tabs and line feeds, and separators that YAML reads as other characters.
_UNPRINTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_TYPING_ERROR: Final = 0.8  # how close a word has to be to a code, to count as a slip of it

SCHEME_KEYS: Final = (
    *("scheme", "school", "title", "description", "extends", "levels", "dimensions"),
)
LEVEL_KEYS: Final = ("id", "title", "at_least")
DIMENSION_KEYS: Final = ("id", "title", "description", "weight", "indicators")
INDICATOR_KEYS: Final = (
    *("id", "title", "description", "kind", "source", "phase"),
    *("measure", "normalisation", "weight", "minimum"),
)
MEASURE_KEYS: Final = ("over", "figure", "of", "where", "at_most")
# By what a measure is over, which conditions it knows.
CONDITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "facts": (
        *("actions", "subjects", "knowledge_points", "lessons", "courses", "items"),
        *("part_of", "apps", "layers"),
    ),
    "ratings": (
        *("raters", "subjects", "knowledge_points", "lessons", "courses", "items"),
        *("part_of", "apps", "layers"),
    ),
    "mastery": ("subjects", "knowledge_points"),
    "mistakes": ("subjects", "knowledge_points", "apps", "layers"),
    "documents": ("apps", "kinds", "activities", "ids"),
}
_IN_TIME: Final = ("facts", "ratings")  # what has a phase, and can be bounded
_UNBOUNDED: Final = ("count", "sum")  # figures that one action can raise without end
_UNKNOWN: Final = say("unknown")
_NOT_A_KEY: Final = say("not_a_key")
_COMPARING: Final = ("cohort-z", "min-max")  # where one's figure moves the score of others


def read_scheme(
    root: Node, *, is_partial: bool = False, hints: Mapping[str, Sentence] | None = None
) -> tuple[Fields, list[SchemeFault]]:
    """Read a document: what it says in the form of ``schemes.Scheme``, and all its faults.

    Of a partial one (it extends another) nothing is asked that the other may say. ``hints`` are
    suggestions for what is missing, by path. Without faults, ``made`` makes a whole one a scheme.
    """
    reader = _Reader(is_partial, hints or {})
    return reader.scheme(root), reader.faults


def is_scheme_id(text: str) -> bool:
    """Tell whether a text can be the id of a scheme, or of a part of one."""
    return _ID.fullmatch(text) is not None


def made(fields: Fields) -> Scheme:
    """Make a scheme of what was read of a whole document without faults."""
    return msgspec.convert(fields, Scheme)


class _Reader:
    """Reads one document and collects its faults."""

    def __init__(self, is_partial: bool, hints: Mapping[str, Sentence]) -> None:
        self._is_partial, self._hints = is_partial, hints
        self._indicators: dict[str, str] = {}  # id to the path where it stands
        self.faults: list[SchemeFault] = []

    # What a scheme is made of -------------------------------------------------------------------

    def scheme(self, root: Node) -> Fields:
        needed = ("scheme", "title", *(() if self._is_partial else ("levels", "dimensions")))
        table = self._table(root, "", SCHEME_KEYS, needed)
        return _known(
            id=self._take(table, "", "scheme", self._id),
            school=self._take(table, "", "school", self._text(LONGEST_NAME)),
            title=self._take(table, "", "title", self._title),
            description=self._take(table, "", "description", self._description),
            extends=self._take(table, "", "extends", self._extends),
            levels=self._take(table, "", "levels", self._levels),
            dimensions=self._take(table, "", "dimensions", self._dimensions),
        )

    def _levels(self, node: Node, path: str) -> list[Fields]:
        levels: list[Fields] = []
        for each, here in self._items(node, path, MOST_LEVELS):
            table = self._table(each, here, LEVEL_KEYS, LEVEL_KEYS)
            level = _known(
                id=self._take(table, here, "id", self._id),
                title=self._take(table, here, "title", self._title),
                at_least=self._take(table, here, "at_least", self._number(0, 100)),
            )
            at_least, before = level.get("at_least"), levels[-1].get("at_least") if levels else None
            if at_least is not None and before is not None and at_least >= before:
                rule = say("levels.fall", before=f"{before:g}")
                self._fault(table["at_least"].node, f"{here}.at_least", rule)
            levels.append(level)
        if levels and levels[-1].get("at_least"):
            self._fault(node, path, say("levels.last"), levels[-1]["at_least"])
        return levels

    def _dimensions(self, node: Node, path: str) -> list[Fields]:
        needed = ("id",) if self._is_partial else ("id", "title", "weight", "indicators")
        dimensions = []
        for each, here in self._items(node, path, MOST_DIMENSIONS):
            table = self._table(each, here, DIMENSION_KEYS, needed)
            dimensions.append(
                _known(
                    id=self._take(table, here, "id", self._id),
                    title=self._take(table, here, "title", self._title),
                    description=self._take(table, here, "description", self._description),
                    weight=self._take(table, here, "weight", self._weight),
                    indicators=self._take(table, here, "indicators", self._indicators_of),
                )
            )
        self._sum(node, path, dimensions)
        return dimensions

    def _indicators_of(self, node: Node, path: str) -> list[Fields]:
        indicators = []
        for each, here in self._items(node, path, MOST_INDICATORS):
            indicator = self._indicator(each, here)
            name = indicator.get("id", "")
            first = self._indicators.setdefault(name, here) if name else here
            if first != here:
                self._fault(each, here, say("indicator.id", first=first), name)
            indicators.append(indicator)
        self._sum(node, path, indicators)
        return indicators

    def _indicator(self, node: Node, path: str) -> Fields:
        optional = ("description", "phase", "minimum")
        needed = ("id",) if self._is_partial else set(INDICATOR_KEYS) - set(optional)
        table = self._table(node, path, INDICATOR_KEYS, needed)
        measure = self._take(table, path, "measure", self._measure)
        normalisation = self._take(table, path, "normalisation", self._normalisation)
        phase = self._take(table, path, "phase", self._one_of(PHASES))
        source = self._take(table, path, "source", self._one_of(SOURCES))
        if measure is not None:
            over = measure.get("over", "")
            if phase and over and over not in _IN_TIME:
                self._fault(table["phase"].node, f"{path}.phase", say("phase", over=over))
            if source:
                self._source(table["source"].node, f"{path}.source", over)
            if normalisation is not None:
                here = f"{path}.normalisation"
                self._fit(table["normalisation"].node, here, measure, normalisation)
            measure |= _known(phase=phase)
        return _known(
            id=self._take(table, path, "id", self._id),
            title=self._take(table, path, "title", self._title),
            description=self._take(table, path, "description", self._description),
            kind=self._take(table, path, "kind", self._one_of(KINDS)),
            source=source,
            measure=measure,
            normalisation=normalisation,
            weight=self._take(table, path, "weight", self._weight),
            minimum=self._take(table, path, "minimum", self._whole(1, MOST_COUNTED)),
        )

    def _source(self, node: Node, path: str, over: str) -> None:
        """Check that a source is what is measured: ratings are judgements, the rest is counted."""
        if over == "ratings" and node.value == "objective":
            self._fault(node, path, say("source.ratings"))
        if over in ("mastery", "mistakes") and node.value == "subjective":
            self._fault(node, path, say("source.counted", over=over))

    def _extends(self, node: Node, path: str) -> tuple[str, ...] | None:
        name = self._id(node, path)
        return None if name is None else (name,)

    # Measures -----------------------------------------------------------------------------------

    def _measure(self, node: Node, path: str) -> Fields:
        table = self._table(node, path, MEASURE_KEYS, ("over", "figure"))
        over: Over | None = self._take(table, path, "over", self._one_of(FIGURES))
        figures: Mapping[Any, tuple[str, ...]] = FIGURES[over] if over else {}
        figure = None
        if over:
            unknown = say("unknown.over", over=over)
            figure = self._take(table, path, "figure", self._one_of(figures, unknown))
        measure = _known(
            over=over,
            figure=figure,
            of=self._of(table, node, path, figure, figures.get(figure, ())) if figure else None,
            where=self._take(table, path, "where", self._where(over)) if over else None,
            at_most=self._take(table, path, "at_most", self._bound),
        )
        if "at_most" in table and over and figure:
            self._check_bound(table["at_most"].node, f"{path}.at_most", over, figure)
        return measure

    def _of(
        self, table: Entries, node: Node, path: str, figure: str, known: tuple[str, ...]
    ) -> str | None:
        if known == ("",):
            if "of" in table:
                self._fault(table["of"].node, f"{path}.of", say("of.nothing", figure=figure))
            return None
        if "of" in table:
            unknown = say("unknown.figure", figure=figure)
            return self._take(table, path, "of", self._one_of(known, unknown))
        if len(known) == 1:
            return known[0]
        rule = say("of.missing", figure=figure, known=", ".join(known))
        self._fault_at(node.place, f"{path}.of", rule)
        return None

    def _where(self, over: str) -> Callable[[Node, str], Fields]:
        def read(node: Node, path: str) -> Fields:
            known = CONDITIONS[over]
            table = self._table(node, path, known, (), say("not_a_key.over", over=over))
            return {key: self._named(table[key].node, f"{path}.{key}", key) for key in table}

        return read

    def _named(self, node: Node, path: str, condition: str) -> list[str]:
        """Read the values of one condition, each a word that there can be."""
        read = self._condition(condition)
        if isinstance(node.value, dict | tuple) or node.value is None:
            nodes = self._list(node, path, MOST_NAMED)
        else:
            self._fault(node, path, say("list"), suggestion=say("in_brackets", value=node))
            return []
        values: list[str] = []
        for index, each in enumerate(nodes):
            value = read(each, f"{path}[{index}]")
            if value is not None and value in values:
                self._fault(each, f"{path}[{index}]", say("twice.value"))
            elif value is not None:
                values.append(value)
        return values

    def _condition(self, condition: str) -> Callable[[Node, str], str | None]:
        match condition:
            case "actions":
                return self._one_of(ACTIONS)
            case "raters":
                return self._one_of(RATERS)
            case "kinds":
                return self._one_of(DOCUMENT_KINDS)
            case "subjects":
                return self._code(SUBJECTS)
            case "layers":
                return self._code(LAYERS)
            case "apps" | "ids":
                return self._text(LONGEST_NAME)
        return self._iri

    def _bound(self, node: Node, path: str) -> Fields:
        table = self._table(node, path, ("each", "count"), ("each", "count"))
        return _known(
            each=self._take(table, path, "each", self._one_of(EACH)),
            count=self._take(table, path, "count", self._whole(1, MOST_COUNTED)),
        )

    def _check_bound(self, node: Node, path: str, over: str, figure: str) -> None:
        if over not in _IN_TIME:
            self._fault(node, path, say("bound.over", over=over))
        elif figure in ("days", "lessons"):
            self._fault(node, path, say("bound.once", figure=figure))

    # Normalisations -----------------------------------------------------------------------------

    def _normalisation(self, node: Node, path: str) -> Fields:
        table = self._table(node, path, ("by", "zero", "full"), ("by",))
        number = self._number(-math.inf, math.inf)
        return _known(
            by=self._take(table, path, "by", self._one_of(NORMALISATIONS)),
            zero=self._take(table, path, "zero", number),
            full=self._take(table, path, "full", number),
        )

    def _fit(self, node: Node, path: str, measure: Fields, normalisation: Fields) -> None:
        """Check that a normalisation fits its measure."""
        by, over, figure = normalisation.get("by"), measure.get("over"), measure.get("figure")
        if not (by and over and figure and isinstance(node.value, dict)):
            return
        if by == "criterion":
            self._ends(node, path, measure, normalisation)
            return
        for key in ("zero", "full"):
            if key in node.value:
                rule = say("ends.none", by=by, key=key)
                self._fault(node.value[key].node, f"{path}.{key}", rule)
        if by in _COMPARING and figure in _UNBOUNDED and over not in ("mastery", "mistakes"):
            if over not in _IN_TIME:
                rule = say("unbounded.kept", by=by, figure=figure, over=over)
                self._fault(node, path, rule, by, say("other_normalisation"))
            elif "at_most" not in measure:
                rule = say("unbounded.repeated", by=by, figure=figure)
                self._fault(node, path, rule, by, say("bound_it"))

    def _ends(self, node: Node, path: str, measure: Fields, normalisation: Fields) -> None:
        """Check that the ends of a criterion are figures that there can be, and differ."""
        if not isinstance(node.value, dict):
            return
        low, high = _scale(measure)
        what = " of ".join(filter(None, (measure["figure"], measure.get("of"))))
        for key in ("zero", "full"):
            value = normalisation.get(key)
            if key not in node.value:
                rule = say("end.missing", score=_SCORES[key])
                self._fault_at(node.place, f"{path}.{key}", rule)
            elif value is not None and not low <= value <= high:
                rule = say("end.range", what=what, low=f"{low:g}", high=f"{high:g}")
                in_hundreds = high == 1 and 1 < value <= 100
                hundredth = say("of_hundred", value=f"{value / 100:g}")
                suggestion = hundredth if in_hundreds else None
                self._fault(node.value[key].node, f"{path}.{key}", rule, value, suggestion)
        zero, full = normalisation.get("zero"), normalisation.get("full")
        if zero is not None and zero == full:
            self._fault(node, path, say("ends.same"), f"{zero:g}")

    # Values -------------------------------------------------------------------------------------

    def _sum(self, node: Node, path: str, parts: list[Fields]) -> None:
        """Check that weights sum to 100, if all are known."""
        weights = {part.get("id"): part.get("weight") for part in parts}
        known = {str(name): weight for name, weight in weights.items() if name and weight}
        if self._is_partial or not parts or len(known) < len(parts):
            return
        total = math.fsum(known.values())
        if abs(total - 100) > _TOLERANCE:
            found = " + ".join(f"{weight:g}" for weight in known.values())
            shares = (f"{name} {weight * 100 / total:.4g}" for name, weight in known.items())
            proportions = say("proportions", shares=", ".join(shares))
            suggestion = proportions if len(known) <= 10 else None
            self._fault(node, path, say("weights.sum"), f"{found} = {total:g}", suggestion)

    def _weight(self, node: Node, path: str) -> float | None:
        weight = self._number(0, 100)(node, path)
        if weight == 0 and not self._is_partial:
            self._fault(node, path, say("weight.none"))
        return weight

    def _title(self, node: Node, path: str) -> Fields:
        return self._in_languages(node, path, LONGEST_TITLE)

    def _description(self, node: Node, path: str) -> Fields:
        return self._in_languages(node, path, LONGEST_DESCRIPTION)

    def _in_languages(self, node: Node, path: str, longest: int) -> Fields:
        table = self._table(node, path, ("zh", "en"), ("zh", "en"))
        return {key: self._take(table, path, key, self._text(longest)) for key in table}

    def _id(self, node: Node, path: str) -> str | None:
        text = self._text(LONGEST_NAME)(node, path)
        if text is not None and not is_scheme_id(text):
            self._fault(node, path, say("id"))
            return None
        return text

    def _text(self, longest: int) -> Callable[[Node, str], str | None]:
        def read(node: Node, path: str) -> str | None:
            if not isinstance(node.value, str):
                is_plain = isinstance(node.value, int | float)
                suggestion = say("in_quotes", value=node) if is_plain else None
                self._fault(node, path, say("text"), suggestion=suggestion)
            elif not node.value.strip():
                self._fault(node, path, say("text.empty"))
            elif _UNPRINTED.search(node.value):
                self._fault(node, path, say("text.control"))
            elif len(node.value) > longest:
                self._fault(node, path, say("text.longest", longest=f"{longest:,}"))
            else:
                return node.value
            return None

        return read

    def _iri(self, node: Node, path: str) -> str | None:
        text = self._text(LONGEST_NAME)(node, path)
        if text is not None and not is_iri(text):
            self._fault(node, path, say("iri"))
        return text

    def _one_of(
        self, allowed: Iterable[str], unknown: Sentence = _UNKNOWN
    ) -> Callable[[Node, str], Any]:  # a word that is one of them
        known = tuple(allowed)

        def read(node: Node, path: str) -> str | None:
            if isinstance(node.value, str) and node.value in known:
                return node.value
            one_of = say("one_of", known=", ".join(known))
            suggestion = did_you_mean(str(node), known) or one_of
            self._fault(node, path, unknown, suggestion=suggestion)
            return None

        return read

    def _code(self, codes: Mapping[str, Term]) -> Callable[[Node, str], str | None]:
        """Read a code, or an app's own word that isn't just a slip of one."""
        names = {term.zh: code for code, term in codes.items()}

        def read(node: Node, path: str) -> str | None:
            text = self._text(LONGEST_NAME)(node, path)
            if text is None or text in codes:
                return text
            code = names.get(text)
            named = say("did_you_mean", word=code) if code else None
            suggestion = named or did_you_mean(text, codes, _TYPING_ERROR)
            if suggestion:
                self._fault(node, path, _UNKNOWN, suggestion=suggestion)
            return text

        return read

    def _number(self, low: float, high: float) -> Callable[[Node, str], float | None]:
        def read(node: Node, path: str) -> float | None:
            value = node.value
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or abs(value) > _GREATEST or math.isnan(value):  # type: ignore[arg-type]
                self._fault(node, path, say("number"))
            elif not low <= value <= high:  # type: ignore[operator]
                self._fault(node, path, say("range", low=f"{low:g}", high=f"{high:g}"))
            else:
                return float(value)  # type: ignore[arg-type]
            return None

        return read

    def _whole(self, low: int, high: int) -> Callable[[Node, str], int | None]:
        def read(node: Node, path: str) -> int | None:
            value = node.value
            if not isinstance(value, int) or isinstance(value, bool):
                self._fault(node, path, say("whole"))
            elif not low <= value <= high:
                self._fault(node, path, say("range", low=low, high=high))
            else:
                return value
            return None

        return read

    # Tables and lists ---------------------------------------------------------------------------

    def _take(
        self, table: Entries, path: str, key: str, read: Callable[[Node, str], T]
    ) -> T | None:
        entry = table.get(key)
        return None if entry is None else read(entry.node, _under(path, key))

    def _table(
        self,
        node: Node,
        path: str,
        allowed: Iterable[str],
        needed: Iterable[str],
        unknown: Sentence = _NOT_A_KEY,
    ) -> Entries:
        """Read a table; gives its entries of the allowed keys."""
        known = tuple(allowed)
        if not isinstance(node.value, dict):
            self._fault(node, path, say("table", known=", ".join(known)))
            return {}
        for key, entry in node.value.items():
            if key not in known:
                here = say("known_here", known=", ".join(known))
                suggestion = did_you_mean(key, known) or here
                self._fault_at(entry.place, _under(path, key), unknown, suggestion=suggestion)
        needed = set(needed)
        for key in known:
            if key in needed and key not in node.value:
                hint = self._hints.get(path)
                self._fault_at(node.place, _under(path, key), say("missing"), suggestion=hint)
        return {key: entry for key, entry in node.value.items() if key in known}

    def _items(self, node: Node, path: str, most: int) -> Iterable[tuple[Node, str]]:
        """Give the entries of a list with ids, none twice, each with its path."""
        seen: dict[str, int] = {}
        for index, each in enumerate(self._list(node, path, most)):
            name = id_of(each)
            if name and name in seen:
                self._fault(each, path, say("twice.id", line=seen[name]), name)
            elif name:
                seen[name] = each.place.line
            yield each, f"{path}.{name}" if name else f"{path}[{index}]"

    def _list(self, node: Node, path: str, most: int) -> tuple[Node, ...]:
        if not isinstance(node.value, tuple) or not node.value:
            self._fault(node, path, say("list.some"))
            return ()
        if len(node.value) > most:
            self._fault(node, path, say("list.longest", most=most), len(node.value))
        return node.value[:most]

    def _fault(
        self,
        node: Node,
        path: str,
        rule: Sentence,
        value: Any = None,
        suggestion: Sentence | None = None,
    ) -> None:
        shown = node if value is None else value
        self._fault_at(node.place, path, rule, shown, suggestion)

    def _fault_at(
        self,
        place: Place,
        path: str,
        rule: Sentence,
        value: Any = "",
        suggestion: Sentence | None = None,
    ) -> None:
        self.faults.append(fault_at(place, path, rule, value, suggestion))


_GREATEST: Final = 1e15
_SCORES: Final = {"zero": "0", "full": "100"}


def id_of(node: Node) -> str:
    """Give the id that an entry of a list says; '' where it says none."""
    entry = node.value.get("id") if isinstance(node.value, dict) else None
    return entry.node.value if entry is not None and isinstance(entry.node.value, str) else ""


def _scale(measure: Fields) -> tuple[float, float]:
    """Give the ends between which a figure lies."""
    figure, of = measure["figure"], measure.get("of")
    if figure in ("share", "mean") and of != "duration":
        return (-1.0 if of == "score" else 0.0), 1.0
    return 0.0, math.inf


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _known(**fields: Any) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}
