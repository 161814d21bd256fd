"""By which mappings a generation's statements are read: the shipped ones, and each store's own.

A generation is read with one set of mappings for all of its life, so that its rows stay a function
of the events: the set that was published when it was made, which its origin holds.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from projections.meaning.mapping import (
    MappingError,
    VocabularyMapping,
    load_mapping,
    shipped_mappings,
)
from projections.meaning.reading import Reader, Reading, ReadsStatements, default_reader
from projections.warehouse import Generation

MAPPINGS: Final = "mappings"  # in a generation's origin: store to name to document

MappingTexts = Mapping[str, Mapping[str, str]]  # by store, by the mapping's name

_log = logging.getLogger(__name__)


def reader_of(generation: Generation) -> ReadsStatements:
    """Give the reader of a generation, whoever carries the log to it."""
    return reader_by(mappings_of(generation.origin))


def mappings_of(origin: Mapping[str, Any]) -> MappingTexts:
    """Give the mappings of stores by which a generation of this origin is read."""
    found: MappingTexts = origin.get(MAPPINGS) or {}
    return found


def reader_by(texts: MappingTexts) -> ReadsStatements:
    """Give a reader by the mappings of stores, and by the shipped ones for all stores."""
    readers: dict[str, Reader] = {}
    for store, documents in texts.items():
        try:
            readers[store] = reader_of_store(documents)
        except MappingError:
            # It was checked when it was published: a later release ships what it contradicts. One
            # store's mapping mustn't keep all stores from being carried.
            _log.exception("the mappings of store %s are left out", store)
    return StoreReaders(readers) if readers else default_reader()


def reader_of_store(documents: Mapping[str, str]) -> Reader:
    """Give the reader of one store. Raises ``MappingError``, also where mappings contradict."""
    if not documents:
        return default_reader()
    return Reader([*shipped_mappings(), *_loaded(documents)])


def _loaded(documents: Mapping[str, str]) -> Sequence[VocabularyMapping]:
    return [load_mapping(text, name) for name, text in sorted(documents.items())]


class StoreReaders:
    """Reads statements of stores that have mappings of their own by these, others as shipped."""

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self._readers = readers
        self._shipped = default_reader()

    def read(self, statement: dict[str, Any], *, store: str, position: int) -> Reading:
        """Read a statement as ``Reader.read`` does."""
        reader = self._readers.get(store, self._shipped)
        return reader.read(statement, store=store, position=position)
