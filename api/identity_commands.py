"""The commands ``xueji identity …``: which accounts belong to one person."""

import json
import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from api.declaring import Declaring, declaring
from api.opening import opened_record
from api.operating import OperatingError
from api.roster_commands import AsJson, Store, check_store
from lrs.declarations import IDENTITY, DeclarationsStored, decode_link
from lrs.times import iso_text

commands = typer.Typer(help="Accounts that belong to one person.", no_args_is_help=True)
console = Console()

Account = Annotated[
    str, typer.Argument(help="An account as actors are named: account:https://a.example|s1.")
]
Person = Annotated[str, typer.Argument(help="The person, named in the same way.")]


@commands.command("link")
def link(account: Account, person: Person, store: Store) -> None:
    """Say that an account belongs to a person; what it did and does is theirs from then on."""
    stored = _declared(store, lambda ways: ways.link(store, account, person))
    told = "now belongs" if stored.changed else "already belonged"
    console.print(f"{account} {told} to {person}.", highlight=False, markup=False)


@commands.command("unlink")
def unlink(account: Account, store: Store) -> None:
    """Say that an account is nobody's but its own."""
    stored = _declared(store, lambda ways: ways.unlink(store, account))
    told = "is its own again" if stored.changed else "was linked to nobody"
    console.print(f"{account} {told}.", highlight=False, markup=False)


@commands.command("list")
def list_links(
    store: Store,
    person: Annotated[str, typer.Option(help="One person's accounts only.")] = "",
    as_json: AsJson = False,
) -> None:
    """List accounts that are linked, with their persons, and by whom they were linked."""
    from api.command_line import settings_or_exit

    check_store(store)
    with opened_record(settings_or_exit()) as record:
        versions = record.declarations(store, IDENTITY)
    links = [(one.id, decode_link(one.content), one.stored) for one in versions]
    listed = [one for one in links if person in ("", one[1].person)]
    if as_json:
        fields = [
            {"account": account, "person": link.person, "by": link.by, "since": iso_text(since)}
            for account, link, since in listed
        ]
        print(json.dumps(fields, ensure_ascii=False))
        return
    folded = [Column(name, overflow="fold") for name in ("账号 Account", "人员 Person")]
    table = Table(*folded, "方式 By", "自 Since")
    for account, link, since in listed:
        table.add_row(account, link.person, link.by, iso_text(since))
    console.print(table)


def _declared(store: str, declare: Callable[[Declaring], DeclarationsStored]) -> DeclarationsStored:
    from api.command_line import settings_or_exit

    check_store(store)
    try:
        with declaring(settings_or_exit()) as ways:
            return declare(ways)
    except OperatingError as error:
        console.print(f"[red]{error}[/red]", highlight=False, soft_wrap=True)
        sys.exit(1)
