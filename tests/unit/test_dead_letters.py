"""Dead letters as `python -m services dead-letters` reads, selects and shows them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dead_letters import texts
from services.dead_letters.letters import DELIVERY_LIMIT, Letter, Origin, Selection, read
from services.dead_letters.work import Pace
from shared.contract import messages
from shared.contract.messages import RawBatch
from shared.contract.topology import HEADERS
from shared.runtime.backoff import Time

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RECEIPTS = [bytes([number]) * 22 for number in range(3)]


def batch(number: int, data: bytes = b"[{}]") -> RawBatch:
    return RawBatch(receipt=RECEIPTS[number], integration=number, revision=1, received_at=0, request_id="r", data=data)


def letter(*batches: RawBatch, **headers: str | int) -> Letter:
    given = {HEADERS.code: "internal_error", HEADERS.time: "2026-11-24T12:00:00Z"} | headers
    return read(Origin.RAW, messages.encode_raw(batches), given)


def test_a_letter_without_a_reason_was_put_aside_by_its_queue() -> None:
    # when
    died = [{"reason": "delivery_limit", "queue": "inlet.raw", "time": NOON}]
    by_rabbitmq = read(Origin.RAW, messages.encode_raw([batch(1)]), {"x-death": died})
    by_nobody = read(Origin.MAPPED, b"", {})

    # then
    assert (by_rabbitmq.code, by_rabbitmq.time, by_rabbitmq.attempts) == (DELIVERY_LIMIT, NOON, None)
    assert (by_nobody.code, by_nobody.time, by_nobody.records) == (DELIVERY_LIMIT, None, None)


@pytest.mark.parametrize("time", ["", "noon", "2026-11-24T12:00:00", 7])
def test_a_time_that_is_none_is_not_known(time: str | int) -> None:
    assert letter(batch(1), **{HEADERS.time: time}).time is None


def test_an_id_says_which_letter_and_when_it_was_put_aside() -> None:
    # given
    one = letter(batch(1))

    # then
    assert letter(batch(1), **{HEADERS.attempts: 3}).id == one.id
    others = {
        letter(batch(2)).id,
        letter(batch(1), **{HEADERS.time: "2026-11-24T12:00:01Z"}).id,
        read(Origin.MAPPED, one.body, one.headers).id,
    }
    assert len(others - {one.id}) == 3
    assert len(one.id) == 12


def test_what_fits_everything_that_is_given_is_selected() -> None:
    # given
    one = letter(batch(1), batch(2))
    fitting = [
        Selection(),
        Selection(code="internal_error"),
        Selection(receipt=RECEIPTS[2]),
        Selection(integration=2),
        Selection(since=NOON, until=NOON),
        Selection(ids=frozenset({one.id, "another"}), integration=1),
    ]
    others = [
        Selection(code="unknown_revision"),
        Selection(receipt=RECEIPTS[0]),
        Selection(integration=0),
        Selection(since=NOON + timedelta(seconds=1)),
        Selection(until=NOON - timedelta(seconds=1)),
        Selection(integration=2, code="unknown_revision"),
        Selection(ids=frozenset({"another"})),
    ]

    # then
    assert [selection for selection in fitting if not selection.holds(one)] == []
    assert [selection for selection in others if selection.holds(one)] == []


def test_a_letter_of_unknown_time_is_not_within_any() -> None:
    assert not Selection(since=NOON).holds(replace(letter(batch(1)), time=None))
    assert not Selection(until=NOON).holds(replace(letter(batch(1)), time=None))


def test_records_are_counted_where_they_can_be_told() -> None:
    assert letter(batch(1, b"[{}, {}]"), batch(2)).records == 3
    assert letter(batch(1, b"[{}, {}]"), batch(2, b"no JSON")).records is None


@given(st.text())
def test_nothing_that_is_shown_steers_a_terminal(text: str) -> None:
    assert texts.printable(text).isprintable()


@given(st.binary(max_size=300), st.text())
def test_whatever_a_letter_holds_it_is_shown(data: bytes, code: str) -> None:
    # given
    odd = letter(batch(1, data), **{HEADERS.code: code})

    # when
    lines = [texts.line(odd, bytes.hex, NOON), texts.as_json(odd, bytes.hex, NOON), *texts.details(odd, bytes.hex)]

    # then
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(seconds=-3), "0m00s"),
        (timedelta(seconds=75), "1m15s"),
        (timedelta(hours=2, minutes=5), "2h05m"),
        (timedelta(days=3, hours=4), "3d04h"),
    ],
)
def test_an_age_is_short(age: timedelta, shown: str) -> None:
    assert f" {shown} " in texts.line(letter(batch(1)), bytes.hex, NOON + age)


def test_long_letters_are_cut_short() -> None:
    # given
    records = b"[%b]" % b", ".join(b'{"a": "%b"}' % (b"x" * 10_000) for _ in range(100))

    # when
    lines = list(texts.details(letter(*[batch(1, records)] * 10), bytes.hex))

    # then
    assert sum(map(len, lines)) < 40_000
    assert any("more characters" in line for line in lines)


async def test_the_pace_is_even_and_what_was_slow_is_not_made_up_for() -> None:
    # given: a time that passes by sleeping only
    now = 0.0
    turns = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    pace = Pace(4.0, Time(monotonic=lambda: now, sleep=sleep))

    # when
    for slow in (0.0, 0.0, 1.0, 0.0, 0.0):
        await pace.turn()
        turns.append(now)
        now += slow

    # then
    assert turns == [0.0, 0.25, 0.5, 1.5, 1.75]
