"""Logs: one JSON object a line on standard output, built by structlog."""

import logging
import sys

import structlog


def configure(level: str, service: str) -> None:
    """Sets up the process's logging once; the composition root calls it before anything else."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(stream=sys.stdout, level=number, format="%(message)s")
    for library in ("aio_pika", "aiormq"):
        # What they say in several lines of plain text, `amqp` says in one of ours.
        logging.getLogger(library).setLevel(logging.CRITICAL)
    # Local variables hold the senders' data and our secrets: no traceback may show them.
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(tracebacks),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
