"""The cases of each dimension: they differ in one thing, and the others are held against the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FULL_BATCH = 500
_WIDE_BATCH = 100  # 500 records of 100 attributes would be more than a body may hold
_MODEL_BATCHES = (500, 100, 10, 1)
_ATTRIBUTES = (5, 1, 20, 100)
_WORKERS = (1, 2, 4)
_PROFILES = 50_000


@dataclass(frozen=True)
class Kind:
    """Input of one kind: every so manieth record is refused (0: none); users are new; what is sent is out of date."""

    name: str
    bad_every: int = 0
    fresh: bool = False
    stale: bool = False


IN_ORDER = Kind("in order")
KINDS = (
    IN_ORDER,
    Kind("fresh", fresh=True),
    Kind("stale", stale=True),
    Kind("5 % bad", bad_every=20),
    Kind("half rejected", bad_every=2),
)


@dataclass(frozen=True)
class Case:
    """What is sent to what: `profiles` are there before, of `attributes` each; `workers` mappers and as many writers.

    `x` is its place in the chart. `conventional` and `statement` say what is measured beside Inlet.
    """

    name: str
    x: float
    profiles: int = _PROFILES
    attributes: int = 5
    batch: int = FULL_BATCH
    kind: Kind = IN_ORDER
    workers: int = 1
    conventional: bool = True
    statement: bool = True


def of(dimension: str, sizes: Sequence[int]) -> Sequence[Case]:
    """The cases of a dimension that is measured in turns; `sizes` are numbers of profiles."""
    return _cases(sizes)[dimension]


def _cases(sizes: Sequence[int]) -> Mapping[str, Sequence[Case]]:
    return {
        "batches": [Case(f"{batch}", batch, batch=batch, statement=batch == FULL_BATCH) for batch in _MODEL_BATCHES],
        "sizes": [Case(f"{size:,}", size, profiles=size) for size in sizes],
        "attributes": [
            Case(f"{count}", count, attributes=count, batch=_WIDE_BATCH, conventional=False) for count in _ATTRIBUTES
        ],
        "input": [_of_kind(x, kind) for x, kind in enumerate(KINDS)],
        "scale": [Case(f"{count}", count, workers=count, statement=False) for count in _WORKERS],
    }


def _of_kind(x: int, kind: Kind) -> Case:
    """The conventional pipeline knows no time of the source's own, so nothing is stale to it."""
    profiles = 0 if kind.fresh else _PROFILES
    return Case(kind.name, x, profiles, kind=kind, conventional=not kind.stale, statement=False)
