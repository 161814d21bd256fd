"""Mappings of a store: published in the log, listed with their versions, withdrawn; by ``/v1``."""

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request

from api.authentication import authority_of
from api.errors import REFUSALS, ApiError
from api.histories import app_of, versions_shown
from api.roles import Own, Resource, allow
from api.services import Services
from api.stores import Store, chosen_store
from api.xapi.bodies import read_text
from lrs.declarations import MAPPING, Declaration, DeclarationVersion
from lrs.record import Record
from lrs.times import iso_text
from projections.meaning.mapping import (
    MappingError,
    VocabularyMapping,
    load_mapping,
    shipped_mappings,
)
from projections.meaning.reading import Reader
from projections.meaning.store_readers import MappingTexts, mappings_of
from streams.published_mappings import (
    mapping_declaration,
    mapping_text,
    published_by,
    published_mappings,
)

router = APIRouter(prefix="/v1/mappings", tags=["Mappings"], responses=REFUSALS)

MOST_OF_STORE: Final = 200  # mappings
LONGEST: Final = 128 * 1024  # characters of a mapping's document
NOT_YET: Final = {
    "zh": "重放之后生效：xueji replay --name next，然后 xueji generations promote next",
    "en": "takes effect by a replay: xueji replay --name next, then xueji generations promote next",
}
_NAME: Final = re.compile(r"[\w.-]{1,100}")


class MappingRefused(ValueError):
    """A mapping can't be published; the text says why."""


class UnknownMapping(LookupError):
    """The store has published no mapping of this name."""


# What is done, whoever asks ----------------------------------------------------------------------


def checked(text: str, others: Mapping[str, str]) -> VocabularyMapping:
    """Check a mapping beside the shipped ones and the others of its store.

    Raises MappingError that names document, rule and key, MappingRefused.
    """
    if len(text) > LONGEST:
        raise MappingRefused(f"a mapping has at most {LONGEST:,} characters, not {len(text):,}")
    name = load_mapping(text, "mapping").name
    if not _NAME.fullmatch(name):
        raise MappingRefused(
            f"a mapping's name is 1 to 100 letters, digits, '.', '_' and '-', not {name[:200]!r}"
        )
    if any(shipped.name == name for shipped in shipped_mappings()):
        raise MappingRefused(f"a mapping called {name!r} is shipped: choose another name")
    loaded = load_mapping(text, name)
    beside = [load_mapping(text, other) for other, text in others.items() if other != name]
    if len(beside) >= MOST_OF_STORE:
        raise MappingRefused(f"a store has at most {MOST_OF_STORE} mappings")
    Reader([*shipped_mappings(), *beside, loaded])
    return loaded


def publish(
    record: Record, in_force: Mapping[str, str], store: str, text: str, authority: bytes
) -> dict[str, Any]:
    """Publish a mapping under its own name; gives it, and whether that changed anything.

    `in_force` is by what the live generation reads the store. Raises what `checked` raises.
    """

    def check() -> Declaration:
        return mapping_declaration(checked(text, published_by(record, store)).name, text)

    # Of two that contradict each other, the later one is refused.
    stored = record.declare_together(store, MAPPING, check, authority)
    told = one(record, in_force, store, load_mapping(text, "mapping").name)
    return {**told, "changed": bool(stored.changed), "position": stored.position}


def withdraw(record: Record, store: str, name: str, authority: bytes) -> dict[str, Any]:
    """Withdraw a mapping. Raises UnknownMapping."""
    if record.declaration(store, MAPPING, name) is None:
        raise UnknownMapping(name)
    gone = Declaration(kind=MAPPING, id=name, content=None)
    stored = record.declare_now(store, [gone], authority)
    return {"store": store, "name": name, "position": stored.position, "message": NOT_YET}


def listed(record: Record, in_force: Mapping[str, str], store: str) -> list[dict[str, Any]]:
    """List what a store has published, and what is still in force though it was withdrawn."""
    published = {version.id: version for version in record.declarations(store, MAPPING)}
    return [
        _outline(published.get(name), in_force.get(name), name)
        for name in sorted(published.keys() | in_force.keys())
    ]


def one(
    record: Record,
    in_force: Mapping[str, str],
    store: str,
    name: str,
    version: int | None = None,
) -> dict[str, Any]:
    """Give a mapping with its document, as of now or as of a version, counted from 1.

    Raises UnknownMapping.
    """
    history = record.declaration_history(store, MAPPING, name)
    number = len(history) if version is None else version
    if not 1 <= number <= len(history):
        raise UnknownMapping(name if version is None else f"{name}, version {version}")
    newest, asked = history[-1], history[number - 1]
    return {
        "store": store,
        **_outline(None if newest.deleted else newest, in_force.get(name), name),
        "version": number,
        "versions": versions_shown(history),
        "text": mapping_text(asked),
    }


def pending(published: Mapping[str, str], in_force: Mapping[str, str]) -> list[str]:
    """Name the mappings of a store that a replay would read otherwise than is done now."""
    return sorted(
        name
        for name in published.keys() | in_force.keys()
        if published.get(name) != in_force.get(name)
    )


