"""The application in the test's own process, and a client that speaks xAPI to it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from starlette.testclient import TestClient

from api.application import create_application
from api.settings import Settings
from lrs.credentials import Credentials
from projections.warehouse import Warehouse
from tests.support.backends import new_database
from tests.support.clickhouse import embedded_dsn, passing_catalogue


class XapiClient:
    """Posts and asks as one credential of one store."""

    def __init__(
        self, client: TestClient, credential: tuple[str, str] | None, version: str = "2.0.0"
    ) -> None:
        self.client = client
        self.credential = credential
        self.version = version

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = {"X-Experience-API-Version": self.version, **given.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        return self.client.request(method, path, headers=headers, auth=self.credential, **given)

    def post(self, statements: Any, **given: Any) -> httpx.Response:
        return self.request("POST", "/xapi/statements", json=statements, **given)

    def post_raw(self, content: bytes, **given: Any) -> httpx.Response:
        headers = {"Content-Type": "application/json", **given.pop("headers", {})}
        return self.request("POST", "/xapi/statements", content=content, headers=headers, **given)

    def put(self, statement_id: str, statement: Any, **given: Any) -> httpx.Response:
        parameters = {"statementId": statement_id}
        return self.request("PUT", "/xapi/statements", json=statement, params=parameters, **given)

    def get(self, **parameters: Any) -> httpx.Response:
        return self.request("GET", "/xapi/statements", params=parameters)

    def found(self, **parameters: Any) -> list[str]:
        answer = self.get(**parameters)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["statements"]]


class RunningApplication:
    """An application whose lifespan has begun."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.state = client.app.state  # type: ignore[attr-defined]

    def credential(self, store: str, *scopes: str, app: str = "clicker") -> tuple[str, str]:
        credentials: Credentials = self.state.credentials
        made, secret = credentials.add(store, app, scopes or ("all",))
        return made.key, secret

    def xapi(self, store: str, *scopes: str, app: str = "clicker", **more: Any) -> XapiClient:
        return XapiClient(self.client, self.credential(store, *scopes, app=app), **more)


@contextmanager
def running_application(directory: Path, **settings: Any) -> Iterator[RunningApplication]:
    """Run an application on the embedded engine of this process, in a catalogue of its own.

    One at a time: NiceGUI's state is the process's, and of two the first to end waits for seconds.
    """
    given = {"data_directory": directory, "clickhouse_dsn": embedded_dsn(), **settings}
    application = create_application(Settings(**given))
    with ExitStack() as running:
        catalogue = running.enter_context(passing_catalogue())
        with patch.object(Warehouse, "open", partial(Warehouse.open, catalogue=catalogue)):
            client = running.enter_context(TestClient(application, raise_server_exceptions=False))
        yield RunningApplication(client)


@contextmanager
def application_of(request: pytest.FixtureRequest, **settings: Any) -> Iterator[RunningApplication]:
    """Run the application of a fixture, on the backend that is its parameter, or on SQLite."""
    folders: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    settings["record_dsn"] = new_database(request)
    with running_application(folders.mktemp("application"), **settings) as running:
        yield running
