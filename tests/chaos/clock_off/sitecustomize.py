"""A process with this folder on its PYTHONPATH has a clock that is off by CHAOS_CLOCK_OFF_S seconds."""

import os
import time

_OFF_NS = int(float(os.environ["CHAOS_CLOCK_OFF_S"]) * 1e9)
_time_ns = time.time_ns


def _off() -> int:
    return _time_ns() + _OFF_NS


time.time_ns = _off
time.time = lambda: _off() / 1e9
