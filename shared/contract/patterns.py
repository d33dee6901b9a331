"""Regular expressions that admins may write: a part of PostgreSQL's that means the same everywhere.

Literals, `.`, `[...]`, `|`, `(...)`, `*`, `+`, `?`, `{m}`, `{m,}`, `{m,n}`, `^`, `$`. There is no backslash: a dot is
`[.]`. Case counts; the expression may match anywhere in the text. `.` and `[^...]` match a line break too, `^` and `$`
only the ends of the whole text.
"""

import re
from collections.abc import Iterator

MAX_LENGTH = 200
_MAX_REPEAT = 255
_MAX_SIZE = 300  # characters once repetitions are written out: of more the compiler makes seconds of work, or refuses
_TOKEN = re.compile(
    r"(?P<set>\[\^?\]?[^\[\]\\]*\])|(?P<quantifier>[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})|[^\[\]{}\\]", re.DOTALL
)
_RANGE = re.compile(r"(.)-(.)", re.DOTALL)


class InvalidPatternError(ValueError):
    """Not such an expression; the text says why."""


def check(pattern: str) -> None:
    """Raises `InvalidPatternError` for what PostgreSQL would refuse, or take to mean something else."""
    if not 1 <= len(pattern) <= MAX_LENGTH or "\0" in pattern:
        raise InvalidPatternError(f"must be 1 to {MAX_LENGTH} characters, none of them NUL")
    sizes, last = [0], 0  # of the groups that are open, the whole first; of what a quantifier would repeat now
    for token in _tokens(pattern):
        text = token.group()
        if token["quantifier"]:
            if not last:
                raise InvalidPatternError(f"{text!r} repeats nothing")
            sizes[-1] += last * (_repeats(text) - 1)
            last = 0
        elif text == "(":
            sizes.append(1)
            last = 0
        else:
            last = _closed(sizes) if text == ")" else _size(token)
            sizes[-1] += max(last, 1)
    if len(sizes) > 1:
        raise InvalidPatternError("a ( without its )")
    if sizes[0] > _MAX_SIZE:
        raise InvalidPatternError(f"written out without repetitions it has more than {_MAX_SIZE} characters")


def _tokens(pattern: str) -> Iterator[re.Match[str]]:
    place = 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            message = f"character {place + 1}: {pattern[place]!r} cannot stand here; write it within []"
            raise InvalidPatternError(message)
        yield token
        place = token.end()


def _closed(sizes: list[int]) -> int:
    """The size of the group that ends here."""
    if len(sizes) == 1:
        raise InvalidPatternError("a ) without its (")
    return sizes.pop()


def _size(token: re.Match[str]) -> int:
    """1 for a character, 0 for what cannot be repeated."""
    if token["set"]:
        _check_set(token["set"])
    return 0 if token.group() in {"|", "^", "$"} else 1


def _repeats(text: str) -> int:
    """How often the compiler writes out what is repeated."""
    if text in "*+?":
        return 1
    bounds = [int(each) for each in text[1:-1].split(",") if each]
    if max(bounds) > _MAX_REPEAT or bounds != sorted(bounds):
        raise InvalidPatternError(f"{text}: the bounds must rise, and be {_MAX_REPEAT} at most")
    return max(1, *bounds)


def _check_set(text: str) -> None:
    inside = text[1:-1].removeprefix("^")
    if not inside:
        raise InvalidPatternError("an empty []")
    if any(first > last for first, last in _RANGE.findall(inside)):
        raise InvalidPatternError(f"{text}: a range that falls")
    if "-" in _RANGE.sub("\0", inside)[1:-1]:
        raise InvalidPatternError(f"{text}: a - that is no range stands first or last")
