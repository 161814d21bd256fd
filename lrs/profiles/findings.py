"""What was found in statements that don't follow their profiles: counted, listed, never copied.

A count keeps which rule of which profile was not followed, by which app, how often and by which
statements first and last; never a value out of a statement.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

import msgspec

from lrs.profiles.templates import Breach
from lrs.recorders.base import RecordTransaction, StatementRecorder

# What a finding may be about beside the rules of templates (`included`, `excluded`, `recommended`,
# `any`, `all`, `none`, `objectStatementRefTemplate`, `contextStatementRefTemplate`).
UNMATCHED: Final = "unmatched"  # claims a profile and is meant by none of its templates
PATTERN: Final = "pattern"  # leaves every primary pattern
ORDER: Final = "order"  # is not later than what was sent before it
REGISTRATION: Final = "registration"  # has none, so no pattern can be followed
SUBREGISTRATION: Final = "subregistration"  # the extension is malformed
CLAIM: Final = "claim"  # names a profile instead of a version, or a version not held
UNCLAIMED: Final = "unclaimed"  # follows a template and doesn't name the profile
UNCHECKED: Final = "unchecked"  # more statements than are looked at, or a pattern not ready


class Finding(Breach, frozen=True, kw_only=True):
    """One way in which one statement doesn't follow a profile.

    `index` is the statement's place in what was checked, `profile` a version's id, `part` the
    template or pattern, `kind` a property of a template's rule or one of those above.
    """

    index: int
    profile: str
    part: str = ""


class Report(msgspec.Struct, frozen=True):
    """What was found in one request that is stored all the same, and whose it was."""

    credential: str  # its key
    app: str
    findings: tuple[Finding, ...]


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How often one rule was not followed by one app; times are in microseconds."""

    credential: str
    app: str
    profile: str
    part: str
    location: str
    selector: str
    kind: str
    severity: str
    count: int
    first_statement: str
    first_stored: int
    last_statement: str
    last_stored: int


class Page(msgspec.Struct, frozen=True):
    """Some counts, newest first, and where the next page goes on (None: no more)."""

    counts: list[Counted]
    following: tuple[int, str] | None


def record_findings(
    transaction: RecordTransaction,
    store: str,
    report: Report,
    stored: Mapping[int, tuple[str, int]],
) -> None:
    """Count the findings of a request in the transaction that stores its statements.

    `stored` gives id and stored time (µs) of the statements that are new, by their place in the
    request; findings of others were counted when those came.
    """
    counts: dict[str, list[Any]] = {}
    for finding in sorted(report.findings, key=lambda finding: finding.index):
        if finding.index not in stored:
            continue
        statement = stored[finding.index]
        key = _key(report.credential, finding)
        named = (report.credential, report.app, *_rule(finding))
        row = counts.setdefault(key, [store, key, *named, 0, *statement, "", 0])
        row[-5] += 1
        row[-2:] = statement
    for row in counts.values():
        transaction.execute(_COUNT, row)


def list_findings(
    recorder: StatementRecorder, store: str, limit: int, after: tuple[int, str] | None = None
) -> Page:
    """List the counts of a store, those that rose last first; `after` is a page's `following`."""
    where = "store = ?"
    parameters: list[Any] = [store]
    if after is not None:
        where += " AND (last_stored < ? OR (last_stored = ? AND finding > ?))"
        parameters += [after[0], *after]
    sql = _LIST.replace("WHERE store = ?", f"WHERE {where}").replace("?", recorder.mark)
    rows = recorder.read(sql, [*parameters, limit + 1])
    counts = [_counted(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(counts, (last["last_stored"], last["finding"]) if last else None)


def count_findings(recorder: StatementRecorder, store: str) -> int:
    """Count the rules of a store that were not followed, each once an app."""
    sql = "SELECT count(*) AS number FROM profile_findings WHERE store = ?"
    return int(recorder.read(sql.replace("?", recorder.mark), [store])[0]["number"])


_COLUMNS: Final = (
    "store, finding, credential, app, profile, part, location, selector, kind, severity,"
    " counted, first_statement, first_stored, last_statement, last_stored"
)
_COUNT: Final = (
    f"INSERT INTO profile_findings ({_COLUMNS})"  # noqa: S608 - columns, no values
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (store, finding) DO UPDATE SET"
    " app = excluded.app, counted = profile_findings.counted + excluded.counted,"
    " last_statement = excluded.last_statement, last_stored = excluded.last_stored"
)
_LIST: Final = (
    f"SELECT {_COLUMNS} FROM profile_findings WHERE store = ?"  # noqa: S608 - columns, no values
    " ORDER BY last_stored DESC, finding LIMIT ?"
)


def _rule(finding: Finding) -> tuple[str, ...]:
    """Give what says which rule of which profile it is, in the order of the columns."""
    return (
        finding.profile,
        finding.part,
        finding.location,
        finding.selector,
        finding.kind,
        finding.severity,
    )


def _key(credential: str, finding: Finding) -> str:
    """Name what is counted together, in a length that any index takes."""
    parts = "\x00".join((credential, *_rule(finding)))
    return blake2b(parts.encode(), digest_size=16).hexdigest()


def _counted(row: Any) -> Counted:
    return Counted(
        count=row["counted"],
        **{field: row[field] for field in Counted.__struct_fields__ if field != "count"},
    )
