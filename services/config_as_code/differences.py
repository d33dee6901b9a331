"""What would have to change for the definitions to be as a file says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from services.config_as_code.document import AttributePart, Document, EnvironmentPart, IntegrationPart, SystemPart
from services.config_as_code.reading import Path

Kind = Literal["system", "environment", "attribute", "integration"]


@dataclass(frozen=True)
class Difference:
    """One thing to be made (`before` None), changed, or deleted (`after` None)."""

    kind: Kind
    system: str
    name: str
    before: BaseModel | None
    after: BaseModel | None

    def lines(self) -> Iterator[str]:
        """As people read it."""
        what = f"{self.kind} {self.system}" + (f"/{self.name}" if self.name else "")
        if self.before is None:
            yield f"+ {what}"
        elif self.after is None:
            yield f"- {what}"
        else:
            for place, old, new in _changed(
                "", self.before.model_dump(mode="json"), self.after.model_dump(mode="json")
            ):
                yield f"~ {what}: {place} {old!r} -> {new!r}"


@dataclass
class Comparison:
    """All differences, in the order in which they can be made; what is impossible; what the file does not name."""

    differences: list[Difference] = field(default_factory=list)
    impossible: list[tuple[Path, str]] = field(default_factory=list)
    unnamed: list[Difference] = field(default_factory=list)


def compare(have: Document, want: Document, *, prune: bool = False) -> Comparison:
    """From what there is to what the file says. `prune` deletes integrations and attributes that it does not name."""
    comparison = Comparison()
    systems = {system.key: system for system in have.systems}
    for number, system in enumerate(want.systems):
        before = systems.get(system.key)
        _compare_system(comparison, before or SystemPart(key=system.key, name=system.name), system, number)
        if before is None:
            comparison.differences.insert(0, Difference("system", system.key, "", None, _head(system)))
    order = {"system": 0, "environment": 1, "attribute": 2, "integration": 3}
    comparison.differences.sort(key=lambda each: order[each.kind])
    if prune:
        comparison.unnamed.sort(key=lambda each: -order[each.kind])
        comparison.differences.extend(comparison.unnamed)
        comparison.unnamed = []
    return comparison


def _compare_system(comparison: Comparison, have: SystemPart, want: SystemPart, number: int) -> None:
    at: Path = ("systems", number)
    if have.name != want.name:
        comparison.differences.append(Difference("system", want.key, "", _head(have), _head(want)))
    environments = _by_name(have.environments)
    for name, part in _by_name(want.environments).items():
        _add(comparison, "environment", want.key, name, environments.get(name), part)
    attributes, wanted = _by_name(have.attributes), _by_name(want.attributes)
    for place, (name, part) in enumerate(wanted.items()):
        before = attributes.get(name)
        if before is not None and before.type != part.type:
            message = f"an attribute's type never changes; it is {before.type}"
            comparison.impossible.append(((*at, "attributes", place, "type"), message))
        _add(comparison, "attribute", want.key, name, before, part)
    integrations = {f"{part.environment}/{part.name}": part for part in have.integrations}
    named = {f"{part.environment}/{part.name}": part for part in want.integrations}
    for place, (name, integration) in enumerate(named.items()):
        former = integrations.get(name)
        if former is not None and former.state != "draft" and integration.state == "draft":
            message = f"the integration is {former.state} and never a draft again"
            comparison.impossible.append(((*at, "integrations", place, "state"), message))
        _add(comparison, "integration", want.key, name, former, integration)
    for name in integrations.keys() - named.keys():
        comparison.unnamed.append(Difference("integration", want.key, name, integrations[name], None))
    for name in attributes.keys() - wanted.keys():
        comparison.unnamed.append(Difference("attribute", want.key, name, attributes[name], None))


def _by_name(parts: Sequence[AttributePart] | Sequence[EnvironmentPart]) -> dict[str, Any]:
    return {part.key: part for part in parts}


def _head(system: SystemPart) -> SystemPart:
    return SystemPart(key=system.key, name=system.name)


def _add(  # noqa: PLR0913, PLR0917 - one difference
    comparison: Comparison,
    kind: Kind,
    system: str,
    name: str,
    before: EnvironmentPart | AttributePart | IntegrationPart | None,
    after: EnvironmentPart | AttributePart | IntegrationPart,
) -> None:
    if before != after:
        comparison.differences.append(Difference(kind, system, name, before, after))


def _changed(place: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """The places at which two values differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _changed(f"{place}.{key}".lstrip("."), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        for number in range(max(len(before), len(after))):
            pair = [each[number] if number < len(each) else None for each in (before, after)]
            yield from _changed(f"{place}[{number}]", *pair)
    elif before != after:
        yield place, before, after
