"""Putting aside what cannot be processed: a dead letter explains itself by its headers."""

import structlog

from shared.contract.codes import DEAD_LETTER_CODES, Code
from shared.contract.stamps import to_datetime
from shared.contract.topology import HEADERS
from shared.runtime.broker import Broker
from shared.runtime.clock import Clock
from shared.runtime.metrics import Metrics

_log = structlog.get_logger()


class DeadLetters:
    """Publishes to the dead queue of one inbox."""

    def __init__(self, origin: str, dead: str, broker: Broker, metrics: Metrics, clock: Clock) -> None:
        self._origin = origin
        self._dead = dead
        self._broker = broker
        self._metrics = metrics
        self._clock = clock
        for code in DEAD_LETTER_CODES:  # from zero: an increase is seen only between two samples
            metrics.dead_letters.labels(origin, code.value)

    async def put(self, body: bytes, code: Code, attempts: int, receipt: bytes | None = None) -> None:
        """Returns when the dead letter is stored. Raises `UnavailableError`.

        `attempts` is how often it was tried in place, or delivered if it was not tried this time; a whole frame has
        no `receipt`.
        """
        headers: dict[str, str | int] = {
            HEADERS.code: code.value,
            HEADERS.origin: self._origin,
            HEADERS.attempts: attempts,
            HEADERS.time: to_datetime(self._clock()).isoformat().replace("+00:00", "Z"),
        }
        if receipt is not None:
            headers[HEADERS.receipt] = receipt.hex()
        await self._broker.publish(self._dead, body, headers)
        self._metrics.dead_letters.labels(self._origin, code.value).inc()
        _log.warning("dead_letter", queue=self._origin, code=code.value, attempts=attempts, whole_frame=receipt is None)
