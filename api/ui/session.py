"""Who is looking: the one place where a visitor proves a credential and stays known by it.

These are records of children, so no page opens without a visit, and only `admit` makes visits.
"""

import asyncio
import secrets
from dataclasses import dataclass
from functools import cached_property
from hmac import compare_digest
from time import time
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, Request
from nicegui import app as nicegui_app
from nicegui import ui

from api.authentication import OPERATE, READ_PROJECTIONS, doorkeeper
from api.openid import Begun, Provider, SignedIn
from api.services import Services
from api.ui.class_queries import ClassQueries
from api.ui.evaluation_queries import EvaluationQueries
from api.ui.operating import Operating
from api.ui.person_queries import PersonQueries
from api.ui.queries import Queries
from api.ui.statement_queries import StatementQueries
from api.ui.words import Language, Words, language_named
from lrs.credentials import Credential

ROOT: Final = "/ui"
HOME: Final = f"{ROOT}/students"
SIGN_IN: Final = f"{ROOT}/sign-in"
# Who may sign in: what a page then shows is for roles to say.
VIEW: Final = (*READ_PROJECTIONS, *OPERATE)
LONGEST_PATH: Final = 1_000  # characters of a page's path and query that somebody is led back to
LANGUAGE_COOKIE: Final = "xueji_language"
_PERSON, _UNTIL = "person", "until"  # of who signed in by a provider, beside the key
_PROOF: Final = "id_token"
_SIGNED_IN: Final = "signed_in"  # in the user's storage, kept by the server
_BEGUN: Final = "at_provider"  # a sign-in that has begun, in the signed cookie
_ENTRY: Final = "entry"  # in the signed cookie, and in the storage beside the key


class NotSignedIn(Exception):
    """A page was asked for by nobody known; `wanted` is where to go after signing in."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


@dataclass(frozen=True)
class Visit:
    """A page being looked at by somebody who may: what they may ask, in which language."""

    credential: Credential
    language: Language
    services: Services
    until: float | None = None  # seconds since 1970 UTC; None for as long as the credential is good

    @cached_property
    def words(self) -> Words:
        """The words of the visitor's language."""
        return Words(self.language)

    @cached_property
    def queries(self) -> Queries:
        """The projections of the visitor's store, as far as the visitor's role may see them."""
        return Queries(self.services, self.credential)

    @cached_property
    def operating(self) -> Operating:
        """The server, as far as the visitor may see and change it."""
        return Operating(self.services, self.credential)

    @cached_property
    def classes(self) -> ClassQueries:
        """The same about a class: what lies ahead of it."""
        return ClassQueries(self.services, self.credential)

    @cached_property
    def persons(self) -> PersonQueries:
        """The same about one person: where somebody is heading, and what figures rest on."""
        return PersonQueries(self.services, self.credential)

    @cached_property
    def evaluations(self) -> EvaluationQueries:
        """The same about evaluation: results under a scheme, and the schemes."""
        return EvaluationQueries(self.services, self.credential)

    @cached_property
    def statements(self) -> StatementQueries:
        """The statements that the visitor may read."""
        return StatementQueries(self.services, self.credential)

    @cached_property
    def timezone(self) -> ZoneInfo:
        """Where the visitor's days begin and end."""
        return ZoneInfo(self.services.settings.timezone)

    async def is_over(self) -> bool:
        """Tell whether the credential has been revoked, or its role or scopes changed, since."""
        if self.until is not None:
            return self.until < time()
        now, then = await _viewing_credential(self.services, self.credential.key), self.credential
        return now is None or (now.holder, now.scopes) != (then.holder, then.scopes)


async def admit(request: Request) -> Visit:
    """Let a visitor in who is signed in with a credential that is still good, as of this moment.

    Raises NotSignedIn. What the visitor's role may see is decided where all is that a page shows:
    in the visit's queries.
    """
    kept = nicegui_app.storage.user.get(_SIGNED_IN)
    entry = nicegui_app.storage.browser.get(_ENTRY)
    if kept and entry and compare_digest(str(kept[_ENTRY]), str(entry)):
        if kept.get(_PERSON):
            person = msgspec.json.decode(kept[_PERSON], type=Credential)
            if kept[_UNTIL] >= time() and person.may(*VIEW):
                return Visit(person, language_of(request), services(), kept[_UNTIL])
            raise NotSignedIn(_path_and_query(request))
        credential = await _viewing_credential(services(), kept["key"])
        if credential is not None and credential.store == kept["store"]:
            return Visit(credential, language_of(request), services())
    raise NotSignedIn(_path_and_query(request))


