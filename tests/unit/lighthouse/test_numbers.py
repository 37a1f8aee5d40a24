"""Runs to metrics: what gates, what is only recorded."""

from __future__ import annotations

import pytest

from autoresearch.core.measurement import Metric
from autoresearch.loops.lighthouse import Lighthouse
from autoresearch.loops.lighthouse.numbers import page_metrics, site_metrics
from tests.unit.lighthouse.making import look, run

TIMINGS = {"mobile-fcp", "mobile-lcp", "mobile-tbt", "mobile-cls", "mobile-si"}


def by_name(metrics: list[Metric]) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


def gating(metrics: list[Metric]) -> set[str]:
    return {metric.name for metric in metrics if metric.gate}


def test_the_timings_gate_and_then_the_score_does_not() -> None:
    assert gating(list(page_metrics(look(run()), "metrics"))) == TIMINGS


def test_the_score_gates_where_its_metrics_do_not() -> None:
    assert gating(list(page_metrics(look(run()), "score"))) == {"mobile-score"}


def test_a_page_without_any_timing_is_left_to_its_score() -> None:
    bare = run()
    bare = bare.model_copy(update={"metrics": {"score": 90.0}})
    assert gating(list(page_metrics(look(bare), "metrics"))) == {"mobile-score"}


@pytest.mark.parametrize("preset", ["mobile", "desktop"])
def test_a_score_that_regresses_is_told_by_a_rule_of_its_own(preset: str) -> None:
    assert Lighthouse.metric_rules[f"{preset}-score"] == "score-regressed"
    assert f"{preset}-lcp" not in Lighthouse.metric_rules


def test_the_median_of_the_runs_is_compared_and_the_runs_are_kept() -> None:
    metrics = by_name(list(page_metrics(look(run(lcp=1000), run(lcp=9000), run(lcp=1100)), "metrics")))
    assert metrics["mobile-lcp"].value == 1100
    assert metrics["mobile-lcp"].samples == (1000, 9000, 1100)


def test_every_number_that_gates_has_a_smallest_change_that_matters() -> None:
    assert all(metric.resolution > 0 for metric in page_metrics(look(run()), "metrics") if metric.gate)
    assert all(metric.resolution > 0 for metric in page_metrics(look(run()), "score") if metric.gate)


def test_sizes_and_category_scores_are_recorded_and_gate_nothing() -> None:
    seen = look(run(bytes=12_000, requests=8, scores={"accessibility": 0.74, "seo": None}))
    metrics = by_name(list(page_metrics(seen, "metrics")))
    assert metrics["mobile-accessibility"].value == 74
    assert metrics["mobile-bytes"].value == 12_000
    assert not any(metrics[name].gate for name in ("mobile-accessibility", "mobile-bytes", "mobile-requests"))
    assert "mobile-seo" not in metrics


def test_the_site_has_one_score_of_the_first_preset() -> None:
    looks = [look(run(score=90)), look(run(score=50), subject="/b"), look(run(score=100), preset="desktop")]
    score, _ = site_metrics(looks, ("mobile", "desktop"))
    assert (score.name, score.subject, score.value, score.gate) == ("score", "/", 70, False)


def test_how_fast_the_machine_was_is_recorded_and_neither_good_nor_bad() -> None:
    *_, index = site_metrics([look(run(index=900), run(index=1100), run(index=1000))], ("mobile",))
    assert (index.name, index.value, index.better, index.gate) == ("benchmark-index", 1000, "none", False)
