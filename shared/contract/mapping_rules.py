"""What a mapping must satisfy beyond the form of its fields. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shared.contract.dates import InvalidFormatError, reader
from shared.contract.definitions import AttributeType, ObservedAtRule, OnEmpty, PropertyMapping

MAX_PER_PROPERTY = 10
"""One property may feed so many attributes: more would make a batch grow beyond a message when it is mapped."""


class Breach(NamedTuple):
    """A rule that is broken: where (a JSON pointer, RFC 6901), and how."""

    pointer: str
    message: str


def breaches(mappings: Sequence[PropertyMapping], observed_at: ObservedAtRule | None) -> list[Breach]:
    """All rules that a mapping breaks."""
    found = [breach for number, mapping in enumerate(mappings) for breach in _of_mapping(number, mapping)]
    found.extend(_repeated(mappings))
    if observed_at is not None:
        found.extend(_of_format("/observed_at", observed_at.date_format, observed_at.time_zone))
    return found


def _of_mapping(number: int, mapping: PropertyMapping) -> Iterator[Breach]:
    at = f"/mappings/{number}"
    if mapping.on_empty is OnEmpty.KEEP and mapping.type is not AttributeType.STRING:
        yield Breach(f"{at}/on_empty", "only a String can keep the empty text")
    if mapping.type is AttributeType.DATE:
        yield from _of_format(at, mapping.date_format, mapping.time_zone)
    else:
        named = {"date_format": mapping.date_format, "time_zone": mapping.time_zone}
        yield from (Breach(f"{at}/{name}", "only a Date has it") for name, value in named.items() if value is not None)


def _of_format(at: str, date_format: str | None, time_zone: str | None) -> Iterable[Breach]:
    for name, arguments in (("date_format", (date_format, None)), ("time_zone", (None, time_zone))):
        try:
            reader(*arguments)
        except InvalidFormatError as error:
            yield Breach(f"{at}/{name}", str(error))


def _repeated(mappings: Sequence[PropertyMapping]) -> Iterator[Breach]:
    seen: set[tuple[str, int]] = set()
    counts: Counter[str] = Counter()
    for number, mapping in enumerate(mappings):
        pair = mapping.property, mapping.attribute
        counts[mapping.property] += 1
        if pair in seen:
            yield Breach(f"/mappings/{number}", "the property feeds this attribute already")
        if counts[mapping.property] == MAX_PER_PROPERTY + 1:
            message = f"a property may feed {MAX_PER_PROPERTY} attributes"
            yield Breach(f"/mappings/{number}/property", message)
        seen.add(pair)
