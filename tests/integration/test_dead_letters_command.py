"""`python -m services dead-letters`, on both transports: what it says, what it does, and that nothing is lost."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from itertools import count
from signal import Signals

import pytest

from services.dead_letters.letters import Letter, Origin, Selection
from services.dead_letters.walk import Queues as Browsed
from services.dead_letters.work import Pace, Removal, look, replay
from shared.contract import messages
from shared.contract.receipts import ReceiptSigner
from shared.contract.topology import HEADERS
from shared.runtime import amqp, pg_queue
from shared.runtime.backoff import SYSTEM_TIME, Time
from tests.backing.command import Ran
from tests.backing.migrated import role_url
from tests.backing.ports import free_ports
from tests.integration.given_dead_letters import (
    MAPPED,
    MAPPED_DEAD,
    RAW,
    RAW_DEAD,
    SECRET,
    SIGNER,
    UNKNOWN,
    WITHIN_S,
    Forgetful,
    Queues,
    body,
    headers,
    mapped,
    raw,
    receipt,
    run,
    start,
)


@pytest.fixture
async def rabbitmq_queues(broker_url: str) -> AsyncIterator[Queues]:
    broker = await amqp.connect(broker_url)
    yield Queues(broker, broker_url)
    await broker.close()


@pytest.fixture
async def postgresql_queues(database: str) -> AsyncIterator[Queues]:
    url = role_url(database, "inlet_queue")
    broker = await pg_queue.connect(url)
    yield Queues(broker, url)
    await broker.close()


@pytest.fixture(params=["rabbitmq", "postgresql"])
def queues(request: pytest.FixtureRequest) -> Queues:
    chosen: Queues = request.getfixturevalue(f"{request.param}_queues")
    return chosen


def listed(ran: Ran) -> list[dict[str, object]]:
    """The lines of `list --json`."""
    assert (ran.code, ran.err) == (0, "")
    return [json.loads(line) for line in ran.out.splitlines()]


async def test_letters_are_listed_with_what_is_known_of_them(queues: Queues) -> None:
    # given
    two = body(raw("two"), raw("three", integration=8))
    await queues.broker.publish(RAW_DEAD, body(raw("one", b"[{}, {}]", 7)), headers(UNKNOWN))
    await queues.broker.publish(RAW_DEAD, two, headers("internal_error", "2026-11-25T12:00:00Z", 3))
    await queues.broker.publish(RAW_DEAD, b"\xff not a frame", headers("unreadable_frame", "2026-11-26T12:00:00Z"))
    await queues.broker.publish(MAPPED_DEAD, messages.encode_mapped([mapped("four")]))
    one_id = SIGNER.text(receipt("one", 7))

    # when
    everything = listed(await run(queues.url, "list", "--json"))

    # then
    shown = {tuple(each[name] for name in ("queue", "code", "attempts", "time", "records")) for each in everything}
    assert shown == {
        ("raw", UNKNOWN, 1, "2026-11-24T12:00:00Z", 2),
        ("raw", "internal_error", 3, "2026-11-25T12:00:00Z", 2),
        ("raw", "unreadable_frame", 1, "2026-11-26T12:00:00Z", None),
        ("mapped", "delivery_limit", None, None, 1),
    }
    by_code = {each["code"]: each for each in everything}
    assert by_code[UNKNOWN]["receipts"] == [one_id]
    assert (by_code["internal_error"]["integrations"], by_code["internal_error"]["bytes"]) == ([1, 8], len(two))

    # then: filters leave what fits them, with the same ids as before
    for filters in (("--receipt", one_id, "--queue", "raw"), ("--until", "2026-11-24T13:00:00+01:00")):
        [one] = listed(await run(queues.url, "list", "--json", *filters))
        assert (one["code"], one["id"]) == (UNKNOWN, by_code[UNKNOWN]["id"])
    assert listed(await run(queues.url, "list", "--json", "--code", UNKNOWN, "--integration", "8")) == []

    # then: as text, with a summary of all
    text = (await run(queues.url, "list", "--limit", "1", "--queue", "raw")).out.splitlines()
    assert len(text) == 3
    assert text[-1].startswith("# 3 letters: ")
    assert "internal_error 1" in text[-1]
    assert text[-1].endswith("; 1 shown")
    assert await queues.holds(raw_dead=3, mapped_dead=1, raw=0, mapped=0)


async def test_a_letter_is_shown_so_that_nothing_in_it_steers_the_terminal(queues: Queues) -> None:
    # given
    first = '{"userId": "\x9b31m\u202e", "n": 1.0000000000000000001}'
    data = f"[{', '.join([first] + ['{}'] * 40)}]"
    await queues.broker.publish(RAW_DEAD, body(raw("one", data.encode())), headers(UNKNOWN))
    await queues.broker.publish(RAW_DEAD, b"\x1b[2J", headers("unreadable_frame"))
    await queues.broker.publish(MAPPED_DEAD, messages.encode_mapped([mapped("two", b'{"4": 12.50}')]))
    ids = {each["code"]: str(each["id"]) for each in listed(await run(queues.url, "list", "--json"))}

    # when
    readable, unreadable, row = [
        await run(queues.url, "show", ids[code]) for code in (UNKNOWN, "unreadable_frame", "delivery_limit")
    ]

    # then
    assert {readable.code, unreadable.code, row.code} == {0}
    for expected in (
        f"id: {ids[UNKNOWN]}",
        "header inlet-attempts: 1",
        f"receipt: {SIGNER.text(receipt('one'))}",
        "integration: 1, revision 3",
        "request: one",
        "records: 41",
        r'"userId": "\x9b31m\u202e"',
        '"n": 1.0000000000000000001',
    ):
        assert expected in readable.out
    assert len(readable.out.splitlines()) < 50
    assert r"not readable; begins with b'\x1b[2J'" in unreadable.out
    assert '"4": 12.50' in row.out
    assert not {
        character for ran in (readable, unreadable, row) for character in ran.out if not character.isprintable()
    } - {"\n"}
    assert await run(queues.url, "show", "0" * 12) == Ran(1, "", f"there is no letter {'0' * 12}\n")
    assert await queues.holds(raw_dead=2, mapped_dead=1)


async def test_letters_go_back_to_the_queue_that_they_came_from(queues: Queues) -> None:
    # given
    await queues.letters("one", "two")
    row = messages.encode_mapped([mapped("three")])
    await queues.broker.publish(MAPPED_DEAD, row, headers("internal_error"))

    # when: looked at, not confirmed, confirmed by nobody
    dry = await run(queues.url, "replay", "--all", "--dry-run")
    refused = await run(queues.url, "replay", "--all", typed="n\n")
    alone = await run(queues.url, "replay", "--all")
    unsaid = await run(queues.url, "replay", "--yes")

    # then
    assert (dry.code, len(dry.out.splitlines())) == (0, 5 - 1)
    assert f"to replay: 3 letters: {UNKNOWN} 2, internal_error 1" in dry.out
    assert [(each.code, each.out.strip()) for each in (refused, alone, unsaid)] == [(2, "")] * 3
    assert "nothing was done" in refused.err
    assert unsaid.err == "inlet: say which letters: ids, filters, or --all\n"
    assert await queues.holds(raw_dead=2, mapped_dead=1, raw=0, mapped=0)

    # when
    replayed = await run(queues.url, "replay", "--all", typed="y\n")

    # then: they start afresh
    assert (replayed.code, replayed.out.strip()) == (0, "# replayed: 3 letters")
    assert await queues.holds(raw_dead=0, mapped_dead=0, raw=2, mapped=1)
    again = await queues.take_all(RAW)
    assert {each.body for each in again} == {body(raw("one")), body(raw("two"))}
    assert [each.body for each in await queues.take_all(MAPPED)] == [row]
    assert not {HEADERS.code, HEADERS.attempts, HEADERS.time} & {name for each in again for name in each.headers}
    assert [each.count for each in again] == [1, 1]
    assert (await run(queues.url, "replay", "--all")).out == "# to replay: 0 letters\n"


async def test_chosen_letters_are_dropped_and_no_others(queues: Queues) -> None:
    # given: one of them twice
    await queues.letters("one", "one", "two", "three")
    await queues.letters("four", code="internal_error")
    found = listed(await run(queues.url, "list", "--json"))
    ids = {str(each["receipts"]): str(each["id"]) for each in found}
    one, two = (ids[str([SIGNER.text(receipt(name))])] for name in ("one", "two"))
    assert len(found) == 4

    # when
    by_id = await run(queues.url, "drop", one, "--yes")
    absent = await run(queues.url, "drop", one, two, "--yes")
    by_code = await run(queues.url, "drop", "--code", UNKNOWN, "--yes")

    # then
    assert (by_id.code, by_id.out) == (0, "# dropped: 1 letter\n")
    assert (absent.code, absent.out, absent.err) == (1, "# dropped: 1 letter\n", f"there is no such letter: {one}\n")
    assert (by_code.code, by_code.out) == (0, "# dropped: 1 letter\n")
    assert [each.body for each in await queues.take_all(RAW_DEAD)] == [body(raw("four"))]
    assert await queues.holds(raw=0)


async def test_no_more_than_the_limit_is_replayed(queues: Queues) -> None:
    # given
    await queues.letters(*map(str, range(5)))

    # when
    ran = await run(queues.url, "replay", "--limit", "3", "--yes")

    # then
    assert (ran.code, ran.out) == (0, "# replayed: 3 letters\n")
    assert await queues.holds(raw=3, raw_dead=2)


@pytest.mark.parametrize("signal", [Signals.SIGKILL, Signals.SIGINT])
async def test_a_replay_that_is_stopped_has_lost_nothing(queues: Queues, signal: Signals) -> None:
    # given
    names = [str(each) for each in range(50)]  # five seconds' work: a busy machine is in time to stop it
    await queues.letters(*names)

    # when
    process = await start(queues.url, "replay", "--all", "--yes", "--rate", "10")
    async with asyncio.timeout(WITHIN_S):
        while await queues.broker.waiting(RAW) < 3:
            await asyncio.sleep(0.01)
    process.send_signal(signal)
    _, said = await process.communicate()
    if signal is Signals.SIGINT:
        assert process.returncode == 2
        assert re.fullmatch(rb"inlet: \d+ of 50 letters replayed, the rest is still there: stopped\n", said)

    # then: what it held comes back, and run again, it does the rest; at most one letter was in both queues
    replayed = await queues.broker.waiting(RAW)
    async with asyncio.timeout(WITHIN_S):
        while await queues.broker.waiting(RAW_DEAD) < len(names) - replayed:
            await queues.sweep()
    assert (await run(queues.url, "replay", "--all", "--yes")).code == 0
    assert await queues.holds(raw_dead=0)
    back = [each.body for each in await queues.take_all(RAW)]
    assert set(back) == {body(raw(name)) for name in names}
    assert len(back) <= len(names) + 1


async def removal(broker: Browsed, act: Callable[[Letter], Awaitable[None]], time: Time = SYSTEM_TIME) -> int:
    """Takes out all raw letters that are there now, and returns how many were acted upon."""
    found = await look(broker, [Origin.RAW], Selection(), None, lambda _: None)
    taking = Removal(broker, act, Pace(1000.0, time), lambda: None)
    await taking.run(found)
    return taking.done


async def test_a_letter_that_fails_again_meanwhile_is_left_for_the_next_time(queues: Queues) -> None:
    # given
    await queues.letters("one", "two", "three")
    minutes = count(1)

    async def fails_again(letter: Letter) -> None:
        await queues.broker.publish(RAW_DEAD, letter.body, headers(UNKNOWN, f"2026-11-24T12:{next(minutes):02}:00Z"))

    # when
    async with asyncio.timeout(WITHIN_S):
        done = await removal(queues.broker, fails_again)

    # then
    assert done == 3
    assert await queues.holds(raw_dead=3)


async def test_letters_are_replayed_at_the_given_pace(queues: Queues) -> None:
    # given: a time that stands still
    await queues.letters("one", "two", "three")
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    # when
    await removal(queues.broker, partial(replay, queues.broker), Time(monotonic=lambda: 0.0, sleep=sleep))

    # then
    assert waits == [0.001, 0.002]


async def test_copies_of_a_letter_are_replayed_once(queues: Queues) -> None:
    # given
    await queues.letters("one", "two", "one", "one")

    # when
    done = await removal(queues.broker, partial(replay, queues.broker))

    # then
    assert done == 2
    assert await queues.holds_no_raw_letter()
    assert await queues.holds(raw=2)


async def test_two_operators_at_once_lose_nothing(queues: Queues) -> None:
    # given
    names = [str(each) for each in range(40)]
    await queues.letters(*names)

    # when
    act = partial(replay, queues.broker)
    done = list(await asyncio.gather(removal(queues.broker, act), removal(queues.broker, act)))

    # then: what one holds the other does not see, so that a third run may find some that neither has done
    assert await queues.holds(raw=sum(done), raw_dead=len(names) - sum(done))
    done.append(await removal(queues.broker, act))
    assert sum(done) == len(names)
    assert await queues.holds_no_raw_letter()
    assert await queues.holds(raw=len(names))


async def test_a_letter_whose_acknowledgement_was_lost_is_taken_out_all_the_same_and_replayed_once(
    queues: Queues,
) -> None:
    # given
    await queues.letters("one", "two", "three")

    # when
    done = await removal(Forgetful(queues.broker, losses=2), partial(replay, queues.broker))

    # then
    assert done == 3
    assert await queues.holds_no_raw_letter()
    assert await queues.holds(raw=3)


async def test_receipts_can_be_named_by_their_keys_where_the_secret_is_not_at_hand(queues: Queues) -> None:
    # given
    await queues.letters("one")
    key, signed = receipt("one").hex(), SIGNER.text(receipt("one"))
    foreign = ReceiptSigner(b"quite another secret").text(receipt("one"))

    # when
    plain = await run(queues.url, "list", "--receipt", key, "--json", receipt_key=None)

    # then
    assert json.loads(plain.out)["receipts"] == [key]
    assert plain.err == "# INLET_RECEIPT_KEY is not set: receipts are named by their keys, in hexadecimal\n"
    for wrong, secret, why in (
        (signed, None, "needs INLET_RECEIPT_KEY"),
        (foreign, SECRET, "not issued here"),
        ("ab" * 21, SECRET, "22 bytes"),
    ):
        ran = await run(queues.url, "list", "--receipt", wrong, receipt_key=secret)
        assert (ran.code, ran.out) == (2, "")
        assert why in ran.err


@pytest.mark.parametrize("scheme", ["amqp", "postgresql"])
async def test_a_broker_that_is_away_is_one_line(scheme: str) -> None:
    # given
    [port] = free_ports(1)

    # when
    ran = await run(f"{scheme}://inlet:secret@127.0.0.1:{port}/inlet", "list")

    # then
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("inlet: ")
    assert len(ran.err.splitlines()) == 1
    assert "secret" not in ran.err


async def test_what_is_asked_for_wrongly_is_refused() -> None:
    no_url = await run(None, "list")
    assert (no_url.code, no_url.err) == (2, "inlet: INLET_BROKER_URL: Field required\n")
    for arguments in (
        ("list", "--since", "yesterday"),
        ("list", "--since", "2026-11-24T12:00:00"),
        ("replay", "--rate", "0"),
    ):
        assert (await run("amqp://127.0.0.1:1/", *arguments)).code == 2
