"""A run in parts, measured side by side, and put together again as if it had been one.

Whole loops are dealt out; a loop that is *divided* measures a part of its subjects in every shard. Both sides compute
the same deal from the plan and the number of shards, so a shard that never came leaves a gap that is seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from autoresearch.core.measurement import Coverage, Measurement, Skipped
from autoresearch.core.result import Base, Result, Shard
from autoresearch.errors import UsageError


def deal(loops: Sequence[str], divided: Collection[str], shard: Shard) -> list[str]:
    """The loops of one shard: every divided one, and every `count`-th of the others."""
    whole = [loop for loop in loops if loop not in divided]
    mine = {loop for place, loop in enumerate(whole) if place % shard.count == shard.index - 1}
    return [loop for loop in loops if loop in divided or loop in mine]


def most_shards(loops: Sequence[str], divided: Collection[str], wanted: int) -> int:
    """How many of `wanted` shards have something to do."""
    return wanted if divided else max(1, min(wanted, len(loops)))


def merged(results: Sequence[Result], divided: Collection[str]) -> Result:
    """One result of several. Raises `UsageError` when they are not parts of one run.

    What no shard brought is left out, for the caller to tell as not measured; a divided loop of which a part is
    missing is incomplete, so that nothing of it counts as fixed.
    """
    if not results:
        raise UsageError("there is no result to publish", hint="pass the result.json files that `run --out` wrote")
    first = min(results, key=lambda result: result.run.shard.index if result.run.shard else 0)
    if len(results) == 1 and first.run.shard is None:
        return first
    _check(results, first)
    bases = [result.base for result in results if result.base is not None]
    return first.model_copy(
        update={
            "run": first.run.model_copy(update={"shard": None, "now": min(result.run.now for result in results)}),
            "measurements": _together(((r.run.shard, m) for r in results for m in r.measurements), divided, first),
            "base": _base([(r.run.shard, r.base) for r in results if r.base], divided, first) if bases else None,
        }
    )


def _check(results: Sequence[Result], first: Result) -> None:
    seen: set[int] = set()
    for result in results:
        one, other, shard = result.run, first.run, result.run.shard
        if (one.id, one.sha, one.planned) != (other.id, other.sha, other.planned):
            raise UsageError(
                f"the results are of different runs: {other.id} of {other.sha[:7]}, and {one.id} of {one.sha[:7]}",
                hint="publish the shards of one run together",
            )
        if (
            shard is None
            or first.run.shard is None
            or shard.count != first.run.shard.count
            or shard.index > shard.count
        ):
            raise UsageError("the results are not the shards of one run", hint="each needs its `--shard I/N`")
        if shard.index in seen:
            raise UsageError(f"shard {shard.index}/{shard.count} is there twice")
        seen.add(shard.index)


def _base(bases: Sequence[tuple[Shard | None, Base]], divided: Collection[str], first: Result) -> Base:
    parts = ((shard, measurement) for shard, base in bases for measurement in base.measurements)
    return Base(sha=bases[0][1].sha, measurements=_together(parts, divided, first))


def _together(
    parts: Iterable[tuple[Shard | None, Measurement]], divided: Collection[str], first: Result
) -> tuple[Measurement, ...]:
    by_loop: dict[str, dict[int, Measurement]] = defaultdict(dict)
    for shard, measurement in parts:
        by_loop[measurement.loop].setdefault(shard.index if shard else 0, measurement)
    count = first.run.shard.count if first.run.shard else 1
    loops = [loop for loop in first.run.planned if loop in by_loop]
    return tuple(
        _joined(by_loop[loop], count) if loop in divided else by_loop[loop][min(by_loop[loop])] for loop in loops
    )


def _joined(parts: Mapping[int, Measurement], count: int) -> Measurement:
    """The parts of a divided loop; not measured when one was not, or when they saw different environments."""
    ordered = [parts[index] for index in sorted(parts)]
    first = ordered[0]
    for part in ordered:
        if part.status != "measured":
            return part
        if part.environment != first.environment:
            return Measurement.failed(first.loop, first.kind, "its shards were measured in different environments")
    missing = [
        Skipped(subject=f"shard {index}/{count}", reason="its result never came")
        for index in range(1, count + 1)
        if index not in parts
    ]
    return Measurement(
        loop=first.loop,
        kind=first.kind,
        environment=first.environment,
        complete=not missing and all(part.complete for part in ordered),
        coverage=Coverage(
            measured=sum(part.coverage.measured for part in ordered),
            skipped=(*(skipped for part in ordered for skipped in part.coverage.skipped), *missing),
        ),
        metrics=tuple(metric for part in ordered for metric in part.metrics),
        findings=tuple(finding for part in ordered for finding in part.findings),
        observations={subject: facts for part in ordered for subject, facts in part.observations.items()},
    )
