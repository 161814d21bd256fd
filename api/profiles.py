"""Profile validation at the door: statements examined before they are stored, findings shown."""

import asyncio
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request

from api.authentication import authority_of
from api.errors import REFUSALS, ApiError
from api.roles import Resource, allow
from lrs.credentials import Credential
from lrs.drafts import Authority, Draft
from lrs.profiles import (
    Counted,
    Door,
    Finding,
    Kept,
    Mode,
    ProfileSet,
    Report,
    count_findings,
    list_findings,
)
from lrs.times import iso_text
from lrs.validation import Violation

router = APIRouter(prefix="/v1/profiles", tags=["Profiles"], responses=REFUSALS)

# How many findings an answer lists; the rest of them are only counted.
MOST_LISTED = 20


async def examine(
    request: Request,
    credential: Credential,
    drafts: list[Draft],
    statement_id: str | None = None,
) -> Report | None:
    """Hold the statements of a request against the profiles of their store.

    `statement_id` is the parameter of PUT. Gives what is to be counted when they are stored, None
    where nothing was found or nobody looked. Raises ApiError 400 where a statement doesn't follow
    a profile that it claims, and the mode is ``enforce``.
    """
    door: Door = request.app.state.door
    if credential.profile_check is None and door.registry.modes_are_due():
        await asyncio.to_thread(door.registry.read_modes)
    mode = door.mode(credential)
    if mode is Mode.OFF or not drafts:
        return None
    authority = authority_of(request, credential)
    findings = await asyncio.to_thread(
        _findings, door, credential.store, drafts, statement_id, authority
    )
    if mode is Mode.ENFORCE:
        _refuse(findings, alone=len(drafts) == 1)
    if not findings:
        return None
    return Report(credential.key, credential.app, tuple(findings))


def _findings(
    door: Door,
    store: str,
    drafts: list[Draft],
    statement_id: str | None,
    authority: Authority,
) -> list[Finding]:
    statements = [orjson.loads(draft.statement) for draft in drafts]
    if statement_id is not None:
        statements[0] = {"id": statement_id, **statements[0]}
    return door.check(store, statements, orjson.loads(authority.json))


def _refuse(findings: list[Finding], *, alone: bool) -> None:
    """Raise ApiError 400 where there is a violation: the first in full, others listed."""
    violations = [finding for finding in findings if finding.severity == "violation"]
    if not violations:
        return
    listed = [described(finding, alone=alone) for finding in violations[:MOST_LISTED]]
    first = listed[0]
    part = first["part"] or first["profile"]
    raise ApiError(
        400,
        f"{first['path']}: {first['rule']} ({first['section']}; {part});"
        f" {len(violations)} in all, nothing was stored",
        **first,
        violations=len(violations),
        findings=listed,
    )


def described(finding: Finding, *, alone: bool) -> dict[str, Any]:
    """Write a finding for people: where it is, of what, which rule, and what was found."""
    root = "$" if alone else f"$[{finding.index}]"
    location = finding.location
    one_way = location.startswith("$") and "|" not in location and not finding.selector
    violation = Violation(finding.rule, finding.section, finding.value, path=root)
    return {
        **violation.as_dict(),
        "path": root + location[1:] if one_way else root,
        "profile": finding.profile,
        "part": finding.part,
        "kind": finding.kind,
        "severity": finding.severity,
        "location": location,
        "selector": finding.selector,
    }


# Reading -----------------------------------------------------------------------------------------


@router.get("", summary="The profiles that statements are held against")
async def get_profiles(request: Request) -> dict[str, Any]:
    """Give the profiles of the store, its mode (``off``, ``report``, ``enforce``) and one's own.

    A profile's `unready` says which primary patterns can't be followed and why, `missing` which ids
    it names that no profile here holds.
    """
    credential = (await allow(request, Resource.PROFILES)).credential
    door: Door = request.app.state.door
    store = credential.store
    profiles, kept, mode, own = await asyncio.to_thread(
        lambda: (
            door.registry.profiles(store),
            door.registry.list(store),
            door.registry.mode(store),
            door.mode(credential),
        )
    )
    return {
        "store": store,
        "mode": mode,
        "mode_for_this_credential": own,
        "profiles": [outline(one, profiles) for one in kept],
    }


@router.get("/findings", summary="What statements did not follow")
async def get_findings(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str, Query(description="The `next` of the page before.")] = "",
) -> dict[str, Any]:
    """List the rules of profiles that stored statements did not follow, and how often.

    Those that rose last come first. One is counted for each credential by itself; `total` is how
    many there are on all pages. Values out of statements are not kept.
    """
    credential = (await allow(request, Resource.FINDINGS)).credential
    recorder = request.app.state.record.statements
    after = _after(cursor)
    page, total = await asyncio.to_thread(
        lambda: (
            list_findings(recorder, credential.store, limit, after),
            count_findings(recorder, credential.store),
        )
    )
    following = None if page.following is None else "{}-{}".format(*page.following)
    counts = [counted(one) for one in page.counts]
    return {"findings": counts, "next": following, "total": total}


def outline(kept: Kept, profiles: ProfileSet) -> dict[str, Any]:
    """Write what there is to know of a profile."""
    profile = kept.profile
    followed = profiles.followed.get(profile.version)
    return {
        "id": profile.id,
        "version": profile.version,
        "label": profile.label,
        "added": iso_text(kept.added),
        "templates": len(profile.templates),
        "patterns": len(profile.patterns),
        "primary_patterns": [one.id for one in profile.patterns.values() if one.primary],
        "unready": list(followed.unready) if followed else [],
        "missing": list(followed.missing) if followed else [],
        "remarks": [str(remark) for remark in profile.remarks],
    }


def counted(one: Counted) -> dict[str, Any]:
    """Write a count."""
    return {
        "profile": one.profile,
        "part": one.part,
        "kind": one.kind,
        "severity": one.severity,
        "location": one.location,
        "selector": one.selector,
        "app": one.app,
        "credential": one.credential,
        "count": one.count,
        "first": {"statement": one.first_statement, "stored": iso_text(one.first_stored)},
        "last": {"statement": one.last_statement, "stored": iso_text(one.last_stored)},
    }


def _after(cursor: str) -> tuple[int, str] | None:
    """Read a cursor; raises ApiError 400."""
    if not cursor:
        return None
    stored, _, finding = cursor.partition("-")
    if not (stored.isascii() and stored.isdigit() and len(stored) < 18 and len(finding) == 32):
        raise ApiError(
            400,
            f"parameter 'cursor': {cursor[:100]!r} is not the `next` of a page",
            rule="a cursor is the `next` of the page before",
            value=cursor[:100],
        )
    return int(stored), finding
