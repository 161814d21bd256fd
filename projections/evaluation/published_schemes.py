"""The schemes of a store: those that it has published in the log, and the shipped ones beside."""

import functools
from collections.abc import Collection, Iterator, Mapping
from importlib import resources
from typing import Final

import msgspec

from lrs.declarations import SCHEME, Declaration, DeclarationVersion
from projections.evaluation.scheme_extending import (
    Resolved,
    extended_by,
    faults_of,
    resolve,
    said_of,
    school_of,
    stated_id,
)
from projections.evaluation.scheme_faults import (
    SchemeFault,
    SchemeFaulty,
    UnknownScheme,
    did_you_mean,
    fault_at,
)
from projections.evaluation.scheme_words import say
from projections.evaluation.schemes import Title
from projections.tables import SCHEMES, Row
from projections.warehouse import Generation


class _Content(msgspec.Struct, frozen=True):
    """The content of a declaration of a scheme, whose id is the scheme's."""

    title: Title
    extends: str  # '' for none
    text: str  # the YAML document, as it was published


_contents: Final = msgspec.json.Decoder(_Content)


class Schemes:
    """The schemes that a store has: what it has published, and the shipped ones.

    A scheme that is published takes the place of the shipped one of its id. What is published
    extends what the store has; what is shipped and not published extends what is shipped, so that
    nothing a store publishes can break it. A scheme is the district's or one school's own: a
    school's extends its own ones and the district's, the district's none of a school.
    """

    def __init__(
        self, published: Mapping[str, str], schools: Collection[str] | None = None
    ) -> None:
        self.published = dict(published)  # documents by id
        self._schools = schools  # whose own ones may be seen; None where all may

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.published.keys() | shipped_schemes().keys()))

    def text(self, name: str) -> str:
        """Give the document of a scheme. Raises ``UnknownScheme``."""
        try:
            return self._beside(name)[name]
        except KeyError:
            raise UnknownScheme(name) from None

    def resolve(self, name: str) -> Resolved:
        """Put a scheme together. Raises ``UnknownScheme``, ``SchemeFaulty``."""
        return resolve(name, self._beside(name))

    def faults(self, name: str) -> SchemeFaulty | None:
        """Give what is wrong with a scheme; None where nothing is."""
        return faults_of(name, self._beside(name))

    def school_of(self, name: str) -> str:
        """Give the school whose own a scheme is; '' for the district's. Raises UnknownScheme."""
        return school_of(self.text(name), name)

    def schools(self) -> frozenset[str]:
        """Give the schools that have schemes of their own."""
        return frozenset(self.school_of(name) for name in self.published) - {""}

    def of_schools(self, schools: Collection[str]) -> "Schemes":
        """Give those that these schools' people may see: the district's, and the schools' own."""
        limited = Schemes({}, schools)
        limited.published = {
            name: text for name, text in self.published.items() if limited.shows(text, name)
        }
        return limited

    def shows(self, text: str, name: str) -> bool:
        """Tell whether a document is among those that whom these are for may see."""
        return self._schools is None or school_of(text, name) in ("", *self._schools)

    def faults_of_owner(self, text: str, schools: Collection[str] | None) -> list[SchemeFault]:
        """Tell why a document can't be published beside these as the scheme of whose it says it is.

        ``schools`` are those that there are; None where that isn't known. An id that is taken by
        another owner stays that one's, until it is withdrawn.
        """
        name = stated_id(text)
        own, stated = said_of(text, name, "school"), said_of(text, name, "scheme")
        faults = []
        if name in self and self.school_of(name) != own.value:
            faults.append(fault_at(stated.place, "scheme", say("owner.id"), name))
        if own.value and schools is not None and own.value not in schools:
            hint = did_you_mean(own.value, schools)
            rule = say("owner.school")
            faults.append(fault_at(own.place, "school", rule, own.value, hint))
        return faults

    def extending(self, name: str) -> list[str]:
        """Name the schemes that extend this one directly."""
        return [
            each
            for each in self
            if name == extended_by(self.text(each), each)
            and (each in self.published or name not in self.published)
        ]

    def publishing(self, text: str) -> "Schemes":
        """Give the schemes as they would be with another document. Raises ``SchemeFaulty``."""
        return Schemes({**self.published, stated_id(text): text}, self._schools)

    def withdrawing(self, name: str) -> "Schemes":
        """Give the schemes as they would be without what is published under an id."""
        return Schemes({each: text for each, text in self.published.items() if each != name})

    def broken_by(self, changed: "Schemes", name: str) -> dict[str, SchemeFaulty]:
        """Tell which other schemes a change of one would break: those that are whole now."""
        found = {
            each: faulty
            for each in changed.published
            if each != name and (faulty := changed.faults(each)) is not None
        }
        return {each: faulty for each, faulty in found.items() if self.faults(each) is None}

    def _beside(self, name: str) -> Mapping[str, str]:
        shipped = shipped_schemes()
        if name not in self.published:
            return shipped
        own = school_of(self.published[name], name)
        return {**shipped, **self.of_schools([own]).published}


@functools.cache
def shipped_schemes() -> Mapping[str, str]:
    """Give the documents in the folder ``shipped_schemes``, by the ids that they say."""
    folder = resources.files("projections.evaluation") / "shipped_schemes"
    texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")]
    return {stated_id(text): text for text in sorted(texts)}


def scheme_declaration(resolved: Resolved, text: str) -> Declaration:
    """Declare the document of a scheme, which was checked, under its id."""
    scheme = resolved.scheme
    content = _Content(scheme.title, next(iter(scheme.extends), ""), text)
    return Declaration(kind=SCHEME, id=scheme.id, content=msgspec.json.encode(content))


def declared_text(version: DeclarationVersion) -> str:
    """Give the document as of a version. Raises ``msgspec.DecodeError``."""
    return _contents.decode(version.content).text


def scheme_rows(store: str, declaration: DeclarationVersion, position: int) -> dict[str, list[Row]]:
    """Give the row that a scheme's declaration makes, whatever there is of what it extends.

    Raises ``msgspec.DecodeError`` for what isn't a scheme's content.
    """
    if declaration.deleted:
        return {SCHEMES.name: [SCHEMES.tombstone((store, declaration.id), position)]}
    content = _contents.decode(declaration.content)
    title = content.title
    row = (store, declaration.id, title.zh, title.en, content.extends, content.text, position, 0)
    return {SCHEMES.name: [row]}


DECLARED: Final = {SCHEME: scheme_rows}


def schemes_of(generation: Generation, store: str) -> Schemes:
    """Give the schemes of a store as a generation knows them."""
    return Schemes(dict(generation.query("schemes", store=store)))
