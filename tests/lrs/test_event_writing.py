"""What all writers of one transaction keep: times and positions of events rise together."""

import asyncio

from lrs.documents import DocumentChange, DocumentScope, Kind
from lrs.queries import StatementQuery
from lrs.record import Record
from tests.support.records import AUTHORITY, draft, statement, voiding

SCOPE = DocumentScope(kind=Kind.STATE, activity="https://district.example/quiz", agent="mbox:a")


def change(method: str, document: str | None) -> DocumentChange:
    return DocumentChange(
        scope=SCOPE,
        id=document,
        method=method,  # type: ignore[arg-type]
        authority=AUTHORITY.json,
        content_type="application/json",
        content=b"{}",
    )


async def put_clear_and_post(record: Record) -> None:
    for number in range(40):
        await record.change_document("district", change("PUT", f"state-{number}"))
    await asyncio.gather(
        record.change_document("district", change("DELETE", None)),
        record.store_statements("district", [draft(statement(str(n))) for n in range(5)]),
    )
    [one] = (await record.store_statements("district", [draft(statement())])).statement_ids
    await record.store_statements("district", [draft(voiding(one))])


def test_times_and_positions_rise_together_however_many_documents_a_request_clears(
    record: Record,
) -> None:
    asyncio.run(put_clear_and_post(record))
    log = record.read_log(0, 1000)
    assert len(log) == 40 + 40 + 5 + 1 + 2
    assert [entry.position for entry in log] == sorted({entry.position for entry in log})
    assert [entry.stored for entry in log] == sorted({entry.stored for entry in log})


def test_bounds_by_stored_time_count_the_events_of_documents_too(record: Record) -> None:
    asyncio.run(put_clear_and_post(record))
    stored = [entry.stored for entry in record.read_log(0, 1000) if entry.kind == "statement"]
    for time in stored:
        page = record.find_statements(StatementQuery(store="district", until=time))
        kept = [one for one in stored if one <= time]
        voided = 1 if time >= stored[5] else 0  # the sixth statement is the voided one
        assert len(page.statements) == len(kept) - voided


def test_one_who_waits_no_longer_does_not_stop_the_others(record: Record) -> None:
    async def give_up() -> None:
        waiting = asyncio.ensure_future(
            record.change_document("district", change("PUT", "forgotten"))
        )
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(give_up())
    assert record.store_statements_now("district", [draft(statement())]).statement_ids
