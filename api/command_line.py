"""The command ``xueji``: serve, keys, import, demo, and what operators need."""

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Annotated, Any

import typer
import uvicorn
from fastapi import FastAPI
from msgspec import UNSET
from msgspec.structs import asdict, replace
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table

from api.checking_command import commands as profile_check_commands
from api.generation_commands import dead_letters, generations, replay, status
from api.http_protocol import LimitedProtocol
from api.import_commands import commands as import_commands
from api.mapping_commands import commands as mapping_commands
from api.opening import opened_record
from api.profile_commands import commands as profile_commands
from api.server_file import ServerFile, remove_server_file, write_server_file
from api.settings import Settings
from lrs.credentials import (
    PROFILE_CHECKS,
    SCOPES,
    Credential,
    Credentials,
    RevokedCredentialError,
    UnknownCredentialError,
)
from lrs.holders import ROLES, Holder, checked
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
main.add_typer(profile_commands, name="profiles")
main.add_typer(profile_check_commands, name="profile")
main.add_typer(mapping_commands, name="mappings")
main.add_typer(generations, name="generations")
main.add_typer(dead_letters, name="dead-letters")
main.command()(replay)
main.command()(status)
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
    make_server(create_application(settings), settings).run()


def make_server(application: FastAPI, settings: Settings) -> "StoppingServer":
    """Make the server of an application, which keeps to the limits in the settings."""
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=LimitedProtocol,
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=10,
    )
    return StoppingServer(config)


def tune_interpreter() -> None:
    """Set the interpreter up for a server that decodes much JSON in several threads."""
    # What is loaded now stays; a statement's dictionaries hold no cycles, so look for them seldom.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    # Threads hand the interpreter over soon: a commit shouldn't wait for the event loop.
    sys.setswitchinterval(HAND_OVER_SECONDS)


class StoppingServer(uvicorn.Server):
    """Lets go of those who wait for the projection before it waits for them to be answered.

    While it serves, a file in the data directory tells commands how to reach it.
    """

    _told: ServerFile | None = None

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to serve, and say where."""
        await super().startup(sockets)
        if self.started and self.servers:
            state = self.config.app.state  # type: ignore[union-attr]
            settings: Settings = state.settings
            port = self.servers[0].sockets[0].getsockname()[1]
            self._told = write_server_file(settings.server_file, settings.host, port)
            state.operator_token = self._told.token

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop serving."""
        if self._told is not None:
            remove_server_file(self.config.app.state.settings.server_file, self._told)  # type: ignore[union-attr]
        services = getattr(self.config.app.state, "services", None)  # type: ignore[union-attr]
        if services is not None:
            services.live.release()
        await super().shutdown(sockets)


@main.command()
def relay() -> None:
    """Publish the log to Kafka, from where it stopped, until told to stop."""
    from api.stream_commands import run_relay

    run_relay(settings_or_exit())


@main.command()
def worker(
    name: Annotated[
        str, typer.Option(help="What it is called, each time it starts; no other's name.")
    ] = "1",
) -> None:
    """Carry what the relay publishes to ClickHouse, together with other workers."""
    from api.worker_commands import run_worker

    run_worker(settings_or_exit(), name)


@main.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop when the demo district is posted.")
    ] = False,
    scale: Annotated[
        str, typer.Option(help="small (four classes), class, school, or district (a term).")
    ] = "small",
    statements: Annotated[
        int | None, typer.Option(min=1, help="Post about so many statements at most.")
    ] = None,
) -> None:
    """Start a server with a demo district in it, and print the address to open."""
    from api.demo import DemoError, run_demo
    from apps.district import SCALES

    if scale not in SCALES:
        raise typer.BadParameter(
            f"{scale!r} is not one of {', '.join(SCALES)}", param_hint="--scale"
        )
    settings = settings_or_exit()
    if "data_directory" not in settings.model_fields_set:
        settings = settings.model_copy(update={"data_directory": Path("var/demo")})
    try:
        run_demo(settings, console, scale=SCALES[scale], leave=leave, statements=statements)
    except DemoError as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        sys.exit(1)


@main.command()
def reindex() -> None:
    """Rebuild the statement index from the log."""
    with opened_record(settings_or_exit()) as record:
        count = record.rebuild_index()
    console.print(f"{count} statements indexed.")


