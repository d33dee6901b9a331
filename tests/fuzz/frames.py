"""Hostile frames for the queues of work: bytes that are none, bytes that were, batches that no service would send."""

import json
import pickle
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from shared.contract.messages import MAX_FRAME_BYTES, UnreadableFrameError, decode_mapped, decode_raw
from shared.contract.receipts import ReceiptSigner
from shared.contract.topology import MAPPED, RAW
from tests.fuzz import json_text
from tests.fuzz.definitions import Placed
from tests.fuzz.reading import good_record, good_user
from tests.fuzz.texts import NO_UTF8, number, text

Fields = dict[str, Any]
_READERS = {RAW.name: decode_raw, MAPPED.name: decode_mapped}
_INTEGERS = (-1, 0, 1, 65_535, 65_536, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, -(2**63), 2**64 - 1)
_VERSIONS = (0, 2, -1, 2**63, "1", None, True, 1.0, b"\1", [1])
_LONG = 300_000


@dataclass(frozen=True)
class Frame:
    """A message for a queue, and the number of the good record that must be merged if the frame can be read."""

    queue: str
    body: bytes
    headers: Mapping[str, Any]
    good: int

    @property
    def batches(self) -> int | None:
        """How many batches are in it, good or bad; None: it must end among the dead letters as it is."""
        try:
            return len(_READERS[self.queue](self.body))
        except UnreadableFrameError:
            return None


def frame(rng: random.Random, place: Placed, good: int) -> Frame:
    """The frame of a number: the same for the same generator, receipts and times apart."""
    queue, batch, hostile = rng.choice(((RAW.name, _raw, _hostile_raw), (MAPPED.name, _mapped, _hostile_mapped)))
    neighbour = batch(place, good)
    kind = rng.random()
    if kind < 0.2:
        body = rng.choice(_FOREIGN)(rng)
    elif kind < 0.5:
        body = _damaged(rng, _encode(1, [neighbour, batch(place, -good)]))
    elif kind < 0.58:
        body = _encode(rng.choice(_VERSIONS), [neighbour])
    else:
        batches = [hostile(rng, batch(place, -good - each)) for each in range(rng.choice((1, 1, 2, 5)))]
        batches.insert(rng.randrange(len(batches) + 1), neighbour)
        body = _encode(1, batches)
    return Frame(queue, body, _headers(rng), 0 if 0.2 <= kind < 0.5 else good)


def _encode(version: Any, batches: list[Fields]) -> bytes:
    return msgspec.msgpack.encode({"version": version, "batches": batches})


def _head(place: Placed) -> Fields:
    day = datetime.now(UTC).date()
    return {
        "receipt": ReceiptSigner(secrets.token_bytes(16)).issue(place.integration, day),
        "integration": place.integration,
        "revision": place.revision,
        "received_at": time.time_ns() // 1_000,
        "request_id": "fuzz",
        "traceparent": None,
    }


def _raw(place: Placed, good: int) -> Fields:
    return _head(place) | {"data": b"[%b]" % good_record(good)}


def _mapped(place: Placed, good: int) -> Fields:
    head = _head(place)
    attributes = json.dumps({str(place.seats): good}).encode()
    rows = [[0, head["received_at"], good_user(good), attributes]]
    return head | {"environment": place.environment, "records": 1, "rejected": 0, "rows": rows, "rejects": []}


def _hostile_raw(rng: random.Random, batch: Fields) -> Fields:
    return _with_a_hostile_head(rng, batch) if rng.random() < 0.5 else batch | {"data": _data(rng)}


def _data(rng: random.Random) -> Any:
    """The records of a batch as no gateway lets them through."""
    return rng.choice(
        (
            lambda: json_text.value(rng),
            lambda: b"[%b]" % json_text.record(rng)[: rng.randrange(60)],
            lambda: b"[" + json_text.huge(rng) + b"]",
            lambda: b"[" + rng.choice(NO_UTF8) + b"]",
            lambda: b'[{"userId":"' + rng.choice(NO_UTF8) + b'"}]',
            lambda: rng.randbytes(rng.randrange(100)),
            lambda: b"[" + b",".join([b"{}"] * 70_000) + b"]",
            lambda: b"[" * 100_000,
            lambda: b"[" + b",".join([b"1"] * rng.choice((100_000, 3_000_000))) + b"]",
            lambda: b'[{"userId":"u"}' + b" " * rng.choice((0, 7_000_000)) + b"]",
            lambda: text(rng).encode(errors="replace"),
            lambda: None,
        )
    )()


def _hostile_mapped(rng: random.Random, batch: Fields) -> Fields:
    if rng.random() < 0.3:
        return _with_a_hostile_head(rng, batch)
    name, value = rng.choice(
        (
            lambda: ("environment", _integer(rng)),
            lambda: (rng.choice(("records", "rejected")), _integer(rng)),
            lambda: ("rows", [_hostile_row(rng, batch["rows"][0]) for _ in range(rng.choice((1, 1, 2, 30)))]),
            lambda: ("rejects", [[_integer(rng), _text(rng), rng.choice(("wrong_type", "no code", ""))]] * 2),
            lambda: ("rejected_records", [[_integer(rng), _text(rng), rng.randbytes(rng.choice((0, 9, 40_000)))]]),
            lambda: ("unmapped", {_text(rng): _integer(rng) for _ in range(rng.choice((1, 3, 5_000)))}),
            lambda: ("unmapped_others", _integer(rng)),
            lambda: ("failure", rng.choice(("internal_error", "wrong_type", "no code", "", 1))),
            lambda: ("rejected_observed_at", {_integer(rng): _integer(rng)}),
            lambda: (
                "rejected_values",
                [[_integer(rng), _integer(rng), _text(rng), _integer(rng), b"\xff", "wrong_type"]],
            ),
            lambda: (text(rng).encode(errors="replace").decode(), _integer(rng)),
        )
    )()
    hostile = batch | {name: value}
    if name == "rows" and isinstance(hostile["rows"], list):
        hostile["records"] = len(hostile["rows"])
    return hostile


