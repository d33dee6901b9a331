"""The outside world, once: broker, database, snapshot, access, settings, logs, metrics, health."""
