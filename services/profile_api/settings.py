"""The profile API's settings."""

from pydantic import Field, SecretStr

from shared.runtime.settings import AccessSettings, BrokerSettings, DatabaseSettings


class ProfileApiSettings(BrokerSettings, DatabaseSettings, AccessSettings):
    """What the profile API needs."""

    receipt_key: SecretStr = Field(min_length=16, description="secret under which the gateways sign receipts")
    retention_days: int = Field(40, ge=32, description="days that the profile writer keeps receipts")
    changes_days: int = Field(7, ge=0, le=40, description="days that it keeps the feed of changes; 0: there is no feed")
