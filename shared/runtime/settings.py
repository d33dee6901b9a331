"""Settings that several services share: read from the environment (INLET_...), checked at start, secrets masked.

A service's own `settings.py` adds what only it needs.
"""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

BROKER_SCHEMES = ("amqp", "amqps", "postgresql", "postgres")


class InvalidSettingsError(Exception):
    """What is wrong with settings: one line that names them as the environment does, and shows no value."""


class Settings(BaseSettings):
    """What every service understands."""

    # A setting that is missing must not print those that are there: they hold secrets.
    model_config = SettingsConfigDict(env_prefix="INLET_", frozen=True, extra="ignore", hide_input_in_errors=True)

    log_level: str = Field("info", description="debug, info, warning or error")
    build: str = Field("unknown", description="revision of the code, for the metric inlet_build_info")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(0, ge=0, le=65535, description="port to listen on; 0 takes a free one and logs it")
    head_timeout_s: float = Field(10.0, gt=0, description="how long the head of a request may take to arrive")
    idle_timeout_s: float = Field(75.0, gt=0, description="how long a connection is kept between two requests")
    max_connections: int = Field(4_000, ge=1, description="most connections at once; more are answered with 503")
    drain_s: float = Field(8.0, gt=0, description="how long a stopping service may finish what it has begun")

    @classmethod
    def read(cls, **given: Any) -> Self:
        """The environment's settings; `given` ones are not looked for in it. Raises `InvalidSettingsError`."""
        try:
            return cls(**given)
        except ValidationError as error:
            flaws = (f"{_named(flaw['loc'])}{flaw['msg'].removeprefix('Value error, ')}" for flaw in error.errors())
            raise InvalidSettingsError("; ".join(flaws)) from None


def _named(path: tuple[int | str, ...]) -> str:
    """A setting as the environment names it; nothing where a flaw is of several together."""
    return f"INLET_{str(path[0]).upper()}: " if path else ""


def _broker_url(url: SecretStr) -> SecretStr:
    """Raises `ValueError`, whose text shows nothing of the URL: it holds a password."""
    scheme, separator, rest = url.get_secret_value().partition("://")
    if scheme not in BROKER_SCHEMES or not separator or not rest:
        raise ValueError(f"must begin with {', '.join(f'{each}://' for each in BROKER_SCHEMES)} and name a host")
    return url


class BrokerSettings(Settings):
    """For services that publish or consume."""

    broker_url: Annotated[SecretStr, AfterValidator(_broker_url)] = Field(
        description="amqp://user:password@host:port/vhost, or postgresql://inlet_queue:password@host:port/database"
    )
    publish_timeout_s: float = Field(4.0, gt=0, description="how long the broker may take to confirm")
    patience_s: float = Field(60.0, gt=0, description="how long failed work is tried again before its frame goes back")


class SnapshotSettings(Settings):
    """For services that need the definitions: from the config API, or from a file."""

    config_url: str | None = Field(
        None, pattern=r"^https?://[^/?#@\s]+$", description="http://host:port of the config API"
    )
    service_token: SecretStr | None = Field(None, min_length=16, description="secret shown to the config API")
    snapshot_file: Path | None = Field(None, description="the definitions as a file, instead of the config API")
    snapshot_cache: Path | None = Field(None, description="where the last good snapshot is kept for a restart")
    snapshot_poll_s: float = Field(30.0, gt=0, description="how often the definitions are looked at")
    snapshot_max_age_s: float = Field(86_400.0, gt=0, description="a snapshot not confirmed for so long is refused")
    last_use_s: float = Field(10.0, gt=0, description="how often the config API is told which tokens were used")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.config_url is None) == (self.snapshot_file is None):
            raise ValueError("give INLET_CONFIG_URL or INLET_SNAPSHOT_FILE, one of them")
        if self.config_url is not None and self.service_token is None:
            raise ValueError("INLET_CONFIG_URL needs INLET_SERVICE_TOKEN")
        return self


class AccessSettings(SnapshotSettings):
    """For services that let callers in."""

    session_key: SecretStr = Field(min_length=16, description="secret under which console sessions are signed")
    console_origin: str | None = Field(
        None, description="https://host[:port] of the console; if absent, the host that a request itself names"
    )


class DatabaseSettings(Settings):
    """For services with a database role."""

    database_url: SecretStr = Field(description="postgresql://role:password@host:port/database")
    database_connections: int = Field(4, ge=1, le=100, description="most connections held open by one process")
    database_acquire_s: float = Field(5.0, gt=0, description="how long to wait for a free connection")


class MigrateSettings(Settings):
    """For `migrate`: the owner of the database, and the passwords that it gives to the services' roles."""

    migrate_url: SecretStr = Field(description="postgresql://owner:password@host:port/database")
    config_api_password: SecretStr = Field(description="password of the role inlet_config_api")
    profile_writer_password: SecretStr = Field(description="password of the role inlet_profile_writer")
    profile_api_password: SecretStr = Field(description="password of the role inlet_profile_api")

    queue_password: SecretStr | None = Field(
        None, description="password of the role inlet_queue, for queues in PostgreSQL"
    )

    def passwords(self) -> dict[str, str]:
        """Each service's role with its password."""
        queue = {} if self.queue_password is None else {"inlet_queue": self.queue_password.get_secret_value()}
        return queue | {
            "inlet_config_api": self.config_api_password.get_secret_value(),
            "inlet_profile_writer": self.profile_writer_password.get_secret_value(),
            "inlet_profile_api": self.profile_api_password.get_secret_value(),
        }
