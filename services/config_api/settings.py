"""The config API's settings."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from shared.runtime.settings import BrokerSettings, DatabaseSettings, Settings


class ConfigApiSettings(BrokerSettings, DatabaseSettings, Settings):
    """What the config API needs."""

    session_key: SecretStr = Field(min_length=16, description="secret under which console sessions are signed")
    service_token: SecretStr = Field(min_length=16, description="secret that other services show at /internal/v1")
    console_origin: str | None = Field(
        None, description="https://host[:port] of the console; if absent, the host that a request itself names"
    )
    forwarded_for: bool = Field(
        default=False,
        description="whether a door in front sets X-Forwarded-For: failed sign-ins count by its last address",
    )
    admin_user: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)] | None = Field(
        None, description="name of the first admin, made where there is no user yet"
    )
    admin_password: SecretStr | None = Field(
        None, min_length=12, max_length=1024, description="password of the first admin"
    )
