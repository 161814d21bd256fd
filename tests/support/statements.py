"""Valid statements of every shape, for tests that hold for all of them.

The strategies give decoded JSON; `valid_statements(version)` is the whole, the others its parts.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from lrs.versions import Version

Json = Any
Strategy = st.SearchStrategy[Any]

VOIDED = "http://adlnet.gov/expapi/verbs/voided"

# Which lists of components go with which interaction type.
INTERACTIONS: dict[str, tuple[str, ...]] = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}

texts = st.text(max_size=12)
words = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=8)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)

iris = st.builds(
    lambda base, word: base + word,
    st.sampled_from(
        [
            "https://school.example.cn/",
            "http://example.com:8080/a?b=",
            "https://例子.测试/课程/",
            "https://example.com/%E8%AF%BE/#",
            "http://[2001:db8::7]/",
            "urn:uuid:",
            "tag:example.com,2020:",
            "act:",
        ]
    ),
    words,
)
language_tags = st.sampled_from(
    [
        *["zh", "zh-CN", "zh-Hans-CN", "en", "en-US", "EN-gb", "es-419", "cmn", "de-1996", "und"],
        *["sl-rozaj-biske", "en-u-co-phonebk", "en-a-bbb-x-a-ccc", "x-school", "i-klingon"],
    ]
)
language_maps = st.dictionaries(language_tags, texts, max_size=2)
uuids = st.builds(
    lambda uuid, upper: str(uuid).upper() if upper else str(uuid), st.uuids(), st.booleans()
)
extensions = st.dictionaries(
    iris,
    st.recursive(
        st.none() | st.booleans() | numbers | texts,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=2,
)
durations = st.one_of(
    st.sampled_from(["P4W", "P3Y", "PT0S", "P1Y2M3DT4H5M6.78S", "P2DT3H4M5.67891S", "PT1,5H"]),
    st.builds("PT{}H{}M{}S".format, *[st.integers(0, 99)] * 3),
)
_zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_moments = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=_zones | st.just(UTC))
_rfc3339 = st.one_of(
    _moments.map(datetime.isoformat),
    _moments.map(lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z")),
    st.sampled_from(["2024-02-29T23:59:60Z", "2020-01-01t00:00:00.123456789z"]),
)
_iso8601 = st.sampled_from(
    ["20250301T081530Z", "2025-W09-6T08:15:30+08:00", "2025-060T08:15", "2025-03-01T08:15:30,5"]
)


def timestamps(version: Version) -> Strategy:
    """Give timestamps as one version has them."""
    return _rfc3339 | _iso8601 if version is Version.V1_0_3 else _rfc3339


def record(required: dict[str, Strategy], optional: dict[str, Strategy] | None = None) -> Strategy:
    """Give objects with all the required and some of the optional properties."""
    return st.fixed_dictionaries(required, optional=optional or {})


_identifiers = st.one_of(
    record({"mbox": words.map("mailto:{}@example.org".format)}),
    record({"mbox_sha1sum": st.text("0123456789abcdefABCDEF", min_size=40, max_size=40)}),
    record({"openid": words.map("https://openid.example.org/{}".format)}),
    record({"account": record({"homePage": iris, "name": texts})}),
)


def _joined(*parts: Strategy) -> Strategy:
    return st.builds(lambda *objects: {k: v for one in objects for k, v in one.items()}, *parts)


agents = _joined(record({}, {"objectType": st.just("Agent"), "name": texts}), _identifiers)
typed_agents = _joined(record({"objectType": st.just("Agent")}, {"name": texts}), _identifiers)
_members = st.lists(agents, max_size=2)
_group = {"objectType": st.just("Group")}
groups = st.one_of(
    _joined(record(_group, {"name": texts, "member": _members}), _identifiers),
    record({**_group, "member": _members}, {"name": texts}),
)
actors = agents | groups
authorities = agents | record(
    {**_group, "member": st.lists(agents, min_size=2, max_size=2)}, {"name": texts}
)

verbs = record({"id": iris}, {"display": language_maps})


def _interaction(kind: str) -> Strategy:
    component = record({"id": words}, {"description": language_maps})
    components = st.lists(component, max_size=3, unique_by=lambda one: one["id"])
    return record(
        {"interactionType": st.just(kind)},
        {
            "correctResponsesPattern": st.lists(texts, max_size=2),
            **dict.fromkeys(INTERACTIONS[kind], components),
        },
    )


_definitions = _joined(
    record(
        {},
        {
            "name": language_maps,
            "description": language_maps,
            "type": iris,
            "moreInfo": iris,
            "extensions": extensions,
        },
    ),
    st.just({}) | st.sampled_from(sorted(INTERACTIONS)).flatmap(_interaction),
)
activities = record({"id": iris}, {"objectType": st.just("Activity"), "definition": _definitions})
references = record({"objectType": st.just("StatementRef"), "id": uuids})

attachments = record(
    {
        "usageType": iris,
        "display": language_maps,
        "contentType": st.sampled_from(["text/plain", 'text/html; charset="utf-8"', "video/mp4"]),
        "length": st.integers(0, 2**40),
        "sha2": st.sampled_from([56, 64, 96, 128]).map(lambda length: ("0aF9" * 32)[:length]),
    },
    {"description": language_maps, "fileUrl": iris},
)


@st.composite
def scores(draw: st.DrawFn) -> Json:
    """Give scores whose bounds, where both are there, hold the raw score."""
    low, raw, high = sorted(draw(st.lists(numbers, min_size=3, max_size=3, unique=True)))
    score = {"scaled": draw(st.floats(-1, 1)), "min": low, "raw": raw, "max": high}
    return {name: score[name] for name in draw(st.sets(st.sampled_from(sorted(score))))}


results = record(
    {},
    {
        "score": scores(),
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": texts,
        "duration": durations,
        "extensions": extensions,
    },
)


def _relations(kind: str, role: str, actor: Strategy) -> Strategy:
    relation = record(
        {"objectType": st.just(kind), role: actor},
        {"relevantTypes": st.lists(iris, min_size=1, max_size=2)},
    )
    return st.lists(relation, max_size=2)


def contexts(version: Version, *, of_activity: bool) -> Strategy:
    """Give contexts of a statement whose object is an Activity, or is not."""
    around = activities | st.lists(activities, max_size=2)
    optional = {
        "registration": uuids,
        "instructor": actors,
        "team": groups,
        "contextActivities": record(
            {}, dict.fromkeys(["parent", "grouping", "category", "other"], around)
        ),
        "language": language_tags,
        "statement": references,
        "extensions": extensions,
    }
    if of_activity:
        optional |= {"revision": texts, "platform": texts}
    if version is Version.V2_0_0:
        optional["contextAgents"] = _relations("contextAgent", "agent", agents)
        optional["contextGroups"] = _relations("contextGroup", "group", groups)
    return record({}, optional)


def _stated(version: Version, target: Strategy, *, of_activity: bool) -> tuple[Strategy, Strategy]:
    """Give what statements and SubStatements have in common."""
    return (
        record({"actor": actors, "verb": verbs, "object": target}),
        record(
            {},
            {
                "result": results,
                "context": contexts(version, of_activity=of_activity),
                "timestamp": timestamps(version),
                "attachments": st.lists(attachments, max_size=1),
            },
        ),
    )


def substatements(version: Version) -> Strategy:
    """Give SubStatements."""
    kind = record({"objectType": st.just("SubStatement")})
    return st.one_of(
        _joined(kind, *_stated(version, activities, of_activity=True)),
        _joined(kind, *_stated(version, typed_agents | groups | references, of_activity=False)),
    )


def valid_statements(version: Version) -> Strategy:
    """Give statements with anything that one version allows in them."""
    versions = ["1.0", "1.0.0", "1.0.9"] + ["2.0", "2.0.0"] * (version is Version.V2_0_0)
    own = record(
        {},
        {
            "id": uuids,
            "stored": timestamps(version),
            "authority": authorities,
            "version": st.sampled_from(versions),
        },
    )
    others = typed_agents | groups | references | substatements(version)
    voiding = record(
        {"actor": agents, "verb": record({"id": st.just(VOIDED)}), "object": references}
    )
    return st.one_of(
        _joined(own, *_stated(version, activities, of_activity=True)),
        _joined(own, *_stated(version, others, of_activity=False)),
        _joined(own, voiding),
    )
