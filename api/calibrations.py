"""Calibrations of a store: learned from its record, published in the log, listed; by ``/v1``."""

import asyncio
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request

from api.authentication import authority_of
from api.days import FIRST_DAY, LAST_DAY
from api.described import shown_by_example
from api.errors import REFUSALS, ApiError
from api.replays import NICENESS
from api.roles import Resource, allow
from api.services import Services
from api.stores import Store, chosen_store
from lrs.declarations import CALIBRATION, DeclarationVersion
from lrs.record import Record
from lrs.times import iso_text
from projections.prediction.calibrating import Before, Calibrated, Evidence, calibrate, evidence_of
from projections.prediction.calibration import PRIOR
from projections.prediction.mastery_learning import TooFewResponses
from projections.prediction.store_calibrations import version_of
from projections.warehouse import Generation
from streams.published_calibrations import (
    MODEL,
    Published,
    calibration_declaration,
    published_calibration,
    read_outline,
)

router = APIRouter(prefix="/v1/calibrations", tags=["Calibrations"], responses=REFUSALS)

NOT_YET: Final = {
    "zh": "重放之后生效：xueji replay --name next，然后 xueji generations promote next",
    "en": "takes effect by a replay: xueji replay --name next, then xueji generations promote next",
}
WORSE: Final = {
    "zh": "对留出的学习者预测更差，未发布；加 --force 仍可发布",
    "en": "it foretells held-out learners worse, so it wasn't published; --force publishes it",
}
_calibrating: Final = threading.Lock()


class CalibrationUnderWay(Exception):
    """One calibration is made at a time, and one is."""


class UnknownCalibrationVersion(LookupError):
    """The store has published no calibration of this version."""


# What is done, whoever asks ----------------------------------------------------------------------


def make(
    record: Record,
    generation: Generation,
    store: str,
    authority: bytes,
    *,
    timezone: str,
    until: datetime | None = None,
    dry_run: bool = False,
    force: bool = False,
) -> dict[str, Any]:
    """Learn a calibration of a store and publish it; gives its card and what became of it.

    The same calibration as is published already makes no event; one that foretells worse than the
    priors or than what is published makes one only by `force`. Raises TooFewResponses,
    CalibrationUnderWay.
    """
    if not _calibrating.acquire(blocking=False):
        raise CalibrationUnderWay
    try:
        evidence = evidence_of(generation, store, timezone, until)
        published = published_calibration(record, store)
        before = None
        if published is not None:
            before = Before(published.calibration, published.card["data"]["last_day"])
        made = _in_a_process(evidence, before)
        told: dict[str, Any] = {
            "store": store,
            "version": made.calibration.version,
            "changed": before is None or before.calibration != made.calibration,
            "published": False,
            "worse": made.card.is_worse,
            "card": msgspec.to_builtins(made.card),
        }
        if dry_run or not told["changed"]:
            return told
        if made.card.is_worse and not force:
            return {**told, "message": WORSE}
        content = Published(made.calibration, told["card"])
        stored = record.declare_now(store, [calibration_declaration(content)], authority)
        return {**told, "published": True, "position": stored.position, "message": NOT_YET}
    finally:
        _calibrating.release()


def _in_a_process(evidence: Evidence, before: Before | None) -> Calibrated:
    """Calibrate in a process of low priority: what the server acknowledges and carries is first."""
    context = get_context("spawn")
    with ProcessPoolExecutor(
        1, mp_context=context, initializer=os.nice, initargs=(NICENESS,)
    ) as pool:
        return pool.submit(calibrate, evidence, before).result()


def listed(record: Record, generation: Generation, store: str) -> dict[str, Any]:
    """List what a store has published, newest first, each with what it was learned from."""
    in_force, following = version_of(generation.origin, store), _next(record, store)
    history = record.declaration_history(store, CALIBRATION, MODEL)
    return {
        "store": store,
        "in_force": in_force,
        "next": following,
        "calibrations": [
            _outline(one, in_force, following) for one in reversed(history) if not one.deleted
        ],
    }


