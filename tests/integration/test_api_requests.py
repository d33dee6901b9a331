import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import structlog

from shared.contract.codes import Code
from shared.runtime import request_parts
from shared.runtime.api import MAX_BODY_BYTES
from tests.backing.things import DEADLINE_S, SERVICE_TOKEN, Got, Served, post_head, served_things


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with served_things() as running:
        yield running


async def test_what_fits_reaches_the_handler(served: Served) -> None:
    # when
    made = await served.post({"name": "é", "parts": [{"size": 1.5}], "anything": {"a": [1]}})

    # then
    assert made.status == 201
    assert made.body["got"] == {
        "name": "é",
        "key": "a",
        "parts": [{"size": 1.5}],
        "by_name": {},
        "anything": {"a": [1]},
    }
    assert (made.headers["ETag"], made.headers["Location"]) == ('"7"', "/things/a")
    assert made.headers["Content-Type"] == "application/json"
    assert made.headers["Cache-Control"] == "no-store"


async def test_the_request_id_comes_back(served: Served) -> None:
    for method, path in (("GET", "/things"), ("GET", "/nothing")):
        answer = await served.ask(method, path, headers={"X-Request-Id": "mine-17"})
        assert answer.headers["X-Request-Id"] == "mine-17"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.INVALID_JSON),
        (b"{", Code.INVALID_JSON),
        (b"{'name': 'x'}", Code.INVALID_JSON),
        (b"\xef\xbb\xbf{}", Code.INVALID_JSON),
        (b'{"name": NaN}', Code.INVALID_JSON),
        (b'{"name": "x", "anything": NaN}', Code.INVALID_JSON),
        (b'{"name": "x", "anything": -Infinity}', Code.INVALID_JSON),
        (b'{"name": "\\ud800"}', Code.INVALID_JSON),
        (b'{"\\ud800": 1}', Code.INVALID_JSON),
        (b'{"name": "x", "anything": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", Code.INVALID_JSON),
        (b'{"name": "x", "anything": ' + b"9" * 10_000 + b"}", Code.INVALID_JSON),
        (b'{"name": "\xff"}', Code.INVALID_UTF8),
        ('{"name": "x"}'.encode("utf-16"), Code.INVALID_UTF8),
    ],
)
async def test_what_is_no_json_400(served: Served, body: bytes, code: Code) -> None:
    # when
    answer = await served.post(body)

    # then
    assert answer.refusal == (400, code)
    assert not served.things.calls


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/name", Code.MISSING_FIELD)]),
        ([], [("", Code.INVALID_FIELD)]),
        ({"name": "x", "nmae": 1}, [("/nmae", Code.UNKNOWN_FIELD)]),
        ({"name": "x", "a/b~c": 1}, [("/a~1b~0c", Code.UNKNOWN_FIELD)]),
        ({"name": 1}, [("/name", Code.INVALID_FIELD)]),
        ({"name": "x" * 11}, [("/name", Code.INVALID_FIELD)]),
        ({"name": "x", "key": "a\0"}, [("/key", Code.INVALID_FIELD)]),
        ({"name": "x", "key": "a\n"}, [("/key", Code.INVALID_FIELD)]),
        ({"name": "x", "parts": [{"size": 1}, {"size": "1"}]}, [("/parts/1/size", Code.INVALID_FIELD)]),
        ({"name": "x", "parts": [{}]}, [("/parts/0/size", Code.MISSING_FIELD)]),
        ({"name": "x", "by_name": {"b/c": "1"}}, [("/by_name/b~1c", Code.INVALID_FIELD)]),
        ({"parts": 1}, [("/name", Code.MISSING_FIELD), ("/parts", Code.INVALID_FIELD)]),
    ],
)
async def test_what_does_not_fit_422_and_says_where(
    served: Served, body: object, errors: list[tuple[str, Code]]
) -> None:
    # when
    answer = await served.post(body)

    # then
    assert answer.refusal == (422, Code.INVALID_BODY)
    assert answer.errors == errors
    assert all(each["message"] for each in answer.body["errors"])
    assert not served.things.calls


async def test_a_number_beyond_all_bounds_422(served: Served) -> None:
    answer = await served.post(b'{"name": "x", "parts": [{"size": 1e999}]}')
    assert (answer.refusal, answer.errors) == ((422, Code.INVALID_BODY), [("/parts/0/size", Code.INVALID_FIELD)])


async def test_very_many_faults_are_cut_short(served: Served) -> None:
    answer = await served.post({"name": "x", "parts": [1] * 10_000})
    assert len(answer.errors) == 50


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_another_content_type_415(served: Served, content_type: str) -> None:
    answer = await served.post({"name": "x"}, Content_Type=content_type)
    assert answer.refusal == (415, Code.UNSUPPORTED_MEDIA_TYPE)


async def test_a_content_coding_415(served: Served) -> None:
    # when
    coded = await served.post({"name": "x"}, Content_Encoding="gzip")
    plain = await served.post({"name": "x"}, Content_Encoding="Identity")

    # then
    assert coded.refusal == (415, Code.UNSUPPORTED_CODING)
    assert coded.headers["Accept-Encoding"] == "identity"
    assert plain.status == 201


