"""The commands ``xueji replay``, ``generations``, ``status`` and ``dead-letters``."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column, Table

from api.forward_commands import forwarder_told
from api.generations import ReplayRequest
from api.operating import OperatingError, Operator, operator
from projections.comparison import KEYS_SHOWN
from streams.replay import Progress

generations = typer.Typer(
    help="Generations: complete sets of the projections' tables.", no_args_is_help=True
)
dead_letters = typer.Typer(
    help="Events of the log that could not be brought to rows.", no_args_is_help=True
)
console = Console()

_KEYS_NAMED = 2  # of one person's rows in one table
INTERRUPTED = 130  # the exit status after Ctrl-C

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The generation's name.", show_default=False)]
Limit = Annotated[int, typer.Option(min=1, max=500, help="The most to list.")]
Time = Annotated[str | None, typer.Option(metavar="TIME", help="ISO 8601; without offset: UTC.")]


def replay(
    name: Annotated[
        str, typer.Option(help="The generation to build: small letters, digits and `_`.")
    ],
    until_stored: Time = None,
    until_time: Time = None,
    from_position: Annotated[int, typer.Option(min=1, help="The first log position.")] = 1,
    store: Annotated[str, typer.Option(help="One store only.")] = "",
) -> None:
    """Build a generation from the log, on all cores, while the live one goes on.

    Broken off and started again with the same name and filters, it goes on where it was. One with
    --until-time, --from-position or --store is a what-if: it can be asked and compared, and never
    be the live one.
    """
    given = {"until_stored": until_stored, "until_time": until_time}
    try:
        wanted = ReplayRequest(
            name=name,
            from_position=from_position,
            store=store,
            **{key: text for key, text in given.items() if text is not None},  # type: ignore[arg-type]
        )
    except ValidationError as error:
        problem = error.errors()[0]
        option = "--" + str(problem["loc"][0]).replace("_", "-")
        raise typer.BadParameter(f"{option}: {problem['msg']}") from None
    with opened() as here, _progress_bar() as told:
        try:
            done = here.replay(wanted, told)
        except KeyboardInterrupt:
            console.print("Stopped. The same command goes on where it was.")
            sys.exit(INTERRUPTED)
    console.print(
        f"Generation [bold]{name}[/bold] is complete up to position {done['position']:,}.",
        highlight=False,
    )


@contextmanager
def _progress_bar() -> Iterator[Any]:
    columns = (
        TextColumn("{task.description:9}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("starting", total=None, rate="", left="")

        def told(progress: Progress) -> None:
            left = progress.seconds_left
            bar.update(
                task,
                description=progress.phase,
                completed=progress.done,
                total=progress.total,
                rate=f"{progress.statements_per_second:,.0f}/s",
                left="" if left is None else f"{left:,.0f} s left",
            )

        yield told


# Generations -------------------------------------------------------------------------------------


@generations.command("list")
def list_generations(as_json: AsJson = False) -> None:
    """List generations: which is live, how each came about, how far it is."""
    with opened() as here:
        listed = here.generations()
    if as_json:
        _print_json(listed)
        return
    name = Column("name", no_wrap=True)
    position, rows = (Column(head, justify="right") for head in ("position", "rows"))
    made, filters = Column("made", no_wrap=True), Column("filters", overflow="fold")
    table = Table(name, "live", "state", position, rows, made, filters)
    for one in listed:
        origin = one["origin"]
        table.add_row(
            one["name"],
            "live" if one["live"] else "",
            _state(origin),
            f"{one['position']:,}",
            f"{sum(one['rows'].values()):,}",
            one["made"][:16].replace("T", " "),
            _filters(origin),
        )
    console.print(table)


def _state(origin: dict[str, Any]) -> str:
    return "what-if" if origin.get("what_if") else origin.get("state", "carried")


def _filters(origin: dict[str, Any]) -> str:
    return "\n".join(f"{key} {value}" for key, value in origin.get("filters", {}).items())


@generations.command("compare")
def compare_generations(
    one: Name,
    other: Annotated[str, typer.Argument(help="The other's; the live one if not named.")] = "",
    limit: Limit = 20,
    cursor: Annotated[str, typer.Option(help="The `next` of the page before.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compare two generations, table by table and person by person.

    Exits with 1 where they differ.
    """
    with opened() as here:
        compared = here.compare(one, other or _live(here), limit, cursor)
    if as_json:
        _print_json(compared)
    else:
        _show_comparison(compared)
    if not compared["equal"]:
        sys.exit(1)


def _live(here: Operator) -> str:
    return next(str(each["name"]) for each in here.generations() if each["live"])


def _show_comparison(compared: dict[str, Any]) -> None:
    names = compared["one"], compared["other"]
    if compared["equal"]:
        console.print("{} and {} have the same rows.".format(*names), highlight=False)
        return
    heads = (f"only in {names[0]}", f"only in {names[1]}", "differ")
    counts = Table("table", *(Column(head, justify="right") for head in heads))
    for each in compared["tables"]:
        cells = (each["only_one"], each["only_other"], each["differs"])
        counts.add_row(each["table"], *(f"{cell:,}" for cell in cells))
    console.print(counts)
    listed = Table("store", Column("who or what", overflow="fold"), "table", "rows")
    for each in compared["subjects"]:
        store, subject = each["store"], each["subject"]
        for table, rows in each["tables"].items():
            listed.add_row(store, subject, table, _rows(rows, *heads))
            store = subject = ""
    console.print(listed)
    if compared["next"]:
        console.print(f"More: --cursor {compared['next']}", highlight=False, soft_wrap=True)


