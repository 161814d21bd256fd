"""What commands say, for tests of them."""

import re

from typer.testing import Result


def said(result: Result) -> str:
    """What was said, whatever frame it was put in and however its lines were broken."""
    return re.sub(r"[\s│]+", " ", result.output)
