"""xAPI Profiles at the door: statements held against the templates and patterns they claim."""

from lrs.profiles.documents import read_profile
from lrs.profiles.door import Door, check_statements
from lrs.profiles.findings import (
    Counted,
    Finding,
    Report,
    count_findings,
    list_findings,
    record_findings,
)
from lrs.profiles.registry import Kept, Mode, Registry, UnknownProfileError, read_profile_bytes
from lrs.profiles.sets import ProfileSet

__all__ = [
    "Counted",
    "Door",
    "Finding",
    "Kept",
    "Mode",
    "ProfileSet",
    "Registry",
    "Report",
    "UnknownProfileError",
    "check_statements",
    "count_findings",
    "list_findings",
    "read_profile",
    "read_profile_bytes",
    "record_findings",
]
