"""The versions of xAPI the record speaks, and the one table of what differs between them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

TimestampFormat = Literal["ISO 8601", "RFC 3339"]

# Where a PUT of a document has to say If-Match or If-None-Match.
PutCondition = Literal["never", "existing", "always"]

Topic = Literal[
    "formatting",
    "statement",
    "id",
    "agent",
    "group",
    "identifier",
    "account",
    "verb",
    "voiding",
    "object",
    "activity",
    "interaction",
    "actor object",
    "statement reference",
    "substatement",
    "result",
    "score",
    "context",
    "context activities",
    "context agents",
    "timestamp",
    "authority",
    "version",
    "attachment",
    "attachment transfer",
    "signature",
    "extensions",
    "language",
    "iri",
    "uuid",
    "duration",
    "statements resource",
    "document",
    "state resource",
    "agents resource",
    "activities resource",
    "agent profile resource",
    "activity profile resource",
    "concurrency",
    "parameters",
]


class Version(StrEnum):
    """A version of xAPI, by its newest patch that the record knows."""

    V1_0_3 = "1.0.3"
    V2_0_0 = "2.0.0"


@dataclass(frozen=True, slots=True)
class Rules:
    """What one version asks where the versions differ.

    `standard` is how the version's document is cited and `sections` where in it each topic stands.
    `statement_versions` are those a statement may claim in its ``version``, any patch of them.
    """

    standard: str
    sections: Mapping[Topic, str]
    statement_versions: tuple[Version, ...]
    timestamps: TimestampFormat
    context_agents: bool  # contextAgents and contextGroups exist
    alternate_requests: bool  # POST ?method= with the request in a form
    state_put_condition: PutCondition
    profile_put_condition: PutCondition
    group_documents: bool  # documents may be about an identified Group, given as a Group

    def section(self, topic: Topic) -> str:
        """Cite the section on a topic, such as ``xAPI 1.0.3 Data 2.4.2.1``."""
        return f"{self.standard} {self.sections[topic]}"


_SECTIONS_1_0_3: Final[Mapping[Topic, str]] = MappingProxyType(
    {
        "formatting": "Data 2.2",
        "statement": "Data 2.4",
        "id": "Data 2.4.1",
        "agent": "Data 2.4.2.1",
        "group": "Data 2.4.2.2",
        "identifier": "Data 2.4.2.3",
        "account": "Data 2.4.2.4",
        "verb": "Data 2.4.3",
        "voiding": "Data 2.3.2",
        "object": "Data 2.4.4",
        "activity": "Data 2.4.4.1",
        "interaction": "Data 2.4.4.1",
        "actor object": "Data 2.4.4.2",
        "statement reference": "Data 2.4.4.3",
        "substatement": "Data 2.4.4.3",
        "result": "Data 2.4.5",
        "score": "Data 2.4.5.1",
        "context": "Data 2.4.6",
        "context activities": "Data 2.4.6.2",
        "context agents": "Data 2.4.6",
        "timestamp": "Data 4.5",
        "authority": "Data 2.4.9",
        "version": "Data 2.4.10",
        "attachment": "Data 2.4.11",
        "attachment transfer": "Communication 1.5.2",
        "signature": "Data 2.6",
        "extensions": "Data 4.1",
        "language": "Data 4.2",
        "iri": "Data 2.2",
        "uuid": "Data 4.4",
        "duration": "Data 4.6",
        "statements resource": "Communication 2.1",
        "document": "Communication 2.2",
        "state resource": "Communication 2.3",
        "agents resource": "Communication 2.4",
        "activities resource": "Communication 2.5",
        "agent profile resource": "Communication 2.6",
        "activity profile resource": "Communication 2.7",
        "concurrency": "Communication 3.1",
        "parameters": "Communication 3.2",
    }
)

_SECTIONS_2_0: Final[Mapping[Topic, str]] = MappingProxyType(
    {
        "formatting": "4.2.1",
        "statement": "4.2.2",
        "id": "4.2.2",
        "agent": "4.2.2.1",
        "group": "4.2.2.1",
        "identifier": "4.2.2.1",
        "account": "4.2.2.1",
        "verb": "4.2.2.2",
        "voiding": "4.2.5",
        "object": "4.2.2.3",
        "activity": "4.2.2.3",
        "interaction": "4.2.2.3",
        "actor object": "4.2.2.3",
        "statement reference": "4.2.2.3",
        "substatement": "4.2.2.3",
        "result": "4.2.2.4",
        "score": "4.2.2.4",
        "context": "4.2.2.5",
        "context activities": "4.2.2.5",
        "context agents": "4.2.2.5",
        "timestamp": "4.2.7",
        "authority": "4.2.4.2",
        "version": "4.2.4.2",
        "attachment": "4.2.2.6",
        "attachment transfer": "4.1.3",
        "signature": "4.2.6",
        "extensions": "4.2.7",
        "language": "4.2.7",
        "iri": "4.2.1",
        "uuid": "4.2.7",
        "duration": "4.2.7",
        "statements resource": "4.1.6.1",
        "document": "4.1.6",
        "state resource": "4.1.6.2",
        "agents resource": "4.1.6.3",
        "activities resource": "4.1.6.4",
        "agent profile resource": "4.1.6.5",
        "activity profile resource": "4.1.6.6",
        "concurrency": "4.1.4",
        "parameters": "4.1.5",
    }
)

RULES: Final[Mapping[Version, Rules]] = MappingProxyType(
    {
        Version.V1_0_3: Rules(
            standard="xAPI 1.0.3",
            sections=_SECTIONS_1_0_3,
            statement_versions=(Version.V1_0_3,),
            timestamps="ISO 8601",
            context_agents=False,
            alternate_requests=True,
            state_put_condition="never",
            profile_put_condition="always",
            group_documents=False,
        ),
        Version.V2_0_0: Rules(
            standard="IEEE 9274.1.1",
            sections=_SECTIONS_2_0,
            statement_versions=(Version.V1_0_3, Version.V2_0_0),
            timestamps="RFC 3339",
            context_agents=True,
            alternate_requests=False,
            state_put_condition="existing",
            profile_put_condition="existing",
            group_documents=True,
        ),
    }
)

_NUMBERS: Final = re.compile(r"([12])\.0(?:\.(?:0|[1-9][0-9]{0,8}))?")
_BY_MAJOR: Final = {"1": Version.V1_0_3, "2": Version.V2_0_0}


def version_of(header: str) -> Version | None:
    """Read an X-Experience-API-Version: 1.0 and 1.0.x, 2.0 and 2.0.x; ``None`` for all others.

    xAPI 1.0.3 Communication 3.3; IEEE 9274.1.1, 4.1.7.
    """
    numbers = _NUMBERS.fullmatch(header)
    return _BY_MAJOR[numbers[1]] if numbers else None
