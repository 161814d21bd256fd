"""Evaluation over HTTP: results of students, classes, schools, the district, and what if."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.evaluations import LAKE, SCHOOLS, term
from tests.support.small_district import STORE, TODAY, carry, enroll, key

BASE = "/v1/evaluations/district-comprehensive"
TO = {"to": TODAY.isoformat()}
STUDENT = f"/students/{key(LAKE[2])}"


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request) as application:
        generation = application.state.services.generation
        enroll(generation, SCHOOLS)
        carry(generation, term())
        yield application


@pytest.fixture(scope="module")
def client(running: RunningApplication) -> XapiClient:
    return running.xapi(STORE, "projections/read")


def asked(client: XapiClient, path: str, **parameters: Any) -> Any:
    return client.request("GET", BASE + path, params={**TO, **parameters})


def what_if(client: XapiClient, **body: Any) -> Any:
    return client.request("POST", f"{BASE}/what-if", params=TO, json=body)


def test_what_is_served_fits_what_is_described(
    running: RunningApplication, client: XapiClient
) -> None:
    paths = running.client.get("/openapi.json").json()["paths"]
    for path, served in (
        ("students/{person}", asked(client, STUDENT)),
        ("classes/{name}", asked(client, "/classes/5-1")),
        ("schools/{name}", asked(client, "/schools/lake")),
        ("district", asked(client, "/district")),
        ("what-if", what_if(client, scheme="football")),
    ):
        assert served.status_code == 200, served.text
        operation = next(iter(paths[f"/v1/evaluations/{{scheme}}/{path}"].values()))
        content = operation["responses"]["200"]["content"]["application/json"]
        validator = Draft202012Validator(content["schema"])
        problems = list(validator.iter_errors(served.json()))
        assert not problems, (path, problems[:3])
        assert not list(validator.iter_errors(content["example"])), path
