"""Hostile posts: bodies valid and broken, heads that lie about them; each with the answers that it may get."""

import gzip
import random
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from tests.fuzz import json_text
from tests.fuzz.reading import MAX_BODY_BYTES, MAX_INFLATED_BYTES, Reading, read
from tests.fuzz.texts import NO_NUMBERS, NO_UTF8, number, quoted, text

_SPLICES = (
    *NO_UTF8,
    *(each.encode() for each in NO_NUMBERS),
    b"\xef\xbb\xbf",
    b"\0",
    b",",
    b"[",
    b"}",
    b'"',
    b"\\",
    b"\\u00",
    b"\\x41",
    b"/*",
    b"//",
    b"'",
    b"\n",
)
_COUNTS = (0, 1, 999, 1_000, 1_001, 200_000)
_KEY = re.compile(r"[ -~]{1,255}")


@dataclass(frozen=True)
class Given:
    """What the posts are made for: tokens by the status that they deserve, and who may send."""

    tokens: Mapping[str, int]
    access: str
    forbidden: Mapping[str, int]
    """Values of Authorization that are refused, with their status."""

    @property
    def working(self) -> list[str]:
        """The integration tokens whose batches are taken."""
        return [token for token, status in self.tokens.items() if status == 202]


@dataclass(frozen=True)
class Post:
    """A request and what it deserves; `chunked` sends it without a length."""

    body: bytes
    reading: Reading
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False


def post(rng: random.Random, given: Given, number_: int) -> Post:
    """The post of a number: the same for the same generator."""
    kind = rng.choices(_KINDS, _WEIGHTS)[0]
    made = kind(rng, given, json_text.batch(rng, _token(rng, given), number_))
    headers = {"Authorization": f"Bearer {given.access}", "Content-Type": "application/json"} | _noise(rng)
    return Post(made.body, made.reading, headers | dict(made.headers), chunked=rng.random() < 0.1)


def _token(rng: random.Random, given: Given) -> str:
    return rng.choice(given.working if rng.random() < 0.97 else list(given.tokens))


def _as_it_is(_: random.Random, given: Given, body: bytes) -> Post:
    return _plain(given, body)


def _plain(given: Given, body: bytes) -> Post:
    return Post(body, Reading(413) if len(body) > MAX_BODY_BYTES else read(body, given.tokens))


def _mutated(rng: random.Random, given: Given, body: bytes) -> Post:
    return _plain(given, _broken(rng, body))


