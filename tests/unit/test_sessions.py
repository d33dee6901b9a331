import base64
import re

import pytest

from shared.contract import sessions
from shared.contract.sessions import Session, SessionSigner

SIGNER = SessionSigner(b"a key for sessions in tests")
NOW = 1_790_000_000_000_000
SECOND = 1_000_000


def test_a_cookie_reads_back() -> None:
    # given
    session = Session.begin(7, NOW)

    # when
    read = SIGNER.read(SIGNER.text(session))

    # then
    assert read == session
    assert (session.user, session.began, session.seen) == (7, NOW, NOW)
    assert Session.begin(7, NOW).id != session.id


def test_a_cookie_changed_anywhere_is_none() -> None:
    # given
    raw = base64.urlsafe_b64decode(SIGNER.text(Session.begin(7, NOW)))

    # then
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert SIGNER.read(base64.urlsafe_b64encode(changed).decode()) is None, bit


def test_a_cookie_needs_no_quotes() -> None:
    # when
    text = SIGNER.text(Session.begin(2**31 - 1, NOW))

    # then
    assert re.fullmatch(r"[A-Za-z0-9_-]+=", text)
    assert len(text) == 92


@pytest.mark.parametrize("text", ["", "x", "=" * 92, "\udc80" * 92, "é" * 92, "A" * 91, "A" * 93])
def test_what_was_never_issued_is_none(text: str) -> None:
    assert SIGNER.read(text) is None


def test_another_key_reads_nothing() -> None:
    # given
    session = Session.begin(7, NOW)
    other = SessionSigner(b"another key for sessions")

    # then
    assert other.read(SIGNER.text(session)) is None
    assert other.csrf_token(session) != SIGNER.csrf_token(session)
    with pytest.raises(ValueError, match="16 bytes"):
        SessionSigner(b"short")


def test_use_prolongs_a_session_up_to_its_absolute_end() -> None:
    # given
    session = Session.begin(7, NOW)
    used = session._replace(seen=NOW + 60 * SECOND)
    late = session._replace(seen=session.absolute_end - 1)

    # then
    assert session.ends == NOW + sessions.IDLE_S * SECOND
    assert used.ends == session.ends + 60 * SECOND
    assert late.ends == session.absolute_end == NOW + sessions.ABSOLUTE_S * SECOND
    assert not session.is_due(NOW + 59 * SECOND)
    assert session.is_due(NOW + 60 * SECOND)


def test_a_csrf_token_is_the_session_s_whenever_it_is_used() -> None:
    # given
    session = Session.begin(7, NOW)

    # then
    assert SIGNER.csrf_token(session) == SIGNER.csrf_token(session._replace(seen=NOW + 1))
    assert SIGNER.csrf_token(session) != SIGNER.csrf_token(Session.begin(7, NOW))
    assert session.id.hex() not in SIGNER.csrf_token(session)
