"""The first admin: made where there is no user yet."""

import asyncio

import structlog

from services.config_api.passwords import Passwords
from services.config_api.settings import ConfigApiSettings
from services.config_api.store import Store
from services.config_api.users import insert_user
from shared.contract.definitions import Role
from shared.runtime import backoff
from shared.runtime.broker import UnavailableError

ACTOR = "service:config-api"
_ANYBODY = "SELECT exists(SELECT FROM config.users)"
_log = structlog.get_logger()


async def make_first_admin(store: Store, passwords: Passwords, settings: ConfigApiSettings) -> None:
    """Waits for the database, and makes the admin that the settings name if there is no user at all."""
    for wait in backoff.delays():
        try:
            await _make(store, passwords, settings)
        except UnavailableError as error:
            _log.warning("first admin has to wait", reason=str(error))
            await asyncio.sleep(wait)
        else:
            return


async def _make(store: Store, passwords: Passwords, settings: ConfigApiSettings) -> None:
    if settings.admin_user is None or settings.admin_password is None:
        return
    async with store.read() as session:
        if await session.fetchval(_ANYBODY):
            return
    kept = await passwords.hash(settings.admin_password.get_secret_value())
    async with store.change_by(ACTOR, "bootstrap") as change:
        if await change.session.fetchval(_ANYBODY):  # another process was faster
            return
        number = await insert_user(change, settings.admin_user, kept, Role.ADMIN, None)
        await change.audit("created", "user", number)
    _log.info("first admin made")
