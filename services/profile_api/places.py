"""Which profiles a path is about: a system and one of its environments, as far as the caller reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from shared.contract.codes import Code
from shared.contract.definitions import Attribute, Environment, Segment, System
from shared.runtime.access import Access, Caller, RefusalError
from shared.runtime.snapshot import Definitions


@dataclass(frozen=True)
class Place:
    """An environment of a system, with the definitions of the moment."""

    definitions: Definitions
    system: System
    environment: Environment

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The system's attributes by key."""
        return {each.key: each for each in self.definitions.attributes.values() if each.system == self.system.id}

    @property
    def segments(self) -> Sequence[Segment]:
        """The environment's segments."""
        return self.definitions.segments[self.environment.id]


def find_place(access: Access, caller: Caller, system: str, environment: str) -> Place:
    """The place of these keys. Raises `RefusalError` (404).

    One answer for what does not exist and what is out of reach: nobody learns which systems there are.
    """
    definitions = access.definitions
    for at in definitions.environments.values():
        of = definitions.systems.get(at.system)
        if of is not None and caller.reaches(of.id) and (of.key, at.key) == (system, environment):
            return Place(definitions, of, at)
    raise not_found()


def not_found() -> RefusalError:
    """What is answered where nothing is, or nothing that the caller may see."""
    return RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
