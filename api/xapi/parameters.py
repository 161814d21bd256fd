"""The query parameters of the xAPI resources, read strictly: an unknown one is an error."""

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
from lrs.versions import RULES, Topic, Version, version_of

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


class Actor(msgspec.Struct, frozen=True):
    """An Agent or identified Group that a parameter names: as it was given, and its actor_key."""

    json: dict[str, Any]
    key: str


class Parameters(msgspec.Struct, frozen=True):
    """The parameters that a request has, with the section that says what may stand there."""

    given: dict[str, str]
    section: str

    @classmethod
    def of(
        cls, request: Request, topic: Topic, version: Version, allowed: Iterable[str]
    ) -> "Parameters":
        """Read the query; raises ApiError 400 for what isn't allowed or stands twice."""
        return cls(read_parameters(request, allowed), RULES[version].section(topic))

    def need(self, *names: str) -> None:
        """Raise ApiError 400 where one of these is missing."""
        for name in names:
            if name not in self.given:
                raise self.refusal(name, "this parameter has to be given")

    def boolean(self, name: str) -> bool:
        """Read a boolean, false where it isn't given; raises ApiError 400."""
        text = self.given.get(name, "false").lower()  # tincan for Python writes True and False
        if text not in ("true", "false"):
            raise self.refusal(name, "a boolean is true or false")
        return text == "true"

    def number(self, name: str) -> int | None:
        """Read a number; raises ApiError 400."""
        text = self.given.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise self.refusal(name, "a number is a non-negative integer")
        return int(text)

    def time(self, name: str) -> int | None:
        """Read a time as microseconds; raises ApiError 400."""
        text = self.given.get(name)
        if text is None:
            return None
        time = instant_or_none(text)
        if time is None:
            raise self.refusal(name, "a time is an ISO 8601 timestamp")
        return time

    def iri(self, name: str) -> str | None:
        """Read an IRI; raises ApiError 400."""
        text = self.given.get(name)
        if text is not None and not is_iri(text):
            raise self.refusal(name, "an identifier is an IRI with a scheme")
        return text

    def uuid(self, name: str) -> str | None:
        """Read a UUID; raises ApiError 400."""
        text = self.given.get(name)
        if text is not None and not is_uuid(text):
            raise self.refusal(name, "an id is a UUID")
        return text

    def document_id(self, name: str) -> str | None:
        """Read a document's id, any text that both backends can keep; raises ApiError 400."""
        text = self.given.get(name)
        if text is not None and (not text or "\0" in text):
            raise self.refusal(name, "a document's id is text, not empty and without U+0000")
        return text

    def actor(self, name: str, version: Version, *, groups: bool) -> Actor:
        """Read an Agent, or also an identified Group, from its JSON; raises ApiError 400."""
        try:
            actor = decode(self.given[name].encode())
            validate_actor(actor, version, path="$")
        except Violation as violation:
            raise broken_rule(violation.under(name)) from None
        if not groups and actor.get("objectType") == "Group":
            raise self.refusal(name, "an Agent is asked for here, not a Group")
        key = actor_key(actor)
        if key is None:
            raise self.refusal(name, "an actor is named by an identifier")
        return Actor(actor, key)

    def refusal(self, name: str, rule: str) -> ApiError:
        """Say what is wrong with a parameter."""
        return _refusal(name, rule, self.given.get(name), self.section)


def read_parameters(request: Request, allowed: Iterable[str]) -> dict[str, str]:
    """Give the query parameters; raises ApiError 400 for one that is unknown or stands twice."""
    query = request.scope["query_string"]
    if not query:
        return {}
    version = version_of(request.headers.get("x-experience-api-version", ""))
    section = RULES[version or Version.V1_0_3].section("parameters")
    names = set(allowed)
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise _refusal("?", "the query is percent-encoded UTF-8", str(query), section) from None
    for name, value in pairs:
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            raise _refusal(name, f"the parameters here are {known}", value, section)
        if name in found:
            raise _refusal(name, "a parameter stands once", value, section)
        found[name] = value
    return found


def read_statement_id(request: Request) -> str:
    """Give the one parameter of PUT; raises ApiError 400."""
    version = version_of(request.headers.get("x-experience-api-version", "")) or Version.V1_0_3
    parameters = Parameters.of(request, "statements resource", version, ("statementId",))
    parameters.need("statementId")
    return str(parameters.uuid("statementId"))


class StatementParameters(msgspec.Struct, frozen=True, kw_only=True):
    """What a GET of statements asks for."""

    parameters: Parameters
    statement_id: str | None
    voided_statement_id: str | None
    agent: str | None
    format: Format
    attachments: bool

    @classmethod
    def of(cls, request: Request, version: Version) -> "StatementParameters":
        """Read and check a request's parameters; raises ApiError 400."""
        allowed = (*_ONE_STATEMENT, *_SHOWING, *_FILTERS)
        return cls.read(Parameters.of(request, "statements resource", version, allowed), version)

    @classmethod
    def read(cls, parameters: Parameters, version: Version) -> "StatementParameters":
        """Check parameters; raises ApiError 400."""
        ids = [name for name in _ONE_STATEMENT if name in parameters.given]
        if ids and (others := set(parameters.given) - {ids[0], *_SHOWING}):
            rule = f"{ids[0]} stands alone but for {' and '.join(_SHOWING)}"
            raise parameters.refusal(sorted(others)[0], rule)
        agent = None
        if "agent" in parameters.given:
            agent = parameters.actor("agent", version, groups=True).key
        read = cls(
            parameters=parameters,
            statement_id=parameters.uuid("statementId"),
            voided_statement_id=parameters.uuid("voidedStatementId"),
            agent=agent,
            format=_format(parameters),
            attachments=parameters.boolean("attachments"),
        )
        read.query("", None, 1)
        return read

    def query(self, store: str, authority: str | None, page_size: int) -> StatementQuery:
        """Turn the filters into a query of one store; raises ApiError 400."""
        given = self.parameters
        limit = given.number("limit") or 0
        return StatementQuery(
            store=store,
            agent=self.agent,
            verb=given.iri("verb"),
            activity=given.iri("activity"),
            registration=given.uuid("registration"),
            related_agents=given.boolean("related_agents"),
            related_activities=given.boolean("related_activities"),
            authority=authority,
            since=given.time("since"),
            until=given.time("until"),
            ascending=given.boolean("ascending"),
            limit=min(limit, page_size) or page_size,
            after=given.number("cursor"),
        )

    def continued(self, position: int) -> dict[str, str]:
        """Give the parameters of the next page."""
        return {**self.parameters.given, "cursor": str(position)}


def _format(parameters: Parameters) -> Format:
    text = parameters.given.get("format", Format.EXACT)
    try:
        return Format(text)
    except ValueError:
        raise parameters.refusal("format", f"a format is one of {', '.join(Format)}") from None


def _refusal(name: str, rule: str, value: Any, section: str) -> ApiError:
    return ApiError(
        400,
        f"parameter {name!r}: {rule}",
        refusal=f"filter_{name}",
        path=name,
        rule=rule,
        section=section,
        value=value,
    )
