"""A draft: a valid statement ready to be stored, worked out as far as its stored time allows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from os import urandom
from typing import Any, Final

import msgspec
import orjson

from lrs import terms
from lrs.actors import actor_key
from lrs.definitions import Definition, definitions_of
from lrs.events import AS_RECEIVED, REWRITTEN, exact_statement, has_lone_context_activity
from lrs.formats import instant_or_none
from lrs.versions import Version

VOIDED_VERB: Final = "http://adlnet.gov/expapi/verbs/voided"

# What `version` reads where a statement doesn't say: xAPI 1.0.3 part 2, 2.4.10; 2.0, 4.2.4.2.
_VERSION_WHERE_ABSENT: Final = {Version.V1_0_3: b"1.0.0", Version.V2_0_0: b"2.0.0"}

_BEYOND_HUNDREDTHS: Final = re.compile(r"([.,][0-9]{2})[0-9]+(?=S\Z)")


class RandomIds:
    """Random UUIDs (version 4), drawn from the operating system many at a time."""

    def __init__(self) -> None:
        self._digits: list[str] = []

    def __call__(self) -> str:
        """Give one; safe to call from several threads."""
        try:
            digits = self._digits.pop()
        except IndexError:
            drawn = urandom(16 * 256).hex()
            self._digits += [drawn[start : start + 32] for start in range(32, len(drawn), 32)]
            digits = drawn[:32]
        variant = "89ab"[int(digits[16], 16) & 3]
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )


random_id = RandomIds()


class Authority(msgspec.Struct, frozen=True):
    """Who vouches for a statement: the app whose credential posted it."""

    key: str  # actor_key
    json: bytes


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A statement to be stored."""

    statement_id: str  # lower case
    statement: bytes  # as received, without white space around it
    terms: set[int]
    target: str | None  # id of the statement it refers to
    voids: bool
    form: bytes
    before_stored: bytes  # the added properties up to the stored time
    has_timestamp: bool
    definitions: Sequence[Definition] = ()  # those that count for the activities
    defines: bool = True
    attached: tuple[str, ...] = ()

    def added(self, stored: str) -> bytes:
        """Give the properties the record adds, as one JSON object."""
        time = stored.encode()
        if self.has_timestamp:
            return b'%b"stored":"%b"}' % (self.before_stored, time)
        return b'%b"stored":"%b","timestamp":"%b"}' % (self.before_stored, time, time)


@lru_cache(maxsize=1024)
def make_authority(home_page: str, name: str) -> Authority:
    """Make the authority of an app: an Agent with an account at this record."""
    agent = {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}
    return Authority(str(actor_key(agent)), orjson.dumps(agent))


def draft_statement(
    raw: bytes,
    statement: Mapping[str, Any],
    *,
    store: str,
    authority: Authority,
    version: Version,
    statement_id: str | None = None,
    defines: bool = True,
    attached: Iterable[str] = (),
) -> Draft:
    """Prepare one valid statement: `raw` as received, `statement` the same decoded.

    `statement_id` is the id given beside the statement (PUT), if any; where neither says one, the
    record gives it. `defines` tells whether its definitions count for the activities, `attached`
    names the attachments whose bytes came with it, by SHA-2 in lower case.
    """
    before = [b"{"]
    given = statement.get("id")
    if given is None:
        given = statement_id or random_id()
        before.append(b'"id":"%b",' % given.encode())
    if "version" not in statement:
        before.append(b'"version":"%b",' % _VERSION_WHERE_ABSENT[version])
    before.append(b'"authority":%b,' % authority.json)
    decided = "stored" in statement or "authority" in statement
    rewritten = decided or has_lone_context_activity(statement)
    target = terms.referenced_statement(statement)
    return Draft(
        statement_id=given.lower(),
        statement=raw.strip(),
        terms=terms.statement_terms(store, statement, authority.key),
        target=target,
        voids=is_voiding(statement),
        form=REWRITTEN if rewritten else AS_RECEIVED,
        before_stored=b"".join(before),
        has_timestamp="timestamp" in statement,
        definitions=definitions_of(statement) if defines else (),
        defines=defines,
        attached=tuple(attached),
    )


def is_voiding(statement: Mapping[str, Any]) -> bool:
    """Tell whether a valid statement voids another: its object is then a StatementRef."""
    return bool(statement["verb"]["id"] == VOIDED_VERB)


def same_statement(one: bytes, other: bytes) -> bool:
    """Tell whether two statements with one id are the same, by what immutability covers.

    What the record may set (id, authority, stored, timestamp where absent, version), displays and
    definitions, the order of a Group's members and what a duration has beyond hundredths of a
    second don't count: xAPI 1.0.3 part 2, 2.3.1 and 4.6; 2.0, 4.2.7.
    """
    if one == other:
        return True
    first, second = _essence(orjson.loads(one)), _essence(orjson.loads(other))
    if "timestamp" not in first or "timestamp" not in second:
        first.pop("timestamp", None)
        second.pop("timestamp", None)
    return first == second


def _essence(statement: dict[str, Any]) -> dict[str, Any]:
    whole = orjson.loads(exact_statement(b"{}", REWRITTEN, orjson.dumps(statement)))
    for key in ("id", "authority", "stored", "version"):
        whole.pop(key, None)
    _truncate_duration(whole)
    return dict(_comparable(whole))


def _truncate_duration(statement: dict[str, Any]) -> None:
    """Leave a statement's duration, and its SubStatement's, with at most two decimals."""
    duration = statement.get("result", {}).get("duration")
    if duration is not None:
        statement["result"]["duration"] = _BEYOND_HUNDREDTHS.sub(r"\1", duration)
    target = statement.get("object", {})
    if target.get("objectType") == "SubStatement":
        _truncate_duration(target)


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: _comparable(item)
        for key, item in value.items()
        if not _is_description(key, value) and key != "timestamp"
    }
    if "timestamp" in value:
        kept["timestamp"] = _instant(value["timestamp"])
    if isinstance(kept.get("member"), list):
        kept["member"] = sorted(kept["member"], key=lambda member: orjson.dumps(member).decode())
    return kept


def _is_description(key: str, holder: Mapping[str, Any]) -> bool:
    """Tell a verb's display and an activity's definition from other properties."""
    return key in ("display", "definition") and "id" in holder


def _instant(timestamp: Any) -> Any:
    microseconds = instant_or_none(timestamp) if isinstance(timestamp, str) else None
    return timestamp if microseconds is None else microseconds // 1000
