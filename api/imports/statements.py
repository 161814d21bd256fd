"""Any xAPI dump, posted as it is: what the record refuses is told with its reason."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson

from api.imports.dump import are_lines, statements
from api.imports.files import opened, size_of
from api.imports.posting import Outgoing, Summary
from api.imports.report import Import
from lrs.actors import actor_key

# Statements without an id get one made from their place and content, so that a second import
# of the same file, or a batch sent again after a lost connection, changes nothing.
_NAMESPACE = UUID("0b9a4c5e-7c9f-5d1e-9a53-0d2c2f6f3f11")
_OPENING = re.compile(rb"\{\s*+")


def import_statements(path: Path, how: Import) -> Summary:
    """Post every statement of ``path``: a JSON array, JSON lines, or an answer of GET /statements.

    The file may be gzipped and of any length. Statements go in the order of the file, for each
    actor. Raises ``PostingStopped`` when posting can't go on or the file breaks off, and
    ``SourceBroken`` where there is no file.
    """
    return how.run(path.name, outgoing(path), total=size_of(path))


def outgoing(path: Path) -> Iterator[Outgoing]:
    """Read the statements of a dump; ``size`` is in bytes of the file as it lies on disk.

    Raises ``SourceBroken`` where the file can't be read on.
    """
    with opened(path) as (file, _):
        as_lines = are_lines(file.read(1 << 16), path.name)
    with opened(path) as (file, bytes_read):
        before = 0
        for number, raw in enumerate(statements(file, as_lines=as_lines), 1):
            now = bytes_read()
            yield _outgoing(raw, number, size=now - before)
            before = now


def _outgoing(raw: bytes, number: int, size: int) -> Outgoing:
    place = f"statement {number}"
    try:
        statement = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return Outgoing(raw, learner="", place=place, size=size, is_json=False)
    if not isinstance(statement, dict):
        return Outgoing(raw, learner="", place=place, size=size)
    if "id" not in statement:
        raw = _with_id(raw, uuid5(_NAMESPACE, f"{number} {raw.decode()}"), bool(statement))
    return Outgoing(
        raw,
        learner=_learner(statement),
        place=place,
        size=size,
        version="2.0.0" if str(statement.get("version", "")).startswith("2.") else "1.0.3",
    )


def _with_id(raw: bytes, statement_id: UUID, has_members: bool) -> bytes:
    comma = "," if has_members else ""
    return _OPENING.sub(f'{{"id":"{statement_id}"{comma}'.encode(), raw, count=1)


def _learner(statement: dict[str, Any]) -> str:
    """Name the actor; one that names nobody is left to the record to refuse."""
    try:
        return actor_key(statement["actor"]) or ""
    except (KeyError, TypeError, AttributeError):
        return ""
