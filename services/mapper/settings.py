"""The mapper's settings."""

from shared.runtime.settings import AccessSettings, BrokerSettings


class MapperSettings(BrokerSettings, AccessSettings):
    """What the mapper needs."""
