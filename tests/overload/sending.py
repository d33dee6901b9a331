"""Senders of an overload: how much they offer, what they are answered, and what came of it."""

import asyncio
import itertools
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import msgspec

from tests.bench import bodies
from tests.bench.cells import generate
from tests.bench.load import Job, Outcome
from tests.bench.servers import Servers
from tests.e2e.deployment import Deployment
from tests.e2e.inlet import key_of
from tests.e2e.process import eventually
from tests.fuzz.checks import peak_mib
from tests.overload.watching import Seen, watching

_PATH = "/public/v1/user/data"
_BATCH = 500
_STEADY_BATCH = 20
_CAPACITY_S = 10.0
_CONNECTIONS = 400
_FEW_CONNECTIONS = 50
_LOOK_S = 1.0
_STILL_S = 60.0
_PROPERTIES = {"department": "String", "title": "String", "seats": "Number", "score": "Number", "hired": "Date"}


@dataclass(frozen=True)
class Sender:
    """Posts of one token: what was offered, what came back, and where the receipts are."""

    name: str
    offered_per_s: float
    seconds: float
    outcome: Outcome
    receipts: Path

    @property
    def answered_per_s(self) -> float:
        """Answers a second, over the time in which it sent."""
        return sum(self.outcome.answers.values()) / self.seconds


@dataclass(frozen=True)
class Flood:
    """A flood and the steady sender beside it.

    `lost` counts the batches without a receipt that says `written` and the steady sender's records without a profile.
    """

    name: str
    is_limited: bool
    flooding: Sender
    steady: Sender
    held_mib: float
    waiting: int
    peaks_mib: dict[str, float]
    drained_s: float
    lost: int


@dataclass(frozen=True)
class Senders:
    """The tokens, and the bodies that they send."""

    limited: str
    unlimited: str
    steady: str
    integration: str
    pool: Path
    folder: Path

    @classmethod
    async def made(cls, inlet: Deployment, folder: Path) -> "Senders":
        """Defines an integration and three access tokens: of the default rate, of none, and the steady sender's."""
        integration = await _define(inlet)
        pool = folder / "flood.pool"
        bodies.save(bodies.build(bodies.Pool(integration, _BATCH, profiles=20_000, rounds=2)), pool)
        limited = await inlet.new_token("data:write", records_per_s=None)
        unlimited, steady = await inlet.new_token("data:write"), await inlet.new_token("data:write")
        senders = cls(limited, unlimited, steady, integration, pool, folder)
        for token in (limited, unlimited, steady):
            await _known(inlet, token, integration)
        return senders

    def steady_pool(self, name: str, posts: int) -> Path:
        """Bodies of which each has users of its own."""
        path = self.folder / f"{name}.pool"
        users = itertools.count()
        data = [
            [{"userId": f"{name}-{next(users)}", "seats": post} for _ in range(_STEADY_BATCH)] for post in range(posts)
        ]
        bodies.save([msgspec.json.encode({"token": self.integration, "data": records}) for records in data], path)
        return path


async def capacity(inlet: Deployment, senders: Senders) -> float:
    """Records a second that are written when as much is sent as is accepted, until the last of them is committed."""
    receipts = senders.folder / "capacity.receipts"
    job = _job(inlet, senders.unlimited, senders.pool, _CAPACITY_S, receipts)
    began = time.monotonic()
    outcome = await generate(msgspec.structs.replace(job, connections=16))
    await _until_written(inlet, _keys(receipts))
    return outcome.accepted * _BATCH / (time.monotonic() - began)


