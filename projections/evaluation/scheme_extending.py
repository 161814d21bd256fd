"""Schemes that extend others: put together from their documents, and what was overridden in it."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from projections.evaluation.scheme_faults import (
    SchemeFault,
    SchemeFaulty,
    UnknownScheme,
    did_you_mean,
    fault_at,
)
from projections.evaluation.scheme_reading import id_of, made, read_scheme
from projections.evaluation.scheme_words import say
from projections.evaluation.schemes import Scheme
from projections.sentences import Sentence
from projections.yaml_documents import Entry, Node, NoDocument, Place, read_document

LONGEST: Final = 64 * 1024  # characters of a scheme's document
MOST_EXTENDED: Final = 10  # schemes, one above the other
_DOCUMENTS_KEPT: Final = 500

Change = Literal["changed", "added", "left out"]
Table = dict[str, Entry]
Merge = Callable[[Node, Node, str], Node]  # one part over another, at a path


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What a scheme says otherwise than the one that it extends.

    ``path`` is such as dimensions.sport.weight, ``by`` the scheme that says it, ``of`` the one that
    said it before ('' where it is added); ``before`` and ``after`` are what they say, None where
    there is nothing.
    """

    path: str
    change: Change
    by: str
    of: str = ""
    before: Any = None
    after: Any = None


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """A whole scheme, and what it overrides, the farthest scheme's parts first."""

    scheme: Scheme
    overrides: tuple[Override, ...] = ()


class Said(NamedTuple):
    """A text that a document says under a key, and where it stands."""

    value: str
    place: Place


def resolve(name: str, texts: Mapping[str, str]) -> Resolved:
    """Put a scheme together with those that it extends; ``texts`` are documents by id.

    Raises ``UnknownScheme``, and ``SchemeFaulty`` with all faults of the scheme, or of one that it
    extends.
    """
    if name not in texts:
        raise UnknownScheme(name)
    chain = _chain(name, texts)
    return _resolved(tuple((each, texts[each]) for each in chain))


def faults_of(name: str, texts: Mapping[str, str]) -> SchemeFaulty | None:
    """Give what is wrong with a scheme among the ``texts``; None where nothing is."""
    try:
        resolve(name, texts)
    except SchemeFaulty as faulty:
        return faulty
    return None


def said_of(text: str, name: str, key: Literal["scheme", "school", "extends"]) -> Said:
    """Give what a document says of itself, and where; '' for nothing, or where it isn't readable.

    ``name`` is the document's, for faults.
    """
    try:
        root = _document(text, name)
    except SchemeFaulty:
        return Said("", Place(document=name))
    entry = _table(root).get(key)
    return Said(_said(root, key), root.place if entry is None else entry.node.place)


def extended_by(text: str, name: str) -> str:
    """Give the id of the scheme that a document extends; '' for none."""
    return said_of(text, name, "extends").value


def school_of(text: str, name: str) -> str:
    """Give the id of the school whose own a document is; '' for the district's."""
    return said_of(text, name, "school").value


def stated_id(text: str, name: str = "scheme") -> str:
    """Give the id that a document says of itself. Raises ``SchemeFaulty`` where it says none."""
    root = _document(text, name)
    stated = _said(root, "scheme")
    if not stated:
        _, faults = read_scheme(root, is_partial="extends" in _table(root))
        raise SchemeFaulty(faults)
    return stated


def _chain(name: str, texts: Mapping[str, str]) -> list[str]:
    """Give a scheme and those that it extends, the nearest first."""
    chain, school = [name], school_of(texts[name], name)
    while True:
        root = _document(texts[chain[-1]], chain[-1])
        entry = _table(root).get("extends")
        parent = _said(root, "extends")
        if entry is None or not parent:  # that it isn't a text is told by reading
            return chain
        if parent in chain:
            round_it = " → ".join([*chain[chain.index(parent) :], parent])
            suggestion = say("own_id") if parent == chain[-1] else None
            rule = say("extends.round")
            fault = fault_at(entry.node.place, "extends", rule, round_it, suggestion)
            raise SchemeFaulty([fault])
        if parent not in texts:
            others = [each for each in texts if each not in chain]
            known = say("there_are", known=", ".join(sorted(others)[:10])) if others else None
            suggestion = did_you_mean(parent, others) or known
            rule = say("extends.unknown.school" if school else "extends.unknown")
            raise SchemeFaulty([fault_at(entry.node.place, "extends", rule, parent, suggestion)])
        if len(chain) > MOST_EXTENDED:
            rule = say("extends.deepest", most=MOST_EXTENDED)
            raise SchemeFaulty([fault_at(entry.node.place, "extends", rule)])
        chain.append(parent)


@functools.lru_cache(maxsize=_DOCUMENTS_KEPT)
def _resolved(chain: tuple[tuple[str, str], ...]) -> Resolved:
    """Put documents together, each with its name, the nearest first."""
    (name, text), *above = chain
    own = _document(text, name)
    if not above:
        fields, faults = read_scheme(own)
        _refuse(faults)
        return Resolved(scheme=made(fields))
    _resolved(tuple(above))  # its faults come first
    merging, overrides = _Merging(name), list[Override]()
    merged = _document(above[-1][1], above[-1][0])
    for each, document in reversed(chain[:-1]):
        merging = _Merging(each)
        merged = merging.scheme(merged, _document(document, each))
        overrides += merging.overrides
    _, own_faults = read_scheme(own, is_partial=True)
    fields, faults = read_scheme(merged, hints=merging.hints)
    _refuse([*own_faults, *faults])
    scheme = made({**fields, "extends": tuple(each for each, _ in above)})
    return Resolved(scheme=scheme, overrides=tuple(overrides))


