"""The application in the test's own process, and a client that speaks xAPI to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from api.application import create_application
from api.settings import Settings
from lrs.credentials import Credentials


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
    given = {"data_directory": directory, "clickhouse_dsn": "chdb://memory", **settings}
    application = create_application(Settings(**given))
    with TestClient(application, raise_server_exceptions=False) as client:
        yield RunningApplication(client)
