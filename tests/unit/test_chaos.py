"""The harness of `make chaos` by itself: its reading of last writer wins, its schedule, its proxy."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping

import pytest

from tests.chaos.journal import ACCEPTED, NO_ANSWER, Attempt, Entry, Journal
from tests.chaos.kinds import all_kinds
from tests.chaos.order import Expected
from tests.chaos.proxy import Proxy
from tests.chaos.schedule import schedule
from tests.chaos.updates import BATCH, Batch, Json, Record, batch, source

CELL = (0, "u-1", "s1")
DEADLINE_S = 5.0


class Given(Journal):
    """A journal whose batches hold one record each: a value of s1, with or without its own time."""

    def __init__(self, *records: Record) -> None:
        super().__init__(seed=0)
        self._records = records

    def batch(self, entry: Entry) -> Batch:
        return Batch(entry.number, 0, None, (self._records[entry.number],))

    def sent(self, number: int, began: int, ended: int, status: int = ACCEPTED) -> None:
        entry = self.entries.setdefault(number, Entry(number, 0, 0))
        entry.attempts.append(Attempt(f"{number}", "gateway 1", 0, began, ended, status))

    def stale(self, number: int) -> bool:
        """Whether the value of that batch must not be the last one."""
        expected = Expected(self, {each: {1} for each in self.entries})
        return expected.is_stale(CELL, self.entries[number], 0, "s1")


def record(value: Json, observed: int | None = None) -> Record:
    return Record({}, "u-1", observed, {"s1": value})


def test_of_two_values_the_one_received_later_is_the_last() -> None:
    # given
    journal = Given(record("first"), record("second"))

    # when
    journal.sent(0, 100, 110)
    journal.sent(1, 120, 130)

    # then
    assert [journal.stale(0), journal.stale(1)] == [True, False]


def test_of_two_values_that_were_under_way_together_either_may_be_the_last() -> None:
    # given
    journal = Given(record("one"), record("other"))

    # when
    journal.sent(0, 100, 130)
    journal.sent(1, 110, 120)

    # then
    assert [journal.stale(0), journal.stale(1)] == [False, False]


def test_a_later_time_of_its_own_wins_whatever_arrives_first() -> None:
    # given
    journal = Given(record("newer", 90), record("older", 80), record("ahead", 500))

    # when
    journal.sent(0, 100, 110)
    journal.sent(1, 120, 130)

    # then
    assert [journal.stale(0), journal.stale(1)] == [False, True]

    # when: a time in the future counts as the time of arrival
    journal.sent(2, 140, 150)

    # then
    assert [journal.stale(0), journal.stale(2)] == [True, False]


def test_what_is_not_answered_may_count_later_or_never() -> None:
    # given
    journal = Given(record("unanswered"), record("acknowledged"))

    # when
    journal.sent(0, 100, 110, NO_ANSWER)
    journal.sent(1, 120, 130)

    # then
    assert [journal.stale(0), journal.stale(1)] == [False, False]


def test_a_repeated_post_counts_as_of_its_latest_acceptance() -> None:
    # given
    journal = Given(record("repeated"), record("between"))

    # when
    journal.sent(0, 100, 110)
    journal.sent(1, 120, 130)
    journal.sent(0, 140, 150)

    # then
    assert [journal.stale(0), journal.stale(1)] == [False, True]


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("s1-17004", ("s1", 17_004)),
        (170_041, ("n1", 17_004)),
        ("2000-01-01T04:43:24Z", ("d1", 17_004)),
        ("s3-17004", None),
        (170_045, None),
        (True, None),
    ],
)
def test_a_stored_value_says_where_it_is_from(value: Json, origin: tuple[str, int] | None) -> None:
    assert source(value) == origin


def test_a_batch_follows_from_seed_and_number() -> None:
    # given
    made_at = 1_700_000_000_000_000

    # when
    batches = [batch(7, number, made_at) for number in range(200)]

    # then
    assert batches == [batch(7, number, made_at) for number in range(200)]
    assert batches != [batch(8, number, made_at) for number in range(200)]
    assert max(len(each.records) for each in batches) < BATCH
    kinds: Mapping[str, bool] = {
        "clears": any(value is None for each in batches for one in each.records for value in one.values.values()),
        "rejects": any(one.rejects for each in batches for one in each.records),
        "own times": any(one.observed is not None for each in batches for one in each.records),
    }
    assert kinds == {"clears": True, "rejects": True, "own times": True}


@pytest.mark.parametrize("seed", range(5))
def test_a_schedule_has_every_kind_and_no_two_faults_on_one_thing(seed: int) -> None:
    # given
    kinds = all_kinds()

    # when
    rounds = schedule(kinds, seed, 1, of_each=2)

    # then
    assert [str(each) for round_ in rounds for each in round_.faults] == [
        str(each) for round_ in schedule(kinds, seed, 1, of_each=2) for each in round_.faults
    ]
    counted = Counter(each.kind.name for round_ in rounds for each in round_.faults)
    assert set(counted) == {kind.name for kind in kinds}
    assert min(counted.values()) == 2
    for round_ in rounds:
        touched = [what for each in round_.faults for what in each.kind.targets[each.target]]
        assert len(touched) == len(set(touched))
        assert len(round_.faults) == 1 or not any(each.kind.alone for each in round_.faults)


async def test_a_proxy_holds_back_one_direction_until_it_heals() -> None:
    # given: an echo behind a proxy
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[1], random.Random(1))
    async with server, proxy.listening(), asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"

        # when
        proxy.to_client.passes.clear()
        writer.write(b"within")
        waiting = asyncio.ensure_future(reader.readexactly(6))
        done, _ = await asyncio.wait({waiting}, timeout=0.2)

        # then
        assert not done
        proxy.heal()
        assert await waiting == b"within"

        # when: the server's side is reset
        proxy.reset("server")
        ending = asyncio.ensure_future(reader.read())
        done, _ = await asyncio.wait({ending}, timeout=0.2)

        # then: the client hears nothing of it until then
        assert not done
        proxy.heal()
        assert await ending == b""
        writer.close()