Key = Annotated[str, typer.Argument(help="The credential's key.", show_default=False)]
Scopes = Annotated[
    list[str] | None,
    typer.Option(help=f"One of {', '.join(SCOPES)}; repeatable. A role has usual ones."),
]
Rate = Annotated[
    str, typer.Option(help="Requests a second; 0: any number; default: XUEJI_RATE_LIMIT.")
]
ProfileCheck = Annotated[
    str, typer.Option(help=f"One of {', '.join(PROFILE_CHECKS)}; default: as the server is set.")
]
Role = Annotated[str, typer.Option(help=f"Who holds it: one of {', '.join(ROLES)}.")]
Person = Annotated[str, typer.Option(help="The holder's key, as portraits name persons.")]
Schools = Annotated[
    list[str] | None, typer.Option("--school", help="Of a school_leader; repeatable.")
]
Children = Annotated[
    list[str] | None, typer.Option("--child", help="The key of a parent's child; repeatable.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT = "default"
KEY_LENGTH = 32  # shown whole, however narrow the terminal


@keys.command("add")
def keys_add(
    store: Annotated[str, typer.Option(help="The store (tenant) it opens.")],
    scope: Scopes = None,
    app: Annotated[str, typer.Option(help="The app's name, its authority's account.")] = "",
    rate: Rate = DEFAULT,
    profile_check: ProfileCheck = DEFAULT,
    vendor: Annotated[str, typer.Option(help="Whose app it is.")] = "",
    title: Annotated[str, typer.Option(help="What people call the app.")] = "",
    role: Role = "",
    person: Person = "",
    school: Schools = None,
    child: Children = None,
    as_json: AsJson = False,
) -> None:
    """Make a credential; its secret is shown this once."""
    with opened_credentials(settings_or_exit()) as credentials, named_mistakes():
        credential, secret = credentials.add(
            store,
            app,
            scope or (),
            rate=_rate(rate),
            profile_check=_unless_default(profile_check),
            vendor=vendor,
            title=title,
            holder=_holder(None, role, person, school, child),
        )
    _show_secret(credential.key, secret, as_json, store=store)


@keys.command("list")
def keys_list(as_json: AsJson = False) -> None:
    """List credentials, without secrets."""
    with opened_credentials(settings_or_exit()) as credentials:
        listed = credentials.list()
    if as_json:
        print(json.dumps([_described(one) for one in listed], ensure_ascii=False))
        return
    key = Column("key", no_wrap=True, min_width=KEY_LENGTH)
    table = Table(
        key, "store", "app", "vendor", "role", "scopes", "rate", "profiles", "created", "revoked"
    )
    for one in listed:
        table.add_row(
            one.key,
            one.store,
            one.title or one.app,
            one.vendor,
            "" if one.holder is None else _shown_holder(one.holder),
            " ".join(sorted(one.scopes)),
            DEFAULT if one.rate is None else f"{one.rate:g}",
            one.profile_check or DEFAULT,
            iso_text(one.created),
            iso_text(one.revoked) if one.revoked else "",
        )
    console.print(table)


@keys.command("change")
def keys_change(
    key: Key,
    scope: Annotated[
        list[str] | None, typer.Option(help="In place of all it has; repeatable.")
    ] = None,
    rate: Annotated[str | None, typer.Option(help="As of `keys add`.")] = None,
    profile_check: Annotated[str | None, typer.Option(help="As of `keys add`.")] = None,
    vendor: Annotated[str | None, typer.Option(help="As of `keys add`.")] = None,
    title: Annotated[str | None, typer.Option(help="As of `keys add`.")] = None,
    role: Role = "",
    person: Person = "",
    school: Schools = None,
    child: Children = None,
) -> None:
    """Change what a credential may do; effective within a second.

    A role named anew is told all of what it is about. None can be taken away: revoke the key.
    """
    with opened_credentials(settings_or_exit()) as credentials, named_mistakes():
        known = credentials.find(key)
        credentials.change(
            key,
            scopes=scope or None,
            rate=UNSET if rate is None else _rate(rate),
            profile_check=UNSET if profile_check is None else _unless_default(profile_check),
            vendor=vendor,
            title=title,
            holder=_holder(None if known is None else known.holder, role, person, school, child),
        )
    console.print(f"{key} is changed.")


@keys.command("rotate")
def keys_rotate(
    key: Key,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that the secret before still proves.")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Give a credential a new secret, shown this once; effective within a second."""
    with opened_credentials(settings_or_exit()) as credentials, named_mistakes():
        secret = credentials.rotate(key, grace)
    _show_secret(key, secret, as_json)


@keys.command("revoke")
def keys_revoke(key: Key) -> None:
    """Revoke a credential, for good; effective within a second."""
    with opened_credentials(settings_or_exit()) as credentials, named_mistakes():
        credentials.revoke(key)
    console.print(f"{key} is revoked.")


@contextmanager
def named_mistakes() -> Iterator[None]:
    """Say what is wrong with a credential that was asked for."""
    try:
        yield
    except (ValueError, UnknownCredentialError, RevokedCredentialError) as error:
        raise typer.BadParameter(str(error)) from None


def _show_secret(key: str, secret: str, as_json: bool, **more: str) -> None:
    if as_json:
        print(json.dumps({"key": key, "secret": secret, **more}))
        return
    console.print(f"key     {key}\nsecret  {secret}", highlight=False)
    console.print("[dim]The secret is not kept: note it now.[/dim]")


def _holder(
    old: Holder | None,
    role: str,
    person: str,
    schools: list[str] | None,
    children: list[str] | None,
) -> Holder | None:
    """Give the holder that options describe, by themselves or on top of the old one.

    None where they describe none. Raises ValueError.
    """
    named = {
        name: value
        for name, value in {
            "person": person,
            "schools": tuple(schools or ()),
            "children": tuple(children or ()),
        }.items()
        if value
    }
    if role:
        return checked(Holder(role, **named))  # type: ignore[arg-type]
    if not named:
        return None
    if old is None:
        raise ValueError("person, school and child belong to a role: name it")
    return checked(replace(old, **named))


def _shown_holder(holder: Holder) -> str:
    about = [holder.person, *holder.schools, *holder.children]
    return " ".join(filter(None, (holder.role, *about)))


def _described(credential: Credential) -> dict[str, Any]:
    fields = asdict(credential)
    times = {name: iso_text(fields[name]) for name in ("created", "revoked") if fields[name]}
    holder = None if credential.holder is None else asdict(credential.holder)
    return {**fields, "scopes": sorted(credential.scopes), **times, "holder": holder}


def _rate(text: str) -> float | None:
    if text == DEFAULT:
        return None
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"a rate is requests a second, or {DEFAULT}, not {text!r}") from None


def _unless_default(text: str) -> str | None:
    return None if text == DEFAULT else text


@contextmanager
def opened_credentials(settings: Settings) -> Iterator[Credentials]:
    """Give the credentials of the record, for the length of a command."""
    with opened_record(settings) as record:
        yield Credentials(record.statements, settings.pepper())
