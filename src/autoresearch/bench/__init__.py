"""What a user's benchmark imports: pages and journeys in a real Chromium, exact counters first, timings second.

    from autoresearch.bench import Benchmark, run
    print(run(Benchmark(serve="dist", journeys={"home": ["/"]}, score={"bytes": 1, "dom-nodes": 0.5})).line())

The same as a file, for `python -m autoresearch.bench benchmark.yml`: `docs/bench.md`.
"""

from autoresearch.bench.model import Benchmark, Step
from autoresearch.bench.run import run

__all__ = ["Benchmark", "Step", "run"]
