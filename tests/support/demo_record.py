"""A record filled with the demo district through its own writer, without HTTP."""

from collections.abc import Iterator
from itertools import islice

import orjson

from apps.demo_district import acts_of_round, rounds
from apps.teaching_days import sessions_of
from apps.truth import Truth
from lrs.drafts import Draft, draft_statement, make_authority
from lrs.record import Record
from lrs.versions import Version

STORE = "demo"
BATCH = 4_000


def fill(record: Record, truth: Truth, statements: int | None = None) -> Iterator[int]:
    """Store what the district's apps tell, up to a number of statements, a batch at a time.

    Gives the number that the record holds after each batch. What an earlier, broken off filling
    has stored is played again, so that the truth is whole, and not stored again: the record has to
    hold nothing else.
    """
    stored = record.last_position()
    rest = islice(drafts(truth), statements)
    done = sum(1 for _ in islice(rest, stored))
    while batch := list(islice(rest, BATCH)):
        record.store_statements_now(STORE, batch)
        done += len(batch)
        yield done


def drafts(truth: Truth) -> Iterator[Draft]:
    """Play the district and make a draft of every statement, each by its app."""
    for app, played in rounds(sessions_of(truth.district)):
        authority = make_authority("https://xueji.dev/apps", app)
        for identity, act in acts_of_round(played, truth):
            truth.statements[app] += 1
            raw = act.json(identity)
            yield draft_statement(
                raw,
                orjson.loads(raw),
                store=STORE,
                authority=authority,
                version=Version.V1_0_3,
            )