def all_pending(record: Record, origin: Mapping[str, Any], store: str = "") -> dict[str, list[str]]:
    """Name the mappings that wait for a replay, by store; of one store, or of all if none is named.

    `origin` is that of the live generation.
    """
    in_force = mappings_of(origin)
    if store:
        published: MappingTexts = {store: published_by(record, store)}
        in_force = {store: in_force.get(store, {})}
    else:
        published = published_mappings(record)
    found = {
        store: pending(published.get(store, {}), in_force.get(store, {}))
        for store in sorted(published.keys() | in_force.keys())
    }
    return {store: names for store, names in found.items() if names}


def _outline(
    published: DeclarationVersion | None, in_force: str | None, name: str
) -> dict[str, Any]:
    text = None if published is None else mapping_text(published)
    state = "published"  # and not in force yet
    if text is None:
        state = "withdrawn"
    elif text == in_force:
        state = "in force"
    loaded = _loaded(text if text is not None else in_force or "", name)
    return {
        "name": name,
        "title": loaded.title if loaded else {},
        "document": loaded.document if loaded else "",
        "rules": [rule.name for rule in loaded.rules] if loaded else [],
        "apps": sorted({app for rule in loaded.rules for app in rule.when.apps}) if loaded else [],
        "published": iso_text(published.stored) if published else None,
        "by": app_of(published) if published else "",
        "state": state,
        **({} if text == in_force else {"message": NOT_YET}),
    }


def _loaded(text: str, name: str) -> VocabularyMapping | None:
    try:
        return load_mapping(text, name)
    except MappingError:  # an earlier release took it
        return None


# By HTTP -----------------------------------------------------------------------------------------


@router.get("", summary="The mappings a store has published")
async def get_mappings(request: Request, store: Store = "") -> dict[str, Any]:
    """List the store's mappings: `in force`, `published` but not in force yet, or `withdrawn`.

    A vendor sees those with rules for its app, or published by it. A generation is read with one
    set of mappings for all of its life: what is published takes effect by a replay. `shipped` are
    those that every store has.
    """
    asker = await allow(request, Resource.MAPPINGS)
    services: Services = request.app.state.services
    of = chosen_store(asker.credential, store)
    every = await asyncio.to_thread(listed, services.record, _in_force(services, of), of)
    found = [each for each in every if _are_of(each, asker.own)]
    shipped = [{"name": each.name, "title": each.title} for each in shipped_mappings()]
    return {"store": of, "mappings": found, "shipped": shipped}


@router.get("/{name}", summary="A mapping with its document and versions")
async def get_mapping(
    request: Request,
    name: str,
    store: Store = "",
    version: Annotated[int | None, Query(ge=1, description="Of its versions, from 1.")] = None,
) -> dict[str, Any]:
    """Give a mapping's document, now or as of one of its versions."""
    asker = await allow(request, Resource.MAPPINGS)
    services: Services = request.app.state.services
    of = chosen_store(asker.credential, store)
    try:
        found = await asyncio.to_thread(
            one, services.record, _in_force(services, of), of, name, version
        )
        if not _are_of(found, asker.own):
            raise UnknownMapping(name)
        return found
    except UnknownMapping as error:
        raise _unknown(error) from None


_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {"application/yaml": {"schema": {"type": "string"}}},
    }
}


@router.put("/{name}", summary="Publish a mapping", openapi_extra=_DOCUMENT)
async def put_mapping(request: Request, name: str, store: Store = "") -> dict[str, Any]:
    """Publish a mapping, a YAML document, under the name that it says itself.

    It must contradict neither the shipped mappings nor the store's others. It is kept in the log
    with all its versions, and takes effect by a replay: `message` says so while it hasn't.
    """
    credential = (await allow(request, Resource.MAPPING_CHANGE)).credential
    services: Services = request.app.state.services
    of = chosen_store(credential, store)
    text = await read_text(request, 4 * LONGEST)
    authority = authority_of(request, credential).json
    try:
        stated = load_mapping(text, name).name
        if stated != name:
            raise MappingRefused(f"the document says mapping: {stated[:200]}, the path {name}")
        return await asyncio.to_thread(
            publish, services.record, _in_force(services, of), of, text, authority
        )
    except MappingError as error:
        raise ApiError(
            400,
            str(error),
            document=error.origin,
            mapping_rule=error.rule,
            key=error.key,
            rule=error.message,
        ) from None
    except MappingRefused as error:
        raise ApiError(400, str(error), rule=str(error)) from None


@router.delete("/{name}", summary="Withdraw a mapping")
async def delete_mapping(request: Request, name: str, store: Store = "") -> dict[str, Any]:
    """Withdraw a mapping; it stays in force until a replay, and its versions stay in the log."""
    credential = (await allow(request, Resource.MAPPING_CHANGE)).credential
    services: Services = request.app.state.services
    authority = authority_of(request, credential).json
    try:
        return await asyncio.to_thread(
            withdraw, services.record, chosen_store(credential, store), name, authority
        )
    except UnknownMapping as error:
        raise _unknown(error) from None


def _are_of(mapping: Mapping[str, Any], own: Own | None) -> bool:
    """Whether a mapping is among somebody's own: published by the app, or with rules for it."""
    return own is None or not own.apps.isdisjoint((mapping["by"], *mapping["apps"]))


def _in_force(services: Services, store: str) -> Mapping[str, str]:
    return mappings_of(services.generation.origin).get(store, {})


def _unknown(error: UnknownMapping) -> ApiError:
    return ApiError(404, f"there is no mapping {str(error)[:200]}", value=str(error)[:200])
