"""Segments at a million profiles: `python -m tests.bench.segments`, about two minutes and 1.5 GB of disk.

It fills a PostgreSQL of its own (fsync on) by SQL, runs one profile API on it, and asks over HTTP: previews, first
pages of members, and one user's context at a steady rate with 50 segments defined. Bounds stand beside the figures.
"""

import argparse
import asyncio
import hashlib
import os
import platform
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import asyncpg

from services.embedded_postgres import EmbeddedPostgres
from shared.contract import tokens
from shared.contract.definitions import (
    AccessToken,
    Attribute,
    AttributeType,
    Environment,
    Scope,
    Secret,
    Segment,
    Snapshot,
    System,
)
from tests.backing.ports import free_ports
from tests.bench.processes import finished, running, until_ready
from tests.bench.servers import POSTGRES_SETTINGS, own_postgres

_TOKEN = tokens.make(tokens.TokenKind.ACCESS)
_PLACE = {"system": "bench", "environment": "production"}
_STRING, _NUMBER, _DATE = AttributeType.STRING, AttributeType.NUMBER, AttributeType.DATE
_TYPES = (_STRING, _STRING, _STRING, _STRING, _NUMBER, _NUMBER, _NUMBER, _DATE, _DATE, _DATE)
# User IDs in random order, as profiles come in. a1 has 10 values, a3 one in 50,000 (20 users), a4 none twice.
_FILL = """
INSERT INTO profiles.profiles (environment_id, user_id, attributes, stamp, oldest, written_at)
SELECT 1, md5(n::text) || '@example.com', jsonb_build_object(
    '1', 'Department ' || n % 10, '2', 'Office ' || n % 200, '3', 'Area ' || n % 50000, '4', md5((-n)::text),
    '5', n % 1000, '6', n / 8.0, '7', n,
    '8', to_char(current_date - n % 5000, 'YYYY-MM-DD'), '9', to_char(current_date + n % 5000, 'YYYY-MM-DD'),
    '10', to_char(now() AT TIME ZONE 'UTC' - n * interval '37 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
    decode(repeat(md5(n::text), 2) || '0123456789abcdef', 'hex'), decode(md5(n::text), 'hex'), now()
FROM generate_series($1::integer, $2::integer) AS n
"""
_FILL_AT_ONCE = 50_000
_THREE = {
    "all": [
        {"attribute": "a1", "operator": "in", "value": ["Department 3", "Department 4"]},
        {"attribute": "a5", "operator": "at_least", "value": 500},
        {"attribute": "a8", "operator": "in_last", "value": {"count": 36, "unit": "months"}},
    ]
}
_RARE = {"attribute": "a3", "operator": "equals", "value": "Area 4711"}
_NOBODY = {"attribute": "a4", "operator": "contains", "value": "nobody"}
_ALL_BUT = {"not": _RARE}


class Bound(NamedTuple):
    """A figure in milliseconds, and what it must stay below."""

    what: str
    ms: float
    below: float

    def line(self) -> str:
        return f"{self.what:<58} {self.ms:>8.1f} ms   bound {self.below:>6.0f} ms   {self.ms < self.below}"


def conditions(number: int) -> dict[str, Any]:
    """One of the segments that a context asks for: three comparisons, one of each type."""
    return {
        "all": [
            {"attribute": f"a{number % 4 + 1}", "operator": "starts_with", "value": f"Office {number}"},
            {"any": [
                {"attribute": f"a{number % 3 + 5}", "operator": "less", "value": number * 1000},
                {"attribute": f"a{number % 3 + 8}", "operator": "older_than", "value": {"count": 9, "unit": "weeks"}},
            ]},
        ]
    }  # fmt: skip


def snapshot(segments: int) -> Snapshot:
    """The definitions."""
    made: Mapping[str, Any] = {"three": _THREE, "rare": _RARE, "nobody": _NOBODY, "all-but": _ALL_BUT}
    every = {**made, **{f"s-{number}": conditions(number) for number in range(segments - len(made))}}
    return Snapshot(
        version=1,
        systems=(System(id=1, key="bench", name="Bench"),),
        environments=(Environment(id=1, system=1, key="production", name="Production"),),
        attributes=tuple(
            Attribute(id=n, system=1, key=f"a{n}", name=f"A {n}", type=type_) for n, type_ in enumerate(_TYPES, 1)
        ),
        access_tokens=(
            AccessToken(id=1, secrets=(Secret(sha256=tokens.digest(_TOKEN)),), scopes=frozenset({Scope.PROFILES_READ})),
        ),
        segments=tuple(
            Segment(id=n, key=key, name=key, environment=1, condition=condition)
            for n, (key, condition) in enumerate(every.items(), 1)
        ),
    )


