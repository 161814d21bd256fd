"""The Agents resource: xAPI 1.0.3 part 3, 2.4; IEEE 9274.1.1, 4.1.6.3."""

import asyncio
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.authentication import READ_DEFINITIONS, demand, readable_authority
from api.xapi.conditions import tagged_response
from api.xapi.parameters import Actor, Parameters
from api.xapi.versions import requested_version
from lrs.presentation import present_person
from lrs.queries import StatementQuery
from lrs.record import Record

# How many of an agent's statements, the newest, are looked through for its names.
STATEMENTS: Final = 100


async def get_person(request: Request) -> Response:
    """Give a Person: the agent asked for, with the names it has in its newest statements.

    The record knows of no two agents that they are one person, so there is one identifier. Names
    come from the newest 100 statements that have the agent as actor or object; a credential that
    may not read every statement gets those of its own.
    """
    credential = await demand(request, READ_DEFINITIONS)
    version = requested_version(request)
    parameters = Parameters.of(request, "agents resource", version, ("agent",))
    parameters.need("agent")
    agent = parameters.actor("agent", version, groups=False)
    authority = readable_authority(request, credential)
    record: Record = request.app.state.record
    person = await asyncio.to_thread(_person, record, credential.store, agent, authority)
    return tagged_response(request, person, {"Content-Type": "application/json"})


def _person(record: Record, store: str, agent: Actor, authority: str | None) -> bytes:
    query = StatementQuery(store=store, agent=agent.key, authority=authority, limit=STATEMENTS)
    statements = (one.json for one in record.find_statements(query).statements)
    return orjson.dumps(present_person(agent.json, statements))
