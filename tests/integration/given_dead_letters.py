"""Dead letters as workers put them aside, and `python -m services dead-letters` as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.dead_letters.letters import Origin
from services.dead_letters.walk import walk
from shared.contract import messages
from shared.contract.messages import MappedBatch, RawBatch, Row
from shared.contract.receipts import ReceiptSigner
from shared.contract.topology import HEADERS
from shared.runtime.broker import PREFETCH, Consumer, Delivery
from shared.runtime.transport import Transport
from tests.backing import command
from tests.backing.command import Ran
from tests.integration.given_batches import DAY, NOON

_ROOT = Path(__file__).parents[2]
SECRET = "a secret for tests only"
RAW, RAW_DEAD, MAPPED, MAPPED_DEAD = (Origin.RAW.queue, Origin.RAW.dead, Origin.MAPPED.queue, Origin.MAPPED.dead)
WITHIN_S = 30.0
UNKNOWN = "unknown_revision"
SIGNER = ReceiptSigner(SECRET.encode())


def receipt(name: str, integration: int = 1) -> bytes:
    """The key of a receipt, always the same for a name."""
    return SIGNER.issue(integration, DAY, (name, b""))


def raw(name: str, data: bytes = b'[{"userId": "u-17"}]', integration: int = 1) -> RawBatch:
    """A batch whose receipt follows from its name."""
    key = receipt(name, integration)
    return RawBatch(receipt=key, integration=integration, revision=3, received_at=NOON, request_id=name, data=data)


def mapped(name: str, attributes: bytes = b'{"4": 12}') -> MappedBatch:
    """A batch of one row."""
    return MappedBatch(
        receipt=receipt(name),
        integration=1,
        revision=3,
        received_at=NOON,
        request_id=name,
        environment=1,
        records=1,
        rows=[Row(0, NOON, "u-17", attributes)],
    )


def body(*batches: RawBatch) -> bytes:
    """A raw frame."""
    return messages.encode_raw(batches)


def headers(code: str, time: str = "2026-11-24T12:00:00Z", attempts: int = 1) -> Mapping[str, str | int]:
    """What a worker writes on a letter."""
    return {HEADERS.code: code, HEADERS.origin: "inlet.raw", HEADERS.attempts: attempts, HEADERS.time: time}


async def start(url: str, *arguments: str) -> asyncio.subprocess.Process:
    """The command, running, by an interpreter of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services", "dead-letters", *arguments),
        cwd=_ROOT,
        env=_environment(url, SECRET),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )


async def run(url: str | None, *arguments: str, typed: str = "", receipt_key: str | None = SECRET) -> Ran:
    """The command, run to its end; it never shows where in the code it failed, nor a password."""
    environment = _environment(url, receipt_key)
    ran = await command.run("dead-letters", *arguments, environment=environment, typed=typed)
    assert "Traceback" not in ran.err
    return ran


def _environment(url: str | None, receipt_key: str | None) -> Mapping[str, str]:
    given = {"INLET_BROKER_URL": url, "INLET_RECEIPT_KEY": receipt_key, "PATH": os.environ["PATH"], "TERM": "dumb"}
    return {name: value for name, value in given.items() if value is not None}


@dataclass
class Queues:
    """A transport with its URL, and what lies in its queues."""

    broker: Transport
    url: str

    async def letters(self, *names: str, code: str = UNKNOWN) -> None:
        """Raw letters of one batch each."""
        for name in names:
            await self.broker.publish(RAW_DEAD, body(raw(name)), headers(code))

    async def take_all(self, queue: str) -> list[Delivery]:
        """Everything that waits in a queue; it is taken out."""
        number = await self.broker.waiting(queue)
        taken: list[Delivery] = []
        async with asyncio.timeout(WITHIN_S), self.broker.browse(queue) as consumer:
            while len(taken) < number:
                for delivery in await consumer.take(number):
                    taken.append(delivery)
                    await delivery.ack()
        return taken

    async def holds_no_raw_letter(self) -> bool:
        """Looks, and waits a moment for what is still on its way back from somebody who held it."""
        return [letter async for letter, _ in walk(self.broker, Origin.RAW, at_least=1)] == []

    async def sweep(self) -> None:
        """Lets the database look for what nobody holds any more, which any consumer does."""
        async with self.broker.browse(MAPPED_DEAD):
            await asyncio.sleep(0.02)

    async def holds(self, **numbers: int) -> bool:
        """Waits until so many messages wait: `raw`, `raw_dead`, `mapped`, `mapped_dead`."""
        async with asyncio.timeout(WITHIN_S):
            for name, number in numbers.items():
                while await self.broker.waiting("inlet." + name.replace("_", ".")) != number:
                    await asyncio.sleep(0.02)
        return True


class Forgetful:
    """A transport that loses the first acknowledgements."""

    def __init__(self, broker: Transport, losses: int) -> None:
        self._broker = broker
        self.losses = losses

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int] | None = None) -> None:
        await self._broker.publish(queue, body, headers)

    def consume(self, queue: str, prefetch: int = PREFETCH) -> AbstractAsyncContextManager[Consumer]:
        return self._broker.consume(queue, prefetch)

    async def waiting(self, queue: str) -> int:
        return await self._broker.waiting(queue)

    async def check(self) -> None:
        await self._broker.check()

    async def close(self) -> None:
        await self._broker.close()

    @asynccontextmanager
    async def browse(self, queue: str) -> AsyncIterator[Consumer]:
        async with self._broker.browse(queue) as consumer:
            yield ForgetfulConsumer(self, consumer)


@dataclass
class ForgetfulConsumer:
    """Its subscription."""

    broker: Forgetful
    consumer: Consumer

    async def take(self, most: int) -> Sequence[Delivery]:
        return [ForgetfulDelivery(self.broker, each) for each in await self.consumer.take(most)]


class ForgetfulDelivery:
    """One of its messages."""

    def __init__(self, broker: Forgetful, delivery: Delivery) -> None:
        self._broker = broker
        self._delivery = delivery
        self.body, self.headers, self.count = delivery.body, delivery.headers, delivery.count

    async def ack(self) -> None:
        if self._broker.losses:
            self._broker.losses -= 1
        else:
            await self._delivery.ack()
