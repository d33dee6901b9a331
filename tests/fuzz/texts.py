"""Hostile text and hostile numbers, and how text can be written in JSON."""

import json
import random
import re

LETTERS = "aé漢字\U0001f600"
TEXTS = (
    "",
    " ",
    "\t\n",
    "\0",
    "a\0b",
    "null",
    "NaN",
    "-0",
    "1e400",
    "0x1F",
    "__proto__",
    "constructor",
    "../../etc/passwd",
    "'; DROP TABLE profiles.profiles; --",
    "$1",
    "%s%n{}",
    "<script>alert(1)</script>",
    "\\",
    '"',
    "/",
    "a.b.c",
    "..",
    "\u202eabc\u202c",
    "\u200b\u200d\ufeff",
    "e\u0301\u0301\u0301\u0301",
    "\u0130\u0131ß",
    "\ufdd0\ufffe\uffff",
    "\U0001ffff\U0010ffff",
    "\x7f\x80\x9f",
    "\u2028\u2029",
    "\ud800",
    "\udfff\ud800",
    "a\udc00",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "2024-02-30",
    "2024-03-01",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999+23:59",
    "2024-03-01T24:00:00Z",
    "2016-12-31T23:59:60Z",
    "1908129",
    "\u0663\u0664",
)
NUMBERS = (
    "0",
    "-0",
    "-0.0",
    "0e0",
    "1e400",
    "-1e-400",
    "1E+05",
    "1e1000",
    "1e1001",
    "1e-1001",
    "1e999999999999999999999",
    "1e00000000000000000000000005",
    "0.1",
    "1.7976931348623157e309",
    "123456789012345678901234567890123456789",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775809",
)
NO_NUMBERS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "01",
    "-01",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+-5",
    "0x10",
    "1_000",
    "--1",
    "-",
    "\u0663",
    "1,5",
    "True",
    "undefined",
)
# What no UTF-8 decoder may let through (RFC 3629): halves of pairs, overlong forms, too large, cut short.
NO_UTF8 = (
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\x80",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xff",
    b"\xfe\xff",
    b"\xe6\xbc",
)
_HALF = re.compile("[\ud800-\udfff]")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def text(rng: random.Random) -> str:
    """Text of any kind; now and then longer than any limit."""
    kind = rng.random()
    if kind < 0.55:
        return rng.choice(TEXTS)
    if kind < 0.75:
        return "".join(rng.choice(TEXTS) for _ in range(rng.randrange(4)))
    if kind < 0.995:
        return "".join(
            chr(rng.choice((rng.randrange(0x80), rng.randrange(0x11_0000)))) for _ in range(rng.randrange(9))
        )
    return rng.choice(LETTERS) * rng.choice((127, 128, 129, 255, 256, 512, 513, 4_096, 4_097, 33_000))


def number(rng: random.Random) -> str:
    """A number in JSON's grammar; now and then of very many digits."""
    kind = rng.random()
    if kind < 0.7:
        return rng.choice(NUMBERS)
    if kind < 0.99:
        return str(rng.randrange(-(10 ** rng.randrange(1, 45)), 10**45))
    return rng.choice(("9", "0.", "-1")) + "1" * rng.choice((40, 999, 1_000, 1_001, 5_000, 40_000))


def quoted(rng: random.Random, value: str) -> bytes:
    """The text as a JSON string: escaped as little as the grammar allows, altogether, or as chance wants."""
    style = rng.random()
    if style < 0.25 and len(value) < 100:
        return ('"' + "".join(_written(rng, character) for character in value) + '"').encode()
    if style < 0.6:
        return json.dumps(value).encode()
    return _HALF.sub(_escaped, json.dumps(value, ensure_ascii=False)).encode()


def _written(rng: random.Random, character: str) -> str:
    if character >= " " and not _HALF.match(character) and character not in '"\\' and rng.random() < 0.7:
        return character
    if character in _SHORT_ESCAPES and rng.random() < 0.5:
        return _SHORT_ESCAPES[character]
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)).replace("a", rng.choice("aA"))


def _escaped(half: re.Match[str]) -> str:
    return f"\\u{ord(half[0]):04x}"