def _hostile_row(rng: random.Random, row: list[Any]) -> Any:
    row = list(row)
    at = rng.randrange(5)
    if at < 2:
        row[at] = _integer(rng)
    elif at == 2:
        row[at] = _text(rng)
    elif at == 3:
        row[at] = rng.choice(
            (
                lambda: json_text.value(rng),
                lambda: rng.randbytes(9),
                lambda: b"",
                lambda: b"{}\n{}",
                lambda: b'{"1":"a",\n"2":1}',
                lambda: b'{"1":"\\u0000"}',
                lambda: b'{"1":"\\ud800"}',
                lambda: b'{"x":1}',
                lambda: b'{"99999999999":1}',
                lambda: b'{"1":%b}' % number(rng).encode(),
                lambda: b'{"1":1e131073}',
                lambda: b'{"1":{"2":[]}}',
                lambda: b"[1]",
                lambda: b"[" * 10_000,
                lambda: b'{"1":"%b"}' % (b"a" * _LONG),
            )
        )()
    else:
        row = row[: rng.randrange(4)]
    return row


def _with_a_hostile_head(rng: random.Random, batch: Fields) -> Fields:
    name, value = rng.choice(
        (
            lambda: ("receipt", rng.randbytes(rng.choice((0, 1, 21, 22, 23, 200_000)))),
            lambda: ("receipt", batch["receipt"][:4] + b"\xff\xff" + batch["receipt"][6:]),
            lambda: ("receipt", batch["receipt"][:4] + b"\0\0" + batch["receipt"][6:]),
            lambda: ("integration", _integer(rng)),
            lambda: ("revision", _integer(rng)),
            lambda: ("received_at", _integer(rng)),
            lambda: ("request_id", _text(rng)),
            lambda: ("request_id", "x" * _LONG),
            lambda: ("traceparent", _text(rng)),
            lambda: (rng.choice(list(batch)), rng.choice((None, 1.5, [], {}, "text", b"bytes", True))),
        )
    )()
    if name == "batches" or rng.random() > 0.1:
        return batch | {name: value}
    return {key: member for key, member in batch.items() if key != name}


def _integer(rng: random.Random) -> Any:
    return rng.choice(_INTEGERS)


def _text(rng: random.Random) -> str:
    return text(rng).encode(errors="replace").decode()


def _damaged(rng: random.Random, body: bytes) -> bytes:
    """A good frame that met with an accident on its way."""
    at, to = sorted((rng.randrange(len(body)), rng.randrange(len(body))))
    flipped = bytearray(body)
    for _ in range(rng.choice((1, 1, 2, 8))):
        flipped[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    return rng.choice(
        (
            bytes(flipped),
            bytes(flipped),
            body[:at],
            body[at:],
            body[:at] + body[to:],
            body[:at] + rng.randbytes(8) + body[at:],
            body + body,
            body + b"\0",
            body[:at] + bytes(to - at) + body[to:],
        )
    )


_FOREIGN: tuple[Callable[[random.Random], bytes], ...] = (
    lambda _: b"",
    lambda rng: rng.randbytes(rng.randrange(1, 400)),
    json_text.value,
    lambda _: json.dumps({"version": 1, "batches": []}).encode(),
    lambda _: pickle.dumps({"version": 1}),
    lambda rng: msgspec.msgpack.encode(rng.choice((1, "frame", [], {}, None, [1, []], {"version": 1}))),
    lambda rng: msgspec.msgpack.encode({"version": 1, "batches": rng.choice(([], {}, None, [[]], [1], [None]))}),
    lambda rng: b"\x91" * rng.choice((100, 100_000)),  # arrays in arrays
    lambda rng: b"\x81\xa7version" * rng.choice((2, 50_000)),
    lambda _: b"\xdd\xff\xff\xff\xff",  # an array of four thousand million elements
    lambda _: b"\x82\xa7version\x01\xa7batches\xdd\xff\xff\xff\xff\x80",
    lambda _: b"\xc6\xff\xff\xff\xff",  # as many bytes
    lambda _: b"\x82\xa7version\x01\xa7batches\xc7\x08\x01" + bytes(8),  # an extension type
    lambda _: b"\x82\xa7\xff\xff\xff\xff\xff\xff\xff\x01\x01\x01",
    lambda rng: rng.randbytes(8) * (rng.choice((1, MAX_FRAME_BYTES, MAX_FRAME_BYTES + 2 * 1024 * 1024)) // 8),
)


def _headers(rng: random.Random) -> dict[str, Any]:
    """Headers that a foreign publisher may set; those that Inlet itself reads are among them."""
    if rng.random() < 0.6:
        return {}
    values = (
        1,
        -1,
        2**62,
        1.5,
        True,
        None,
        "text",
        bytearray(b"bytes"),
        [1, "a"],
        {"a": {"b": 1}},
        Decimal("1.5"),
        datetime.now(UTC),
    )
    names = (
        "x-delivery-count",
        "inlet-code",
        "inlet-origin",
        "inlet-receipt",
        "inlet-time",
        "x-death",
        "x-opt",
        "a" * 100,
    )
    return {rng.choice(names): rng.choice(values) for _ in range(rng.randrange(1, 4))}
