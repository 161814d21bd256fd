"""Requests that are almost right: valid statements, changed in one place or a few, anywhere.

What is changed may be the decoded statement, its text, the headers or the parameters; some requests
are left as they are, and have to be accepted.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from hypothesis import strategies as st

from lrs.versions import Version
from tests.support.statements import valid_statements

Json = Any
Step = str | int


def _nested(depth: int) -> Json:
    value: Json = 1
    for _ in range(depth):
        value = {"https://deep.example/": value}
    return value


# What stands where something else should: of another type, of a wrong format, or very large.
JUNK: tuple[Json, ...] = (
    *[None, True, False, 0, -1, 1.5, 2**31, 2**63, -(2**64), 10**400, 1e308, -0.0],
    *["", " ", "x", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "😀" * 40, "\u202e", "Z" * 5_000],
    *["mailto:", "mailto:a@b@c", "http://", "http://[", "urn:", "no iri", "../up", "ab=c:x", "%zz"],
    *["2024-13-01T00:00:00Z", "2024-01-01T00:00:00-00:00", "2024-01-01", "P", "P4W1D", "PT-1S"],
    *[
        "not-a-uuid",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "{0}",
        "en-",
        "en-something-AU",
        "1.1.0",
    ],
    *[[], {}, [[]], [None], {"": ""}, {"a": None}, [{}], _nested(30), _nested(100)],
)
ENCODED_JUNK = (
    *[
        "",
        "x",
        "%00",
        "%ff",
        "%F0%9F",
        "%ED%A0%80",
        "null",
        "true",
        "0",
        "-1",
        "[]",
        "{}",
        "%",
        "+",
    ],
    *["99999999999999999999", "1e9", "2024", "ids", "zz%0d%0aX:%201", quote("学迹"), "a" * 3_000],
    *[quote('{"mbox":"mailto:a@b.example"}'), quote('{"mbox":1}'), quote("https://a.example/\x00")],
    *[quote("2024-01-01T00:00:00Z"), quote("[" * 2_000), "0" * 36],
)
NOT_NUMBERS = (b"NaN", b"Infinity", b"-Infinity", b"01", b"1e999", b".5", b"0x1F", b"1_000", b"-")
BAD_BYTES = (
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\x00",
    b"\t",
    b"\\",
    b'"',
)
TAILS = (b",", b"}", b"]", b"{}", b"\x00", b" null", b"\xef\xbb\xbf")

VERSION_HEADER = "X-Experience-API-Version"
HEADERS: tuple[tuple[str, str | None], ...] = (
    *[
        (VERSION_HEADER, text)
        for text in (None, "", "1.0", "1.1.0", "0.95", "2.0.0.0", "x" * 4_000)
    ],
    ("Content-Type", None),
    ("Content-Type", ""),
    ("Content-Type", "text/plain"),
    ("Content-Type", "application/json; charset=gbk"),
    ("Content-Type", "multipart/mixed"),
    ("Content-Type", "multipart/mixed; boundary=x"),
    ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Authorization", None),
    ("Authorization", "Basic bm9ib2R5Om5vdGhpbmc="),
    ("Authorization", "Bearer x.y.z"),
    ("Content-Encoding", "gzip"),
    ("If-Match", '"1234"'),
    ("If-None-Match", "*"),
    ("Accept-Language", ",;q=," * 200),
)
NAMES = (
    *["statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "since"],
    *["until", "limit", "related_agents", "related_activities", "ascending", "format", "cursor"],
    *["attachments", "activityId", "stateId", "profileId", "method", "unknown", "%00", "Agent"],
)
PATHS = (
    *["/statements", "/activities", "/agents", "/activities/state", "/activities/profile"],
    *["/agents/profile", "/about", "/statements/more", "/%ff", "/extensions/x"],
)
CONTENTS = (b"", b"{}", b'{"a": 1}', b"[]", b"\xff\x00", b"null", b"x" * 70_000)
METHODS = ("GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


@dataclass(frozen=True)
class Attempt:
    """One request."""

    method: str
    path: str  # under /xapi, not encoded further
    query: str = ""  # encoded
    headers: dict[str, str | None] = field(default_factory=dict)  # None leaves one out
    body: bytes | None = None
    is_right: bool = False  # nothing was changed: it has to be accepted

    @property
    def target(self) -> str:
        """The path under /xapi with the query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def stores_statements(self) -> bool:
        """Whether an accepted one has stored the statements of its body."""
        return self.path == "/statements" and self.method in ("POST", "PUT")