async def fill(url: str, profiles: int) -> None:
    """The profiles, as many as are asked for, and what autovacuum would have seen to."""
    session = await asyncpg.connect(url)
    try:
        for first in range(1, profiles + 1, _FILL_AT_ONCE):
            await session.execute(_FILL, first, min(first + _FILL_AT_ONCE - 1, profiles))
        await session.execute("VACUUM (ANALYZE) profiles.profiles")
        await session.execute("CHECKPOINT")
    finally:
        await session.close()


@asynccontextmanager
async def profile_api(postgres: EmbeddedPostgres, segments: int, profiles: int, folder: Path) -> AsyncIterator[str]:
    """The address of a profile API on a database of so many profiles."""
    password, url = secrets.token_hex(16), postgres.url()
    names = ("CONFIG_API", "PROFILE_WRITER", "PROFILE_API", "QUEUE")
    passwords = {f"INLET_{name}_PASSWORD": password for name in names}
    await finished("migrate", ["services", "migrate"], {"INLET_MIGRATE_URL": url, **passwords}, folder)
    await fill(url, profiles)
    (folder / "snapshot.json").write_text(snapshot(segments).model_dump_json())
    [port] = free_ports(1)
    environment = {
        "INLET_BROKER_URL": postgres.url(user="inlet_queue", password=password),
        "INLET_DATABASE_URL": postgres.url(user="inlet_profile_api", password=password),
        "INLET_SNAPSHOT_FILE": str(folder / "snapshot.json"),
        "INLET_RECEIPT_KEY": secrets.token_urlsafe(24),
        "INLET_SESSION_KEY": secrets.token_urlsafe(24),
        "INLET_PORT": str(port),
    }
    with running("profile-api", ["services", "profile-api"], environment, folder):
        await until_ready(port)
        yield f"http://127.0.0.1:{port}/api/v1"


async def timed(session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> tuple[float, Any]:
    """Milliseconds until the answer was read, and the answer."""
    begun = time.perf_counter()
    async with session.request(method, url, **options) as answer:
        answer.raise_for_status()
        said = await answer.json()
    return (time.perf_counter() - begun) * 1000, said


async def median(session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> float:
    """Milliseconds of five answers in the middle; the first of all, which warms up, does not count."""
    await timed(session, method, url, **options)
    return statistics.median([(await timed(session, method, url, **options))[0] for _ in range(5)])


def some_users(profiles: int) -> list[str]:
    """User IDs as `_FILL` makes them, from all over the table."""
    numbers = random.Random(1).choices(range(1, profiles + 1), k=2_000)
    return [hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest() + "@example.com" for n in numbers]


async def contexts(
    session: aiohttp.ClientSession, url: str, users: Sequence[str], rate: int, seconds: float
) -> list[float]:
    """Milliseconds of each request, sent at fixed moments whether or not those before it were answered."""
    begun, asked = time.perf_counter(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        asked.append(asyncio.create_task(timed(session, "GET", f"{url}/{users[number % len(users)]}")))
    return sorted([(await each)[0] for each in asked])


async def measure(address: str, users: Sequence[str], rate: int, seconds: float) -> Sequence[str]:
    """The lines of the report."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {_TOKEN}"}) as session:
        bounds = []
        for name, condition in (("three conditions", _THREE), ("nobody", _NOBODY), ("all but 20", _ALL_BUT)):
            body = {**_PLACE, "condition": condition}
            ms = await median(session, "POST", f"{address}/members:preview", json=body)
            bounds.append(Bound(f"preview, {name}", ms, 2_000))
        for name in ("three", "all-but", "rare", "nobody"):
            ms = await median(session, "GET", f"{address}/members/bench/production/{name}")
            bounds.append(Bound(f"first page of members, segment {name!r}", ms, 300))
        context = f"{address}/context/bench/production"
        await contexts(session, context, users, rate, 2)
        delays = await contexts(session, context, users, rate, seconds)
    for name, share in (("median", 0.5), ("99th percentile", 0.99), ("slowest", 1.0)):
        ms = delays[min(int(len(delays) * share), len(delays) - 1)]
        bounds.append(Bound(f"context at {rate} requests/s, {name} of {len(delays)}", ms, 15))
    return [each.line() for each in bounds]


async def run(profiles: int, segments: int, rate: int, seconds: float) -> None:
    """Measures and prints."""
    _say(f"load average before the run: {os.getloadavg()[0]:.2f}; {os.cpu_count()} CPUs, Linux {platform.release()}")
    _say(f"{profiles:,} profiles of {len(_TYPES)} attributes, {segments} segments; {POSTGRES_SETTINGS}")
    with tempfile.TemporaryDirectory(prefix="inlet-bench-") as folder, own_postgres() as postgres:
        async with profile_api(postgres, segments, profiles, Path(folder)) as address:
            for line in await measure(address, some_users(profiles), rate, seconds):
                _say(line)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--rate", type=int, default=200, help="contexts a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    asyncio.run(run(asked.profiles, asked.segments, asked.rate, asked.seconds))


if __name__ == "__main__":
    main()
