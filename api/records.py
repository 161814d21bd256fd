"""Lists of records in the formats of tables: CSV for spreadsheet programs, Parquet with types.

The columns of a list are declared once, and give its CSV, its Parquet schema and its description.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import orjson

Kind = Literal["text", "whole", "real", "truth", "moment", "day", "texts", "object"]
Record = Mapping[str, Any]

# What each kind is in JSON Schema; all may be null.
_SCHEMAS: Final[Mapping[Kind, dict[str, Any]]] = MappingProxyType(
    {
        "text": {"type": ["string", "null"]},
        "whole": {"type": ["integer", "null"]},
        "real": {"type": ["number", "null"]},
        "truth": {"type": ["boolean", "null"]},
        "moment": {"type": ["string", "null"], "format": "date-time"},
        "day": {"type": ["string", "null"], "format": "date"},
        "texts": {"type": ["array", "null"], "items": {"type": "string"}},
        "object": {},  # any JSON
    }
)
# A cell that begins with one of these is a formula to a spreadsheet program (OWASP, CSV Injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SEPARATOR: Final = "; "  # of several texts in a cell


class Column(NamedTuple):
    """A column: times are ISO 8601 in UTC, days ISO 8601, `object` is any JSON."""

    name: str
    kind: Kind
    description: str = ""


class Records(NamedTuple):
    """Which member of an answer is a list of records, and the columns they have."""

    name: str
    columns: tuple[Column, ...]


def schema_of(records: Records) -> dict[str, Any]:
    """Give the JSON Schema of one record."""
    described = {
        column.name: _SCHEMAS[column.kind]
        | ({"description": column.description} if column.description else {})
        for column in records.columns
    }
    return {"type": "object", "required": list(described), "properties": described}


def as_csv(records: Records, rows: Iterable[Record]) -> bytes:
    """Write records as CSV (RFC 4180) in UTF-8 with a byte order mark, as spreadsheets want it.

    Text that would be a formula has an apostrophe before it. What is null is an empty cell.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(column.name for column in records.columns)
    for row in rows:
        writer.writerow(_cell(column.kind, row.get(column.name)) for column in records.columns)
    return text.getvalue().encode("utf-8-sig")


def _cell(kind: Kind, value: Any) -> Any:
    match kind, value:
        case _, None:
            return ""
        case "whole" | "real", _:
            return value
        case "truth", _:
            return "true" if value else "false"
        case "texts", _:
            return _harmless(_SEPARATOR.join(value))
        case "object", _:
            return _harmless(orjson.dumps(value).decode())
    return _harmless(str(value))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_parquet(records: Records, rows: Sequence[Record]) -> bytes:
    """Write records as Parquet: times are timestamps of microseconds in UTC, days are dates.

    A time that is none in other calendars (of year 0) is null.
    """
    import pyarrow as arrow  # here: it takes a third of a second and 60 MB to load
    from pyarrow import parquet

    types = {
        "text": arrow.string(),
        "whole": arrow.int64(),
        "real": arrow.float64(),
        "truth": arrow.bool_(),
        "moment": arrow.timestamp("us", tz="UTC"),
        "day": arrow.date32(),
        "texts": arrow.list_(arrow.string()),
        "object": arrow.string(),
    }
    columns = [
        arrow.array([_typed(column.kind, row.get(column.name)) for row in rows], types[column.kind])
        for column in records.columns
    ]
    names = [column.name for column in records.columns]
    sink = io.BytesIO()
    parquet.write_table(arrow.Table.from_arrays(columns, names=names), sink)
    return sink.getvalue()


def _typed(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    convert = _CONVERT.get(kind)
    try:
        return value if convert is None else convert(value)
    except ValueError:
        return None


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


_CONVERT: Final[Mapping[Kind, Callable[[Any], Any]]] = MappingProxyType(
    {
        "text": str,
        "moment": _moment,
        "day": _day,
        "object": lambda value: orjson.dumps(value).decode(),
    }
)
