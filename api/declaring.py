"""What a district declares by command: through the running server, or on the record directly."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import httpx
import msgspec

from api.opening import opened_record
from api.operating import OperatingError, ask_server, running_server
from api.roster.faults import Fault, RosterFaulty
from api.roster.files import packed
from api.roster.importing import (
    DEFAULT_SOURCE,
    BadImport,
    Imported,
    Told,
    import_roster,
    make_import,
)
from api.settings import Settings
from lrs.declarations import (
    IDENTITY,
    Declaration,
    DeclarationRefused,
    DeclarationsStored,
    link_declaration,
)
from lrs.drafts import make_authority
from lrs.record import Record

OPERATOR = "xueji"  # the app that what is declared by command is from


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is said beside the files of a roster; `accounts` are written TYPE=HOMEPAGE."""

    home_page: str
    date: str = ""
    source: str = DEFAULT_SOURCE
    accounts: tuple[str, ...] = ()
    mbox: bool = False
    dry_run: bool = False


class Declaring(Protocol):
    """What can be declared; everything raises OperatingError."""

    def import_roster(
        self, store: str, files: Mapping[str, bytes], wanted: Wanted, told: Told
    ) -> Imported:
        """Import a roster. Raises RosterFaulty too."""

    def link(self, store: str, account: str, person: str) -> DeclarationsStored:
        """Say that an account belongs to a person."""

    def unlink(self, store: str, account: str) -> DeclarationsStored:
        """Say that an account is nobody's but its own."""


@contextmanager
def declaring(settings: Settings) -> Iterator[Declaring]:
    """Give the running server's way to declare, or the record's own where no server runs."""
    with running_server(settings) as client:
        if client is not None:
            yield ByServer(client)
            return
    with opened_record(settings) as record:
        yield Directly(settings, record)


class ByServer:
    """Has the running server declare, which may be the only process that writes to the record."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def import_roster(
        self, store: str, files: Mapping[str, bytes], wanted: Wanted, told: Told
    ) -> Imported:
        """Send the files to the server."""
        told("sending", 0)
        parameters: dict[str, Any] = {
            "store": store,
            "home_page": wanted.home_page,
            "date": wanted.date,
            "source": wanted.source,
            "account": list(wanted.accounts),
            "mbox": wanted.mbox,
            "dry_run": wanted.dry_run,
        }
        headers = {"Content-Type": "application/zip"}
        try:
            answer = ask_server(
                *(self._client, "POST", "/v1/roster"),
                params=parameters,
                content=packed(files),
                headers=headers,
            )
        except OperatingError as error:
            if "faults" in error.details:
                faults = msgspec.convert(error.details["faults"], tuple[Fault, ...])
                raise RosterFaulty(faults, error.details["count"]) from None
            raise
        return msgspec.convert(answer, Imported)

    def link(self, store: str, account: str, person: str) -> DeclarationsStored:
        """Say that an account belongs to a person."""
        body = {"account": account, "person": person}
        return self._identities("POST", {"store": store}, json=body)

    def unlink(self, store: str, account: str) -> DeclarationsStored:
        """Say that an account is nobody's but its own."""
        return self._identities("DELETE", {"store": store, "account": account})

    def _identities(
        self, method: str, parameters: dict[str, str], **body: Any
    ) -> DeclarationsStored:
        answer = ask_server(self._client, method, "/v1/identities", params=parameters, **body)
        return msgspec.convert(answer, DeclarationsStored)


class Directly:
    """Declares on the record in this process."""

    def __init__(self, settings: Settings, record: Record) -> None:
        self._settings = settings
        self._record = record
        self._authority = make_authority(settings.home_page, OPERATOR).json

    def import_roster(
        self, store: str, files: Mapping[str, bytes], wanted: Wanted, told: Told
    ) -> Imported:
        """Import the files."""
        try:
            how = make_import(
                store,
                home_page=wanted.home_page,
                timezone=self._settings.timezone,
                source=wanted.source,
                day=wanted.date,
                accounts=wanted.accounts,
                mbox=wanted.mbox,
            )
            arguments = (self._record, store, files, how, self._authority)
            return import_roster(*arguments, dry_run=wanted.dry_run, told=told)
        except (BadImport, DeclarationRefused) as error:
            raise OperatingError(str(error)) from None

    def link(self, store: str, account: str, person: str) -> DeclarationsStored:
        """Say that an account belongs to a person."""
        return self._declare(store, link_declaration(account, person))

    def unlink(self, store: str, account: str) -> DeclarationsStored:
        """Say that an account is nobody's but its own."""
        return self._declare(store, Declaration(kind=IDENTITY, id=account, content=None))

    def _declare(self, store: str, declaration: Declaration) -> DeclarationsStored:
        try:
            return self._record.declare_now(store, [declaration], self._authority)
        except DeclarationRefused as error:
            raise OperatingError(str(error)) from None