async def test_a_body_over_the_limit_413(served: Served) -> None:
    # given
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 65_536 + 2):
            yield b" " * 65_536

    # when
    declared = await served.post(b" " * (MAX_BODY_BYTES + 1))
    url = f"http://127.0.0.1:{served.port}/things"
    headers = {"Authorization": f"Bearer {SERVICE_TOKEN}", "Content-Type": "application/json"}
    async with served.client.post(url, data=chunks(), headers=headers) as answer:
        chunked = Got(answer.status, answer.headers, await answer.text())

    # then
    for refused in (declared, chunked):
        assert refused.refusal == (413, Code.BODY_TOO_LARGE)
        assert refused.body["limit"] == MAX_BODY_BYTES


async def test_a_declared_length_over_the_limit_is_refused_before_any_of_it_is_sent(served: Served) -> None:
    # given
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)

    # when
    writer.write(post_head(f"Content-Length: {MAX_BODY_BYTES + 1}"))
    status = await asyncio.wait_for(reader.readline(), request_parts.BODY_TIMEOUT_S / 2)
    writer.close()

    # then
    assert status.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_does_not_come_503(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setattr(request_parts, "BODY_TIMEOUT_S", 0.05)

    # when
    answer = await served.raw(post_head("Content-Length: 10") + b"{")

    # then
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 2" in head
    assert json.loads(body)["code"] == Code.BODY_INCOMPLETE


async def test_a_client_that_leaves_is_no_error_of_ours(served: Served) -> None:
    # given
    with structlog.testing.capture_logs() as logged:
        # when
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(post_head("Content-Length: 10") + b"{")
        await writer.drain()
        writer.transport.abort()
        async with asyncio.timeout(DEADLINE_S):
            while served.count("none", "client_gone") == 0:
                await asyncio.sleep(0.01)

    # then
    assert not [line for line in logged if line["event"] == "unexpected error"]


@pytest.mark.parametrize(
    "framing",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"Content-Length: x\r\n\r\n{}",
        b"Content-Length: -1\r\n\r\n{}",
    ],
)
async def test_a_body_that_is_framed_wrongly_400(served: Served, framing: bytes) -> None:
    # when
    with structlog.testing.capture_logs() as logged:
        answer = await served.raw(post_head().removesuffix(b"\r\n") + framing)

    # then
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert not [line for line in logged if line["event"] == "unexpected error"]
    assert not served.things.calls


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("?prefix=a&prefix=b", ["/prefix"]),
        ("?prefix=a&prefix=a", ["/prefix"]),
        ("?prefix=a%00", ["/prefix"]),
        ("?limit=0", ["/limit"]),
        ("?limit=", ["/limit"]),
        ("?limit=x&other=1", ["/limit", "/other"]),
        ("?a~b/c=1", ["/a~0b~1c"]),
    ],
)
async def test_a_query_that_does_not_fit_422(served: Served, query: str, pointers: list[str]) -> None:
    # when
    answer = await served.ask("GET", f"/things{query}")

    # then
    assert answer.refusal == (422, Code.INVALID_QUERY)
    assert answer.errors == [(pointer, Code.INVALID_QUERY) for pointer in pointers]
    assert not served.things.calls


async def test_a_query_where_none_is_known_422(served: Served) -> None:
    answer = await served.ask("GET", "/broken?limit=1")
    assert (answer.refusal, answer.errors) == ((422, Code.INVALID_QUERY), [("/limit", Code.INVALID_QUERY)])


async def test_a_query_that_fits(served: Served) -> None:
    answer = await served.ask("GET", "/things?prefix=%C3%A9%20%2B+x&limit=2")
    assert answer.body["got"] == {"prefix": "é + x", "limit": 2}


@pytest.mark.parametrize("target", [b"/things?prefix=\xff", b"/things?\xff=1", b"/things?prefix=%FF", b"/named/\xff"])
async def test_bytes_that_are_no_text_are_never_a_500(served: Served, target: bytes) -> None:
    # given
    head = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" % target
    head += b"Authorization: Bearer %b\r\n\r\n" % SERVICE_TOKEN.encode()

    # when
    answer = await served.raw(head)

    # then
    assert int(answer.split(b" ")[1]) < 500


@pytest.mark.parametrize("part", ["x", "0", "-1", "2147483648", "1.5", "%00", "1%2F2", "%20", "1%00"])
async def test_a_part_of_the_path_that_does_not_fit_404(served: Served, part: str) -> None:
    assert (await served.ask("DELETE", f"/things/{part}")).refusal == (404, Code.NOT_FOUND)
    assert not served.things.calls


async def test_a_part_of_the_path_is_decoded_once(served: Served) -> None:
    assert (await served.ask("GET", "/named/%C3%A9%2Fb%2520+c")).body["got"] == {"name": "é/b%20+c"}
    assert (await served.ask("GET", "/named/a%00")).refusal == (404, Code.NOT_FOUND)
