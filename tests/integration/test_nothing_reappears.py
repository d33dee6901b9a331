"""What was received or observed before an erasure is in no table afterwards, whatever arrives in which order."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.profile_writer.store import Store
from shared.contract.codes import Code
from shared.contract.messages import MappedBatch, Reject, RejectedRecord, RejectedValue, as_failure
from tests.integration.given_batches import NOON, instant, mapped
from tests.integration.given_people import writing

USERS = ("ann", "ben")
HISTORIES = 200
_environments = count(1000)  # each history has profiles of its own in one database


@dataclass(frozen=True)
class Erasure:
    """`user` was erased as of NOON + `at`."""

    user: str
    at: int


@dataclass(frozen=True)
class Sent:
    """A record with a value of its own: whose (None: nobody can read it), observed when, and whether it was refused."""

    user: str | None
    observed: int | None
    refused: bool


@dataclass(frozen=True)
class Post:
    """A batch, from a place that keeps a history; one that failed is put aside, to be replayed."""

    name: str
    at: int
    records: tuple[Sent, ...]
    failed: bool = False

    def value(self, index: int) -> str:
        """What is looked for."""
        return f"planted-{self.name}-{index}"

    def observed(self, index: int) -> int:
        """When a record was observed, as far as it says so."""
        said = self.records[index].observed
        return self.at if said is None else said

    def batch(self, environment: int) -> MappedBatch:
        """As the mapper sends it; a failed one as the profile writer hears of it."""
        fine = [(each.user or "", {1: self.value(index)}, each.observed) for index, each in enumerate(self.records)]
        batch = mapped(self.name, fine, at=self.at, environment=environment)
        if self.failed:
            return as_failure(batch, Code.INTERNAL_ERROR, environment)
        refused = [index for index, each in enumerate(self.records) if each.refused or each.user is None]
        return msgspec.structs.replace(
            batch,
            rows=[row for row in batch.rows if row.index not in refused],
            rejected=len(refused),
            rejects=[Reject(index, "department", Code.WRONG_TYPE) for index in refused],
            rejected_records=[self._raw(index) for index in refused],
            rejected_observed_at={index: NOON + self.observed(index) for index in refused},
            rejected_values=[self._value(index) for index in refused if self.records[index].user is not None],
        )

    def _raw(self, index: int) -> RejectedRecord:
        return RejectedRecord(index, self.records[index].user, f'{{"department": ["{self.value(index)}"]}}'.encode())

    def _value(self, index: int) -> RejectedValue:
        value = f'["{self.value(index)}"]'.encode()
        user = self.records[index].user or ""
        return RejectedValue(index, NOON + self.observed(index), user, 1, value, Code.WRONG_TYPE)


_records = st.lists(
    st.builds(Sent, st.sampled_from([*USERS, None]), st.none() | st.integers(-3, 0), st.booleans()),
    min_size=1,
    max_size=4,
).map(tuple)


@st.composite
def arrangements(draw: st.DrawFn) -> list[list[Post | Erasure]]:
    """Posts and erasures in any order of arrival, partly put aside first, partly repeated, cut into writes."""
    posts = [Post(name, draw(st.integers(0, 4)), draw(_records)) for name in "pqrs"[: draw(st.integers(1, 4))]]
    erasures = draw(st.lists(st.builds(Erasure, st.sampled_from(USERS), st.integers(-3, 5)), min_size=1, max_size=2))
    failures = [Post(each.name, each.at, each.records, failed=True) for each in posts if draw(st.booleans())]
    events: list[Post | Erasure] = [*posts, *erasures, *failures]
    writes: list[list[Post | Erasure]] = [[]]
    for event in draw(st.permutations([*events, *draw(st.lists(st.sampled_from(events), max_size=3))])):
        if isinstance(event, Erasure) or draw(st.booleans()):
            writes.append([])
        writes[-1].append(event)
        if isinstance(event, Erasure):
            writes.append([])
    return writes


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with writing(database) as opened:
        yield opened


@pytest.fixture
async def session(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


@settings(
    max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(writes=arrangements())
async def test_no_planted_value_is_in_any_table(
    store: Store, session: "asyncpg.Connection[asyncpg.Record]", writes: list[list[Post | Erasure]]
) -> None:
    # given
    environment = next(_environments)
    for table in ("profiles", "history", "changes", "receipts", "rejects", "rejected_records"):
        await session.execute(f"DELETE FROM profiles.{table}")
    # when all of it has arrived
    for events in writes:
        await store.write([event.batch(environment) for event in events if isinstance(event, Post)])
        for event in events:
            if isinstance(event, Erasure):
                await session.execute("SELECT profiles.erase($1, $2, $3)", environment, event.user, instant(event.at))
    # then nothing from before an erasure is anywhere
    found = await everything(session)
    erased, kept = planted([event for events in writes for event in events])
    assert [value for value in erased if value in found] == []
    # and the raw records of others, and of nobody, are still there
    assert [value for value in kept if value not in found] == []


def planted(events: list[Post | Erasure]) -> tuple[list[str], list[str]]:
    """The values that must be gone; those of raw records that must be there."""
    erased_at = {
        user: [each.at for each in events if isinstance(each, Erasure) and each.user == user] for user in USERS
    }
    gone, kept = [], []
    for post in (each for each in events if isinstance(each, Post) and not each.failed):
        for index, record in enumerate(post.records):
            watermarks = [] if record.user is None else erased_at[record.user]
            if any(post.observed(index) <= at for at in watermarks):
                gone.append(post.value(index))
            if not watermarks and (record.refused or record.user is None):
                kept.append(post.value(index))
    return gone, kept


async def everything(session: "asyncpg.Connection[asyncpg.Record]") -> str:
    """Every row of every table of the profile writer's, raw records readable."""
    tables = await session.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class"
        " WHERE relnamespace = 'profiles'::regnamespace AND relkind = 'r'"
    )
    assert len(tables) > 5
    texts = [row[0] for table in tables for row in await session.fetch(f"SELECT t::text FROM {table['name']} t")]
    raw = await session.fetch("SELECT convert_from(record, 'UTF8') FROM profiles.rejected_records")
    return "\n".join([*texts, *(row[0] for row in raw)])
