"""The whole way, with a Lighthouse that answers what a page tells it to: config, runs, state, and the next day."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autoresearch.signals.lab.static import serving
from autoresearch.signals.site.folder import Folder
from tests.integration.conftest import Ran, Repository
from tests.integration.lab import fake

SITE = "site: {url: 'https://shop.example', source: dist, dist: dist/, build: 'true'}\n"


class Shop:
    """A repository with a built folder, a fake Lighthouse, and runs of the command line."""

    def __init__(self, repository: Repository, tools: Path) -> None:
        self.repository = repository
        self.tools = tools
        self.env = {**os.environ, **fake.install(tools)}

    def page(self, name: str, told: Mapping[str, Any] | None = None, *links: str) -> None:
        where = "dist/index.html" if name == "/" else f"dist{name}/index.html"
        self.repository.write(where, fake.page(told, *links))

    def config(self, settings: str = "{presets: [mobile]}") -> None:
        self.repository.config(f"{SITE}loops: {{lighthouse: {settings}}}\n")

    def run(self, *arguments: str) -> Ran:
        return self.repository.run(*arguments, env=self.env)

    def measured(self, ran: Ran) -> dict[str, Any]:
        (measurement,) = ran.result["measurements"]
        return dict(measurement)


def new_shop(folder: Path) -> Shop:
    for name in ("repository", "tools"):
        (folder / name).mkdir(exist_ok=True)
    shop = Shop(Repository(folder / "repository"), folder / "tools")
    shop.page("/", None, "/about/")
    shop.page("/about")
    shop.config()
    return shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return new_shop(tmp_path)


@pytest.fixture(scope="module")
def six_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six runs of a shop in which nothing changes."""
    old = new_shop(tmp_path_factory.mktemp("shop"))
    for _ in range(6):
        old.run()
    return old.repository.root


@pytest.fixture
def old_shop(six_days: Path, tmp_path: Path) -> Shop:
    """A shop with a history."""
    shutil.copytree(six_days, tmp_path / "repository")
    shop = new_shop(tmp_path)
    shop.repository.day = 6
    return shop


def told(ran: Ran) -> list[tuple[str, str, str, str]]:
    return [(c["kind"], c["rule"], c["subject"], c.get("metric") or c.get("key", "")) for c in ran.changes if c["rule"]]


def of_findings(ran: Ran) -> list[tuple[str, str, str, str]]:
    return [change for change in told(ran) if "-regressed" not in change[1]]


def values(shop: Shop, ran: Ran, name: str) -> dict[str, float]:
    return {m["subject"]: m["value"] for m in shop.measured(ran)["metrics"] if m["name"] == name}


def test_sampled_pages_are_run_three_times_in_rounds_and_their_numbers_recorded(shop: Shop) -> None:
    ran = shop.run()
    assert ran.code == 0, ran.stderr
    assert fake.asked(shop.tools) == ["mobile /", "mobile /about/"] * 3
    assert values(shop, ran, "mobile-lcp") == {"/": 1200, "/about": 1200}
    assert shop.measured(ran)["environment"] == {
        "source": "dist",
        "lighthouse": "13.5.0",
        "chromium": "156",
        "throttling": "simulate",
        "profile": "cold",
    }


def test_the_report_of_each_page_is_kept_as_a_file(shop: Shop) -> None:
    shop.run()
    kept = sorted((shop.repository.root / "autoresearch-output" / "lighthouse").iterdir())
    assert [file.name for file in kept] == ["about.mobile.html", "index.mobile.html"]
    told = json.loads(kept[0].read_text())
    assert {"performance", "accessibility", "best-practices", "seo", "largest-contentful-paint"} <= told.keys()


def test_the_kept_report_of_a_timed_run_has_what_the_whole_one_said(shop: Shop) -> None:
    broken = {"image-alt": fake.failing("No alternative text", "<img src=a.png>")}
    runs = [{"fcp": 100, "tti": 100}, {"fcp": 5000, "tti": 5000}, {"fcp": 900, "tti": 900}]  # the third is the median
    shop.page("/about", {"audits": broken, "runs": runs})
    shop.config("{presets: [mobile], pages: [/about], max_runs: 3}")
    shop.run()
    told = json.loads((shop.repository.root / "autoresearch-output/lighthouse/about.mobile.html").read_text())
    assert told["largest-contentful-paint"] == 1200
    assert told["first-contentful-paint"] == 900
    assert "image-alt" in told


