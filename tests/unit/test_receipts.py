import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract import receipts
from shared.contract.receipts import KEY_LENGTH, Receipt, ReceiptSigner

DAY = date(2026, 11, 24)
SIGNER = ReceiptSigner(b"0123456789abcdef")


@given(
    integration=st.integers(1, 2**31 - 1),
    day=st.dates(date(1970, 1, 1), date(2149, 6, 5)),
    idempotency=st.none() | st.tuples(st.text("abc", min_size=1), st.binary()),
)
def test_an_issued_id_is_read_back(integration: int, day: date, idempotency: tuple[str, bytes] | None) -> None:
    # when
    key = SIGNER.issue(integration, day, idempotency)

    # then
    assert len(key) == KEY_LENGTH
    assert SIGNER.read(SIGNER.text(key)) == key
    assert receipts.parse(key) == Receipt(integration, day, key[6:])


def test_ids_are_random_without_an_idempotency_key() -> None:
    # then
    assert len({SIGNER.issue(1, DAY) for _ in range(1_000)}) == 1_000


def test_the_same_post_has_the_same_id_and_any_other_has_not() -> None:
    # given
    posts = [
        (1, DAY, ("key", b"body")),
        (2, DAY, ("key", b"body")),
        (1, date(2026, 11, 25), ("key", b"body")),
        (1, DAY, ("yek", b"body")),
        (1, DAY, ("key", b"bodx")),
    ]

    # when
    first = [SIGNER.issue(*post) for post in posts]
    again = [SIGNER.issue(*post) for post in posts]
    elsewhere = [ReceiptSigner(b"another key, 16+").issue(*post) for post in posts]

    # then
    assert first == again
    assert len({*first, *elsewhere}) == 10


def test_an_id_of_the_first_release_is_read_and_made_again() -> None:
    # when
    key = SIGNER.issue(7, DAY, ("key", b"body"))

    # then
    assert SIGNER.text(key) == "AAAAB1EtBr5M6Y2ECjMg88CRWEqjYxXDYxuyetpMis8"


@given(position=st.integers(0, 42), replacement=st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_one_changed_character_makes_it_unknown(position: int, replacement: str) -> None:
    # given
    text = SIGNER.text(SIGNER.issue(1, DAY))

    # when
    changed = text[:position] + replacement + text[position + 1 :]

    # then
    assert (SIGNER.read(changed) is None) == (changed != text)


@given(st.text(max_size=50) | st.text(min_size=43, max_size=43))
def test_any_text_can_be_read(text: str) -> None:
    # then
    assert SIGNER.read(text) is None


def test_an_id_of_another_key_is_unknown() -> None:
    # given
    other = ReceiptSigner(b"another key, 16+")

    # then
    assert other.read(SIGNER.text(SIGNER.issue(1, DAY))) is None


def test_a_short_secret_is_refused() -> None:
    # then
    with pytest.raises(ValueError, match="16 bytes"):
        ReceiptSigner(b"short")
