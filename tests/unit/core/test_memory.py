"""A loop's own memory: renewed with the rest, kept where nothing was measured, merged by how far it learned."""

from __future__ import annotations

from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.measurement import Measurement
from autoresearch.core.merge import merge
from autoresearch.core.policy import Policy
from autoresearch.core.renew import renew

STAMP = Stamp(run="1", at="2026-01-01T00:00:00Z")
POLICY = Policy(rules={}, overrides={}, ignored=lambda rule, subject: None, metric_rule="x/metric-regressed")
SEEN = Measurement(loop="x", kind="x", observations={"/": {"n": 1}})
OLD = Baseline(loop="x", memory={"a": 1}, observations={"/old": {"n": 0}})


def test_a_memory_replaces_the_one_before_and_none_keeps_it() -> None:
    assert renew(OLD, SEEN, (), (), policy=POLICY, stamp=STAMP, memory={"b": 2}).memory == {"b": 2}
    assert renew(OLD, SEEN, (), (), policy=POLICY, stamp=STAMP).memory == {"a": 1}


def test_observations_that_are_not_kept_leave_nothing() -> None:
    assert renew(OLD, SEEN, (), (), policy=POLICY, stamp=STAMP, observed=False).observations == {}
    assert renew(OLD, SEEN, (), (), policy=POLICY, stamp=STAMP).observations == {"/": {"n": 1}}


def test_a_loop_that_was_not_measured_remembers_what_it_did() -> None:
    failed = Measurement.failed("x", "x", "no events")
    assert renew(OLD, failed, (), (), policy=POLICY, stamp=STAMP, memory={"b": 2}, observed=False) == OLD


def remembering(**memory: object) -> Baseline:
    return Baseline(loop="x", memory=memory)


def test_of_two_memories_the_one_that_learned_further_wins_key_by_key() -> None:
    base = remembering(a={"until": 1}, b={"until": 1})
    ours = remembering(a={"until": 5, "sum": 9}, b={"until": 1})
    theirs = remembering(a={"until": 40, "sum": 3}, b={"until": 2})
    for merged in (merge(base, ours, theirs), merge(base, theirs, ours)):
        assert merged.memory == {"a": {"until": 40, "sum": 3}, "b": {"until": 2}}
