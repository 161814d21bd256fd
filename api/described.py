"""What the OpenAPI document says of an answer: its formats, each with a schema and an example."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from api.answers import CSV, EVENTS, JSON, PARQUET, encoded
from api.errors import REFUSALS
from api.records import Records, as_csv, schema_of

Described = dict[int | str, dict[str, Any]]

_HEADERS: Final = {
    "ETag": {
        "description": "A weak tag: the generation, the log position, and what else it depends on.",
        "schema": {"type": "string"},
    },
    "X-Xueji-Position": {
        "description": "The log position that the answer reflects, at least.",
        "schema": {"type": "integer"},
    },
}
_EXAMPLE: Final = "x-example-of"  # while FastAPI has the description: it drops what is null
_LINK: Final = {
    "Link": {
        "description": 'The next page (`rel="next"`), where there is one.',
        "schema": {"type": "string"},
    },
}


def described(name: str, records: Records | None = None, *, live: bool = False) -> Described:
    """Give the `responses` of a route, whose description is ``api/descriptions/NAME.yaml``.

    That has an `example`, and the JSON `schema` of an answer that is not a list of records; `live`
    is for a route with live answers.
    """
    given = _description(name)
    example = given["example"]
    schema = given["schema"] if records is None else _schema_of_list(records)
    content: dict[str, Any] = {JSON: {"schema": schema, _EXAMPLE: name}}
    if records is not None:
        text = as_csv(records, example[records.name]).decode("utf-8-sig")
        content[CSV] = {"schema": {"type": "string"}, "example": text}
        content[PARQUET] = {"schema": {"type": "string", "format": "binary"}}
    if live:
        event = f"id: 5000.0123456789abcdef\nevent: answer\ndata: {encoded(example).decode()}\n\n"
        content[EVENTS] = {"schema": {"type": "string"}, "example": event}
    return {
        **REFUSALS,
        200: {
            "description": given.get("description", "the answer"),
            "headers": _HEADERS if records is None else _HEADERS | _LINK,
            "content": content,
        },
        304: {"description": "it is as the tag in If-None-Match says"},
        406: {"description": "there is no format that Accept names"},
        409: {"description": "the generation was made by an older version"},
    }


def shown_by_example(name: str) -> Described:
    """Give the `responses` of a route that answers JSON as it is: no tag, no other format.

    ``api/descriptions/NAME.yaml`` has the `schema` of the answer and an `example`.
    """
    given = _description(name)
    content = {JSON: {"schema": given["schema"], _EXAMPLE: name}}
    return {**REFUSALS, 200: {"description": given["description"], "content": content}}


def put_examples(document: dict[str, Any]) -> None:
    """Put the examples of JSON into an OpenAPI document that FastAPI has made."""
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {}).get(JSON, {})
                if _EXAMPLE in content:
                    content["example"] = _description(content.pop(_EXAMPLE))["example"]


def _schema_of_list(records: Records) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [records.name],
        "properties": {
            records.name: {"type": "array", "items": schema_of(records)},
            "next": {
                "type": ["string", "null"],
                "description": "The `cursor` of the next page; null or absent on the last one.",
            },
        },
    }


@cache
def _description(name: str) -> dict[str, Any]:
    text = files("api").joinpath(f"descriptions/{name}.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found
