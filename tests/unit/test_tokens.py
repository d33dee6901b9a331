import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract import tokens
from shared.contract.tokens import TokenKind


@pytest.mark.parametrize("kind", list(TokenKind))
def test_a_new_token_has_the_form_of_its_kind_only(kind: TokenKind) -> None:
    # when
    token = tokens.make(kind)

    # then
    assert len(token) == tokens.LENGTH
    assert token.startswith(f"inl_{kind}_")
    assert [each for each in TokenKind if tokens.is_well_formed(token, each)] == [kind]


def test_no_two_tokens_are_alike() -> None:
    # when
    made = {tokens.make(TokenKind.ACCESS) for _ in range(1_000)}

    # then
    assert len(made) == 1_000


@given(position=st.integers(6, tokens.LENGTH - 1), replacement=st.characters())
def test_one_changed_character_is_noticed(position: int, replacement: str) -> None:
    # given
    token = tokens.make(TokenKind.INTEGRATION)

    # when
    changed = token[:position] + replacement + token[position + 1 :]

    # then
    assert tokens.is_well_formed(changed, TokenKind.INTEGRATION) == (changed == token)


@given(st.text(max_size=60))
def test_any_text_can_be_asked_about(text: str) -> None:
    # then
    assert not tokens.is_well_formed(text, TokenKind.ACCESS)


def test_a_token_of_the_first_release_stays_valid() -> None:
    # then
    assert tokens.is_well_formed("inl_a_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3TgmGi", TokenKind.ACCESS)


def test_what_is_stored_is_the_sha_256() -> None:
    # then
    assert tokens.digest("inl_a_x") == hashlib.sha256(b"inl_a_x").hexdigest()
