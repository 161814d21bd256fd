"""The commands ``xueji schemes …``: what a store judges by, checked before it is published."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from api.command_files import read_text
from api.operating import OperatingError
from api.scheme_declaring import Keeping, OwnCredential, keeping, keeping_by
from api.scheme_publishing import Whose, checked
from projections.evaluation.published_schemes import Schemes
from projections.evaluation.scheme_faults import SchemeFault

commands = typer.Typer(no_args_is_help=True)
console = Console()

Store = Annotated[str, typer.Option(help="The store (tenant); with --server, one's own.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The YAML document.")]
Name = Annotated[str, typer.Argument(help="The scheme's id.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@commands.callback()
def by(
    context: typer.Context,
    server: Annotated[str, typer.Option(help="A server to ask with one's own credential.")] = "",
    key: Annotated[str, typer.Option(envvar="XUEJI_KEY", help="The credential's key.")] = "",
    secret: Annotated[str, typer.Option(envvar="XUEJI_SECRET", help="Its secret.")] = "",
) -> None:
    """Schemes: what a store evaluates by.

    On the server's machine as its operator; or with --server, as far as one's own credential may.
    """
    context.obj = OwnCredential(server, key, secret) if server else None


@commands.command("check")
def check(
    context: typer.Context,
    file: File,
    store: Annotated[str, typer.Option(help="Beside this store's others.")] = "",
    as_json: AsJson = False,
) -> None:
    """Check a scheme; nothing is published. Without --store, beside the shipped ones only."""
    text = read_text(file)
    if store or context.obj:
        with _operating(context, store) as told:
            answer = told.check(store, text)
    else:
        answer = checked(Schemes({}), text, Whose())
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    elif answer["valid"]:
        _line(f"{file}: 可以发布 valid, {_size(answer['scheme'])}")
    else:
        _tell_faults(answer)
    if not answer["valid"]:
        sys.exit(1)


@commands.command("publish")
def publish(context: typer.Context, file: File, store: Store = "", as_json: AsJson = False) -> None:
    """Publish a scheme for a store: kept in the log, and in force at once."""
    with _operating(context, store) as told:
        answer = told.publish(store, read_text(file))
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    what = "已发布 published" if answer["changed"] else "没有变化 nothing changed"
    _line(f"{answer['id']}, version {answer['version']}: {what}, {_size(answer['scheme'])}")


@commands.command("list")
def list_schemes(context: typer.Context, store: Store = "", as_json: AsJson = False) -> None:
    """List the schemes that a store has: its own, and the shipped ones."""
    with _operating(context, store) as told:
        listed = told.list(store)
    if as_json:
        print(json.dumps(listed, ensure_ascii=False))
        return
    table = Table("id")
    table.add_column("title", min_width=20)
    for heading in ("origin", "extends", "parts", "faults"):
        table.add_column(heading)
    for each in listed:
        title = " ".join(dict.fromkeys((each["title"] or {}).values()))
        sizes = (each["dimensions"], each["indicators"])
        parts = "/".join(str(size) for size in sizes if size is not None)
        faults = str(len(each["faults"]))
        table.add_row(each["id"], title, each["origin"], each["extends"] or "", parts, faults)
    console.print(table)


@commands.command("show")
def show(
    context: typer.Context,
    name: Name,
    store: Store = "",
    version: Annotated[int | None, typer.Option(min=1, help="Of its versions, from 1.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="With what it extends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a scheme's document, as it was published or put together."""
    with _operating(context, store) as told:
        answer = told.show(store, name, version)
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    elif whole and answer["faults"]:
        _tell_faults(answer)
        sys.exit(1)
    else:
        print(answer["whole_text"] if whole else answer["text"])


@commands.command("withdraw")
def withdraw(context: typer.Context, name: Name, store: Store = "") -> None:
    """Withdraw a scheme; its versions stay in the log."""
    with _operating(context, store) as told:
        told.withdraw(store, name)
    _line(f"{name}: 已撤回 withdrawn")


def _size(scheme: dict[str, Any]) -> str:
    dimensions = scheme["dimensions"]
    indicators = sum(len(each["indicators"]) for each in dimensions)
    return f"{len(dimensions)} 个维度 dimensions, {indicators} 个指标 indicators"


def _tell_faults(details: dict[str, Any]) -> None:
    """Print each fault, in English and Chinese, and those of the schemes that would be broken."""
    for fault in details.get("faults", ()):
        told = msgspec.convert(fault, SchemeFault)
        _line(f"{told}\n  {told.zh}")
    for name, faults in details.get("breaks", {}).items():
        _line(f"{name}: 将因此出错 would be faulty")
        _tell_faults({"faults": faults})


@contextmanager
def _operating(context: typer.Context, store: str) -> Iterator[Keeping]:
    from api.command_line import settings_or_exit

    own: OwnCredential | None = context.obj
    if own is None and not store:
        raise typer.BadParameter("which store?", param_hint="--store")
    try:
        with keeping_by(own) if own else keeping(settings_or_exit()) as told:
            yield told
    except OperatingError as error:
        _line(str(error))
        _tell_faults(error.details)
        sys.exit(1)


def _line(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
