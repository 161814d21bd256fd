"""Under which calibrations a generation is folded: each store's own, the priors for all others.

A generation is folded under one set of calibrations for all of its life, so that its rows stay a
function of the events: the set that was published when it was made. Its origin names them, and the
catalogue holds each once, for one of them may be some megabytes.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from projections.folds import Fold
from projections.prediction.calibration import PRIOR, Calibration
from projections.warehouse import Generation, Warehouse

CALIBRATIONS: Final = "calibrations"  # in a generation's origin: store to version and digest

_decoder: Final = msgspec.json.Decoder(Calibration)


def fold_of(warehouse: Warehouse, generation: Generation, timezone: str) -> Fold:
    """Give the fold of a generation, whoever carries the log to it."""
    return Fold(timezone=timezone, calibrations=calibrations_of(warehouse, generation.origin))


def calibrations_of(warehouse: Warehouse, origin: Mapping[str, Any]) -> dict[str, Calibration]:
    """Give the calibrations that a generation of this origin is folded under, by store.

    Raises ``UnknownCalibration``.
    """
    return {store: calibration_of(warehouse, origin, store) for store in versions_of(origin)}


def calibration_of(warehouse: Warehouse, origin: Mapping[str, Any], store: str) -> Calibration:
    """Give the calibration that a generation of this origin is folded under in a store.

    Raises ``UnknownCalibration``.
    """
    named = (origin.get(CALIBRATIONS) or {}).get(store)
    if named is None:
        return Calibration()
    return _decoder.decode(warehouse.calibration(named["digest"]))


def kept_in(warehouse: Warehouse, calibrations: Mapping[str, Calibration]) -> dict[str, Any]:
    """Keep the calibrations of stores; gives what the origin of a generation says of them."""
    named = {}
    for store, calibration in sorted(calibrations.items()):
        document = msgspec.json.encode(calibration)
        digest = sha256(document).hexdigest()
        warehouse.keep_calibration(digest, document)
        named[store] = {"version": calibration.version, "digest": digest}
    return {CALIBRATIONS: named} if named else {}


def version_of(origin: Mapping[str, Any], store: str) -> str:
    """Give the version that a generation of this origin is folded under in a store."""
    return versions_of(origin).get(store, PRIOR)


def versions_of(origin: Mapping[str, Any]) -> dict[str, str]:
    """Give the versions by store, of stores that have one."""
    return {store: one["version"] for store, one in (origin.get(CALIBRATIONS) or {}).items()}
