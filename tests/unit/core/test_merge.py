"""Two runs that grew from one state: merging them loses nothing and does not ask who came first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.baseline import HISTORY_LIMIT, Baseline, Entry, Known, Segment, Stamp
from autoresearch.core.history import thin
from autoresearch.core.merge import merge

KEYS = st.sampled_from([f"k{i}" for i in range(12)])
RUNS = st.integers(min_value=0, max_value=60)


def stamp(day: int) -> Stamp:
    return Stamp(run=f"run-{day}", sha=f"{day:040x}", at=f"2026-01-01T{day // 60:02}:{day % 60:02}:00Z")


def known(day: int) -> Known:
    return Known(rule="r", subject="/", severity="error", message=str(day), first_seen=stamp(0), last_seen=stamp(day))


def entry(day: int) -> Entry:
    return Entry(**stamp(day).model_dump(), metrics={"ms@/": float(day)})


@st.composite
def baselines(draw: st.DrawFn) -> Baseline:
    history = tuple(entry(day) for day in sorted(draw(st.sets(RUNS, max_size=8))))
    excluded = {e.run: ("ms@/",) for e in history if draw(st.booleans())}
    return Baseline(
        loop="seo",
        rules_seen=draw(st.dictionaries(KEYS, st.sampled_from(["1", "2"]), max_size=4)),
        known={key: known(day) for key, day in draw(st.dictionaries(KEYS, RUNS, max_size=4)).items()},
        segments=(Segment(history=history, excluded=excluded),),
        observations=draw(st.dictionaries(KEYS, st.dictionaries(KEYS, st.integers(0, 3), max_size=2), max_size=4)),
        memory=draw(st.dictionaries(KEYS, st.integers(0, 3), max_size=3)),
    )


def runs(baseline: Baseline) -> set[str]:
    return {e.run for segment in baseline.segments for e in segment.history}


@given(baselines())
def test_merging_with_oneself_changes_nothing(state: Baseline) -> None:
    assert merge(state, state, state) == state


@given(baselines(), baselines())
def test_what_one_side_alone_changed_wins(base: Baseline, ours: Baseline) -> None:
    merged = merge(base, ours, base)
    for part in ("rules_seen", "known", "observations", "memory"):
        assert getattr(merged, part) == getattr(ours, part)


@given(baselines(), baselines(), baselines())
def test_it_does_not_matter_who_merges(base: Baseline, ours: Baseline, theirs: Baseline) -> None:
    assert merge(base, ours, theirs) == merge(base, theirs, ours)


@given(baselines(), baselines(), baselines())
def test_no_run_is_ever_lost(base: Baseline, ours: Baseline, theirs: Baseline) -> None:
    assert runs(merge(base, ours, theirs)) == runs(ours) | runs(theirs)


@given(baselines(), baselines(), baselines())
def test_no_observation_of_either_side_is_lost(base: Baseline, ours: Baseline, theirs: Baseline) -> None:
    merged = merge(base, ours, theirs)
    for side in (ours, theirs):
        learned = {k for k, v in side.observations.items() if base.observations.get(k) != v}
        assert learned <= merged.observations.keys()


def with_edit(base: Baseline, side: int, keys: list[str], days: list[int]) -> Baseline:
    """An edit that is disjoint from those of the other sides: own keys, own runs."""
    mine = {f"{side}-{key}": {"hash": str(side)} for key in keys}
    history = (*base.segments[0].history, *(entry(1000 * (side + 1) + day) for day in sorted(set(days))))
    unique = {e.run: e for e in history}
    return base.model_copy(
        update={
            "observations": base.observations | mine,
            "known": base.known | {f"{side}-{key}": known(side) for key in keys},
            "segments": (base.segments[0].model_copy(update={"history": thin(unique.values())}),),
        }
    )


EDITS = st.tuples(st.lists(KEYS, max_size=3), st.lists(st.integers(0, 9), max_size=3))


@given(baselines(), EDITS, EDITS, EDITS)
def test_merging_disjoint_edits_is_associative(
    base: Baseline,
    first: tuple[list[str], list[int]],
    second: tuple[list[str], list[int]],
    third: tuple[list[str], list[int]],
) -> None:
    a, b, c = (with_edit(base, side, *edit) for side, edit in enumerate((first, second, third)))
    left = merge(base, merge(base, a, b), c)
    right = merge(base, a, merge(base, b, c))
    assert left == right
    assert left.observations == a.observations | b.observations | c.observations


def test_both_saw_the_same_finding_it_is_seen_first_by_the_first_and_last_by_the_last() -> None:
    base = Baseline(loop="seo")
    ours = base.model_copy(update={"known": {"f": known(3).model_copy(update={"first_seen": stamp(1), "issue": 7})}})
    theirs = base.model_copy(update={"known": {"f": known(5).model_copy(update={"first_seen": stamp(2)})}})
    merged = merge(base, ours, theirs).known["f"]
    assert (merged.first_seen, merged.last_seen, merged.issue) == (stamp(1), stamp(5), 7)


def test_history_is_bounded_and_thinning_twice_changes_nothing() -> None:
    days = [
        Entry(run=f"r{n}", at=f"20{20 + n // 360:02}-{n % 360 // 30 + 1:02}-{n % 28 + 1:02}T00:00:00Z", metrics={})
        for n in range(2000)
    ]
    thinned = thin(days)
    assert len(thinned) <= HISTORY_LIMIT
    assert thin(thinned) == thinned
    newest = sorted(days, key=lambda e: e.order)[-150:]
    assert [e.run for e in newest] == [e.run for e in thinned[-150:]]
