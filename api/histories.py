"""How versions of what was declared are shown: when, by which app, and whether withdrawn."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from lrs.declarations import DeclarationVersion
from lrs.times import iso_text


class _Account(msgspec.Struct):
    name: str


class _Authority(msgspec.Struct):
    account: _Account


_authorities: Final = msgspec.json.Decoder(_Authority)


def app_of(version: DeclarationVersion) -> str:
    """Name the app that declared a version."""
    return _authorities.decode(version.authority).account.name


def versions_shown(history: Sequence[DeclarationVersion]) -> list[dict[str, Any]]:
    """Show all versions of a declaration, the oldest first; they are counted from 1."""
    return [
        {
            "version": number,
            "published": iso_text(version.stored),
            "by": app_of(version),
            "withdrawn": version.deleted,
        }
        for number, version in enumerate(history, 1)
    ]
