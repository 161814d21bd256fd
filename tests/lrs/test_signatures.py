"""A signature is a JWS of the very statement that it came with, and fits its certificate."""

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lrs.signatures import check_signature
from lrs.validation import Violation
from lrs.versions import Version
from tests.support.multipart import attachment
from tests.support.records import statement, statement_id, voiding
from tests.support.signing import certificate, elliptic_key, rsa_key, sign, signed

TIME = "2026-03-01T08:00:00Z"
PLAIN = statement(id=statement_id(1), timestamp=TIME)
NO_MAP = {"display": {"en": "answered"}}


def check(whole: dict[str, Any], jws: bytes, version: Version = Version.V2_0_0) -> None:
    check_signature(whole, whole["attachments"][-1], jws, version, "$.attachments[0]")


def refusal(whole: dict[str, Any], jws: bytes, version: Version = Version.V2_0_0) -> Violation:
    with pytest.raises(Violation) as refused:
        check(whole, jws, version)
    return refused.value


# Well-formed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_three_algorithms_sign(algorithm: str, version: Version) -> None:
    jws = sign(PLAIN, algorithm)
    check(signed(PLAIN, jws), jws, version)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("HS256", b"a secret of more than thirty-two bytes"),
        ("PS256", rsa_key()),
        ("ES256", elliptic_key()),
        (None, None),
    ],
)
def test_no_other_algorithm_does(algorithm: str | None, key: Any) -> None:
    jws = sign(PLAIN, algorithm, key if algorithm else "")
    assert "RS256, RS384, RS512" in refusal(signed(PLAIN, jws), jws).rule


def without_algorithm() -> bytes:
    _, payload, proof = sign(PLAIN).split(b".")
    return b".".join([urlsafe_b64encode(b"{}").rstrip(b"="), payload, proof])


def json_serialization() -> bytes:
    header, payload, proof = sign(PLAIN).decode().split(".")
    return json.dumps({"protected": header, "payload": payload, "signature": proof}).encode()


@pytest.mark.parametrize(
    "jws",
    [
        b"",
        b"..",
        b"not a signature",
        json.dumps(PLAIN).encode(),
        b"\xff\xfe.\x00.\x00",
        b".".join(sign(PLAIN).split(b".")[:2]),
        sign(PLAIN) + b".more",
        sign(PLAIN) + b"\n",
        sign(PLAIN).replace(b".", b".!", 1),
        sign(PLAIN, crit=["exp"]),
        sign(PLAIN, b64=False),
        without_algorithm(),
        json_serialization(),
    ],
)
@pytest.mark.parametrize(
    ("version", "section"),
    [
        (Version.V1_0_3, "xAPI 1.0.3 Data 2.6"),
        (Version.V2_0_0, "IEEE 9274.1.1 4.2.6"),
    ],
)
def test_what_is_no_compact_jws_is_refused(jws: bytes, version: Version, section: str) -> None:
    whole = signed(PLAIN, jws)
    refused = refusal(whole, jws, version)
    assert refused.path == "$.attachments[0]"
    assert refused.section == section
    assert refused.value == whole["attachments"][0]["sha2"]
    assert refused.rule


@given(jws=some.binary(max_size=200) | some.text(alphabet="eyJ.ab=_-", max_size=60).map(str.encode))
def test_no_bytes_whatever_do_more_than_break_a_rule(jws: bytes) -> None:
    refusal(signed(PLAIN, jws), jws)


# The statement that was signed -------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"\xff",
        b"[" * 1000,
        json.dumps(PLAIN).replace('"', "'", 1).encode(),
        json.dumps(PLAIN).replace('"verb"', '"verb": 1, "verb"').encode(),
        {**PLAIN, "context": "none"},
        {**PLAIN, "result": {"duration": 7}},
        {},
        [PLAIN],
    ],
)
def test_a_payload_that_is_no_statement_is_refused(payload: Any) -> None:
    jws = sign(payload)
    assert "payload" in refusal(signed(PLAIN, jws), jws).rule


@pytest.mark.parametrize(
    ("said", "before_signing"),
    [
        (PLAIN, dict(reversed(PLAIN.items()))),
        (PLAIN, {**PLAIN, "attachments": []}),
        (PLAIN, {**PLAIN, "verb": {**PLAIN["verb"], **NO_MAP}}),
        (PLAIN, {**PLAIN, "timestamp": "2026-03-01T16:00:00.000+08:00"}),
        (PLAIN, {**PLAIN, "id": str(PLAIN["id"]).upper()}),
        (PLAIN, statement()),
        ({**PLAIN, "stored": TIME, "version": "2.0.0"}, PLAIN),
        (
            {**PLAIN, "result": {"duration": "P1DT12H36M0.1237S"}},
            {**PLAIN, "result": {"duration": "P1DT12H36M0.12S"}},
        ),
        (voiding(statement_id(7)), voiding(statement_id(7))),
    ],
)
def test_what_is_logically_the_same_statement_may_be_written_otherwise(
    said: dict[str, Any], before_signing: dict[str, Any]
) -> None:
    jws = sign(before_signing)
    check(signed(said, jws), jws)


