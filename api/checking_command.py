"""The command ``xueji profile check``: what statements would mean, without a server or a record."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from api.checking import hold
from projections.meaning.advice import LEVELS
from projections.meaning.checking import Report, check, described, given_statements
from projections.meaning.mapping import MappingError, load_mapping, shipped_mappings
from projections.meaning.reading import Reader

commands = typer.Typer(
    help="The teaching-cycle profile, for those who build apps.", no_args_is_help=True
)
console = Console()

_MOST_SHOWN: Final = 20  # statements told one by one; of more only what they have in common
_STYLES: Final = {"refused": "red", "needed": "yellow", "useful": "cyan"}


@commands.callback()
def profile() -> None:
    """The teaching-cycle profile, for those who build apps."""


@commands.command("check")
def check_file(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(help="A statement, an array, or one statement a line; - for what is piped."),
    ],
    mapping: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="A mapping file; repeatable."),
    ] = None,
    app: Annotated[
        str, typer.Option(help="The app that would post them, as its credential names it.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, all of it.")] = False,
) -> None:
    """Say what statements would mean, and what they leave out; ends with 1 if one is refused."""
    report = check(given_statements(file.read()), _reader(mapping or ()), hold, app=app)
    told = described(report)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        _tell(report, told)
    if told["summary"]["refused"]:
        sys.exit(1)


def _reader(mappings: Sequence[Path]) -> Reader:
    """The reader of the shipped mappings and of these files."""
    try:
        loaded = [load_mapping(path.read_text("utf-8"), path.name) for path in mappings]
        return Reader([*shipped_mappings(), *loaded])
    except (MappingError, UnicodeDecodeError) as error:
        raise typer.BadParameter(str(error)) from None


def _tell(report: Report, told: Mapping[str, Any]) -> None:
    if len(report.statements) <= _MOST_SHOWN:
        for statement in told["statements"]:
            _tell_statement(statement)
    summary = told["summary"]
    console.print(
        f"{summary['statements']} 条语句 statements:"
        f" {summary['understood']} 条有规则可读 read by a rule,"
        f" {summary['refused']} 条会被拒收 would be refused,"
        f" {summary['persons']} 人 persons",
        highlight=False,
    )
    if summary["actions"]:
        table = Table("行为", "action", "", "事实 facts")
        for each in summary["actions"]:
            table.add_row(each["zh"], each["en"], each["action"], str(each["facts"]))
        console.print(table)
    for each in summary["unread_verbs"]:
        _line(f"  {each['verb']}: 没有规则认识 no rule knows it ({each['statements']})")
    for each in summary["advice"]:
        _tell_advice(each, f"{each['statements']} × {each['first']} ")


def _tell_statement(statement: Mapping[str, Any]) -> None:
    where = f"line {statement['line']}" if "line" in statement else statement["path"]
    rule = statement["rule"]
    by = f"{rule['mapping']}: {rule['name']}" if rule else "没有规则 no rule"
    _line(where if statement["is_refused"] else f"{where}  ({by})")
    for fact in statement["facts"]:
        title = fact.pop("title")
        fields = ", ".join(f"{key}={_short(value)}" for key, value in fact.items())
        _line(f"  {title['zh']} {title['en']}: {fields}")


def _short(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


def _tell_advice(advice: Mapping[str, Any], where: str) -> None:
    level = advice["level"]
    zh, en = LEVELS[level]
    console.print(f"[{_STYLES[level]}]{zh} {en}[/{_STYLES[level]}] ", end="")
    _line(f"{where}{advice['path']}")
    why = advice["why"]
    _line(f"    {advice['zh']}。{why['zh']}")
    _line(f"    {advice['en']}. {why['en']}")
    if advice["needed_by"]:
        names = ", ".join(f"{each['zh']} {each['en']}" for each in advice["needed_by"])
        _line(f"    → {names}")
    if advice["send"] is not None:
        _line(f"    + {json.dumps(advice['send'], ensure_ascii=False)}")


def _line(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
