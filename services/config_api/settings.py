"""The config API's settings."""

from pydantic import Field, SecretStr

from shared.runtime.settings import BrokerSettings, DatabaseSettings, Settings


class ConfigApiSettings(BrokerSettings, DatabaseSettings, Settings):
    """What the config API needs."""

    session_key: SecretStr = Field(min_length=16, description="secret under which console sessions are signed")
    service_token: SecretStr = Field(min_length=16, description="secret that other services show at /internal/v1")
    console_origin: str | None = Field(
        None, description="https://host[:port] of the console; if absent, the host that a request itself names"
    )
    admin_user: str | None = Field(None, description="name of the first admin, made where there is no user yet")
    admin_password: SecretStr | None = Field(None, min_length=12, description="password of the first admin")
