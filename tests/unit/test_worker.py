"""The failure rules of the consume loop, one by one, on a broker in memory and a time that does not pass by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.contract import messages, topology
from shared.contract.codes import Code
from shared.contract.messages import MappedBatch, RawBatch, RejectedRecord, RejectError
from shared.contract.topology import HEADERS
from shared.runtime.backoff import FIRST_S, MOST_S, Patience, Time, delays
from shared.runtime.broker import PREFETCH, UnavailableError
from shared.runtime.metrics import Metrics
from shared.runtime.worker import Stage, Worker

RAW, MAPPED, DEAD = topology.RAW.name, topology.MAPPED.name, topology.RAW_DEAD.name
NOON_US = 1_767_268_800_000_000
AWAY = UnavailableError("database: away")
BUG = ValueError("a bug")
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged."""
    with capture_logs() as lines:
        yield lines


class SetTime:
    """Passes by sleeping only."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []
        self.asleep = asyncio.Event()
        self.stands_still = False

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        if self.stands_still:
            await asyncio.Event().wait()
        self.slept.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)

    def as_argument(self) -> Time:
        return Time(clock=lambda: NOON_US, monotonic=lambda: self.now_s, sleep=self.sleep)


@dataclass
class MemoryDelivery:
    body: bytes
    broker: "MemoryBroker"
    count: int = 1
    headers: Mapping[str, object] = field(default_factory=dict)
    acked: bool = False

    async def ack(self) -> None:
        self.acked = True
        self.broker.events.append("ack")


class MemoryBroker:
    """The inbox and what was published; `drained` is set when a consumer finds the inbox empty."""

    def __init__(self) -> None:
        self.inbox: list[MemoryDelivery] = []
        self.dead: list[tuple[bytes, Mapping[str, str | int]]] = []
        self.mapped: list[bytes] = []
        self.events: list[str] = []
        self.refuses: dict[str, int] = {}
        self.losses: list[bool] = []
        self.drained = asyncio.Event()
        self._out: list[MemoryDelivery] = []

    def put(self, *batches: RawBatch, count: int = 1) -> None:
        self.put_body(messages.encode_raw(batches), count)

    def put_body(self, body: bytes, count: int = 1) -> None:
        self.inbox.append(MemoryDelivery(body, self, count))

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int] | None = None) -> None:
        await asyncio.sleep(0)
        if self.refuses.get(queue, 0) > 0:
            self.refuses[queue] -= 1
            raise UnavailableError("broker: full")
        self.events.append(f"publish {queue}")
        if queue == DEAD:
            self.dead.append((body, headers or {}))
        elif queue == MAPPED:
            self.mapped.append(body)
        else:
            self.put_body(body)

    @asynccontextmanager
    async def consume(self, queue: str, prefetch: int = PREFETCH) -> AsyncIterator["MemoryBroker"]:
        assert (queue, prefetch) == (RAW, PREFETCH)
        self.events.append("open")
        try:
            yield self
        finally:
            self.events.append("close")
            unacked = [delivery for delivery in self._out if not delivery.acked]
            self._out = []
            self.inbox = [MemoryDelivery(delivery.body, self, delivery.count + 1) for delivery in unacked] + self.inbox

    async def take(self, most: int) -> Sequence[MemoryDelivery]:
        if self.losses and self.losses.pop(0):
            raise UnavailableError("broker: the consumer is cancelled")
        if not self.inbox:
            self.drained.set()
            await asyncio.Event().wait()
        taken, self.inbox = self.inbox[:most], self.inbox[most:]
        self._out += taken
        return taken

    async def waiting(self, queue: str) -> int:
        raise NotImplementedError(queue)

    async def check(self) -> None:
        """Always fit."""

    async def close(self) -> None:
        """Holds nothing."""

    def mapped_ids(self) -> list[str]:
        return [batch.request_id for body in self.mapped for batch in messages.decode_mapped(body)]

    def failures(self) -> dict[str, Code | None]:
        batches = [batch for body in self.mapped for batch in messages.decode_mapped(body)]
        return {batch.request_id: batch.failure for batch in batches if batch.failure}

    def dead_ids(self) -> list[str]:
        return [batch.request_id for body, _ in self.dead for batch in messages.decode_raw(body)]


class ScriptedHandler:
    """Maps each batch to one of the same name, unless the script has an error for it."""

    def __init__(self, script: Mapping[str, Sequence[Exception]]) -> None:
        self._script = {name: list(errors) for name, errors in script.items()}
        self.calls: list[list[str]] = []
        self.failed_calls: list[tuple[str, Code]] = []
        self.probes = 0
        self.probes_that_fail = 0
        self.note_error: Exception | None = None
        self.out_bytes = 0
        self.results: int | None = None
        self.before: Callable[[], Awaitable[object]] | None = None

    async def handle(self, batches: Sequence[RawBatch]) -> Sequence[MappedBatch]:
        if self.before is not None:
            await self.before()
        names = [batch.request_id for batch in batches]
        self.calls.append(names)
        for name in names:
            if self._script.get(name):
                raise self._script[name].pop(0)
        return [mapped(name, self.out_bytes) for name in names[: self.results]]

    async def failed(self, batch: RawBatch, code: Code) -> Sequence[MappedBatch]:
        self.failed_calls.append((batch.request_id, code))
        if self.note_error is not None:
            raise self.note_error
        return [mapped(batch.request_id, failure=code)]

    async def probe(self) -> None:
        self.probes += 1
        if self.probes_that_fail:
            self.probes_that_fail -= 1
            raise UnavailableError("database: away")


def raw(name: str) -> RawBatch:
    return RawBatch(
        receipt=name.encode().rjust(22, b"."),
        integration=1,
        revision=1,
        received_at=NOON_US,
        request_id=name,
        data=b'[{"userId":"secret-user"}]',
    )


def mapped(name: str, size: int = 0, failure: Code | None = None) -> MappedBatch:
    return MappedBatch(
        receipt=name.encode().rjust(22, b"."),
        integration=1,
        revision=1,
        received_at=NOON_US,
        request_id=name,
        rejected_records=[RejectedRecord(0, None, bytes(size))] if size else [],
        failure=failure,
    )


class Run:
    """A worker on its broker, run until the inbox is empty."""

    def __init__(
        self,
        script: Mapping[str, Sequence[Exception]] | None = None,
        most: int = PREFETCH,
        *,
        outbox: bool = True,
        lanes: int = 1,
    ) -> None:
        self.broker = MemoryBroker()
        self.handler = ScriptedHandler(script or {})
        self.metrics = Metrics()
        self.time = SetTime()
        stage = Stage(
            inbox=RAW,
            dead=DEAD,
            decode=messages.decode_raw,
            encode=messages.encode_raw,
            outbox=MAPPED,
            encode_out=messages.encode_mapped,
            most=most,
            lanes=lanes,
        )
        if not outbox:
            stage = replace(stage, outbox=None, encode_out=None)
        self.worker = Worker(stage, self.handler, self.broker, self.metrics, PATIENCE_S, time=self.time.as_argument())

    async def until_drained(self) -> None:
        async with asyncio.timeout(5):
            await self.worker.run(self.broker.drained)

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


def test_dead_letters_are_counted_from_zero() -> None:
    # when
    run = Run()

    # then: what is first seen as 1 is no increase to Prometheus
    codes = ("unreadable_frame", "too_many_deliveries", "internal_error", "unknown_revision")
    assert {run.metric("inlet_dead_letters_total", queue=RAW, code=code) for code in codes} == {0}


async def test_frames_are_handled_together_and_acknowledged_after_the_confirm() -> None:
    # given
    run = Run()
    run.broker.put(raw("a"), raw("b"))
    run.broker.put(raw("c"))

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == [["a", "b", "c"]]
    assert run.broker.mapped_ids() == ["a", "b", "c"]
    assert run.broker.events == ["open", f"publish {MAPPED}", "ack", "ack", "close"]
    assert run.metric("inlet_frames_total", queue=RAW) == 2
    assert run.metric("inlet_frame_seconds_count", queue=RAW) == 1
    assert run.metric("inlet_last_frame_timestamp_seconds", queue=RAW) == NOON_US / 1e6


@pytest.mark.parametrize(("results", "put_aside"), [(0, []), (1, ["a"])])
async def test_a_worker_at_the_end_of_the_path_publishes_nothing(results: int, put_aside: list[str]) -> None:
    # given
    run = Run(outbox=False)
    run.handler.results = results
    run.broker.put(raw("a"))

    # when
    await run.until_drained()

    # then
    assert run.broker.mapped == []
    assert run.broker.dead_ids() == put_aside
    assert run.broker.events[-2:] == ["ack", "close"]


async def test_no_more_frames_are_taken_at_once_than_the_stage_says() -> None:
    # given
    run = Run(most=2)
    for name in "abc":
        run.broker.put(raw(name))

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == [["a", "b"], ["c"]]


async def test_a_frame_without_batches_is_only_acknowledged() -> None:
    # given
    run = Run()
    run.broker.put()

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == []
    assert run.broker.events == ["open", "ack", "close"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xc1 no msgpack", Code.UNREADABLE_FRAME),
        (b"\x82\xa7version\x63\xa7batches\x90", Code.UNKNOWN_VERSION),
    ],
)
async def test_an_unreadable_frame_goes_whole_to_the_dead_queue(body: bytes, code: Code) -> None:
    # given
    run = Run()
    run.broker.put(raw("a"))
    run.broker.put_body(body, count=2)

    # when
    await run.until_drained()

    # then
    assert run.broker.dead == [
        (
            body,
            {
                HEADERS.code: code.value,
                HEADERS.origin: RAW,
                HEADERS.attempts: 2,
                HEADERS.time: "2026-01-01T12:00:00Z",
            },
        )
    ]
    assert run.broker.events == ["open", f"publish {DEAD}", "ack", f"publish {MAPPED}", "ack", "close"]
    assert run.broker.mapped_ids() == ["a"]
    assert run.metric("inlet_dead_letters_total", queue=RAW, code=code.value) == 1


@pytest.mark.parametrize(("count", "calls"), [(2, [["a", "b"]]), (3, [["a"], ["b"]]), (4, [["a"], ["b"]])])
async def test_a_frame_of_several_batches_is_split_on_its_third_delivery(count: int, calls: list[list[str]]) -> None:
    # given
    run = Run(most=1)
    run.broker.put(raw("a"), raw("b"), count=count)

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == calls
    assert run.broker.mapped_ids() == ["a", "b"]


async def test_a_split_frame_is_acknowledged_after_its_batches_are_confirmed() -> None:
    # given
    run = Run()
    run.broker.put(raw("a"), raw("b"), count=3)
    run.broker.refuses = {RAW: 1}

    # when
    await run.until_drained()

    # then
    assert run.broker.events[:4] == ["open", f"publish {RAW}", f"publish {RAW}", "ack"]


@pytest.mark.parametrize(("count", "given_up"), [(9, False), (10, True), (11, True)])
async def test_a_frame_of_one_batch_is_a_dead_letter_on_its_tenth_delivery(count: int, *, given_up: bool) -> None:
    # given
    run = Run()
    run.broker.put(raw("a"), count=count)

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == ([] if given_up else [["a"]])
    assert run.broker.dead_ids() == (["a"] if given_up else [])
    assert run.broker.failures() == ({"a": Code.TOO_MANY_DELIVERIES} if given_up else {})
    if given_up:
        assert run.broker.dead[0][1][HEADERS.attempts] == count


async def test_an_absent_dependency_is_waited_for_with_the_frames_unacknowledged() -> None:
    # given
    run = Run({"a": [AWAY, AWAY, AWAY]})
    run.broker.put(raw("a"), raw("b"))

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == [["a", "b"]] * 4
    assert run.broker.events == ["open", f"publish {MAPPED}", "ack", "close"]
    assert len(run.time.slept) == 3
    assert run.metric("inlet_retries_total", queue=RAW) == 3


async def test_a_publish_that_fails_is_tried_again_without_the_work_before_it() -> None:
    # given
    run = Run()
    run.broker.put(raw("a"))
    run.broker.refuses = {MAPPED: 2}

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == [["a"]]
    assert run.broker.events == ["open", f"publish {MAPPED}", "ack", "close"]
    assert run.metric("inlet_retries_total", queue=RAW) == 2


async def test_after_its_patience_the_consumer_is_closed_until_a_probe_succeeds() -> None:
    # given
    run = Run({"a": [AWAY] * 40})
    run.broker.put(raw("a"))
    run.handler.probes_that_fail = 3

    # when
    await run.until_drained()

    # then
    assert run.handler.probes_that_fail == 0
    closings = run.broker.events[: run.broker.events.index("ack")].count("close")
    assert 1 <= closings <= 3  # forty failures, most of them 2.5 to 5 s apart, are 1.5 to 3.2 minutes
    assert run.broker.mapped_ids() == ["a"]
    assert run.broker.dead == []


async def test_what_could_not_be_published_is_not_acknowledged() -> None:
    # given
    run = Run()
    run.broker.put(raw("a"))
    run.broker.refuses = {MAPPED: 40}

    # when
    await run.until_drained()

    # then
    published, acked = run.broker.events.index(f"publish {MAPPED}"), run.broker.events.index("ack")
    assert "close" in run.broker.events[:published]
    assert published < acked


async def test_the_work_is_tried_for_as_long_as_the_patience_lasts_and_no_longer() -> None:
    # given
    time = SetTime()
    patience = Patience(PATIENCE_S, time.as_argument(), lambda: None)

    async def fail() -> None:
        raise AWAY

    # when
    with pytest.raises(UnavailableError):
        await patience.run(fail)

    # then
    assert PATIENCE_S - MOST_S <= time.now_s <= PATIENCE_S


def test_delays_double_up_to_the_most_and_are_spread() -> None:
    # given
    ceilings = [FIRST_S, 0.2, 0.4, 0.8, 1.6, 3.2, MOST_S, MOST_S]

    # when
    runs = [list(islice(delays(), len(ceilings))) for _ in range(50)]

    # then
    for run in runs:
        assert all(ceiling / 2 <= delay <= ceiling for delay, ceiling in zip(run, ceilings, strict=True))
    assert len({run[0] for run in runs}) > 25


async def test_a_rejected_batch_is_put_aside_and_its_neighbours_go_on() -> None:
    # given
    run = Run({"b": [RejectError(Code.UNKNOWN_REVISION)] * 2})
    run.broker.put(raw("a"), raw("b"))
    run.broker.put(raw("c"))

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == [["a", "b", "c"], ["a"], ["b"], ["c"]]
    assert run.broker.dead == [
        (
            messages.encode_raw([raw("b")]),
            {
                HEADERS.code: "unknown_revision",
                HEADERS.origin: RAW,
                HEADERS.attempts: 1,
                HEADERS.time: "2026-01-01T12:00:00Z",
                HEADERS.receipt: raw("b").receipt.hex(),
            },
        )
    ]
    assert run.broker.failures() == {"b": Code.UNKNOWN_REVISION}
    assert sorted(run.broker.mapped_ids()) == ["a", "b", "c"]
    assert run.broker.events[-3:] == ["ack", "ack", "close"]


async def test_a_single_rejected_batch_is_put_aside_at_once() -> None:
    # given
    run = Run({"a": [RejectError(Code.UNKNOWN_REVISION)]})
    run.broker.put(raw("a"))

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == [["a"]]
    assert run.broker.events == ["open", f"publish {DEAD}", f"publish {MAPPED}", "ack", "close"]


async def test_dead_letters_and_notes_are_confirmed_before_the_ack() -> None:
    # given
    run = Run({"a": [RejectError(Code.UNKNOWN_REVISION)]})
    run.broker.put(raw("a"))
    run.broker.refuses = {DEAD: 2, MAPPED: 2}

    # when
    await run.until_drained()

    # then
    assert run.broker.events == ["open", f"publish {DEAD}", f"publish {MAPPED}", "ack", "close"]


@pytest.mark.parametrize(("bugs", "put_aside"), [(1, False), (2, False), (3, True)])
async def test_an_unexpected_error_is_tried_three_times_in_place(bugs: int, *, put_aside: bool) -> None:
    # given
    run = Run({"a": [BUG] * bugs})
    run.broker.put(raw("a"))

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == [["a"]] * min(bugs + 1, 3)
    assert run.broker.dead_ids() == (["a"] if put_aside else [])
    assert run.broker.failures() == ({"a": Code.INTERNAL_ERROR} if put_aside else {})
    if put_aside:
        assert run.broker.dead[0][1][HEADERS.attempts] == 3
    else:
        assert run.broker.mapped_ids() == ["a"]


async def test_an_unexpected_error_hurts_no_neighbour() -> None:
    # given
    run = Run({"b": [BUG] * 9})
    run.broker.put(raw("a"), raw("b"), raw("c"))

    # when
    await run.until_drained()

    # then
    assert run.handler.calls == [["a", "b", "c"], ["a"], ["b"], ["b"], ["b"], ["c"]]
    assert run.broker.dead_ids() == ["b"]
    assert sorted(run.broker.mapped_ids()) == ["a", "b", "c"]


async def test_a_handler_that_cannot_even_take_note_does_not_end_the_worker() -> None:
    # given
    run = Run({"a": [RejectError(Code.UNKNOWN_REVISION)] * 2})
    run.handler.note_error = BUG
    run.broker.put(raw("a"))
    run.broker.put(raw("b"))

    # when
    await run.until_drained()

    # then
    assert run.broker.dead_ids() == ["a"]
    assert run.broker.mapped_ids() == ["b"]
    assert run.broker.events.count("ack") == 2


async def test_a_lost_consumer_is_opened_again_later_and_later() -> None:
    # given
    run = Run()
    run.broker.put(raw("a"))
    run.broker.losses = [True] * 6

    # when
    await run.until_drained()

    # then
    assert run.broker.events.count("open") == 7
    assert run.broker.mapped_ids() == ["a"]
    assert run.time.slept[-1] > run.time.slept[0] * 4


async def test_work_that_was_done_makes_the_next_reopening_quick_again() -> None:
    # given
    run = Run()
    run.broker.put(raw("a"))
    run.broker.losses = [*[True] * 6, False, True]

    # when
    await run.until_drained()

    # then
    assert len(run.time.slept) == 7
    assert run.time.slept[-1] <= FIRST_S


async def test_stopping_finishes_what_was_taken() -> None:
    # given
    run = Run(most=1)
    run.broker.put(raw("a"))
    run.broker.put(raw("b"))
    stop = asyncio.Event()

    async def stop_now() -> None:
        stop.set()

    run.handler.before = stop_now

    # when
    await run.worker.run(stop)

    # then
    assert run.broker.mapped_ids() == ["a"]
    assert run.broker.events == ["open", f"publish {MAPPED}", "ack", "close"]


async def test_stopping_does_not_wait_for_a_dependency_to_come_back() -> None:
    # given
    run = Run()
    run.broker.losses = [True]
    run.time.stands_still = True
    stop = asyncio.Event()
    task = asyncio.create_task(run.worker.run(stop))
    await asyncio.wait_for(run.time.asleep.wait(), 5)

    # when
    stop.set()
    await asyncio.wait_for(task, 5)

    # then
    assert run.handler.probes == 0


async def test_cancelling_gives_the_frames_back() -> None:
    # given
    run = Run()
    run.broker.put(raw("a"))
    began = asyncio.Event()

    async def hang() -> None:
        began.set()
        await asyncio.Event().wait()

    run.handler.before = hang
    task = asyncio.create_task(run.worker.run(asyncio.Event()))
    await asyncio.wait_for(began.wait(), 5)

    # when
    task.cancel()
    await asyncio.wait({task})

    # then
    assert task.cancelled()
    assert run.broker.events == ["open", "close"]
    assert [delivery.count for delivery in run.broker.inbox] == [2]


async def test_large_output_is_published_in_several_frames() -> None:
    # given
    run = Run()
    names = [f"batch-{number}" for number in range(40)]
    run.handler.out_bytes = 50_000
    run.broker.put(*(raw(name) for name in names))

    # when
    await run.until_drained()

    # then
    assert run.broker.mapped_ids() == names
    assert len(run.broker.mapped) >= 4
    assert all(len(body) <= 2 * messages.TARGET_FRAME_BYTES for body in run.broker.mapped)


async def test_output_that_fits_no_frame_is_a_bug_of_its_batch() -> None:
    # given
    run = Run()
    run.handler.out_bytes = messages.MAX_FRAME_BYTES
    run.broker.put(raw("a"))

    # when
    await run.until_drained()

    # then
    assert run.broker.dead_ids() == ["a"]
    assert run.broker.failures() == {"a": Code.INTERNAL_ERROR}


async def test_each_group_of_frames_is_one_log_line_without_payload(lines: list[MutableMapping[str, Any]]) -> None:
    # given
    run = Run({"b": [BUG] * 4})
    run.broker.put(raw("a"), raw("b"))

    # when
    await run.until_drained()

    # then
    frames = [line for line in lines if line["event"] == "frames"]
    assert frames == [
        {
            "event": "frames",
            "log_level": "info",
            "queue": RAW,
            "frames": 1,
            "batches": 2,
            "ms": frames[0]["ms"],
            "outcome": "settled",
        }
    ]
    assert "secret-user" not in repr(lines)
    assert [line["exc_info"] for line in lines if line["event"] == "handler_failed"] == [True] * 4


@pytest.mark.parametrize(("lanes", "at_once"), [(1, 1), (2, 2)])
async def test_as_many_groups_are_under_way_as_there_are_lanes(lanes: int, at_once: int) -> None:
    # given four frames, taken one by one, and a handler that notes how many calls are under way
    run = Run(most=1, lanes=lanes)
    under_way, most_under_way = 0, 0

    async def work() -> None:
        nonlocal under_way, most_under_way
        under_way += 1
        most_under_way = max(most_under_way, under_way)
        for _ in range(10):
            await asyncio.sleep(0)
        under_way -= 1

    run.handler.before = work
    for name in "abcd":
        run.broker.put(raw(name))
    # when
    await run.until_drained()
    # then
    assert most_under_way == at_once
    assert sorted(run.broker.mapped_ids()) == ["a", "b", "c", "d"]
    assert run.broker.events.count("ack") == 4


async def test_a_lane_that_gives_up_takes_the_other_one_along_and_all_frames_come_again() -> None:
    # given a frame whose dependency stays away for longer than the worker's patience, beside one that is stuck
    # It is away for as many tries as the worker may have patience for, and for fewer than it has for twice: 17 to 30.
    run = Run({"a": [AWAY] * 31}, most=1, lanes=2)
    stuck = asyncio.Event()
    handle = run.handler.handle

    async def stuck_at_first(batches: Sequence[RawBatch]) -> Sequence[MappedBatch]:
        if batches[0].request_id == "b" and not stuck.is_set():
            stuck.set()
            await asyncio.Event().wait()
        return await handle(batches)

    run.handler.handle = stuck_at_first  # type: ignore[method-assign]  # this test's own handler
    run.broker.put(raw("a"))
    run.broker.put(raw("b"))
    # when
    await run.until_drained()
    # then the consumer was closed for both, and both were handled in the end, each once
    assert run.broker.events.count("open") >= 2
    assert sorted(run.broker.mapped_ids()) == ["a", "b"]
    assert run.broker.dead == []
