"""A good sender beside many slow and hostile ones: it hardly notices, and the gateway lives on.

`INLET_TEST_SLOW_SENDERS=1000 make test TESTS=tests/e2e/test_slow_senders.py` takes a thousand, with the deadlines as
they are by default.
"""

import asyncio
import json
import os
import sys
import time
from statistics import quantiles
from urllib.parse import urlsplit

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.process import ROOT
from tests.e2e.test_definitions import DATA, given_an_integration, post_until
from tests.e2e.test_guessed_tokens import status

pytestmark = pytest.mark.timed
SENDERS = int(os.environ.get("INLET_TEST_SLOW_SENDERS", "150"))
IS_FULL = SENDERS >= 1000
QUIET_S, ATTACK_S, WARM_UP_S = (15.0, 40.0, 12.0) if IS_FULL else (4.0, 10.0, 3.0)
DEADLINES = {} if IS_FULL else {"head_timeout_s": "2", "body_timeout_s": "2"}
PACE_S = 0.02
NOISE_S = 0.005 if IS_FULL else 0.1  # what a busy machine adds to any answer
MEMORY_BYTES = 200 * 1024 * 1024
EXPECTED = {
    "slow_head": {"408", "closed", "reset"},
    "slow_body": {"503", "closed", "reset"},
    "silent": {"closed"},
    "bomb": {"413", "reset"},
    "bomb_within_limits": {"413"},
    "keys": {"413"},
    "deep": {"400"},
}


async def test_a_good_sender_hardly_notices_slow_and_hostile_ones(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start(log_level="error", **DEADLINES)
    _, token = await given_an_integration(inlet, state="active")
    good, bad = await inlet.new_token("data:write"), await inlet.new_token("data:write")
    await post_until(inlet, 202, bad, token)
    gateway = inlet.services["gateway"]
    quiet = await latencies(gateway.url, good, token, QUIET_S)

    # when
    attack = {"url": gateway.url, "access_token": bad, "token": token, "senders": SENDERS, "seconds": ATTACK_S}
    attacking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.e2e.attack", json.dumps(attack), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    beside = await latencies(gateway.url, good, token, ATTACK_S - WARM_UP_S)
    output, _ = await attacking.communicate()
    answers = json.loads(output)

    # then
    figures = f"quiet {p99(quiet) * 1000:.1f} ms, beside {p99(beside) * 1000:.1f} ms, answers {answers}"
    print(figures)  # noqa: T201 - for whoever runs it
    assert attacking.returncode == 0
    assert p99(beside) < 3 * max(p99(quiet), NOISE_S), figures
    assert {kind: set(each) - EXPECTED[kind] for kind, each in answers.items() if set(each) - EXPECTED[kind]} == {}
    assert set(answers) == set(EXPECTED)
    assert await gateway.metric("process_resident_memory_bytes") < MEMORY_BYTES
    assert await gateway.metric("inlet_bytes_in_flight") == 0


async def latencies(url: str, access: str, token: str, seconds: float) -> list[float]:
    """How long each of many good posts took, one after the other at a steady pace; each must be accepted."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    body = json.dumps({"token": token, "data": [{"userId": f"u-{number}", "seats": 1} for number in range(10)]})
    request = (
        f"POST {DATA} HTTP/1.1\r\nHost: inlet\r\nAuthorization: Bearer {access}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    found = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        writer.write(request)
        assert await status(reader) == b"202"
        found.append(time.perf_counter() - began)
        await asyncio.sleep(PACE_S)
    writer.close()
    return found


def p99(times: list[float]) -> float:
    return quantiles(times, n=100)[98]
