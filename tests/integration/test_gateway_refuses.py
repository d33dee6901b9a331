import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.contract import tokens
from shared.contract.codes import MESSAGES, Code
from shared.contract.tokens import TokenKind
from shared.runtime import amqp
from tests.backing.gateway import DEADLINE_S, Answer, RunningGateway, running_gateway

MAX_BODY = 64 * 1024
MAX_INFLATED = 256 * 1024


@pytest.fixture
async def gateway(broker_url: str, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    broker = await amqp.connect(broker_url)
    limits: dict[str, Any] = {"max_body_bytes": MAX_BODY, "max_inflated_bytes": MAX_INFLATED, "max_records": 10}
    async with running_gateway(broker, tmp_path, **limits) as running:
        yield running
    await broker.close()


def assert_problem(answer: Answer, status: int, code: Code) -> None:
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["status"] == status
    assert answer.body["type"] == "about:blank"
    assert answer.body["title"]
    assert answer.body["detail"] == MESSAGES[code]
    assert answer.body["requestId"] == answer.headers["X-Request-Id"]


async def assert_healthy(gateway: RunningGateway) -> None:
    answer = await gateway.good()
    assert answer.status == 202


@pytest.mark.parametrize("authorization", [None, "Basic dTpw", "Bearer", "inl_a_x", ""])
async def test_without_credentials_401_without_an_error(gateway: RunningGateway, authorization: str | None) -> None:
    # given
    headers = {"Content-Type": "application/json"}
    if authorization is not None:
        headers["Authorization"] = authorization

    # when
    answer = await gateway.post(gateway.body([{}]), headers)

    # then
    if authorization == "Bearer":
        assert_problem(answer, 401, Code.INVALID_TOKEN)
        return
    assert_problem(answer, 401, Code.MISSING_CREDENTIALS)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "token",
    [
        lambda _: "junk",
        lambda _: tokens.make(TokenKind.ACCESS),
        lambda _: "ü" * 42,
        lambda secrets: secrets.expired,
        lambda secrets: secrets.active,
        lambda secrets: secrets.writer[:-1] + ("0" if secrets.writer[-1] != "0" else "1"),
        lambda secrets: secrets.writer + " x",
    ],
    ids=["junk", "unknown", "not_ascii", "expired", "integration_token", "false_checksum", "two_words"],
)
async def test_a_token_that_is_not_valid_401(gateway: RunningGateway, token: Callable[[object], str]) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.headers(token(gateway.secrets)))

    # then
    assert_problem(answer, 401, Code.INVALID_TOKEN)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_a_token_without_the_scope_403(gateway: RunningGateway) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.headers(gateway.secrets.reader))

    # then
    assert_problem(answer, 403, Code.INSUFFICIENT_SCOPE)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="data:write"'


async def test_no_oracle_for_integration_tokens_one_403_for_all(gateway: RunningGateway) -> None:
    # given
    secrets = gateway.secrets
    cases = [
        (secrets.writer, "junk"),
        (secrets.writer, "\ud800"),
        (secrets.writer, tokens.make(TokenKind.INTEGRATION)),
        (secrets.writer, secrets.deleted),
        (secrets.writer, secrets.writer),
        (secrets.narrow, secrets.active),
        (secrets.narrow, secrets.paused),
    ]

    # when
    answers = [await gateway.post(gateway.body([{}], token), gateway.headers(access)) for access, token in cases]
    allowed = await gateway.post(gateway.body([{}], secrets.elsewhere), gateway.headers(secrets.narrow))

    # then
    for answer in answers:
        assert_problem(answer, 403, Code.FORBIDDEN_INTEGRATION)
        assert "WWW-Authenticate" not in answer.headers
        del answer.body["requestId"]
    assert all(answer.body == answers[0].body for answer in answers)
    assert allowed.status == 202


