"""Which attachments a statement names, and which of them have to come with it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from lrs.validation.violation import Violation
from lrs.versions import RULES, Version

SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
_SIGNATURE_TYPE: Final = "application/octet-stream"


def attachments_of(
    statement: Mapping[str, Any], path: str = "$"
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the attachments of a valid statement with their JSON paths, its SubStatement's too."""
    for index, attachment in enumerate(statement.get("attachments", ())):
        yield f"{path}.attachments[{index}]", attachment
    target = statement["object"]
    if target.get("objectType") == "SubStatement":
        yield from attachments_of(target, f"{path}.object")


def signatures_of(
    statement: Mapping[str, Any], path: str = "$"
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the signatures of a statement with their JSON paths.

    What stands in a SubStatement is not one: it can't be signed on its own.
    """
    for index, attachment in enumerate(statement.get("attachments", ())):
        if attachment["usageType"] == SIGNATURE:
            yield f"{path}.attachments[{index}]", attachment


def hash_of(attachment: Mapping[str, Any]) -> str:
    """Give an attachment's SHA-2 as the record writes it: in lower case."""
    return str(attachment["sha2"]).lower()


def has_attachments(statement: Mapping[str, Any]) -> bool:
    """Tell whether a valid statement may have attachments, at the cost of two look-ups."""
    return "attachments" in statement or (
        statement["object"].get("objectType") == "SubStatement"
        and "attachments" in statement["object"]
    )


def check_signature_type(statement: Mapping[str, Any], version: Version, path: str = "$") -> None:
    """Check that signatures are said to be binary; raises Violation. xAPI 1.0.3 Data 2.6."""
    for place, attachment in signatures_of(statement, path):
        kind = attachment["contentType"]
        if kind.partition(";")[0].strip().lower() != _SIGNATURE_TYPE:
            raise Violation(
                f"the contentType of a signature is {_SIGNATURE_TYPE}",
                RULES[version].section("signature"),
                kind,
                path=f"{place}.contentType",
            )


def check_attached(
    statement: Mapping[str, Any], received: Collection[str], version: Version, path: str = "$"
) -> None:
    """Check that all bytes came that have to, `received` being their SHA-2.

    An attachment can do without them where it has a fileUrl, but for a signature, which nobody
    could verify then. Raises Violation. xAPI 1.0.3 Communication 1.5.2, Data 2.6.
    """
    for place, attachment in attachments_of(statement, path):
        if "fileUrl" not in attachment and hash_of(attachment) not in received:
            raise Violation(
                "an attachment has a fileUrl, or its data in a part of a multipart/mixed request",
                RULES[version].section("attachment transfer"),
                attachment["sha2"],
                path=place,
            )
    for place, attachment in signatures_of(statement, path):
        if hash_of(attachment) not in received:
            raise Violation(
                "a signature comes with its statement, in a part of a multipart/mixed request",
                RULES[version].section("signature"),
                attachment["sha2"],
                path=place,
            )


def attached_to(statement: Mapping[str, Any], received: Collection[str]) -> tuple[str, ...]:
    """Give the SHA-2 of a statement's attachments whose bytes came with it, each once."""
    hashes = (hash_of(attachment) for _, attachment in attachments_of(statement))
    return tuple(dict.fromkeys(sha2 for sha2 in hashes if sha2 in received))
