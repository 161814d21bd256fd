"""Every setting of the server, from the environment or from files: ``XUEJI_*``."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from lrs.versions import Version
from projections.portraits.homework import DAILY_MINUTES, LONGEST_HOMEWORK
from streams.broker import Broker, Mechanism, Protocol
from streams.forwarders import SecretMissing

SECRETS_FOLDER = Path("/run/secrets")  # where Docker, Podman and Swarm put what is secret


class Settings(BaseSettings):
    """What the server is told from outside; every field is ``XUEJI_`` and its name in capitals.

    What should not stand in the environment can be the content of a file: in the folder that
    ``XUEJI_SECRETS_DIRECTORY`` names, or else in `SECRETS_FOLDER`, called as the setting is, such
    as ``xueji_record_dsn``. Where both say something, the environment holds.
    """

    model_config = SettingsConfigDict(
        env_prefix="XUEJI_", extra="ignore", hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    secrets_directory: Path = SECRETS_FOLDER  # of files that are settings too
    data_directory: Path = Path("var")
    instance: str = Field("", pattern=r"^[a-zA-Z0-9_-]{0,64}$")  # of several on one data directory
    record_dsn: str = ""  # empty: SQLite in the data directory; or postgresql://...
    clickhouse_dsn: str = ""  # empty: embedded chdb in the data directory; or http(s)://...
    clickhouse_cluster: str = Field("", pattern=r"^[a-zA-Z0-9_-]{0,64}$", validate_default=True)
    carrier: Literal["embedded", "workers", "none"] = "embedded"  # what keeps the projections
    kafka_brokers: str = ""  # host:port, apart by commas; empty: no Kafka
    kafka_topic: str = Field("xueji.statements", pattern=r"^[a-zA-Z0-9._-]{1,200}$")
    kafka_partitions: int = Field(8, gt=0)  # of the topic, where the relay makes it
    kafka_replication: int = Field(1, gt=0)  # copies of the topic, where the relay makes it
    kafka_security_protocol: Protocol = "PLAINTEXT"
    kafka_ca_file: str = ""  # whom to trust about the brokers; empty: as the system does
    kafka_certificate_file: str = ""  # the client's own
    kafka_key_file: str = ""  # of it; empty: it stands in the certificate's file
    kafka_sasl_mechanism: Mechanism = Field("", validate_default=True)
    kafka_username: str = Field("", validate_default=True)
    kafka_password: str = Field("", validate_default=True, repr=False)
    timezone: str = "Asia/Shanghai"  # where a learning day begins and ends
    default_version: Version = Version.V2_0_0  # named in answers to requests that name none
    home_page: str = "https://xueji.dev/apps"  # account homePage of the authorities
    maximum_body_size: int = Field(16 * 1024 * 1024, gt=0)  # bytes
    maximum_batch: int = Field(5_000, gt=0)  # statements in one POST
    page_size: int = Field(500, gt=0)  # the most statements on one page; also where limit=0
    attachments_url: str = ""  # empty: in the data directory; or s3://bucket/prefix, ... (fsspec)
    maximum_attachments: int = Field(500, gt=0)  # whose data comes in one request
    maximum_upload_size: int = Field(2 * 1024**3, gt=0)  # bytes of a request with attachments
    maximum_depth: int = Field(64, ge=1, le=250)  # how far objects and arrays of JSON are nested
    maximum_header_size: int = Field(32 * 1024, gt=0)  # bytes of a request's line and headers
    request_timeout: int = Field(60, gt=0)  # seconds for headers to arrive, or a body to go on
    upload_timeout: int = Field(3_600, gt=0)  # seconds for a whole request to arrive
    rate_limit: float = Field(0, ge=0)  # requests a second of one credential; 0: any number
    rate_burst: int = Field(10, gt=0)  # so many seconds' requests may come at once
    failed_logins_per_minute: int = Field(60, ge=0)  # of one client address; 0: any number
    cors_origins: str = "*"  # origins of pages that may ask, apart by commas; empty: none
    # Of written homework a day, by stage, as JSON; what isn't named is as DAILY_MINUTES says.
    homework_minutes: Mapping[str, float] = Field({}, validate_default=True)
    oidc_issuer: str = ""  # empty: no bearer tokens; else the issuer of those accepted
    oidc_audience: str = Field("", validate_default=True)  # what tokens have to be meant for
    oidc_jwks_url: str = ""  # the issuer's keys; empty: as its discovery document says
    oidc_store_claim: str = "xueji_store"
    oidc_scope_claim: str = "scope"
    oidc_app_claim: str = "client_id"  # else azp, else sub; vendors on pages: no else
    oidc_role_claim: str = "xueji_role"
    oidc_person_claim: str = "xueji_person"  # the key of the person who holds the role
    oidc_school_claim: str = "xueji_school"  # of a school leader: one school, or a list
    oidc_child_claim: str = "xueji_child"  # of a parent: one child's key, or a list
    oidc_client_id: str = ""  # under which people sign in to the pages; empty: by keys only
    oidc_client_secret: str = Field("", repr=False)  # empty: a public client, by PKCE alone
    oidc_redirect_url: str = ""  # that the provider knows; empty: /ui/openid of the address in use
    oidc_sign_in_scope: str = "openid profile"  # which makes the provider tell the claims above
    oidc_session_minutes: int = Field(240, gt=0)  # after which the provider is asked again
    streams_per_credential: int = Field(20, gt=0)  # live answers that it may have open at a time

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is given, else the environment, else the files of the secrets' folder."""
        named = os.environ.get("XUEJI_SECRETS_DIRECTORY")
        folder = Path(named) if named else SECRETS_FOLDER
        if not named and not folder.is_dir():  # nobody asked for one: nothing to warn of
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, folder)

    @field_validator("clickhouse_cluster")
    @classmethod
    def _clusters_are_of_servers(cls, cluster: str, info: ValidationInfo) -> str:
        if cluster and not info.data.get("clickhouse_dsn"):
            raise ValueError("needs XUEJI_CLICKHOUSE_DSN: the embedded engine has no cluster")
        return cluster

    @field_validator("kafka_ca_file", "kafka_certificate_file", "kafka_key_file")
    @classmethod
    def _files_are_for_encryption(cls, file: str, info: ValidationInfo) -> str:
        if not file:
            return file
        if info.data.get("kafka_security_protocol") not in ("SSL", "SASL_SSL"):
            raise ValueError("is for XUEJI_KAFKA_SECURITY_PROTOCOL=SSL or SASL_SSL")
        if info.field_name == "kafka_key_file" and not info.data.get("kafka_certificate_file"):
            raise ValueError("needs XUEJI_KAFKA_CERTIFICATE_FILE, whose key it is")
        try:
            Path(file).read_bytes()
        except OSError as error:
            raise ValueError(f"can't be read: {error.strerror}: {file}") from None
        return file

    @field_validator("kafka_sasl_mechanism", "kafka_username", "kafka_password")
    @classmethod
    def _logins_are_for_sasl(cls, text: str, info: ValidationInfo) -> str:
        protocol = info.data.get("kafka_security_protocol", "")
        if protocol.startswith("SASL_") and not text:
            raise ValueError(f"is needed for XUEJI_KAFKA_SECURITY_PROTOCOL={protocol}")
        if text and protocol and not protocol.startswith("SASL_"):
            raise ValueError("is for XUEJI_KAFKA_SECURITY_PROTOCOL=SASL_SSL or SASL_PLAINTEXT")
        return text

    @field_validator("homework_minutes")
    @classmethod
    def _stages_are_known(cls, minutes: Mapping[str, float]) -> Mapping[str, float]:
        for stage, most in minutes.items():
            if stage not in DAILY_MINUTES:
                raise ValueError(f"no stage {stage!r}: one of {', '.join(DAILY_MINUTES)}")
            if not 0 <= most <= LONGEST_HOMEWORK:
                raise ValueError(f"{stage}: {most} is not 0 to {LONGEST_HOMEWORK} minutes")
        return {**DAILY_MINUTES, **minutes}

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name

    @field_validator("oidc_issuer", "oidc_jwks_url", "oidc_redirect_url")
    @classmethod
    def _is_a_web_address(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError(f"no http(s) address: {url!r}")
        return url

    @field_validator("oidc_client_id")
    @classmethod
    def _clients_have_a_provider(cls, client: str, info: ValidationInfo) -> str:
        if client and not info.data.get("oidc_issuer"):
            raise ValueError("needs XUEJI_OIDC_ISSUER: by whom people sign in")
        return client

    @field_validator("oidc_audience")
    @classmethod
    def _tokens_have_an_audience(cls, audience: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not audience:
            raise ValueError("needed beside an issuer: what its tokens are meant for")
        return audience

    @property
    def origins(self) -> list[str]:
        """The origins of `cors_origins`."""
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]

    @property
    def broker(self) -> Broker:
        """The way to Kafka."""
        files = (self.kafka_ca_file, self.kafka_certificate_file, self.kafka_key_file)
        ca, certificate, key = (Path(file) if file else None for file in files)
        return Broker(
            self.kafka_brokers,
            self.kafka_security_protocol,
            ca,
            certificate,
            key,
            self.kafka_sasl_mechanism,
            self.kafka_username,
            self.kafka_password,
        )

    @property
    def record_location(self) -> str:
        """Where the record is: a DSN, or the SQLite file."""
        return self.record_dsn or str(self.data_directory / "record.sqlite")

    @property
    def attachments_location(self) -> str:
        """Where the data of attachments is: a URL that fsspec knows, or a folder."""
        return self.attachments_url or str(self.data_directory.resolve() / "attachments")

    @property
    def warehouse_dsn(self) -> str:
        """Where the warehouse is: a DSN, or the embedded engine's folder."""
        return self.clickhouse_dsn or f"chdb://{self.data_directory.resolve() / 'warehouse'}"

    @property
    def carrier_file(self) -> Path:
        """Where the embedded carrier keeps its position and person states."""
        return self.data_directory / "carrier.sqlite"

    @property
    def forwarders_file(self) -> Path:
        """Where forwarders are, with their positions and what was refused upstream."""
        return self.data_directory / "forwarders.sqlite"

    def forward_secret(self, name: str) -> str:
        """Give the secret of a forwarder's credential upstream, as it is now.

        It stands where settings do, as ``XUEJI_FORWARD_SECRET_`` and the forwarder's name in
        capitals. Raises SecretMissing.
        """
        setting = f"XUEJI_FORWARD_SECRET_{name.upper()}"
        if secret := os.environ.get(setting, ""):
            return secret
        file = self.secrets_directory / setting.lower()
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SecretMissing(
                f"its secret is not given: neither {setting} nor the file {file}"
            ) from None

    @property
    def replays_folder(self) -> Path:
        """Where replays keep what they have done, until their generation is complete."""
        return self.data_directory / "replays"

    @property
    def server_file(self) -> Path:
        """Where a running server says how the commands beside it reach it."""
        name = f"server-{self.instance}.json" if self.instance else "server.json"
        return self.data_directory / name

    def pepper(self) -> bytes:
        """Give the server's own key, made on first use and readable by its owner only.

        Processes that start at once on one data directory all get the key of whichever was first.
        """
        file = self.data_directory / "secret.key"
        if not file.exists():
            self.data_directory.mkdir(parents=True, exist_ok=True)
            _make_key(file)
        return file.read_bytes()


def _make_key(file: Path) -> None:
    """Make a key unless there is one; the file is there with all of the key or not at all."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(64))
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):  # another process was first: its key holds
            os.link(part, file)
    finally:
        part.unlink()
