"""Which attachments have to come with a statement, and which can do without."""

from typing import Any

import pytest

from lrs.attachment_rules import (
    SIGNATURE,
    attached_to,
    attachments_of,
    check_attached,
    check_signature_type,
    has_attachments,
)
from lrs.validation import Violation
from lrs.versions import Version
from tests.support.multipart import attachment, sha256
from tests.support.records import statement

ESSAY, PHOTO = b"essay", b"photo"
URL = {"fileUrl": "https://files.example/essay"}
VERSIONS = pytest.mark.parametrize(
    ("version", "transfer", "signature"),
    [
        (Version.V1_0_3, "xAPI 1.0.3 Communication 1.5.2", "xAPI 1.0.3 Data 2.6"),
        (Version.V2_0_0, "IEEE 9274.1.1 4.1.3", "IEEE 9274.1.1 4.2.6"),
    ],
)


def with_substatement(*attachments: Any) -> dict[str, Any]:
    inner = statement(objectType="SubStatement", attachments=list(attachments))
    return statement(target=inner, attachments=[attachment(PHOTO)])


def test_a_statement_without_attachments_has_none() -> None:
    assert not has_attachments(statement())
    assert list(attachments_of(statement())) == []
    check_attached(statement(), (), Version.V2_0_0)


def test_attachments_are_found_in_the_substatement_too() -> None:
    whole = with_substatement(attachment(ESSAY))
    assert has_attachments(whole)
    assert [(path, one["sha2"]) for path, one in attachments_of(whole, "$[3]")] == [
        ("$[3].attachments[0]", sha256(PHOTO)),
        ("$[3].object.attachments[0]", sha256(ESSAY)),
    ]
    del whole["attachments"]
    assert has_attachments(whole)


@VERSIONS
def test_an_attachment_needs_its_data_or_a_file_url(
    version: Version, transfer: str, signature: str
) -> None:
    whole = statement(attachments=[attachment(ESSAY), attachment(PHOTO)])
    check_attached(whole, {sha256(ESSAY), sha256(PHOTO)}, version)
    with pytest.raises(Violation) as refused:
        check_attached(whole, {sha256(ESSAY)}, version, "$[2]")
    assert refused.value.path == "$[2].attachments[1]"
    assert refused.value.section == transfer
    assert refused.value.value == sha256(PHOTO)
    check_attached(statement(attachments=[attachment(ESSAY, **URL)]), (), version)


def test_an_attachment_of_a_substatement_needs_it_as_well() -> None:
    with pytest.raises(Violation) as refused:
        check_attached(with_substatement(attachment(ESSAY)), {sha256(PHOTO)}, Version.V1_0_3)
    assert refused.value.path == "$.object.attachments[0]"


def test_the_case_of_a_sha2_does_not_matter() -> None:
    whole = statement(attachments=[attachment(ESSAY, sha256(ESSAY).upper())])
    check_attached(whole, {sha256(ESSAY)}, Version.V2_0_0)
    assert attached_to(whole, {sha256(ESSAY)}) == (sha256(ESSAY),)


def test_only_its_own_attachments_that_came_are_attached_to_a_statement_each_once() -> None:
    whole = statement(
        attachments=[attachment(ESSAY), attachment(PHOTO, **URL), attachment(ESSAY, **URL)]
    )
    assert attached_to(whole, {sha256(ESSAY), sha256(b"of another statement")}) == (sha256(ESSAY),)


@VERSIONS
def test_a_signature_comes_with_its_statement_whatever_its_file_url(
    version: Version, transfer: str, signature: str
) -> None:
    kind = {"usageType": SIGNATURE, "contentType": "application/octet-stream"}
    whole = statement(attachments=[attachment(b"jws", **kind, **URL)])
    check_attached(whole, {sha256(b"jws")}, version)
    with pytest.raises(Violation) as refused:
        check_attached(whole, (), version)
    assert refused.value.path == "$.attachments[0]"
    assert refused.value.section == signature


@pytest.mark.parametrize("kind", ["application/octet-stream", "Application/Octet-Stream; a=b"])
def test_a_signature_is_binary(kind: str) -> None:
    whole = statement(attachments=[attachment(b"jws", usageType=SIGNATURE, contentType=kind)])
    check_signature_type(whole, Version.V2_0_0)


@VERSIONS
def test_a_signature_of_another_type_is_refused(
    version: Version, transfer: str, signature: str
) -> None:
    whole = statement(
        attachments=[
            attachment(ESSAY, contentType="text/plain"),
            attachment(b"jws", usageType=SIGNATURE, contentType="application/jose"),
        ]
    )
    with pytest.raises(Violation) as refused:
        check_signature_type(whole, version, "$[1]")
    assert refused.value.path == "$[1].attachments[1].contentType"
    assert refused.value.section == signature
    assert refused.value.value == "application/jose"
