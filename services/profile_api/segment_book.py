"""The segments of the moment, read into conditions once for each state of the definitions."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import structlog
from pydantic import TypeAdapter, ValidationError

from services.profile_api.conditions import Statement
from services.profile_api.places import Place
from shared.contract.conditions import Condition, flaws
from shared.contract.definitions import Segment
from shared.runtime.snapshot import Definitions

_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
_log = structlog.get_logger()


class ReadSegment(NamedTuple):
    """A segment with its condition; None where a newer release wrote what this one does not understand."""

    segment: Segment
    condition: Condition | None


class Question(NamedTuple):
    """The segments that are understood and, in the same order, their conditions, to be asked of one user at a day.

    `arguments` are those of the conditions: they follow the environment and the user.
    """

    today: date
    segments: Sequence[Segment]
    conditions: Sequence[str]
    arguments: Sequence[object]


class SegmentBook:
    """Reads each environment's segments when they are first asked for."""

    def __init__(self) -> None:
        self._definitions: Definitions | None = None
        self._read: dict[int, Sequence[ReadSegment]] = {}
        self._questions: dict[int, Question] = {}

    def of(self, place: Place) -> Sequence[ReadSegment]:
        """The environment's segments, in the order in which they were made."""
        if place.definitions is not self._definitions:
            self._definitions, self._read, self._questions = place.definitions, {}, {}
        if place.environment.id not in self._read:
            self._read[place.environment.id] = [ReadSegment(each, _read(each, place)) for each in place.segments]
        return self._read[place.environment.id]

    def question(self, place: Place, today: date) -> Question:
        """All segments of the environment at once, compiled once a day."""
        read = self.of(place)
        known = self._questions.get(place.environment.id)
        if known is None or known.today != today:
            known = self._questions[place.environment.id] = _question(read, place, today)
        return known


def _question(read: Sequence[ReadSegment], place: Place, today: date) -> Question:
    statement = Statement(place.attributes, today, None, None)  # in the places of the environment and the user
    understood = [(segment, condition) for segment, condition in read if condition is not None]
    conditions = [statement.sql(condition) for _, condition in understood]
    return Question(today, [segment for segment, _ in understood], conditions, statement.arguments[2:])


def _read(segment: Segment, place: Place) -> Condition | None:
    types = {key: attribute.type for key, attribute in place.attributes.items()}
    try:
        condition = _CONDITION.validate_json(_JSON.dump_json(segment.condition))
    except ValidationError:
        found = ["not understood"]
    else:
        found = [flaw.message for flaw in flaws(condition, types)]
        if not found:
            return condition
    _log.error("segment cannot be evaluated", segment=segment.id, reason=found[0])
    return None


_JSON: TypeAdapter[Mapping[str, object]] = TypeAdapter(Mapping[str, object])
