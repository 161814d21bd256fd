"""Python's garbage collector in processes that decode much: it is to look for cycles seldom."""

import gc

_COLLECT_AFTER = 50_000  # objects more than there were: 700 are Python's own


def collect_seldom() -> None:
    """Have the collector leave alone what is loaded by now, and look at the rest seldom.

    Statements, facts and states are made by the hundred thousand and hold no cycles: each look at
    those that are kept is time for nothing.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
