"""Buttons that save what a page shows: a chart as PNG, its numbers as CSV."""

from collections.abc import Iterable, Sequence

from nicegui import ui

from api.ui.words import Words


class ExportButtons(ui.element, component="components/export_buttons.js"):
    """The buttons of one chart or table; there are none while there is nothing to save."""

    def __init__(self, words: Words, heading: str, chart: ui.element | None = None) -> None:
        super().__init__()
        self._props["heading"] = heading
        self._props["name"] = heading.replace("/", "-")
        self._props["chart"] = chart.id if chart is not None else None
        self._props["words"] = {
            "picture": words("export.picture", what=heading),
            "table": words("export.table", what=heading),
        }
        self.show([])

    def show(self, rows: Iterable[Sequence[object]], note: str = "") -> None:
        """Offer these rows, the names of their columns first; `note` stands beneath a picture."""
        self._props["rows"] = [list(row) for row in rows]
        self._props["note"] = note
        self.update()
