"""Conditions and profiles for Hypothesis, and what a condition says of a profile in plain Python."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from shared.contract.definitions import Attribute, AttributeType

TODAY = date(2026, 11, 24)
ATTRIBUTES = {
    key: Attribute(id=number, system=1, key=key, name=key, type=type_)
    for number, (key, type_) in enumerate(
        [
            ("word", AttributeType.STRING),
            ("other", AttributeType.STRING),
            ("seats", AttributeType.NUMBER),
            ("price", AttributeType.NUMBER),
            ("hired", AttributeType.DATE),
            ("seen", AttributeType.DATE),
        ],
        start=7,
    )
}
OPERATORS: Mapping[AttributeType, Sequence[str]] = {
    AttributeType.STRING: (
        "equals in contains starts_with ends_with matches is_empty is_set".split()  # noqa: SIM905 - a list of words
    ),
    AttributeType.NUMBER: "equals less at_most greater at_least between is_set".split(),  # noqa: SIM905 - reads better than a list of quoted words
    AttributeType.DATE: "on before after between in_last in_next older_than is_set".split(),  # noqa: SIM905 - reads better than a list of quoted words
}
Profile = Mapping[str, Any]
"""Values by attribute key: text, the digits of a number, a date as it is stored; None is cleared, absent is missing."""

_texts = st.text("aAß%_'\"\\ \n\t\u0130é😀$1.", max_size=6)
_BIG = "1234567890123456789012345678901234567890"
_numbers = st.one_of(
    st.sampled_from(
        [_BIG, _BIG[:-1] + "1", "-" + _BIG, _BIG + ".0", _BIG + ".000000000000000000000000000000000000001"]
    ),
    st.sampled_from(["0", "-0", "0.0", "10", "10.0", "1e1", "9.999999999999999999999999999999999999999", "1E-1000"]),
    st.integers(-20, 20).map(str),
)
_EDGES = [date.min, date(1, 1, 2), date(9999, 12, 30), date.max, TODAY, TODAY - timedelta(1), TODAY + timedelta(1)]
_days = st.sampled_from(_EDGES) | st.integers(-800, 800).map(lambda days: TODAY + timedelta(days))
_times = st.sampled_from(["00:00:00", "00:00:00.000001", "12:30:00", "12:30:00.25", "23:59:59", "23:59:59.999999"])
_instants = st.builds("{}T{}Z".format, _days, _times)
_moments = _days.map(str) | _instants
# The same instants, as somebody else's clock shows them.
_elsewhere = st.builds("{}T{}{}".format, st.dates(date(2024, 9, 1), date(2028, 12, 31)), _times, st.just("+05:30"))
_periods = st.fixed_dictionaries(
    {
        "count": st.integers(1, 30) | st.sampled_from([10_000]),
        "unit": st.sampled_from(["days", "weeks", "months"]),
    }
)
_patterns = st.sampled_from(
    [
        "a",
        "^a",
        "a$",
        "^$",
        "^.$",
        ".",
        "[.]",
        "a|é",
        "^(a|A)+$",
        "[a-zß]{2,}",
        "[^a]",
        "[$%_]",
        "(ß|😀)?\n",
        "^[^\n]*$",
    ]
)
_STORED = {AttributeType.STRING: _texts, AttributeType.NUMBER: _numbers, AttributeType.DATE: _moments}


def _operands(type_: AttributeType, operator: str) -> st.SearchStrategy[Any]:
    if operator in {"is_set", "is_empty"}:
        return st.none()
    if operator in {"in_last", "in_next", "older_than"}:
        return _periods
    if operator == "in":
        return st.lists(_texts, min_size=1, max_size=4)
    if operator == "matches":
        return _patterns
    one = {
        AttributeType.STRING: _texts,
        AttributeType.NUMBER: _numbers | st.integers(-20, 20) | st.sampled_from([0.5, -1.25, 1e-7]),
        AttributeType.DATE: _moments | _elsewhere,
    }[type_]
    return st.lists(one, min_size=2, max_size=2) if operator == "between" else one


def comparisons(type_: AttributeType, operator: str) -> st.SearchStrategy[dict[str, Any]]:
    """Comparisons by one operator, as JSON has them."""
    keys = st.sampled_from([key for key, attribute in ATTRIBUTES.items() if attribute.type is type_])
    names = {"attribute": keys, "operator": st.just(operator), "value": _operands(type_, operator)}
    return st.fixed_dictionaries(names).map(lambda made: {k: v for k, v in made.items() if v is not None})


any_comparison = st.one_of([comparisons(type_, each) for type_, listed in OPERATORS.items() for each in listed])
trees = st.recursive(
    any_comparison,
    lambda nodes: st.one_of(
        st.lists(nodes, min_size=1, max_size=3).map(lambda listed: {"all": listed}),
        st.lists(nodes, min_size=1, max_size=3).map(lambda listed: {"any": listed}),
        nodes.map(lambda node: {"not": node}),
    ),
    max_leaves=6,
)
profiles: st.SearchStrategy[Profile] = st.fixed_dictionaries(
    {}, optional={key: st.none() | _STORED[each.type] for key, each in ATTRIBUTES.items()}
)


def truth(condition: Mapping[str, Any], profile: Profile) -> bool | None:
    """What SQL's three-valued logic makes of a condition; None is unknown."""
    if "all" in condition:
        found = [truth(each, profile) for each in condition["all"]]
        return False if False in found else None if None in found else True
    if "any" in condition:
        found = [truth(each, profile) for each in condition["any"]]
        return True if True in found else None if None in found else False
    if "not" in condition:
        said = truth(condition["not"], profile)
        return None if said is None else not said
    value = profile.get(condition["attribute"])
    if condition["operator"] == "is_set":
        return value is not None
    if value is None:
        return None
    says = _SAYS[ATTRIBUTES[condition["attribute"]].type]
    return says(condition["operator"], value, condition.get("value"))


