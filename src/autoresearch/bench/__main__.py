"""`python -m autoresearch.bench benchmark.yml`: the last line is what `autoresearch experiment` reads."""

from __future__ import annotations

import sys
from pathlib import Path

from autoresearch.bench.model import Benchmark
from autoresearch.bench.run import run
from autoresearch.config.load import read
from autoresearch.errors import AutoresearchError, UsageError


def main(arguments: list[str]) -> int:
    """Measure what a file describes."""
    try:
        if len(arguments) != 1:
            raise UsageError("which benchmark?", hint="python -m autoresearch.bench benchmark.yml")
        document = read(Path(arguments[0]), arguments[0])
        print(run(document.validate(Benchmark, document.data)).line())  # noqa: T201  that is what it is for
    except AutoresearchError as error:
        print(f"autoresearch.bench: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
