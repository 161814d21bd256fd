"""Where Kafka is, and how its clients make themselves known to it: one value for all of them."""

import ssl
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True)
class Broker:
    """The way to Kafka's brokers. What a log or an error shows of it holds no password.

    ``addresses`` are ``host:port``, apart by commas. ``ca_file`` (PEM) has the certificates of who
    may vouch for the brokers, the system's own if it isn't given; ``certificate_file`` and
    ``key_file`` (the same one, where both stand in it) are the client's. Mechanism, user name and
    password are for the protocols with SASL.
    """

    addresses: str
    protocol: Protocol = "PLAINTEXT"
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    mechanism: Mechanism = ""
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def has_tls(self) -> bool:
        """Whether what is said is encrypted."""
        return self.protocol in ("SSL", "SASL_SSL")

    @property
    def has_sasl(self) -> bool:
        """Whether clients log in."""
        return self.protocol in ("SASL_PLAINTEXT", "SASL_SSL")

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The settings of a client of librdkafka's."""
        given: dict[str, Any] = {
            "bootstrap.servers": self.addresses,
            "security.protocol": self.protocol.lower(),
        }
        if self.has_tls and self.ca_file is not None:
            given["ssl.ca.location"] = str(self.ca_file)
        if self.has_tls and self.certificate_file is not None:
            given["ssl.certificate.location"] = str(self.certificate_file)
            given["ssl.key.location"] = str(self.key_file or self.certificate_file)
        if self.has_sasl:
            given["sasl.mechanism"] = self.mechanism
            given["sasl.username"], given["sasl.password"] = self.username, self.password
        return given

    def ssl_context(self) -> ssl.SSLContext | None:
        """Give the same for clients in Python, None where nothing is encrypted.

        Raises OSError (ssl.SSLError is one) for files that can't be read or hold something else.
        """
        if not self.has_tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file or self.certificate_file)
        return context
