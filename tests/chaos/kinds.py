"""Every kind of fault that this machine can have."""

from tests.chaos import broker_faults, database_faults, frame_faults, network_faults, process_faults
from tests.chaos.fault import Kind


def all_kinds() -> list[Kind]:
    """In the order in which they are described; the database's disk can be filled by root alone, who can mount it."""
    kinds = [
        *process_faults.KINDS,
        *broker_faults.KINDS,
        *database_faults.KINDS,
        *network_faults.KINDS,
        *frame_faults.KINDS,
    ]
    return [kind for kind in kinds if database_faults.CAN_FILL_THE_DISK or kind.name != "database disk full"]


def chosen(parts: str) -> list[Kind]:
    """The kinds whose names begin with one of these, separated by commas."""
    return [kind for kind in all_kinds() if kind.name.startswith(tuple(parts.split(",")))]