def test_a_link_out_of_the_repository_takes_no_reports_there(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (shop.repository.root / "autoresearch-output").symlink_to(tmp_path / "elsewhere")
    assert shop.run().code == 0
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_audit_that_a_change_breaks_is_new_and_fails_the_run_and_is_fixed_when_mended(shop: Shop) -> None:
    shop.run()
    shop.page("/about", {"audits": {"image-alt": fake.failing("No alternative text", "<img src=a.png>")}})
    broken = shop.run()
    assert broken.code == 1
    assert of_findings(broken) == [("new", "lighthouse/audit-failed", "/about", "image-alt")]
    shop.page("/about")
    assert of_findings(shop.run()) == [("fixed", "lighthouse/audit-failed", "/about", "image-alt")]


def test_another_version_of_lighthouse_starts_anew_instead_of_reporting_regressions(old_shop: Shop) -> None:
    old_shop.env |= fake.install(old_shop.tools, lighthouse="14.0.0")
    old_shop.page("/", {"numbers": {"lcp": 9000}}, "/about/")
    ran = old_shop.run()
    assert ran.code == 0
    assert "regressed" not in ran.kinds
    assert len(ran.state("lighthouse")["segments"]) == 2
    assert "lighthouse 13.5.0 → 14.0.0, so a new reference begins" in " ".join(ran.stdout.split())
    assert "a new reference begins" not in old_shop.run().stdout


@pytest.mark.parametrize("other", [{"chromium": "157.0.0.1"}, {"browser": "chromium-headless-shell"}])
def test_another_browser_starts_anew_too_and_a_patch_of_the_same_does_not(
    old_shop: Shop, other: dict[str, str]
) -> None:
    old_shop.env |= fake.install(old_shop.tools, chromium="156.0.7.7")
    assert len(old_shop.run().state("lighthouse")["segments"]) == 1
    old_shop.env |= fake.install(old_shop.tools, **other)
    assert len(old_shop.run().state("lighthouse")["segments"]) == 2


def test_a_page_that_got_slower_is_run_again_and_then_told(old_shop: Shop) -> None:
    before = len(fake.asked(old_shop.tools))
    old_shop.page("/", {"numbers": {"lcp": 2400, "score": 70}}, "/about/")
    ran = old_shop.run()
    assert ran.code == 1
    assert [change for change in told(ran) if change[0] == "regressed"] == [
        ("regressed", "lighthouse/metric-regressed", "/", "mobile-lcp")
    ]
    assert fake.asked(old_shop.tools)[before + 6 :] == ["mobile /"] * 5


def test_the_score_gates_alone_where_it_is_asked_to(old_shop: Shop) -> None:
    old_shop.config("{presets: [mobile], gate: score}")
    old_shop.page("/", {"numbers": {"lcp": 2400, "score": 70}}, "/about/")
    assert [change for change in told(old_shop.run()) if change[0] == "regressed"] == [
        ("regressed", "lighthouse/score-regressed", "/", "mobile-score")
    ]


def test_a_recorded_report_is_reduced_to_what_fails_where_and_why(shop: Shop) -> None:
    shop.page("/", {"recorded": True})
    shop.config("{presets: [mobile], pages: [/], budgets: [{lcp: 1s}]}")
    ran = shop.run()
    found = {f["key"]: f for f in shop.measured(ran)["findings"]}
    assert {(f["rule"].partition("/")[2], key) for key, f in found.items()} == {
        ("audit-failed", "color-contrast"),
        ("audit-failed", "image-alt"),
        ("audit-failed", "link-name"),
        ("audit-failed", "errors-in-console"),
        ("audit-failed", "crawlable-anchors"),
        ("seo-audit-failed", "meta-description"),
        ("budget-exceeded", "mobile-lcp"),
    }
    (element,) = found["color-contrast"]["data"]["elements"]
    assert (element["selector"], element["snippet"]) == ("body > main > p", '<p style="color:#ccc">')
    assert element["why"].startswith("Element has insufficient color contrast of 1.6 (foreground color: #cccccc")
    assert found["link-name"]["data"]["link"] == "https://dequeuniversity.com/rules/axe/4.13/link-name"
    assert "most is promised by “Render-blocking requests” (950 ms)" in found["mobile-lcp"]["message"]
    assert [advice["id"] for advice in found["mobile-lcp"]["data"]["advice"]] == [
        "render-blocking-insight",
        "cache-insight",
    ]
    metrics = {m["name"]: m["value"] for m in shop.measured(ran)["metrics"]}
    assert (metrics["mobile-bytes"], metrics["mobile-requests"], metrics["mobile-accessibility"]) == (1151, 5, 69)


def test_where_the_folder_is_served_this_time_is_no_part_of_a_finding(shop: Shop) -> None:
    shop.page("/", {"recorded": True})
    shop.config("{presets: [mobile], pages: [/]}")
    findings = [shop.measured(shop.run())["findings"] for _ in range(2)]
    assert findings[0] == findings[1]
    assert "/favicon.ico" in json.dumps(findings)
    assert "127.0.0.1" not in json.dumps(findings)


def test_a_budget_is_told_at_first_look_and_fails_only_who_asks_for_it(shop: Shop) -> None:
    shop.config("{presets: [mobile], budgets: [{pages: /about, lcp: 1s}]}")
    ran = shop.run("--fail-on", "error")
    assert ran.code == 1
    assert of_findings(ran) == [("first-look", "lighthouse/budget-exceeded", "/about", "mobile-lcp")]


def test_a_preview_is_looked_at_where_it_is_and_its_pages_keep_their_names(shop: Shop) -> None:
    with serving(Folder(shop.repository.root / "dist"), "/preview-7/") as address:
        ran = shop.run("--url", address)
    assert ran.code == 0, ran.stderr
    assert shop.measured(ran)["environment"]["source"] == "preview"
    assert values(shop, ran, "mobile-lcp") == {"/": 1200, "/about": 1200}


def test_a_served_site_is_started_once_for_the_crawl_and_the_lab(shop: Shop) -> None:
    command = "echo started >> started.txt; exec python3 -m http.server $PORT --bind 127.0.0.1 -d dist"
    shop.repository.config(
        f"site: {{url: 'https://shop.example', source: serve, serve: {json.dumps(command)}}}\n"
        "loops: {lighthouse: {presets: [desktop]}}\n"
    )
    ran = shop.run()
    assert ran.code == 0, ran.stderr
    assert fake.asked(shop.tools) == ["desktop /", "desktop /about/"] * 3
    assert (shop.repository.root / "started.txt").read_text() == "started\n"


def test_base_and_head_are_measured_in_turns_without_any_history(shop: Shop) -> None:
    root = shop.repository.root
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "base"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True)
    shop.page("/about", {"numbers": {"lcp": 2400}})
    ran = shop.run("--base", "HEAD")
    assert ran.code == 1, ran.stderr
    assert told(ran) == [("regressed", "lighthouse/metric-regressed", "/about", "mobile-lcp")]
    (change,) = (change for change in ran.changes if change["kind"] == "regressed")
    assert (change["before"], change["after"]) == (1200, 2400)
    assert change["evidence"]["pairs"] == 10


