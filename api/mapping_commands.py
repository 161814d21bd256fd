"""The commands ``xueji mappings …``: what apps with words of their own mean, store by store."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.command_files import read_text
from api.mappings import MappingRefused, checked
from api.operating import OperatingError, Operator, operator
from projections.meaning.mapping import MappingError

commands = typer.Typer(
    help="Mappings: what the statements of a store's own apps mean.", no_args_is_help=True
)
console = Console()

Store = Annotated[str, typer.Option(help="The store (tenant).")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The YAML document.")]
Name = Annotated[str, typer.Argument(help="The mapping's name.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@commands.command("check")
def check(
    file: File, store: Annotated[str, typer.Option(help="Beside this store's others.")] = ""
) -> None:
    """Check a mapping; nothing is published. Without --store, beside the shipped ones only."""
    text = read_text(file)
    others: dict[str, str] = {}
    if store:
        with _operating() as told:
            listed = [each for each in told.mappings(store) if each["state"] != "withdrawn"]
            others = {each["name"]: told.mapping(store, each["name"])["text"] for each in listed}
    try:
        mapping = checked(text, others)
    except (MappingError, MappingRefused) as error:
        raise typer.BadParameter(f"{file}: {error}") from None
    verbs = {verb for rule in mapping.rules for verb in rule.verbs}
    _line(f"{mapping.name}: {len(mapping.rules)} 条规则 rules, {len(verbs)} 个动词 verbs")


@commands.command("publish")
def publish(file: File, store: Store, as_json: AsJson = False) -> None:
    """Publish a mapping for a store: kept in the log, and in force after a replay."""
    with _operating() as told:
        answer = told.publish_mapping(store, read_text(file))
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    what = "已发布 published" if answer["changed"] else "没有变化 nothing changed"
    _line(f"{answer['name']}, version {answer['version']}: {what}")
    _tell_message(answer)


@commands.command("list")
def list_mappings(store: Store, as_json: AsJson = False) -> None:
    """List what a store has published, and whether it is in force."""
    with _operating() as told:
        listed = told.mappings(store)
    if as_json:
        print(json.dumps(listed, ensure_ascii=False))
        return
    table = Table("name", "title", "rules", "published", "by", "state")
    for each in listed:
        title = " ".join(dict.fromkeys(each["title"].values()))
        rules = str(len(each["rules"]))
        table.add_row(
            each["name"], title, rules, each["published"] or "", each["by"], each["state"]
        )
    console.print(table)
    waiting = next((each for each in listed if "message" in each), None)
    if waiting is not None:
        _tell_message(waiting)


@commands.command("show")
def show(
    name: Name,
    store: Store,
    version: Annotated[int | None, typer.Option(min=1, help="Of its versions, from 1.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a mapping's document, as it was published."""
    with _operating() as told:
        answer = told.mapping(store, name, version)
    print(json.dumps(answer, ensure_ascii=False) if as_json else answer["text"])


@commands.command("withdraw")
def withdraw(name: Name, store: Store) -> None:
    """Withdraw a mapping; it stays in force until a replay."""
    with _operating() as told:
        answer = told.withdraw_mapping(store, name)
    _line(f"{name}: 已撤回 withdrawn")
    _tell_message(answer)


def _tell_message(answer: dict[str, Any]) -> None:
    if message := answer.get("message"):
        _line(f"  {message['zh']}\n  {message['en']}")


@contextmanager
def _operating() -> Iterator[Operator]:
    from api.command_line import settings_or_exit

    try:
        with operator(settings_or_exit()) as told:
            yield told
    except OperatingError as error:
        _line(str(error))
        sys.exit(1)


def _line(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
