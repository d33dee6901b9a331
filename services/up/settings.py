"""The settings of all services at once; those that the installation makes are not taken from the environment."""

from typing import Self

from pydantic import Field, SecretStr

from services.config_api.settings import ConfigApiSettings
from services.gateway.settings import GatewaySettings
from services.mapper.settings import MapperSettings
from services.profile_api.settings import ProfileApiSettings
from services.profile_writer.settings import ProfileWriterSettings


class UpSettings(GatewaySettings, MapperSettings, ProfileWriterSettings, ProfileApiSettings, ConfigApiSettings):
    """What all services need, in one process."""

    log_level: str = Field("warning", description="debug, info, warning or error")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 takes a free one and logs it")

    def on_database(self, url: str) -> Self:
        """These settings with another database role."""
        return self.model_copy(update={"database_url": SecretStr(url)})