def test_pages_that_cannot_be_measured_are_told_with_the_reason_and_the_others_are_measured(shop: Shop) -> None:
    shop.config("{presets: [mobile], pages: [/, /alert, /gone, /moved, /late], runs: 1, max_runs: 1}")
    shop.page("/alert", {"dialogs": 1})
    shop.page("/late", {"warnings": ["The page loaded too slowly to finish within the time limit."]})
    shop.repository.write("dist/_redirects", "/moved /about/ 301\n")
    ran = shop.run()
    assert ran.code == 0, ran.stderr
    reasons = {skip["subject"]: skip["reason"] for skip in shop.measured(ran)["coverage"]["skipped"]}
    assert list(values(shop, ran, "mobile-lcp")) == ["/"]
    assert reasons.keys() == {"/alert", "/gone", "/moved", "/late"}
    assert reasons["/gone"] == "it answers 404"
    assert reasons["/moved"] == "it leads to /about"
    assert "dialog" in reasons["/alert"]
    assert "did not finish loading" in reasons["/late"]


def test_what_a_page_that_could_not_be_measured_had_stays_known(shop: Shop) -> None:
    broken = {"audits": {"image-alt": fake.failing("No alternative text", "<img>")}}
    shop.page("/about", broken)
    shop.run()
    shop.page("/about", {**broken, "dialogs": 1})
    ran = shop.run()
    assert of_findings(ran) == [("persisting", "lighthouse/audit-failed", "/about", "image-alt")]


def test_a_sampled_page_that_is_gone_takes_its_findings_along(shop: Shop) -> None:
    shop.page("/about", {"audits": {"image-alt": fake.failing("No alternative text", "<img>")}})
    shop.run()
    shop.page("/")
    (shop.repository.root / "dist/about/index.html").unlink()
    assert of_findings(shop.run()) == [("fixed", "lighthouse/audit-failed", "/about", "image-alt")]


def test_shards_measure_every_page_once_and_are_one_measurement_again(shop: Shop) -> None:
    for shard in ("1/3", "2/3", "3/3"):
        ran = shop.run("--shard", shard, "--now", "2026-05-01T00:00:00Z")
        assert ran.code == 0, ran.stderr
        (shop.repository.root / "result.json").rename(shop.repository.root / f"result-{shard[0]}.json")
    assert sorted(fake.asked(shop.tools)) == ["mobile /"] * 3 + ["mobile /about/"] * 3


def test_without_lighthouse_the_loop_is_not_measured_and_says_which_command_installs_it(shop: Shop) -> None:
    shop.env["LIGHTHOUSE_PATH"] = str(shop.repository.root)
    ran = shop.run()
    assert ran.code == 3
    reason = shop.measured(ran)["reason"]
    assert "Lighthouse is not installed" in reason
    assert "npm --prefix requirements/node ci" in reason


def test_a_browser_that_does_not_start_is_told_with_its_last_words(shop: Shop) -> None:
    (shop.tools / "chromium").write_text(
        "#!/bin/sh\necho 'error while loading shared libraries: libnss3.so' >&2\nexit 127\n"
    )
    ran = shop.run()
    assert ran.code == 3
    assert "libnss3.so" in shop.measured(ran)["reason"]
