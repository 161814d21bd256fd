"""Calibrations that stores have published in the log: what a new generation is folded under."""

from typing import Any, Final

import msgspec

from lrs.declarations import CALIBRATION, Declaration, DeclarationVersion
from lrs.record import Record
from projections.prediction.calibration import Calibration
from projections.prediction.store_calibrations import kept_in
from projections.warehouse import Warehouse
from streams.published_mappings import first_origin

MODEL: Final = "model"  # the id of a store's calibration: it has one, in versions


class Published(msgspec.Struct, frozen=True):
    """The content of a declaration of a calibration."""

    calibration: Calibration
    card: dict[str, Any]  # the model card: data, protocol, and how well it foretells


class _Outline(msgspec.Struct, frozen=True):
    """What of the content is read where the calibration itself isn't needed."""

    class _Version(msgspec.Struct, frozen=True):
        version: str

    calibration: _Version
    card: dict[str, Any]


_contents: Final = msgspec.json.Decoder(Published)
_outlines: Final = msgspec.json.Decoder(_Outline)


def calibration_declaration(published: Published) -> Declaration:
    """Declare a store's calibration, in place of the one before."""
    return Declaration(kind=CALIBRATION, id=MODEL, content=msgspec.json.encode(published))


def read_published(version: DeclarationVersion) -> Published:
    """Give the calibration and its card as of one version. Raises msgspec.DecodeError."""
    return _contents.decode(version.content)


def read_outline(version: DeclarationVersion) -> tuple[str, dict[str, Any]]:
    """Give a calibration's version and its card. Raises msgspec.DecodeError."""
    outline = _outlines.decode(version.content)
    return outline.calibration.version, outline.card


def published_calibration(record: Record, store: str) -> Published | None:
    """Give what a store has published last, None where it has withdrawn it or never did."""
    held = record.declaration(store, CALIBRATION, MODEL)
    return None if held is None else read_published(held)


def published_calibrations(record: Record) -> dict[str, Calibration]:
    """Give the calibrations that all stores have published, by store."""
    found = {}
    for store in record.declaring_stores(CALIBRATION):
        published = published_calibration(record, store)
        if published is not None:
            found[store] = published.calibration
    return found


def published_origin(record: Record, warehouse: Warehouse) -> dict[str, Any]:
    """Say what a new generation is read by and folded under; the warehouse keeps the latter."""
    return {**first_origin(record), **kept_in(warehouse, published_calibrations(record))}
