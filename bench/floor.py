"""The floor of posting: same server, JSON parsed, ids given, same bytes, recorder and group commit.

It validates nothing, indexes nothing, asks for no credential.
"""

import asyncio
import sys
from collections.abc import Sequence
from uuid import uuid4

import orjson
import uvicorn
from eventsourcing.persistence import StoredEvent
from fastapi import FastAPI, Request
from starlette.responses import Response

from lrs.committer import Committer
from lrs.events import STATEMENT_STORED
from lrs.json_input import raw_items
from lrs.record import Record
from lrs.submissions import StatementSubmission, Submission

ADDED = b'{"id":"%b","version":"1.0.0","authority":{"objectType":"Agent","account":{"homePage":"https://xueji.dev/apps","name":"bench"}},"stored":"2026-01-01T00:00:00.000000Z","timestamp":"2026-01-01T00:00:00.000000Z"}\nas-received\n%b'
application = FastAPI()
record = Record.open(sys.argv[1])


def commit(group: Sequence[Submission]) -> None:
    events = [
        StoredEvent(f"floor/statement/{one}", 1, STATEMENT_STORED, ADDED % (one.encode(), raw))
        for submission in group
        for one, raw in submission.drafts  # type: ignore[misc]
    ]
    with record.statements.writing(len(events), 0) as transaction:
        transaction.insert_events(events)


committer = Committer(commit)


@application.post("/xapi/statements")
async def post(request: Request) -> Response:
    body = await request.body()
    parsed = orjson.loads(body)
    count = len(parsed) if isinstance(parsed, list) else 1
    ids = [str(uuid4()) for _ in range(count)]
    loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
    committer.submit(
        StatementSubmission(
            "floor",
            list(zip(ids, raw_items(body), strict=True)),  # type: ignore[arg-type]
            lambda _: loop.call_soon_threadsafe(done.set_result, None),
        )
    )
    await done
    return Response(orjson.dumps(ids), media_type="application/json")


uvicorn.run(
    application, port=int(sys.argv[2]), loop="uvloop", http="httptools", access_log=False,
    server_header=False, log_level="warning",
)  # fmt: skip
