"""Attachments come in and go out with their statements, and only with those they came with."""

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lrs.attachments import AttachmentStore
from tests.support.application import (
    RunningApplication,
    XapiClient,
    application_of,
)
from tests.support.backends import BACKENDS
from tests.support.multipart import (
    BOUNDARY,
    CONTENT_TYPE,
    Part,
    attachment,
    data_part,
    json_part,
    parts_of,
    post,
    send,
    sha256,
    written,
)
from tests.support.records import statement, statement_id, voiding
from tests.support.signing import certificate, rsa_key, sign, signature, signed

MAXIMUM_BODY = 20_000
MAXIMUM_UPLOAD = 200_000
MAXIMUM_ATTACHMENTS = 4

ESSAY = "一篇作文\r\n--".encode() + bytes(range(256))
PHOTO = bytes(3000)
URL = {"fileUrl": "https://files.example/essay"}


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(
        request,
        maximum_body_size=MAXIMUM_BODY,
        maximum_upload_size=MAXIMUM_UPLOAD,
        maximum_attachments=MAXIMUM_ATTACHMENTS,
        page_size=5,
        carrier="none",
    ) as running:
        yield running


@pytest.fixture(params=["1.0.3", "2.0.0"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def attachments(application: RunningApplication) -> AttachmentStore:
    return application.state.attachments


def files(attachments: AttachmentStore) -> set[Path]:
    return {path for path in Path(attachments.root).rglob("*") if path.is_file()}


def error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json()["error"])


def stored(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def with_essay(**more: Any) -> dict[str, Any]:
    return statement(attachments=[attachment(ESSAY, **more)])


def hashes(parts: list[Part]) -> list[str]:
    return [part.headers["x-experience-api-hash"] for part in parts[1:]]


# There and back ----------------------------------------------------------------------------------


def test_data_posted_with_a_statement_comes_back_with_it(xapi: XapiClient) -> None:
    [one] = stored(post(xapi, with_essay(), data_part(ESSAY)))
    answer = xapi.get(statementId=one, attachments="true")
    assert answer.headers["content-type"].startswith("multipart/mixed; boundary=")
    assert int(answer.headers["content-length"]) == len(answer.content)
    first, data = parts_of(answer)
    assert first.headers["content-type"] == "application/json"
    assert first.data == xapi.get(statementId=one).content
    assert data.data == ESSAY
    assert data.headers == {
        "content-type": "text/plain; charset=utf-8",
        "content-transfer-encoding": "binary",
        "x-experience-api-hash": sha256(ESSAY),
    }


def test_put_takes_data_as_well(xapi: XapiClient) -> None:
    parameters = {"statementId": statement_id(1)}
    answer = post(xapi, with_essay(), data_part(ESSAY), method="PUT", params=parameters)
    assert answer.status_code == 204, answer.text
    [_, data] = parts_of(xapi.get(statementId=statement_id(1), attachments="true"))
    assert data.data == ESSAY


def test_without_attachments_true_only_json_comes_back(xapi: XapiClient) -> None:
    [one] = stored(post(xapi, with_essay(), data_part(ESSAY)))
    for parameters in ({}, {"attachments": "false"}):
        answer = xapi.get(statementId=one, **parameters)
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["attachments"][0]["sha2"] == sha256(ESSAY)


@pytest.mark.parametrize("form", ["ids", "exact", "canonical"])
def test_data_comes_with_every_format(xapi: XapiClient, form: str) -> None:
    stored(post(xapi, with_essay(), data_part(ESSAY)))
    first, data = parts_of(xapi.get(attachments="true", format=form))
    assert first.data == xapi.get(format=form).content
    assert data.data == ESSAY


def test_several_attachments_of_a_batch_come_back_each_once(xapi: XapiClient) -> None:
    both = statement(attachments=[attachment(PHOTO), attachment(ESSAY)])
    posted = post(xapi, [with_essay(), both, with_essay()], data_part(ESSAY), data_part(PHOTO))
    assert len(stored(posted)) == 3
    parts = parts_of(xapi.get(attachments="true", ascending="true"))
    assert hashes(parts) == [sha256(ESSAY), sha256(PHOTO)]
    assert [part.data for part in parts[1:]] == [ESSAY, PHOTO]


def test_each_statement_of_a_batch_is_stored_with_its_own_attachments(
    xapi: XapiClient, application: RunningApplication
) -> None:
    photo = statement(attachments=[attachment(PHOTO)])
    ids = stored(post(xapi, [with_essay(), photo], data_part(ESSAY), data_part(PHOTO)))
    store = application.state.credentials.find(xapi.credential[0]).store  # type: ignore[index]
    found = [application.state.record.statement(store, one, voided=False) for one in ids]
    assert [one.attached for one in found] == [(sha256(ESSAY),), (sha256(PHOTO),)]


def test_a_page_brings_the_attachments_of_its_statements_and_the_address_of_the_next(
    xapi: XapiClient,
) -> None:
    stored(post(xapi, with_essay(), data_part(ESSAY)))
    stored(post(xapi, statement(attachments=[attachment(PHOTO)]), data_part(PHOTO)))
    answer = xapi.get(attachments="true", limit="1")
    page = parts_of(answer)
    assert hashes(page) == [sha256(PHOTO)]
    following = xapi.request("GET", json.loads(page[0].data)["more"])
    assert hashes(parts_of(following)) == [sha256(ESSAY)]


def test_statements_without_attachments_come_back_as_one_part(xapi: XapiClient) -> None:
    xapi.post(statement())
    assert len(parts_of(xapi.get(attachments="true"))) == 1


def test_head_gives_the_headers_without_the_data(xapi: XapiClient) -> None:
    [one] = stored(post(xapi, with_essay(), data_part(ESSAY)))
    parameters = {"statementId": one, "attachments": "true"}
    head = xapi.request("HEAD", "/xapi/statements", params=parameters)
    answer = xapi.get(**parameters)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == answer.headers["content-length"]
    assert head.headers["content-type"].startswith("multipart/mixed; boundary=")
    assert head.headers["last-modified"] == answer.headers["last-modified"]


def test_an_attachment_of_a_substatement_comes_back_too(xapi: XapiClient) -> None:
    inner = {**with_essay(), "objectType": "SubStatement"}
    [one] = stored(post(xapi, statement(target=inner), data_part(ESSAY)))
    [_, data] = parts_of(xapi.get(statementId=one, attachments="true"))
    assert data.data == ESSAY


def test_the_data_of_a_voided_statement_comes_with_the_voided_statement_only(
    xapi: XapiClient,
) -> None:
    [one] = stored(post(xapi, with_essay(), data_part(ESSAY)))
    xapi.post(voiding(one))
    assert hashes(parts_of(xapi.get(attachments="true"))) == []
    [_, data] = parts_of(xapi.get(voidedStatementId=one, attachments="true"))
    assert data.data == ESSAY


def test_one_statement_says_when_it_was_stored(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    answer = xapi.get(statementId=one)
    said = answer.headers["last-modified"]
    assert said.endswith(" GMT")
    assert answer.json()["stored"][11:19] == said[-12:-4]


# What is accepted --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        (statement(), []),
        (statement(attachments=[]), []),
        (with_essay(**URL), []),
        (with_essay(**URL), [data_part(ESSAY)]),
        (with_essay(length=1), [data_part(ESSAY)]),
        (with_essay(contentType="image/png"), [data_part(ESSAY, Content_Type="text/plain")]),
        (with_essay(), [data_part(ESSAY, Content_Type=None)]),
        (with_essay(), [data_part(ESSAY, Content_Transfer_Encoding="BINARY")]),
        (with_essay(), [data_part(ESSAY, sha256(ESSAY).upper())]),
        (with_essay(sha2=sha256(ESSAY).upper()), [data_part(ESSAY)]),
        (with_essay(), [data_part(ESSAY), data_part(ESSAY)]),
        (statement(attachments=[attachment(b"")]), [data_part(b"")]),
    ],
)
def test_what_the_standard_lets_be_is_accepted(
    xapi: XapiClient, said: dict[str, Any], parts: list[Part]
) -> None:
    [one] = stored(post(xapi, said, *parts))
    [_, *back] = parts_of(xapi.get(statementId=one, attachments="true"))
    assert {part.data for part in back} == {part.data for part in parts}


def test_headers_need_no_space_and_the_body_may_begin_with_an_empty_line(xapi: XapiClient) -> None:
    body = b"\r\n" + written([json_part(with_essay()), data_part(ESSAY)])
    head, _, rest = body.partition(b"binary")
    stored(send(xapi, head.replace(b": ", b":", 2) + b"binary" + rest))


def test_only_a_file_url_makes_an_attachment_fit_for_plain_json(xapi: XapiClient) -> None:
    assert xapi.post(with_essay(**URL)).status_code == 200
    refused = error(xapi.post([statement(), with_essay()]), 400)
    assert refused["path"] == "$[1].attachments[0]"
    assert refused["value"] == sha256(ESSAY)
    inner = {**with_essay(), "objectType": "SubStatement"}
    assert error(xapi.post(statement(target=inner)), 400)["path"] == "$.object.attachments[0]"
    refused = error(xapi.put(statement_id(1), with_essay()), 400)
    assert refused["path"] == "$.attachments[0]"


# What is refused ---------------------------------------------------------------------------------

TWO = statement(attachments=[attachment(ESSAY), attachment(PHOTO)])
GOOD = [json_part(with_essay()), data_part(ESSAY)]


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ([], "part[1]"),
        ([data_part(ESSAY)], "part[1]"),
        ([data_part(ESSAY), json_part(with_essay())], "part[1]"),
        ([Part(GOOD[0].data), GOOD[1]], "part[1]"),
        ([Part(GOOD[0].data, {"Content-Type": "text/plain"}), GOOD[1]], "part[1]"),
        ([Part(b"{", GOOD[0].headers), GOOD[1]], "$"),
        ([json_part({**with_essay(), "verb": 1}), GOOD[1]], "$.verb"),
        ([json_part([statement(), {**with_essay(), "verb": 1}]), GOOD[1]], "$[1].verb"),
        ([json_part(with_essay())], "$.attachments[0]"),
        ([json_part(TWO), data_part(ESSAY)], "$.attachments[1]"),
        ([json_part([statement(), TWO]), data_part(PHOTO)], "$[1].attachments[0]"),
        ([*GOOD, data_part(PHOTO)], "part[3]"),
        ([*GOOD, json_part(with_essay())], "part[3]"),
        ([GOOD[0], json_part(with_essay()), GOOD[1]], "part[2]"),
        ([GOOD[0], data_part(ESSAY, X_Experience_API_Hash=None)], "part[2]"),
        ([GOOD[0], data_part(ESSAY, sha256(PHOTO))], "part[2]"),
        ([GOOD[0], data_part(ESSAY, "no hash")], "part[2]"),
        ([GOOD[0], data_part(ESSAY, Content_Transfer_Encoding=None)], "part[2]"),
        ([GOOD[0], data_part(ESSAY, Content_Transfer_Encoding="base64")], "part[2]"),
        ([GOOD[0], data_part(ESSAY + b".", sha256(ESSAY))], "part[2]"),
        ([GOOD[0], data_part(b"", sha256(ESSAY))], "part[2]"),
        ([GOOD[0], GOOD[1], data_part(PHOTO, sha256(ESSAY))], "part[3]"),
    ],
)
def test_what_the_standard_forbids_is_refused_and_leaves_nothing(
    xapi: XapiClient, attachments: AttachmentStore, parts: list[Part], path: str
) -> None:
    before = files(attachments)
    refused = error(send(xapi, written(parts)), 400)
    assert refused["path"] == path
    assert refused["rule"]
    assert refused["section"]
    assert xapi.found() == []
    assert files(attachments) == before


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (written(GOOD), "multipart/mixed"),
        (written(GOOD), "multipart/mixed; boundary="),
        (written(GOOD), "multipart/mixed; boundary=another"),
        (written(GOOD), f'multipart/form-data; boundary="{BOUNDARY}"'),
        (b"", CONTENT_TYPE),
        (written(GOOD)[:-4], CONTENT_TYPE),
        (written(GOOD)[: -len(ESSAY)], CONTENT_TYPE),
        (written(GOOD).replace(b"\r\n", b"\n"), CONTENT_TYPE),
        (GOOD[0].data, CONTENT_TYPE),
    ],
)
def test_a_body_that_is_no_multipart_is_refused_and_leaves_nothing(
    xapi: XapiClient, attachments: AttachmentStore, body: bytes, content_type: str
) -> None:
    before = files(attachments)
    refused = error(send(xapi, body, headers={"Content-Type": content_type}), 400)
    assert refused["rule"]
    assert xapi.found() == []
    assert files(attachments) == before


