"""Last writer wins, per attribute: whatever the order of arrival, on a real database."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.profile_writer.store import Store
from shared.contract.messages import MappedBatch
from shared.contract.stamps import Stamp
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.backing.migrated import role_url
from tests.integration import stored
from tests.integration.given_batches import NOON, instant, mapped, receipt
from tests.integration.stored import StoredProfile

USERS = ("ann", "ben")
HISTORIES = 500
_environments = count(1000)  # each history has profiles of its own in one database


@dataclass(frozen=True)
class Erasure:
    """`user` was erased as of NOON + `at`."""

    user: str
    at: int


@dataclass(frozen=True)
class Post:
    """A batch; one with the same name is the same post again, accepted at another time."""

    name: str
    at: int
    records: tuple[tuple[str, Mapping[int, object], int | None], ...]

    def batch(self, environment: int) -> MappedBatch:
        return mapped(self.name, self.records, at=self.at, environment=environment)


@dataclass
class Model:
    """What should come out, one record after the other, in plain Python."""

    held: dict[str, dict[int, tuple[object, Stamp]]] = field(default_factory=dict)
    erased_at: dict[str, int] = field(default_factory=dict)
    superseded: Counter[str] = field(default_factory=Counter)
    erased: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)

    def erase(self, erasure: Erasure) -> None:
        at = max(erasure.at, self.erased_at.get(erasure.user, erasure.at))
        self.erased_at[erasure.user] = at
        held = self.held.setdefault(erasure.user, {})
        self.held[erasure.user] = {key: each for key, each in held.items() if each[1].observed_at > NOON + at}

    def post(self, post: Post) -> None:
        first, key = post.name not in self.seen, receipt(post.name)
        self.seen.add(post.name)
        for index, (user, values, observed) in enumerate(post.records):
            if not values:
                continue
            observed_at = post.at if observed is None else observed
            stamp = Stamp(NOON + observed_at, NOON + post.at, key, index)
            if user in self.erased_at and observed_at <= self.erased_at[user]:
                self.erased[post.name] += first * len(values)
                continue
            held = self.held.setdefault(user, {})
            for attribute, value in values.items():
                if attribute not in held or _order(held[attribute][1]) < _order(stamp):
                    held[attribute] = (value, stamp)
                elif _order(held[attribute][1]) > _order(stamp):
                    self.superseded[post.name] += first

    def profiles(self) -> dict[str, StoredProfile]:
        return {user: StoredProfile(held, self.erased_at.get(user)) for user, held in self.held.items()}


def _order(stamp: Stamp) -> tuple[int, int, bytes, int]:
    return stamp.observed_at, stamp.received_at, stamp.receipt, stamp.index


_values = st.dictionaries(st.integers(1, 3), st.sampled_from(["a", "b", 7, 12.5, None]), max_size=3)
_records = st.lists(st.tuples(st.sampled_from(USERS), _values, st.none() | st.integers(-3, 0)), min_size=1, max_size=4)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Post | Erasure], list[list[Post | Erasure]]]:
    """A history, and an arrangement of it: permuted, partly repeated, cut into writes."""
    posts = [Post(name, draw(st.integers(0, 3)), tuple(draw(_records))) for name in "pqrs"[: draw(st.integers(1, 4))]]
    again = [Post(each.name, each.at + draw(st.integers(1, 3)), each.records) for each in posts if draw(st.booleans())]
    erasures = draw(st.lists(st.builds(Erasure, st.sampled_from(USERS), st.integers(-3, 4)), max_size=2))
    history: list[Post | Erasure] = [*posts, *again, *erasures]
    arrangement = draw(st.permutations([*history, *draw(st.lists(st.sampled_from(history), max_size=3))]))
    writes: list[list[Post | Erasure]] = [[]]
    for event in arrangement:
        if draw(st.booleans()):
            writes.append([])
        writes[-1].append(event)
    return history, writes


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    opened = Database(DatabaseSettings(database_url=role_url(database, "inlet_profile_writer")))
    yield Store(opened, clock=lambda: NOON + 10, retention_days=40)
    await opened.close()


@pytest.fixture
async def session(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


async def erase(session: "asyncpg.Connection[asyncpg.Record]", environment: int, erasure: Erasure) -> None:
    await session.execute("SELECT profiles.erase($1, $2, $3)", environment, erasure.user, instant(erasure.at))


@settings(
    max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(case=histories())
async def test_any_arrangement_of_a_history_gives_the_same_profiles(
    store: Store,
    session: "asyncpg.Connection[asyncpg.Record]",
    case: tuple[list[Post | Erasure], list[list[Post | Erasure]]],
) -> None:
    # given a history, and what it amounts to when applied in its own order
    history, writes = case
    environment = next(_environments)
    expected, arrived = Model(), Model()
    for event in history:
        expected.post(event) if isinstance(event, Post) else expected.erase(event)
    # when it arrives permuted, repeated and cut into other writes
    await session.execute("DELETE FROM profiles.receipts")
    for write in writes:
        await _write(store, session, environment, write, arrived)
    # then the profiles are the same, and the receipts count what was lost in this order of arrival
    assert await stored.profiles_in(session, environment) == expected.profiles()
    for name in arrived.seen:
        row = await stored.receipt_row_in(session, receipt(name))
        assert (row["superseded"], row["erased"]) == (arrived.superseded[name], arrived.erased[name])


async def _write(
    store: Store,
    session: "asyncpg.Connection[asyncpg.Record]",
    environment: int,
    events: list[Post | Erasure],
    arrived: Model,
) -> None:
    """One write of all posts up to an erasure, then the erasure, and so on."""
    waiting: list[MappedBatch] = []
    for event in events:
        if isinstance(event, Post):
            waiting.append(event.batch(environment))
            arrived.post(event)
        else:
            await store.write(waiting)
            waiting = []
            await erase(session, environment, event)
            arrived.erase(event)
    await store.write(waiting)
