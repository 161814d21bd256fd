"""What a set of roster files says of itself: its version, and which files hold all, which news.

1EdTech OneRoster 1.1 CSV Tables, 4.1; OneRoster 1.2 CSV Binding, 3.1.
"""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from api.roster.faults import Faults
from api.roster.fields import OTHER_FILES, ROLES, USERS, V1_1, V1_2, fields_of

MANIFEST: Final = "manifest.csv"
COLUMNS: Final = ["propertyName", "value"]
BULK: Final = "bulk"
DELTA: Final = "delta"
ABSENT: Final = "absent"

Line = tuple[int, list[str]]  # a line's number, and its values


class Manifest(msgspec.Struct, frozen=True):
    """The version of a set, and of each file that is there and read, ``bulk`` or ``delta``."""

    version: str
    modes: dict[str, str]


def guessed(files: Collection[str], header_of_users: Collection[str]) -> Manifest:
    """Tell what a set without a manifest is: all of its files are bulk.

    1.2 has the roles in a file of their own, and 1.1 with the users.
    """
    is_1_2 = f"{ROLES}.csv" in files or (f"{USERS}.csv" in files and "role" not in header_of_users)
    version = V1_2 if is_1_2 else V1_1
    return Manifest(version, {name: BULK for name in fields_of(version) if f"{name}.csv" in files})


def read_manifest(lines: Iterable[Line], files: Collection[str], faults: Faults) -> Manifest:
    """Read the lines of the manifest below its header, and hold it against the files there are."""
    said: dict[str, tuple[int, str]] = {}
    for line, values in lines:
        if len(values) < 2:
            faults.add(MANIFEST, line, "", "a line has a propertyName and a value", values)
        elif values[0] in said:
            faults.add(MANIFEST, line, values[0], "a property is said once")
        else:
            said[values[0]] = line, values[1]
    line, version = said.get("oneroster.version", (0, ""))
    if version not in (V1_1, V1_2):
        faults.add(MANIFEST, line, "oneroster.version", f"{V1_1} or {V1_2}", version)
        version = V1_2 if "file.roles" in said else V1_1
    return Manifest(version, _modes(version, said, files, faults))


def _modes(
    version: str, said: dict[str, tuple[int, str]], files: Collection[str], faults: Faults
) -> dict[str, str]:
    known = fields_of(version)
    modes: dict[str, str] = {}
    for name, (line, mode) in said.items():
        prefix, _, file = name.partition(".")
        if prefix != "file":
            continue
        if file not in known and file not in OTHER_FILES:
            faults.add(MANIFEST, line, name, f"a file of OneRoster {version}", file)
        elif mode not in (BULK, DELTA, ABSENT):
            faults.add(MANIFEST, line, name, f"one of {BULK}, {DELTA}, {ABSENT}", mode)
        elif file in known:
            is_there = f"{file}.csv" in files
            if is_there != (mode != ABSENT):
                there = "there" if is_there else "not there"
                faults.add(MANIFEST, line, name, f"{file}.csv is {there}", mode)
            elif is_there:
                modes[file] = mode
    for file in known:
        if f"{file}.csv" in files and f"file.{file}" not in said:
            faults.add(
                MANIFEST, 0, f"file.{file}", f"the manifest names {file}.csv, which is there"
            )
    return modes
