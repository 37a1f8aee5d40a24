"""Runs to findings: which audits are told, how gravely, and which budgets are exceeded."""

from __future__ import annotations

import pytest

from autoresearch.core.measurement import Finding
from autoresearch.loops.lighthouse.rules import COVERED_BY_SEO, RULES
from autoresearch.loops.lighthouse.settings import PageBudget
from autoresearch.loops.lighthouse.told import audits_failed, budgets_exceeded, objection
from autoresearch.loops.seo.rules import RULES as SEO_RULES
from autoresearch.report.escape import prose
from autoresearch.signals.lab.model import Advice, Element
from autoresearch.signals.lab.place import Place
from tests.unit.lighthouse.making import audit, look, run


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


def test_an_audit_that_fails_is_told_with_its_element_and_its_documentation() -> None:
    finding = only(list(audits_failed([look(run(audits=(audit(places=4),)))], "dist")))
    assert (finding.rule, finding.key, finding.severity) == ("lighthouse/audit-failed", "image-alt", "error")
    assert finding.message == (
        "Images have no alternative text: `<img src=a.png>` at `main > img`, and 3 more. "
        "See https://dequeuniversity.com/rules/axe/4.11/image-alt"
    )
    assert finding.data is not None
    assert finding.data["link"] == "https://dequeuniversity.com/rules/axe/4.11/image-alt"
    assert finding.data["elements"] == [{"selector": "main > img", "snippet": "<img src=a.png>"}]


def test_an_audit_that_fails_by_chance_is_not_told() -> None:
    runs = [run(audits=(audit(), audit("label"))), run(whole=False, again=True, audits=(audit(),)), run(whole=False)]
    assert [finding.key for finding in audits_failed([look(*runs)], "dist")] == ["image-alt"]


def test_a_long_message_does_without_the_address_instead_of_breaking_it() -> None:
    title = "Zeilen " * 40
    element = Element(selector="main > " * 40, snippet="<img " * 60)
    link = "https://dequeuniversity.com/rules/" + "a" * 100
    message = only(
        list(audits_failed([look(run(audits=(audit(title=title, elements=(element,), link=link),)))], "dist"))
    )
    assert len(message.message) < 300
    assert "https://" not in message.message
    assert message.data is not None
    assert message.data["link"] == link


def test_presets_share_one_finding_and_one_that_fails_alone_is_named() -> None:
    both = audit()
    small = audit("target-size", title="Touch targets are too small")
    looks = [look(run(audits=(both, small))), look(run(audits=(both,)), preset="desktop")]
    messages = {finding.key: finding.message for finding in audits_failed(looks, "dist")}
    assert "(on" not in messages["image-alt"]
    assert messages["target-size"].startswith("Touch targets are too small (on mobile): ")


def test_what_counts_nothing_in_its_category_is_advice() -> None:
    assert only(list(audits_failed([look(run(audits=(audit(weight=0),)))], "dist"))).severity == "info"


@pytest.mark.parametrize("name", sorted(COVERED_BY_SEO))
def test_what_the_seo_loop_judges_does_not_gate_twice(name: str) -> None:
    finding = only(list(audits_failed([look(run(audits=(audit(name, category="seo"),)))], "live")))
    assert (finding.rule, finding.severity) == ("lighthouse/seo-audit-failed", "info")
    assert COVERED_BY_SEO[name] in {rule.id for rule in SEO_RULES}


def test_a_preview_that_its_host_hides_from_search_engines_is_not_held_to_that() -> None:
    seen = [look(run(audits=(audit("is-crawlable", category="seo"),)))]
    assert list(audits_failed(seen, "preview")) == []
    assert len(list(audits_failed(seen, "live"))) == 1


def test_markup_of_a_page_cannot_leave_its_code_span_in_the_report() -> None:
    nasty = Element(selector="`a`", snippet="<b onclick=`x`>` **@everyone** ![](https://evil.example/x)")
    message = only(list(audits_failed([look(run(audits=(audit(elements=(nasty,)),)))], "dist"))).message
    assert prose(message).count("`") == 4
    assert "`<b onclick='x'>' **@everyone** ![](https://evil.example/x)`" in prose(message)


def test_a_budget_is_held_against_the_median_of_the_runs() -> None:
    seen = look(run(lcp=900), run(lcp=2600), run(lcp=2700))
    finding = only(list(budgets_exceeded([seen], [PageBudget(lcp=2500)])))
    assert (finding.rule, finding.key) == ("lighthouse/budget-exceeded", "mobile-lcp")
    assert finding.message == "lcp on mobile is 2,600 ms, more than its budget of 2,500"


def test_a_page_over_its_budget_is_told_with_what_promises_most() -> None:
    advice = Advice(id="a", title="Render blocking requests", link="https://web.dev/a", score=0, saving=450)
    finding = only(list(budgets_exceeded([look(run(lcp=2600, advice=(advice,)))], [PageBudget(lcp=2500)])))
    assert finding.message.endswith("; most is promised by “Render blocking requests” (450 ms). See https://web.dev/a")


def test_half_of_the_runs_are_not_the_median() -> None:
    assert not list(budgets_exceeded([look(run(lcp=900), run(lcp=2600), run(lcp=1000))], [PageBudget(lcp=2500)]))


def test_a_score_may_not_be_less_and_a_shift_is_told_with_its_digits() -> None:
    findings = list(budgets_exceeded([look(run(score=88, cls=0.25))], [PageBudget(score=90, cls=0.1)]))
    assert [finding.message for finding in findings] == [
        "cls on mobile is 0.25, more than its budget of 0.1",
        "score on mobile is 88, less than its budget of 90",
    ]


def test_of_two_budgets_the_stricter_one_is_told_once_and_only_of_what_it_covers() -> None:
    budgets = [PageBudget(score=50, lcp=1000), PageBudget(pages="/blog/*", preset="desktop", score=99, lcp=100)]
    looks = [look(run(), subject="/blog/x"), look(run(), subject="/blog/x", preset="desktop"), look(run(), subject="/")]
    told = [(f.subject, f.key) for f in budgets_exceeded(looks, budgets)]
    assert told == [
        ("/blog/x", "mobile-lcp"),
        ("/blog/x", "desktop-lcp"),
        ("/blog/x", "desktop-score"),
        ("/", "mobile-lcp"),
    ]


@pytest.mark.parametrize(
    ("landed", "more", "reason"),
    [
        ("http://127.0.0.1:80/repo/about/", {}, None),
        ("http://127.0.0.1/repo/about/index.html", {}, None),
        ("http://127.0.0.1/repo/login", {}, "it leads to /login"),
        ("https://elsewhere.example/", {}, "it leads to https://elsewhere.example/"),
        ("chrome-error://chromewebdata/", {}, "it leads to chrome-error://chromewebdata/"),
        ("http://127.0.0.1/repo/about/", {"dialogs": 1}, "it opens a dialog"),
        ("http://127.0.0.1/repo/about/", {"warnings": ("The page loaded too slowly to finish",)}, "did not finish"),
    ],
)
def test_a_run_of_another_page_or_of_one_that_stopped_its_visitors_does_not_count(
    landed: str, more: dict[str, object], reason: str | None
) -> None:
    objects_to = objection(Place("http://127.0.0.1/repo/", "live"))
    told = objects_to(look(subject="/about"), run(url=landed, **more))
    assert told is None if reason is None else reason in str(told)


def test_every_rule_says_what_to_do() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.title and rule.fix.endswith(".") for rule in RULES)
