"""The feed of changes over HTTP: who changed, in the order of the transactions, none ever passed by."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from shared.runtime.clock import system_clock
from tests.integration.given_batches import mapped
from tests.integration.given_people import BEFORE, refused, writing
from tests.integration.given_profile_api import ERASER, FOREIGN, RECEIPTS_ONLY, Api, running_api

CHANGES = "/api/v1/changes/crm/production"
DAY_US = 24 * 3600 * 1_000_000


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(database, tmp_path) as running:
        yield running


@pytest.fixture
async def session(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


async def follow(api: Api, cursor: str, *, limit: int = 10) -> tuple[list[list[str]], str]:
    """The users of each write after the cursor, and the next cursor."""
    page = await api.good(CHANGES, cursor=cursor, limit=limit)
    return [each["user_ids"] for each in page["items"]], page["next"]


async def begin(api: Api) -> str:
    """Where the feed stands."""
    page = await api.good(CHANGES)
    assert page["items"] == []
    return str(page["next"])


async def write(api: Api, name: str, *users: str, at: int = 0, environment: int = 1) -> None:
    await api.store.write([mapped(name, [(user, {1: name}, None) for user in users], at=at, environment=environment)])


async def test_each_write_tells_whom_it_changed_in_their_order(api: Api) -> None:
    # given a consumer that begins here
    await write(api, "before", "zoe")
    cursor = await begin(api)
    # when
    await write(api, "a", "ben", "ann", at=1)
    await write(api, "b", "cid", environment=2)
    await write(api, "c", "ann", at=2)
    # then it sees what came after, of this environment
    seen, cursor = await follow(api, cursor)
    assert seen == [["ann", "ben"], ["ann"]]
    # and nothing twice
    assert (await follow(api, cursor))[0] == []


async def test_a_transaction_that_began_earlier_and_commits_later_is_not_passed_by(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a write that is still open, and one that began later and is done
    cursor = await begin(api)
    late = session.transaction()
    await late.start()
    await session.execute("INSERT INTO profiles.changes (environment_id, users) VALUES (1, '[\"late\"]')")
    await write(api, "a", "ann")
    # when the feed is read meanwhile, from where it stands and from where it stood
    seen, after = await follow(api, cursor)
    fresh = await begin(api)
    await late.commit()
    # then neither has been shown yet, and both come in the order of their transactions
    assert seen == []
    assert (await follow(api, after))[0] == [["late"], ["ann"]]
    assert (await follow(api, fresh))[0] == [["late"], ["ann"]]


async def test_a_transaction_that_is_rolled_back_tells_of_nobody(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given
    cursor = await begin(api)
    undone = session.transaction()
    await undone.start()
    await session.execute("INSERT INTO profiles.changes (environment_id, users) VALUES (1, '[\"nobody\"]')")
    await write(api, "a", "ann")
    # when
    await undone.rollback()
    # then
    assert (await follow(api, cursor))[0] == [["ann"]]


async def test_pages_of_one_miss_nothing_and_show_nothing_twice(api: Api) -> None:
    # given
    cursor, users = await begin(api), [f"user-{number}" for number in range(5)]
    for number, user in enumerate(users):
        await write(api, f"b-{number}", user)
    # when
    seen = []
    for _ in range(len(users) + 1):
        page, cursor = await follow(api, cursor, limit=1)
        seen.append(page)
    # then
    assert seen == [[[user]] for user in users] + [[]]


async def test_what_one_transaction_changed_is_not_cut_in_two(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given two rows of one transaction
    cursor = await begin(api)
    await session.execute("INSERT INTO profiles.changes (environment_id, users) VALUES (1, '[\"a\"]'), (1, '[\"b\"]')")
    await write(api, "b", "c")
    # when
    first, cursor = await follow(api, cursor, limit=1)
    # then
    assert sorted(first) == [["a"], ["b"]]
    assert (await follow(api, cursor, limit=1))[0] == [["c"]]


async def test_a_page_is_cut_where_it_gets_large(api: Api, session: "asyncpg.Connection[asyncpg.Record]") -> None:
    # given writes of 3 MiB each, two of them of one transaction
    cursor = await begin(api)
    for numbers in ([1], [2, 3], [4]):
        await session.execute(
            "INSERT INTO profiles.changes (environment_id, users)"
            " SELECT 1, json_build_array(n, repeat('x', 3 * 1024 * 1024)) FROM unnest($1::integer[]) AS n",
            numbers,
        )
    # when
    pages = []
    for _ in range(3):
        page, cursor = await follow(api, cursor)
        pages.append(sorted(int(users[0]) for users in page))
    # then none is missed
    assert pages == [[1, 2, 3], [4], []]


async def test_only_users_that_changed_are_named(api: Api) -> None:
    # given
    first = mapped("first", [("ann", {1: "a"}, None), ("ben", {1: "b"}, None)], at=5)
    await api.store.write([first])
    cursor = await begin(api)
    # when a batch comes again, one is older than what is held, and one has nothing but rejects
    await api.store.write([first, first])
    await write(api, "older", "ann", at=4)
    await api.store.write([refused("rejects", ["cid"], at=6)])
    # then nobody has changed
    seen, cursor = await follow(api, cursor)
    assert seen == []
    # and of a write that is too late for one of two, the other has
    await api.store.write([mapped("half", [("ann", {1: "z"}, None), ("ben", {2: "z"}, None)], at=4)])
    assert (await follow(api, cursor))[0] == [["ben"]]


async def test_an_erasure_is_a_change(api: Api) -> None:
    # given
    await write(api, "b", "ann", at=BEFORE)
    cursor = await begin(api)
    # when
    assert await api.erase("/api/v1/profiles/crm/production/ann", ERASER) == 204
    # then
    assert (await follow(api, cursor))[0] == [["ann"]]


async def test_a_cursor_holds_on_one_server_alone(api: Api, session: "asyncpg.Connection[asyncpg.Record]") -> None:
    # given
    feed, _, position = (await begin(api)).partition("-")
    # when, then: another server's, and one that this server has not reached, as if it had been set back
    elsewhere = f"{int(feed, 16) ^ 1:016x}"
    for cursor in (f"{elsewhere}-{position}", f"{feed}-{int(position) + 1_000_000}", f"{feed}-{2**64 - 1}"):
        status, problem = await api.get(CHANGES, cursor=cursor)
        assert (status, problem["code"]) == (410, "changes_expired"), cursor
    # and when the table was restored from a dump
    await session.execute(
        """
        ALTER TABLE profiles.changes RENAME TO before;
        CREATE TABLE profiles.changes (LIKE profiles.before INCLUDING ALL);
        GRANT SELECT ON profiles.changes TO inlet_profile_api;
        """
    )
    assert (await api.get(CHANGES, cursor=f"{feed}-{position}"))[0] == 410


async def test_whoever_has_missed_changes_that_were_dropped_is_told(api: Api, database: str) -> None:
    # given a consumer that stopped before two writes, one that stopped after them, and time that passes
    early = await begin(api)
    await write(api, "a", "ann")
    await write(api, "b", "ben")
    late = await begin(api)
    async with writing(database, clock=lambda: system_clock() + 8 * DAY_US) as store:
        # when
        dropped = await store.drop_changes()
    # then
    assert dropped == 2
    assert (await api.get(CHANGES, cursor=early))[0] == 410
    assert (await follow(api, late))[0] == []
    # and who begins anew goes on
    cursor = await begin(api)
    await write(api, "c", "cid")
    assert (await follow(api, cursor))[0] == [["cid"]]


async def test_what_was_restored_from_a_server_that_was_further_on_does_not_matter(
    api: Api, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given changes, and what was dropped, of transactions that this server has not come to
    cursor = await begin(api)
    await session.execute(
        """
        INSERT INTO profiles.changes VALUES ('1000000000000', 1, now() - interval '8 days', '["elsewhere"]');
        UPDATE profiles.changes_dropped SET xid = '1000000000000';
        """
    )
    # when, then
    await write(api, "a", "ann")
    seen, cursor = await follow(api, cursor)
    assert seen == [["ann"]]
    # and once they are dropped, too
    async with writing(database, clock=system_clock) as store:
        assert await store.drop_changes() == 1
    await write(api, "b", "ben")
    assert (await follow(api, cursor))[0] == [["ben"]]


async def test_changes_are_dropped_after_their_time_in_pieces(
    database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given more old changes than go at once, and a young one
    await session.execute(
        """
        INSERT INTO profiles.changes (environment_id, changed_at, users)
        SELECT 1, now() - interval '8 days', '["old"]'::json FROM generate_series(1, 2500)
        UNION ALL SELECT 1, now() - interval '6 days', '["young"]'
        """
    )
    # when two writers drop them
    async with writing(database, clock=system_clock) as one, writing(database, clock=system_clock) as other:
        dropped = await one.drop_changes(), await other.drop_changes()
    # then
    assert dropped == (2500, 0)
    assert await session.fetchval("SELECT string_agg(users::text, '') FROM profiles.changes") == '["young"]'
    deadlocks = "SELECT sum(deadlocks) FROM pg_stat_database WHERE datname = current_database()"
    assert await session.fetchval(deadlocks) == 0


async def test_a_feed_that_is_switched_off_is_not_there(
    database: str, tmp_path: Path, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given
    async with running_api(database, tmp_path, changes_days=0) as api, writing(database, changes_days=0) as store:
        # when
        await store.write([mapped("b", [("ann", {1: "a"}, None)])])
        # then nothing is noted, and nobody waits for it
        assert await session.fetchval("SELECT count(*) FROM profiles.changes") == 0
        assert (await api.get(CHANGES))[0] == 404
        # and what erasures note goes with the next tidying up
        assert await api.erase("/api/v1/profiles/crm/production/ann", ERASER) == 204
    async with writing(database, clock=system_clock, changes_days=0) as store:
        assert await store.drop_changes() == 1


async def test_a_write_that_fails_tells_of_nobody(api: Api) -> None:
    # given
    cursor = await begin(api)
    contradiction = msgspec.structs.replace(mapped("bad", [("ann", {1: "a"}, None)]), records=7)
    # when
    with pytest.raises(asyncpg.CheckViolationError):
        await api.store.write([contradiction])
    # then
    assert (await follow(api, cursor))[0] == []


async def test_only_those_who_may_read_profiles_do(api: Api) -> None:
    # when, then
    assert (await api.get(CHANGES, None))[0] == 401
    assert (await api.get(CHANGES, RECEIPTS_ONLY))[0] == 403
    assert (await api.get(CHANGES, FOREIGN))[0] == 404
    assert (await api.get("/api/v1/changes/crm/elsewhere"))[0] == 404


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "+1"},
        {"cursor": ""},
        {"cursor": "1"},
        {"cursor": "0123456789abcdef-"},
        {"cursor": "0123456789ABCDEF-1"},
        {"cursor": f"0123456789abcdef-{2**64}"},
        {"cursor": "0123456789abcdef-1\n"},
        {"page": "1"},
    ],
    ids=str,
)
async def test_other_queries_are_refused(api: Api, query: dict[str, Any]) -> None:
    status, problem = await api.get(CHANGES, **query)
    assert (status, problem["code"]) == (422, "invalid_query")
