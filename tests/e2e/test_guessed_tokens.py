"""Tokens that are none, by the thousand: nobody gets in, nothing is looked up, and no answer tells one from another.

`INLET_TEST_TOKENS=1000000 make test TESTS=tests/e2e/test_guessed_tokens.py` tries a million.
"""

import asyncio
import hashlib
import itertools
import json
import os
import random
import string
import time
from collections import Counter
from collections.abc import Iterator
from statistics import median
from urllib.parse import urlsplit

from tests.e2e.deployment import Deployment
from tests.e2e.process import Service, eventually
from tests.e2e.snapshot import checksum, new_token
from tests.e2e.test_definitions import DATA, INTEGRATIONS, given_an_integration, post_until

TOKENS = int(os.environ.get("INLET_TEST_TOKENS", "8000"))
AT_ONCE = 50  # requests in one write
LETTERS = string.ascii_letters + string.digits
BACKGROUND_PER_S = 10  # transactions of services that are asked nothing
DOORS = {
    "gateway": f"POST {DATA} HTTP/1.1\r\nContent-Length: 0\r\nContent-Type: application/json\r\n",
    "mapper": "POST /api/v1/preview HTTP/1.1\r\nContent-Length: 0\r\nContent-Type: application/json\r\n",
    "profile-api": "GET /api/v1/profiles/crm/production/u-17 HTTP/1.1\r\n",
    "config-api": f"GET {INTEGRATIONS} HTTP/1.1\r\n",
}


def guesses(real: str, seed: int) -> Iterator[str]:
    """Random tokens of good form, and what is close to a real one, in turns and without an end."""
    chance = random.Random(seed)
    while True:
        body = "inl_a_" + "".join(chance.choices(LETTERS, k=30))
        yield body + checksum(body)
        place, letter = chance.randrange(len(real)), chance.choice(LETTERS)
        changed = real[:place] + letter + real[place + 1 :]
        near = (
            changed,
            changed[:-6] + checksum(changed[:-6]),
            real[:place],
            real + letter,
            real[:place] + real[place:].swapcase(),
            real.replace("inl_a_", "inl_i_"),
            hashlib.sha256(real.encode()).hexdigest(),
            real + "," + real,
        )
        yield from (guess for guess in near if guess != real)


async def test_no_guess_gets_in_and_none_reaches_the_database(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start(log_level="error")
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "profiles:read", "config:read")
    await post_until(inlet, 202, access, token)
    before, began = await transactions(inlet), time.monotonic()

    # when
    answers: Counter[bytes] = Counter()
    storms = [
        storm(inlet.services[name], head, itertools.islice(guesses(access, seed), TOKENS // len(DOORS)))
        for seed, (name, head) in enumerate(DOORS.items())
    ]
    for each in await asyncio.gather(*storms):
        answers += each
    took = time.monotonic() - began

    # then: sessions tell what they did at the latest when they end
    for service in inlet.services.values():
        service.terminate()
    done = await transactions(inlet) - before
    assert answers == {b"401": TOKENS // len(DOORS) * len(DOORS)}
    assert done < 100 + BACKGROUND_PER_S * (took + 20)
    assert done < TOKENS / 4


async def storm(service: Service, head: str, tokens: Iterator[str]) -> Counter[bytes]:
    """The statuses that a service answers these tokens with, on one connection."""
    parts = urlsplit(service.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    statuses: Counter[bytes] = Counter()
    while group := list(itertools.islice(tokens, AT_ONCE)):
        requests = (f"{head}Host: inlet\r\nAuthorization: Bearer {token}\r\n\r\n" for token in group)
        writer.write("".join(requests).encode())
        for _ in group:
            statuses[await status(reader)] += 1
    writer.close()
    return statuses


async def status(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(30):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
    return head.split()[1]


async def transactions(inlet: Deployment) -> int:
    """How many transactions the database has seen, as far as its sessions have told."""
    [row] = await inlet.query(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    )
    return int(row[0])


async def test_no_answer_tells_an_unknown_token_from_a_revoked_one(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start(log_level="error")
    number, _ = await given_an_integration(inlet, state="active")
    real, revoked = await inlet.new_token("data:write"), await inlet.new_token("data:write")
    listed = (await inlet.admin("GET", "/api/v1/access-tokens?limit=1000")).good(200).body["items"]
    await inlet.delete(f"/api/v1/access-tokens/{listed[-1]['id']}")
    await eventually(lambda: refused(inlet, revoked), "the revoked token is refused", 10.0)
    near = real[:-1] + ("0" if real[-1] != "0" else "1")
    kinds = {"unknown": new_token("a"), "near": near, "revoked": revoked, "other_kind": new_token("i")}

    # when: in turns, so that whatever else goes on here meets all of them alike
    service = inlet.services["gateway"]
    parts = urlsplit(service.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    texts = set()
    for kind, token in list(kinds.items()) * 400:
        writer.write(f"{DOORS['gateway']}Host: inlet\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        began = time.perf_counter()
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        times[kind].append(time.perf_counter() - began)
        size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        answer = json.loads(await reader.readexactly(size))
        texts.add((head.replace(answer.pop("requestId").encode(), b"").partition(b"Date:")[0], json.dumps(answer)))
    writer.close()

    # then
    medians = {kind: median(each) for kind, each in times.items()}
    assert len(texts) == 1
    assert max(medians.values()) < 1.3 * min(medians.values()), medians
    assert number


async def refused(inlet: Deployment, token: str) -> bool:
    return (await inlet.with_token(token, "POST", DATA, {})).status == 401
