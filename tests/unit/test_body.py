import asyncio
import gzip
import random
import tracemalloc

import pytest

from services.gateway.body import inflate
from shared.contract.codes import Code
from shared.runtime.access import RefusalError

MIB = 1024 * 1024


async def test_a_gzip_bomb_is_given_up_at_the_limit_not_after_it() -> None:
    # given
    bomb = gzip.compress(bytes(100 * MIB))

    # when
    tracemalloc.start()
    try:
        with pytest.raises(RefusalError) as caught:
            await inflate(bomb, MIB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # then
    assert caught.value.code is Code.BODY_TOO_LARGE
    assert peak < 4 * MIB


@pytest.mark.parametrize("size", [0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, MIB - 1, MIB])
async def test_what_is_within_the_limit_comes_back_whole(size: int) -> None:
    # given: one that hardly gets smaller, and one that gets a thousand times smaller
    for plain in (random.Random(size).randbytes(size), bytes(size)):
        # then
        assert await inflate(gzip.compress(plain), MIB) == plain


@pytest.mark.parametrize("limit", [1000, 64 * 1024 - 1, 64 * 1024, MIB])
async def test_one_byte_more_is_too_much(limit: int) -> None:
    # given
    for plain in (random.Random(limit).randbytes(limit + 1), bytes(limit + 1)):
        # when
        with pytest.raises(RefusalError) as caught:
            await inflate(gzip.compress(plain), limit)

        # then
        assert caught.value.code is Code.BODY_TOO_LARGE


@pytest.mark.parametrize("size", [10, 64 * 1024, MIB])
async def test_a_member_without_its_end_is_none(size: int) -> None:
    # given
    member = gzip.compress(bytes(size))

    for left in (1, 8, 9):
        # when
        with pytest.raises(RefusalError) as caught:
            await inflate(member[:-left], MIB)

        # then
        assert caught.value.code is Code.INVALID_GZIP


async def test_others_are_answered_while_much_is_inflated() -> None:
    # given
    much = gzip.compress(bytes(64 * MIB))

    # when
    inflating = asyncio.create_task(inflate(much, 64 * MIB))
    await asyncio.sleep(0)

    # then
    assert not inflating.done()
    assert len(await inflating) == 64 * MIB
