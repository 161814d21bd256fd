"""Whatever is sent, the server answers, refuses with a reason, and keeps only what it accepted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.almost_right import Attempt, attempts
from tests.fuzz.described import DescribedOperations
from tests.fuzz.probing import Answer, Prober, Watch, check_refusal, check_same
from tests.support.backends import BACKENDS, new_database
from tests.support.records import statement
from tests.support.servers import Server, running_server


@pytest.fixture(scope="module", params=BACKENDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder, dsn = tmp_path_factory.mktemp("fuzz"), new_database(request)
    with running_server(folder, record_dsn=dsn, clickhouse_dsn="chdb://memory") as server:
        yield server


@pytest.fixture(scope="module")
def prober(server: Server) -> Iterator[Prober]:
    prober = Prober(server, server.add_key())
    yield prober
    prober.close()


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(attempts=attempts())
def test_every_request_is_answered_and_a_refused_one_changes_nothing(
    prober: Prober, attempts: list[Attempt]
) -> None:
    for attempt in attempts:
        prober.probe(attempt)


def test_answers_are_as_the_openapi_document_says(server: Server, prober: Prober) -> None:
    DescribedOperations(server, prober).probe(100)


# Of the probing itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "found",
    [
        statement("li"),
        statement(result={}),
        {name: value for name, value in statement().items() if name != "verb"},
        statement(verb="https://district.example/verbs/Answered"),
    ],
)
def test_a_statement_that_came_back_otherwise_is_noticed(found: dict[str, object]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        check_same(statement(), found)


def test_what_the_record_adds_is_no_difference() -> None:
    added = {"id": "1", "stored": "now", "authority": {}, "timestamp": "now", "version": "2.0.0"}
    check_same(statement(), {**statement(), **added})


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"status": 400, "message": "no"}}',
        b'{"error": {"status": 404, "message": "no", "path": "$", "rule": "r", "section": "s"}}',
        b'{"detail": "no"}',
    ],
)
def test_a_refusal_that_does_not_say_why_is_noticed(body: bytes) -> None:
    answer = Answer(400, {}, body, 0.0)
    with pytest.raises((AssertionError, KeyError)):
        check_refusal(Attempt("POST", "/statements"), answer)


def test_a_write_to_the_records_file_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "record.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE numbers (number)")
        with closing(Watch(file)) as watch:
            other.execute("SELECT * FROM numbers")
            assert not watch.has_changed()
            empty = watch.contents()
            other.execute("INSERT INTO numbers VALUES (1)")
            assert watch.has_changed()
            assert watch.contents() != empty
