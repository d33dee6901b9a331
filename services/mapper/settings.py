"""The mapper's settings."""

from shared.runtime.settings import BrokerSettings, SnapshotSettings


class MapperSettings(BrokerSettings, SnapshotSettings):
    """What the mapper needs."""
