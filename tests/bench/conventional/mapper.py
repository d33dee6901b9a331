"""The mapper: raw batches in, typed records out."""

import logging

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, RabbitBroker
from pydantic import TypeAdapter, ValidationError

from tests.bench.conventional.messages import MAPPED, RAW, MappedBatch, RawBatch, UserRecord
from tests.bench.conventional.settings import Settings


def build(settings: Settings) -> FastStream:
    """The application."""
    broker = RabbitBroker(
        settings.broker_url.get_secret_value(),
        default_channel=Channel(prefetch_count=settings.prefetch, on_return_raises=True),
        log_level=logging.DEBUG,
    )
    records = TypeAdapter(list[UserRecord])

    @broker.subscriber(RAW, ack_policy=AckPolicy.NACK_ON_ERROR)
    @broker.publisher(MAPPED, persist=True, mandatory=True)
    async def map_batch(raw: RawBatch) -> MappedBatch:
        try:
            good = records.validate_python(raw.data)
        except ValidationError:
            good = _one_by_one(raw)
        rejected = len(raw.data) - len(good)
        return MappedBatch(receipt=raw.receipt, received_at=raw.received_at, records=good, rejected=rejected)

    return FastStream(broker)


def _one_by_one(raw: RawBatch) -> list[UserRecord]:
    """The records that are valid, when not all are."""
    good = []
    for record in raw.data:
        try:
            good.append(UserRecord.model_validate(record))
        except ValidationError as error:
            logging.getLogger(__name__).warning("rejected in %s: %s", raw.receipt, error)
    return good
