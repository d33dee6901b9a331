"""Queues and exchanges, written once.

Explicit arguments make RabbitMQ 3.10 and 4 behave alike: quorum queues that survive a crash, that refuse rather than
drop when full, and that dead-letter at least once what was delivered too often. What a worker puts aside by itself
goes to the same dead queues by a plain publish, with its reason in the headers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

DELIVERY_LIMIT = 20
DEAD_DELIVERY_LIMIT = 1_000_000_000
"""Whoever looks through dead letters has them delivered and gives them back. Without a limit of its own a queue on
RabbitMQ 4 has one of 20, and would drop what was looked at so often."""
DEAD_LETTER_DAYS = 30
MAX_QUEUE_BYTES = 8 * 1024**3
_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Queue:
    """A durable queue and the arguments it is declared with."""

    name: str
    arguments: Mapping[str, str | int] = field(default_factory=dict)


def _work(name: str) -> Queue:
    return Queue(
        name,
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": f"{name}.dead",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length-bytes": MAX_QUEUE_BYTES,
        },
    )


def _dead(name: str) -> Queue:
    return Queue(
        f"{name}.dead",
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DEAD_DELIVERY_LIMIT,
            "x-message-ttl": DEAD_LETTER_DAYS * _DAY_MS,
        },
    )


RAW = _work("inlet.raw")
MAPPED = _work("inlet.mapped")
RAW_DEAD = _dead("inlet.raw")
MAPPED_DEAD = _dead("inlet.mapped")
QUEUES = (RAW_DEAD, MAPPED_DEAD, RAW, MAPPED)

CONFIG_EXCHANGE = "inlet.config"
"""Fanout: something in the definitions changed, fetch the snapshot."""

EVENTS_EXCHANGE = "inlet.events"
"""Topic, for consumers outside: profiles changed. An event that no queue is bound for is gone."""


@dataclass(frozen=True)
class DeadLetterHeaders:
    """Why a dead letter is one: the names of its headers."""

    code: str = "inlet-code"
    origin: str = "inlet-origin"
    attempts: str = "inlet-attempts"
    time: str = "inlet-time"  # RFC 3339, UTC
    receipt: str = "inlet-receipt"


HEADERS = DeadLetterHeaders()
