"""A text that is there to be taken elsewhere, with a button that copies it."""

from nicegui import ui

from api.ui.words import Words


class CopiedText(ui.element, component="components/copied_text.js"):
    """A text with a button that copies it; `label` says what it is."""

    def __init__(self, words: Words, text: str, label: str) -> None:
        super().__init__()
        self._props["text"] = text
        self._props["label"] = label
        self._props["words"] = {"copy": words("copy"), "copied": words("copied")}
