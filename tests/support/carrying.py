"""The embedded carrier for tests that only want a generation brought to the end of a log."""

from contextlib import closing
from pathlib import Path
from typing import Any

from projections.folds import Fold
from projections.meaning.reading import default_reader
from projections.warehouse import Generation
from streams.embedded import EmbeddedCarrier
from streams.states import States


def carry(log: Any, generation: Generation, file: Path, **options: Any) -> int:
    """Bring a generation to the end of a log, with its states in a file; gives where it was.

    `options` may name another reader or fold than the usual ones.
    """
    given = {"reader": default_reader(), "fold": Fold()} | options
    with closing(States(file, generation.identity)) as states:
        carrier = EmbeddedCarrier(log, generation=generation, states=states, **given)
        before = carrier.position
        while carrier.run_once():
            pass
        return before
