"""What tests of the interface share: a running application, a store in it, and its client."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.backends import BACKENDS


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    """The application on each backend; a module that needs other settings has its own."""
    with application_of(request, carrier="none", failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def store() -> str:
    """The name of a store of this test's own."""
    return f"store-{uuid4()}"


@pytest.fixture
def version() -> str:
    """The version that `xapi` speaks; a module of either version has another."""
    return "2.0.0"


@pytest.fixture
def xapi(application: RunningApplication, store: str, version: str) -> XapiClient:
    """A client of the store."""
    return application.xapi(store, version=version)
