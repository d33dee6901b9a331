"""What the services share: `contract` (pure words) and `runtime` (the outside world)."""

__version__ = "0.1.0"
