"""A benchmark in a real Chromium: the counters say what changed, twice the same, and nothing is asked elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autoresearch.bench import Benchmark, run
from autoresearch.bench.run import Result
from autoresearch.errors import NotMeasuredError

PAGE = """<!doctype html><html lang=en><title>Shop</title><link rel=icon href=data:,>
<link rel=stylesheet href=/style.css><h1>Shop</h1><button id=buy>Buy</button><p id=told></p>
<script src=/shop.js></script>"""
SCRIPT = """document.getElementById('buy').onclick = () => { document.getElementById('told').textContent = 'bought'; };
function never() { return 'x'.repeat(1000); }
"""


def site(folder: Path, **files: str) -> Path:
    dist = folder / "dist"
    dist.mkdir(parents=True)
    written = {"index.html": PAGE, "style.css": "h1 { color: red }\n", "shop.js": SCRIPT, **files}
    for name, text in written.items():
        (dist / name).write_text(text)
    return folder


def measured(folder: Path, **settings: Any) -> Result:
    told = {"serve": "dist", "journeys": {"home": "/"}, "runs": 2, **settings}
    return run(Benchmark.model_validate(told), folder)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return measured(site(tmp_path_factory.mktemp("plain")))


def test_the_counters_are_exact_and_the_same_in_another_browser(plain: Result, tmp_path: Path) -> None:
    again = measured(site(tmp_path))
    for name in ("bytes", "requests", "dom-nodes", "script-bytes-executed"):
        assert name in plain.exact
        assert plain.metrics[name] == again.metrics[name]
    assert plain.score == again.score
    assert {"fcp", "lcp", "cls", "tbt", "journey"} <= plain.metrics.keys()


def test_a_picture_more_is_a_request_more_and_its_bytes(plain: Result, tmp_path: Path) -> None:
    picture = '<svg xmlns="http://www.w3.org/2000/svg"/>' + "<!-- a -->" * 500
    page = PAGE.replace("<h1>", '<img src="/a.svg" alt=""><h1>')
    found = measured(site(tmp_path, **{"index.html": page, "a.svg": picture}))
    assert found.metrics["requests"] == plain.metrics["requests"] + 1
    assert found.metrics["dom-nodes"] == plain.metrics["dom-nodes"] + 1
    assert found.metrics["bytes"] > plain.metrics["bytes"]
    assert found.score > plain.score


def test_what_a_click_runs_is_executed_and_what_nobody_calls_is_not(tmp_path: Path) -> None:
    journeys = {"home": "/", "buy": ["/", {"click": "#buy"}, {"wait": "text=bought"}]}
    found = measured(site(tmp_path), journeys=journeys)
    seen, done = (found.metrics[f"{name}/script-bytes-executed"] for name in ("home", "buy"))
    assert seen < done < len(SCRIPT) - len("return 'x'.repeat(1000);")


def test_a_warm_cache_brings_less_over_the_line(plain: Result, tmp_path: Path) -> None:
    assert measured(site(tmp_path), cache="warm").metrics["bytes"] <= plain.metrics["bytes"]


def test_a_slow_line_is_slow(tmp_path: Path) -> None:
    found = measured(site(tmp_path), network={"latency": "300ms"}, cpu=2)
    assert found.metrics["fcp"] > 550  # the page, and then its style


def test_a_page_reaches_nothing_but_its_own_site(tmp_path: Path) -> None:
    outside = (
        PAGE + '<script src="http://192.0.2.1/x.js"></script><script src="http://elsewhere.example/y.js"></script>'
    )
    found = measured(site(tmp_path, **{"index.html": outside}), time_limit="20s")
    assert found.metrics["requests"] == 5  # they are asked for, and come to nothing


@pytest.mark.parametrize(
    ("journey", "why"),
    [
        (["/none"], "home: .*/none"),
        (["/", {"click": "#none"}], "home: the journey broke off"),
        (["/busy.html"], "home: the journey broke off"),
    ],
)
def test_a_journey_that_cannot_be_walked_is_told(tmp_path: Path, journey: list[Any], why: str) -> None:
    busy = "<!doctype html><title>x</title><script>while (true);</script>"
    with pytest.raises(NotMeasuredError, match=why):
        measured(site(tmp_path, **{"busy.html": busy}), journeys={"home": journey}, time_limit="2s")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match="dist: there is no such folder"):
        measured(tmp_path)


def command(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "benchmark.yml").write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "autoresearch.bench", "benchmark.yml"],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def test_as_a_file_it_prints_a_line_and_the_holdout_where_it_is_asked_for(tmp_path: Path) -> None:
    text = "serve: dist\nruns: 2\njourneys: {home: /, other: /other.html}\nholdout: [other]\n"
    root = site(tmp_path, **{"other.html": PAGE + "<p>" * 5})
    night, morning = (
        json.loads(command(root, text, **told).stdout.splitlines()[-1])
        for told in ({"AUTORESEARCH_NONCE": "n1"}, {"AUTORESEARCH_HOLDOUT": '["other"]'})
    )
    assert (night["nonce"], "home/bytes" in night["metrics"], "other/bytes" in night["metrics"]) == ("n1", True, False)
    assert morning["metrics"]["dom-nodes"] == night["metrics"]["dom-nodes"] + 5


def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path) -> None:
    ended = command(site(tmp_path), "serve: dist\njourneys: {home: [{tap: x}]}\n")
    assert ended.returncode == 2
    assert "benchmark.yml:2:" in ended.stderr
