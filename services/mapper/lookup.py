"""Where a property is in a record: a literal key first, else a dotted path into nested objects."""

from collections.abc import Mapping

from shared.contract.json_elements import InvalidJSONError, members

Path = tuple[str, ...]


def path_of(name: str) -> Path | None:
    """The path into nested objects that a property's name is, if it has dots."""
    return tuple(name.split(".")) if "." in name else None


class Nested:
    """The nested objects of one record, each taken apart at most once, however many properties lie in it."""

    __slots__ = ("_objects", "_record")

    def __init__(self, record: Mapping[str, bytes]) -> None:
        self._record = record
        self._objects: dict[Path, dict[str, bytes]] = {}

    def find(self, path: Path) -> bytes | None:
        """The value at a path of at least two names. None: there is none, or something on the way is no object."""
        return self._object(path[:-1]).get(path[-1])

    def _object(self, path: Path) -> dict[str, bytes]:
        known = self._objects.get(path)
        if known is None:
            value = self._record.get(path[0]) if len(path) == 1 else self.find(path)
            known = self._objects[path] = {} if value is None else _members(bytes(value))
        return known


def find(record: Mapping[str, bytes], nested: Nested, name: str, path: Path | None) -> bytes | None:
    """The JSON text of a property's value. None: the record does not have it."""
    value = record.get(name)
    if value is not None:
        return bytes(value)
    return None if path is None else nested.find(path)


def _members(value: bytes) -> dict[str, bytes]:
    try:
        return members(value)
    except InvalidJSONError:  # a string, a number, an array
        return {}
