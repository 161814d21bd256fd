"""A roster imported: read, compared with the record, and declared in one transaction."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import orjson

from api.roster.accounts import AccountRules, LinkHeld
from api.roster.fields import PROFILES, ROLES, USERS
from api.roster.plan import KINDS, Counts, Held, Import, plan_import
from api.roster.reading import Ids, read_roster
from lrs.credentials import is_store_name
from lrs.declarations import IDENTITY, decode_link
from lrs.record import Record

DEFAULT_SOURCE: Final = "oneroster"

# Of two imports at once, each would work out what to declare without the other.
_importing = threading.Lock()

Told = Callable[[str, int], None]  # what is being done, and with how many records


class Imported(msgspec.Struct, frozen=True):
    """What an import came to: how many records by kind, and the position of the last in the log.

    ``position`` is 0 where nothing changed, or nothing was to be stored (``dry_run``).
    """

    store: str
    source: str
    day: str
    version: str
    dry_run: bool
    position: int
    events: int
    kinds: dict[str, Counts]


class BadImport(ValueError):
    """What was asked for with the files can't be; the text says why."""


def import_roster(
    record: Record,
    store: str,
    files: Mapping[str, bytes],
    how: Import,
    authority: bytes,
    *,
    dry_run: bool = False,
    told: Told = lambda _, __: None,
) -> Imported:
    """Import a set of OneRoster CSV files, given by name, all of it or nothing.

    `authority` is the JSON of who does. Raises RosterFaulty with every fault of the files, and
    DeclarationRefused where an account can't be linked.
    """
    with _importing:
        told("held", 0)
        held = _held(record, store)
        told("reading", sum(map(len, held.contents.values())))
        read = read_roster(files, *_known(held, how.source))
        told("comparing", sum(len(file.records) for file in read.files.values()))
        plan = plan_import(read, held, how)
        told("storing", len(plan.declarations))
        position = 0
        if plan.declarations and not dry_run:
            position = record.declare_now(store, plan.declarations, authority).position
        told("done", 0)
    events = len(plan.declarations)
    return Imported(
        store, how.source, how.day, read.version, dry_run, position, events, plan.counts
    )


def make_import(
    store: str,
    *,
    home_page: str,
    timezone: str,
    source: str = DEFAULT_SOURCE,
    day: str = "",
    accounts: Iterable[str] = (),
    mbox: bool = False,
) -> Import:
    """Check what is given beside the files; without a `day`, it is today in the time zone.

    `accounts` are written TYPE=HOMEPAGE. Raises BadImport.
    """
    if not is_store_name(store):
        raise BadImport(f"store: {store!r} is not 1 to 100 letters, digits, '.', '_' and '-'")
    if not source.strip() or len(source) > 100:
        raise BadImport("source: a name of 1 to 100 characters")
    try:
        on = date.fromisoformat(day) if day else datetime.now(ZoneInfo(timezone)).date()
    except ValueError:
        raise BadImport(f"date: {day!r} is no day of ISO 8601, such as 2026-09-01") from None
    pairs = tuple(_account(one) for one in accounts)
    return Import(
        source=source,
        home_page=_home_page("home page", home_page),
        day=on.isoformat(),
        accounts=AccountRules(pairs, mbox),
    )


def _account(text: str) -> tuple[str, str]:
    kind, equals, home_page = text.partition("=")
    if not equals or not kind.strip():
        raise BadImport(f"account: {text!r} is not written TYPE=HOMEPAGE")
    return kind.strip(), _home_page("account", home_page.strip())


def _home_page(what: str, text: str) -> str:
    """Hold that a text can be the home page of accounts: an IRI, in which `|` can't be."""
    scheme, colon, rest = text.partition(":")
    is_iri = colon and rest and scheme[:1].isalpha() and not set(text) & set(' |<>"{}^`\\')
    if not is_iri:
        raise BadImport(f"{what}: {text!r} is no IRI, such as https://id.example.cn")
    return text


def _held(record: Record, store: str) -> Held:
    contents = {
        kind: {one.id: orjson.loads(one.content) for one in record.declarations(store, kind)}
        for kind in KINDS.values()
    }
    links = {}
    for one in record.declarations(store, IDENTITY):
        link = decode_link(one.content)
        links[one.id] = LinkHeld(link.person, link.by)
    return Held(contents, links)


def _known(held: Held, source: str) -> tuple[Ids, Ids]:
    """Give the ids that may be referred to, by file: this source's, and those of others."""
    own: dict[str, set[str]] = {}
    elsewhere: dict[str, set[str]] = {}
    for file in KINDS:
        for key, content in held.of(file).items():
            if "until" not in content:
                into = own if content.get("source") == source else elsewhere
                into.setdefault(file, set()).add(key)
                if file == USERS:
                    into.setdefault(ROLES, set()).update(content.get("roles", ()))
                    into.setdefault(PROFILES, set()).update(content.get("profiles", ()))
    return own, elsewhere