async def test_a_paused_integration_409(gateway: RunningGateway) -> None:
    # when
    answer = await gateway.post(gateway.body([{}], gateway.secrets.paused))

    # then
    assert_problem(answer, 409, Code.INTEGRATION_PAUSED)


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b'{"token":"x","data":[{"a":"\xff"}]}', Code.INVALID_UTF8, None),
        (b'{"token":"x","data":[{"a":"\xed\xa0\x80"}]}', Code.INVALID_UTF8, None),
        ('{"token":"x","data":[{}]}'.encode("utf-16"), Code.INVALID_UTF8, None),
        (b"", Code.INVALID_JSON, None),
        (b"\xef\xbb\xbf" + b'{"token":"x","data":[{}]}', Code.INVALID_JSON, None),
        (b'{"token":"x","data":[{"a":NaN}]}', Code.INVALID_JSON, None),
        (b'{"token":"x","data":[{"a":"\x00"}]}', Code.INVALID_JSON, None),
        (b'{"token":"x","data":[{}]} x', Code.INVALID_JSON, None),
        (b'{"token":"x","data":[{}]', Code.INVALID_JSON, None),
        (b'{"token":"x","data":%s}' % (b"[" * 64 + b"]" * 64), Code.TOO_DEEP, None),
        (b"[" * 30_000 + b"]" * 30_000, Code.TOO_DEEP, None),
        (b"[1]", Code.INVALID_ENVELOPE, ""),
        (b'"text"', Code.INVALID_ENVELOPE, ""),
        (b'{"data":[{}]}', Code.INVALID_ENVELOPE, "/token"),
        (b'{"token":7,"data":[{}]}', Code.INVALID_ENVELOPE, "/token"),
        (b'{"token":"x"}', Code.INVALID_ENVELOPE, "/data"),
        (b'{"token":"x","data":{}}', Code.INVALID_ENVELOPE, "/data"),
        (b'{"token":"x","data":null}', Code.INVALID_ENVELOPE, "/data"),
        (b'{"token":"x","data":[ ]}', Code.EMPTY_BATCH, "/data"),
    ],
)
async def test_a_body_that_is_no_envelope_400(
    gateway: RunningGateway, body: bytes, code: Code, pointer: str | None
) -> None:
    # when
    answer = await gateway.post(body)

    # then
    assert_problem(answer, 400, code)
    if pointer is None:
        assert "errors" not in answer.body
    else:
        assert answer.body["errors"] == [{"pointer": pointer, "code": code, "message": MESSAGES[code]}]
    await assert_healthy(gateway)


@pytest.mark.parametrize("key", ["", "x" * 256, "ümlaut", "tab\there"])
async def test_an_idempotency_key_that_is_none_400(gateway: RunningGateway, key: str) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.headers(Idempotency_Key=key))

    # then
    assert_problem(answer, 400, Code.INVALID_IDEMPOTENCY_KEY)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1", "application/jsonx"],
)
async def test_another_content_type_415(gateway: RunningGateway, content_type: str) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.headers(Content_Type=content_type))

    # then
    assert_problem(answer, 415, Code.UNSUPPORTED_MEDIA_TYPE)


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "identity, gzip", "zstd"])
async def test_another_content_coding_415(gateway: RunningGateway, coding: str) -> None:
    # when
    answer = await gateway.post(gzip.compress(gateway.body([{}])), gateway.headers(Content_Encoding=coding))

    # then
    assert_problem(answer, 415, Code.UNSUPPORTED_CODING)
    assert answer.headers["Accept-Encoding"] == "gzip"


async def test_too_many_records_413(gateway: RunningGateway) -> None:
    # when
    most = await gateway.post(gateway.body([{}] * 10))
    too_many = await gateway.post(gateway.body([{}] * 11))

    # then
    assert most.status == 202
    assert_problem(too_many, 413, Code.TOO_MANY_RECORDS)
    assert too_many.body["limit"] == 10
    assert too_many.body["errors"][0]["pointer"] == "/data"


async def test_a_body_over_the_limit_413(gateway: RunningGateway) -> None:
    # given
    frame = len(gateway.body([""]))

    # when
    most = await gateway.post(gateway.body(["x" * (MAX_BODY - frame)]))
    too_large = await gateway.post(gateway.body(["x" * (MAX_BODY - frame + 1)]))

    # then
    assert most.status == 202
    assert_problem(too_large, 413, Code.BODY_TOO_LARGE)
    assert too_large.body["limit"] == MAX_BODY
    assert too_large.headers["Connection"] == "close"


