"""How the use of tokens travels to whoever owns them: at an interval, at the end, and none lost on the way."""

from collections.abc import AsyncIterator

import pytest

from shared.runtime import amqp
from shared.runtime.amqp import AmqpBroker
from tests.integration.given_definitions import Source, process, until


@pytest.fixture
async def broker(broker_url: str) -> AsyncIterator[AmqpBroker]:
    broker = await amqp.connect(broker_url)
    yield broker
    await broker.close()


async def until_told(times: int, source: Source) -> None:
    await until(lambda: len(source.told) == times)


async def test_use_is_reported_at_the_interval(broker: AmqpBroker) -> None:
    # given
    source = Source()
    async with process(broker, source, last_use_s=0.01) as running:
        # when
        for at in (1, 2):
            running.used["a"] = at
            await until_told(at, source)
        await running.end()

    # then: each use once
    assert source.told == [{"a": 1}, {"a": 2}]
    assert running.used == {}


async def test_use_is_reported_at_the_end(broker: AmqpBroker) -> None:
    # given
    source = Source()
    async with process(broker, source) as running:
        running.used.update(a=1, b=2)

        # when
        await running.end()

    # then
    assert source.told == [{"a": 1, "b": 2}]


async def test_use_that_could_not_be_told_is_told_later_with_what_is_newer(broker: AmqpBroker) -> None:
    # given
    source = Source()
    source.away = True
    async with process(broker, source, last_use_s=0.01) as running:
        running.used.update(a=1, b=2)
        await until(lambda: source.reports >= 2)

        # when
        running.used.update(b=5, c=3)
        source.away = False
        await until_told(1, source)
        await running.end()

    # then
    assert source.told == [{"a": 1, "b": 5, "c": 3}]


async def test_use_during_a_report_is_in_the_next(broker: AmqpBroker) -> None:
    # given
    source = Source()
    source.may_tell.clear()
    async with process(broker, source, last_use_s=0.01) as running:
        running.used.update(a=1, b=2)
        await until(lambda: source.reports == 1)

        # when
        running.used["a"] = 7
        source.may_tell.set()
        await until_told(2, source)
        await running.end()

    # then
    assert source.told == [{"a": 1, "b": 2}, {"a": 7}]


async def test_a_report_that_the_end_interrupts_is_made_again(broker: AmqpBroker) -> None:
    # given
    source = Source()
    source.may_tell.clear()
    async with process(broker, source, last_use_s=0.01) as running:
        running.used["a"] = 1
        await until(lambda: source.reports == 1)

        # when
        running.stop.set()
        await until(lambda: source.reports == 2)
        source.may_tell.set()
        await running.end()

    # then
    assert source.told == [{"a": 1}]
