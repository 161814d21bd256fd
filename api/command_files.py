"""Files that commands are given: read as text, or refused by name."""

from pathlib import Path

import typer


def read_text(file: Path) -> str:
    """Read a file of UTF-8. Raises typer.BadParameter for one that isn't."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file}: is no text in UTF-8: {error}") from None
