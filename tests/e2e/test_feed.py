"""The feed of changes for the world outside: a consumer that is killed and started again misses none of them."""

import asyncio
import sqlite3
from pathlib import Path

from tests.e2e.consumer import Consumer, Source
from tests.e2e.deployment import Deployment
from tests.e2e.process import eventually
from tests.e2e.test_definitions import PROFILES

CHANGES = "/api/v1/changes/crm/production"
USERS, ROUNDS, BATCH = 100, 12, 50


class FeedConsumer(Consumer):
    """The program in `feed_consumer.py`."""

    def __init__(self, url: str, token: str, folder: Path) -> None:
        super().__init__("feed_consumer.py", token, folder, url + CHANGES, url + PROFILES)

    async def until_it_goes_on(self) -> None:
        """Until it has read on in the feed."""
        before = self.cursors()[0]

        async def look() -> bool:
            return self.cursors()[0] > before

        await eventually(look, "the consumer reads on", 20.0)

    def cursors(self) -> tuple[int, int]:
        """How many cursors it has had, and how often it has read all profiles."""
        try:
            with sqlite3.connect(self.copy_file) as store:
                [row] = store.execute("SELECT count(*), coalesce(sum(fresh), 0) FROM cursors")
        except sqlite3.OperationalError:  # it has not made its tables yet
            return 0, 0
        return int(row[0]), int(row[1])


async def test_a_consumer_that_is_killed_misses_no_change(deployment: Deployment, tmp_path: Path) -> None:
    # given: four profile writers, and a consumer outside that has begun with what there was
    inlet = deployment
    source = await Source.given(inlet, USERS, BATCH)
    consumer = FeedConsumer(inlet.services["profile-api"].url, source.access, tmp_path)
    consumer.start()
    try:
        await consumer.until_it_goes_on()
        await _change_and_kill(inlet, source, consumer)

        # then: its copy becomes what the profile API lists, value by value with where each came from
        listed = (await inlet.with_token(source.access, "GET", f"{PROFILES}?limit=1000")).good(200).body["items"]
        table = {each["user_id"]: each["attributes"] for each in listed}
        assert len(table) > USERS / 2

        async def same() -> bool:
            return consumer.copy() == table

        await eventually(same, "the consumer's copy is what is listed", 30.0)
        # and it has not read them all again to get there
        assert consumer.cursors()[1] == 1
    finally:
        consumer.kill()


async def _change_and_kill(inlet: Deployment, source: Source, consumer: FeedConsumer) -> None:
    """Profiles change and are erased, and every other round the consumer is killed while it is at it."""

    async def erase() -> None:
        (await inlet.with_token(source.access, "DELETE", f"{PROFILES}/{source.user()}")).good(204)

    receipts: list[str] = []
    for number in range(ROUNDS):
        changing = asyncio.gather(*(source.post(4 * number + each) for each in range(4)), erase(), erase())
        await consumer.until_it_goes_on()
        if number % 2:
            consumer.kill()
        receipts += [each for each in await changing if each is not None]
        if number % 2:
            consumer.start()
    for receipt in receipts:
        await inlet.settled(source.access, receipt)
    await erase()
