"""What is done with the schemes of a store, whoever asks: checked, published, shown, withdrawn."""

from collections.abc import Collection, Mapping
from itertools import compress
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from api.histories import versions_shown
from api.roles import Asker, own_schools
from api.services import Services
from lrs.declarations import SCHEME, Declaration
from lrs.record import Record
from projections.days import today
from projections.evaluation.published_schemes import (
    Schemes,
    declared_text,
    scheme_declaration,
)
from projections.evaluation.scheme_extending import (
    Resolved,
    extended_by,
    said_of,
    school_of,
    stated_id,
)
from projections.evaluation.scheme_faults import (
    SchemeFault,
    SchemeFaulty,
    UnknownScheme,
    fault_at,
)
from projections.evaluation.scheme_words import say
from projections.evaluation.scheme_writing import scheme_text

MOST_OF_STORE: Final = 100  # schemes of the district
MOST_OF_SCHOOL: Final = 20  # of its own
_ORGS: Final = "roster-org"
Shown = dict[str, Any]


class SchemesBroken(ValueError):
    """A change would leave other schemes faulty: ``broken`` are their faults, by id."""

    def __init__(self, name: str, broken: Mapping[str, SchemeFaulty]) -> None:
        first = "; ".join(str(each) for each in broken.values())
        names = ", ".join(broken)
        super().__init__(f"{name} is extended by {names}, which this would break: {first}")
        self.name = name
        self.broken = dict(broken)


class SchemeNotOwn(SchemeFaulty):
    """A scheme isn't one of the school whose leader would change it."""


class TooManySchemes(ValueError):
    """A store, or a school, has as many schemes as it may: ``most``."""

    def __init__(self, most: int, *, is_school: bool) -> None:
        super().__init__(f"a {'school' if is_school else 'store'} publishes at most {most} schemes")
        self.most = most
        self.is_school = is_school


class _Org(msgspec.Struct):
    type: Any = ""


_orgs: Final = msgspec.json.Decoder(_Org)


def published_by(record: Record, store: str) -> Schemes:
    """Give the schemes of a store, with what the log holds of it by now."""
    return Schemes({each.id: declared_text(each) for each in record.declarations(store, SCHEME)})


def schools_in(record: Record, store: str) -> frozenset[str]:
    """Name the schools that a store's roster has, as the log holds it by now."""
    orgs = record.declarations(store, _ORGS)
    return frozenset(one.id for one in orgs if _orgs.decode(one.content).type == "school")


def seen_by(asker: Asker, schemes: Schemes, services: Services) -> Schemes:
    """Give the schemes that somebody may see: the district's, and the own schools' own."""
    if asker.own is None or not schemes.schools():
        return schemes
    on = today(ZoneInfo(services.settings.timezone))
    return schemes.of_schools(own_schools(asker, services.membership(), on))


class Whose(NamedTuple):
    """For whom a scheme may be published.

    ``schools`` are those that there are, None where that isn't known; ``own`` those that the
    publisher leads, None where it may be for anybody.
    """

    schools: Collection[str] | None = None
    own: Collection[str] | None = None


def check(schemes: Schemes, text: str, whose: Whose) -> Resolved:
    """Check a document as it is checked before it is published.

    Raises SchemeFaulty, SchemeNotOwn, SchemesBroken, TooManySchemes.
    """
    name = stated_id(text)
    # Of another school's nothing more is said: other faults would tell what that school publishes.
    if not_own := _not_own(text, name, whose.own):
        raise SchemeNotOwn(not_own)
    changed = schemes.publishing(text)
    faults = schemes.faults_of_owner(text, whose.schools)
    faulty = changed.faults(name)
    faults += faulty.faults if faulty else ()
    if faults:
        faults.sort(key=lambda each: (each.line, each.column))
        raise SchemeFaulty(faults)
    _check_count(changed, changed.school_of(name))
    if broken := schemes.broken_by(changed, name):
        raise SchemesBroken(name, broken)
    return changed.resolve(name)


def _not_own(text: str, name: str, own: Collection[str] | None) -> list[SchemeFault]:
    """Tell that a document isn't one of the schools that somebody leads, where it isn't."""
    said = said_of(text, name, "school")
    if own is None or said.value in own:
        return []
    suggestion = say("say_school", school=min(own)) if own else None
    return [fault_at(said.place, "school", say("owner.leader"), said.value, suggestion)]


def _check_count(schemes: Schemes, school: str) -> None:
    count = sum(schemes.school_of(each) == school for each in schemes.published)
    most = MOST_OF_SCHOOL if school else MOST_OF_STORE
    if count > most:
        raise TooManySchemes(most, is_school=bool(school))


def checked(schemes: Schemes, text: str, whose: Whose) -> Shown:
    """Tell whether a document could be published beside some schemes, with every fault.

    Raises TooManySchemes.
    """
    nothing: Shown = {"faults": [], "breaks": {}, "scheme": None, "whole_text": None}
    try:
        resolved = check(schemes, text, whose)
    except (SchemeFaulty, SchemesBroken) as error:
        return {"valid": False, **nothing, "overrides": [], **details_of(error)}
    return {"valid": True, **nothing, **_put_together(resolved)}


