"""What the services share: `contract` (pure words) and `runtime` (the outside world)."""
