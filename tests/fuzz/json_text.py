"""JSON as text, made to be hostile: values, records, the envelope. What is called valid is valid by RFC 8259."""

import random

from tests.fuzz.reading import good_record
from tests.fuzz.texts import NO_NUMBERS, number, quoted, text

WHITE_SPACE = (b"", b"", b"", b" ", b"\n", b"\t\r\n  ")
LITERALS = (b"null", b"true", b"false", b"{}", b"[]", b'""')
PROPERTIES = ("department", "seats", "hired", "company.name", "when", "__proto__", "", "a.b.c", "\U0001f600")


def pause(rng: random.Random) -> bytes:
    """White space, as JSON has it."""
    return WHITE_SPACE[int(rng.random() * len(WHITE_SPACE))]  # choice() takes a while, and this is asked for often


def value(rng: random.Random, depth: int = 3) -> bytes:
    """A valid value of any kind."""
    kind = rng.randrange(10 if depth else 7)
    if kind < 2:
        return rng.choice(LITERALS)
    if kind < 4:
        return number(rng).encode()
    if kind < 7:
        return quoted(rng, rng.choice((text(rng), number(rng), rng.choice(NO_NUMBERS))))
    return array(rng, depth - 1) if kind == 7 else members(rng, depth - 1)


def array(rng: random.Random, depth: int) -> bytes:
    """A valid array."""
    elements = (pause(rng) + value(rng, depth) + pause(rng) for _ in range(rng.randrange(4)))
    return b"[" + b",".join(elements) + b"]"


def members(rng: random.Random, depth: int) -> bytes:
    """A valid object; its keys may repeat."""
    pairs = [(name(rng), value(rng, depth)) for _ in range(rng.randrange(4))]
    return json_object(rng, pairs)


def json_object(rng: random.Random, pairs: list[tuple[str, bytes]]) -> bytes:
    """An object of these members, laid out somehow."""
    texts = (
        pause(rng) + quoted(rng, key) + pause(rng) + b":" + pause(rng) + member + pause(rng) for key, member in pairs
    )
    return b"{" + b",".join(texts) + b"}"


def name(rng: random.Random) -> str:
    """The name of a property: mapped or not."""
    return rng.choice(PROPERTIES) if rng.random() < 0.6 else text(rng)


def record(rng: random.Random) -> bytes:
    """One element of `data`, valid JSON, mostly an object with a user ID of some kind."""
    if rng.random() < 0.1:
        return value(rng)
    pairs = [(name(rng), value(rng)) for _ in range(rng.randrange(6))]
    for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 2))):
        pairs.insert(rng.randrange(len(pairs) + 1), ("userId", user_id(rng)))
    return json_object(rng, pairs)


def user_id(rng: random.Random) -> bytes:
    """A user ID of every kind, valid or not."""
    kind = rng.random()
    if kind < 0.5:
        return quoted(rng, f"user-{rng.randrange(500)}")
    return quoted(rng, text(rng)) if kind < 0.85 else value(rng, 1)


def huge(rng: random.Random) -> bytes:
    """One valid value that is large in some way: digits, keys, depth, length. Up to about 900 KiB."""
    return rng.choice(
        (
            lambda: b"9" * rng.choice((100_000, 900_000)),
            lambda: b"1e" + b"9" * rng.choice((1_000, 900_000)),
            lambda: b'"' + b"\\ud800" * rng.choice((6_000, 150_000)) + b'"',
            lambda: b'"' + b"a" * rng.choice((32_000, 33_000, 900_000)) + b'"',
            lambda: b"{" + b",".join(b'"%d":1' % each for each in range(rng.choice((2_000, 70_000)))) + b"}",
            lambda: b"{" + b",".join([b'"a":1'] * rng.choice((4_000, 140_000))) + b"}",
            lambda: b"[" * 60 + b"]" * 60,
            lambda: b"[" * 61 + b"]" * 61,
            lambda: b"[" * 62 + b"]" * 62,
            lambda: b"[" * 63 + b"]" * 63,
            lambda: b'{"a":' * 63 + b"1" + b"}" * 63,
            lambda: b"[" * 100_000 + b"]" * 100_000,
            lambda: b'{"":' * 100_000 + b"1" + b"}" * 100_000,
            lambda: b"[" + b",".join([b"1"] * rng.choice((1_000, 400_000))) + b"]",
        )
    )()


def batch(rng: random.Random, token: str, good: int) -> bytes:
    """A valid envelope of hostile records and one good one."""
    records = [record(rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 10)))]
    if rng.random() < 0.01:
        records.append(huge(rng) if rng.random() < 0.5 else json_object(rng, [("userId", b'"u"'), ("big", huge(rng))]))
    records.insert(rng.randrange(len(records) + 1), good_record(good))
    return envelope(rng, token, records)


def envelope(rng: random.Random, token: str, records: list[bytes]) -> bytes:
    """The body of a post. What is neither token nor data is nobody's business."""
    data = b"[" + b",".join(pause(rng) + each + pause(rng) for each in records) + b"]"
    pairs = [("token", quoted(rng, token)), ("data", data)]
    if rng.random() < 0.2:
        pairs.insert(rng.randrange(3), (text(rng), value(rng)))
    if rng.random() < 0.1:
        pairs.insert(0, (rng.choice(("token", "data")), value(rng)))
    if rng.random() < 0.3:
        pairs.reverse()
    return pause(rng) + json_object(rng, pairs) + pause(rng)
