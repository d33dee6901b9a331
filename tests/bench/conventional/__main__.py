"""python -m tests.bench.conventional api | mapper | writer, with the settings in BENCH_... variables."""

import sys

import uvloop

from tests.bench.conventional import api, mapper, writer
from tests.bench.conventional.settings import Settings


def main() -> None:
    """Runs one role until SIGTERM."""
    settings = Settings()
    match sys.argv[1:]:
        case ["api"]:
            api.serve(settings)
        case ["mapper"]:
            uvloop.run(mapper.build(settings).run())
        case ["writer"]:
            uvloop.run(writer.build(settings).run())
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
