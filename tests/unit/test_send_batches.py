"""How `send` puts rows together: within the limits, in their order, under keys that a second run finds again."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.send.batches import Batch, Limits, cut, split
from services.send.rows import MAX_RECORD_BYTES, Row

rows_of = st.lists(st.binary(max_size=40), max_size=60).map(
    lambda texts: [Row(number, len(text), text) for number, text in enumerate(texts, 1)]
)


def rows(count: int, size: int = 12) -> list[Row]:
    return [Row(number, size, b'{"n":%*d}' % (size - 6, number)) for number in range(1, count + 1)]


@given(rows_of, st.integers(1, 20), st.integers(1, 200))
def test_batches_hold_all_rows_in_order_within_the_limits(given_rows: list[Row], records: int, size: int) -> None:
    # when
    batches = list(cut(given_rows, Limits(records, size)))

    # then
    assert [row for batch in batches for row in batch.rows] == given_rows
    assert all(len(batch.rows) <= records for batch in batches)
    assert all(len(batch.data) <= size or len(batch.rows) == 1 for batch in batches)
    # then: none is smaller than it must be
    for batch, following in pairwise(batches):
        assert len(batch.rows) == records or len(Batch([*batch.rows, following.rows[0]]).data) > size


def test_a_body_stays_below_what_a_gateway_takes() -> None:
    # given: the largest records, and many middling ones
    for size in (MAX_RECORD_BYTES, 3000):
        # when
        batches = list(cut(rows(1000, size), Limits(1000)))

        # then
        assert max(len(batch.data) for batch in batches) + 200 < 1024 * 1024
        assert json.loads(batches[0].data)[0] == {"n": 1}


def test_a_key_is_the_same_in_a_second_run_and_no_other_batch_has_it() -> None:
    # given: the same rows once more in one file
    same = [Row(number, 2, b"{}") for number in range(1, 7)]

    # when
    first, again = (list(cut(same, Limits(2))) for _ in range(2))

    # then
    keys = [batch.idempotency_key for batch in first]
    assert keys == [batch.idempotency_key for batch in again]
    assert len(set(keys)) == 3
    assert all(key.isascii() and len(key) <= 255 for key in keys)
    other = Batch([Row(1, 2, b"{ }"), *first[0].rows[1:]])
    assert other.idempotency_key not in keys


@given(st.integers(2, 40), st.sampled_from(["too_many_records", "body_too_large", ""]), st.integers(0, 2000))
def test_what_was_too_large_becomes_smaller_until_it_is_one_row(count: int, code: str, limit: int) -> None:
    # given
    limits = Limits(500)
    batch = Batch(rows(count))

    # when
    limits.learn(code, limit, batch)
    parts = split(batch, limits)

    # then
    assert [row for part in parts for row in part.rows] == batch.rows
    assert all(len(part.rows) < count for part in parts)
    assert limits.records >= 1


@pytest.mark.parametrize(("code", "limit", "largest"), [("too_many_records", 7, 7), ("body_too_large", 1112, 46)])
def test_the_limit_that_an_answer_names_holds_from_then_on(code: str, limit: int, largest: int) -> None:
    # given
    limits = Limits(500)

    # when
    limits.learn(code, limit, Batch(rows(500)))

    # then
    assert max(len(batch.rows) for batch in cut(rows(2000), limits)) == largest
