"""Settings of the three roles, from BENCH_... variables."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One class for all roles; each reads what it needs."""

    model_config = SettingsConfigDict(env_prefix="BENCH_", frozen=True)

    broker_url: SecretStr
    database_url: SecretStr
    port: int
    access_token: SecretStr
    prefetch: int = 32
    database_connections: int = 8
