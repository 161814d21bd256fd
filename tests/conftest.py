"""What all tests share: the engines, the switch for long tests, and a word on what was left out."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from selenium.webdriver import Chrome

from lrs.record import Record
from projections.warehouse import Generation, Warehouse
from tests.support.backends import BACKENDS
from tests.support.chromium import chromium, forget
from tests.support.clickhouse import embedded_dsn, empty, fresh_catalogue
from tests.support.engines import FINDERS, FIXTURES, missing, required
from tests.support.kafka import LOGIN, KafkaServer, MockKafka
from tests.support.memory import write_to_memory
from tests.support.node_packages import installed_packages
from tests.support.postgresql import Cluster, empty_database

# A deadline would measure what else the machine is doing.
settings.register_profile("usual", deadline=None)
settings.register_profile(
    "long", deadline=None, max_examples=10_000, suppress_health_check=[HealthCheck.too_slow]
)

LEFT_OUT = pytest.StashKey[Counter[str]]()
SYSTEM = Path(__file__).parent / "system"
TAKES_MINUTES = "takes minutes (run by `make long-test`)"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long tests too")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = Counter()
    write_to_memory()
    settings.load_profile("long" if config.getoption("long") else "usual")
    try:
        required()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for fixture in FIXTURES.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(FIXTURES[fixture])
    if is_one_of_several(config):
        # The longest are begun first, so that none of them is waited for alone at the end.
        items.sort(key=lambda item: SYSTEM not in item.path.parents)
    if config.getoption("long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        config.stash[LEFT_OUT][TAKES_MINUTES] += len(long)


def is_one_of_several(config: pytest.Config) -> bool:
    """Tell whether this process shares the tests with others, by pytest-xdist."""
    return hasattr(config, "workerinput")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests often wait for a server, a broker or a browser."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for engine in FINDERS:
        if item.get_closest_marker(engine):
            need(engine, item.config)
    asked = "kafka" in getattr(item, "fixturenames", ()) and "kafka" not in required()
    if asked and (reason := missing("kafka")):
        item.config.stash[LEFT_OUT][f"ran on a stand-in for Apache Kafka: {reason}"] += 1


def need(engine: str, config: pytest.Config) -> None:
    """Leave the test out that is being set up, or fail it, where an engine is missing."""
    reason = missing(engine)
    if reason is None:
        return
    if engine in required():
        pytest.fail(f"XUEJI_REQUIRE asks for {engine}, but {reason}", pytrace=False)
    config.stash[LEFT_OUT][reason] += 1
    pytest.skip(reason)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where several processes share the tests, each tells the one that writes the summary."""
    if is_one_of_several(session.config):
        output: dict[str, object] = session.config.workeroutput  # type: ignore[attr-defined]
        output["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which need not be switched on
def pytest_testnodedown(node: Any) -> None:
    left_out = node.config.stash[LEFT_OUT]
    told = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))  # none if it crashed
    # Every process collects all tests and leaves out the long ones; what it sets up are its own.
    long = max(left_out[TAKES_MINUTES], told[TAKES_MINUTES])
    left_out.update(told)
    left_out[TAKES_MINUTES] = long


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    left_out = +config.stash[LEFT_OUT]  # without what there were none of
    if left_out:
        terminalreporter.section("left out")
        for reason, count in left_out.items():
            terminalreporter.line(f"{count} test{'s' * (count > 1)}: {reason}")


@pytest.fixture(scope="session")
def warehouse() -> Iterator[Warehouse]:
    """A warehouse in this process's embedded engine, for all tests of this run."""
    with closing(Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())) as warehouse:
        warehouse.ensure()
        yield warehouse


@pytest.fixture
def generation(warehouse: Warehouse) -> Iterator[Generation]:
    """A generation that isn't the live one, and is empty when the test begins."""
    generation = warehouse.ensure("of_test")
    yield generation
    empty(generation)


@pytest.fixture(scope="session")
def node_packages(pytestconfig: pytest.Config) -> Path:
    """The folder of the JavaScript packages that the lock names."""
    need("node", pytestconfig)
    return installed_packages()


@pytest.fixture(scope="session")
def postgresql_cluster(pytestconfig: pytest.Config) -> Iterator[Cluster]:
    """A PostgreSQL server of this test run's own."""
    need("postgresql", pytestconfig)  # a fixture that another asks for by name has given no mark
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgresql_dsn(postgresql_cluster: Cluster) -> str:
    """The URL of the server's database `postgres`; the user is a superuser."""
    return postgresql_cluster.dsn


@pytest.fixture(scope="session")
def postgresql_database(postgresql_cluster: Cluster) -> str:
    """The URL of the database that tests have in turn."""
    return postgresql_cluster.create_database()


@pytest.fixture
def postgresql_schema(postgresql_database: str) -> str:
    """The URL of a database that is empty when the test begins."""
    empty_database(postgresql_database)
    return postgresql_database


@pytest.fixture(params=BACKENDS)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a record of this test's own is kept, on each backend, which isn't there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "record.sqlite")
    return str(request.getfixturevalue("postgresql_schema"))


@pytest.fixture
def record(location: str) -> Iterator[Record]:
    """A record of this test's own."""
    opened = Record.open(location)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser_process(pytestconfig: pytest.Config) -> Iterator[Chrome]:
    """One Chromium for all tests of this run."""
    need("chromium", pytestconfig)
    with chromium() as driver:
        yield driver


@pytest.fixture
def browser(browser_process: Chrome) -> Chrome:
    """Chromium through Selenium, on an empty page and without cookies."""
    forget(browser_process)
    return browser_process


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[str]:
    """Where this test run's Kafka is reached: the real one, or the mock where that is missing."""
    if missing("kafka") is None or "kafka" in required():
        need("kafka", pytestconfig)
        with KafkaServer() as server:
            yield server.bootstrap_servers
    else:
        with MockKafka() as mock:
            yield mock.bootstrap_servers


@pytest.fixture(scope="module")
def kafka_server(pytestconfig: pytest.Config) -> Iterator[KafkaServer]:
    """A real Kafka that tests may kill, if they start it again."""
    need("kafka", pytestconfig)
    with KafkaServer() as server:
        yield server


@pytest.fixture(scope="module")
def secured_kafka(pytestconfig: pytest.Config) -> Iterator[KafkaServer]:
    """A real Kafka that has a listener with TLS and SASL, too."""
    need("kafka", pytestconfig)
    with KafkaServer(LOGIN) as server:
        yield server
