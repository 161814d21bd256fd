"""Whether a statement keeps what it claims when it names the teaching-cycle profile."""

from functools import cache
from importlib import resources
from typing import Any

import orjson

from projections.vocabulary import PROFILE_VERSION
from tests.support.profiles import determines, unfollowed, values_at


@cache
def _templates() -> list[dict[str, Any]]:
    file = resources.files("projections") / "profiles" / "teaching-cycle.jsonld"
    templates: list[dict[str, Any]] = orjson.loads(file.read_bytes())["templates"]
    return templates


def broken_promises(statement: dict[str, Any]) -> list[str]:
    """Say what keeps a statement from following the profile; empty where it does."""
    if PROFILE_VERSION not in values_at(statement, "$.context.contextActivities.category[*].id"):
        return ["it does not name the profile"]
    meant = [template for template in _templates() if determines(template, statement)]
    if not meant:
        return [f"no template is meant for {statement['verb']['id']}"]
    return [
        f"{template['id']}: {location}"
        for template in meant
        for location in unfollowed(statement, template)
    ]
