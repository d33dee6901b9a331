"""From YAML to a document, and back; whatever is wrong is named with its line and its field. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.config_as_code.document import Document, IntegrationPart, MappingPart, SystemPart
from shared.contract import conditions, mapping_rules
from shared.contract.definitions import AttributeType, PropertyMapping

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 32

Path = tuple[str | int, ...]


class Flaw(NamedTuple):
    """One thing wrong in a file: its line (from 1), its field, and why."""

    line: int
    field: str
    message: str


class InvalidFileError(Exception):
    """A file that holds no definitions, with everything that is wrong in it, by line."""

    def __init__(self, flaws: Iterable[Flaw]) -> None:
        self.flaws: Sequence[Flaw] = sorted(flaws)
        super().__init__("; ".join(f"line {flaw.line}: {flaw.field}: {flaw.message}" for flaw in self.flaws))


class Source(NamedTuple):
    """A document, and the line of each of its fields."""

    document: Document
    lines: Mapping[Path, int]

    def flaw(self, path: Path, message: str) -> Flaw:
        """Something that is wrong at a field."""
        return _flaw(self.lines, path, message)


def read(raw: bytes) -> Source:
    """Reads a file's content. Raises `InvalidFileError`; then nothing of it may be used."""
    if len(raw) > MAX_BYTES:
        raise InvalidFileError([Flaw(1, "file", f"is larger than {MAX_BYTES} bytes")])
    lines: dict[Path, int] = {}
    content = _content(raw, lines)
    try:
        document = Document.model_validate({} if content is None else content)
    except ValidationError as error:
        raise InvalidFileError(_flaw(lines, _place(lines, each), _said(each)) for each in error.errors()) from None
    flaws = [_flaw(lines, path, message) for path, message in _broken(document)]
    if flaws:
        raise InvalidFileError(flaws)
    return Source(document, lines)


def write(document: Document) -> str:
    """The file's content: what is as it is by default is left out."""
    plain = document.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _text(dumper: Any, text: str) -> yaml.Node:
    """In double quotes whatever does not show: elsewhere YAML takes some of it for ends of lines."""
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", text, None if text.isprintable() else '"')
    return node


class _Dumper(yaml.SafeDumper):
    yaml_representers = {**yaml.SafeDumper.yaml_representers, str: _text}  # noqa: RUF012 - as yaml declares it


class _Loader(yaml.SafeLoader):
    """Takes no anchors and aliases, by which a small file grows without bound, and nothing nested deep."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call] # the stubs leave it out
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise yaml.MarkedYAMLError(problem="anchors and aliases are not taken", problem_mark=event.start_mark)
        if self._depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deep", problem_mark=event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _content(raw: bytes, lines: dict[Path, int]) -> Any:
    try:
        loader = _Loader(raw)
        node = loader.get_single_node()
        return None if node is None else _value(loader, node, (), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise InvalidFileError([Flaw(line, "file", f"is no YAML: {error.problem or error.context}")]) from None
    except yaml.reader.ReaderError as error:
        line = raw.decode(errors="replace")[: error.position].count("\n") + 1
        raise InvalidFileError([Flaw(line, "file", f"is no YAML: {error.reason}")]) from None


def _value(loader: yaml.SafeLoader, node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    """What a node holds; notes the line of every field, at its key if it has one."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, each, (*path, number), lines) for number, each in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _fields(loader, node, path, lines)
    try:
        return loader.construct_object(node)
    except ValueError as error:  # such as 2024-02-30, which yaml takes for a date
        raise InvalidFileError([_flaw(lines, path, f"{error}: text needs quotes")]) from None
    except yaml.MarkedYAMLError as error:
        raise InvalidFileError([_flaw(lines, path, f"{error.problem}: text needs quotes")]) from None