@pytest.mark.parametrize(
    "before_signing",
    [
        statement("li", id=statement_id(1), timestamp=TIME),
        statement(verb="passed", id=statement_id(1), timestamp=TIME),
        {**PLAIN, "id": statement_id(2)},
        {**PLAIN, "timestamp": "2026-03-01T08:00:01Z"},
        {**PLAIN, "result": {"success": True}},
        {**PLAIN, "version": "1.0.0"},
        {**PLAIN, "attachments": [attachment(b"essay", fileUrl="https://files.example/1")]},
    ],
)
def test_another_statement_than_the_signed_is_refused(before_signing: dict[str, Any]) -> None:
    jws = sign(before_signing)
    assert "as it was before signing" in refusal(signed(PLAIN, jws), jws).rule


@pytest.mark.parametrize(
    ("one", "other"),
    [("PT1.23S", "PT1.24S"), ("PT1.2S", "PT1.23S"), ("PT1M", "PT60S"), ("P1DT1.125S", "PT1.12S")],
)
def test_durations_that_differ_by_a_hundredth_of_a_second_are_two(one: str, other: str) -> None:
    jws = sign({**PLAIN, "result": {"duration": one}})
    refusal(signed({**PLAIN, "result": {"duration": other}}, jws), jws)


def test_another_version_than_the_signed_is_refused() -> None:
    jws = sign({**PLAIN, "version": "1.0.0"})
    refusal(signed({**PLAIN, "version": "2.0.0"}, jws), jws)


@pytest.mark.parametrize("name", ["id", "timestamp"])
def test_what_was_signed_is_not_left_for_the_record_to_fill_in_anew(name: str) -> None:
    said = {key: value for key, value in PLAIN.items() if key != name}
    jws = sign(PLAIN)
    refusal(signed(said, jws), jws)


def test_other_attachments_are_signed_with_the_statement() -> None:
    whole = {**PLAIN, "attachments": [attachment(b"essay")]}
    jws = sign(whole)
    check(signed(whole, jws), jws)
    only_without = sign(PLAIN)
    refusal(signed(whole, only_without), only_without)


def test_several_may_sign_one_after_another_or_each_for_themselves() -> None:
    first = sign(PLAIN)
    once = signed(PLAIN, first)
    over_the_first = sign(once, key=rsa_key(1))
    check(signed(once, over_the_first), over_the_first)
    for_itself = sign(PLAIN, key=rsa_key(1))
    check(signed(once, for_itself), for_itself)


# The certificate ---------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_signature_that_fits_its_certificate_is_accepted(algorithm: str) -> None:
    jws = sign(PLAIN, algorithm, x5c=[certificate(rsa_key()), "whoever issued it"])
    check(signed(PLAIN, jws), jws)


def test_a_signature_by_another_key_than_the_certificates_is_refused() -> None:
    jws = sign(PLAIN, x5c=[certificate(rsa_key(1))])
    assert "verifies" in refusal(signed(PLAIN, jws), jws).rule


@given(at=some.integers(0, 341), digit=some.sampled_from("ABab01-_"))
def test_a_signature_changed_anywhere_does_not_verify(at: int, digit: str) -> None:
    message, _, proof = CERTIFIED.decode().rpartition(".")
    changed = proof[:at] + digit + proof[at + 1 :]
    if changed != proof:
        jws = f"{message}.{changed}".encode()
        refusal(signed(PLAIN, jws), jws)


CERTIFIED = sign(PLAIN, x5c=[certificate(rsa_key())])


@pytest.mark.parametrize(
    "chain",
    [
        [],
        None,
        "",
        certificate(rsa_key()),
        [1],
        [[certificate(rsa_key())]],
        ["no Base64!"],
        [b64encode(b"no certificate").decode()],
        [certificate(rsa_key())[:-8]],
        [certificate(elliptic_key())],
    ],
)
def test_what_is_no_chain_of_certificates_with_rsa_keys_is_refused(chain: Any) -> None:
    jws = sign(PLAIN, x5c=chain)
    refusal(signed(PLAIN, jws), jws)


def test_a_signature_is_not_a_matter_of_trust() -> None:
    """Whoever certifies themselves is believed as far as the record goes, as the standard says."""
    jws = sign(PLAIN, key=rsa_key(1), x5c=[certificate(rsa_key(1))])
    check(signed(PLAIN, jws), jws)
