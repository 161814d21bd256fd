"""Tables that sort by mouse and keyboard, and are cards on a phone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from nicegui import ui

from api.ui import formats
from api.ui.export import ExportButtons
from api.ui.layout import evidence_link
from api.ui.words import Words

Cell = dict[str, Any]
Row = dict[str, Any]  # "id", and a cell by each column's key


@dataclass(frozen=True)
class Column:
    """A column; ``descending`` is the direction in which its first click sorts."""

    key: str
    label: str
    kind: Literal["text", "link", "number", "interval"] = "text"
    sortable: bool = False
    descending: bool = False


class DataTable(ui.element, component="components/data_table.js"):
    """A table of rows; what sorts it is the visitor's choice and stays when rows change.

    A cell has ``text``; ``sort`` where its column sorts; ``note``, small beside the text, with
    ``note_language`` where that is another than the page's; ``href``
    in a link, and where a number, text or interval leads somewhere, which ``label`` says; ``low``,
    ``value``, ``high`` (0..1) and ``label``, the same in words, in an interval.
    With ``export``, a title, the table can be saved as CSV: intervals' ends and notes are columns.
    """

    def __init__(
        self,
        words: Words,
        caption: str,
        columns: Sequence[Column],
        *,
        order: str | None = None,
        descending: bool = False,
        export: str = "",
    ) -> None:
        super().__init__()
        self._columns, self._words = columns, words
        self._props["columns"] = [asdict(column) for column in columns]
        self._props["rows"] = []
        self._props["caption"] = caption
        self._props["order"] = {"key": order, "descending": descending} if order else None
        self._props["words"] = {
            "language": words.language,
            "sort_by": words("table.sort_by"),
            "ascending": words("table.ascending"),
            "descending": words("table.descending"),
        }
        self._export = ExportButtons(words, export) if export else None

    def show(self, rows: Iterable[Row]) -> None:
        """Show these rows instead of those before."""
        shown = self._props["rows"] = list(rows)
        self.update()
        if self._export is not None:
            self._export.show(self._texts(shown) if shown else [])

    def _texts(self, rows: Sequence[Row]) -> Iterable[Sequence[str]]:
        """Give what the table says as text, the names of its columns first."""
        columns = [one for column in self._columns for one in self._written(column, rows)]
        yield [label for label, _ in columns]
        for place in range(len(rows)):
            yield [texts[place] for _, texts in columns]

    def _written(self, column: Column, rows: Sequence[Row]) -> Iterable[tuple[str, Sequence[str]]]:
        """Give a column's texts under its name; behind it its intervals' ends and its notes."""
        cells = [row[column.key] for row in rows]
        yield column.label, [one["text"] for one in cells]
        # A bar that reaches up to its value is no interval.
        if any("high" in one and one["high"] != one["value"] for one in cells):
            for end in ("low", "high"):
                ends = [formats.percent(one[end]) if end in one else "" for one in cells]
                yield self._words(f"table.{end}", column=column.label), ends
        if any(one.get("note") for one in cells):
            notes = [one.get("note", "") for one in cells]
            yield self._words("table.note", column=column.label), notes


def cell(text: str, sort: Any = None, *, note: str = "", **more: Any) -> Cell:
    """Make a cell."""
    return {"text": text, "sort": sort, "note": note, **more}


def figure_cell(
    text: str, sort: Any, evidence: Mapping[str, Any], words: Words, **more: Any
) -> Cell:
    """Make the cell of a figure that leads to the facts behind it, where there are any."""
    if not evidence["facts"]:
        return cell(text, sort, **more)
    facts = words("evidence.count", n=formats.count(evidence["facts"]))
    label = f"{more.pop('label', text)} · {facts}"
    return cell(text, sort, href=evidence_link(evidence), label=label, **more)


def counted_cell(number: int, evidence: str | Mapping[str, Any], words: Words) -> Cell:
    """Make a cell of how many there are, which leads to the facts that it counts."""
    text = formats.count(number)
    label = words("evidence.count", n=text)
    return cell(text, number, href=evidence_link(evidence), label=label)