def _fields(loader: yaml.SafeLoader, node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name in found:
            flaw = _flaw(lines, (*path, name), f"stands twice, also in line {lines[*path, name]}")
            raise InvalidFileError([flaw._replace(line=key.start_mark.line + 1)])
        lines[*path, name] = key.start_mark.line + 1
        found[name] = _value(loader, value, (*path, name), lines)
    return found


def _flaw(lines: Mapping[Path, int], path: Path, message: str) -> Flaw:
    """At the line of the field, or of the nearest thing around it that is in the file."""
    around = (path[:length] for length in range(len(path), -1, -1))
    line = next((lines[each] for each in around if each in lines), 1)
    return Flaw(line, "".join(map(_step, path)).lstrip(".") or "file", message)


def _place(lines: Mapping[Path, int], error: ErrorDetails) -> Path:
    """Where it is in the file: pydantic's path without the names of a union's members, which it has as well."""
    place: Path = ()
    for part in error["loc"]:
        place = (*place, part) if (*place, part) in lines else place
    return (*place, error["loc"][-1]) if error["type"] == "missing" else place


def _step(part: str | int) -> str:
    return f".{part}" if isinstance(part, str) and part.isidentifier() else f"[{part!r}]"


def _said(error: ErrorDetails) -> str:
    """What pydantic found, in a few words."""
    match error["type"]:
        case "string_type":
            return "must be text; what YAML takes for something else needs quotes"
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is no field that is known here"
    return error["msg"].replace("Input should", "must").replace("String should", "must").removeprefix("Value error, ")


def _broken(document: Document) -> Iterator[tuple[Path, str]]:
    """What the form of the fields does not say: what stands twice, what refers to nothing, rules of mappings."""
    yield from _twice(("systems",), "key", (system.key for system in document.systems))
    for number, system in enumerate(document.systems):
        at: Path = ("systems", number)
        yield from _twice((*at, "environments"), "key", (each.key for each in system.environments))
        yield from _twice((*at, "attributes"), "key", (each.key for each in system.attributes))
        yield from _twice((*at, "attributes"), "name", (each.name for each in system.attributes))
        names = ((each.environment, each.name) for each in system.integrations)
        yield from _twice((*at, "integrations"), "name", names)
        for place, part in enumerate(system.integrations):
            yield from _of_integration((*at, "integrations", place), system, part)
        yield from _of_segments((*at, "segments"), system)


def _twice(at: Path, field: str, values: Iterable[object]) -> Iterator[tuple[Path, str]]:
    seen: dict[object, int] = {}
    for number, value in enumerate(values):
        if seen.setdefault(value, number) != number:
            yield (*at, number, field), f"stands twice, also at [{seen[value]}]"


def _of_integration(at: Path, system: SystemPart, part: IntegrationPart) -> Iterator[tuple[Path, str]]:
    if part.environment not in {each.key for each in system.environments}:
        yield (*at, "environment"), f"the system has no environment {part.environment}"
    known = {each.key: (number, each.type) for number, each in enumerate(system.attributes, 1)}
    missing = [number for number, each in enumerate(part.mappings) if each.attribute not in known]
    for number in missing:
        key = part.mappings[number].attribute
        yield (*at, "mappings", number, "attribute"), f"the system has no attribute {key}"
    if not missing:
        resolved = [_resolved(each, *known[each.attribute]) for each in part.mappings]
        for breach in mapping_rules.breaches(resolved, part.observed_at):
            inner = (int(each) if each.isdigit() else each for each in breach.pointer.strip("/").split("/"))
            yield (*at, *inner), breach.message


def _of_segments(at: Path, system: SystemPart) -> Iterator[tuple[Path, str]]:
    yield from _twice(at, "key", ((each.environment, each.key) for each in system.segments))
    yield from _twice(at, "name", ((each.environment, each.name) for each in system.segments))
    types = {each.key: each.type for each in system.attributes}
    for number, segment in enumerate(system.segments):
        if segment.environment not in {each.key for each in system.environments}:
            yield (*at, number, "environment"), f"the system has no environment {segment.environment}"
        for flaw in conditions.flaws(segment.condition, types):
            yield (*at, number, "condition", *flaw.path), flaw.message


def _resolved(part: MappingPart, number: int, kind: AttributeType) -> PropertyMapping:
    """As the rules of mappings look at it: with a number for the attribute, which it has here alone."""
    return PropertyMapping(**part.model_dump(exclude={"attribute"}), attribute=number, type=kind)