def _rows(rows: list[dict[str, Any]], *heads: str) -> str:
    """Say how many rows differ in which way, and the first of their keys."""
    ways = dict(zip(("only_one", "only_other", "differs"), heads, strict=True))
    more = "or more " if len(rows) == KEYS_SHOWN else ""
    lines = []
    for way, head in ways.items():
        keys = [" ".join(row["key"]) for row in rows if row["what"] == way]
        if keys:
            named = ", ".join(filter(None, keys[:_KEYS_NAMED]))
            lines.append(f"{len(keys)} {more}{head}{': ' if named else ''}{named}")
    return "\n".join(lines)


@generations.command("promote")
def promote(name: Name) -> None:
    """Make a generation the live one, in one step; a running server goes over within a second."""
    with opened() as here:
        here.promote(name)
    console.print(f"Generation [bold]{name}[/bold] is live now.", highlight=False)


@generations.command("drop")
def drop(name: Name) -> None:
    """Remove a generation with all its rows."""
    with opened() as here:
        here.drop(name)
    console.print(f"Generation [bold]{name}[/bold] is gone.", highlight=False)


# Status, dead letters ----------------------------------------------------------------------------


def status(as_json: AsJson = False) -> None:
    """Show record, carrier, dead letters and replays."""
    with opened() as here:
        told = here.status()
        told["dead_letters"] = here.dead_letters(5, 0)["dead_letters"]
    if as_json:
        _print_json(told)
        return
    table = Table.grid(Column(style="bold"), Column(), padding=(0, 2))
    table.add_row("server", told["server"] or "not running")
    table.add_row("record", f"position {told['record']['position']:,}")
    table.add_row("generation", told["generation"])
    table.add_row("carrier", _carrier(told["carrier"]))
    if told.get("relay"):
        table.add_row("relay", _relay(told["relay"]))
    for one in told["forwarders"]:
        table.add_row("forwarder", forwarder_told(one))
    table.add_row("set aside", _letters(told))
    for store, version in told["calibrations"].items():
        table.add_row("calibration", f"of {store}: {version}")
    for store, names in told["mappings_waiting"].items():
        waiting = f"of {store}: {', '.join(names)}; in force after a replay and its promotion"
        table.add_row("mappings", waiting)
    for one in told["replays"]:
        table.add_row("replay", _replay(one))
    console.print(table, highlight=False)


def _relay(relay: dict[str, Any]) -> str:
    lines = []
    if relay["position"] is not None:
        lines.append(f"at position {relay['position']:,}, {relay['lag']:,} behind")
    if relay["published"]:
        lines.append(f"last published {relay['published']}")
    if relay["error"]:
        lines.append(f"[red]{escape(relay['error'])}[/red]")
    return "\n".join(lines)


def _carrier(carrier: dict[str, Any] | None) -> str:
    if carrier is None:
        return "none in this server"
    running = "running" if carrier["running"] else "not running"
    lines = [f"{running}, at position {carrier['position']:,}, {carrier['lag']:,} behind"]
    if carrier["events_per_second"]:
        lines.append(f"last batch at {carrier['events_per_second']:,.0f} events/s")
    if carrier["error"]:
        lines.append(f"[red]{carrier['error']}[/red]")
    return "\n".join(lines)


def _letters(told: dict[str, Any]) -> str:
    carrier = told["carrier"] or {}
    count = carrier.get("dead_letters")
    if count is None:
        count = len(told["dead_letters"])
    shown = [f"{one['position']:,}: {one['reason']}" for one in told["dead_letters"]]
    return "\n".join([f"{count:,}", *shown])


def _replay(one: dict[str, Any]) -> str:
    told = f"{one['name']}: {one['state']}"
    if one["state"] == "running" and "phase" in one:
        told += f", {one['phase']} {one['done']:,} of {one['total']:,}"
    if one.get("error"):
        told += f"\n[red]{one['error']}[/red]"
    return told


@dead_letters.command("list")
def list_dead_letters(
    limit: Limit = 100,
    cursor: Annotated[int, typer.Option(min=0, help="The `next` of the page before.")] = 0,
    as_json: AsJson = False,
) -> None:
    """List what was set aside in the live generation, by log position, with the reasons."""
    with opened() as here:
        page = here.dead_letters(limit, cursor)
    if as_json:
        _print_json(page)
        return
    table = Table(
        Column("position", justify="right"), "store", Column("statement"), "reason", "last tried"
    )
    for one in page["dead_letters"]:
        table.add_row(
            str(one["position"]), one["store"], one["statement"], one["reason"], one["since"]
        )
    console.print(table if page["dead_letters"] else "Nothing is set aside.")
    if page["next"]:
        console.print(f"More: --cursor {page['next']}")


@dead_letters.command("retry")
def retry_dead_letters() -> None:
    """Try to carry again what was set aside, once what kept it is mended."""
    with opened() as here:
        told = here.retry()
    console.print(f"{told['tried']} tried, {told['carried']} carried.")


# What all of them need ---------------------------------------------------------------------------


@contextmanager
def opened() -> Iterator[Operator]:
    """Give the operator of the settings; what can't be done is said, and the command ends."""
    from api.command_line import settings_or_exit

    try:
        with operator(settings_or_exit()) as here:
            yield here
    except OperatingError as error:
        console.print(f"[red]{error}[/red]", highlight=False, soft_wrap=True)
        sys.exit(1)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))
