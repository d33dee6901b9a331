"""What other services make of the config API's answers, good, bad and missing."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from shared.contract import tokens
from shared.contract.definitions import Revision, UserIdRule
from shared.runtime.broker import UnavailableError
from shared.runtime.clock import Clock, system_clock
from shared.runtime.http_source import TIME_HEADER, HttpSource
from shared.runtime.metrics import Metrics
from shared.runtime.snapshot import InvalidSnapshotError, SnapshotKeeper
from tests.backing.config_api import SERVICE_TOKEN as REAL_SERVICE_TOKEN
from tests.backing.config_api import running_config_api
from tests.backing.ports import free_ports
from tests.integration.given_config_api import SERVICE_TOKEN, Respond, StandIn, answering, snapshot_of, stand_in

SECOND = 1_000_000
REVISION = Revision(integration=3, number=2, environment=1, user_id=UserIdRule(property="userId"))
Ask = Callable[[HttpSource], Awaitable[object]]
ASKS: dict[str, Ask] = {
    "fetch": HttpSource.fetch,
    "revision": lambda source: source.revision(3, 2),
    "report_use": lambda source: source.report_use({"0" * 64: 1}),
}


@asynccontextmanager
async def source_of(
    url: str, *, clock: Clock = system_clock, timeout_s: float = 5.0, token: str = SERVICE_TOKEN
) -> AsyncIterator[HttpSource]:
    source = HttpSource(url, token, clock, timeout_s=timeout_s)
    try:
        yield source
    finally:
        await source.close()


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with stand_in(snapshot_of(1)) as running:
        yield running


@pytest.fixture
async def source(server: StandIn) -> AsyncIterator[HttpSource]:
    async with source_of(server.url) as source:
        yield source


async def version(source: HttpSource) -> int | None:
    snapshot = await source.fetch()
    return None if snapshot is None else snapshot.version


async def test_a_snapshot_is_sent_once_per_version(server: StandIn, source: HttpSource) -> None:
    # when
    first, second = await version(source), await version(source)
    server.respond = snapshot_of(2)
    third, fourth = await version(source), await version(source)

    # then
    assert [first, second, third, fourth] == [1, None, 2, None]
    assert [each.tag for each in server.asked] == [None, '"1"', '"1"', '"2"']
    assert {each.credentials for each in server.asked} == {f"Bearer {SERVICE_TOKEN}"}
    assert {each.path for each in server.asked} == {"/internal/v1/snapshot"}


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"version": 0}', b"\xff", b"<html>"])
async def test_the_tag_of_garbage_is_not_remembered(server: StandIn, source: HttpSource, garbage: bytes) -> None:
    # given
    good, broken = server.respond, answering(200, garbage, ETag='"9"')
    server.respond = broken
    with pytest.raises(InvalidSnapshotError):
        await source.fetch()
    server.respond = good

    # when
    first = await version(source)
    server.respond = broken
    with pytest.raises(InvalidSnapshotError):
        await source.fetch()
    server.respond = good

    # then
    assert (first, await version(source)) == (1, None)
    assert [each.tag for each in server.asked] == [None, None, '"1"', '"1"']


async def test_not_modified_is_no_answer_to_who_has_nothing(server: StandIn, source: HttpSource) -> None:
    # given
    server.respond = answering(304)

    # then: a keeper would take it for a confirmation of what is on its disk
    with pytest.raises(UnavailableError):
        await source.fetch()


async def stalling(request: web.Request) -> web.StreamResponse:
    """The head, half of a body, and no more until the client gives up."""
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"version": ')
    assert request.transport is not None
    while not request.transport.is_closing():
        await asyncio.sleep(0.01)
    return response


async def cut(request: web.Request) -> web.StreamResponse:
    """The head, half of a body, and the end of the connection."""
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"version": ')
    assert request.transport is not None
    request.transport.close()
    return response


REFUSALS: dict[str, Respond] = {
    "401": answering(401, b'{"code": "invalid_token"}'),
    "403": answering(403),
    "404": answering(404, b"<html>not found</html>"),
    "500": answering(500, b"Internal Server Error"),
    "503": answering(503, b'{"code": "not_ready"}', Retry_After="1"),
    "200 that is no gzip": answering(200, b"{}", Content_Encoding="gzip"),
    "stalling": stalling,
    "cut": cut,
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
async def test_what_is_no_answer_is_unavailable_and_tells_no_token(server: StandIn, refusal: Respond, ask: Ask) -> None:
    # given
    server.respond = refusal
    async with source_of(server.url, timeout_s=0.5) as source:
        # when
        with pytest.raises(UnavailableError) as raised:
            await ask(source)

        # then
        assert SERVICE_TOKEN not in "".join(traceback.format_exception(raised.value))
        assert "definitions" in str(raised.value)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
async def test_nobody_there_is_unavailable(ask: Ask) -> None:
    # given
    (port,) = free_ports(1)
    async with source_of(f"http://127.0.0.1:{port}") as source:
        # then
        with pytest.raises(UnavailableError) as raised:
            await ask(source)
        assert SERVICE_TOKEN not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
async def test_what_echoes_instead_of_speaking_http_is_unavailable_and_tells_no_token(ask: Ask) -> None:
    # given: a listener that sends our own header fields back
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    listener = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, source_of(f"http://127.0.0.1:{port}") as source:
        # then
        with pytest.raises(UnavailableError) as raised:
            await ask(source)
        assert SERVICE_TOKEN not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
async def test_no_redirect_is_followed(server: StandIn, source: HttpSource, status: int, ask: Ask) -> None:
    async with stand_in(snapshot_of(7)) as elsewhere:
        for target in (elsewhere.url, server.url):
            # given
            server.respond = answering(status, Location=f"{target}/internal/v1/elsewhere")

            # then
            with pytest.raises(UnavailableError, match=str(status)):
                await ask(source)
        assert not elsewhere.asked
        assert len(server.asked) == 2


async def test_a_keeper_logs_what_is_wrong_without_the_token(
    server: StandIn, source: HttpSource, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    keeper = SnapshotKeeper(source, tmp_path / "cache", system_clock, Metrics())
    await keeper.start()

    # when
    for respond in (*(REFUSALS[name] for name in ("401", "404", "500", "cut")), answering(200, b"{")):
        server.respond = respond
        await keeper.refresh()

    # then
    logged = "".join(capsys.readouterr())
    assert logged.count("definitions not refreshed") == 5
    assert SERVICE_TOKEN not in logged
    assert keeper.current is not None


async def test_a_revision_comes_by_its_numbers(server: StandIn, source: HttpSource) -> None:
    # given
    server.respond = answering(200, REVISION.model_dump_json().encode())

    # then
    assert await source.revision(3, 2) == REVISION
    assert [each.path for each in server.asked] == ["/internal/v1/revisions/3/2"]
    assert server.asked[0].credentials == f"Bearer {SERVICE_TOKEN}"


async def test_only_the_config_api_can_deny_a_revision(server: StandIn, source: HttpSource) -> None:
    # given
    denial = b'{"status": 404, "code": "unknown_revision"}'
    server.respond = answering(404, denial, Content_Type="application/problem+json")

    # then
    assert await source.revision(3, 2) is None
    for other in (b"<html>", b"", b"[]", b"{}", b'"unknown_revision"', b'{"code": "not_found"}', b"\xff"):
        server.respond = answering(404, other, Content_Type="application/problem+json")
        with pytest.raises(UnavailableError):
            await source.revision(3, 2)
    for kind in ("application/json", "text/html", "application/octet-stream"):
        server.respond = answering(404, denial, Content_Type=kind)
        with pytest.raises(UnavailableError):
            await source.revision(3, 2)


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"[]", b"<html>", b'{"integration": 3}', b'{"code": "unknown_revision"}']
)
async def test_garbage_is_no_revision_and_no_denial(server: StandIn, source: HttpSource, garbage: bytes) -> None:
    # given
    server.respond = answering(200, garbage)

    # then
    with pytest.raises(UnavailableError):
        await source.revision(3, 2)


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


def taking(time: Time, trip_s: float, theirs_s: float) -> Respond:
    """An answer that takes `trip_s` and shows a clock that is `theirs_s` later than ours at the start."""
    shown = time.now + int(theirs_s * SECOND)
    answer = snapshot_of(1, time=shown)

    async def respond(request: web.Request) -> web.StreamResponse:
        time.now += int(trip_s * SECOND)
        return await answer(request)

    return respond


@pytest.mark.parametrize(
    ("trip_s", "theirs_s", "skew_s"),
    [
        (0, 0, 0),
        (1, 0, 0),  # within the time that the answer took nothing can be said
        (1, 0.5, 0),
        (1, 1, 0),
        (1, -0.25, 0.25),  # theirs was earlier even than our start: we are ahead
        (1, -5, 5),
        (1, 1.25, -0.25),  # later even than our end: we are behind
        (4, 10, -6),
        (0, 3600, -3600),
    ],
)
async def test_a_clock_is_off_by_what_the_round_trip_does_not_explain(
    server: StandIn, trip_s: float, theirs_s: float, skew_s: float
) -> None:
    # given
    time = Time()
    async with source_of(server.url, clock=time) as source:
        for expected in (1, None):  # 200 and 304 tell the time alike
            server.respond = taking(time, trip_s, theirs_s)

            # when
            fetched = await version(source)

            # then
            assert (fetched, source.skew_s) == (expected, skew_s)


async def test_the_last_verdict_on_the_clock_stands_until_the_next(server: StandIn) -> None:
    # given
    time = Time()
    async with source_of(server.url, clock=time) as source:
        keeper = SnapshotKeeper(source, None, time, Metrics())
        server.respond = taking(time, 0, -2.5)
        await keeper.refresh()

        # when
        for shown in (None, "", "now", "-1", "1.5", "²", "9" * 400, "9" * 5000):
            server.respond = answering(200, b"{", **({} if shown is None else {TIME_HEADER: shown}))
            await keeper.refresh()
        server.respond = answering(503)
        await keeper.refresh()

        # then
        assert not keeper.clock_fits()
        assert await keeper.check_clock() == "the clock is +2.5 s off the config API's"

        # when
        server.respond = taking(time, 0, 2)
        await keeper.refresh()

        # then
        assert keeper.clock_fits()
        assert await keeper.check_clock() is None


async def test_use_is_reported_in_batches(server: StandIn, source: HttpSource) -> None:
    # given
    used = {tokens.digest(str(number)): number for number in range(2_500)}
    server.respond = answering(204)

    # when
    await source.report_use({})
    await source.report_use(used)

    # then
    batches = [each.body["used"] for each in server.asked]
    assert [len(batch) for batch in batches] == [1_000, 1_000, 500]
    assert {each["sha256"]: each["at"] for batch in batches for each in batch} == used
    assert {each.path for each in server.asked} == {"/internal/v1/last-use"}


async def test_the_first_batch_that_is_refused_ends_the_report(server: StandIn, source: HttpSource) -> None:
    # given
    server.respond = answering(500)

    # when
    with pytest.raises(UnavailableError):
        await source.report_use({tokens.digest(str(number)): number for number in range(2_500)})

    # then
    assert len(server.asked) == 1


async def test_the_config_api_answers_as_its_stand_in_does(database: str) -> None:
    async with (
        running_config_api(database) as api,
        source_of(api.address, token=REAL_SERVICE_TOKEN) as source,
        source_of(api.address, token="a token of nobody's") as stranger,
    ):
        # when
        snapshot, unchanged = await source.fetch(), await source.fetch()
        revision = await source.revision(3, 2)
        await source.report_use({tokens.digest(api.token): 1_790_000_000 * SECOND})

        # then
        assert snapshot is not None
        assert (snapshot.access_tokens[0].secrets[0].sha256, unchanged) == (tokens.digest(api.token), None)
        assert revision is None
        rows = await api.query("SELECT extract(epoch FROM last_used_at)::bigint AS at FROM config.secrets")
        assert [row["at"] for row in rows] == [1_790_000_000]
        assert abs(source.skew_s) < 1
        for ask in ASKS.values():
            with pytest.raises(UnavailableError, match="401"):
                await ask(stranger)
