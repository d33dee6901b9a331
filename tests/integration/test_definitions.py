"""How definitions travel on a real broker: announced, missed, made up for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.config_api.announcements import Announcements
from shared.contract.definitions import Snapshot
from shared.contract.topology import RAW
from shared.runtime import amqp
from shared.runtime.amqp import AmqpBroker
from shared.runtime.broker import UnavailableError
from shared.runtime.definitions import open_definitions
from shared.runtime.metrics import Metrics
from shared.runtime.settings import SnapshotSettings
from tests.backing.ports import free_ports
from tests.backing.proxy import Proxy
from tests.backing.rabbitmq import Rabbitmq
from tests.integration.given_config_api import SERVICE_TOKEN, snapshot_of, stand_in
from tests.integration.given_definitions import WITHIN_S, Source, process, until, until_fetched

# An exclusive queue obeys its own connection only, except from within the node.
DELETE_QUEUE = """
{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"%s">>)),
rabbit_amqqueue:delete(Queue, false, false, <<"test">>).
"""


@pytest.fixture
async def broker(broker_url: str) -> AsyncIterator[AmqpBroker]:
    broker = await amqp.connect(broker_url)
    yield broker
    await broker.close()


async def until_available(check: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return await check()
            except UnavailableError:
                await asyncio.sleep(0.05)


async def notice_queues(rabbitmq: Rabbitmq) -> list[tuple[str, int]]:
    """The queues of all who listen, with how many notices wait in each or are not acknowledged."""
    lines = await asyncio.to_thread(rabbitmq.ctl, "list_queues", "name", "messages")
    rows = [line.split("\t") for line in lines.splitlines() if line.startswith("amq.gen")]
    return [(name, int(messages)) for name, messages in rows]


async def until_waiting(rabbitmq: Rabbitmq, number: int) -> None:
    """Waits until so many notices are with the follower or on their way to it, none of them acknowledged."""
    async with asyncio.timeout(WITHIN_S):
        while [messages for _, messages in await notice_queues(rabbitmq)] != [number]:
            pass


async def test_an_announcement_makes_every_process_refresh_once(broker: AmqpBroker) -> None:
    # given
    sources = [Source() for _ in range(3)]
    async with AsyncExitStack() as stack:
        for source in sources:
            await stack.enter_async_context(process(broker, source))
        await until_fetched(1, *sources)  # each has subscribed

        for count in (2, 3):  # the second count would be off if the first announcement had made two
            # when
            await broker.announce()

            # then
            await until_fetched(count, *sources)


@pytest.mark.parametrize(("notices", "waiting", "most"), [(10, 10, 1), (100, 17, 2)])
async def test_many_notices_while_refreshing_are_one(
    rabbitmq: Rabbitmq, broker: AmqpBroker, notices: int, waiting: int, most: int
) -> None:
    # given: a refresh that takes long
    source = Source()
    async with process(broker, source):
        await until_fetched(1, source)
        source.may_answer.clear()
        await broker.announce()
        await until_fetched(2, source)

        # when: more than are handed out at once make the queue keep the newest only
        for _ in range(notices):
            await broker.announce()
        await until_waiting(rabbitmq, waiting)
        source.may_answer.set()
        await until(lambda: source.fetched > 2)
        await until_waiting(rabbitmq, 0)
        before = source.fetched
        await broker.announce()
        await until(lambda: source.fetched > before)
        await until_waiting(rabbitmq, 0)

        # then: the last announcement's own refresh included
        assert source.fetched <= 2 + most + 1


async def test_what_changed_during_a_refresh_is_fetched_after_it(broker: AmqpBroker) -> None:
    # given
    source = Source()
    async with process(broker, source):
        await until_fetched(1, source)
        source.may_answer.clear()
        await broker.announce()
        await until_fetched(2, source)

        # when
        await broker.announce()
        source.may_answer.set()

        # then
        await until_fetched(3, source)


async def test_a_follower_refreshes_once_when_the_broker_is_back(rabbitmq: Rabbitmq, broker: AmqpBroker) -> None:
    # given
    announcements = Announcements(broker)
    announcing = asyncio.create_task(announcements.run())
    source = Source()
    async with process(broker, source):
        await until_fetched(1, source)

        # when: something changes that nobody can be told of
        await asyncio.to_thread(rabbitmq.stop)
        announcements.changed()
        await asyncio.to_thread(rabbitmq.start)

        # then: the new subscription makes up for it, and what changes later is heard of
        await until_fetched(2, source)
        await until_available(broker.check)
        announcements.changed()
        await until_fetched(3, source)
    announcing.cancel()
    await asyncio.wait({announcing})


async def test_a_process_may_start_before_its_broker(broker_url: str) -> None:
    # given
    proxy = Proxy(broker_url)
    broker = await amqp.connect(proxy.url)
    source = Source()
    async with process(broker, source) as running:
        # when
        await proxy.start()

        # then
        await until_fetched(1, source)
        await running.end()
    await broker.close()
    await proxy.stop()


async def test_an_announcement_that_nobody_hears_is_no_fault(broker: AmqpBroker) -> None:
    # when
    for _ in range(3):
        await broker.announce()

    # then: the channel is as good as before
    await broker.publish(RAW.name, b"body")
    await broker.check()


@pytest.mark.parametrize("what", ["connection", "queue"])
async def test_a_lost_subscription_is_unavailable(rabbitmq: Rabbitmq, broker: AmqpBroker, what: str) -> None:
    # given
    async with broker.notices() as notices:
        taking = asyncio.create_task(notices.take(1))
        await until_waiting(rabbitmq, 0)  # until then another test's queue may still be there

        # when
        if what == "connection":
            await asyncio.to_thread(rabbitmq.ctl, "close_all_connections", "test")
        else:
            ((queue, _),) = await notice_queues(rabbitmq)
            await asyncio.to_thread(rabbitmq.ctl, "eval", DELETE_QUEUE % queue)

        # then
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(taking, WITHIN_S)


async def test_without_a_broker_there_is_no_subscription() -> None:
    # given
    (port,) = free_ports(1)
    broker = await amqp.connect(f"amqp://127.0.0.1:{port}/")

    # then
    with pytest.raises(UnavailableError):
        async with broker.notices():
            pass
    await broker.close()


async def test_a_source_that_does_not_answer_does_not_hold_up_the_end(broker: AmqpBroker) -> None:
    # given: a poll that waits for its answer
    source = Source()
    async with process(broker, source, poll_s=0.01) as running:
        source.may_answer.clear()
        await until(lambda: source.fetched > 0)
        running.used["a"] = 1

        # when
        await running.end()

    # then
    assert source.told == [{"a": 1}]


async def test_an_unexpected_error_ends_the_process_rather_than_its_following(broker: AmqpBroker) -> None:
    # given
    source = Source()
    async with process(broker, source) as running:
        await until_fetched(1, source)

        # when
        source.failure = RuntimeError("unexpected")
        await broker.announce()

        # then
        with pytest.RaisesGroup(pytest.RaisesExc(RuntimeError, match="unexpected")):
            await asyncio.wait_for(running.keeping_up, WITHIN_S)


async def test_definitions_come_from_where_the_settings_say(tmp_path: Path) -> None:
    # given
    file = tmp_path / "definitions.json"
    file.write_text(Snapshot(version=3).model_dump_json())
    async with stand_in(snapshot_of(4)) as server:
        by_file = SnapshotSettings(snapshot_file=file)
        by_http = SnapshotSettings(config_url=server.url, service_token=SecretStr(SERVICE_TOKEN))

        for settings, version in ((by_file, 3), (by_http, 4)):
            # when
            async with open_definitions(settings, Metrics()) as definitions:
                # then
                assert definitions.keeper.current is not None
                assert definitions.keeper.current.version == version
        assert [each.credentials for each in server.asked] == [f"Bearer {SERVICE_TOKEN}"]
