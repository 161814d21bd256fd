"""The OpenAPI document: it says what the server does, all of it, and nothing else."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from api.xapi.application import RESOURCES
from api.xapi.description import xapi_description
from lrs.versions import Version
from tests.support.application import RunningApplication, application_of
from tests.support.statements import valid_statements

NOT_DESCRIBED = {"HEAD", "OPTIONS"}  # as GET without a body; what a resource answers


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request) as application:
        yield application


@pytest.fixture(scope="module")
def served(running: RunningApplication) -> Any:
    answer = running.client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def test_every_method_of_every_resource_is_described(served: Any) -> None:
    described = {
        path.removeprefix("/xapi"): {name.upper() for name in item if name != "parameters"}
        for path, item in served["paths"].items()
        if path.startswith("/xapi")
    }
    answered = {path: set(resource) - NOT_DESCRIBED for path, resource in RESOURCES.items()}
    assert described == answered


def test_the_queries_are_described_beside_the_resources(served: Any) -> None:
    assert {"/v1/students", "/v1/status", "/xapi/statements"} <= set(served["paths"])


def test_operations_have_names_of_their_own(served: Any) -> None:
    names = [
        operation["operationId"]
        for item in served["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(served: Any) -> None:
    references = set(_references(served))
    assert references
    for reference in references:
        place: Any = served
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_schemas_are_schemas_and_their_examples_fit() -> None:
    components = xapi_description()["components"]
    for name, schema in components["schemas"].items():
        Draft202012Validator.check_schema(schema)
        if "example" in schema:
            assert not list(_validator(name).iter_errors(schema["example"])), name


@settings(max_examples=50)
@given(statement=valid_statements(Version.V2_0_0) | valid_statements(Version.V1_0_3))
def test_statements_that_the_record_takes_fit_the_described_statement(statement: Any) -> None:
    assert not [error.message for error in _validator("Statement").iter_errors(statement)]


def test_an_example_can_be_posted_as_it_stands(running: RunningApplication) -> None:
    example = xapi_description()["components"]["schemas"]["Statement"]["example"]
    client = running.xapi("description")
    answer = client.post(example)
    assert answer.status_code == 200, answer.text
    [read] = client.get().json()["statements"]
    assert not list(_validator("Statement").iter_errors(read))


def test_an_error_is_as_described(running: RunningApplication) -> None:
    answer = running.xapi("description").post({"actor": {}})
    assert answer.status_code == 400
    assert not list(_validator("Error").iter_errors(orjson.loads(answer.content)))


def _validator(name: str) -> Draft202012Validator:
    components = xapi_description()["components"]
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
