"""Writing a whole scheme as the document that says it."""

from typing import Any

import msgspec
import yaml

from projections.evaluation.scheme_reading import is_scheme_id
from projections.evaluation.schemes import Indicator, Scheme


def scheme_text(scheme: Scheme) -> str:
    """Write a scheme as a YAML document of its own, whatever it was put together from."""
    document = {
        "scheme": scheme.id,
        **_said(scheme, "school", "title", "description", "levels"),
        "dimensions": [
            {
                **_said(dimension, "id", "title", "description", "weight"),
                "indicators": [_indicator(each) for each in dimension.indicators],
            }
            for dimension in scheme.dimensions
        ],
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def extending_text(scheme: Scheme, school: str) -> str:
    """Write the document by which a school begins a scheme of its own, which extends another."""
    own_id = f"{school}-{scheme.id}"
    document = {
        "scheme": own_id if is_scheme_id(own_id) else "our-own",
        "school": school,
        "title": {"zh": f"{scheme.title.zh}（本校）", "en": f"{scheme.title.en} (our school)"},
        "extends": scheme.id,
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def _indicator(indicator: Indicator) -> dict[str, Any]:
    measure = _said(indicator, "measure")["measure"]
    phase = {"phase": measure.pop("phase")} if "phase" in measure else {}
    return {
        **_said(indicator, "id", "title", "description", "kind", "source"),
        **phase,
        "measure": measure,
        **_said(indicator, "normalisation", "weight", "minimum"),
    }


def _said(part: msgspec.Struct, *names: str) -> dict[str, Any]:
    """Give some of the fields of a part, without what it leaves open."""
    fields = msgspec.to_builtins({name: getattr(part, name) for name in names})
    return {name: _short(value) for name, value in fields.items() if _says(value)}


def _short(value: Any) -> Any:
    """Leave out what says nothing; whole numbers without a point."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items() if _says(each)}
    if isinstance(value, list | tuple):
        return [_short(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _says(value: Any) -> bool:
    return value not in (None, "", [], ()) and not (isinstance(value, dict) and not _short(value))
