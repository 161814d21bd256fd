"""Runs ADL's conformance suite in every world: `make conformance`, or with options to narrow it.

A world is a backend and what is in the store before: SQLite and PostgreSQL, empty and filled. The
last lines say of each version how much passed in the world where it was least, and the exit code is
0 only where that is everything, everywhere.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conformance.filling import fill
from tests.conformance.suite import EXPECTED_TOTALS, Outcome, SuiteError, find_suite, run_suite
from tests.support.engines import Missing, find_postgresql
from tests.support.postgresql import Cluster
from tests.support.servers import Key, Server, running_server

BACKENDS = ("sqlite", "postgresql")
STORES = ("empty", "filled")


def main() -> int:
    """Run what the command line asks for; gives the exit code."""
    chosen = _options()
    try:
        suite = find_suite(os.environ.get("XUEJI_CONFORMANCE_SUITE", ""))
        if "postgresql" in chosen.backend:
            find_postgresql()
        outcomes = _run(suite, chosen)
    except (SuiteError, Missing) as error:
        print(error, file=sys.stderr)
        return 1
    if chosen.grep:
        return any(outcome.failures for outcome in outcomes)
    for version in chosen.version:
        print(min((one for one in outcomes if one.version == version), key=lambda one: one.passed))
    return not all(outcome.is_complete for outcome in outcomes)


def _run(suite: Path, chosen: argparse.Namespace) -> list[Outcome]:
    outcomes = []
    with ExitStack() as stack:
        asks_for_cluster = "postgresql" in chosen.backend
        cluster = stack.enter_context(Cluster()) if asks_for_cluster else None
        for backend in chosen.backend:
            for store in chosen.store:
                for version in chosen.version:
                    dsn = cluster.create_database() if cluster and backend != "sqlite" else ""
                    with _world(dsn, version, is_filled=store == "filled") as (server, key):
                        endpoint = f"{server.address}/xapi"
                        outcome = run_suite(suite, endpoint, key, version, chosen.grep)
                    _tell(f"{backend}, {store} store", outcome)
                    outcomes.append(outcome)
    return outcomes


@contextmanager
def _world(dsn: str, version: str, *, is_filled: bool) -> Iterator[tuple[Server, Key]]:
    """Start a server of its own that speaks a version by default, with a credential for all."""
    with (
        tempfile.TemporaryDirectory(prefix="xueji-conformance-") as folder,
        running_server(Path(folder), record_dsn=dsn, default_version=version) as server,
    ):
        key = server.add_key()
        if is_filled:
            fill(server.address, key, version)
        yield server, key


def _tell(world: str, outcome: Outcome) -> None:
    passed = f"{outcome.passed} of {outcome.total} passed, {outcome.failed} failed"
    print(f"{world}: {outcome.version}: {passed}", flush=True)
    for failure in outcome.failures:
        print(f"  {' > '.join(failure.titles)}")
        print(f"    {' '.join(failure.error.split()) or 'never ran'}")
    if outcome.failures:
        print(f"  log: {outcome.log}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    narrow = "only this one; may be given several times"
    parser.add_argument("--backend", action="append", choices=BACKENDS, help=narrow)
    parser.add_argument("--store", action="append", choices=STORES, help=narrow)
    parser.add_argument("--version", action="append", choices=EXPECTED_TOTALS, help=narrow)
    parser.add_argument("--grep", default="", help="only tests whose titles match this expression")
    chosen = parser.parse_args()
    chosen.backend = chosen.backend or BACKENDS
    chosen.store = chosen.store or STORES
    chosen.version = chosen.version or tuple(EXPECTED_TOTALS)
    return chosen


if __name__ == "__main__":
    sys.exit(main())
