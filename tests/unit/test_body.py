import gzip
import tracemalloc

import pytest

from services.gateway.body import inflate
from shared.contract.codes import Code
from shared.runtime.access import RefusalError

MIB = 1024 * 1024


def test_a_gzip_bomb_is_given_up_at_the_limit_not_after_it() -> None:
    # given
    bomb = gzip.compress(bytes(100 * MIB))

    # when
    tracemalloc.start()
    try:
        with pytest.raises(RefusalError) as caught:
            inflate(bomb, MIB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # then
    assert caught.value.code is Code.BODY_TOO_LARGE
    assert peak < 4 * MIB


def test_the_limit_itself_is_allowed() -> None:
    # then
    assert inflate(gzip.compress(bytes(MIB)), MIB) == bytes(MIB)
