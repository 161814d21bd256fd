"""What the pages of statements ask of the record: the functions of ``GET /xapi/statements``."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
import orjson

from api.authentication import authority_to_read
from api.errors import ApiError
from api.roles import Asker, Resource, permit
from api.services import Services
from api.xapi.parameters import Parameters, StatementParameters
from lrs.actors import is_actor_key
from lrs.credentials import Credential
from lrs.record import Found
from lrs.versions import RULES

PAGE_SIZE: Final = 20
MOMENTS: Final = ("since", "until")
RESOURCE: Final = "/xapi/statements"


class ShownStatement(msgspec.Struct, frozen=True):
    """A statement as a page shows it: what it holds, and its JSON to be read."""

    id: str
    statement: dict[str, Any]
    text: str
    voided_by: str | None = None  # the id of the statement that voids it


class StatementPage(msgspec.Struct, frozen=True):
    """A page of statements, where the next one goes on, and what the API is asked for it."""

    statements: list[ShownStatement]
    next: int | None
    address: str  # path and query of the same request to the API


class StatementQueries:
    """The statements that a credential may read; what it may not raises ApiError 403."""

    def __init__(self, services: Services, credential: Credential) -> None:
        self._services = services
        self._credential = credential

    async def permit(self) -> Asker:
        """Give who asks for statements; raises ApiError 403."""
        return await permit(self._services, self._credential, Resource.STATEMENTS)

    async def find(self, asked: Mapping[str, str]) -> StatementPage:
        """Find a page of statements by xAPI's filters, as a form has them.

        Agents may be named in short, moments are local. Raises ApiError 400, 403.
        """
        await self.permit()
        settings = self._services.settings
        given = as_parameters(asked, ZoneInfo(settings.timezone))
        version = settings.default_version
        section = RULES[version].section("statements resource")
        try:
            read = StatementParameters.read(Parameters(given, section), version)
        except ApiError as error:  # inside an agent's JSON, the rule that is broken is another's
            error.refusal = error.refusal or f"filter_{error.details.get('path', '')}"
            raise
        query = read.query(self._credential.store, self._authority, settings.page_size)

        def ask() -> StatementPage:
            found = self._services.record.find_statements(query)
            statements = [_shown(one) for one in found.statements]
            return StatementPage(statements, found.next_after, f"{RESOURCE}?{urlencode(given)}")

        return await asyncio.to_thread(ask)

    async def one(self, statement_id: str) -> ShownStatement | None:
        """Find one statement, voided or not; None where there is none. Raises ApiError 403."""
        await self.permit()
        record, store = self._services.record, self._credential.store

        def ask() -> ShownStatement | None:
            for voided in (False, True):
                found = record.statement(
                    store, statement_id, voided=voided, authority=self._authority
                )
                if found is not None:
                    return _shown(found, record.voided_by(store, statement_id))
            return None

        return await asyncio.to_thread(ask)

    @property
    def _authority(self) -> str | None:
        return authority_to_read(self._services.settings, self._credential)


def as_parameters(asked: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    """Write what a form has as parameters of xAPI; raises ApiError 400 for no moment."""
    given = {name: value for name, value in asked.items() if value}
    if "agent" in given:
        given["agent"] = agent_named(given["agent"])
    for name in MOMENTS:
        if name in given:
            try:
                moment = datetime.fromisoformat(given[name])
            except ValueError:
                value = given[name]
                rule = "a time is an ISO 8601 timestamp"
                message = f"parameter {name!r}: {rule}"
                raise ApiError(400, message, refusal=f"filter_{name}", value=value) from None
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
            given[name] = moment.isoformat()
    return {"limit": str(PAGE_SIZE), **given}


def agent_named(text: str) -> str:
    """Give the JSON of an agent by its key, as portraits name persons, or by a mail address.

    What is neither is given as it is: JSON already, or nothing that xAPI takes.
    """
    agent: dict[str, Any]
    if is_actor_key(text):
        kind, _, value = text.partition(":")
        if kind == "account":
            home_page, _, name = value.rpartition("|")
            agent = {"account": {"homePage": home_page, "name": name}}
        else:
            agent = {kind: value}
    elif "@" in text and not text.startswith("{"):
        agent = {"mbox": f"mailto:{text}"}
    else:
        return text
    return orjson.dumps(agent).decode()


def _shown(found: Found, voided_by: str | None = None) -> ShownStatement:
    statement = orjson.loads(found.json)
    text = orjson.dumps(statement, option=orjson.OPT_INDENT_2).decode()
    return ShownStatement(statement["id"], statement, text, voided_by)
