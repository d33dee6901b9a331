"""Receipt ids: signed, so that `pending` is never said of an id that was not issued.

    integration  4 bytes   who may read the receipt is checked without a row
    day          2 bytes   days since 1970-01-01 (UTC) on which it was issued: its partition, its retention
    identity    16 bytes   random, or from the Idempotency-Key and the body
    mac         10 bytes   HMAC-SHA-256 under INLET_RECEIPT_KEY, shortened

The first 22 bytes are the receipt's key everywhere inside; what senders see is all 32 in URL-safe base64.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from datetime import date, timedelta
from typing import NamedTuple

KEY_LENGTH = 22
_IDENTITY_LENGTH = 16
_MAC_LENGTH = 10
_TEXT_LENGTH = 43
_KEY = struct.Struct(">IH16s")
_EPOCH = date(1970, 1, 1)


class Receipt(NamedTuple):
    """What a receipt's key says."""

    integration: int
    day: date
    identity: bytes


class ReceiptSigner:
    """Issues and reads receipt ids under one secret key."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the receipt key must be at least 16 bytes long")
        self._secret = secret

    def issue(self, integration: int, day: date, idempotency: tuple[str, bytes] | None = None) -> bytes:
        """A new receipt's key.

        With `idempotency` (the Idempotency-Key and the body) the same post on the same day has the same key.
        """
        if idempotency is None:
            identity = secrets.token_bytes(_IDENTITY_LENGTH)
        else:
            identity = self._identity(integration, *idempotency)
        return _KEY.pack(integration, (day - _EPOCH).days, identity)

    def text(self, key: bytes) -> str:
        """The id that senders see."""
        return base64.urlsafe_b64encode(key + self._mac(key)).rstrip(b"=").decode()

    def read(self, text: str) -> bytes | None:
        """The key of an id that was issued here, else None."""
        if len(text) != _TEXT_LENGTH:
            return None
        try:
            raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        key, mac = raw[:KEY_LENGTH], raw[KEY_LENGTH:]
        return key if hmac.compare_digest(mac, self._mac(key)) and self.text(key) == text else None

    def _identity(self, integration: int, key: str, body: bytes) -> bytes:
        message = integration.to_bytes(4) + hashlib.sha256(body).digest() + key.encode()
        return hmac.digest(self._secret, b"identity" + message, "sha256")[:_IDENTITY_LENGTH]

    def _mac(self, key: bytes) -> bytes:
        return hmac.digest(self._secret, b"receipt" + key, "sha256")[:_MAC_LENGTH]


def parse(key: bytes) -> Receipt:
    """Takes a receipt's key apart. Raises `struct.error` when it is not 22 bytes long."""
    integration, days, identity = _KEY.unpack(key)
    return Receipt(integration, _EPOCH + timedelta(days=days), identity)
