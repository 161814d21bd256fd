"""Records for tests: statements in short, and drafts of them."""

from typing import Any
from uuid import UUID

import orjson

from lrs.drafts import Draft, draft_statement, make_authority
from lrs.versions import Version

AUTHORITY = make_authority("https://record.example/apps", "clicker")
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def statement_id(number: int) -> str:
    return str(UUID(int=number, version=4))


def agent(name: str) -> dict[str, Any]:
    return {"account": {"homePage": "https://district.example", "name": name}}


def agent_key(name: str) -> str:
    return f"account:https://district.example|{name}"


def statement(
    actor: str = "ming",
    verb: str = "answered",
    target: str | dict[str, Any] = "item/1",
    **more: Any,
) -> dict[str, Any]:
    if isinstance(target, str):
        target = {"id": f"https://district.example/{target}"}
    verb = verb if ":" in verb else f"https://district.example/verbs/{verb}"
    return {"actor": agent(actor), "verb": {"id": verb}, "object": target, **more}


def reference(target: str) -> dict[str, Any]:
    return {"objectType": "StatementRef", "id": target}


def voiding(target: str, **more: Any) -> dict[str, Any]:
    return statement("teacher", VOIDED, reference(target), **more)


def draft(whole: dict[str, Any], store: str = "district", raw: bytes | None = None) -> Draft:
    return draft_statement(
        raw or orjson.dumps(whole),
        whole,
        store=store,
        authority=AUTHORITY,
        version=Version.V2_0_0,
    )
