"""The commands ``xueji roster …``: OneRoster CSV files imported, and what the record holds."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from api.declaring import Wanted, declaring
from api.opening import opened_record
from api.operating import OperatingError
from api.roster.counting import count_schools
from api.roster.faults import RosterFaulty
from api.roster.files import roster_files
from api.roster.importing import DEFAULT_SOURCE, Imported, Told
from lrs.credentials import is_store_name

commands = typer.Typer(help="Rosters of schools, classes and people.", no_args_is_help=True)
console = Console()

Store = Annotated[str, typer.Option(help="The store (tenant).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_STEPS = {
    "files": "读取文件 Reading files",
    "sending": "服务器导入中 The server imports",
    "held": "查阅现有名册 Looking up the roster",
    "reading": "检查文件 Checking files",
    "comparing": "比较 Comparing",
    "storing": "写入 Storing",
    "done": "完成 Done",
}
_KINDS = {
    "roster-org": "机构 Orgs",
    "roster-session": "学期 Sessions",
    "roster-course": "课程 Courses",
    "roster-class": "班级 Classes",
    "roster-user": "人员 Users",
    "roster-enrollment": "在班 Enrollments",
    "identity": "账号关联 Accounts",
}
_COUNTS = {
    "new": "新增\nNew",
    "changed": "变更\nChanged",
    "ended": "结束\nEnded",
    "withdrawn": "撤销\nWithdrawn",
    "unchanged": "未变\nUnchanged",
    "older": "过时\nOlder",
}


_SHOWN = ("班级\nClasses", "学生\nStudents", "教师\nTeachers")


@commands.command("import")
def import_files(
    path: Annotated[
        Path, typer.Argument(exists=True, help="A folder of OneRoster CSV files, or a zip file.")
    ],
    store: Store,
    home_page: Annotated[
        str, typer.Option(help="The home page of users' accounts, named by their sourcedId.")
    ],
    day: Annotated[
        str, typer.Option("--date", help="The day it holds from (ISO 8601); default: today.")
    ] = "",
    account: Annotated[
        list[str] | None,
        typer.Option(
            help="TYPE=HOMEPAGE: userIds of a type, or username or identifier, are accounts there;"
            " repeatable."
        ),
    ] = None,
    mbox: Annotated[bool, typer.Option(help="E-mail addresses are accounts too.")] = False,
    source: Annotated[str, typer.Option(help="The system it is from.")] = DEFAULT_SOURCE,
    dry_run: Annotated[bool, typer.Option(help="Only tell what would come of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a roster, OneRoster 1.1 or 1.2 CSV, all of it or nothing."""
    from api.command_line import settings_or_exit

    settings = settings_or_exit()
    check_store(store)
    wanted = Wanted(
        home_page=home_page,
        date=day,
        source=source,
        accounts=tuple(account or ()),
        mbox=mbox,
        dry_run=dry_run,
    )
    try:
        with _progress(hidden=as_json) as told:
            told("files", 0)
            files = roster_files(path)
            with declaring(settings) as ways:
                imported = ways.import_roster(store, files, wanted, told)
    except RosterFaulty as faulty:
        _tell_faults(faulty, as_json)
        sys.exit(1)
    except OperatingError as error:
        _fail(str(error))
    if as_json:
        print(msgspec.json.encode(imported).decode())
    else:
        _tell(imported)


@commands.command("show")
def show(
    store: Store,
    on: Annotated[str, typer.Option(help="The day (ISO 8601); default: today.")] = "",
    as_json: AsJson = False,
) -> None:
    """Count classes, students and teachers by school, as the record has them on a day."""
    from api.command_line import settings_or_exit

    settings = settings_or_exit()
    check_store(store)
    try:
        day = date.fromisoformat(on) if on else datetime.now(ZoneInfo(settings.timezone)).date()
    except ValueError:
        raise typer.BadParameter(f"--on: {on!r} is no day such as 2026-09-01") from None
    with opened_record(settings) as record:
        counts = count_schools(record, store, day)
    if as_json:
        print(msgspec.json.encode(counts).decode())
        return
    numbers = [Column(name, justify="right") for name in _SHOWN]
    table = Table("学校\nSchool", "编号\nId", "来源\nSource", *numbers)
    for one in counts:
        cells = [f"{number:,}" for number in (one.classes, one.students, one.teachers)]
        table.add_row(one.name, one.org, one.source, *cells)
    console.print(table)


def check_store(store: str) -> None:
    """Hold that a store's name is one."""
    if not is_store_name(store):
        rule = "a store's name is 1 to 100 letters, digits, '.', '_' and '-'"
        raise typer.BadParameter(f"--store: {rule}, not {store!r}")


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Told]:
    """Show the steps of an import as they are begun; gives what tells of them."""
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=len(_STEPS) - 2)

        def told(step: str, records: int) -> None:
            number = f" {records:,}" if records else ""
            if step == "sending":  # how far the server is isn't known here
                progress.update(task, description=_STEPS[step], total=None)
                return
            done = [name for name in _STEPS if name != "sending"].index(step)
            progress.update(task, description=_STEPS[step] + number, completed=done)

        yield told


def _tell(imported: Imported) -> None:
    counts = imported.kinds
    shown = [name for name in _COUNTS if any(getattr(one, name) for one in counts.values())]
    numbers = [Column(_COUNTS[name], justify="right") for name in shown]
    table = Table(Column("类别\nKind", no_wrap=True), *numbers)
    for kind, one in counts.items():
        table.add_row(_KINDS[kind], *(f"{getattr(one, name):,}" for name in shown))
    console.print(table)
    what = "would be stored" if imported.dry_run else "stored"
    console.print(
        f"OneRoster {imported.version}, {imported.source}, {imported.day}:"
        f" {imported.events:,} events {what}.",
        highlight=False,
    )


def _tell_faults(faulty: RosterFaulty, as_json: bool) -> None:
    if as_json:
        told = {"count": faulty.count, "faults": msgspec.to_builtins(faulty.faults)}
        print(json.dumps(told, ensure_ascii=False))
        return
    for fault in faulty.faults:
        console.print(str(fault), highlight=False, markup=False, soft_wrap=True)
    more = faulty.count - len(faulty.faults)
    listed = f"; {more} more are not listed" if more else ""
    _fail(f"{faulty.count} faults{listed}. Nothing was stored.")


def _fail(message: str) -> None:
    console.print(f"[red]{message}[/red]", highlight=False, soft_wrap=True)
    sys.exit(1)
