"""Access tokens and integration tokens: `inl_` + kind + 30 random characters + 6 of checksum.

The checksum lets a scanner of logs or repositories tell a token from junk without asking us; requests are checked by
look-up alone. The random part holds 178 bits, so a plain SHA-256 of the token is all that is ever stored; the token
itself is shown once.
"""

import hashlib
import secrets
import zlib
from enum import StrEnum

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH = 30
_CHECKSUM_LENGTH = 6
_PREFIX_LENGTH = len("inl_a_")
LENGTH = _PREFIX_LENGTH + _RANDOM_LENGTH + _CHECKSUM_LENGTH


class TokenKind(StrEnum):
    """The two kinds have prefixes of their own, so that one is never taken for the other."""

    ACCESS = "a"
    INTEGRATION = "i"


def make(kind: TokenKind) -> str:
    """A new token."""
    body = f"inl_{kind}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return body + _checksum(body)


def is_well_formed(token: str, kind: TokenKind) -> bool:
    """Whether the token has the form of its kind and a true checksum. Says nothing about whether it exists."""
    return (
        len(token) == LENGTH
        and token.isascii()
        and token.startswith(f"inl_{kind}_")
        and token[-_CHECKSUM_LENGTH:] == _checksum(token[:-_CHECKSUM_LENGTH])
    )


def digest(token: str) -> str:
    """What is stored of a token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    value, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        value, digit = divmod(value, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
