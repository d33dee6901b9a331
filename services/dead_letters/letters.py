"""Dead letters as operators see them: what a message of a dead queue holds, and which are meant. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.contract import json_elements, messages, topology
from shared.contract.json_elements import InvalidJSONError
from shared.contract.messages import MappedBatch, RawBatch, UnreadableFrameError
from shared.contract.topology import HEADERS

DELIVERY_LIMIT = "delivery_limit"
"""The code of what the queue put aside itself, for it was delivered too often: RabbitMQ's word for it."""

_ID_LENGTH = 12


class Origin(StrEnum):
    """The queue of work that a dead letter comes from."""

    RAW = "raw"
    MAPPED = "mapped"

    @property
    def queue(self) -> str:
        """Where it is replayed to."""
        return (topology.RAW if self is Origin.RAW else topology.MAPPED).name

    @property
    def dead(self) -> str:
        """Where it lies."""
        return (topology.RAW_DEAD if self is Origin.RAW else topology.MAPPED_DEAD).name


@dataclass(frozen=True)
class Letter:
    """A dead letter.

    `id` follows from what the letter is and when it was put aside: copies share it, and a letter that fails again
    after a replay has another one. `attempts` and `time` are None where nothing tells them, `batches` is empty where
    the frame cannot be read.
    """

    id: str
    origin: Origin
    code: str
    attempts: int | None
    time: datetime | None
    batches: Sequence[RawBatch | MappedBatch]
    headers: Mapping[str, object]
    body: bytes

    @property
    def records(self) -> int | None:
        """How many records were sent with it; None if that cannot be told."""
        counts = [_records(batch) for batch in self.batches]
        return sum(count for count in counts if count is not None) if counts and None not in counts else None


@dataclass(frozen=True)
class Selection:
    """Which letters are meant: those that fit all that is given. `receipt` is a receipt's key, `until` is included."""

    ids: frozenset[str] = frozenset()
    code: str | None = None
    receipt: bytes | None = None
    integration: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, letter: Letter) -> bool:
        """Whether a letter is meant. Of a frame of several batches one that fits is enough."""
        return (
            (not self.ids or letter.id in self.ids)
            and self.code in (None, letter.code)
            and (self.receipt is None or any(batch.receipt == self.receipt for batch in letter.batches))
            and (self.integration is None or any(batch.integration == self.integration for batch in letter.batches))
            and (self.since is None or (letter.time is not None and letter.time >= self.since))
            and (self.until is None or (letter.time is not None and letter.time <= self.until))
        )


def read(origin: Origin, body: bytes, headers: Mapping[str, object]) -> Letter:
    """The letter that a message of a dead queue is, whoever put it there."""
    code, attempts = headers.get(HEADERS.code), headers.get(HEADERS.attempts)
    time = _time(headers)
    identity = hashlib.sha256(f"{origin.dead} {time} ".encode() + body).hexdigest()
    return Letter(
        id=identity[:_ID_LENGTH],
        origin=origin,
        code=code if isinstance(code, str) else DELIVERY_LIMIT,
        attempts=attempts if isinstance(attempts, int) else None,
        time=time,
        batches=_batches(origin, body),
        headers=headers,
        body=body,
    )


def _batches(origin: Origin, body: bytes) -> Sequence[RawBatch | MappedBatch]:
    try:
        return messages.decode_raw(body) if origin is Origin.RAW else messages.decode_mapped(body)
    except UnreadableFrameError:
        return ()


def _time(headers: Mapping[str, object]) -> datetime | None:
    """When it was put aside: as the worker wrote it, or else as RabbitMQ did (`x-death`)."""
    written = headers.get(HEADERS.time)
    if isinstance(written, str):
        try:
            time = datetime.fromisoformat(written)
        except ValueError:
            return None
        return time if time.tzinfo is not None else None
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    died = last.get("time") if isinstance(last, Mapping) else None
    return died if isinstance(died, datetime) and died.tzinfo is not None else None


def _records(batch: RawBatch | MappedBatch) -> int | None:
    if isinstance(batch, MappedBatch):
        return batch.records
    try:
        return len(json_elements.elements(batch.data))
    except InvalidJSONError:
        return None
