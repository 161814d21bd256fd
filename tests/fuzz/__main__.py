"""Fuzzes a real server with many requests: `make fuzz`. Prints what came, and fails by an error.

Four of five requests are statements and queries that are almost right, the rest is made from the
OpenAPI document. The server's memory may grow by no more than `MAXIMUM_GROWTH` once it is warm.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.almost_right import Attempt, attempts
from tests.fuzz.described import DescribedOperations
from tests.fuzz.probing import Prober
from tests.support.postgresql import Cluster
from tests.support.servers import running_server

REQUESTS = 50_000
WARM_UP = 10_000  # requests, after which ClickHouse's caches are about full
MAXIMUM_GROWTH = 48.0  # megabytes, from then on
OF_EACH_SEED = 2_000  # requests; a fresh start keeps what Hypothesis remembers small
OF_EACH_EXAMPLE = 8


def main() -> int:
    """Run what the command line asks for; gives the exit code."""
    chosen = _options()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="xueji-fuzz-"))
        dsn = ""
        if chosen.backend == "postgresql":
            dsn = stack.enter_context(Cluster()).create_database()
        server = stack.enter_context(running_server(Path(folder), record_dsn=dsn))
        prober = Prober(server, server.add_key())
        described = DescribedOperations(server, prober)
        started = time.monotonic()
        _fuzz(prober, described, min(WARM_UP, chosen.requests // 2), chosen.seed)
        warm = prober.memory()
        _fuzz(prober, described, chosen.requests, chosen.seed + 1_000_000)
        grown = prober.memory() - warm
        _tell(prober, time.monotonic() - started)
        print(f"memory: {warm:.0f} MB when warm, {warm + grown:.0f} MB at the end")
        prober.close()
    if grown > MAXIMUM_GROWTH:
        print(f"memory grew by more than {MAXIMUM_GROWTH:.0f} MB", file=sys.stderr)
        return 1
    return 0


def _fuzz(prober: Prober, described: DescribedOperations, until: int, first_seed: int) -> None:
    """Go on until so many requests were sent in all."""
    slice_number = 0
    while (left := until - prober.tally.requests) > 0:
        now = min(left, OF_EACH_SEED)
        _send_almost_right(prober, now * 4 // 5, first_seed + slice_number)
        described.probe(now - now * 4 // 5, first_seed + slice_number)
        slice_number += 1
        print(f"{prober.tally.requests} requests, {prober.memory():.0f} MB", flush=True)


def _send_almost_right(prober: Prober, requests: int, chosen_seed: int) -> None:
    @seed(chosen_seed)
    @settings(
        max_examples=max(1, requests // OF_EACH_EXAMPLE),
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(some=attempts(OF_EACH_EXAMPLE))
    def run(some: list[Attempt]) -> None:
        for attempt in some:
            prober.probe(attempt)

    run()


def _tell(prober: Prober, seconds: float) -> None:
    tally = prober.tally
    counts = ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items()))
    slowest, request = tally.slowest
    print(f"{tally.requests} requests in {seconds:.0f} s; by status: {counts}")
    print(f"slowest: {slowest * 1000:.0f} ms, {request[:200]}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--backend", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=0, help="repeats the same requests")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
