"""From YAML to a document, and back; whatever is wrong is named with its line and its field. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from services.config_as_code.document import Document, IntegrationPart, SystemPart
from shared.contract import mapping_rules
from shared.contract.definitions import PropertyMapping

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 32

Path = tuple[str | int, ...]


class Flaw(NamedTuple):
    """One thing wrong in a file: its line (from 1), its field, and why."""

    line: int
    field: str
    message: str


class InvalidFileError(Exception):
    """A file that holds no definitions, with everything that is wrong in it."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("; ".join(f"line {flaw.line}: {flaw.field}: {flaw.message}" for flaw in flaws))
        self.flaws = flaws


class Source(NamedTuple):
    """A document, and the line of each of its fields."""

    document: Document
    lines: dict[Path, int]

    def flaw(self, path: Path, message: str) -> Flaw:
        """Something that is wrong at a field."""
        return _flaw(self.lines, path, message)


def read(raw: bytes) -> Source:
    """Reads a file's content. Raises `InvalidFileError`; then nothing of it may be used."""
    if len(raw) > MAX_BYTES:
        raise InvalidFileError([Flaw(1, "file", f"larger than {MAX_BYTES} bytes")])
    lines: dict[Path, int] = {}
    content = _plain(raw, lines)
    try:
        document = Document.model_validate({} if content is None else content)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidFileError([_flaw(lines, each["loc"], each["msg"]) for each in details]) from None
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


def _plain(raw: bytes, lines: dict[Path, int]) -> Any:
    try:
        for token in yaml.scan(raw, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
                raise InvalidFileError([Flaw(token.start_mark.line + 1, "file", "anchors and aliases are not taken")])
        loader = yaml.SafeLoader(raw)
        node = loader.get_single_node()
        return None if node is None else _value(loader, node, (), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise InvalidFileError([Flaw(line, "file", f"no YAML: {error.problem or error.context}")]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidFileError([Flaw(1, "file", f"no YAML: {type(error).__name__}")]) from None


def _value(loader: yaml.SafeLoader, node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if len(path) > MAX_DEPTH:
        raise InvalidFileError([_flaw(lines, path, "nested too deep")])
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, each, (*path, number), lines) for number, each in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node, deep=True)
    found: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        lines[(*path, name)] = key.start_mark.line + 1
        if name in found:
            raise InvalidFileError([_flaw(lines, (*path, name), "stands twice")])
        found[name] = _value(loader, value, (*path, name), lines)
        lines[(*path, name)] = key.start_mark.line + 1
    return found


def _flaw(lines: dict[Path, int], path: Path, message: str) -> Flaw:
    """At the line of the field, or of the nearest thing around it that is in the file."""
    known = next(path[:length] for length in range(len(path), -1, -1) if path[:length] in lines or length == 0)
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return Flaw(lines.get(known, 1), field or "file", message)


def _broken(document: Document) -> Iterator[tuple[Path, str]]:
    """What the form of the fields does not say: what stands twice, what refers to nothing, rules of mappings."""
    yield from _twice(("systems",), (system.key for system in document.systems), "key")
    for number, system in enumerate(document.systems):
        at: Path = ("systems", number)
        yield from _twice((*at, "environments"), (each.key for each in system.environments), "key")
        yield from _twice((*at, "attributes"), (each.key for each in system.attributes), "key")
        yield from _twice((*at, "attributes"), (each.name for each in system.attributes), "name")
        names = ((each.environment, each.name) for each in system.integrations)
        yield from _twice((*at, "integrations"), names, "name")
        for place, part in enumerate(system.integrations):
            yield from _of_integration((*at, "integrations", place), system, part)


def _twice(at: Path, values: Iterable[object], field: str) -> Iterator[tuple[Path, str]]:
    seen = set()
    for number, value in enumerate(values):
        if value in seen:
            yield (*at, number, field), "stands twice"
        seen.add(value)


def _of_integration(at: Path, system: SystemPart, part: IntegrationPart) -> Iterator[tuple[Path, str]]:
    if part.environment not in {each.key for each in system.environments}:
        yield (*at, "environment"), f"the system has no environment {part.environment}"
    known = {each.key: (number, each.type) for number, each in enumerate(system.attributes, 1)}
    missing = [number for number, each in enumerate(part.mappings) if each.attribute not in known]
    for number in missing:
        yield (*at, "mappings", number, "attribute"), "the system has no such attribute"
    if missing:
        return
    resolved = [
        PropertyMapping(
            **each.model_dump(exclude={"attribute"}), attribute=known[each.attribute][0], type=known[each.attribute][1]
        )
        for each in part.mappings
    ]
    for breach in mapping_rules.breaches(resolved, part.observed_at):
        inner = (int(each) if each.isdigit() else each for each in breach.pointer.strip("/").split("/"))
        yield (*at, *inner), breach.message
