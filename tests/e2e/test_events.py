"""Events for the world outside: a consumer that is killed and started again misses no change."""

import asyncio
from pathlib import Path

from tests.e2e.consumer import Consumer, Source
from tests.e2e.deployment import Deployment
from tests.e2e.process import eventually
from tests.e2e.test_definitions import PROFILES

USERS, ROUNDS, BATCH = 200, 40, 50
ERASED = ("u-3", "u-77")


async def test_a_consumer_that_is_killed_misses_no_change(deployment: Deployment, tmp_path: Path) -> None:
    # given: four profile writers, and a consumer outside
    inlet = deployment
    source = await Source.given(inlet, USERS, BATCH)
    url = inlet.services["profile-api"].url + PROFILES
    consumer = Consumer("amqp_consumer.py", source.access, tmp_path, inlet.broker_url, "outside", url)
    consumer.start()
    try:
        # when: profiles change, and are erased, while the consumer is killed and started again
        receipts = []
        for begin in range(0, ROUNDS, 4):
            receipts += await asyncio.gather(*(source.post(begin + each) for each in range(4)))
            if begin in (8, 20):
                consumer.kill()
            elif begin in (12, 28):
                consumer.start()
        for receipt in receipts:
            await inlet.settled(source.access, receipt)
        for user in ERASED:
            (await inlet.with_token(source.access, "DELETE", f"{PROFILES}/{user}")).good(204)

        # then: its copy becomes what the table holds
        listed = (await inlet.with_token(source.access, "GET", f"{PROFILES}?limit=1000")).good(200).body["items"]
        table = {
            each["user_id"]: {key: value["text"] for key, value in each["attributes"].items()}
            for each in listed
            if each["user_id"] in {f"u-{number}" for number in range(USERS)}
        }
        assert len(table) > USERS / 2
        assert not set(ERASED) & set(table)

        async def same() -> bool:
            return consumer.copy() == table

        await eventually(same, "the consumer's copy is what the table holds", 30.0)
    finally:
        consumer.kill()
