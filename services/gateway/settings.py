"""What can be set on a gateway."""

from pydantic import Field, SecretStr

from shared.runtime.settings import AccessSettings, BrokerSettings

_KIB = 1024
_MIB = 1024 * _KIB


class GatewaySettings(BrokerSettings, AccessSettings):
    """The gateway's settings; see `shared.runtime.settings` for those it shares."""

    receipt_key: SecretStr = Field(min_length=16, description="secret under which receipts are signed")
    max_records: int = Field(1_000, ge=1, le=10_000, description="most records in a batch")
    max_body_bytes: int = Field(_MIB, ge=_KIB, le=6 * _MIB, description="largest body, as sent")
    max_inflated_bytes: int = Field(4 * _MIB, ge=_KIB, le=6 * _MIB, description="largest body after gzip")
    body_timeout_s: float = Field(10.0, gt=0, description="how long a body may take to arrive after its head")
    max_held_bytes: int = Field(32 * _MIB, ge=_MIB, description="most bytes of bodies not yet confirmed")
    records_per_s: int = Field(5_000, ge=0, description="records a second for a token without a rate; 0 is no limit")
