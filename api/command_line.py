"""The command ``xueji``: serve, keys, import, demo, status."""

import gc
import json
import sys
from pathlib import Path
from socket import socket
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from api.import_commands import commands as import_commands
from api.settings import Settings
from lrs.credentials import (
    SCOPES,
    Credentials,
    UnknownCredentialError,
    UnknownScopeError,
)
from lrs.record import Record
from lrs.times import iso_text

COLLECT_AFTER = 50_000  # objects
HAND_OVER_SECONDS = 0.001

main = typer.Typer(
    help="Xueji 学迹: an event-sourced learning record store with live portraits.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
keys = typer.Typer(help="Credentials of apps.", no_args_is_help=True)
main.add_typer(keys, name="keys")
main.add_typer(import_commands, name="import")
console = Console()


def settings_or_exit() -> Settings:
    """Read the settings; a wrong one is named, and the command ends."""
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            console.print(f"[red]XUEJI_{name}[/red]: {problem['msg']}", highlight=False)
        sys.exit(2)


@main.command()
def serve() -> None:
    """Serve xAPI, the projections and the UI."""
    settings = settings_or_exit()
    run_server(settings)


def run_server(settings: Settings) -> None:
    """Serve until told to stop."""
    from api.application import create_application

    tune_interpreter()
    application = create_application(settings)
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=10,
    )
    StoppingServer(config).run()


def tune_interpreter() -> None:
    """Set the interpreter up for a server that decodes much JSON in several threads."""
    # What is loaded now stays; a statement's dictionaries hold no cycles, so look for them seldom.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    # Threads hand the interpreter over soon: a commit shouldn't wait for the event loop.
    sys.setswitchinterval(HAND_OVER_SECONDS)


class StoppingServer(uvicorn.Server):
    """Lets go of those who wait for the projection before it waits for them to be answered."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop serving."""
        carrier = getattr(self.config.app.state, "carrier", None)  # type: ignore[union-attr]
        if carrier is not None:
            carrier.release()
        await super().shutdown(sockets)


@main.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop when the demo district is posted.")
    ] = False,
) -> None:
    """Start a server with a demo district in it, and print the address to open."""
    from api.demo import DemoError, run_demo

    settings = settings_or_exit()
    if "data_directory" not in settings.model_fields_set:
        settings = settings.model_copy(update={"data_directory": Path("var/demo")})
    try:
        run_demo(settings, console, leave=leave)
    except DemoError as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        sys.exit(1)


@main.command()
def reindex() -> None:
    """Rebuild the statement index from the log."""
    settings = settings_or_exit()
    record = Record.open(settings.record_location)
    try:
        count = record.rebuild_index()
    finally:
        record.close()
    console.print(f"{count} statements indexed.")


@keys.command("add")
def keys_add(
    store: Annotated[str, typer.Option(help="The store (tenant) it opens.")],
    scope: Annotated[list[str], typer.Option(help=f"One of {', '.join(SCOPES)}; repeatable.")],
    app: Annotated[str, typer.Option(help="The app's name, its authority's account.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a credential; its secret is shown this once."""
    with opened_credentials(settings_or_exit()) as credentials:
        try:
            credential, secret = credentials.add(store, app, scope)
        except (UnknownScopeError, ValueError) as error:
            raise typer.BadParameter(str(error)) from None
    if as_json:
        print(json.dumps({"key": credential.key, "secret": secret, "store": store}))
        return
    console.print(f"key     {credential.key}\nsecret  {secret}", highlight=False)
    console.print("[dim]The secret is not kept: note it now.[/dim]")


@keys.command("list")
def keys_list() -> None:
    """List credentials, without secrets."""
    with opened_credentials(settings_or_exit()) as credentials:
        listed = credentials.list()
    table = Table("key", "store", "app", "scopes", "created", "revoked")
    for one in listed:
        revoked = iso_text(one.revoked) if one.revoked else ""
        table.add_row(
            one.key,
            one.store,
            one.app,
            " ".join(sorted(one.scopes)),
            iso_text(one.created),
            revoked,
        )
    console.print(table)


@keys.command("revoke")
def keys_revoke(key: str) -> None:
    """Revoke a credential, for good; effective within a second."""
    with opened_credentials(settings_or_exit()) as credentials:
        try:
            credentials.revoke(key)
        except UnknownCredentialError as error:
            raise typer.BadParameter(str(error)) from None
    console.print(f"{key} is revoked.")


class opened_credentials:  # noqa: N801 - read as a phrase: with opened_credentials(...)
    """The credentials of the record, for the length of a command."""

    def __init__(self, settings: Settings) -> None:
        settings.data_directory.mkdir(parents=True, exist_ok=True)
        self._record = Record.open(settings.record_location)
        self._credentials = Credentials(self._record.statements, settings.pepper())

    def __enter__(self) -> Credentials:
        """Give the credentials."""
        return self._credentials

    def __exit__(self, *_: object) -> None:
        """Close the record."""
        self._record.close()
