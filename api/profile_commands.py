"""The commands ``xueji profiles …``: which profiles a store holds, and what doesn't follow them."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.checking import NOBODY
from api.opening import opened_record
from api.profiles import counted, described, outline
from lrs.json_input import decode
from lrs.profiles import (
    Finding,
    Mode,
    ProfileSet,
    Registry,
    UnknownProfileError,
    check_statements,
    list_findings,
    read_profile_bytes,
)
from lrs.record import Record
from lrs.times import iso_text
from lrs.validation import Violation, validate_statement
from lrs.versions import Version

commands = typer.Typer(
    help="xAPI Profiles that the statements of a store are held against.", no_args_is_help=True
)
console = Console()

Store = Annotated[str, typer.Option(help="The store (tenant).")]
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="The Profile's JSON-LD document.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@commands.command("add")
def add(file: File, store: Store) -> None:
    """Keep a profile for a store, in place of the same version kept before."""
    with given_record() as record, named_mistakes(file):
        registry = Registry(record.statements)
        profile = registry.add(store, file.read_bytes())
        profiles = registry.profiles(store)
        mode = registry.mode(store)
    console.print(
        f"{profile.version}: {len(profile.templates)} templates,"
        f" {len(profile.patterns)} patterns; the store {store} has mode {mode}.",
        highlight=False,
    )
    _tell_state(profiles, profile.version)


@commands.command("list")
def list_profiles(
    store: Annotated[str, typer.Option(help="One store only.")] = "", as_json: AsJson = False
) -> None:
    """List the profiles of every store, and its mode."""
    with given_record() as record:
        registry = Registry(record.statements)
        stores = {name: mode for name, mode in registry.stores().items() if store in ("", name)}
        listed = {
            name: {
                "mode": mode,
                "profiles": [
                    outline(kept, registry.profiles(name)) for kept in registry.list(name)
                ],
            }
            for name, mode in stores.items()
        }
    if as_json:
        print(json.dumps(listed, ensure_ascii=False))
        return
    table = Table("store", "mode", "version", "templates", "patterns", "added", "not followed")
    for name, one in listed.items():
        rows: Any = one["profiles"] or [{}]
        for row in rows:
            cells = [str(row.get(key, "")) for key in ("version", "templates", "patterns", "added")]
            table.add_row(name, stores[name], *cells, "\n".join(row.get("unready", ())))
    console.print(table)


@commands.command("remove")
def remove(
    version: Annotated[str, typer.Argument(help="The id of the version.")], store: Store
) -> None:
    """Let go of a version of a profile."""
    with given_record() as record, named_mistakes():
        Registry(record.statements).remove(store, version)
    console.print(f"The store {store} no longer holds {version}.", highlight=False)


@commands.command("mode")
def set_mode(
    mode: Annotated[Mode, typer.Argument(help="What becomes of what follows no profile.")],
    store: Store,
) -> None:
    """Choose whether statements are held against the profiles; effective within a second."""
    with given_record() as record, named_mistakes():
        Registry(record.statements).set_mode(store, mode)
    console.print(f"The store {store} has mode {mode}.", highlight=False)


@commands.command("findings")
def findings(
    store: Store,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List what statements did not follow, and how often."""
    with given_record() as record:
        page = list_findings(record.statements, store, limit)
    if as_json:
        print(json.dumps([counted(one) for one in page.counts], ensure_ascii=False))
        return
    table = Table("count", "kind", "severity", "app", "template or pattern", "location", "last")
    for one in page.counts:
        table.add_row(
            str(one.count),
            one.kind,
            one.severity,
            one.app,
            one.part or one.profile,
            one.location,
            iso_text(one.last_stored),
        )
    console.print(table)


@commands.command("check")
def check(
    file: File,
    statements: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A JSON statement or array.")
    ],
    also: Annotated[
        list[Path] | None, typer.Option(exists=True, help="Another profile; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what the door would find in statements, as one request; ends with 1 on a violation."""
    profiles = ProfileSet(_read(one) for one in (file, *(also or ())))
    with named_mistakes(statements):
        decoded = decode(statements.read_bytes())
        alone = not isinstance(decoded, list)
        batch = [decoded] if alone else decoded
        for index, one in enumerate(batch):
            path = "$" if alone else f"$[{index}]"
            validate_statement(one, _version(one), path=path)
    found = check_statements(profiles, batch, NOBODY)
    if as_json:
        print(json.dumps([described(one, alone=alone) for one in found], ensure_ascii=False))
    else:
        _tell(found, len(batch), alone=alone)
        for version in profiles.followed:
            _tell_state(profiles, version)
    if any(one.severity == "violation" for one in found):
        sys.exit(1)


def _read(file: Path) -> Any:
    with named_mistakes(file):
        return read_profile_bytes(file.read_bytes())


def _version(statement: Any) -> Version:
    """Give the version of xAPI that a statement says it is of; 2.0 where it doesn't say."""
    given = statement.get("version") if isinstance(statement, dict) else None
    return Version.V1_0_3 if str(given).startswith("1.") else Version.V2_0_0


def _tell(found: Sequence[Finding], statements: int, *, alone: bool) -> None:
    for one in found:
        fields = described(one, alone=alone)
        colour = "red" if one.severity == "violation" else "yellow"
        console.print(f"[{colour}]{one.severity}[/{colour}] ", end="")
        value = "" if one.value is None else f"; found {json.dumps(fields['value'])}"
        console.print(
            f"{fields['path']}: {one.rule}{value} ({one.section})\n    {one.part or one.profile}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    violations = sum(one.severity == "violation" for one in found)
    console.print(
        f"{statements} statements: {violations} violations, {len(found) - violations} advice.",
        highlight=False,
    )


def _tell_state(profiles: ProfileSet, version: str) -> None:
    """Say what of a profile can't be followed, and what it should have and hasn't."""
    followed = profiles.followed[version]
    lines = [
        *followed.unready,
        *(f"{version} names {name}, which no profile here holds" for name in followed.missing),
        *(
            f"pattern {one.pattern} can be read in several ways, and each is taken"
            for one in followed.primary
            if not one.is_deterministic
        ),
        *(f"remark: {remark}" for remark in followed.profile.remarks),
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def given_record() -> AbstractContextManager[Record]:
    """Give the record of the settings, for the length of a command."""
    from api.command_line import settings_or_exit

    return opened_record(settings_or_exit())


@contextmanager
def named_mistakes(file: Path | None = None) -> Iterator[None]:
    """Say what is wrong with what was given, and in which file."""
    try:
        yield
    except (Violation, UnknownProfileError, ValueError) as error:
        where = f"{file}: " if file is not None else ""
        raise typer.BadParameter(f"{where}{error}") from None
