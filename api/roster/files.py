"""A set of roster files as bytes by name, out of a folder or a zip file."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api.roster.faults import Faults

LARGEST_UNPACKED: Final = 256 * 1024 * 1024  # bytes of all files together
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_TOO_LARGE: Final = f"the CSV files have at most {LARGEST_UNPACKED} bytes together"


def roster_files(path: Path) -> dict[str, bytes]:
    """Read the CSV files of a folder or of a zip file, by name.

    Raises RosterFaulty where there are none or they can't be read.
    """
    if path.is_dir():
        return _of_folder(path)
    faults = Faults()
    try:
        return unpacked(path.read_bytes(), path.name)
    except OSError as error:
        faults.add(str(path), 0, "", f"a folder or a zip file that can be read: {error.strerror}")
    faults.check()
    raise AssertionError("a fault was added")


def unpacked(archive: bytes, name: str = "roster.zip") -> dict[str, bytes]:
    """Read the CSV files of a zip file; they may stand in a folder in it. Raises RosterFaulty."""
    faults = Faults()
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            members = [one for one in opened.infolist() if _is_csv(one.filename)]
            if sum(one.file_size for one in members) > LARGEST_UNPACKED:
                faults.add(name, 0, "", _TOO_LARGE)
                members = []
            for member in members:
                file = member.filename.rpartition("/")[2]
                if file in found:
                    faults.add(name, 0, "", "a zip file has each CSV file once", file)
                found[file] = opened.read(member)
    except _UNREADABLE as error:
        faults.add(name, 0, "", f"a zip file that is whole and has no password: {error}")
    return _checked(found, name, faults)


def packed(files: Mapping[str, bytes]) -> bytes:
    """Write CSV files into a zip file, as the server takes them."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return archive.getvalue()


def _of_folder(path: Path) -> dict[str, bytes]:
    faults = Faults()
    found: dict[str, bytes] = {}
    size = 0
    for file in sorted(path.glob("*.csv")):
        try:
            size += file.stat().st_size
            if size > LARGEST_UNPACKED:
                faults.add(str(path), 0, "", _TOO_LARGE)
                break
            found[file.name] = file.read_bytes()
        except OSError as error:
            faults.add(file.name, 0, "", f"a file that can be read: {error.strerror}")
    return _checked(found, str(path), faults)


def _checked(found: dict[str, bytes], name: str, faults: Faults) -> dict[str, bytes]:
    if not found and not faults.count:
        faults.add(name, 0, "", "there are CSV files in it, such as users.csv")
    faults.check()
    return found


def _is_csv(name: str) -> bool:
    """Tell whether a member of a zip file is a CSV file and not what macOS keeps beside it."""
    return name.endswith(".csv") and not name.startswith("__MACOSX/")
