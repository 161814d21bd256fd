"""The command ``xueji keys``: credentials of apps and people, made, shown, changed, taken back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from msgspec import UNSET
from msgspec.structs import asdict, replace
from rich.console import Console
from rich.table import Column, Table

from api.opening import opened_record
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

commands = typer.Typer(help="Credentials of apps and people.", no_args_is_help=True)
console = Console()

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


@commands.command("add")
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
    with opened_credentials(_settings()) as credentials, named_mistakes():
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


@commands.command("list")
def keys_list(as_json: AsJson = False) -> None:
    """List credentials, without secrets."""
    with opened_credentials(_settings()) as credentials:
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


@commands.command("change")
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
    with opened_credentials(_settings()) as credentials, named_mistakes():
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


@commands.command("rotate")
def keys_rotate(
    key: Key,
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that the secret before still proves.")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Give a credential a new secret, shown this once; effective within a second."""
    with opened_credentials(_settings()) as credentials, named_mistakes():
        secret = credentials.rotate(key, grace)
    _show_secret(key, secret, as_json)


@commands.command("revoke")
def keys_revoke(key: Key) -> None:
    """Revoke a credential, for good; effective within a second."""
    with opened_credentials(_settings()) as credentials, named_mistakes():
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


def _settings() -> Settings:
    from api.command_line import settings_or_exit  # which has these commands

    return settings_or_exit()