def _of_text(operator: str, value: str, wanted: Any) -> bool:
    if operator == "matches":
        return bool(_MATCHES[wanted](value))
    return bool(_TEXTS[operator](value, wanted))


_TEXTS: Mapping[str, Callable[[str, Any], object]] = {
    "equals": str.__eq__,
    "in": lambda value, wanted: value in wanted,
    "contains": str.__contains__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "is_empty": lambda value, _: not value,
}
_MATCHES: Mapping[str, Callable[[str], object]] = {
    "a": lambda text: "a" in text,
    "^a": lambda text: text[:1] == "a",
    "a$": lambda text: text[-1:] == "a",
    "^$": lambda text: not text,
    "^.$": lambda text: len(text) == 1,
    ".": len,
    "[.]": lambda text: "." in text,
    "a|é": lambda text: {"a", "é"} & set(text),
    "^(a|A)+$": lambda text: text and set(text) <= {"a", "A"},
    "[a-zß]{2,}": lambda text: any(one in "aß" and two in "aß" for one, two in pairwise(text)),
    "[^a]": lambda text: set(text) - {"a"},
    "[$%_]": lambda text: {"$", "%", "_"} & set(text),
    "(ß|😀)?\n": lambda text: "\n" in text,
    "^[^\n]*$": lambda text: "\n" not in text,
}


def _of_number(operator: str, value: str, wanted: Any) -> bool:
    number = Decimal(value)
    if operator == "between":
        first, last = (Decimal(str(each)) for each in wanted)
        return first <= number <= last
    other = Decimal(str(wanted))
    return {
        "equals": number == other,
        "less": number < other,
        "at_most": number <= other,
        "greater": number > other,
        "at_least": number >= other,
    }[operator]


def _of_date(operator: str, value: str, wanted: Any) -> bool:
    first, last = _span(value)
    if operator == "between":
        return _span(wanted[0])[0] <= first and last <= _span(wanted[1])[1]
    if operator == "older_than":
        return last < _span(str(_ago(wanted) + timedelta(1)))[0]
    if operator in {"in_last", "in_next"}:
        past = operator == "in_last"
        begin, end = (_ago(wanted) + timedelta(1), TODAY) if past else (TODAY, _hence(wanted) - timedelta(1))
        return _span(str(begin))[0] <= first and last <= _span(str(end))[1]
    begins, ends = _span(wanted)
    return {
        "on": begins <= first and last <= ends,
        "before": last < begins,
        "after": first > ends,
    }[operator]


_SAYS = {AttributeType.STRING: _of_text, AttributeType.NUMBER: _of_number, AttributeType.DATE: _of_date}


def _span(moment: str) -> tuple[int, int]:
    """First and last moment of a day or an instant, in half microseconds; a day's last is just before its end."""
    if len(moment) == len("YYYY-MM-DD"):
        begin = (date.fromisoformat(moment) - date.min).days * 86_400_000_000
        return 2 * begin, 2 * (begin + 86_400_000_000) - 1
    since = datetime.fromisoformat(moment) - datetime.min.replace(tzinfo=UTC)
    at = 2 * (since // timedelta(microseconds=1))
    return at, at


def _ago(period: Mapping[str, Any]) -> date:
    return _moved(period, -1)


def _hence(period: Mapping[str, Any]) -> date:
    return _moved(period, 1)


def _moved(period: Mapping[str, Any], step: int) -> date:
    if period["unit"] != "months":
        return TODAY + timedelta(step * period["count"] * {"days": 1, "weeks": 7}[period["unit"]])
    month = TODAY.replace(day=1)
    for _ in range(period["count"]):  # from one first of a month to the next
        month = (month + timedelta(31)).replace(day=1) if step > 0 else (month - timedelta(1)).replace(day=1)
    return month.replace(day=TODAY.day)  # every month has a 24th
