"""From a folder to a running Inlet: the lock, the port, PostgreSQL, migrations, then all services."""

import errno
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from services.embedded_postgres import EmbeddedPostgresError
from services.migrations import migrate
from services.up import app
from services.up.demo import Demo
from services.up.installation import Installation, InstallationError, opened
from services.up.settings import UpSettings
from shared.runtime import log

_ADMIN = "admin"
_LOCAL = "127.0.0.1"


def run(folder: Path, run_loop: Callable[[Coroutine[Any, Any, object]], None]) -> None:
    """Runs until SIGTERM or SIGINT. Raises `InstallationError` where it cannot begin."""
    with opened(folder) as installation:
        try:
            settings = _settings(installation)
            _require_free_port(settings.host, settings.port)
            log.configure(settings.log_level, "inlet")
            try:
                installation.server.start()
                run_loop(_serve(settings, installation))
            finally:
                installation.server.stop()
        except EmbeddedPostgresError as error:
            raise InstallationError(f"PostgreSQL does not start: {error}") from error


async def _serve(settings: UpSettings, installation: Installation) -> None:
    await migrate(installation.server.url(), installation.passwords())
    demo = Demo(installation.folder / "demo.env", _ADMIN, installation.secret("admin_password"))

    async def introduce(port: int) -> None:
        host = _LOCAL if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
        print(await demo.introduction(f"http://{host}:{port}"), flush=True)  # noqa: T201 - for who started it

    settings = settings.model_copy(update={"broker_url": SecretStr(installation.url("inlet_queue"))})
    await app.run(settings, installation.url, introduce)


def _settings(installation: Installation) -> UpSettings:
    """The environment's settings with the installation's own; addresses are filled in once they are known.

    Raises `InvalidSettingsError`.
    """
    unknown = SecretStr("postgresql://to.be.started")
    return UpSettings.read(
        broker_url=unknown,
        database_url=unknown,
        config_url=f"http://{_LOCAL}",
        snapshot_file=None,
        service_token=SecretStr(installation.secret("service_token")),
        session_key=SecretStr(installation.secret("session_key")),
        receipt_key=SecretStr(installation.secret("receipt_key")),
        admin_user=_ADMIN,
        admin_password=SecretStr(installation.secret("admin_password")),
    )


def _require_free_port(host: str, port: int) -> None:
    """Raises `InstallationError`, before anything is started."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be listened on ({error})"
        raise InstallationError(f"{host}:{port} {why}: free it, or choose another port: make run PORT=8090") from None