def test_a_conflict_leaves_no_data(xapi: XapiClient, attachments: AttachmentStore) -> None:
    xapi.post(statement(id=statement_id(1)))
    data = uuid4().bytes
    other = statement("li", id=statement_id(1), attachments=[attachment(data)])
    before = files(attachments)
    refused = error(post(xapi, [statement(), other], data_part(data)), 409)
    assert refused["path"] == "$[1].id"
    assert files(attachments) == before


def test_voiding_a_voiding_statement_leaves_no_data(
    xapi: XapiClient, attachments: AttachmentStore
) -> None:
    [one] = xapi.post(voiding(statement_id(7))).json()
    data = uuid4().bytes
    before = files(attachments)
    error(post(xapi, voiding(one, attachments=[attachment(data)]), data_part(data)), 400)
    assert files(attachments) == before


def test_the_same_statement_twice_is_the_same_success(xapi: XapiClient) -> None:
    whole = {**with_essay(), "id": statement_id(1)}
    for _ in range(2):
        assert stored(post(xapi, whole, data_part(ESSAY))) == [statement_id(1)]
    xapi.post(voiding(statement_id(1)))
    assert stored(post(xapi, whole, data_part(ESSAY))) == [statement_id(1)]


# Limits ------------------------------------------------------------------------------------------