Visitor = Annotated[Visit, Depends(admit)]


async def is_led_out(visit: Visit) -> bool:
    """Tell whether a visit is over; an open page then goes to where one signs in.

    What is pressed on an open page asks this first: its visit is of when it was opened.
    """
    if not await visit.is_over():
        return False
    ui.navigate.to(SIGN_IN.removeprefix(ROOT))
    return True


async def is_signed_in(request: Request) -> bool:
    """Tell whether `admit` would let this visitor in."""
    try:
        await admit(request)
    except NotSignedIn:
        return False
    return True


async def prove(key: str, secret: str) -> Credential | None:
    """Give the credential that key and secret prove, if it may look at pages."""
    credential = await asyncio.to_thread(services().credentials.check, key, secret)
    return credential if credential is not None and credential.may(*VIEW) else None


async def proved_by_ticket(ticket: str) -> Credential | None:
    """Give the credential that a ticket names, if it may look at pages still."""
    key = nicegui_app.state.served.state.tickets.redeem(ticket)
    return await _viewing_credential(services(), key) if key is not None else None


def sign_in_person(person: SignedIn, until: float) -> None:
    """Remember this visitor as whom the provider names, until a time."""
    sign_in(person.credential, until=until)
    nicegui_app.storage.user[_SIGNED_IN][_PROOF] = person.id_token


def sign_in(credential: Credential, *, until: float | None = None) -> None:
    """Remember this visitor by the credential; one of the provider's is good until a time.

    The entry is new each time and in the cookie of this answer alone, so a session that somebody
    else planted in the browser beforehand opens nothing to them.
    """
    entry = secrets.token_urlsafe(16)
    nicegui_app.storage.browser[_ENTRY] = entry
    nicegui_app.storage.user[_SIGNED_IN] = {
        "key": credential.key,
        "store": credential.store,
        _ENTRY: entry,
        _PERSON: None if until is None else msgspec.json.encode(credential).decode(),
        _UNTIL: until,
    }


def begin(begun: Begun) -> None:
    """Keep a sign-in at the provider until this browser is back, and no other one.

    The browser keeps it: anybody may begin, and nothing of strangers is to stay with the server.
    """
    nicegui_app.storage.browser[_BEGUN] = msgspec.to_builtins(begun)


def come_back() -> Begun | None:
    """Give the sign-in that this browser has begun, and forget it; None where there is none."""
    kept = nicegui_app.storage.browser.pop(_BEGUN, None)
    return msgspec.convert(kept, Begun) if kept else None


def provider() -> Provider | None:
    """Give the provider that people sign in by, where the settings name one."""
    settings, issuer = services().settings, doorkeeper(nicegui_app.state.served).issuer
    return Provider(settings, issuer) if issuer is not None and settings.oidc_client_id else None


def sign_out() -> str:
    """Forget this visitor; gives the ID token that signed in here, empty where there was none."""
    kept = nicegui_app.storage.user.pop(_SIGNED_IN, None) or {}
    entry = nicegui_app.storage.browser.pop(_ENTRY, None)
    is_own = bool(entry) and compare_digest(str(kept.get(_ENTRY, "")), str(entry))
    return str(kept.get(_PROOF) or "") if is_own else ""


def services() -> Services:
    """Give the services of the application that the pages are mounted in."""
    found: Services = nicegui_app.state.served.state.services
    return found


def language_of(request: Request) -> Language:
    """Give the language that this browser's switch was last set to."""
    return language_named(request.cookies.get(LANGUAGE_COOKIE))


def server_of(request: Request) -> str:
    """Give the address of this server, as the visitor reaches it: without a stroke at its end."""
    return str(request.base_url).removesuffix(f"{ROOT}/").rstrip("/")


def own_page(path: str) -> str:
    """Give a path if it leads to a page of ours, else the first page: nobody is sent elsewhere.

    One over LONGEST_PATH isn't kept either: cookies have room for 4,096 bytes.
    """
    is_own = path.startswith(f"{ROOT}/") and path.isprintable() and "\\" not in path
    return path if is_own and len(path) <= LONGEST_PATH else HOME


def _path_and_query(request: Request) -> str:
    path: bytes = request.scope["raw_path"]  # as it was sent: decoded, a `?` could be in it
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


async def _viewing_credential(of: Services, key: str) -> Credential | None:
    """Find a credential by its key, if it is not revoked and may look at pages."""
    credential = await asyncio.to_thread(of.credentials.find, key)
    if credential is None or credential.revoked is not None:
        return None
    return credential if credential.may(*VIEW) else None
