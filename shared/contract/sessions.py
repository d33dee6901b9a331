"""Console sessions: a signed cookie and nothing on a server, so that every service can check one by itself.

    user      4 bytes   whose session it is
    began     8 bytes   microseconds since the Unix epoch at sign-in: the absolute end is counted from here
    seen      8 bytes   when the cookie was issued last: the idle end is counted from here
    id       16 bytes   random; what a sign-out names
    mac      32 bytes   HMAC-SHA-256 under INLET_SESSION_KEY

In the cookie all 68 bytes stand in URL-safe base64.
"""

import base64
import binascii
import hmac
import secrets
import struct
from typing import NamedTuple, Self

IDLE_S = 30 * 60
ABSOLUTE_S = 12 * 60 * 60
RENEW_S = 60
"""A session's cookie is issued anew on use, but not more often than this."""

_ID_LENGTH = 16
_MAC_LENGTH = 32
_BODY = struct.Struct(">IQQ16s")
_TEXT_LENGTH = (_BODY.size + _MAC_LENGTH + 2) // 3 * 4
_SECOND = 1_000_000


class Session(NamedTuple):
    """Who signed in, and when; times are microseconds since the Unix epoch."""

    user: int
    began: int
    seen: int
    id: bytes

    @classmethod
    def begin(cls, user: int, now: int) -> Self:
        """A new session."""
        return cls(user, now, now, secrets.token_bytes(_ID_LENGTH))

    @property
    def ends(self) -> int:
        """When the session is over if it is not used again."""
        return min(self.seen + IDLE_S * _SECOND, self.absolute_end)

    @property
    def absolute_end(self) -> int:
        """When the session is over however much it is used."""
        return self.began + ABSOLUTE_S * _SECOND

    def is_due(self, now: int) -> bool:
        """Whether its cookie should be issued anew."""
        return now - self.seen >= RENEW_S * _SECOND


class SessionSigner:
    """Writes and reads session cookies under one secret key."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the session key must be at least 16 bytes long")
        self._secret = secret

    def text(self, session: Session) -> str:
        """The cookie's value."""
        body = _BODY.pack(*session)
        return base64.urlsafe_b64encode(body + self._mac(b"session", body)).decode()

    def read(self, text: str) -> Session | None:
        """The session of a cookie that was issued here, else None; whether it is over is not looked at."""
        if len(text) != _TEXT_LENGTH or not text.isascii():
            return None
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        return Session(*_BODY.unpack(body)) if hmac.compare_digest(mac, self._mac(b"session", body)) else None

    def csrf_token(self, session: Session) -> str:
        """What a page of ours must send along with each change, and a foreign page cannot know."""
        return self._mac(b"csrf", session.id).hex()

    def _mac(self, purpose: bytes, message: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + b"\0" + message, "sha256")
