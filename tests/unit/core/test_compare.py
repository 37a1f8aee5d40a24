"""What comparing says, and what the next baseline remembers of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.changes import Change, verdict
from autoresearch.core.compare import compare
from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Rule, Skipped, fingerprint
from autoresearch.core.numbers import Comparison, compare_metrics
from autoresearch.core.policy import Policy
from autoresearch.core.renew import Selector, accept, renew

PAGE = Rule("seo/title-missing", "warning", "No title", "Write one.")
SITE_RULE = Rule("seo/orphan-page", "error", "Orphan", "Link it.", scope="site")
RULES = {rule.id: rule for rule in (PAGE, SITE_RULE)}
POLICY = Policy(rules=RULES, metric_rule="seo/metric-regressed")


def finding(subject: str = "/a", rule: str = PAGE.id, **more: object) -> Finding:
    return Finding.model_validate({"rule": rule, "subject": subject, "severity": "error", "message": "no", **more})


def seen(*findings: Finding, metrics: Sequence[Metric] = (), **more: object) -> Measurement:
    observations = more.pop("observations", {f.subject: {} for f in findings})
    return Measurement.model_validate(
        {"loop": "seo", "kind": "seo", "findings": findings, "metrics": metrics, "observations": observations, **more}
    )


class Days:
    """A loop's life, a run a day: what each run says, with the baseline carried on."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.baseline = Baseline(loop="seo")
        self.policy = policy
        self.day = 0

    def run(self, measurement: Measurement, judged: Sequence[Finding] = (), accepting: str = "") -> Comparison:
        self.day += 1
        at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=self.day)
        changes = compare(measurement, judged, self.baseline, self.policy)
        suspicions = compare_metrics(measurement, self.baseline, self.policy).suspicions
        if accepting:
            changes = accept(changes, [Selector(accepting)], "we know")
        stamp = Stamp(run=f"run-{self.day}", sha=f"{self.day:040x}", at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
        self.baseline = renew(self.baseline, measurement, judged, changes, policy=self.policy, stamp=stamp)
        return Comparison(changes, suspicions)


def kinds(comparison: Comparison) -> list[str]:
    return [change.kind for change in comparison.changes]


def test_the_first_run_looks_and_the_second_knows() -> None:
    days = Days()
    assert kinds(days.run(seen(finding()))) == ["first-look"]
    assert kinds(days.run(seen(finding()))) == ["persisting"]


def test_what_was_not_there_is_new_and_what_went_is_fixed() -> None:
    days = Days()
    days.run(seen(finding("/a")))
    changes = days.run(seen(finding("/b"), observations={"/a": {}, "/b": {}})).changes
    assert [(c.kind, c.subject) for c in changes] == [("fixed", "/a"), ("new", "/b")]


def test_a_finding_survives_rewording_other_lines_and_other_files() -> None:
    days = Days()
    days.run(seen(finding(message="before", path="a.html", line=3)))
    (change,) = days.run(seen(finding(message="after", path="b.html", line=9))).changes
    assert (change.kind, change.message, change.line) == ("persisting", "after", 9)
    assert change.evidence["since"] == "2026-01-02T00:00:00Z"


def test_two_findings_of_one_rule_and_subject_are_told_apart_by_their_key() -> None:
    days = Days()
    days.run(seen(finding(key="/x")))
    changes = days.run(seen(finding(key="/x"), finding(key="/y"))).changes
    assert {(c.kind, c.key) for c in changes} == {("persisting", "/x"), ("new", "/y")}


def test_a_rule_never_seen_before_gets_a_first_look() -> None:
    days = Days(Policy(rules={PAGE.id: PAGE}))
    days.run(seen(finding()))
    days.policy = POLICY
    assert ("first-look", SITE_RULE.id) in {
        (c.kind, c.rule) for c in days.run(seen(finding(), finding(rule=SITE_RULE.id))).changes
    }


def test_a_rule_that_changed_its_version_gets_a_first_look() -> None:
    days = Days()
    days.run(seen())
    newer = Rule(PAGE.id, "warning", "No title", "Write one.", version="2")
    days.policy = Policy(rules={PAGE.id: newer})
    assert kinds(days.run(seen(finding()))) == ["first-look"]


def test_a_site_wide_rule_is_not_seen_by_a_partial_measurement() -> None:
    days = Days()
    days.run(seen(complete=False))
    assert kinds(days.run(seen(finding(rule=SITE_RULE.id)))) == ["first-look"]


@pytest.mark.parametrize(
    "policy",
    [
        Policy(rules=RULES, overrides={PAGE.id: "off"}),
        Policy(rules=RULES, ignored=lambda rule, subject: "an old page" if subject == "/a" else None),
        Policy(rules={SITE_RULE.id: SITE_RULE}),
    ],
    ids=["off", "ignored", "gone from the loop"],
)
def test_what_nobody_wants_to_know_any_more_is_retired_not_fixed(policy: Policy) -> None:
    days = Days()
    days.run(seen(finding()))
    days.policy = policy
    (change,) = days.run(seen()).changes
    assert change.kind == "retired"
    assert change.evidence["because"]


def test_an_override_changes_the_severity() -> None:
    days = Days(Policy(rules=RULES, overrides={PAGE.id: "info"}))
    (change,) = days.run(seen(finding())).changes
    assert change.severity == "info"


def test_what_was_not_visited_persists() -> None:
    days = Days()
    days.run(seen(finding("/a"), finding("/b")))
    changes = days.run(seen(complete=False, observations={"/a": {}})).changes
    assert [(c.subject, c.kind) for c in changes] == [("/a", "fixed"), ("/b", "persisting")]


def test_a_skipped_subject_or_target_proves_nothing_even_in_a_complete_measurement() -> None:
    days = Days()
    days.run(seen(finding("/a", key="/slow"), finding("/slow")))
    coverage = Coverage(measured=1, skipped=(Skipped(subject="/slow", reason="took too long"),))
    assert set(kinds(days.run(seen(coverage=coverage, observations={"/a": {}})))) == {"persisting"}


def test_a_site_wide_finding_is_fixed_only_by_a_complete_measurement() -> None:
    days = Days()
    days.run(seen(finding(rule=SITE_RULE.id)))
    assert kinds(days.run(seen(complete=False, observations={"/a": {}}))) == ["persisting"]
    assert kinds(days.run(seen(observations={"/a": {}}))) == ["fixed"]


def test_a_loop_that_was_not_measured_changes_nothing() -> None:
    days = Days()
    days.run(seen(finding()))
    before = days.baseline
    assert days.run(Measurement.failed("seo", "seo", "down")).changes == ()
    assert days.baseline is before


def test_a_finding_from_history_stays_until_it_recovers() -> None:
    days = Days()
    days.run(seen(observations={"/a": {"indexable": True}}))
    gone = finding("/a", rule=PAGE.id)
    now = seen(observations={"/a": {"indexable": False}})
    assert kinds(days.run(now, [gone])) == ["new"]
    assert days.baseline.observations["/a"] == {"indexable": True}, "the old facts still speak against it"
    assert kinds(days.run(now, [gone])) == ["persisting"]
    assert kinds(days.run(seen(observations={"/a": {"indexable": True}}))) == ["fixed"]


def test_an_accepted_finding_from_history_stays_known_and_silent_until_it_recovers() -> None:
    days = Days()
    days.run(seen(observations={"/a": {"indexable": True}}))
    now = seen(observations={"/a": {"indexable": False}})
    for accepting in ("seo:/a", ""):
        (change,) = days.run(now, [finding("/a")], accepting=accepting).changes
        assert change.kind == "persisting"
        assert verdict((change,), fail_on="error", all_measured=True) == "pass"
    assert kinds(days.run(seen(observations={"/a": {"indexable": True}}))) == ["fixed"]


def test_a_rule_that_was_off_for_a_while_gets_a_first_look_again() -> None:
    days = Days()
    days.run(seen())
    days.policy = Policy(rules=RULES, overrides={PAGE.id: "off"})
    days.run(seen(finding()))
    days.policy = POLICY
    assert kinds(days.run(seen(finding()))) == ["first-look"]


def test_a_subject_that_could_not_be_looked_at_keeps_its_facts() -> None:
    days = Days()
    days.run(seen(observations={"/a": {"hash": "1"}, "/b": {"hash": "1"}}))
    days.run(seen(complete=False, observations={"/a": {"hash": "2"}}))
    assert days.baseline.observations == {"/a": {"hash": "2"}, "/b": {"hash": "1"}}


# --- metrics


def number(value: float, *, exact: bool = True, reruns: Sequence[float] = (), better: str = "lower") -> Metric:
    return Metric.model_validate(
        {"name": "ms", "subject": "/", "value": value, "better": better, "gate": True, "exact": exact, "reruns": reruns}
    )


def test_an_exact_metric_is_compared_not_tested() -> None:
    days = Days()
    said = [kinds(days.run(seen(metrics=[number(value)]))) for value in (10, 10, 11, 11, 12, 9)]
    assert said == [["first-look"], [], ["regressed"], ["persisting"], ["regressed"], ["fixed"]]


def test_higher_is_better_where_the_metric_says_so() -> None:
    days = Days()
    days.run(seen(metrics=[number(10, better="higher")]))
    assert kinds(days.run(seen(metrics=[number(9, better="higher")]))) == ["regressed"]
    assert kinds(days.run(seen(metrics=[number(12, better="higher")]))) == ["fixed"]


def test_an_improvement_is_the_next_reference_by_itself() -> None:
    days = Days()
    days.run(seen(metrics=[number(10)]))
    assert kinds(days.run(seen(metrics=[number(8)]))) == ["improved"]
    assert kinds(days.run(seen(metrics=[number(9)]))) == ["regressed"]


def test_an_accepted_level_is_the_next_reference() -> None:
    days = Days()
    days.run(seen(metrics=[number(10)]))
    days.run(seen(metrics=[number(15)]), accepting="seo:ms@/")
    assert kinds(days.run(seen(metrics=[number(15)]))) == []
    assert kinds(days.run(seen(metrics=[number(16)]))) == ["regressed"]


def test_a_regressed_run_is_no_reference_not_even_after_recovery() -> None:
    days = Days()
    for value in (10, 14, 10):
        days.run(seen(metrics=[number(value)]))
    assert days.baseline.segments[0].excluded == {"run-2": ("ms@/",)}
    assert days.baseline.segments[0].reference(number(0)) == [10, 10]


def test_a_noisy_metric_needs_reruns_at_the_same_commit() -> None:
    days = Days()
    for day in range(20):
        days.run(seen(metrics=[number(100 + day % 3, exact=False)]))
    before = days.baseline
    first = days.run(seen(metrics=[number(150, exact=False)]))
    assert kinds(first) == ["unsure"]
    assert [metric.name for metric in first.suspicions] == ["ms"]
    for reruns, expected in (((151, 149, 150), ["regressed"]), ((101, 100, 102), [])):
        days.baseline = before
        assert kinds(days.run(seen(metrics=[number(150, exact=False, reruns=reruns)]))) == expected


def test_too_little_history_is_unsure_and_never_ok() -> None:
    days = Days()
    assert kinds(days.run(seen(metrics=[number(100, exact=False)]))) == ["first-look"]
    assert kinds(days.run(seen(metrics=[number(100, exact=False)]))) == ["unsure"]


def test_numbers_of_two_environments_are_never_compared() -> None:
    days = Days()
    days.run(seen(metrics=[number(10)], environment={"chromium": "1"}))
    assert kinds(days.run(seen(metrics=[number(99)], environment={"chromium": "2"}))) == ["first-look"]
    assert kinds(days.run(seen(metrics=[number(10)], environment={"chromium": "1"}))) == []


def test_a_metric_that_does_not_gate_is_only_recorded() -> None:
    days = Days()
    for value in (1, 100):
        metric = number(value).model_copy(update={"gate": False})
        assert kinds(days.run(seen(metrics=[metric]))) == []
    assert [entry.metrics for entry in days.baseline.segments[0].history] == [{"ms@/": 1}, {"ms@/": 100}]


# --- verdict, selectors, fingerprints


@pytest.mark.parametrize(
    ("kind", "severity", "failing"),
    [
        ("new", "error", {"error", "regression", "any"}),
        ("new", "warning", {"any"}),
        ("regressed", "error", {"error", "regression", "any"}),
        ("persisting", "error", {"error"}),
        ("first-look", "error", {"error", "any"}),
        ("first-look", "info", {"any"}),
        ("unsure", None, set()),
        ("fixed", "error", set()),
        ("retired", "error", set()),
        ("improved", None, set()),
    ],
)
def test_what_fails_is_what_the_user_asked_for(kind: str, severity: str | None, failing: set[str]) -> None:
    change = Change.model_validate(
        {"loop": "seo", "kind": kind, "severity": severity, "subject": "/", "rule": "r", "fingerprint": "f"}
    )
    told = {
        f for f in ("never", "error", "regression", "any") if verdict((change,), fail_on=f, all_measured=True) == "fail"
    }  # type: ignore[arg-type]
    assert told == failing


def test_a_metric_seen_for_the_first_time_never_fails() -> None:
    change = Change(loop="s", kind="first-look", metric="ms", subject="/", fingerprint="f", after=1.0)
    assert verdict((change,), fail_on="any", all_measured=True) == "pass"


def test_a_loop_that_was_not_measured_leaves_the_verdict_unsure() -> None:
    assert verdict((), fail_on="any", all_measured=False) == "unsure"


@pytest.mark.parametrize("text", ["docs", "docs/title-missing", "docs:/a"])
def test_a_selector_names_a_loop_a_rule_or_a_subject(text: str) -> None:
    change = Change(loop="docs", kind="new", rule="seo/title-missing", subject="/a", fingerprint="f")
    other = change.model_copy(update={"loop": "seo"})
    assert Selector(text).matches(change)
    assert not Selector(text).matches(other), "another loop of the same kind has the same rules"
    assert not Selector(text + "x").matches(change)


def test_a_fingerprint_is_made_of_nothing_but_loop_rule_subject_and_key() -> None:
    marks = {fingerprint(*parts) for parts in (("a", "b", "c", "d"), ("ab", "", "c", "d"), ("a", "b", "cd", ""))}
    assert len(marks) == 3
    assert all(len(mark) == 16 for mark in marks)


def test_a_change_smaller_than_what_matters_is_no_regression() -> None:
    for resolution, expected in ((0.0, ["unsure"]), (50.0, [])):
        life = Days()
        for n in range(8):
            life.run(seen(metrics=[Metric(name="ms", value=100 + n % 2, better="lower", gate=True)]))
        slower = Metric(name="ms", value=140, better="lower", gate=True, resolution=resolution)
        assert kinds(life.run(seen(metrics=[slower]))) == expected


def test_a_metric_may_be_told_under_a_rule_of_its_own() -> None:
    life = Days(Policy(rules=RULES, metric_rule="seo/metric-regressed", metric_rules={"score": "seo/score-regressed"}))
    for value in (90, 80):
        told = life.run(seen(metrics=[Metric(name="score", value=value, better="higher", gate=True, exact=True)]))
    assert [(change.kind, change.rule) for change in told.changes] == [("regressed", "seo/score-regressed")]
