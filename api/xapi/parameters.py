"""The query parameters of the Statements resource, read strictly: an unknown one is an error."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from api.errors import ApiError, broken_rule
from lrs.actors import actor_key
from lrs.formats import instant_or_none, is_iri, is_uuid
from lrs.json_input import decode
from lrs.presentation import Format
from lrs.queries import StatementQuery
from lrs.validation import Violation, validate_actor
from lrs.versions import Version

_SECTION = "xAPI 1.0.3 Communication 2.1.3"
_ONE_STATEMENT = ("statementId", "voidedStatementId")
_SHOWING = ("format", "attachments")
_FILTERS = (
    "agent",
    "verb",
    "activity",
    "registration",
    "related_activities",
    "related_agents",
    "since",
    "until",
    "limit",
    "ascending",
    "cursor",  # the record's own, in the `more` link: the position a page continues after
)


def read_parameters(request: Request, allowed: Iterable[str]) -> dict[str, str]:
    """Give the query parameters; raises ApiError 400 for one that is unknown or stands twice."""
    query = request.scope["query_string"]
    if not query:
        return {}
    names = set(allowed)
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise _refusal("?", "the query is percent-encoded UTF-8", str(query)) from None
    for name, value in pairs:
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            raise _refusal(name, f"the parameters here are {known}", value)
        if name in found:
            raise _refusal(name, "a parameter stands once", value)
        found[name] = value
    return found


def read_statement_id(request: Request) -> str:
    """Give the one parameter of PUT; raises ApiError 400."""
    given = read_parameters(request, ("statementId",)).get("statementId")
    if given is None:
        raise _refusal("statementId", "PUT names the statement's id", None)
    return _uuid("statementId", given)


class StatementParameters(msgspec.Struct, frozen=True, kw_only=True):
    """What a GET asks for."""

    given: dict[str, str]
    statement_id: str | None
    voided_statement_id: str | None
    agent: str | None
    format: Format
    attachments: bool

    @classmethod
    def of(cls, request: Request, version: Version) -> "StatementParameters":
        """Read and check the parameters; raises ApiError 400."""
        given = read_parameters(request, (*_ONE_STATEMENT, *_SHOWING, *_FILTERS))
        ids = [name for name in _ONE_STATEMENT if name in given]
        if ids and (others := set(given) - {ids[0], *_SHOWING}):
            rule = f"{ids[0]} stands alone but for {' and '.join(_SHOWING)}"
            raise _refusal(sorted(others)[0], rule, given[sorted(others)[0]])
        for name in ids:
            _uuid(name, given[name])
        agent = _agent(given["agent"], version) if "agent" in given else None
        parameters = cls(
            given=given,
            statement_id=given.get("statementId"),
            voided_statement_id=given.get("voidedStatementId"),
            agent=agent,
            format=_format(given.get("format", "exact")),
            attachments=_boolean(given, "attachments"),
        )
        parameters.query("", None, 1)
        return parameters

    def query(self, store: str, authority: str | None, page_size: int) -> StatementQuery:
        """Turn the filters into a query of one store; raises ApiError 400."""
        given = self.given
        limit = _number(given, "limit") or 0
        return StatementQuery(
            store=store,
            agent=self.agent,
            verb=_iri(given, "verb"),
            activity=_iri(given, "activity"),
            registration=_uuid("registration", given["registration"])
            if "registration" in given
            else None,
            related_agents=_boolean(given, "related_agents"),
            related_activities=_boolean(given, "related_activities"),
            authority=authority,
            since=_time(given, "since"),
            until=_time(given, "until"),
            ascending=_boolean(given, "ascending"),
            limit=min(limit, page_size) or page_size,
            after=_number(given, "cursor"),
        )

    def continued(self, position: int) -> dict[str, str]:
        """Give the parameters of the next page."""
        return {**self.given, "cursor": str(position)}


def _agent(text: str, version: Version) -> str:
    try:
        agent = decode(text.encode())
        validate_actor(agent, version, path="$")
    except Violation as violation:
        raise broken_rule(violation.under("agent")) from None
    key = actor_key(agent)
    if key is None:
        raise _refusal("agent", "an agent is named by an identifier", text)
    return key


def _format(text: str) -> Format:
    try:
        return Format(text)
    except ValueError:
        raise _refusal("format", f"a format is one of {', '.join(Format)}", text) from None


def _boolean(given: dict[str, str], name: str) -> bool:
    text = given.get(name, "false").lower()  # tincan for Python writes True and False
    if text not in ("true", "false"):
        raise _refusal(name, "a boolean is true or false", given[name])
    return text == "true"


def _number(given: dict[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise _refusal(name, "a number is a non-negative integer", text)
    return int(text)


def _time(given: dict[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    time = instant_or_none(text)
    if time is None:
        raise _refusal(name, "a time is an ISO 8601 timestamp", text)
    return time


def _iri(given: dict[str, str], name: str) -> str | None:
    text = given.get(name)
    if text is not None and not is_iri(text):
        raise _refusal(name, "an identifier is an IRI with a scheme", text)
    return text


def _uuid(name: str, text: str) -> str:
    if not is_uuid(text):
        raise _refusal(name, "an id is a UUID", text)
    return text


def _refusal(name: str, rule: str, value: Any) -> ApiError:
    return ApiError(
        400,
        f"parameter {name!r}: {rule}",
        path=name,
        rule=rule,
        section=_SECTION,
        value=value,
    )
