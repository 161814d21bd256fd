"""The Activities resource: xAPI 1.0.3 part 3, 2.5; IEEE 9274.1.1, 4.1.6.4."""

import asyncio

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.authentication import READ_DEFINITIONS, demand
from api.xapi.conditions import tagged_response
from api.xapi.parameters import Parameters
from api.xapi.versions import requested_version
from lrs.record import Record


async def get_activity(request: Request) -> Response:
    """Give the whole activity, its definition merged from all statements.

    An activity of which no statement has said anything is still given, without a definition.
    """
    credential = await demand(request, READ_DEFINITIONS)
    version = requested_version(request)
    parameters = Parameters.of(request, "activities resource", version, ("activityId",))
    parameters.need("activityId")
    activity_id = str(parameters.iri("activityId"))
    record: Record = request.app.state.record
    found = await asyncio.to_thread(record.definitions, credential.store, [activity_id])
    activity = {"objectType": "Activity", "id": activity_id}
    if definition := found.get(activity_id):
        activity["definition"] = definition
    json = {"Content-Type": "application/json"}
    return tagged_response(request, orjson.dumps(activity), json)
