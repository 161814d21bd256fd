"""Makes the passwords of a new deployment, once: `compose.yaml` runs it before all else.

    python make_secrets.py FOLDER

Each reader has a folder of its own, and so a volume of its own: what PostgreSQL's start needs, what
ClickHouse's needs, and the settings of Xueji that hold both. Files that are there stay as they are.
They are readable by every user of the containers that mount them, because these start as different
ones. Only the standard library is used.
"""

import os
import secrets
import sys
from pathlib import Path

RECORD_DSN = "postgresql://xueji:{}@postgresql:5432/xueji"
CLICKHOUSE_DSN = "http://xueji:{}@clickhouse:8123"


def make_secrets(folder: Path) -> None:
    """Make what is missing; a password is never made anew while its file is there."""
    of_postgresql = _password(folder / "postgresql" / "postgresql_password")
    of_clickhouse = _password(folder / "clickhouse" / "clickhouse_password")
    _keep(folder / "xueji" / "xueji_record_dsn", RECORD_DSN.format(of_postgresql))
    _keep(folder / "xueji" / "xueji_clickhouse_dsn", CLICKHOUSE_DSN.format(of_clickhouse))


def _password(file: Path) -> str:
    if not file.exists():
        _keep(file, secrets.token_hex(32))
    return file.read_text("ascii")


def _keep(file: Path, text: str) -> None:
    """Write a file in one step: a reader finds all of it, or none."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, "ascii")
    part.chmod(0o444)
    os.replace(part, file)


if __name__ == "__main__":
    make_secrets(Path(sys.argv[1]))
