"""What a record costs on its way, held against a reference loop that is timed beside it.

Ratios of CPU time, no seconds: a slow or a busy machine slows both down. A bound is about a third above what was
measured when it was written. A change that goes over it is mended, or says what it buys and raises the bound.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import date

import pytest

from services.gateway.envelope import open_envelope
from services.mapper.plan import Plan
from services.profile_writer.fold import fold
from shared.contract import messages, stamps
from shared.contract.receipts import ReceiptSigner
from tests.bench import bodies
from tests.unit.given_mapping import RECEIVED_AT, day, number, raw_batch, revision, string

Work = Callable[[], object]

RECORDS = 500
TURNS = 60
DAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def sent() -> bytes:
    return _sent(RECORDS)[0]


@pytest.fixture(scope="module")
def works(sent: bytes) -> Mapping[str, Work]:
    """Each stage's own part, without HTTP, broker and database; 500 records each time."""
    signer = ReceiptSigner(b"a secret for tests only")
    plan = Plan(
        revision(string("department", 1), string("title", 2), number("seats", 3), number("score", 4), day("hired", 5))
    )
    records = json.loads(sent)["data"]
    bad = [record | ({"hired": "never"} if place % 2 else {"userId": ""}) for place, record in enumerate(records)]
    hot = [record | {"userId": f"u-{place % 5}"} for place, record in enumerate(records)]

    def accept(body: bytes) -> bytes:
        envelope = open_envelope(body, 1000)
        key = signer.issue(1, DAY)
        signer.text(key)
        return messages.encode_raw([raw_batch(envelope.data, receipt=key)])

    def map_frame(frame: bytes) -> bytes:
        return messages.encode_mapped([plan.map(each) for each in messages.decode_raw(frame)])

    def fold_frame(frame: bytes) -> object:
        return fold(messages.decode_mapped(frame), stamps.instant(RECEIVED_AT))

    singles, raw, raw_bad = _sent(1), accept(sent), messages.encode_raw([raw_batch(bad)])
    mapped, mapped_hot = map_frame(raw), map_frame(messages.encode_raw([raw_batch(hot)]))
    return {
        "accept one by one": lambda: [accept(body) for body in singles],
        "accept a batch": lambda: accept(sent),
        "map": lambda: map_frame(raw),
        "map what is refused": lambda: map_frame(raw_bad),
        "fold": lambda: fold_frame(mapped),
        "fold five users": lambda: fold_frame(mapped_hot),
    }


@pytest.mark.parametrize(
    ("stage", "bound"),
    [
        ("accept one by one", 5.1),
        ("accept a batch", 0.41),
        ("map", 3.9),
        ("map what is refused", 2.8),
        ("fold", 0.49),
        ("fold five users", 1.9),
    ],
)
def test_no_stage_has_become_dearer(works: Mapping[str, Work], sent: bytes, stage: str, bound: float) -> None:
    # when: read and written again, which no pipeline in Python does without
    cost = _ratio(works[stage], lambda: json.dumps(json.loads(sent)))

    # then
    assert cost < bound


def _ratio(work: Work, reference: Work) -> float:
    """CPU time of the one in units of the other's: the least of many turns of each, one after the other."""
    least = [float("inf"), float("inf")]
    for _ in range(TURNS):
        for place, each in enumerate((work, reference)):
            began = time.thread_time()
            each()
            least[place] = min(least[place], time.thread_time() - began)
    return least[0] / least[1]


def _sent(batch: int) -> list[bytes]:
    return bodies.build(bodies.Pool("inl_i_token", batch, RECORDS, rounds=1))
