"""The demo on real input: day 1 is well, day 2 is found out, and the answer key tells a wrong run from a right one."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"


def run(*command: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=check, timeout=120)


def verify(changes: Path, day: int = 2) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, SHOP / "verify.py", "--day", day, changes, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    finished = run(ROOT / "scripts" / "demo", out, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return out


def test_the_demo_reports_everything_planted_and_nothing_else(demo: Path) -> None:
    changes = json.loads((demo / "changes.json").read_text(encoding="utf-8"))
    assert changes["verdict"] == "fail"
    assert len({change["rule"] for change in changes["changes"]}) >= 12
    assert changes["baseline"]["age_days"] == 1
    report = (demo / "report.md").read_text(encoding="utf-8")
    assert all(loop in report for loop in ("seo", "posts", "mails", "catalog"))
    assert "/shiping" in report


def test_two_demos_write_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    run(ROOT / "scripts" / "demo", tmp_path)
    for name in ("changes.json", "result.json", "report.md"):
        assert (tmp_path / name).read_bytes() == (demo / name).read_bytes(), name


def test_a_run_that_misses_a_defect_does_not_pass_the_answer_key(demo: Path, tmp_path: Path) -> None:
    changes = json.loads((demo / "changes.json").read_text(encoding="utf-8"))
    missed = changes["changes"].pop()
    doctored = tmp_path / "changes.json"
    doctored.write_text(json.dumps(changes), encoding="utf-8")
    finished = verify(doctored)
    assert finished.returncode == 1
    assert f"missing: {missed['loop']}: {missed['kind']} {missed['rule']}" in finished.stdout


def test_a_run_that_reports_too_much_does_not_pass_the_answer_key(demo: Path) -> None:
    finished = verify(demo / "changes.json", day=1)
    assert finished.returncode == 1
    assert "not planted: seo: new seo/broken-link /terms → /shiping" in finished.stdout


@pytest.mark.heavy
def test_the_demo_of_lighthouse_finds_what_was_planted_and_leaves_its_reports(tmp_path: Path) -> None:
    command = [ROOT / "scripts" / "demo", "--lighthouse", tmp_path]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "5 defects planted, of 3 rules: 5 reported, and nothing else" in finished.stdout
    assert {page.name for page in (tmp_path / "lighthouse").iterdir()} == {
        "contact.mobile.html",
        "index.mobile.html",
        "products-harbour-mug-62d958.mobile.html",
    }


class _References(HTMLParser):
    """Every address of the own site that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"a", "link", "img"}:
            self.found |= {value for name, value in attrs if name in {"href", "src"} and value}


def test_every_address_in_the_site_of_day_1_leads_to_a_file(tmp_path: Path) -> None:
    run(sys.executable, SHOP / "build.py", "--day", 1, tmp_path)
    dist = tmp_path / "dist"
    moved = {line.split()[0] for line in (dist / "_redirects").read_text(encoding="utf-8").splitlines()}
    pages = list(dist.rglob("*.html"))
    for page in pages:
        references = _References()
        references.feed(page.read_text(encoding="utf-8"))
        for address in references.found:
            assert not address.startswith("http:"), page
            path = urlsplit(address).path.lstrip("/")
            assert not path or (dist / path).exists() or f"/{path}".rstrip("/") in moved, (
                f"{page.relative_to(dist)} → {address}"
            )
    assert len(pages) > 12


def test_building_day_2_over_day_1_equals_building_it_afresh(tmp_path: Path) -> None:
    for day in (1, 2):
        run(sys.executable, SHOP / "build.py", "--day", day, tmp_path / "grown")
    run(sys.executable, SHOP / "build.py", "--day", 2, tmp_path / "fresh")
    files = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "grown", tmp_path / "fresh")
    ]
    assert files[0] == files[1]
