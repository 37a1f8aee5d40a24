"""What a report says of a run, before it is Markdown or terminal text."""

from __future__ import annotations

import random

import pytest
import report_scenarios as scenarios
from report_scenarios import BASELINE, RULES, change, posts, previous, report, seo

from autoresearch.core.changes import Change, Changes
from autoresearch.core.measurement import Measurement, Metric
from autoresearch.report.build import build
from autoresearch.report.model import SHOWN

BROKEN = change("new", "seo/broken-link", "/a", message="dead")
UNTITLED = change("new", "seo/title-missing", "/a", message="no title")
SLOWER = change("regressed", "seo/metric-regressed", "/a", metric="lcp", before=1.0, after=2.0)
DOUBT = change("unsure", "seo/metric-regressed", "/a", metric="lcp", evidence={"because": "too little history"})
OLD = change("persisting", "seo/broken-link", "/old", message="dead")
FIXED = change("fixed", "seo/broken-link", "/b")
FAILED = Measurement.failed("posts", "rubric", "no such file")


@pytest.mark.parametrize(
    ("verdict", "changes", "headline"),
    [
        ("pass", [], "All well: nothing new"),
        ("pass", [OLD], "Nothing new: 1 known error left"),
        ("pass", [OLD, FIXED], "Nothing new: 1 finding fixed and 1 known error left"),
        ("pass", [change("persisting", "seo/orphan-page", "/old")], "All well: nothing new"),
        ("pass", [UNTITLED], "Passes, with 1 new finding"),
        ("pass", [BROKEN, SLOWER], "Passes, with 1 new error and 1 regressed metric"),
        ("fail", [BROKEN], "Fails: 1 new error"),
        ("fail", [BROKEN, UNTITLED], "Fails: 2 new findings (1 error)"),
        ("fail", [SLOWER], "Fails: 1 regressed metric"),
        ("fail", [OLD], "Fails: 1 known error"),
        ("fail", [OLD, UNTITLED], "Fails: 1 new finding and 1 known error"),
        ("fail", [change("first-look", "seo/broken-link", "/a")], "Fails: 1 error at first look"),
        ("unsure", [DOUBT], "Unsure: 1 change undecided"),
        ("unsure", [DOUBT, UNTITLED], "Unsure: 1 change undecided; 1 new finding"),
    ],
)
def test_the_headline_says_what_the_run_comes_to(verdict: str, changes: list[Change], headline: str) -> None:
    assert report(changes, verdict=verdict).headline == headline


def test_a_first_run_says_what_it_found_and_what_comes_next() -> None:
    first = scenarios.first_run()
    assert first.headline == "First run: 4 findings and 1 watched number"
    assert "Once the state files are committed, only what changes is news." in first.summary
    failing = report([change("first-look", "seo/broken-link", "/a")], verdict="fail", baseline=None)
    assert "1 finding" in failing.summary


def test_a_run_that_measured_nothing_says_that_nothing_is_called_fixed() -> None:
    nothing = report([], [FAILED], verdict="unsure", run=scenarios.RUN.model_copy(update={"planned": ("posts",)}))
    assert nothing.headline == "Unsure: 1 of 1 loop not measured"
    assert "nothing is called fixed" in nothing.summary


def test_a_loop_that_failed_beside_a_failing_one_is_in_the_headline() -> None:
    assert report([BROKEN], [seo(), FAILED], verdict="fail").headline == "Fails: 1 new error; 1 of 2 loops not measured"


def test_the_baseline_is_named_by_its_commit_and_age() -> None:
    assert report().summary == "Compared with the run at commit `1a2b3c4`, 1 day old."
    unknown = BASELINE.model_copy(update={"sha": ""})
    assert report(baseline=unknown).summary == "Compared with the last run, 1 day old."
    measured_now = BASELINE.model_copy(update={"age_days": None, "measured": True})
    assert report(baseline=measured_now).summary == "Compared with commit `1a2b3c4`, measured in this run."


def test_changes_in_any_order_make_the_same_report() -> None:
    trouble = scenarios.trouble()
    changes = [change("new", rule, f"/{n % 7}", key=str(n)) for rule in RULES for n in range(20)]
    shuffled = random.Random(1).sample(changes, len(changes))
    assert report(changes) == report(shuffled)
    assert trouble == scenarios.trouble()


def test_loops_and_their_numbers_stand_in_the_order_of_the_plan() -> None:
    told = report(measurements=[posts(), seo()])
    assert [row.loop for row in told.loops] == ["seo", "posts"]
    assert [number.loop for number in told.numbers] == ["seo", "seo", "seo", "posts"]
    assert told == report(measurements=[seo(), posts()])


def test_groups_come_with_the_gravest_first_and_the_title_and_fix_of_their_rule() -> None:
    groups = report([UNTITLED, BROKEN, change("new", "posts/too-long", "b.md")]).new
    assert [g.rule for g in groups] == ["seo/broken-link", "posts/too-long", "seo/title-missing"]
    assert (groups[0].title, groups[0].fix) == (RULES["seo/broken-link"].title, RULES["seo/broken-link"].fix)
    assert (groups[1].title, groups[1].fix) == ("Too long", "")


