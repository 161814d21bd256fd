"""Every setting of the server, from the environment: ``XUEJI_*``."""

import os
import secrets
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lrs.versions import Version


class Settings(BaseSettings):
    """What the server is told from outside; every field is ``XUEJI_`` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="XUEJI_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    data_directory: Path = Path("var")
    record_dsn: str = ""  # empty: SQLite in the data directory; or postgresql://...
    clickhouse_dsn: str = ""  # empty: embedded chdb in the data directory; or http(s)://...
    carrier: Literal["embedded", "none"] = "embedded"
    timezone: str = "Asia/Shanghai"  # where a learning day begins and ends
    default_version: Version = Version.V2_0_0  # named in answers to requests that name none
    home_page: str = "https://xueji.dev/apps"  # account homePage of the authorities
    maximum_body_size: int = Field(16 * 1024 * 1024, gt=0)  # bytes
    maximum_batch: int = Field(5_000, gt=0)  # statements in one POST
    page_size: int = Field(500, gt=0)  # the most statements on one page; also where limit=0

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name

    @property
    def record_location(self) -> str:
        """Where the record is: a DSN, or the SQLite file."""
        return self.record_dsn or str(self.data_directory / "record.sqlite")

    @property
    def warehouse_dsn(self) -> str:
        """Where the warehouse is: a DSN, or the embedded engine's folder."""
        return self.clickhouse_dsn or f"chdb://{self.data_directory.resolve() / 'warehouse'}"

    @property
    def carrier_file(self) -> Path:
        """Where the embedded carrier keeps its position and person states."""
        return self.data_directory / "carrier.sqlite"

    def pepper(self) -> bytes:
        """Give the server's own key, made on first use and readable by its owner only."""
        file = self.data_directory / "secret.key"
        if not file.exists():
            self.data_directory.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(secrets.token_bytes(64))
        return file.read_bytes()
