"""Schemes by command: through the running server, or on the record directly."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote

import httpx

from api import scheme_publishing as schemes
from api.declaring import OPERATOR
from api.opening import opened_record
from api.operating import OperatingError, ask_server, running_server
from api.settings import Settings
from lrs.credentials import is_store_name
from lrs.drafts import make_authority
from lrs.record import Record
from projections.evaluation.scheme_extending import stated_id
from projections.evaluation.scheme_faults import SchemeFaulty, UnknownScheme

Fields = dict[str, Any]
PATIENCE: Final = 60.0  # seconds


class OwnCredential(NamedTuple):
    """The server that is asked, and the credential of who asks."""

    server: str
    key: str
    secret: str


class Keeping(Protocol):
    """What can be done with the schemes of a store; everything raises OperatingError."""

    def list(self, store: str) -> list[Fields]:
        """List the schemes, the shipped ones too."""

    def show(self, store: str, name: str, version: int | None = None) -> Fields:
        """Give a scheme, put together."""

    def check(self, store: str, text: str) -> Fields:
        """Tell whether a document could be published, with every fault."""

    def publish(self, store: str, text: str) -> Fields:
        """Publish a scheme under the id that it says itself."""

    def withdraw(self, store: str, name: str) -> Fields:
        """Withdraw a scheme."""


@contextmanager
def keeping(settings: Settings) -> Iterator[Keeping]:
    """Give the running server's way to keep schemes, or the record's own where no server runs."""
    with running_server(settings) as client:
        if client is not None:
            yield ByServer(client)
            return
    with opened_record(settings) as record:
        yield Directly(settings, record)


@contextmanager
def keeping_by(own: OwnCredential) -> Iterator[Keeping]:
    """Give a server's way to keep schemes, as far as a credential may; of its own store."""
    if httpx.URL(own.server).scheme not in ("http", "https"):
        raise OperatingError(f"--server: {own.server!r} is no address as http://127.0.0.1:8080")
    with httpx.Client(base_url=own.server, auth=(own.key, own.secret), timeout=PATIENCE) as client:
        yield ByServer(client)


class ByServer:
    """Asks the running server, which may be the only process that writes to the record."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def list(self, store: str) -> list[Fields]:
        """List the schemes, as the live generation knows them."""
        listed: list[Fields] = self._ask("GET", "", store)["schemes"]
        return listed

    def show(self, store: str, name: str, version: int | None = None) -> Fields:
        """Give a scheme, put together."""
        more = {} if version is None else {"version": str(version)}
        return self._ask("GET", _path(name), store, more)

    def check(self, store: str, text: str) -> Fields:
        """Tell whether a document could be published."""
        return self._ask("POST", "/check", store, content=text.encode())

    def publish(self, store: str, text: str) -> Fields:
        """Publish a scheme."""
        with _said():
            path = _path(stated_id(text))
        return self._ask("PUT", path, store, content=text.encode())

    def withdraw(self, store: str, name: str) -> Fields:
        """Withdraw a scheme."""
        return self._ask("DELETE", _path(name), store)

    def _ask(
        self, method: str, path: str, store: str, more: Fields | None = None, **given: Any
    ) -> Fields:
        parameters = {"store": store, **(more or {})}
        return ask_server(self._client, method, f"/v1/schemes{path}", params=parameters, **given)


class Directly:
    """Works on the record in this process."""

    def __init__(self, settings: Settings, record: Record) -> None:
        self._record = record
        self._authority = make_authority(settings.home_page, OPERATOR).json

    def list(self, store: str) -> list[Fields]:
        """List the schemes, as the log has them."""
        return schemes.listed(schemes.published_by(self._record, store))

    def show(self, store: str, name: str, version: int | None = None) -> Fields:
        """Give a scheme, put together."""
        with _said():
            published = schemes.published_by(self._record, store)
            return schemes.one(self._record, published, store, name, version)

    def check(self, store: str, text: str) -> Fields:
        """Tell whether a document could be published."""
        with _said():
            return schemes.check_for(self._record, store, text)

    def publish(self, store: str, text: str) -> Fields:
        """Publish a scheme."""
        with _said():
            if not is_store_name(store):
                raise OperatingError(f"{store!r} is no store's name")
            return schemes.publish(self._record, store, text, self._authority)

    def withdraw(self, store: str, name: str) -> Fields:
        """Withdraw a scheme."""
        with _said():
            return schemes.withdraw(self._record, store, name, self._authority)


def _path(name: str) -> str:
    return f"/{quote(name, safe='')}"


@contextmanager
def _said() -> Iterator[None]:
    """Say what is wrong with what was asked, as the server does."""
    try:
        yield
    except UnknownScheme as error:
        raise OperatingError(f"there is no scheme {error}") from None
    except (SchemeFaulty, schemes.SchemesBroken) as error:
        raise OperatingError(str(error), schemes.details_of(error)) from None
    except schemes.TooManySchemes as error:
        raise OperatingError(str(error)) from None
