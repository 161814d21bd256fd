"""A small xAPI Profile for tests, about reading a book, and statements that follow it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from lrs.profiles import read_profile
from lrs.profiles.parts import Profile, Rule, Template

BASE = "https://reading.example/profile"
VERSION = f"{BASE}/v2"
BOOK = f"{BASE}/types/book"
SHELF = f"{BASE}/types/shelf"
PAGE = f"{BASE}/extensions/page"
REGISTRATION = "0b9a4c5e-7c9f-4d1e-9a53-0d2c2f6f3f11"


def verb(name: str) -> str:
    return f"{BASE}/verbs/{name}"


def template_id(name: str) -> str:
    return f"{BASE}/templates/{name}"


def pattern_id(name: str) -> str:
    return f"{BASE}/patterns/{name}"


def template(name: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": template_id(name),
        "type": "StatementTemplate",
        "inScheme": VERSION,
        "prefLabel": {"en": name},
        "definition": {"en": f"Someone {name} a book."},
        "verb": verb(name),
        **more,
        "rules": list(rules),
    }


def pattern(name: str, *, primary: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "id": pattern_id(name),
        "type": "Pattern",
        "primary": primary,
        "prefLabel": {"en": name},
        "definition": {"en": f"How a book is {name}."},
        **more,
    }


def document(**more: Any) -> dict[str, Any]:
    """The profile: a book is opened, pages are turned, it is closed, with a word on how far."""
    return {
        "@context": "https://w3id.org/xapi/profiles/context",
        "id": BASE,
        "type": "Profile",
        "conformsTo": "https://w3id.org/xapi/profiles#1.0",
        "prefLabel": {"en": "Reading", "zh-CN": "阅读"},
        "definition": {"en": "How a book is read."},
        "author": {"type": "Person", "name": "A Reader"},
        "versions": [
            {
                "id": VERSION,
                "wasRevisionOf": [f"{BASE}/v1"],
                "generatedAtTime": "2026-02-01T00:00:00Z",
            },
            {"id": f"{BASE}/v1", "generatedAtTime": "2026-01-01T00:00:00Z"},
        ],
        "templates": [
            template("opened", {"location": "$.timestamp", "presence": "included"}),
            template(
                "turned",
                {"location": f"$.result.extensions['{PAGE}']", "presence": "recommended"},
            ),
            template(
                "closed",
                {
                    "location": "$.result.response",
                    "presence": "included",
                    "all": ["finished", "halfway"],
                },
            ),
        ],
        "patterns": [
            pattern(
                "read",
                primary=True,
                sequence=[template_id("opened"), pattern_id("turned"), template_id("closed")],
            ),
            pattern("turned", zeroOrMore=template_id("turned")),
        ],
        **more,
    }


def changed(path: str, value: Any) -> dict[str, Any]:
    """The profile with one thing put in another's place; ``path`` as in ``templates.0.id``."""
    whole = deepcopy(document())
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    inner: Any = whole
    for step in steps:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return whole


def profile(**more: Any) -> Profile:
    return read_profile(document(**more))


def only_template(*rules: dict[str, Any], **properties: Any) -> Template:
    """A template with nothing but these rules and properties."""
    given = template("opened", *rules, **properties)
    if "verb" not in properties:
        del given["verb"]
    [one] = profile(templates=[given], patterns=[]).templates.values()
    return one


def only_rule(**properties: Any) -> Rule:
    [rule] = only_template(properties).rules
    return rule


def read(action: str, **more: Any) -> dict[str, Any]:
    """A statement of the profile, as an app posts it."""
    context: dict[str, Any] = {
        "registration": REGISTRATION,
        "contextActivities": {"category": [{"id": VERSION}]},
        **more.pop("context", {}),
    }
    statement = {
        "actor": {"account": {"homePage": "https://district.example", "name": "ming"}},
        "verb": {"id": verb(action)},
        "object": {"id": "https://library.example/books/1", "definition": {"type": BOOK}},
        "timestamp": "2026-03-02T10:00:00Z",
        "context": {key: value for key, value in context.items() if value is not None},
        **({"result": {"response": "finished"}} if action == "closed" else {}),
        **more,
    }
    return {key: value for key, value in statement.items() if value is not None}


def at(minute: int) -> str:
    """A timestamp."""
    return f"2026-03-02T{10 + minute // 60:02}:{minute % 60:02}:00Z"


def named(finding: Any, fields: str = "kind") -> Any:
    """What a finding is about, in short."""
    values = tuple(getattr(finding, field) for field in fields.split())
    return values[0] if len(values) == 1 else values


def subregistration(*names: str, version: str = VERSION) -> Mapping[str, Any]:
    """The extensions of a context that has these subregistrations."""
    key = "https://w3id.org/xapi/profiles/extensions/subregistration"
    return {key: [{"profile": version, "subregistration": name} for name in names]}
