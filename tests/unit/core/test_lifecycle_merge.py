"""Records of issues, merged: it does not matter who merges, and nothing that people did is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.baseline import Baseline, Ended, Issue, Stamp
from autoresearch.core.merge import merge

STAMPS = st.integers(0, 5).map(lambda day: Stamp(run=f"{day}.1", at=f"2026-10-0{day + 1}T06:00:00Z"))
STATES = st.sampled_from(["waiting", "overview", "open", "closed", "done", "muted", "kept"])
MARKS = st.sampled_from(["a", "b", "c"])
RECORDS = st.builds(
    Issue,
    rule=st.just("seo/r"),
    state=STATES,
    number=st.sampled_from([None, 7]),
    turn=st.integers(1, 4),
    since=STAMPS,
    places=st.sets(MARKS).map(lambda marks: tuple(sorted(marks))),
    ended=st.dictionaries(MARKS, st.builds(Ended, subject=st.just("/"), at=STAMPS)),
    counted=st.lists(STAMPS, max_size=2, unique_by=lambda stamp: stamp.run).map(tuple),
    hits=st.integers(0, 2),
    false_alarms=st.integers(0, 2),
)
STATEFUL = st.builds(Baseline, loop=st.just("seo"), issues=st.dictionaries(st.sampled_from(["t", "u"]), RECORDS))


@given(STATEFUL, STATEFUL, STATEFUL)
def test_it_does_not_matter_who_merges(base: Baseline, ours: Baseline, theirs: Baseline) -> None:
    assert merge(base, ours, theirs) == merge(base, theirs, ours)


@given(RECORDS, RECORDS)
def test_the_further_turn_wins_and_numbers_places_and_verdicts_are_kept(left: Issue, right: Issue) -> None:
    sides = [Baseline(loop="seo", issues={"t": record}) for record in (left, right)]
    merged = merge(Baseline(loop="seo"), *sides).issues["t"]
    assert merged.turn == max(left.turn, right.turn)
    assert merged.number == (left.number or right.number)
    assert {*left.places, *right.places} == {*merged.places}
    assert merged.hits == max(left.hits, right.hits)
    assert merged.false_alarms == max(left.false_alarms, right.false_alarms)
    assert len({stamp.run for stamp in merged.counted}) == len(merged.counted)
