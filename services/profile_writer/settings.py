"""The profile writer's settings."""

from pydantic import Field

from shared.runtime.settings import BrokerSettings, DatabaseSettings


class ProfileWriterSettings(BrokerSettings, DatabaseSettings):
    """What the profile writer needs."""

    retention_days: int = Field(40, ge=32, description="days that receipts and rejects are kept; dead letters plus 2")
    retention_check_s: float = Field(3600.0, gt=0, description="how often what is past its retention is dropped")
    changes_days: int = Field(7, ge=0, le=40, description="days that the feed of changes is kept; 0: there is no feed")
