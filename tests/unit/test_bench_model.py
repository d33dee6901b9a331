"""The cost model of docs/performance.md: what was measured by its own formula is found again."""

from collections.abc import Mapping

import pytest

from tests.bench.full.cases import FULL_BATCH, of
from tests.bench.full.model import BUSY, STAGES, Cost, fit
from tests.bench.full.results import Dimension, Point

WIDE = of("attributes", ())[0].batch
COSTS = {
    stage: Cost(record=2.0 + place, attribute=0.1 * (place + 1), post=30.0 * place)
    for place, stage in enumerate(STAGES)
}


def point(case: object, subject: str = "Inlet", cpu: Mapping[str, float] | None = None, **figures: float) -> Point:
    number = float(case) if isinstance(case, int) else 0.0
    return Point(case=str(case), x=number, subject=subject, figures=figures, cpu_us=cpu or {})


def dimension(*points: Point) -> Dimension:
    return Dimension("a machine", points)


def costs_of(batch: int, attributes: int) -> dict[str, float]:
    return {stage: cost.us(batch, attributes) for stage, cost in COSTS.items()}


@pytest.fixture
def measured() -> Mapping[str, Dimension]:
    return {
        "batches": dimension(
            *(
                point(batch, cpu=costs_of(batch, 5), body_bytes=100.0, wal_bytes=300.0)
                for batch in (FULL_BATCH, 100, 10, 1)
            ),
            point(FULL_BATCH, "statement", records_per_s=100_000.0),
        ),
        "attributes": dimension(*(point(count, cpu=costs_of(WIDE, count)) for count in (5, 1, 20, 100))),
        "sizes": dimension(point("few", wal_bytes=300.0), point("many", wal_bytes=6_000.0)),
        "queue": dimension(point("one queue", "RabbitMQ", mb_per_s=50.0)),
        "log": dimension(point("one log", "PostgreSQL", mb_per_s=600.0)),
    }


def test_costs_that_follow_the_formula_are_found(measured: Mapping[str, Dimension]) -> None:
    # when
    model = fit(measured)

    # then
    for stage, cost in COSTS.items():
        found = model.costs[stage]
        assert (found.record, found.attribute, found.post) == pytest.approx(
            (cost.record, cost.attribute, cost.post), abs=1e-6
        )
    assert max(model.furthest.values()) < 1e-6


def test_a_rate_needs_whole_processes_within_what_may_be_busy(measured: Mapping[str, Dimension]) -> None:
    # when
    needs = fit(measured).needs(1_000_000)

    # then
    assert needs["gateways"] == -(-1_000_000 * COSTS["gateway"].us(FULL_BATCH, 5) // (BUSY * 1e6))
    assert needs["queues of each kind"] == 3  # 100 MB/s, of which one queue may carry 35
    assert needs["primaries"] == 15  # 6 GB of log a second, of which one may write 0.42


def test_a_dimension_that_was_not_measured_is_missed(measured: Mapping[str, Dimension]) -> None:
    # then
    with pytest.raises(KeyError, match="queue"):
        fit({name: each for name, each in measured.items() if name != "queue"})
