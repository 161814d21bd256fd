"""The command ``xueji``: serve, keys, import, demo, and what operators need."""

import sys
from pathlib import Path
from socket import socket
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from rich.console import Console

from api.backtest_command import backtest
from api.calibration_commands import calibrate
from api.checking_command import commands as profile_check_commands
from api.forward_commands import commands as forwarder_commands
from api.generation_commands import dead_letters, generations, replay, status
from api.http_protocol import LimitedProtocol
from api.identity_commands import commands as identity_commands
from api.import_commands import commands as import_commands
from api.key_commands import commands as key_commands
from api.mapping_commands import commands as mapping_commands
from api.opening import opened_record
from api.profile_commands import commands as profile_commands
from api.roster_commands import commands as roster_commands
from api.scheme_commands import commands as scheme_commands
from api.server_file import ServerFile, remove_server_file, write_server_file
from api.settings import Settings
from streams.collecting import collect_seldom

HAND_OVER_SECONDS = 0.001

main = typer.Typer(
    help="Xueji 学迹: an event-sourced learning record store with live portraits.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
main.add_typer(key_commands, name="keys")
main.add_typer(import_commands, name="import")
main.add_typer(profile_commands, name="profiles")
main.add_typer(roster_commands, name="roster")
main.add_typer(identity_commands, name="identity")
main.add_typer(profile_check_commands, name="profile")
main.add_typer(mapping_commands, name="mappings")
main.add_typer(scheme_commands, name="schemes")
main.add_typer(generations, name="generations")
main.add_typer(dead_letters, name="dead-letters")
main.add_typer(forwarder_commands, name="forwarders")
main.command()(replay)
main.command()(status)
main.command()(calibrate)
main.command()(backtest)
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
    collect_seldom()
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
def forward() -> None:
    """Forward the log to other records, each from where it stopped, until told to stop.

    A server whose carrier is `embedded` does so itself; beside it, this does no harm.
    """
    from api.forward_commands import run_forwarders

    run_forwarders(settings_or_exit())


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