def check_for(record: Record, store: str, text: str, own: Collection[str] | None = None) -> Shown:
    """Tell whether a document could be published in a store now, by who leads some schools.

    Raises TooManySchemes.
    """
    return checked(published_by(record, store), text, Whose(schools_in(record, store), own))


def led_by(asker: Asker) -> Collection[str] | None:
    """Give the schools that limit which schemes somebody may publish; None where nothing does."""
    return None if asker.own is None else asker.own.schools


def publish(
    record: Record, store: str, text: str, authority: bytes, own: Collection[str] | None = None
) -> Shown:
    """Publish a scheme under its own id; says too whether that changed anything.

    ``own`` are the schools that the publisher leads; None for who may publish for anybody. Raises
    what `check` raises.
    """
    found: list[Resolved] = []  # by the last check

    def checked() -> Declaration:
        whose = Whose(schools_in(record, store), own)
        found[:] = [check(published_by(record, store), text, whose)]
        return scheme_declaration(found[0], text)

    # Of two that don't go together, the later one is refused.
    stored = record.declare_together(store, SCHEME, checked, authority)
    [resolved] = found
    name = resolved.scheme.id
    versions = record.declaration_history(store, SCHEME, name)
    return {
        "store": store,
        "id": name,
        "version": len(versions),
        "changed": bool(stored.changed),
        "position": stored.position,
        **_put_together(resolved),
    }


def withdraw(
    record: Record, store: str, name: str, authority: bytes, own: Collection[str] | None = None
) -> Shown:
    """Withdraw a scheme; where there is a shipped one of the id, that holds again.

    Raises UnknownScheme, SchemeNotOwn, SchemesBroken.
    """

    def checked() -> Declaration:
        schemes = published_by(record, store)
        seen = schemes if own is None else schemes.of_schools(own)
        if name not in seen.published:
            raise UnknownScheme(name)
        if not_own := _not_own(seen.published[name], name, own):
            raise SchemeNotOwn(not_own)
        if broken := schemes.broken_by(schemes.withdrawing(name), name):
            raise SchemesBroken(name, broken)
        return Declaration(kind=SCHEME, id=name, content=None)

    stored = record.declare_together(store, SCHEME, checked, authority)
    return {"store": store, "id": name, "position": stored.position}


def listed(schemes: Schemes) -> list[Shown]:
    """List schemes by their ids."""
    return [_outline(schemes, name) for name in schemes]


def one(
    record: Record, schemes: Schemes, store: str, name: str, version: int | None = None
) -> Shown:
    """Give a scheme, put together; of a version, as its document goes with the others of now.

    Raises UnknownScheme.
    """
    history = record.declaration_history(store, SCHEME, name)
    # Under an id that somebody else had before, those versions are not for everybody.
    seen = [schemes.shows(declared_text(each), name) for each in history]
    if version is not None:
        if not 1 <= version <= len(history) or not seen[version - 1]:
            raise UnknownScheme(f"{name}, version {version}")
        text = declared_text(history[version - 1])
        schemes = Schemes({**schemes.published, name: text})
    return {
        "store": store,
        **_outline(schemes, name),
        "version": version,
        "versions": list(compress(versions_shown(history), seen)),
        "text": schemes.text(name),
        **_whole(schemes, name),
    }


def _outline(schemes: Schemes, name: str) -> Shown:
    text = schemes.text(name)
    faulty = schemes.faults(name)
    scheme = None if faulty else schemes.resolve(name).scheme
    return {
        "id": name,
        "title": msgspec.to_builtins(scheme.title) if scheme else None,
        "origin": "published" if name in schemes.published else "shipped",
        "school": school_of(text, name),
        "extends": extended_by(text, name) or None,
        "extended_by": schemes.extending(name),
        "dimensions": len(scheme.dimensions) if scheme else None,
        "indicators": sum(len(each.indicators) for each in scheme.dimensions) if scheme else None,
        "faults": _shown(faulty),
    }


def _whole(schemes: Schemes, name: str) -> Shown:
    if schemes.faults(name):
        return {"scheme": None, "whole_text": None, "overrides": []}
    return _put_together(schemes.resolve(name))


def _put_together(resolved: Resolved) -> Shown:
    return {
        "scheme": msgspec.to_builtins(resolved.scheme),
        "whole_text": scheme_text(resolved.scheme),
        "overrides": msgspec.to_builtins(resolved.overrides),
    }


def _shown(faulty: SchemeFaulty | None) -> list[Shown]:
    return msgspec.to_builtins(faulty.faults) if faulty else []


def details_of(refusal: SchemeFaulty | SchemesBroken) -> Shown:
    """Give what is known of a refusal beside its sentence."""
    if isinstance(refusal, SchemeFaulty):
        return {"faults": _shown(refusal), "count": refusal.count}
    return {"breaks": {name: _shown(faulty) for name, faulty in refusal.broken.items()}}
