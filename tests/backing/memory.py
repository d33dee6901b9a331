"""A folder whose files lie in memory, where the machine has one.

A broker and a database of the tests write much and keep nothing: hundreds of files for each database, and each
message is synced. In memory that takes a fifth of the processor's time. A server that is killed finds its files again.
"""

import shutil
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30  # a container has 64 MiB unless it is told otherwise


def memory_folder() -> Path | None:
    """The folder, which everybody may write to; None where there is none, or where it is small."""
    if _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).free >= _ENOUGH_BYTES:
        return _SHARED_MEMORY
    return None
