"""Posting against the bare floor: one statement a request, and batches of 50, 32 connections.

The two servers are loaded in turn, A B A B, so that the machine's moods meet both; the ratio is
that of the medians. The floor parses the JSON, gives ids and writes the same bytes through the same
recorder and group commit; it validates nothing, indexes nothing and asks for no credential.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

import orjson

from bench.servers import Target, floor, load, machine, xueji
from bench.statements import answer

CONNECTIONS = 32
LEARNERS = 9_029
BATCH = 50


def main() -> None:
    """Print throughput, latency, processor time and the ratio for both shapes of request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--carrier", choices=["none", "embedded"], default="embedded")
    parser.add_argument("--record-dsn", default="", help="a PostgreSQL record")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        settings = {"carrier": given.carrier}
        if given.record_dsn:
            settings["record_dsn"] = given.record_dsn
        with floor(directory) as bare, xueji(directory / "xueji", **settings) as ours:
            print(f"{machine()}; embedded carrier: {given.carrier}")
            for name, statements in (("single", 1), (f"batch of {BATCH}", BATCH)):
                bodies = directory / "bodies.jsonl"
                bodies.write_bytes(_bodies(statements))
                _compare(name, statements, bare, ours, bodies, given.seconds, given.rounds)
            print(f"peak memory of Xueji: {ours.peak_megabytes():.0f} MB")


def _bodies(statements: int) -> bytes:
    """Write bodies, one a line, of answers of the district's learners; the record dates them."""
    made = [
        answer(number, number % 5_000, number % 400, bool(number % 3)) for number in range(LEARNERS)
    ]
    if statements == 1:
        return b"\n".join(map(orjson.dumps, made))
    starts = range(0, LEARNERS - statements, statements)
    return b"\n".join(orjson.dumps(made[start : start + statements]) for start in starts)


def _compare(
    name: str,
    statements: int,
    bare: Target,
    ours: Target,
    bodies: Path,
    seconds: float,
    rounds: int,
) -> None:
    rates: dict[str, list[float]] = {"floor": [], "xueji": []}
    for _ in range(rounds):
        for who, target in (("floor", bare), ("xueji", ours)):
            before = target.cpu_seconds()
            figures = load(
                target, "/xapi/statements", seconds, CONNECTIONS, bodies=str(bodies), method="POST"
            )
            if figures["refused"]:
                raise SystemExit(f"{who} refused {figures['refused']} requests")
            spent = (target.cpu_seconds() - before) / (figures["requests"] * statements) * 1e6
            rates[who].append(figures["per_second"] * statements)
            print(
                f"  {name:11} {who}  {rates[who][-1]:8.0f} statements/s"
                f"  p50 {figures['p50_ms']:6.1f} ms  p99 {figures['p99_ms']:6.1f} ms"
                f"  {spent:5.0f} µs of processor a statement"
            )
    ratio = median(rates["xueji"]) / median(rates["floor"])
    print(
        f"{name}: {median(rates['xueji']):.0f} statements/s, floor {median(rates['floor']):.0f},"
        f" ratio {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