def _refuse(faults: Iterable[SchemeFault]) -> None:
    """Raise where there are faults, each once and in the order of the documents."""
    different = dict.fromkeys(faults)
    if different:
        raise SchemeFaulty(sorted(different, key=lambda each: (each.line, each.column)))


@functools.lru_cache(maxsize=_DOCUMENTS_KEPT)
def _document(text: str, name: str) -> Node:
    """Read a document. Raises ``SchemeFaulty``."""
    if len(text) > LONGEST:
        rule = say("document.longest", longest=f"{LONGEST:,}")
        raise SchemeFaulty([fault_at(Place(document=name), "", rule, f"{len(text):,}")])
    try:
        return read_document(text, name)
    except NoDocument as error:
        raise SchemeFaulty(
            [fault_at(each.place, "", each.rule, each.value) for each in error.broken]
        ) from None


def _table(node: Node) -> Table:
    return node.value if isinstance(node.value, dict) else {}


def _said(root: Node, key: str) -> str:
    entry = _table(root).get(key)
    return entry.node.value if entry is not None and isinstance(entry.node.value, str) else ""


class _Merging:
    """Lays one scheme over what it extends, and notes what that changes.

    Whatever isn't of the right form is left for reading to tell.
    """

    def __init__(self, by: str) -> None:
        self._by = by
        self.overrides: list[Override] = []
        self.hints: dict[str, Sentence] = {}

    def scheme(self, below: Node, above: Node) -> Node:
        """Give the document that both are together: names and description are the upper one's."""
        theirs, ours = _table(below), _table(above)
        merged = {key: entry for key, entry in theirs.items() if key in ("levels", "dimensions")}
        merged |= ours
        if "levels" in theirs and "levels" in ours:
            self._changed("levels", theirs["levels"].node, ours["levels"].node)
        if "dimensions" in theirs and "dimensions" in ours:
            parts = self._parts(
                theirs["dimensions"].node, ours["dimensions"].node, "dimensions", self._dimension
            )
            merged["dimensions"] = Entry(parts, ours["dimensions"].place)
        return Node(merged, above.place)

    def _parts(self, below: Node, above: Node, path: str, merge: Merge) -> Node:
        """Lay a list of parts over another, by their ids; 0 as a weight leaves a part out."""
        if not isinstance(below.value, tuple) or not isinstance(above.value, tuple):
            return above
        parts = {id_of(each): each for each in below.value}
        nameless = []
        for each in above.value:
            name = id_of(each)
            here = f"{path}.{name}"
            if not name:
                nameless.append(each)
            elif name not in parts:
                self._note(Override(path=here, change="added", by=self._by, after=plain(each)))
                if (hint := did_you_mean(name, parts)) is not None:
                    self.hints[here] = hint
                parts[name] = each
            elif _is_left_out(each):
                left_out = parts.pop(name)
                of, before = left_out.place.document, plain(left_out)
                self._note(
                    Override(path=here, change="left out", by=self._by, of=of, before=before)
                )
            else:
                parts[name] = merge(parts[name], each, here)
        return Node((*parts.values(), *nameless), above.place)

    def _dimension(self, below: Node, above: Node, path: str) -> Node:
        ours, theirs = _table(above), _table(below)
        merged = _table(self._indicator(below, above, path, but="indicators"))
        if "indicators" in ours and "indicators" in theirs:
            parts = self._parts(
                theirs["indicators"].node,
                ours["indicators"].node,
                f"{path}.indicators",
                self._indicator,
            )
            merged["indicators"] = Entry(parts, ours["indicators"].place)
        return Node(merged, above.place)

    def _indicator(self, below: Node, above: Node, path: str, but: str = "") -> Node:
        ours, theirs = _table(above), _table(below)
        for key, entry in ours.items():
            if key not in ("id", but):
                self._changed(
                    f"{path}.{key}", theirs[key].node if key in theirs else None, entry.node
                )
        return Node({**theirs, **ours}, above.place)

    def _changed(self, path: str, below: Node | None, above: Node) -> None:
        before, after = None if below is None else plain(below), plain(above)
        if before != after:
            of = "" if below is None else below.place.document
            change: Change = "added" if below is None else "changed"
            self._note(
                Override(path=path, change=change, by=self._by, of=of, before=before, after=after)
            )

    def _note(self, override: Override) -> None:
        self.overrides.append(override)


def _is_left_out(node: Node) -> bool:
    entry = _table(node).get("weight")
    return entry is not None and entry.node.value in (0, 0.0) and entry.node.value is not False


def plain(node: Node) -> Any:
    """Give what a node says, without places."""
    if isinstance(node.value, dict):
        return {key: plain(entry.node) for key, entry in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(each) for each in node.value]
    return node.value
