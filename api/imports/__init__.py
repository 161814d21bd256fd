"""Imports: files of other systems become statements and are posted over HTTP, as an app would."""

from api.imports.assistments import import_assistments
from api.imports.oulad import import_oulad
from api.imports.posting import Endpoint, PostingStopped, SourceBroken, Summary
from api.imports.report import Import, summary_table
from api.imports.statements import import_statements

__all__ = [
    "Endpoint",
    "Import",
    "PostingStopped",
    "SourceBroken",
    "Summary",
    "import_assistments",
    "import_oulad",
    "import_statements",
    "summary_table",
]