@st.composite
def attempts(draw: st.DrawFn, count: int = 8) -> list[Attempt]:
    """Give some requests, most of them with the same statements changed in different places."""
    version = draw(st.sampled_from(list(Version)))
    statements = draw(st.lists(valid_statements(version), min_size=1, max_size=3))
    return [draw(st.sampled_from(KINDS))(draw, version, statements) for _ in range(count)]


# Statements --------------------------------------------------------------------------------------


def _right(draw: st.DrawFn, version: Version, statements: list[Json]) -> Attempt:
    """Give a POST that has to be accepted: its statements are valid, and their ids new."""
    batch = json.loads(json.dumps(statements))
    for statement in batch:
        if "id" in statement:
            statement["id"] = str(uuid4())  # drawn ones come again
        for holder in (statement, statement["object"]):
            for attachment in holder.get("attachments", ()):
                attachment["fileUrl"] = "https://files.example/1"  # or its data would have to come
    body = _encoded(draw, batch if len(batch) > 1 else batch[0])
    headers: dict[str, str | None] = {VERSION_HEADER: str(version)}
    return Attempt("POST", "/statements", headers=headers, body=body, is_right=True)


def _put(draw: st.DrawFn, version: Version, statements: list[Json]) -> Attempt:
    """Give a PUT of one changed statement, with an id or something else."""
    posted = _changed_values(draw, version, statements[:1])
    junk = draw(st.sampled_from([None, *ENCODED_JUNK]))
    query = f"statementId={uuid4() if junk is None else junk}"
    return replace(posted, method="PUT", query=query)


def _encoded(draw: st.DrawFn, value: Json) -> bytes:
    """Write JSON with or without escapes; what UTF-8 has no bytes for becomes wrong bytes."""
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    return text.encode("utf-8", "surrogatepass")


def _changed_values(draw: st.DrawFn, version: Version, statements: list[Json]) -> Attempt:
    """Change the decoded statements in one to three places."""
    right = _right(draw, version, statements)
    whole = [json.loads(right.body or b"")]  # in a list, so that the outermost can change too
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(whole))
        if not places:
            break
        holder, step = places[draw(st.integers(0, len(places) - 1))]
        draw(st.sampled_from(CHANGES))(draw, holder, step)
    body = _encoded(draw, whole[0] if whole else [])
    return replace(right, body=body, is_right=False)


