"""Changing one weight in a scheme's document: its own words and comments stay as they are."""

from collections.abc import Iterator
from typing import Final

import yaml

from projections.evaluation.scheme_faults import SchemeFaulty, fault_at
from projections.yaml_documents import Node, NoDocument, read_document

_ANCHOR: Final = {"dimensions": "scheme", "indicators": "id"}  # what a new list is put behind


def weighed(text: str, weight: float, dimension: str, indicator: str = "") -> str:
    """Give a document in which a dimension, or an indicator of it, has another weight.

    Where the document says a weight, that number is changed; where it leaves it to the scheme that
    it extends, the weight is added. Raises ``SchemeFaulty`` for what is no document.
    """
    try:
        read_document(text, "scheme")
    except NoDocument as error:
        broken = error.broken[0]
        raise SchemeFaulty([fault_at(broken.place, "", broken.rule, broken.value)]) from None
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    said = f"weight: {weight:g}"
    if not isinstance(root, yaml.MappingNode):
        return text
    path = [("dimensions", dimension)] + ([("indicators", indicator)] if indicator else [])
    return _changed(text, root, path, said)


def weights_said(text: str) -> dict[tuple[str, str], float]:
    """Give the weights that a document says itself, by dimension and indicator ('' for its own).

    Of a text that is no document there are none.
    """
    try:
        root = read_document(text, "scheme")
    except NoDocument:
        return {}
    said = {}
    for dimension, part in _parts_of(root, "dimensions"):
        said[dimension, ""] = _weight(part)
        for indicator, inner in _parts_of(part, "indicators"):
            said[dimension, indicator] = _weight(inner)
    return {key: weight for key, weight in said.items() if weight is not None}


def _parts_of(node: Node, key: str) -> Iterator[tuple[str, Node]]:
    table = node.value if isinstance(node.value, dict) else {}
    parts = table[key].node.value if key in table else ()
    for part in parts if isinstance(parts, tuple) else ():
        if isinstance(part.value, dict) and "id" in part.value:
            yield str(part.value["id"].node.value), part


def _weight(node: Node) -> float | None:
    said = node.value.get("weight") if isinstance(node.value, dict) else None
    value = said.node.value if said is not None else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _changed(text: str, node: yaml.MappingNode, path: list[tuple[str, str]], said: str) -> str:
    """Change what a table says of its weight, or that of a part of it."""
    if not path:
        stated = _value(node, "weight")
        if stated is None:
            return _with_key(text, node, "id", said)
        start, end = stated.start_mark.index, stated.end_mark.index
        return f"{text[:start]}{said.removeprefix('weight: ')}{text[end:]}"
    (key, name), further = path[0], path[1:]
    parts = _value(node, key)
    if not isinstance(parts, yaml.SequenceNode):
        return _with_key(text, node, _ANCHOR[key], f"{key}: [{_part(name, further, said)}]")
    for part in parts.value:
        identity = _value(part, "id")
        if isinstance(part, yaml.MappingNode) and identity is not None and identity.value == name:
            return _changed(text, part, further, said)
    return _with_part(text, parts, _part(name, further, said))


def _part(name: str, further: list[tuple[str, str]], said: str) -> str:
    """Write a part that says nothing but its weight, or that of a part of its own."""
    for key, inner in further:
        return f"{{id: {name}, {key}: [{_part(inner, [], said)}]}}"
    return f"{{id: {name}, {said}}}"


def _value(node: yaml.Node, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                found: yaml.Node = value
                return found
    return None


def _with_key(text: str, node: yaml.MappingNode, behind: str, said: str) -> str:
    """Add a key to a table, behind another; without that one the document has faults of its own."""
    anchor = next((pair for pair in node.value if pair[0].value == behind), None)
    if anchor is None:
        return text
    key, value = anchor
    end = value.end_mark.index
    if node.flow_style:
        return f"{text[:end]}, {said}{text[end:]}"
    return f"{text[:end]}\n{' ' * key.start_mark.column}{said}{text[end:]}"


def _with_part(text: str, parts: yaml.SequenceNode, part: str) -> str:
    """Add a part before all others of a list."""
    start = parts.start_mark.index
    if parts.flow_style:
        rest = text[start + 1 :]
        return f"{text[: start + 1]}{part}{', ' if parts.value else ''}{rest}"
    return f"{text[:start]}- {part}\n{' ' * parts.start_mark.column}{text[start:]}"
