"""JSON as it is read on a page: its parts told apart, and never taken for anything but text."""

from nicegui import ui


class JsonText(ui.element, component="components/json_text.js"):
    """A JSON document, which can be scrolled by keyboard; `label` says what it is."""

    def __init__(self, text: str, label: str) -> None:
        super().__init__()
        self._props["text"] = text
        self._props["label"] = label
