"""Whether a statement keeps what it claims when it names the teaching-cycle profile."""

from functools import cache
from importlib import resources
from typing import Any

from lrs.profiles import ProfileSet, check_statements, read_profile_bytes
from lrs.profiles.templates import normalized
from projections.vocabulary import PROFILE_VERSION

_AUTHORITY = {"objectType": "Agent", "mbox": "mailto:app@district.example"}


@cache
def _profiles() -> ProfileSet:
    file = resources.files("projections") / "profiles" / "teaching-cycle.jsonld"
    return ProfileSet([read_profile_bytes(file.read_bytes())])


def meant(statement: dict[str, Any]) -> list[str]:
    """Name the templates whose determining properties a statement has."""
    followed = _profiles().followed[PROFILE_VERSION]
    return [template.id for template in followed.meant(normalized(statement))]


def broken_promises(statement: dict[str, Any]) -> list[str]:
    """Say what keeps a valid statement from following the profile; empty where it does."""
    if PROFILE_VERSION not in _profiles().claimed(normalized(statement)):
        return ["it does not name the profile"]
    return [
        f"{finding.part or finding.rule}: {finding.location or finding.value}"
        for finding in check_statements(_profiles(), [statement], _AUTHORITY)
        if finding.severity == "violation"
    ]
