"""Events for the world outside: a consumer that is killed and started again misses no change."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.process import eventually
from tests.e2e.test_definitions import DATA, PROFILES, given_an_integration, post_until

USERS, ROUNDS, BATCH = 200, 40, 50
ERASED = ("u-3", "u-77")


class Consumer:
    """The program in `amqp_consumer.py`, with its copy of the profiles."""

    def __init__(self, broker_url: str, profiles_url: str, token: str, folder: Path) -> None:
        self._copy = folder / "copy.sqlite"
        self._arguments = [broker_url, "outside", profiles_url, str(self._copy)]
        self._environment = os.environ | {"TOKEN": token}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns once its queue is bound."""
        program = [sys.executable, str(Path(__file__).with_name("amqp_consumer.py")), *self._arguments]
        self._process = subprocess.Popen(program, env=self._environment, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "bound\n"

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def copy(self) -> Mapping[str, Mapping[str, str]]:
        """Its copy: user -> attribute -> text."""
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
    # given: four profile writers, and a consumer outside
    inlet = deployment
    await inlet.start()
    for _ in range(3):
        await inlet.another("profile-writer")
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "profiles:read", "profiles:erase", "receipts:read")
    await post_until(inlet, 202, access, token)
    url = inlet.services["profile-api"].url + PROFILES
    consumer = Consumer(inlet.broker_url, url, access, tmp_path)
    consumers.append(consumer)
    consumer.start()
    chance = random.Random(4)

    async def post(number: int) -> str:
        users = [f"u-{chance.randrange(USERS)}" for _ in range(BATCH)]
        data = [{"userId": user, "department": f"d-{number}", "seats": number} for user in users]
        answer = await inlet.with_token(access, "POST", DATA, {"token": token, "data": data})
        return str(answer.good(202).body["receipt"])

    # when: profiles change, and are erased, while the consumer is killed and started again
    receipts = []
    for begin in range(0, ROUNDS, 4):
        receipts += await asyncio.gather(*(post(begin + each) for each in range(4)))
        if begin in (8, 20):
            consumer.kill()
        elif begin in (12, 28):
            consumer.start()
    for receipt in receipts:
        await inlet.settled(access, receipt)
    for user in ERASED:
        (await inlet.with_token(access, "DELETE", f"{PROFILES}/{user}")).good(204)

    # then: its copy becomes what the table holds
    listed = (await inlet.with_token(access, "GET", f"{PROFILES}?limit=1000&prefix=u-")).good(200).body["items"]
    table = {
        each["user_id"]: {key: value["text"] for key, value in each["attributes"].items()}
        for each in listed
        if each["user_id"] != "u-17"  # posted before there was a consumer
    }
    assert len(table) > USERS / 2
    assert not set(ERASED) & set(table)

    async def same() -> bool:
        copy = dict(consumer.copy())
        copy.pop("u-17", None)
        return copy == table

    await eventually(same, "the consumer's copy is what the table holds", 30.0)
