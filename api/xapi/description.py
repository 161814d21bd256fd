"""What /openapi.json says: the routes that FastAPI knows, and the xAPI resources beside them."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from fastapi import FastAPI

from api.described import put_examples

SECURITY: list[dict[str, list[str]]] = [{"Basic": []}, {"Bearer": []}]


@cache
def xapi_description() -> dict[str, Any]:
    """Read the description of the xAPI resources, as parts of an OpenAPI document."""
    text = files("api.xapi").joinpath("openapi.yaml").read_text("utf-8")
    described: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return described


class DescribedApplication(FastAPI):
    """A FastAPI application whose description has the mounted xAPI resources in it too."""

    def openapi(self) -> dict[str, Any]:
        """Give the OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            _leave_out_framework_errors(document)
            put_examples(document)
            xapi = xapi_description()
            document["paths"] = {**xapi["paths"], **document["paths"]}
            document["tags"] = xapi["tags"]
            document["security"] = SECURITY
            components = document.setdefault("components", {})
            for kind, described in xapi["components"].items():
                components[kind] = {**components.get(kind, {}), **described}
            self.openapi_schema = document
        return self.openapi_schema


def _leave_out_framework_errors(document: dict[str, Any]) -> None:
    """Leave out FastAPI's 422: a malformed parameter is answered 400, as all errors are."""
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    schemas = document.get("components", {}).get("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
