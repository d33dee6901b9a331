"""The cost model: what a rate needs, from the CPU time that each stage was measured to take.

A stage takes `record + attribute * (attributes - 5) + post / batch` CPU microseconds a record. `record` and `post` are
fitted to the batches, `attribute` to the attributes, each so that the relative errors are least. Beyond what was
measured the model is a straight line, nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from tests.bench.full.cases import FULL_BATCH, of
from tests.bench.full.results import Dimension, medians

STAGES = ("gateway", "mapper", "profile-writer", "RabbitMQ", "PostgreSQL")
NEEDS = ("batches", "attributes", "sizes", "queue", "log")
"""The dimensions that it is fitted to."""
RATES = (1_000, 10_000, 100_000, 1_000_000)
BUSY = 0.7
"""How busy a core, a process and a queue may be, so that it catches up after a stall."""
PRIMARY_CORES = 32
_MEASURED_ATTRIBUTES = 5


@dataclass(frozen=True)
class Cost:
    """CPU microseconds of one stage: a record of five attributes, each attribute more, each post."""

    record: float
    attribute: float
    post: float

    def us(self, batch: int, attributes: int) -> float:
        """CPU microseconds a record."""
        return self.record + self.attribute * (attributes - _MEASURED_ATTRIBUTES) + self.post / batch


@dataclass(frozen=True)
class Model:
    """Costs by stage; bytes a record in a queue and in PostgreSQL's log; what one queue, log and connection can do.

    `most_wal_bytes` are those of the largest table, right after a checkpoint, when most pages are logged whole.
    `furthest` is the greatest relative error of the sum of all stages in any case of a dimension.
    """

    costs: Mapping[str, Cost]
    body_bytes: float
    wal_bytes: float
    most_wal_bytes: float
    log_bytes_per_s: float
    queue_bytes_per_s: float
    statement_per_s: float
    furthest: Mapping[str, float]

    def us(self, stage: str) -> float:
        """CPU microseconds a record of five attributes in a batch of 500."""
        return self.costs[stage].us(FULL_BATCH, _MEASURED_ATTRIBUTES)

    def limits(self) -> dict[str, float]:
        """Records a second that one of each can do."""
        processes = [BUSY * 1e6 / self.us(stage) for stage in STAGES[:3]]
        processes[-1] = min(processes[-1], BUSY * self.statement_per_s)
        return {
            **{f"one {stage} (a process)": limit for stage, limit in zip(STAGES, processes, strict=False)},
            "one queue": BUSY * self.queue_bytes_per_s / self.body_bytes,
            f"the CPUs of one primary of {PRIMARY_CORES} cores": BUSY * PRIMARY_CORES * 1e6 / self.us("PostgreSQL"),
            "the log of one primary": BUSY * self.log_bytes_per_s / self.most_wal_bytes,
        }

    def needs(self, rate: int) -> dict[str, float]:
        """What a rate of records a second needs; whole numbers of processes, queues and primaries."""
        gateways, mappers, writers, queues, *primaries = (ceil(rate / limit) for limit in self.limits().values())
        return {
            "gateways": gateways,
            "mappers": mappers,
            "profile-writers": writers,
            "cores of the broker": rate * self.us("RabbitMQ") / 1e6 / BUSY,
            "queues of each kind": queues,
            "MB/s in each kind of queue": rate * self.body_bytes / 1e6,
            "cores of the database": rate * self.us("PostgreSQL") / 1e6 / BUSY,
            "MB/s of its log, 50,000 profiles": rate * self.wal_bytes / 1e6,
            "MB/s of its log, largest table after a checkpoint": rate * self.most_wal_bytes / 1e6,
            "primaries": max(primaries),
        }


def fit(dimensions: Mapping[str, Dimension]) -> Model:
    """The model. Raises `KeyError` when one of `NEEDS` was not measured."""
    batches, attributes, sizes, queue, log = (dimensions[name] for name in NEEDS)
    by_batch, by_attributes = _cpu(batches), _cpu(attributes)
    costs = {stage: _cost(stage, by_batch, by_attributes) for stage in STAGES}
    full, wide = str(FULL_BATCH), of("attributes", ())[0].batch
    return Model(
        costs=costs,
        body_bytes=median(batches.values(full, "Inlet", "body_bytes")),
        wal_bytes=median(batches.values(full, "Inlet", "wal_bytes")),
        most_wal_bytes=max(median(sizes.values(case, "Inlet", "wal_bytes")) for case in sizes.cases()),
        log_bytes_per_s=1e6 * median(log.values("one log", "PostgreSQL", "mb_per_s")),
        queue_bytes_per_s=1e6 * median(queue.values("one queue", "RabbitMQ", "mb_per_s")),
        statement_per_s=median(batches.values(full, "statement", "records_per_s")),
        furthest={
            "batches": max(_error(costs, cpu, int(x), _MEASURED_ATTRIBUTES) for x, cpu in by_batch.items()),
            "attributes": max(_error(costs, cpu, wide, int(x)) for x, cpu in by_attributes.items()),
        },
    )


def _cpu(dimension: Dimension) -> dict[float, dict[str, float]]:
    """By the case's `x`, the median CPU microseconds of each stage."""
    cases = dimension.cases().values()
    return {
        x: medians(each.cpu_us for each in dimension.points if each.x == x and each.subject == "Inlet") for x in cases
    }


def _cost(
    stage: str, by_batch: Mapping[float, Mapping[str, float]], by_attributes: Mapping[float, Mapping[str, float]]
) -> Cost:
    record, post = _line([(1 / batch, cpu[stage]) for batch, cpu in by_batch.items()])
    _, attribute = _line([(count, cpu[stage]) for count, cpu in by_attributes.items()])
    return Cost(record, attribute, post)


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Offset and slope of the line whose relative errors have the least sum of squares."""
    scaled = [(1 / y, x / y) for x, y in points]
    uu, uv, vv = sum(u * u for u, _ in scaled), sum(u * v for u, v in scaled), sum(v * v for _, v in scaled)
    su, sv = sum(u for u, _ in scaled), sum(v for _, v in scaled)
    determinant = uu * vv - uv * uv
    return (su * vv - sv * uv) / determinant, (sv * uu - su * uv) / determinant


def _error(costs: Mapping[str, Cost], measured: Mapping[str, float], batch: int, attributes: int) -> float:
    total = sum(measured[stage] for stage in STAGES)
    return abs(sum(costs[stage].us(batch, attributes) for stage in STAGES) / total - 1)
