"""Which carrier keeps a generation: the embedded one, or workers; never both."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from projections.warehouse import Generation, Warehouse
from streams.states import States

WORKERS: Final = "workers"  # in a generation's origin, as its `carrier`


class KeptOtherwise(RuntimeError):
    """Another kind of carrier keeps the generation: the two count versions of rows differently."""

    def __init__(self, generation: Generation, by: str) -> None:
        super().__init__(
            f"generation {generation.name!r} is kept by {by}: build another by"
            " `xueji replay --name NAME` and promote it"
        )


def take_for_workers(warehouse: Warehouse, generation: Generation, parts: int) -> Generation:
    """Note that workers keep a generation, in so many parts; gives it as it is known from now.

    Only one that is empty, or that a replay has built, can be taken over. Raises KeptOtherwise.
    """
    origin = dict(generation.origin)
    if kept_by_workers(origin):
        if origin["parts"] != parts:
            raise KeptOtherwise(generation, f"workers of {origin['parts']} parts, not {parts}")
        return generation
    built = origin.get("kind") == "replay"
    if not built and any(generation.row_counts().values()):
        raise KeptOtherwise(generation, "the embedded carrier")
    warehouse.describe(generation.name, {**origin, "carrier": WORKERS, "parts": parts})
    return warehouse.generation(generation.name)


def kept_by_workers(origin: Mapping[str, Any]) -> bool:
    """Tell whether workers keep a generation of that origin, or did when it was live."""
    return origin.get("carrier") == WORKERS


def check_kept_by_embedded(generation: Generation) -> None:
    """Check that no workers keep a generation. Raises KeptOtherwise."""
    if kept_by_workers(generation.origin):
        raise KeptOtherwise(generation, "workers (XUEJI_CARRIER is to be `workers` then)")


def position_of_workers(generation: Generation) -> int:
    """Give the log position up to which workers have brought everything to rows."""
    parts = int(generation.origin.get("parts", 0))
    base = int(generation.origin.get("position", 0))
    return max(base, generation.position_of_parts(parts * parts)) if parts else base


def position_of(generation: Generation, states_file: Path) -> int:
    """Give the log position up to which a generation's rows are complete, whoever keeps it.

    ``states_file`` is where the embedded carrier and replays keep theirs.
    """
    if kept_by_workers(generation.origin):
        return position_of_workers(generation)
    with closing(States(states_file, generation.identity)) as states:
        return states.position()
