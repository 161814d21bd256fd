"""Mappings that stores have published in the log: what a new generation is read by."""

import msgspec

from lrs.declarations import MAPPING, Declaration, DeclarationVersion
from lrs.record import Record
from projections.meaning.store_readers import MAPPINGS, MappingTexts


class _Content(msgspec.Struct, frozen=True):
    """The content of a declaration of a mapping, whose id is the mapping's name."""

    text: str  # the YAML document, as it was published


_contents = msgspec.json.Decoder(_Content)


def mapping_declaration(name: str, text: str) -> Declaration:
    """Declare the document of a mapping under its name."""
    content = msgspec.json.encode(_Content(text))
    return Declaration(kind=MAPPING, id=name, content=content)


def mapping_text(version: DeclarationVersion) -> str:
    """Give the document of a mapping as of one version. Raises msgspec.DecodeError."""
    return _contents.decode(version.content).text


def published_by(record: Record, store: str) -> dict[str, str]:
    """Give the documents that a store has published, by name."""
    return {version.id: mapping_text(version) for version in record.declarations(store, MAPPING)}


def published_mappings(record: Record) -> MappingTexts:
    """Give the documents that all stores have published, by store and name."""
    stores = record.declaring_stores(MAPPING)
    found = {store: published_by(record, store) for store in stores}
    return {store: documents for store, documents in found.items() if documents}


def first_origin(record: Record) -> dict[str, MappingTexts]:
    """Say how a generation comes about that is made because there is none yet."""
    texts = published_mappings(record)
    return {MAPPINGS: texts} if texts else {}
