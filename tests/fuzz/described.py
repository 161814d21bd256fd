"""Requests made by schemathesis from the OpenAPI document as it is served, right ones and wrong.

What comes back has to be what the document says: status, type, headers and body. A refused request
changes nothing here either.
"""

from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks

from tests.fuzz.probing import HANGS_AFTER, REFUSED, Prober
from tests.support.servers import Server

# Not whether data that fits the document is accepted: JSON Schema can't say every rule of xAPI.
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
WAITING = "after"  # a query that waits until something is stored ends in 504 where nothing is


class DescribedOperations:
    """All operations of a server's OpenAPI document, probed as one credential."""

    def __init__(self, server: Server, prober: Prober) -> None:
        load_all_checks()
        self._checks = [CHECKS.get_one(name) for name in CHECKED]
        self._prober = prober
        schema = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
        self._operations = [found.ok() for found in schema.get_all_operations()]

    def probe(self, requests: int, first_seed: int = 0) -> None:
        """Send about that many, as many to each operation; raises where an answer isn't right."""
        strategies = list(self._strategies())
        each = max(1, requests // len(strategies))
        for number, strategy in enumerate(strategies):
            self._probe_one(strategy, each, first_seed + number)

    def _strategies(self) -> Iterator[Any]:
        for operation in self._operations:
            for mode in schemathesis.GenerationMode:
                yield operation.as_strategy(generation_mode=mode)

    def _probe_one(self, strategy: Any, requests: int, chosen_seed: int) -> None:
        @seed(chosen_seed)
        @settings(
            max_examples=requests,
            deadline=None,  # it would measure what else the machine does
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def run(case: Any) -> None:
            self._send(case)

        try:
            run()
        except Unsatisfiable:
            return  # an operation without parameters can't be asked in a wrong way

    def _send(self, case: Any) -> None:
        if isinstance(case.query, dict):
            case.query.pop(WAITING, None)
        headers = self._prober.authorization
        before = self._prober.position()
        answer = case.call(headers=headers, timeout=HANGS_AFTER)
        self._prober.tally.add(
            f"{case.method} {case.formatted_path}",
            answer.status_code,
            answer.elapsed,
        )
        case.validate_response(answer, checks=self._checks, headers=headers)
        if answer.status_code in REFUSED:
            assert self._prober.position() == before, "a refused request changed the log"
