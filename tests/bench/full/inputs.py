"""What is sent in a case: bodies as `tests.bench.bodies` makes them, wider, staler, worse, or of users never seen."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from shared.contract.definitions import AttributeType, ObservedAtRule, OnInvalid, Snapshot
from tests.bench import bodies, inlet
from tests.bench.bodies import Pool, Record
from tests.bench.full.cases import Case, Kind
from tests.bench.pipeline import Tokens

USERS = 50_000
"""So many users are sent at most before the first comes again."""
_FRESH_PER_S = 40_000  # more than is taken in a second, so that no user of a fresh pool comes twice
_WIDE = 20  # attributes, above which a pool goes through its users once: it has to fit into memory
_SCATTER, _PRIME = 7_919, 1_000_003
_LONG_AGO = "2001-01-01T00:00:00Z"


def properties(attributes: int) -> Mapping[str, AttributeType]:
    """The five of `inlet.PROPERTIES` over and over, with numbers from the second round on."""
    return dict(islice(_names(), attributes))


def definitions(tokens: Tokens, case: Case) -> Snapshot:
    """One integration. It refuses a record for one bad value; where the input is stale, the source says when it was."""
    plain = inlet.snapshot(tokens, properties=properties(case.attributes))
    observed_at = ObservedAtRule(property="changedAt") if case.kind.stale else None
    changed = {"on_invalid": OnInvalid.REJECT_RECORD, "observed_at": observed_at}
    return plain.model_copy(update={"revisions": tuple(each.model_copy(update=changed) for each in plain.revisions)})


def build(pool: Pool, case: Case) -> list[bytes]:
    """The bodies, in the order in which they are to be sent."""
    names = list(properties(case.attributes))
    return bodies.encoded(pool, list(_spoilt(_widened(bodies.records(pool), names), case.kind)))


def pool(token: str, case: Case, seconds: float) -> Pool:
    """Users among those that are there, or, fresh ones, so many that they last for `seconds`."""
    if case.kind.fresh:
        return Pool(token, case.batch, profiles=int(seconds * _FRESH_PER_S), rounds=1, first=case.profiles)
    rounds = 2 if case.attributes <= _WIDE else 1
    return Pool(token, case.batch, profiles=min(USERS, case.profiles), rounds=rounds, among=case.profiles)


def scattered(count: int, turn: int) -> int:
    """The count itself in the first round of properties, another one in each further round; none comes twice."""
    return count * pow(_SCATTER, turn, _PRIME) % _PRIME


def _names() -> Iterator[tuple[str, AttributeType]]:
    turn = 0
    while True:
        for name, type_ in inlet.PROPERTIES.items():
            yield (f"{name}{turn + 1}" if turn else name), type_
        turn += 1


def _widened(records: Iterable[Record], names: list[str]) -> Iterator[Record]:
    """Of the user ID and the named properties, whose values differ, or PostgreSQL would compress them to nothing."""
    rounds = -(-len(names) // len(inlet.PROPERTIES))
    for record in records:
        count = int(record["seats"])
        every = [bodies.values(scattered(count, turn)) for turn in range(rounds)]
        flat = chain.from_iterable(each.values() for each in every)
        yield {"userId": record["userId"]} | dict(zip(names, flat, strict=False))


def _spoilt(records: Iterable[Record], kind: Kind) -> Iterator[Record]:
    for at, record in enumerate(records):
        if kind.bad_every and at % kind.bad_every == 0:
            yield record | {"seats": "many"}
        elif kind.stale:
            yield record | {"changedAt": _LONG_AGO}
        else:
            yield record