def one(record: Record, generation: Generation, store: str, version: str) -> dict[str, Any]:
    """Give a calibration's whole card. Raises UnknownCalibrationVersion."""
    in_force, following = version_of(generation.origin, store), _next(record, store)
    for published in reversed(record.declaration_history(store, CALIBRATION, MODEL)):
        name, card = read_outline(published)
        if name == version and not published.deleted:
            return {"store": store, **_outline(published, in_force, following), "card": card}
    raise UnknownCalibrationVersion(version)


def _next(record: Record, store: str) -> str:
    """Give the version that a generation which is made now would be folded under."""
    held = record.declaration(store, CALIBRATION, MODEL)
    return PRIOR if held is None else read_outline(held)[0]


def _outline(published: DeclarationVersion, in_force: str, following: str) -> dict[str, Any]:
    version, card = read_outline(published)
    marks = {name: card["mastery"][name] for name in ("n", "auc", "ece", "logloss", "coverage")}
    return {
        "version": version,
        "published": iso_text(published.stored),
        "in_force": version == in_force,
        "awaits_replay": version == following != in_force,
        "data": card["data"],
        "mastery": marks,
    }


# By HTTP -----------------------------------------------------------------------------------------


@router.get(
    "",
    summary="The calibrations a store has published",
    responses=shown_by_example("calibrations"),
)
async def get_calibrations(request: Request, store: Store = "") -> dict[str, Any]:
    """List calibrations, newest first: their data, and their marks on held-out learners.

    `in_force` is the version that the live generation is folded under (`prior` without any). A
    generation has one for all of its life: a new one takes effect by a replay, and until then
    `awaits_replay`. `next` is what a generation is folded under that is made from now on.
    """
    asker = await allow(request, Resource.CALIBRATIONS)
    services: Services = request.app.state.services
    of, live = chosen_store(asker.credential, store), services.generation
    return await asyncio.to_thread(listed, services.record, live, of)


@router.get(
    "/{version}",
    summary="A calibration's model card",
    responses=shown_by_example("calibration"),
)
async def get_calibration(request: Request, version: str, store: Store = "") -> dict[str, Any]:
    """Give the model card: data, protocol, marks by count of observations and by group.

    `priors` and the card's `in_force` are what was compared on the same held-out learners;
    `difference` is how much higher their log-loss the new one's is, with its standard error.
    """
    asker = await allow(request, Resource.CALIBRATIONS)
    services: Services = request.app.state.services
    of = chosen_store(asker.credential, store)
    try:
        return await asyncio.to_thread(one, services.record, services.generation, of, version)
    except UnknownCalibrationVersion:
        raise ApiError(
            404, f"there is no calibration {version[:200]}", value=version[:200]
        ) from None


@router.post(
    "",
    summary="Calibrate from the record",
    responses={
        **shown_by_example("calibration_made"),
        409: {"description": "too little data, or another calibration under way"},
    },
)
async def post_calibration(
    request: Request,
    store: Store = "",
    until: Annotated[
        datetime | None, Query(description="Learn from what happened up to then (ISO 8601).")
    ] = None,
    dry_run: Annotated[bool, Query(description="Publish nothing.")] = False,
    force: Annotated[bool, Query(description="Publish though it foretells worse.")] = False,
) -> dict[str, Any]:
    """Learn a calibration from the live generation's facts and publish it; answers when it is done.

    Some minutes for a million responses, in a process of low priority. Too little data, or another
    calibration under way: 409. One that foretells held-out learners worse than the priors or than
    what is published is `worse`, and published by `force` only.
    """
    credential = (await allow(request, Resource.CALIBRATION_CHANGE)).credential
    services: Services = request.app.state.services
    of = chosen_store(credential, store)
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    if until is not None and not FIRST_DAY <= until.date() <= LAST_DAY:
        raise ApiError(400, f"`until` lies between {FIRST_DAY} and {LAST_DAY}", value=str(until))
    try:
        return await asyncio.to_thread(
            make,
            services.record,
            services.generation,
            of,
            authority_of(request, credential).json,
            timezone=services.settings.timezone,
            until=until,
            dry_run=dry_run,
            force=force,
        )
    except TooFewResponses as error:
        raise ApiError(409, str(error), rule="a calibration needs enough to learn from") from None
    except CalibrationUnderWay:
        raise ApiError(409, "a calibration is under way: one at a time") from None
