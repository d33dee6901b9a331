"""The two messages and the queues that they travel through."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from faststream.rabbit import QueueType, RabbitQueue
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

RAW = RabbitQueue("conventional.raw", queue_type=QueueType.QUORUM, durable=True)
MAPPED = RabbitQueue("conventional.mapped", queue_type=QueueType.QUORUM, durable=True)


class Batch(BaseModel):
    """What a sender posts."""

    token: str
    data: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)]


class RawBatch(BaseModel):
    """A batch as it was accepted."""

    receipt: UUID
    received_at: datetime
    data: list[dict[str, Any]]


class UserRecord(BaseModel):
    """One record, typed."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    user_id: Annotated[str, Field(min_length=1, max_length=512)]
    department: str | None = None
    title: str | None = None
    seats: int | None = None
    score: float | None = None
    hired: date | None = None


class MappedBatch(BaseModel):
    """A batch after validation."""

    receipt: UUID
    received_at: datetime
    records: list[UserRecord]
    rejected: int
