"""The mapper's handler: the right plan for each batch, and what it says about what cannot be mapped."""

from collections.abc import Sequence

import pytest

from services.mapper.handler import MAX_PLANS, MapHandler
from shared.contract.codes import Code
from shared.contract.definitions import PropertyMapping, Revision
from shared.contract.messages import MappedBatch, Reject, RejectError
from shared.runtime.broker import UnavailableError
from shared.runtime.metrics import Metrics
from tests.unit.given_mapping import ENVIRONMENT, RECEIVED_AT, day, number, raw_batch, revision, string


class Definitions:
    """Revisions at hand, or a source that is away."""

    def __init__(self, *revisions: Revision) -> None:
        self.known = {(each.integration, each.number): each for each in revisions}
        self.away = False
        self.asked: list[tuple[int, int]] = []

    async def revision(self, integration: int, number: int) -> Revision | None:
        self.asked.append((integration, number))
        if self.away:
            raise UnavailableError("definitions: away")
        return self.known.get((integration, number))


class Queue:
    """A queue that can be published to, or cannot."""

    def __init__(self) -> None:
        self.away = False
        self.probes = 0

    async def probe(self) -> None:
        self.probes += 1
        if self.away:
            raise UnavailableError("broker: away")


def _handler(definitions: Definitions) -> MapHandler:
    return MapHandler(definitions, Queue().probe, Metrics())


def _attributes(mapped: Sequence[MappedBatch]) -> list[bytes]:
    return [row.attributes for batch in mapped for row in batch.rows]


async def test_each_batch_is_mapped_by_its_own_revision() -> None:
    # given
    definitions = Definitions(revision(string("a", 1), number=7), revision(number("a", 2), number=8))
    batches = [raw_batch([{"userId": "u", "a": 5}], revision=number) for number in (7, 8, 7)]

    # when
    mapped = await _handler(definitions).handle(batches)

    # then
    assert _attributes(mapped) == [b'{"1":"5"}', b'{"2":5}', b'{"1":"5"}']
    assert [batch.revision for batch in mapped] == [7, 8, 7]


async def test_a_revision_is_compiled_once() -> None:
    # given
    definitions = Definitions(revision())
    handler = _handler(definitions)

    # when
    await handler.handle([raw_batch([]), raw_batch([])])
    await handler.handle([raw_batch([])])

    # then
    assert definitions.asked == [(5, 7)]


async def test_plans_kept_are_bounded() -> None:
    # given
    definitions = Definitions(*(revision(number=number) for number in range(1, MAX_PLANS + 2)))
    handler = _handler(definitions)

    # when
    await handler.handle([raw_batch([], revision=number) for number in range(1, MAX_PLANS + 2)])
    definitions.asked.clear()
    await handler.handle([raw_batch([], revision=MAX_PLANS + 1), raw_batch([], revision=1)])

    # then
    assert definitions.asked == [(5, 1)]


async def test_a_revision_that_does_not_exist_is_a_reject_and_is_asked_for_again() -> None:
    # given
    definitions = Definitions()
    handler = _handler(definitions)

    # when
    with pytest.raises(RejectError) as caught:
        await handler.handle([raw_batch([{"userId": "u"}])])
    definitions.known = Definitions(revision()).known

    # then
    assert caught.value.code is Code.UNKNOWN_REVISION
    assert _attributes(await handler.handle([raw_batch([{"userId": "u"}])])) == [b"{}"]


@pytest.mark.parametrize(
    "broken", [day("d", 1, date_format="%x"), day("d", 1, time_zone="Mars/Olympus")], ids=["format", "zone"]
)
async def test_a_revision_that_cannot_be_compiled_is_a_reject(broken: PropertyMapping) -> None:
    # given
    handler = _handler(Definitions(revision(broken)))

    # when / then
    with pytest.raises(RejectError) as caught:
        await handler.handle([raw_batch([{"userId": "u"}])])
    assert caught.value.code is Code.INVALID_REVISION


async def test_work_waits_for_a_source_that_is_away_and_so_does_the_probe() -> None:
    # given
    definitions, queue = Definitions(revision()), Queue()
    handler = MapHandler(definitions, queue.probe, Metrics())
    definitions.away = True

    # when / then
    with pytest.raises(UnavailableError):
        await handler.handle([raw_batch([{"userId": "u"}])])
    with pytest.raises(UnavailableError):
        await handler.probe()

    # when
    definitions.away = False
    await handler.probe()
    definitions.away = True

    # then: with the revision had, only the queue is probed
    await handler.probe()
    assert queue.probes == 2


async def test_the_probe_fails_with_the_queue() -> None:
    # given
    queue = Queue()
    handler = MapHandler(Definitions(), queue.probe, Metrics())
    queue.away = True

    # when / then
    with pytest.raises(UnavailableError):
        await handler.probe()


@pytest.mark.parametrize(("known", "environment"), [((revision(),), ENVIRONMENT), ((), 0)], ids=["known", "unknown"])
async def test_a_batch_that_was_put_aside_is_reported_as_failed(known: tuple[Revision, ...], environment: int) -> None:
    # given
    handler = _handler(Definitions(*known))

    # when
    reported = await handler.failed(raw_batch([{"userId": "u"}]), Code.INTERNAL_ERROR)

    # then
    assert reported == [
        MappedBatch(
            receipt=b"r" * 22,
            integration=5,
            revision=7,
            received_at=RECEIVED_AT,
            request_id="request",
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            environment=environment,
            failure=Code.INTERNAL_ERROR,
        )
    ]


async def test_records_and_rejects_are_counted() -> None:
    # given
    metrics = Metrics()
    handler = MapHandler(Definitions(revision(number("n", 1))), Queue().probe, metrics)

    # when
    mapped = await handler.handle([raw_batch([{"userId": "u", "n": "x"}, {"userId": "v", "n": "y"}, 1])])

    # then
    assert Reject(2, None, Code.NOT_AN_OBJECT) in mapped[0].rejects
    assert metrics.registry.get_sample_value("inlet_records_mapped_total") == 2
    assert metrics.registry.get_sample_value("inlet_rejects_total", {"code": "invalid_number"}) == 2
    assert metrics.registry.get_sample_value("inlet_rejects_total", {"code": "not_an_object"}) == 1
