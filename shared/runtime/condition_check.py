"""A condition in a request's body, checked against the attributes that it names."""

from collections.abc import Mapping
from http import HTTPStatus

from shared.contract.codes import Code
from shared.contract.conditions import Condition, flaws
from shared.contract.definitions import AttributeType
from shared.runtime.access import Fault, RefusalError
from shared.runtime.request_parts import pointer


def require_sound(condition: Condition, types: Mapping[str, AttributeType]) -> None:
    """Raises `RefusalError` (422) that says where in `condition` it is at odds with the attributes (by key)."""
    faults = [Fault(pointer(("condition", *each.path)), each.code, each.message) for each in flaws(condition, types)]
    if faults:
        raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=faults)