async def flood(
    inlet: Deployment,
    backing: Servers,
    senders: Senders,
    name: str,
    token: str,
    *,
    records_per_s: float,
    seconds: float,
) -> Flood:
    """Floods with one token, goes on with the steady one, and waits until what was accepted is written."""
    steady_per_s = records_per_s / 5 / 100 / _STEADY_BATCH
    steady_pool = senders.steady_pool(f"steady-{len(name)}", round(steady_per_s * seconds) + 100)
    seen = Seen()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watching(inlet, backing.broker_url, seen, stop))
        flooding = tasks.create_task(
            _send(
                inlet, senders, token, senders.pool, name="flood", posts_per_s=records_per_s / _BATCH, seconds=seconds
            )
        )
        steady = tasks.create_task(
            _send(inlet, senders, senders.steady, steady_pool, name="steady", posts_per_s=steady_per_s, seconds=seconds)
        )
        await asyncio.wait((flooding, steady))
        ended = time.monotonic()
        lost = await _lost(inlet, flooding.result(), steady.result(), steady_pool.stem)
        drained_s = time.monotonic() - ended
        stop.set()
    peaks = {role: peak_mib(service) or 0.0 for role, service in inlet.services.items()}
    held = seen.held / 1024 / 1024
    return Flood(
        name, token == senders.limited, flooding.result(), steady.result(), held, seen.waiting, peaks, drained_s, lost
    )


async def _send(
    inlet: Deployment, senders: Senders, token: str, pool: Path, *, name: str, posts_per_s: float, seconds: float
) -> Sender:
    connections = min(_CONNECTIONS, max(_FEW_CONNECTIONS, round(posts_per_s)))
    receipts = senders.folder / f"{name}.receipts"
    job = msgspec.structs.replace(
        _job(inlet, token, pool, seconds, receipts), connections=connections, interval_s=connections / posts_per_s
    )
    return Sender(name, posts_per_s, seconds, await generate(job), receipts)


def _job(inlet: Deployment, token: str, pool: Path, seconds: float, receipts: Path) -> Job:
    return Job(
        url=inlet.services["gateway"].url + _PATH,
        bodies=str(pool),
        seconds=seconds,
        headers={"Authorization": f"Bearer {token}"},
        receipts=str(receipts),
    )


def _keys(receipts: Path) -> list[bytes]:
    return [key_of(line) for line in receipts.read_text().split()]


async def _lost(inlet: Deployment, flooding: Sender, steady: Sender, prefix: str) -> int:
    keys = [*_keys(flooding.receipts), *_keys(steady.receipts)]
    written = await _until_written(inlet, keys)
    session = await asyncpg.connect(inlet.database_url)
    try:
        profiles = await session.fetchval(
            "SELECT count(*) FROM profiles.profiles WHERE starts_with(user_id, $1)", f"{prefix}-"
        )
    finally:
        await session.close()
    # There may be more of them: what was answered with 503 may have been stored all the same.
    return len(keys) - written + max(0, steady.outcome.accepted * _STEADY_BATCH - int(profiles))


async def _until_written(inlet: Deployment, keys: list[bytes]) -> int:
    """How many of these receipts say `written`, once all do, or for `_STILL_S` no more of them."""
    session = await asyncpg.connect(inlet.database_url)
    sql = "SELECT count(*) FROM profiles.receipts WHERE state = 'written' AND receipt = ANY($1)"
    written = 0

    async def look() -> int | None:
        await asyncio.sleep(_LOOK_S)  # it takes the database's time as well
        now = int(await session.fetchval(sql, keys))
        return now if now > written else None

    try:
        with suppress(TimeoutError):
            while written < len(keys):
                written = await eventually(look, "more batches are written", _STILL_S)
        return written
    finally:
        await session.close()


async def _define(inlet: Deployment) -> str:
    (await inlet.admin("POST", "/api/v1/systems", {"key": "flood", "name": "Flood"})).good(201)
    mappings = [{"property": name, "attribute": name, "type": type_} for name, type_ in _PROPERTIES.items()]
    body = {
        "name": "Flood",
        "system": "flood",
        "environment": "production",
        "state": "active",
        "user_id": {"property": "userId"},
        "mappings": mappings,
    }
    number = (await inlet.admin("POST", "/api/v1/integrations", body)).good(201).body["id"]
    return str((await inlet.admin("POST", f"/api/v1/integrations/{number}/tokens", {})).good(201).body["token"])


async def _known(inlet: Deployment, access: str, integration: str) -> None:
    async def look() -> bool:
        body = {"token": integration, "data": [{"userId": "known"}]}
        return (await inlet.with_token(access, "POST", _PATH, body)).status == 202

    await eventually(look, "the gateway knows every token", 10)
