"""Every metric of every service, declared once with its meaning.

One `Metrics` object is built per process and passed on; nothing is registered at import. Labels hold codes and
queue names only, never ids, names or tokens.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

from shared import __version__

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The process's metrics and the registry that `/metrics` shows; `build` is the revision of the code."""

    def __init__(self, build: str = "unknown") -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        ProcessCollector(registry=r)
        Info("inlet_build", "Version and revision of the code.", registry=r).info(
            {"version": __version__, "revision": build}
        )
        self.requests = Counter("inlet_requests", "Requests, by status and code.", ["status", "code"], registry=r)
        self.records_accepted = Counter("inlet_records_accepted", "Records answered with 202.", registry=r)
        self.last_accepted = Gauge(
            "inlet_last_accepted_timestamp_seconds", "When the broker last confirmed a gateway's frame.", registry=r
        )
        self.bytes_in_flight = Gauge("inlet_bytes_in_flight", "Bytes of bodies not yet confirmed.", registry=r)
        self.frames = Counter("inlet_frames", "Frames settled by a worker, by queue.", ["queue"], registry=r)
        self.frame_seconds = Histogram(
            "inlet_frame_seconds", "From taking frames to acknowledging them.", ["queue"], buckets=_SECONDS, registry=r
        )
        self.last_frame = Gauge(
            "inlet_last_frame_timestamp_seconds", "When a worker last settled a frame, by queue.", ["queue"], registry=r
        )
        self.retries = Counter("inlet_retries", "Work tried again in place, by queue.", ["queue"], registry=r)
        self.dead_letters = Counter(
            "inlet_dead_letters", "Batches and frames put aside, by queue and code.", ["queue", "code"], registry=r
        )
        self.messages_waiting = Gauge(
            "inlet_messages_waiting", "Messages that wait in a queue, as last looked at.", ["queue"], registry=r
        )
        self.records_mapped = Counter("inlet_records_mapped", "Records that became rows.", registry=r)
        self.rejects = Counter("inlet_rejects", "Rejected records and values, by code.", ["code"], registry=r)
        self.records_written = Counter("inlet_records_written", "Records merged into profiles.", registry=r)
        self.write_seconds = Histogram("inlet_write_seconds", "One write's transaction.", buckets=_SECONDS, registry=r)
        self.snapshot_version = Gauge("inlet_snapshot_version", "Version of the definitions in use.", registry=r)
        self.snapshot_age = Gauge(
            "inlet_snapshot_age_seconds", "Since the definitions were last confirmed; +Inf without any.", registry=r
        )
