"""Parts of a run: dealt out, and put together again as if it had been one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Skipped
from autoresearch.core.result import Base, Result, Run, Shard, Tool
from autoresearch.core.shards import deal, merged, most_shards
from autoresearch.errors import UsageError

NAMES = st.lists(st.sampled_from([f"loop-{n}" for n in range(12)]), unique=True)


def measurement(loop: str, *subjects: str, **more: object) -> Measurement:
    return Measurement.model_validate(
        {
            "loop": loop,
            "kind": "script",
            "coverage": Coverage(measured=len(subjects)),
            "findings": [Finding(rule="r", subject=s, severity="error", message="no") for s in subjects],
            "metrics": [Metric(name="words", subject=s, value=len(s)) for s in subjects],
            "observations": {s: {"length": len(s)} for s in subjects},
            **more,
        }
    )


def result(
    shard: str, *measurements: Measurement, planned: tuple[str, ...] = ("a", "b", "c"), run: str = "1"
) -> Result:
    index, count = map(int, shard.split("/"))
    part = Shard(index=index, count=count)
    about = Run(id=run, sha="f" * 40, now=f"2026-03-01T06:00:0{index}Z", planned=planned, shard=part)
    return Result(tool=Tool(version="1"), run=about, measurements=measurements)


@given(NAMES, st.integers(1, 8))
def test_every_whole_loop_is_measured_once_and_every_divided_one_everywhere(loops: list[str], count: int) -> None:
    divided = set(loops[::3])
    hands = [deal(loops, divided, Shard(index=i, count=count)) for i in range(1, count + 1)]
    for loop in loops:
        assert sum(loop in hand for hand in hands) == (count if loop in divided else 1)


@given(NAMES.filter(bool), st.integers(1, 20))
def test_no_shard_of_a_plan_is_idle(loops: list[str], wanted: int) -> None:
    count = most_shards(loops, set(), wanted)
    assert all(deal(loops, set(), Shard(index=i, count=count)) for i in range(1, count + 1))


def test_the_parts_of_a_run_make_the_run() -> None:
    whole = [measurement("a", "x"), measurement("b", "y"), measurement("c", "p", "q", "r")]
    parts = [
        result("2/2", measurement("b", "y"), measurement("c", "q")),
        result("1/2", measurement("a", "x"), measurement("c", "p", "r")),
    ]
    together = merged(parts, {"c"})
    assert list(together.measurements) == whole
    assert together.run.shard is None
    assert together.run.now == "2026-03-01T06:00:01Z"


def test_a_divided_loop_with_a_missing_part_proves_no_absence() -> None:
    (c,) = merged([result("1/2", measurement("c", "p"), planned=("c",))], {"c"}).measurements
    assert not c.complete
    assert c.coverage.skipped == (Skipped(subject="shard 2/2", reason="its result never came"),)


def test_a_loop_whose_part_failed_is_not_measured() -> None:
    failed = Measurement.failed("c", "script", "no such file")
    (c,) = merged([result("1/2", measurement("c", "p")), result("2/2", failed)], {"c"}).measurements
    assert c == failed


def test_parts_of_two_environments_are_not_one_measurement() -> None:
    parts = [result(f"{n}/2", measurement("c", str(n), environment={"node": str(n)})) for n in (1, 2)]
    (c,) = merged(parts, {"c"}).measurements
    assert c.status == "not-measured"


def test_the_base_is_put_together_too() -> None:
    parts = [
        result(f"{n}/2", measurement("c", str(n))).model_copy(
            update={"base": Base(sha="b" * 40, measurements=(measurement("c", f"old {n}"),))}
        )
        for n in (1, 2)
    ]
    base = merged(parts, {"c"}).base
    assert base is not None
    assert [finding.subject for finding in base.measurements[0].findings] == ["old 1", "old 2"]


@pytest.mark.parametrize(
    ("results", "problem"),
    [
        ([], "no result"),
        ([result("1/2"), result("2/2", run="2")], "different runs"),
        ([result("1/2"), result("1/2")], "there twice"),
        ([result("1/2"), result("2/3")], "not the shards of one run"),
    ],
)
def test_what_does_not_belong_together_is_refused(results: list[Result], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        merged(results, set())
