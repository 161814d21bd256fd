"""The commands ``xueji forward`` and ``xueji forwarders …``: the log goes to other records."""

import json
import logging
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from api.forwarders import LAST_CURSOR, refused, told
from api.opening import opened_record
from api.settings import Settings
from lrs.attachments import AttachmentStore
from streams.collecting import collect_seldom
from streams.forward_filters import Filters
from streams.forwarders import (
    MOST_AT_ONCE,
    Definition,
    Forwarders,
    UnknownForwarder,
)
from streams.forwarders_at_work import ForwardersAtWork

commands = typer.Typer(
    help="Forwarders: what of the log goes to other records, such as a city's.",
    no_args_is_help=True,
)
console = Console()

Name = Annotated[str, typer.Argument(help="The forwarder's name.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Wanted = list[str] | None


def run_forwarders(settings: Settings) -> None:
    """Run all forwarders until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request
    with (
        opened_record(settings) as record,
        closing(AttachmentStore.open(settings.attachments_location)) as attachments,
        closing(Forwarders(settings.forwarders_file)) as forwarders,
    ):
        at_work = ForwardersAtWork(record, attachments, forwarders, settings.forward_secret)
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: at_work.stop())
        collect_seldom()
        if not forwarders.all():
            logging.warning("there is no forwarder yet: `xueji forwarders add` makes one")
        at_work.run()


@commands.command("add")
def add_forwarder(
    name: Name,
    endpoint: Annotated[str, typer.Option(help="The other record's xAPI base, http(s)://….")],
    key: Annotated[str, typer.Option(help="Of the credential there.")],
    store: Annotated[str, typer.Option(help="The store here whose statements go there.")],
    verb: Annotated[Wanted, typer.Option(help="Only with this verb; repeatable.")] = None,
    activity: Annotated[
        Wanted, typer.Option(help="Only about this activity, or within it; repeatable.")
    ] = None,
    category: Annotated[
        Wanted, typer.Option(help="Only of this category, such as a profile; repeatable.")
    ] = None,
    app: Annotated[Wanted, typer.Option(help="Only of this app; repeatable.")] = None,
    agent: Annotated[
        Wanted, typer.Option(help="Only of this actor, by its key; repeatable.")
    ] = None,
    after: Annotated[
        int,
        typer.Option(
            min=0,
            max=LAST_CURSOR,
            help="Only behind this log position (`xueji status` tells it).",
        ),
    ] = 0,
    batch: Annotated[
        int, typer.Option(min=1, max=MOST_AT_ONCE, help="The most statements in one request.")
    ] = 200,
) -> None:
    """Add a forwarder; what runs forwarders begins with it within a second.

    Its secret is never kept here: whoever runs it is given that as XUEJI_FORWARD_SECRET_ and the
    name in capitals, in the environment or as a file of the secrets' folder.
    """
    lists = (verb, activity, category, app, agent)
    filters = Filters(*(tuple(one or ()) for one in lists))
    definition = Definition(name, endpoint, key, store, filters, batch)
    with _forwarders() as (forwarders, settings):
        if after:
            with opened_record(settings) as record:
                newest = record.last_position()
            if after > newest:
                raise ValueError(f"--after is {after}, and the log ends at {newest}")
        forwarders.add(definition, after)
    console.print(f"Forwarder {name} is added.", highlight=False)


@commands.command("list")
def list_forwarders(as_json: AsJson = False) -> None:
    """List forwarders and how each is doing, without secrets."""
    with _forwarders() as (forwarders, settings), opened_record(settings) as record:
        listed = told(forwarders, record)
    if as_json:
        _print_json(listed)
        return
    table = Table("store", Column("to", overflow="fold"), Column("filters", overflow="fold"), "")
    for one in listed:
        filters = "\n".join(f"{name}: {' '.join(of)}" for name, of in one["filters"].items())
        table.add_row(one["store"], one["endpoint"], filters, forwarder_told(one))
    console.print(table if listed else "There is no forwarder.")


def forwarder_told(one: dict[str, Any]) -> str:
    """Say how a forwarder is doing, for a terminal."""
    doing = "running" if one["running"] else "[red]not running[/red]"
    lag = f"{one['lag']:,} behind"
    if one["lag"]:
        lag += f", for {one['lag_seconds']:,.0f} s"
    lines = [f"{one['name']}: {doing}, at position {one['position']:,}, {lag}"]
    if one["forwarded_at"]:
        lines.append(f"last forwarded {one['forwarded_at']}, {one['forwarded']:,} in all")
    if one["dead_letters"]:
        lines.append(f"refused upstream: {one['dead_letters']:,}")
    if one["error"]:
        lines.append(f"[red]{escape(one['error'])}[/red]")
    return "\n".join(lines)


@commands.command("remove")
def remove_forwarder(name: Name) -> None:
    """Remove a forwarder, with its position and what was refused; what is upstream stays."""
    with _forwarders() as (forwarders, _):
        forwarders.remove(name)
    console.print(f"Forwarder {name} is gone.", highlight=False)


@commands.command("dead-letters")
def list_refused(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=500, help="The most to list.")] = 100,
    cursor: Annotated[
        int, typer.Option(min=0, max=LAST_CURSOR, help="The `next` of the page before.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """List what was refused upstream, by log position, with what it said."""
    with _forwarders() as (forwarders, _):
        forwarders.find(name)
        page = refused(forwarders, name, limit, cursor)
    if as_json:
        _print_json(page)
        return
    table = Table(Column("position", justify="right"), "statement", "status", "reason", "since")
    for one in page["dead_letters"]:
        shown = (one["statement"], str(one["status"]), escape(one["reason"]), one["since"])
        table.add_row(str(one["position"]), *shown)
    console.print(table if page["dead_letters"] else "Nothing was refused.")
    if page["next"]:
        console.print(f"More: --cursor {page['next']}")


@commands.command("retry")
def retry_refused(name: Name) -> None:
    """Have what was refused tried once more, once what kept it is mended."""
    with _forwarders() as (forwarders, _):
        count, at_work = forwarders.retry(name), forwarders.is_at_work(name)
    console.print(f"{count} will be tried again within seconds.", highlight=False)
    if count and not at_work:
        console.print(f"[red]Nobody runs {name} just now[/red]: `xueji forward` does.")


@contextmanager
def _forwarders() -> Iterator[tuple[Forwarders, Settings]]:
    """Give the forwarders, and the settings; says what is wrong with what was asked."""
    from api.command_line import settings_or_exit  # which has these commands

    settings = settings_or_exit()
    with closing(Forwarders(settings.forwarders_file)) as forwarders:
        try:
            yield forwarders, settings
        except (UnknownForwarder, ValueError) as error:
            raise typer.BadParameter(str(error)) from None


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))