async def test_a_chunked_body_over_the_limit_413_before_its_end(gateway: RunningGateway) -> None:
    # given: more than the limit, in chunks that do not end
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(gateway.head("Transfer-Encoding: chunked"))

    # when
    for _ in range(MAX_BODY // 0x1000 + 1):
        writer.write(chunk)
        await writer.drain()
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
    writer.close()

    # then
    assert head.startswith(b"HTTP/1.1 413 ")
    await assert_healthy(gateway)


async def test_a_body_over_the_limit_after_gzip_413(gateway: RunningGateway) -> None:
    # given
    frame = len(gateway.body([""]))
    headers = gateway.headers(Content_Encoding="gzip")

    # when
    most = await gateway.post(gzip.compress(gateway.body(["x" * (MAX_INFLATED - frame)])), headers)
    too_large = await gateway.post(gzip.compress(gateway.body(["x" * (MAX_INFLATED - frame + 1)])), headers)

    # then
    assert most.status == 202
    assert_problem(too_large, 413, Code.BODY_TOO_LARGE)
    assert too_large.body["limit"] == MAX_INFLATED


EMPTY_MEMBER = gzip.compress(b"")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda body: body, Code.INVALID_GZIP),
        (lambda body: gzip.compress(body)[:-1], Code.INVALID_GZIP),
        (lambda body: gzip.compress(body) + b"x", Code.INVALID_GZIP),
        (lambda body: gzip.compress(body) * 2, Code.INVALID_GZIP),
        (zlib.compress, Code.INVALID_GZIP),
        (lambda body: gzip.compress(body)[:-8] + bytes(8), Code.INVALID_GZIP),
        (lambda _: EMPTY_MEMBER * (MAX_BODY // len(EMPTY_MEMBER)), Code.INVALID_GZIP),
        (lambda _: b"", Code.INVALID_GZIP),
        (lambda _: EMPTY_MEMBER, Code.INVALID_JSON),
    ],
    ids=["plain", "cut", "trailing", "two", "zlib", "false_checksum", "empty_members", "nothing", "of_nothing"],
)
async def test_what_is_not_one_gzip_member_400(
    gateway: RunningGateway, spoil: Callable[[bytes], bytes], code: Code
) -> None:
    # when
    answer = await gateway.post(spoil(gateway.body([{}])), gateway.headers(Content_Encoding="gzip"))

    # then
    assert_problem(answer, 400, code)
    await assert_healthy(gateway)


async def test_another_address_404_and_another_method_405(gateway: RunningGateway) -> None:
    for method, path, status, code in (
        ("POST", "/public/v1/user/datas", 404, Code.NOT_FOUND),
        ("GET", "/", 404, Code.NOT_FOUND),
        ("GET", "/public/v1/user/data/", 404, Code.NOT_FOUND),
        ("PUT", "/a%20b/%2e%2e/c?d=e", 404, Code.NOT_FOUND),
        ("GET", "/public/v1/user/data", 405, Code.METHOD_NOT_ALLOWED),
        ("DELETE", "/public/v1/user/data", 405, Code.METHOD_NOT_ALLOWED),
    ):
        # when
        async with gateway.session.request(method, gateway.url(path)) as response:
            answer = Answer(response.status, response.headers, json.loads(await response.read()))

        # then
        assert_problem(answer, status, code)
        assert answer.headers.get("Allow") == ("POST" if status == 405 else None)


async def test_what_nobody_expected_is_a_500_that_tells_the_log_only(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    def fail(*_: object) -> None:
        raise ZeroDivisionError("an inner matter")

    monkeypatch.setattr("services.gateway.ingest.open_envelope", fail)

    # when
    answer = await gateway.good()

    # then
    assert_problem(answer, 500, Code.INTERNAL_ERROR)
    assert "inner matter" not in str(answer.body)
    logged = capsys.readouterr().out
    assert "inner matter" in logged
    assert answer.body["requestId"] in logged


async def test_refusals_are_counted_by_status_and_code(gateway: RunningGateway) -> None:
    # when
    await gateway.good()
    await gateway.post(b"{")

    # then
    async with gateway.session.get(gateway.url("/metrics")) as response:
        shown = await response.text()
    assert 'inlet_requests_total{code="accepted",status="202"} 1.0' in shown
    assert 'inlet_requests_total{code="invalid_json",status="400"} 1.0' in shown
    assert "inlet_records_accepted_total 1.0" in shown
    assert "inlet_bytes_in_flight 0.0" in shown


async def test_the_log_names_a_refusal_without_its_secrets(
    gateway: RunningGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    # when
    answer = await gateway.post(b'{"secret": "in the body"}')

    # then
    logged = capsys.readouterr().out
    assert "request refused" in logged
    assert answer.body["requestId"] in logged
    assert "caller=token:1" in logged
    assert "inl_" not in logged
    assert "in the body" not in logged