def test_one_more_than_shown_is_shown_and_never_counted_as_one_more() -> None:
    def group(count: int) -> tuple[int, int]:
        (one,) = report([change("new", "seo/broken-link", f"/{n:02}") for n in range(count)]).new
        return len(one.shown), one.more

    assert [group(SHOWN), group(SHOWN + 1), group(SHOWN + 2)] == [(10, 0), (11, 0), (10, 2)]


def test_a_file_that_is_the_subject_is_named_once_with_its_line() -> None:
    (group,) = report([change("new", "posts/long", "a.md", path="a.md", line=7)]).new
    assert (group.places[0].where, group.places[0].source) == ("a.md:7", "")
    (group,) = report([change("new", "seo/broken-link", "/a", path="a.md", line=7)]).new
    assert (group.places[0].where, group.places[0].source) == ("/a", "a.md:7")


def test_noise_is_not_called_worse() -> None:
    (number,) = [n for n in scenarios.all_well().numbers if n.name == "response-time-p95"]
    assert number.moved == "+1.9 %, within noise"


def test_an_exact_number_that_moved_the_wrong_way_is_called_worse() -> None:
    (row,) = [row for row in report(measurements=[seo(), posts(0.9)]).loops if row.loop == "posts"]
    assert row.score is not None
    assert row.score.moved == "−5.3 %, worse"


def test_a_number_is_told_against_what_it_was_compared_with() -> None:
    improved = change("improved", "seo/metric-regressed", "/", metric="response-time-p95", before=60.0, after=41.25)
    (number,) = [n for n in report([improved]).numbers if n.name == "response-time-p95"]
    assert (number.was, number.moved) == ("60", "−31.2 %, better")


def test_a_loop_without_a_number_of_its_whole_world_is_scored_by_the_median_of_its_subjects() -> None:
    pages = [Metric(name="lcp", subject=f"/{n}", value=n, unit="ms", better="lower") for n in (1, 2, 9)]
    lab = Measurement(loop="lab", kind="lighthouse", metrics=tuple(pages))
    before = {"lab": {f"lcp@/{n}": 3.0 for n in (1, 2, 9)}}
    whole = build(Changes(verdict="pass", baseline=BASELINE), [lab], {}, previous=before)
    assert whole.loops[0].score is not None
    assert (whole.loops[0].score.name, whole.loops[0].score.was, whole.loops[0].score.now) == (
        "median lcp",
        "3",
        "2 ms",
    )
    del before["lab"]["lcp@/9"]
    partly = build(Changes(verdict="pass", baseline=BASELINE), [lab], {}, previous=before)
    assert partly.loops[0].score is not None
    assert partly.loops[0].score.before is None


def test_a_planned_loop_without_a_result_is_not_measured() -> None:
    told = {t.loop: t.because for t in scenarios.not_measured().not_measured if not t.places}
    assert told["lighthouse"] == "its result never arrived"
    assert "no text matches" in told["posts"]


def test_skipped_subjects_are_told_by_reason() -> None:
    (skipped,) = [t for t in scenarios.not_measured().not_measured if t.places]
    assert (skipped.loop, skipped.because, skipped.count) == ("seo", "no answer within 10 s", 14)


def test_the_metrics_of_a_first_look_are_no_findings() -> None:
    assert [g.rule for g in scenarios.first_run().first_looks] == ["posts/h1-missing", "seo/orphan-page"]
    assert [row.first_look for row in scenarios.first_run().loops] == [3, 1]


def test_acceptances_and_what_was_not_looked_at_are_noted() -> None:
    notes = {"since": "2026-09-01T06:00:00Z", "accepted": "we know", "not_seen": "/a: timeout", "muted": True}
    (group,) = report([change("persisting", "seo/broken-link", "/a", evidence=notes)]).persisting
    told = "since 2026-09-01; accepted: we know; muted; not looked at this time: /a: timeout"
    assert group.places[0].note == told


def test_counts_get_a_column_only_where_there_are_any() -> None:
    assert [name for name, _ in scenarios.all_well().columns] == ["new", "fixed", "known"]
    assert [name for name, _ in scenarios.trouble().columns] == ["new", "worse", "fixed", "unsure", "known"]
    assert [name for name, _ in scenarios.first_run().columns] == ["first look"]


def test_previous_values_of_another_loop_are_not_mixed_in() -> None:
    swapped = {"posts": previous()["seo"]}
    row = report(before=swapped).loops[1]
    assert row.score is not None
    assert row.score.before is None


def test_a_fixed_finding_says_by_which_evidence_it_is_over() -> None:
    over = change("fixed", "seo/broken-link", "/b", evidence={"recovered": "3 affected of 410, 3 are usual"})
    (group,) = build(Changes(verdict="pass", changes=(over,)), [seo()], RULES).fixed
    assert group.places[0].note == "3 affected of 410, 3 are usual"


def test_only_what_is_new_is_drawn() -> None:
    drawn = {"data": {"chart": {"title": "x", "labels": ["a"], "bars": [1], "line": [1]}}}
    told = [change(kind, "seo/broken-link", f"/{kind}", evidence=drawn) for kind in ("new", "persisting")]
    made = build(Changes(verdict="fail", changes=tuple(told)), [seo()], RULES)
    assert "xychart" in made.new[0].places[0].chart
    assert made.persisting[0].places[0].chart == ""
