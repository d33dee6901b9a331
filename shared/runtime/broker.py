"""What Inlet asks of a broker: confirmed publishing, at-least-once consuming, a count of deliveries.

`amqp` is the RabbitMQ side. A delivery that is neither acknowledged nor outlived by its consumer comes back by
itself when the consumer is closed; nothing is ever requeued one by one.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

PREFETCH = 16


class UnavailableError(Exception):
    """A dependency cannot do its work now; the same work may be tried again. Its text names the dependency."""


class Delivery(Protocol):
    """One message handed to a consumer."""

    @property
    def body(self) -> bytes:
        """The message's bytes."""

    @property
    def headers(self) -> Mapping[str, object]:
        """The message's headers."""

    @property
    def count(self) -> int:
        """How often this message has been delivered, this time included."""

    async def ack(self) -> None:
        """Settles the delivery. On a channel that is gone it does nothing: the message comes back."""


class Consumer(Protocol):
    """A subscription to one queue."""

    async def take(self, most: int) -> Sequence[Delivery]:
        """Waits for a delivery and returns it with what else is there already, at most `most`.

        Raises `UnavailableError` when the subscription is lost.
        """


class Broker(Protocol):
    """The queues."""

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int] | None = None) -> None:
        """Returns when the broker has stored the message durably in `queue`.

        Raises `UnavailableError` when it did not say so in time (the message may be there all the same), refused, or
        has no such queue.
        """

    def consume(self, queue: str, prefetch: int = PREFETCH) -> AbstractAsyncContextManager[Consumer]:
        """Subscribes to `queue`. On leaving, what was not acknowledged goes back.

        Raises `UnavailableError` on entering.
        """

    async def waiting(self, queue: str) -> int:
        """How many messages wait in `queue`, those that a consumer holds left out. Raises `UnavailableError`."""

    async def check(self) -> None:
        """Raises `UnavailableError` when the broker cannot be published to."""

    async def close(self) -> None:
        """Closes the connections."""


class NewsBroker(Protocol):
    """Announcements that something in the definitions changed; one that nobody hears is lost."""

    async def announce(self) -> None:
        """Tells every process that something in the definitions changed. Raises `UnavailableError`."""

    def notices(self) -> AbstractAsyncContextManager[Consumer]:
        """Subscribes to announcements, from now on. Raises `UnavailableError` on entering."""


class BrowsedBroker(Protocol):
    """Queues that can be looked through, with nothing taken out."""

    def browse(self, queue: str) -> AbstractAsyncContextManager[Consumer]:
        """Subscribes to `queue` as `consume` does, but any number of deliveries may be held unacknowledged.

        However many there are, only a few wait to be taken. What is held is not seen by anybody else meanwhile.
        Raises `UnavailableError` on entering.
        """


@runtime_checkable
class EventBroker(Protocol):
    """Events for consumers outside; not every broker has them."""

    async def emit(self, key: str, body: bytes) -> None:
        """Returns when the event (JSON) is stored in every queue that is bound for its routing key, if there is any.

        Raises `UnavailableError`; the event may be there all the same.
        """
