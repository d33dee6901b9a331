"""The bench's load generator: what it counts is what was answered, and it never leaves this machine."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.bench import bodies
from tests.bench.load import Job, run

Answer = Callable[[int], bytes]


def _answer(status: str, body: bytes = b"{}", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Server:
    """Answers the n-th request with `answer(n)` and remembers what it was sent."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.bodies: list[bytes] = []
        self.heads: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(length))
                writer.write(self._answer(len(self.bodies)))
        except asyncio.IncompleteReadError:
            pass  # the generator has closed its connection
        finally:
            writer.close()


@asynccontextmanager
async def _serving(answer: Answer) -> AsyncIterator[tuple[Server, str]]:
    server = Server(answer)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listener:
        yield server, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/public/v1/user/data"


@pytest.fixture
def pool(tmp_path: Path) -> str:
    path = tmp_path / "bodies.pool"
    bodies.save([b'{"n": 1}', b'{"n": 22}', b'{"n": 333}'], path)
    return str(path)


async def test_counts_answers_by_status(pool: str) -> None:
    # given a server that refuses every third post
    async with _serving(lambda n: _answer("503 Busy" if n % 3 == 0 else "202 Accepted")) as (server, url):
        # when nine are sent
        outcome = await run(Job(url=url, bodies=pool, seconds=5, connections=1, requests=9))

    # then each is counted once, under the status that it got
    assert outcome.answers == {"202": 6, "503": 3}
    assert outcome.accepted == 6
    assert outcome.lost == 0
    assert len(server.bodies) == 9


async def test_cycles_the_pool_with_the_given_headers(pool: str) -> None:
    # given a server, whose answers arrive in pieces
    async with _serving(lambda _: _answer("202 Accepted", body=b"x" * 2_000_000)) as (server, url):
        # when more posts than bodies are sent
        headers = {"Authorization": "Bearer secret"}
        outcome = await run(Job(url=url, bodies=pool, seconds=5, connections=2, requests=6, headers=headers))

    # then every body was sent equally often, whole, and with the headers
    assert Counter(server.bodies) == {b'{"n": 1}': 2, b'{"n": 22}': 2, b'{"n": 333}': 2}
    assert all(head.startswith(b"POST /public/v1/user/data HTTP/1.1\r\n") for head in server.heads)
    assert all(b"Authorization: Bearer secret\r\n" in head for head in server.heads)
    assert outcome.answers == {"202": 6}


async def test_ends_when_the_time_is_up(pool: str) -> None:
    # given a server that never refuses
    async with _serving(lambda _: _answer("202 Accepted")) as (server, url):
        # when a closed loop runs for 0.2 s
        outcome = await run(Job(url=url, bodies=pool, seconds=0.2, connections=4))

    # then it has ended after that time, with an answer for everything that was sent
    assert outcome.window_end - outcome.first_post == pytest.approx(0.2, abs=0.05)
    assert outcome.accepted == len(server.bodies) > 4


async def test_paces_itself(pool: str) -> None:
    # given a server that answers at once
    async with _serving(lambda _: _answer("202 Accepted")) as (server, url):
        # when two connections send every 0.1 s for 0.5 s
        await run(Job(url=url, bodies=pool, seconds=0.5, connections=2, interval_s=0.1))

    # then that is five posts each, though the server could have taken thousands
    assert 8 <= len(server.bodies) <= 10


async def test_counts_a_connection_lost_before_its_answer(pool: str) -> None:
    # given a server that closes instead of answering
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(slam, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
        # when one post is sent
        outcome = await run(Job(url=url, bodies=pool, seconds=5, connections=1, requests=1))

    # then it is lost, not accepted
    assert outcome.lost == 1
    assert outcome.accepted == 0


@pytest.mark.parametrize("url", ["http://192.0.2.1:8080/", "https://127.0.0.1/", "http://example.com/", "http:///x"])
async def test_targets_loopback_only(url: str, pool: str) -> None:
    # given any other target, when it is to be loaded, then nothing is sent
    with pytest.raises(ValueError, match=r"loopback|appear to be"):
        await run(Job(url=url, bodies=pool, seconds=1))


async def test_is_bounded_in_time(pool: str) -> None:
    # given a job of an hour, when it is to run, then it is refused
    with pytest.raises(ValueError, match="at most 120"):
        async with asyncio.timeout(5):
            await run(Job(url="http://127.0.0.1:1/", bodies=pool, seconds=3600))


async def test_keeps_receipts_and_tells_a_refusal_that_does_not_say_when_to_come_again(
    pool: str, tmp_path: Path
) -> None:
    # given a server that accepts, then refuses with and without Retry-After
    answers = (
        _answer("202 Accepted", b'{"receipt": "a"}'),
        _answer("503 Busy", extra="Retry-After: 1\r\n"),
        _answer("429 Slow down"),
        _answer("202 Accepted", b'{"receipt": "b"}'),
    )
    async with _serving(lambda n: answers[n - 1]) as (_, url):
        # when it sends one after the other
        receipts = tmp_path / "receipts"
        outcome = await run(
            Job(url=url, bodies=pool, seconds=5, connections=1, requests=4, interval_s=0.01, receipts=str(receipts))
        )

    # then
    assert receipts.read_text().split() == ["a", "b"]
    assert (outcome.accepted, outcome.bare, outcome.late) == (2, 1, 0)
    assert 0 < outcome.slowest_ms < 5_000


class _Envelope(msgspec.Struct):
    token: str
    data: list[dict[str, str | int | float]]


def test_no_record_repeats_what_its_profile_holds() -> None:
    # given a pool
    built = bodies.build(bodies.Pool("inl_i_x", batch=10, profiles=100, rounds=3))

    # when it is cycled
    seen: dict[object, dict[str, str | int | float]] = {}
    for body in [*built, *built]:
        envelope = msgspec.json.decode(body, type=_Envelope)
        assert len({record["userId"] for record in envelope.data}) == 10
        for record in envelope.data:
            before = seen.get(record["userId"], {})
            # then every attribute of every record is new for its profile
            assert not (record.items() & before.items()) - {("userId", record["userId"])}
            seen[record["userId"]] = record
    assert len(seen) == 100


def test_the_same_seed_gives_the_same_bodies() -> None:
    # given two pools that differ in nothing but the seed
    one, same, other = (bodies.Pool("t", batch=5, profiles=50, seed=seed) for seed in (1, 1, 2))

    # when they are built, then only the seed makes a difference
    assert bodies.build(one) == bodies.build(same) != bodies.build(other)
