"""What would have to change for the definitions to be as a file says. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from services.config_as_code.document import AttributePart, Document, IntegrationPart, Part, SegmentPart, SystemPart
from services.config_as_code.reading import Path

Kind = Literal["system", "environment", "attribute", "integration", "segment"]

# Nothing refers to what comes later.
_ORDER: tuple[Kind, ...] = ("system", "environment", "attribute", "integration", "segment")
_PRUNED = {"attribute", "integration", "segment"}


class Identity(NamedTuple):
    """What a part is known by: its system's key, then its own key, or its environment and its name or key."""

    kind: Kind
    names: tuple[str, ...]

    def __str__(self) -> str:
        names = (*self.names[:-1], _shown(self.names[-1])) if self.kind == "integration" else self.names
        return f"{self.kind} {'/'.join(names)}"


class Placed(NamedTuple):
    """A part, and where it stands in its document."""

    path: Path
    part: Part


@dataclass(frozen=True)
class Difference:
    """One thing to be made (`before` None), changed, or deleted (`after` None)."""

    identity: Identity
    before: Part | None
    after: Part | None

    def lines(self) -> list[str]:
        """As people read it: one line for what is made or deleted, else one for each field that changes."""
        if self.before is None:
            return [f"+ {self.identity}"]
        if self.after is None:
            return [f"- {self.identity}"]
        changed = _changed("", self.before.model_dump(mode="json"), self.after.model_dump(mode="json"))
        return [f"~ {self.identity}: {field} {_shown(old)} -> {_shown(new)}" for field, old, new in changed]


@dataclass(frozen=True)
class Comparison:
    """All differences, in the order in which they can be made; what can never be; what stays though not named."""

    differences: list[Difference]
    impossible: list[tuple[Path, str]]
    left: list[Identity]


def compare(have: Document, want: Document, *, prune: bool = False) -> Comparison:
    """From what there is to what the file says.

    `prune` deletes the segments, integrations and attributes of the file's systems that it does not name; nothing
    deletes systems and environments, and what belongs to systems that the file does not name is not looked at.
    """
    there, wanted = parts(have), parts(want)
    differences = [
        Difference(identity, before, placed.part)
        for identity, placed in sorted(wanted.items(), key=lambda each: _ORDER.index(each[0].kind))
        if (before := _part(there, identity)) != placed.part
    ]
    systems = {system.key for system in want.systems}
    unnamed = [each for each in there if each not in wanted and (each.kind == "system" or each.names[0] in systems)]
    deleted = [each for each in unnamed if prune and each.kind in _PRUNED]
    deleted.sort(key=lambda each: -_ORDER.index(each.kind))
    differences.extend(Difference(each, there[each].part, None) for each in deleted)
    return Comparison(differences, list(_impossible(there, wanted)), [each for each in unnamed if each not in deleted])


def parts(document: Document) -> dict[Identity, Placed]:
    """All parts of a document, each without what belongs to it."""
    found: dict[Identity, Placed] = {}
    for number, system in enumerate(document.systems):
        at, key = ("systems", number), system.key
        found[Identity("system", (key,))] = Placed(at, SystemPart(key=key, name=system.name))
        for place, environment in enumerate(system.environments):
            found[Identity("environment", (key, environment.key))] = Placed((*at, "environments", place), environment)
        for place, attribute in enumerate(system.attributes):
            found[Identity("attribute", (key, attribute.key))] = Placed((*at, "attributes", place), attribute)
        for place, part in enumerate(system.integrations):
            found[Identity("integration", (key, part.environment, part.name))] = Placed(
                (*at, "integrations", place), part
            )
        for place, segment in enumerate(system.segments):
            found[Identity("segment", (key, segment.environment, segment.key))] = Placed(
                (*at, "segments", place), segment
            )
    return found


def _part(there: Mapping[Identity, Placed], identity: Identity) -> Part | None:
    placed = there.get(identity)
    return None if placed is None else placed.part


def _impossible(there: Mapping[Identity, Placed], wanted: Mapping[Identity, Placed]) -> Iterator[tuple[Path, str]]:
    """What the config API would refuse half-way, found before the first change."""
    holders = {
        (*_within(identity), placed.part.name): placed.part.key
        for identity, placed in there.items()
        if isinstance(placed.part, AttributePart | SegmentPart)
    }
    for identity, (path, part) in wanted.items():
        before = _part(there, identity)
        if isinstance(part, AttributePart | SegmentPart):
            holder = holders.get((*_within(identity), part.name), part.key)
            found = _of_names(identity.kind, before, part, holder)
        else:
            found = _of_state(before, part)
        yield from (((*path, field), message) for field, message in found)


def _within(identity: Identity) -> tuple[str, ...]:
    """Where no two of a kind have one name."""
    return (identity.kind, *identity.names[:-1])


def _of_names(
    kind: Kind, before: Part | None, after: AttributePart | SegmentPart, holder: str
) -> Iterator[tuple[str, str]]:
    if holder != after.key:
        yield "name", f"the {kind} {holder} has this name: first rename or delete that one alone"
    if isinstance(before, AttributePart) and isinstance(after, AttributePart) and before.type != after.type:
        yield "type", f"a type never changes, and this one is {before.type}: make another attribute"


def _of_state(before: Part | None, after: Part) -> Iterator[tuple[str, str]]:
    if not isinstance(before, IntegrationPart) or not isinstance(after, IntegrationPart):
        return
    if after.state == "draft" != before.state:
        yield "state", f"the integration is {before.state}, and never a draft again"


def _changed(field: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """The fields in which two values differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _changed(f"{field}.{key}".lstrip("."), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        for number in range(max(len(before), len(after))):
            pair = [each[number] if number < len(each) else None for each in (before, after)]
            yield from _changed(f"{field}[{number}]", *pair)
    elif before != after:
        yield field, before, after


def _shown(value: Any) -> str:
    """On one line, and nothing in it that a terminal would obey."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)
