"""The feed of changes for the world outside: a consumer that is killed and started again misses none of them."""

import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.process import eventually
from tests.e2e.test_definitions import DATA, PROFILES, given_an_integration, post_until

CHANGES = "/api/v1/changes/crm/production"
USERS, ROUNDS, BATCH = 100, 12, 50


class Consumer:
    """The program in `feed_consumer.py`, with its copy of the profiles."""

    def __init__(self, url: str, token: str, folder: Path) -> None:
        self._copy = folder / "copy.sqlite"
        self._arguments = [url + CHANGES, url + PROFILES, str(self._copy)]
        self._environment = os.environ | {"TOKEN": token}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = [sys.executable, str(Path(__file__).with_name("feed_consumer.py")), *self._arguments]
        self._process = subprocess.Popen(program, env=self._environment)

    def kill(self) -> None:
        """Ends it at once, wherever it is."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    async def until_it_goes_on(self) -> None:
        """Until it has read on in the feed."""
        before = self.cursors()[0]

        async def look() -> bool:
            return self.cursors()[0] > before

        await eventually(look, "the consumer reads on", 20.0)

    def cursors(self) -> tuple[int, int]:
        """How many cursors it has had, and how often it has read all profiles."""
        try:
            with sqlite3.connect(self._copy) as store:
                [row] = store.execute("SELECT count(*), coalesce(sum(fresh), 0) FROM cursors")
        except sqlite3.OperationalError:  # it has not made its tables yet
            return 0, 0
        return int(row[0]), int(row[1])

    def copy(self) -> Mapping[str, object]:
        """Its copy: user -> attributes."""
        with sqlite3.connect(self._copy) as store:
            return {user: json.loads(attributes) for user, attributes in store.execute("SELECT * FROM profiles")}


@pytest.fixture
def consumers() -> Iterator[list[Consumer]]:
    started: list[Consumer] = []
    yield started
    for each in started:
        each.kill()


async def test_a_consumer_that_is_killed_misses_no_change(
    deployment: Deployment, consumers: list[Consumer], tmp_path: Path
) -> None:
    # given: four profile writers, and a consumer outside that has begun with what there was
    inlet = deployment
    await inlet.start()
    for _ in range(3):
        await inlet.another("profile-writer")
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "profiles:read", "profiles:erase", "receipts:read")
    await post_until(inlet, 202, access, token)
    chance = random.Random(6)
    consumer = Consumer(inlet.services["profile-api"].url, access, tmp_path)
    consumers.append(consumer)
    consumer.start()
    await consumer.until_it_goes_on()

    async def post(number: int) -> str:
        users = [f"u-{chance.randrange(USERS)}" for _ in range(BATCH)]
        data = [{"userId": user, "department": f"d-{number}", "seats": number} for user in users]
        answer = await inlet.with_token(access, "POST", DATA, {"token": token, "data": data})
        return str(answer.good(202).body["receipt"])

    async def erase() -> None:
        user = f"u-{chance.randrange(USERS)}"
        (await inlet.with_token(access, "DELETE", f"{PROFILES}/{user}")).good(204)

    # when: profiles change and are erased, and every other round it is killed while it is at it
    receipts: list[str] = []
    for number in range(ROUNDS):
        changing = asyncio.gather(*(post(4 * number + each) for each in range(4)), erase(), erase())
        await consumer.until_it_goes_on()
        if number % 2:
            consumer.kill()
        receipts += [each for each in await changing if each is not None]
        if number % 2:
            consumer.start()
    for receipt in receipts:
        await inlet.settled(access, receipt)
    await erase()

    # then: its copy becomes what the profile API lists, value by value with where each came from
    listed = (await inlet.with_token(access, "GET", f"{PROFILES}?limit=1000")).good(200).body["items"]
    table = {each["user_id"]: each["attributes"] for each in listed}
    assert len(table) > USERS / 2

    async def same() -> bool:
        return consumer.copy() == table

    await eventually(same, "the consumer's copy is what is listed", 30.0)
    # and it has not read them all again to get there
    assert consumer.cursors()[1] == 1
