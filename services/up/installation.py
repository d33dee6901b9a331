"""What one installation keeps in its folder, beside what `make run` builds: secrets, the database, a lock.

The secrets are made once. As root, PostgreSQL's files lie below /var/lib/inlet (see `services.embedded_postgres`),
in a folder whose name the secrets hold; else in the folder itself.
"""

import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.embedded_postgres import SYSTEM_FOLDER, EmbeddedPostgres

ROLES = ("inlet_config_api", "inlet_profile_writer", "inlet_profile_api", "inlet_queue")
_SECRETS = ("receipt_key", "session_key", "service_token", "admin_password", *ROLES)


class InstallationError(Exception):
    """Inlet cannot run here; the text says in one line what to do."""


class Installation:
    """The folder, while this process has it for itself."""

    def __init__(self, folder: Path, kept: dict[str, str]) -> None:
        self.folder = folder
        self._kept = kept
        place = SYSTEM_FOLDER / f"run-{kept['name']}" if os.geteuid() == 0 else folder / "postgres"
        self.server = EmbeddedPostgres(place)

    def secret(self, name: str) -> str:
        """A secret that was made for this installation; a role's is its password."""
        return self._kept[name]

    def passwords(self) -> dict[str, str]:
        """Each database role with its password."""
        return {role: self._kept[role] for role in ROLES}

    def url(self, role: str) -> str:
        """The address of the database, in a service's role."""
        return self.server.url(user=role, password=self._kept[role])


@contextmanager
def opened(folder: Path) -> Iterator[Installation]:
    """The installation in `folder`, made if there is none. Raises `InstallationError`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            _take(lock.fileno(), folder)
            yield Installation(folder.resolve(), _kept(folder / "secrets.json"))
    except PermissionError as error:
        raise InstallationError(f"{error.filename}: not allowed; it belongs to another user, maybe to root") from error


def write_private(path: Path, text: str) -> None:
    """Replaces a file as a whole; only its owner can read it."""
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # 0600 from creation
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    Path(unfinished).replace(path)


def _take(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InstallationError(f"Inlet runs already on {folder}: stop it first, or choose another --folder") from None


def _kept(path: Path) -> dict[str, str]:
    if not path.exists():
        made = {name: secrets.token_urlsafe(24) for name in _SECRETS}
        write_private(path, json.dumps({"name": secrets.token_hex(4), **made}, indent=1))
    kept: dict[str, str] = json.loads(path.read_text())
    return kept
