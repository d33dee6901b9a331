"""The schemas of all services in a database of the tests."""

from urllib.parse import quote, urlsplit, urlunsplit

from services import migrations

_ROLES = ("inlet_queue", "inlet_config_api", "inlet_profile_writer", "inlet_profile_api")
PASSWORDS = dict.fromkeys(_ROLES, "a password for tests")


async def migrate(url: str) -> None:
    """Brings an empty database to the newest schemas. `url` is a superuser's."""
    await migrations.migrate(url, PASSWORDS)


def role_url(url: str, role: str) -> str:
    """The URL of the same database for a service's role."""
    parts = urlsplit(url)
    address = f"{role}:{quote(PASSWORDS[role], '')}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=address))
