"""All schemas of the database: each service's migrations, in the order in which they build on each other."""

from collections.abc import Mapping
from pathlib import Path

from shared.runtime import postgres

_SERVICES = Path(__file__).parent
_SCHEMAS = {"config": _SERVICES / "config_api" / "migrations", "profiles": _SERVICES / "profile_writer" / "migrations"}
_QUEUES = {"queue": Path(postgres.__file__).parent / "queue_migrations"}


async def migrate(url: str, passwords: Mapping[str, str]) -> None:
    """Brings the database up to date, as its owner, and gives each role its password.

    The queues are made where their role has a password.
    """
    await postgres.migrate(url, _SCHEMAS | (_QUEUES if "inlet_queue" in passwords else {}), passwords)
