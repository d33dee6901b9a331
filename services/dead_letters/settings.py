"""Settings of the commands on dead letters."""

from pydantic import Field, SecretStr

from shared.runtime.settings import BrokerSettings


class DeadLetterSettings(BrokerSettings):
    """From the environment."""

    receipt_key: SecretStr | None = Field(
        None, min_length=16, description="secret under which receipts are signed; without it their keys are shown"
    )
