"""Patterns that are let through compile in PostgreSQL, quickly, and mean there what they mean in Python."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from shared.contract import patterns
from shared.contract.patterns import InvalidPatternError

Session = asyncpg.Connection
_MATCHES = 'SELECT text COLLATE "C" ~ $1 FROM unnest($2::text[]) WITH ORDINALITY AS t (text, place) ORDER BY place'
_PIECES = (
    *"ab-^$.|()*+?,0:=#\né😀",
    *("[a-c]", "[^b]", "[]a]", "[^]a]", "[-a]", "[a-]", "[--a]", "[a-b-]", "[!--]", "[^-a]", "[a^]", "[$.]", "[é-😀]"),
    *("{2}", "{0}", "{0,2}", "{1,}", "{3,2}", "{256}", "{,2}", "[", "]", "{", "}", "\\", "\\d", "(?:", "(?i)", "***="),
    *("[[:alpha:]]", "[[.a.]]", "[[=a=]]", "[b-a]", "[]", "[^]", "()", "(^)", "($)"),
)
_written = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=7).map("".join)
_texts = st.lists(st.text("ab-^.\né😀]$c!#", max_size=6), min_size=1, max_size=8)


@pytest.fixture
async def session(database: str) -> AsyncIterator["Session[asyncpg.Record]"]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


async def matches(session: "Session[asyncpg.Record]", pattern: str, texts: list[str]) -> list[bool]:
    return [row[0] for row in await session.fetch(_MATCHES, pattern, texts)]


def in_python(pattern: str) -> re.Pattern[str]:
    """The same in Python's words: what is within [] is spelled out, and $ is the end."""
    parts = re.split(r"(\[\^?\]?[^\]]*\])", pattern, flags=re.DOTALL)
    return re.compile("".join(map(_part, parts)), re.DOTALL)


def _part(part: str) -> str:
    if not part.startswith("["):
        return re.sub(r"[^\^.|()*+?{},0-9]", lambda found: re.escape(found[0]), part).replace(r"\$", r"\Z")
    inside = part[1:-1].removeprefix("^")
    members = re.sub(
        "(.)(-.)?",
        lambda found: re.escape(found[1]) + (f"-{re.escape(found[2][1])}" if found[2] else ""),
        inside,
        flags=re.DOTALL,
    )
    return f"[{'^' if part[1] == '^' else ''}{members}]"


@settings(
    max_examples=1_000, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pattern=_written, texts=_texts)
async def test_what_is_let_through_means_the_same(
    session: "Session[asyncpg.Record]", pattern: str, texts: list[str]
) -> None:
    # given
    try:
        patterns.check(pattern)
    except InvalidPatternError:
        reject()
    # when
    found = await matches(session, pattern, texts)
    # then
    assert found == [in_python(pattern).search(text) is not None for text in texts]


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("b.d", ["abxde", "b\nd"], ["bd", "B.D"]),
        ("^b", ["b"], ["a\nb"]),
        ("b$", ["ab"], ["b\na", "b\n"]),
        ("^(a|bc)+$", ["abca"], ["", "ab"]),
        ("^a{2,3}$", ["aa", "aaa"], ["a", "aaaa"]),
        ("^a{2,}$", ["aaaa"], ["a"]),
        ("^[^a-c]$", ["d", "\n", "é"], ["b", ""]),
        ("^[].$-]+$", [".]$-"], ["a"]),
        ("^é?😀{2}$", ["😀😀"], ["😀"]),
        ("x{0}", ["", "a"], []),
    ],
)
async def test_what_they_mean(session: "Session[asyncpg.Record]", pattern: str, yes: list[str], no: list[str]) -> None:
    patterns.check(pattern)
    assert await matches(session, pattern, [*yes, *no]) == [True] * len(yes) + [False] * len(no)


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "(" + "a?" * 97 + "){3}",
            "(" + "a*" * 97 + "){3}",
            "(a?b?c?d?){0,60}",
            "((a|b)?c?){0,50}",
            "((((a*)*)*)*){60}",
        ),
        *("[a-z]{255}", "(.*.*){100}", "(()|(.*)){0,50}", "(" * 99 + "a" + ")" * 99, "a|" * 99 + "a", ".*a.{255}"),
    ],
)
async def test_the_largest_are_no_burden(session: "Session[asyncpg.Record]", pattern: str) -> None:
    # given
    await session.execute("SET statement_timeout = '10s'")  # as the services have
    patterns.check(pattern)
    # when, then: it ends
    assert len(await matches(session, pattern, ["", "ab" * 2048])) == 2


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "",
            "a" * 201,
            "a\0",
            "\\d",
            "a\\",
            "(?:a)",
            "(?i)a",
            "***=a",
            "*a",
            "a**",
            "a*?",
            "a|*",
            "^*",
            "(",
            ")",
            "(a))",
        ),
        *("a{", "a}", "a{1", "a{,2}", "a{2,1}", "a{256}", "a{1,256}", "a{2}{2}", "{2}", "[", "]", "[]", "[^]", "[b-a]"),
        *("[a-b-c]", "[[:alpha:]]", "[[.a.]]", "[[=a=]]", "[\\d]", "(a{100}){4}", "(abcd){76}", "((a{10}){10}){10}"),
    ],
)
def test_what_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPatternError):
        patterns.check(pattern)
