"""Logs: one JSON object a line on standard output, built by structlog, what libraries log included."""

import logging
import sys

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError


def configure(level: str, service: str) -> None:
    """Sets up the process's logging once; the composition root calls it before anything else."""
    number = logging.getLevelNamesMapping()[level.upper()]
    # Local variables hold the senders' data and our secrets: no traceback may show them.
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    fields: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(tracebacks),
    ]
    structlog.configure(
        processors=[*fields, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_of_libraries(fields)], level=number)
    for library in ("aio_pika", "aiormq"):
        # What they say of a lost connection, again and again, `amqp` says once.
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _of_libraries(fields: list[structlog.typing.Processor]) -> logging.Handler:
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_concerns_us)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=fields,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    return handler


def _concerns_us(record: logging.LogRecord) -> bool:
    """Not what aiohttp says of a request that is no HTTP: anybody could fill the disk with tracebacks."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | RequestPayloadError))
