"""``POST /v1/profile/check``: what an app's statements would mean, told before they are posted."""

import asyncio
import functools
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from fastapi import APIRouter, Request

from api.errors import REFUSALS, ApiError
from api.roles import Resource, allow
from api.xapi.bodies import read_body
from lrs.credentials import Credential
from lrs.profiles import ProfileSet, check_statements, read_profile_bytes
from lrs.profiles.findings import UNCLAIMED, UNMATCHED
from lrs.record import Record
from lrs.versions import Version
from projections.meaning.checking import Shortfall, check, described, given_statements
from projections.meaning.mapping import MappingError
from projections.meaning.reading import Reader, default_reader
from projections.meaning.store_readers import reader_of_store
from streams.published_mappings import published_by

router = APIRouter(prefix="/v1/profile", tags=["Profiles"], responses=REFUSALS)

MOST_CHECKED = 1_000  # statements of one request: they are looked at more closely than when posted

# Who vouches for statements that are only looked at.
NOBODY = {"objectType": "Agent", "account": {"homePage": "https://xueji.dev/apps", "name": "check"}}

_OF_TEMPLATES = frozenset({"included", "excluded", "any", "all", "none", UNMATCHED})


_STATEMENTS = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": ["object", "array"]},
                "example": {
                    "actor": {"account": {"homePage": "https://id.example.cn", "name": "s1"}},
                    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
                    "object": {"id": "https://homework.example.cn/items/4711"},
                },
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}


@router.post(
    "/check", summary="What statements would mean, and what is missing", openapi_extra=_STATEMENTS
)
async def check_profile(request: Request) -> dict[str, Any]:
    """Tell what statements would mean if this app posted them; nothing is stored.

    They are read by the mappings that the store has published, in force yet or not.
    The body is a statement, an array of them, or one a line. For each: whether it is valid xAPI,
    which facts it gives about whom by which mapping rule, which names, and advice: what is wrong or
    missing, at which path, why it matters, and what to send (`send`, a JSON Merge Patch of the
    statement). `summary` counts it over all statements.
    """
    credential = (await allow(request, Resource.PROFILE_CHECK)).credential
    body = await read_body(request, request.app.state.settings.maximum_body_size)
    version = _version(request)
    record = request.app.state.record
    return await asyncio.to_thread(checked, record, credential, body, version)


def _version(request: Request) -> Version | None:
    """The version of statements that don't say theirs."""
    named = request.headers.get("x-experience-api-version", "")
    return Version.V1_0_3 if named.startswith("1.") else None


def checked(
    record: Record, credential: Credential, body: bytes, version: Version | None = None
) -> dict[str, Any]:
    """Tell what statements would mean if an app posted them; raises ApiError 413."""
    given = given_statements(body)
    if len(given) > MOST_CHECKED:
        raise ApiError(
            413,
            f"there are {len(given)} statements, over {MOST_CHECKED}",
            rule=f"at most {MOST_CHECKED} statements are checked at once",
        )
    reader = _reader_of(record, credential.store)
    return described(check(given, reader, hold, app=credential.app, version=version))


def _reader_of(record: Record, store: str) -> Reader:
    """Give the reader by what the store has published, though it may not be in force yet."""
    try:
        return reader_of_store(published_by(record, store))
    except MappingError:  # what an earlier release took
        return default_reader()


def hold(statements: Sequence[dict[str, Any]]) -> Iterator[Shortfall]:
    """Hold valid statements against the teaching-cycle profile.

    What templates recommend is left out: the check has words of its own for it.
    """
    for found in check_statements(_teaching_cycle(), statements, NOBODY):
        if found.kind == UNCLAIMED:
            yield Shortfall(index=found.index, claims=False)
        elif found.kind in _OF_TEMPLATES and found.severity == "violation":
            yield Shortfall(
                index=found.index,
                claims=True,
                template=found.part or found.profile,
                rule=found.rule,
                location=found.location or "$",
            )


@functools.cache
def _teaching_cycle() -> ProfileSet:
    file = resources.files("projections") / "profiles" / "teaching-cycle.jsonld"
    return ProfileSet([read_profile_bytes(file.read_bytes())])
