from types import SimpleNamespace

import pytest

from services.gateway.budget import Budget
from services.gateway.rate import RETRY_AFTER_S, RecordRate
from shared.contract.codes import Code
from shared.runtime.access import Caller, RefusalError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: clock.now))
    return clock


def token(number: int, records_per_s: int | None = None) -> Caller:
    return Caller(f"token:{number}", records_per_s=records_per_s)


def test_records_of_a_second_are_counted_per_token(clock: SimpleNamespace) -> None:
    # given
    rate = RecordRate(10)

    # when
    first = [rate.allows(token(1), 4) for _ in range(3)]
    other = rate.allows(token(2), 10)
    clock.now += RETRY_AFTER_S
    next_second = rate.allows(token(1), 10)

    # then
    assert first == [True, True, False]
    assert other
    assert next_second


def test_a_token_may_have_a_rate_of_its_own(clock: SimpleNamespace) -> None:
    # given
    rate = RecordRate(10)
    clock.now += 1

    # then
    assert [rate.allows(token(1, 20), 10) for _ in range(3)] == [True, True, False]
    assert all(rate.allows(token(2, 0), 1_000) for _ in range(100))


def test_no_rate_is_no_limit() -> None:
    # given
    rate = RecordRate(0)

    # then
    assert all(rate.allows(token(1), 1_000) for _ in range(100))
    assert [rate.allows(token(2, 1), 1) for _ in range(2)] == [True, False]


def test_a_batch_larger_than_the_rate_passes_once_a_second(clock: SimpleNamespace) -> None:
    # given
    rate = RecordRate(10)

    for _ in range(3):
        # when
        clock.now += RETRY_AFTER_S
        passed = [rate.allows(token(1), 1_000) for _ in range(3)]

        # then
        assert passed == [True, False, False]


def test_bytes_are_bounded_in_all_and_per_token() -> None:
    # given
    budget = Budget(100)

    # when
    with budget.hold("token:1", 50) as first, budget.hold("token:2", 0) as second:
        first.grow(50)
        second.grow(49)
        for caller, size in (("token:1", 1), ("token:2", 2), ("token:3", 2)):
            with pytest.raises(RefusalError) as caught:
                budget.hold(caller, size)
            assert (caught.value.status, caught.value.code) == (503, Code.OVERLOADED)
        with pytest.raises(RefusalError):
            second.grow(2)
        held = budget.total

    # then: all of it is given back, and what did not fit was never counted
    assert held == 99
    assert budget.total == 0
    with budget.hold("token:1", 50):
        pass