def _places(value: Json) -> Iterator[tuple[Json, Step]]:
    """Give every value as the array or object that holds it, and where in it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for step, held in inner:
        yield value, step
        if isinstance(held, (dict, list)):
            yield from _places(held)


def _junk(draw: st.DrawFn) -> Json:
    """Give a copy, which a later change may change further."""
    return deepcopy(draw(st.sampled_from(JUNK)))


def _replace(draw: st.DrawFn, holder: Json, step: Step) -> None:
    holder[step] = _junk(draw)


def _delete(draw: st.DrawFn, holder: Json, step: Step) -> None:
    del holder[step]


def _rename(draw: st.DrawFn, holder: Json, step: Step) -> None:
    if isinstance(step, str):
        to = draw(st.sampled_from([str.upper, str.title, str.swapcase, lambda text: f"{text} "]))
        holder[to(step)] = holder.pop(step)


def _add(draw: st.DrawFn, holder: Json, step: Step) -> None:
    junk = _junk(draw)
    if isinstance(holder, dict):
        names = ["x", "", "ID", "objectType", "https://a.example/x", "stored", "__proto__", "\x00"]
        holder[draw(st.sampled_from(names))] = junk
    else:
        holder.append(junk)


def _repeat(draw: st.DrawFn, holder: Json, step: Step) -> None:
    """Put a value beside itself in its array, or a copy under another name in its object."""
    copy = json.loads(json.dumps(holder[step]))
    if isinstance(holder, list):
        holder.append(copy)
    else:
        holder[draw(st.sampled_from(["actor", "object", "result", "extensions", "member"]))] = copy


def _wrap(draw: st.DrawFn, holder: Json, step: Step) -> None:
    holder[step] = draw(st.sampled_from([lambda held: [held], lambda held: {"x": held}]))(
        holder[step]
    )


CHANGES = (_replace, _replace, _delete, _rename, _add, _repeat, _wrap)


# Text --------------------------------------------------------------------------------------------


def _changed_text(draw: st.DrawFn, version: Version, statements: list[Json]) -> Attempt:
    """Change the bytes of a body, so that most often it isn't JSON any more."""
    right = _right(draw, version, statements)
    body = right.body or b""
    at = draw(st.integers(0, len(body)))
    kind = draw(st.sampled_from(["insert", "cut", "append", "name twice", "no number", "charset"]))
    if kind == "insert":
        body = body[:at] + draw(st.sampled_from(BAD_BYTES)) + body[at:]
    elif kind == "cut":
        body = body[:at]
    elif kind == "append":
        body += draw(st.sampled_from(TAILS))
    elif kind == "name twice":
        body = re.sub(rb'"(\w+)": ', rb'"\1": 1, "\1": ', body, count=1 + at % 3)
    elif kind == "no number":
        body = re.sub(rb": -?\d[\d.e+-]*", b": " + draw(st.sampled_from(NOT_NUMBERS)), body)
    else:
        charset = draw(st.sampled_from(["utf-16", "utf-8-sig"]))
        body = body.decode("utf-8", "replace").encode(charset)
    return replace(right, body=body, is_right=False)


# Requests ----------------------------------------------------------------------------------------


def _changed_request(draw: st.DrawFn, version: Version, statements: list[Json]) -> Attempt:
    """Change headers or parameters of a request with right statements."""
    right = _right(draw, version, statements)
    changed = dict(draw(st.lists(st.sampled_from(HEADERS), max_size=2)))
    query = draw(_queries()) if not changed or draw(st.booleans()) else ""
    return replace(right, headers={**right.headers, **changed}, query=query, is_right=False)


def _queries() -> st.SearchStrategy[str]:
    pair = st.builds("{}={}".format, st.sampled_from(NAMES), st.sampled_from(ENCODED_JUNK))
    return st.lists(pair, max_size=4).map("&".join)


def _other(draw: st.DrawFn, version: Version, statements: list[Json]) -> Attempt:
    """Give a request of any method to any resource, with parameters right or wrong."""
    changed = dict(draw(st.lists(st.sampled_from(HEADERS), max_size=1)))
    method = draw(st.sampled_from(METHODS))
    has_body = method in ("POST", "PUT", "PATCH")
    return Attempt(
        method,
        draw(st.sampled_from(PATHS)),
        draw(_queries() | _document_queries()),
        {VERSION_HEADER: str(version), **changed},
        draw(st.sampled_from(CONTENTS)) if has_body else None,
    )


@st.composite
def _document_queries(draw: st.DrawFn) -> str:
    """Give the parameters of a document, all of them or all but one."""
    person = {"mbox": f"mailto:s{draw(st.integers(0, 3))}@example.org"}
    parameters = {
        "activityId": "https://a.example/x",
        "agent": json.dumps(person),
        draw(st.sampled_from(["stateId", "profileId"])): draw(st.sampled_from(["a", "b", "学"])),
    }
    if draw(st.booleans()):
        parameters["registration"] = str(UUID(int=draw(st.integers(0, 3)), version=4))
    for name in draw(st.lists(st.sampled_from(sorted(parameters)), max_size=1)):
        del parameters[name]
    return urlencode(parameters)


KINDS: tuple[Callable[[st.DrawFn, Version, list[Json]], Attempt], ...] = (
    *[_changed_values] * 5,
    *[_changed_text] * 2,
    *[_right, _put, _changed_request, _other, _other],
)
