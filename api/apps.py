"""``/v1/apps``: the register of apps, with what each has brought and how often it is refused."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request

from api.errors import REFUSALS
from api.roles import Resource, allow
from api.services import Services
from api.stores import Store, chosen_store
from lrs.credentials import Credential
from lrs.request_counts import AppRequests
from lrs.times import iso_text
from projections.portraits.apps import AppActivity
from projections.vocabulary import ACTIONS

router = APIRouter(prefix="/v1/apps", tags=["Apps"], responses=REFUSALS)

DAY, MONTH = 24, 24 * 30  # hours
MOST_RULES = 5


@router.get("", summary="The register of apps")
async def get_apps(request: Request, store: Store = "") -> dict[str, Any]:
    """List the apps of the store: vendor, what each has brought, and how often it is refused.

    What was brought is counted anew every now and then, last at `counted`; requests always are.
    `statements` are counted as they are in the projections, voided ones left out, in all and of the
    last 30 days. `unread` is the share of facts whose verb no mapping rule knows. `requests` counts
    what was asked with the app's credentials in the last 24 hours and 30 days, to the hour:
    `error_rate` is the share that was refused (4xx but 404 and 412), `rules` the rules of xAPI that
    were broken most often. A vendor sees its own app.
    """
    asker = await allow(request, Resource.APPS)
    services: Services = request.app.state.services
    of = chosen_store(asker.credential, store)
    among = None if asker.own is None else asker.own.apps
    return await asyncio.to_thread(registered, services, of, among)


def registered(
    services: Services, store: str, among: Collection[str] | None = None
) -> dict[str, Any]:
    """Give the register of a store's apps, by name; of some of them only, where these are named."""
    services.request_counts.flush()
    credentials = [one for one in services.credentials.list() if one.store == store]
    counted = services.boards(services.generation).apps.of(store)
    activity = counted.apps
    day = services.request_counts.of_store(store, DAY)
    month = services.request_counts.of_store(store, MONTH)
    names = {one.app for one in credentials} | activity.keys() | month.keys()
    entries = [
        _entry(
            name,
            [one for one in credentials if one.app == name],
            activity.get(name),
            {"last_24_hours": day.get(name), "last_30_days": month.get(name)},
        )
        for name in sorted(names)
        if among is None or name in among
    ]
    return {"apps": entries, "counted": counted.counted.isoformat(timespec="seconds")}


def _entry(
    app: str,
    credentials: Iterable[Credential],
    activity: AppActivity | None,
    requests: Mapping[str, AppRequests | None],
) -> dict[str, Any]:
    ordered = sorted(credentials, key=lambda one: (one.revoked is None, one.created))
    newest_first = ordered[::-1]
    asked = requests["last_30_days"]
    return {
        "app": app,
        "title": next((one.title for one in newest_first if one.title), ""),
        "vendor": next((one.vendor for one in newest_first if one.vendor), ""),
        "credentials": sum(one.revoked is None for one in newest_first),
        "statements": activity.statements if activity else 0,
        "statements_last_30_days": activity.statements_recently if activity else 0,
        "facts": activity.facts if activity else 0,
        "actions": _actions(activity),
        "unread": activity.share_unread if activity else None,
        "persons": activity.persons if activity else 0,
        "schools": list(activity.schools) if activity else [],
        "last_event": iso_text(activity.last_time) if activity else None,
        "last_seen": iso_text(int(asked.last * 1_000_000)) if asked else None,
        "requests": {name: _requests(counted) for name, counted in requests.items()},
    }


def _actions(activity: AppActivity | None) -> list[dict[str, Any]]:
    by_count = sorted((activity.actions if activity else {}).items(), key=lambda one: -one[1])
    return [
        {"action": action, "zh": ACTIONS[action].zh, "en": ACTIONS[action].en, "facts": facts}
        for action, facts in by_count
    ]


def _requests(counted: AppRequests | None) -> dict[str, Any]:
    counted = counted or AppRequests()
    return {
        "requests": counted.requests,
        "refused": counted.refused,
        "error_rate": counted.refused / counted.requests if counted.requests else None,
        "statuses": {str(status): count for status, count in sorted(counted.statuses.items())},
        "rules": [{"rule": rule, "refused": count} for rule, count in counted.rules[:MOST_RULES]],
    }