def test_more_attachments_than_the_limit_are_refused_with_413(
    xapi: XapiClient, attachments: AttachmentStore
) -> None:
    data = [uuid4().bytes for _ in range(MAXIMUM_ATTACHMENTS + 1)]
    before = files(attachments)
    for count, status in ((MAXIMUM_ATTACHMENTS + 1, 413), (MAXIMUM_ATTACHMENTS, 200)):
        whole = statement(attachments=[attachment(one) for one in data[:count]])
        answer = post(xapi, whole, *(data_part(one) for one in data[:count]))
        assert answer.status_code == status, answer.text
        if status == 413:
            assert files(attachments) == before


def test_statements_over_the_limit_of_a_body_are_refused_with_413(xapi: XapiClient) -> None:
    large = Part(b" " * MAXIMUM_BODY + GOOD[0].data, GOOD[0].headers)
    refused = error(send(xapi, written([large, GOOD[1]])), 413)
    assert refused["path"] == "part[1]"


@pytest.mark.parametrize("says_so", [True, False])
def test_a_request_over_the_limit_is_refused_with_413_and_leaves_nothing(
    xapi: XapiClient, attachments: AttachmentStore, says_so: bool
) -> None:
    data = uuid4().bytes * (MAXIMUM_UPLOAD // 16)
    body = written([json_part(statement(attachments=[attachment(data)])), data_part(data)])
    pieces = iter([body[:MAXIMUM_UPLOAD], body[MAXIMUM_UPLOAD:]])
    before = files(attachments)
    refused = error(send(xapi, body if says_so else pieces), 413)
    assert refused["value"] == MAXIMUM_UPLOAD
    assert files(attachments) == before


def test_a_signature_over_the_limit_of_a_body_is_refused_with_413(xapi: XapiClient) -> None:
    jws = bytes(MAXIMUM_BODY + 1)
    refused = error(post(xapi, signed(statement(), jws), data_part(jws)), 413)
    assert refused["path"] == "part[2]"


# Who gets what -----------------------------------------------------------------------------------


def test_to_name_a_hash_makes_nothing_readable(application: RunningApplication) -> None:
    store = f"store-{uuid4()}"
    owner, other = application.xapi(store, app="owner"), application.xapi(store, app="other")
    stored(post(owner, with_essay(), data_part(ESSAY)))
    [mine] = stored(other.post(with_essay(**URL)))
    assert hashes(parts_of(other.get(statementId=mine, attachments="true"))) == []
    [mine] = stored(post(other, [with_essay(**URL)]))
    assert hashes(parts_of(other.get(statementId=mine, attachments="true"))) == []
    beside = statement(attachments=[attachment(PHOTO), attachment(ESSAY, **URL)])
    [mine] = stored(post(other, beside, data_part(PHOTO)))
    parts = parts_of(other.get(statementId=mine, attachments="true"))
    assert hashes(parts) == [sha256(PHOTO)]


def test_who_reads_only_their_own_statements_gets_only_their_attachments(
    application: RunningApplication,
) -> None:
    store = f"store-{uuid4()}"
    owner = application.xapi(store, app="owner")
    other = application.xapi(store, "statements/write", "statements/read/mine", app="other")
    [one] = stored(post(owner, with_essay(), data_part(ESSAY)))
    stored(post(other, with_essay(**URL)))
    assert hashes(parts_of(other.get(attachments="true"))) == []
    assert other.get(statementId=one, attachments="true").status_code == 404
    stored(post(other, with_essay(), data_part(ESSAY)))
    assert hashes(parts_of(other.get(attachments="true"))) == [sha256(ESSAY)]


def test_who_may_only_write_gets_nothing(application: RunningApplication) -> None:
    writer = application.xapi(f"store-{uuid4()}", "statements/write")
    [one] = stored(post(writer, with_essay(), data_part(ESSAY)))
    error(writer.get(statementId=one, attachments="true"), 403)


def test_who_may_not_write_leaves_nothing(
    application: RunningApplication, attachments: AttachmentStore
) -> None:
    reader = application.xapi(f"store-{uuid4()}", "statements/read")
    before = files(attachments)
    error(post(reader, with_essay(), data_part(ESSAY)), 403)
    assert files(attachments) == before


def test_a_store_gets_nothing_of_what_another_has(application: RunningApplication) -> None:
    one = application.xapi(f"store-{uuid4()}")
    other = application.xapi(f"store-{uuid4()}")
    [there] = stored(post(one, with_essay(), data_part(ESSAY)))
    error(other.get(statementId=there, attachments="true"), 404)
    error(post(other, with_essay()), 400)
    stored(other.post({**with_essay(**URL), "id": there}))
    assert hashes(parts_of(other.get(attachments="true"))) == []


def test_an_app_without_the_scope_define_defines_nothing(application: RunningApplication) -> None:
    store = f"store-{uuid4()}"
    target = {"id": "https://district.example/item/1", "definition": {"name": {"zh": "一"}}}
    writer = application.xapi(store, "statements/write")
    stored(post(writer, statement(target=target)))
    assert application.state.record.definitions(store, [target["id"]]) == {}
    definer = application.xapi(store, "statements/write", "define")
    stored(post(definer, statement(target=target)))
    assert application.state.record.definitions(store, [target["id"]]) != {}


# Crashes and losses ------------------------------------------------------------------------------


def test_data_kept_before_a_crash_is_served_to_nobody_and_shared_with_the_next_try(
    xapi: XapiClient, application: RunningApplication, attachments: AttachmentStore
) -> None:
    store = application.state.credentials.find(xapi.credential[0]).store  # type: ignore[index]

    async def until_the_crash() -> None:
        async def data() -> Any:
            yield ESSAY

        async with attachments.upload(store) as upload:
            await upload.receive(sha256(ESSAY), data())
            await upload.keep()

    asyncio.run(until_the_crash())
    [named] = stored(xapi.post(with_essay(**URL)))
    assert hashes(parts_of(xapi.get(statementId=named, attachments="true"))) == []
    [again] = stored(post(xapi, with_essay(), data_part(ESSAY)))
    [_, data] = parts_of(xapi.get(statementId=again, attachments="true"))
    assert data.data == ESSAY


def test_data_that_was_lost_is_left_out_and_logged(
    xapi: XapiClient,
    attachments: AttachmentStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # A logger of this test's own: others may have been silenced by then.
    monkeypatch.setattr("lrs.attachment_parts._log", logging.getLogger(str(uuid4())))
    data = uuid4().bytes
    both = statement(attachments=[attachment(data), attachment(ESSAY)])
    stored(post(xapi, both, data_part(data), data_part(ESSAY)))
    for file in files(attachments):
        if file.name == sha256(data):
            file.unlink()
    assert hashes(parts_of(xapi.get(attachments="true"))) == [sha256(ESSAY)]
    assert sha256(data) in caplog.text


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(
    xapi: XapiClient, application: RunningApplication, attachments: AttachmentStore
) -> None:
    before = files(attachments)
    half = {"type": "http.request", "body": written(GOOD)[: -len(ESSAY)], "more_body": True}
    messages: list[Any] = [half, {"type": "http.disconnect"}]
    answered: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def answer(message: Any) -> None:
        answered.append(message)

    assert xapi.credential is not None
    proof = b64encode(":".join(xapi.credential).encode())
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/xapi/statements",
        "query_string": b"",
        "headers": [
            (b"authorization", b"Basic " + proof),
            (b"x-experience-api-version", xapi.version.encode()),
            (b"content-type", CONTENT_TYPE.encode()),
        ],
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
    portal = application.client.portal
    assert portal is not None
    portal.call(application.client.app, scope, receive, answer)
    assert messages == []
    assert not any(message.get("status") == 200 for message in answered)
    assert xapi.found() == []
    assert files(attachments) == before


def test_every_answer_says_through_when_it_is_consistent(xapi: XapiClient) -> None:
    header = "X-Experience-API-Consistent-Through"
    assert header in xapi.get(attachments="true").headers
    assert header in xapi.get(attachments="true", statementId=statement_id(9)).headers
    assert header in xapi.get(attachments="perhaps").headers


# Signed statements -------------------------------------------------------------------------------

PLAIN = statement(id=statement_id(1), timestamp="2026-03-01T08:00:00Z")


@pytest.mark.parametrize("headers", [{}, {"x5c": [certificate(rsa_key())]}])
def test_a_signed_statement_is_stored_and_comes_back_with_its_signature(
    xapi: XapiClient, headers: dict[str, Any]
) -> None:
    jws = sign(PLAIN, **headers)
    stored(post(xapi, signed(PLAIN, jws), data_part(jws)))
    [_, data] = parts_of(xapi.get(statementId=PLAIN["id"], attachments="true"))
    assert data.data == jws


def test_put_may_leave_the_signed_id_to_its_parameter(xapi: XapiClient) -> None:
    jws = sign(PLAIN)
    said = {key: value for key, value in signed(PLAIN, jws).items() if key != "id"}
    parameters = {"statementId": PLAIN["id"]}
    answer = post(xapi, said, data_part(jws), method="PUT", params=parameters)
    assert answer.status_code == 204, answer.text
    parameters = {"statementId": statement_id(2)}
    error(post(xapi, said, data_part(jws), method="PUT", params=parameters), 400)


def test_each_statement_of_a_batch_has_its_own_signature(xapi: XapiClient) -> None:
    other = statement("li", id=statement_id(2), timestamp="2026-03-01T08:00:00Z")
    one, two = sign(PLAIN), sign(other)
    parts = [data_part(one), data_part(two)]
    refused = error(post(xapi, [signed(PLAIN, two), signed(other, one)], *parts), 400)
    assert refused["path"] == "$[0].attachments[0]"
    stored(post(xapi, [signed(PLAIN, one), signed(other, two)], *parts))


@pytest.mark.parametrize(
    "jws",
    [
        b"no signature",
        sign({**PLAIN, "id": statement_id(2)}),
        sign(PLAIN, "HS256", b"a secret of more than thirty-two bytes"),
        sign(PLAIN, x5c=[certificate(rsa_key(1))]),
    ],
)
def test_a_malformed_signature_is_refused_and_leaves_nothing(
    xapi: XapiClient, attachments: AttachmentStore, jws: bytes
) -> None:
    before = files(attachments)
    refused = error(post(xapi, signed(PLAIN, jws), data_part(jws)), 400)
    assert refused["path"] == "$.attachments[0]"
    assert refused["section"] in ("xAPI 1.0.3 Data 2.6", "IEEE 9274.1.1 4.2.6")
    assert refused["value"] == sha256(jws)
    assert xapi.found() == []
    assert files(attachments) == before


def test_a_signature_is_of_the_right_type_and_there(xapi: XapiClient) -> None:
    jws = sign(PLAIN)
    wrong_type = {**PLAIN, "attachments": [signature(jws, contentType="text/plain")]}
    refused = error(post(xapi, wrong_type, data_part(jws)), 400)
    assert refused["path"] == "$.attachments[0].contentType"
    elsewhere = {**PLAIN, "attachments": [signature(jws, **URL)]}
    assert error(post(xapi, elsewhere), 400)["path"] == "$.attachments[0]"
    assert error(xapi.post(elsewhere), 400)["path"] == "$.attachments[0]"
