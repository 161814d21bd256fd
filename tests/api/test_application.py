"""Which requests are answered as xAPI's, and which by the rest of the server."""

import asyncio

import httpx
import pytest

from tests.support.application import RunningApplication

VERSION = "X-Experience-API-Version"


@pytest.mark.parametrize("path", ["/xapi", "/xapi/", "/xapi/nothing", "/xapi/statements/"])
def test_an_unknown_xapi_resource_is_named_and_the_version_with_it(
    application: RunningApplication, path: str
) -> None:
    answer = application.client.get(path)
    assert answer.status_code == 404
    assert VERSION in answer.headers
    assert path in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/xapinothing", "/v1/nothing", "/XAPI/about"])
def test_what_only_looks_like_xapi_is_not(application: RunningApplication, path: str) -> None:
    answer = application.client.get(path)
    assert answer.status_code == 404
    assert VERSION not in answer.headers


def test_behind_a_proxy_s_prefix_the_resources_are_found(application: RunningApplication) -> None:
    transport = httpx.ASGITransport(application.client.app, root_path="/records")

    async def ask(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://proxy") as client:
            return await client.get(path)

    assert asyncio.run(ask("/records/xapi/about")).json() == (
        application.client.get("/xapi/about").json()
    )
    assert asyncio.run(ask("/records/xapi/nothing")).status_code == 404
