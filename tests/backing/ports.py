"""Free ports on 127.0.0.1."""

import errno
import os
import random
import socket
from collections.abc import Iterator

# Below what any system hands out by itself (Linux from 32768, RFC 6335 from 49152): a port stays free until the service
# that it was chosen for listens on it, whatever connects or listens in the meantime.
_FIRST, _AFTER = 20_000, 32_000
_WORKERS = 8


def _own(worker: str) -> Iterator[int]:
    """The ports of a pytest-xdist worker (`gw0`, ...), again and again, from one where no other run is likely to be."""
    share = (_AFTER - _FIRST) // _WORKERS
    first = _FIRST + int(worker.removeprefix("gw") or 0) % _WORKERS * share
    begin = random.randrange(share)
    while True:
        yield from (first + (begin + each) % share for each in range(share))


_ports = _own(os.environ.get("PYTEST_XDIST_WORKER", ""))


def free_ports(count: int) -> list[int]:
    """`count` different ports that nobody listens on now."""
    free = (port for port in _ports if _is_free(port))
    return [next(free) for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: what is just closed may be had
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
        return True