def _broken(rng: random.Random, body: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        body = _mutate(rng, body)
    return body


def _mutate(rng: random.Random, body: bytes) -> bytes:
    at, to = sorted((rng.randrange(len(body) + 1), rng.randrange(len(body) + 1)))
    near = min(to, at + rng.randrange(1, 9))
    return (
        rng.choice(
            (
                lambda: body[:at],
                lambda: body[at:],
                lambda: body[:at] + body[near:],
                lambda: body[:at] + rng.choice(_SPLICES) + body[at:],
                lambda: body[:at] + rng.choice(_SPLICES) + body[near:],
                lambda: body[:at] + body[at:near] * rng.choice((2, 3, 50)) + body[near:],
                lambda: body[:at] + bytes(each ^ (1 << rng.randrange(8)) for each in body[at:near]) + body[near:],
                lambda: body[:at] + rng.randbytes(near - at) + body[near:],
                lambda: body + rng.choice((body, b"x", b"\0", b" {}", b"\n")),
                lambda: body.decode().encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7"))),
            )
        )()
        if _is_utf8(body)
        else body[:at] + rng.choice(_SPLICES) + body[near:]
    )


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _other_envelope(rng: random.Random, given: Given, body: bytes) -> Post:
    """A body of another shape."""
    token, data = quoted(rng, rng.choice(list(given.tokens))), b"[" + json_text.record(rng) + b"]"
    pairs = [("token", token), ("data", data)]
    body = rng.choice(
        (
            lambda: json_text.value(rng),
            lambda: b"",
            lambda: rng.randbytes(rng.randrange(200)),
            lambda: data,
            lambda: b"[%b]" % body,
            lambda: json_text.json_object(rng, pairs[:1]),
            lambda: json_text.json_object(rng, pairs[1:]),
            lambda: json_text.json_object(rng, [("token", json_text.value(rng)), pairs[1]]),
            lambda: json_text.json_object(rng, [pairs[0], ("data", json_text.value(rng))]),
            lambda: json_text.json_object(rng, [("Token", token), ("DATA", data)]),
            lambda: json_text.json_object(rng, [("token", quoted(rng, text(rng))), pairs[1]]),
            lambda: json_text.json_object(rng, pairs),
            lambda: json_text.json_object(
                rng, [pairs[0], ("data", b"[%b]" % b",".join([b"{}"] * rng.choice(_COUNTS)))]
            ),
        )
    )()
    return _plain(given, body)


def _compressed(rng: random.Random, given: Given, body: bytes) -> Post:
    """Under the name of gzip: gzip, something like it, or a bomb."""
    whole = gzip.compress(body, rng.choice((0, 1, 9)))
    at = rng.randrange(len(whole))
    sent = rng.choice(
        (
            lambda: whole,
            lambda: gzip.compress(_broken(rng, body)),
            lambda: gzip.compress(json_text.huge(rng) * rng.choice((1, 4)), 1),
            lambda: _bomb(rng.choice((3, 5, 60))),
            lambda: whole[:at],
            lambda: whole + rng.choice((b"\0", b"x", whole, gzip.compress(b""))),
            lambda: zlib.compress(body),
            lambda: zlib.compress(body)[2:-4],
            lambda: body,
            lambda: b"",
            lambda: whole[:4] + b"\xff" * 6 + whole[10:],
            lambda: whole[:at] + rng.randbytes(3) + whole[at:],
            lambda: whole[:-8] + bytes(8),
            lambda: gzip.compress(b"") * rng.choice((2, 1_000)),
        )
    )()
    return Post(sent, _inflated(sent, given), {"Content-Encoding": rng.choice(("gzip", "GZIP", "x-gzip"))})


@cache
def _bomb(mebibytes: int) -> bytes:
    return gzip.compress(bytes(mebibytes * 1024 * 1024), 1)


def _inflated(sent: bytes, given: Given) -> Reading:
    """What is sent as gzip deserves: it is one whole member (RFC 1952), within bounds, and then its body."""
    if len(sent) > MAX_BODY_BYTES:
        return Reading(413)
    member = zlib.decompressobj(31)
    try:
        body = member.decompress(sent, MAX_INFLATED_BYTES + 1)
    except zlib.error:
        return Reading(400)
    if len(body) > MAX_INFLATED_BYTES:
        return Reading(413)
    return read(body, given.tokens) if member.eof and not member.unused_data else Reading(400)


def _other_head(rng: random.Random, given: Given, body: bytes) -> Post:
    """A head that says something else than the body is."""
    plain = _plain(given, body)
    name, value, status = rng.choice(
        (
            lambda: ("Content-Type", rng.choice(("text/json", "application/xml", "*/*", "json", ";;;", "")), 415),
            lambda: ("Content-Type", f"application/json; charset={rng.choice(('latin-1', 'utf-16', 'x', '%'))}", 415),
            lambda: ("Content-Type", rng.choice(("application/json;charset=UTF-8", "Application/JSON")), None),
            lambda: ("Content-Encoding", rng.choice(("deflate", "br", "zstd", "gzip, gzip", "x", "gzip;q=1")), 415),
            lambda: ("Content-Encoding", rng.choice(("identity", "Identity", "")), None),
            lambda: (
                "Idempotency-Key",
                key := rng.choice((text(rng), number(rng), "k" * 255, "k" * 256)),
                _of_key(key),
            ),
            lambda: ("Authorization", *rng.choice(list(given.forbidden.items()))),
        )
    )()
    value = _sendable(value)
    if name == "Idempotency-Key":
        status = _of_key(value)
    return Post(body, plain.reading if status is None else Reading(status), {name: value})


def _of_key(sent: str) -> int | None:
    """What a value of Idempotency-Key deserves: white space around it is not part of it (RFC 9110, section 5.5)."""
    return None if _KEY.fullmatch(sent.strip(" \t")) else 400


def _sendable(value: str) -> str:
    """Without what ends a field or is no text; that is tried on the wire itself elsewhere."""
    visible = "".join(each for each in value if each >= " " and each != "\x7f")
    return visible.encode(errors="ignore").decode()[:1_000]


def _noise(rng: random.Random) -> dict[str, str]:
    """Fields that change nothing, whatever they hold."""
    names = (
        "X-Request-Id",
        "traceparent",
        "Accept",
        "Accept-Encoding",
        "Cookie",
        "Origin",
        "X-CSRF-Token",
        "Expect-CT",
    )
    return {rng.choice(names): _sendable(text(rng))} if rng.random() < 0.3 else {}


_Kind = Callable[[random.Random, Given, bytes], Post]
_KINDS: tuple[_Kind, ...] = (_as_it_is, _mutated, _other_envelope, _compressed, _other_head)
_WEIGHTS = (50, 25, 10, 7, 8)
