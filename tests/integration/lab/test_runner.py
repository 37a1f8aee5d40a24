"""The conversation with the runner's process, whatever that does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.lab import runner as lab
from autoresearch.signals.lab.model import Failed, Run
from autoresearch.signals.lab.runner import Runner

HELLO = json.dumps({"lighthouse": "13.5.0", "chromium": "156.0", "node": "24"})
RUN = {
    "ok": True,
    "url": "http://127.0.0.1/",
    "benchmark_index": 1000,
    "whole": True,
    "metrics": {"lcp": 1200.0},
    "report": "run-1.html",
}
PROGRAM = """
import json, os, sys, time
work, requests = sys.argv[1:]
print({hello!r}, flush=True)
for line in open(requests):
    request = json.loads(line)
    def say(**answer):
        print(json.dumps({{"id": request["id"], **answer}}), flush=True)
    def raw(text):
        print(text, flush=True)
    RUN = {run!r}
    {body}
"""

Made = Callable[[str], Runner]


@pytest.fixture
def runner_of(tmp_path: Path) -> Iterator[Made]:
    """A runner of a program that answers each request by `body`."""
    made: list[Runner] = []

    def make(body: str, hello: str = HELLO) -> Runner:
        program = tmp_path / "program.py"
        program.write_text(PROGRAM.format(hello=hello, run=RUN, body=body))
        runner = Runner(tmp_path, page_limit=0.0, load_limit=0.0, command=[sys.executable, str(program)])
        made.append(runner)
        return runner

    yield make
    for runner in made:
        runner.__exit__()


def reason(runner: Runner) -> str:
    outcome = runner.run("http://127.0.0.1/", "mobile")
    assert isinstance(outcome, Failed)
    return outcome.reason


def test_a_run_is_answered_by_the_process_that_answered_the_one_before(runner_of: Made) -> None:
    runner = runner_of("say(**{**RUN, 'seconds': os.getpid()})")
    runs = [runner.run("http://127.0.0.1/", "mobile") for _ in range(2)]
    assert isinstance(runs[0], Run)
    assert runs[0] == runs[1]


def test_a_process_that_does_not_answer_is_ended_and_the_next_run_has_a_new_one(
    runner_of: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "_AROUND", 0.2)
    runner = runner_of("time.sleep(600) if request['url'].endswith('/hang') else say(**RUN)")
    assert runner.versions.node == "24"
    outcome = runner.run("http://127.0.0.1/hang", "mobile")
    assert isinstance(outcome, Failed)
    assert "did not answer in time" in outcome.reason
    monkeypatch.setattr(lab, "_AROUND", 60.0)
    assert isinstance(runner.run("http://127.0.0.1/", "mobile"), Run)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("sys.exit(3)", "ended by itself"),
        ("raw('<html>')", "something else than JSON"),
        ("raw('[1]')", "something else than a run"),
        ("raw('x' * 6_000_000)", "said too much"),
        ("say(ok=True, url='x')", "cannot be understood"),
        ("say(**{**RUN, 'metrics': {'lcp': float('nan')}})", "cannot be understood"),
        ("say(**{**RUN, 'metrics': {'lcp': -1}})", "cannot be understood"),
        ("say(**{**RUN, 'report': '../../etc/passwd'})", "cannot be understood"),
        ("say(ok=False, code='HUNG', reason='the page hung')", "the page hung"),
    ],
)
def test_an_answer_that_is_none_is_a_failed_run(runner_of: Made, body: str, told: str) -> None:
    assert told in reason(runner_of(body))


def test_a_process_that_ends_again_and_again_is_broken_itself(runner_of: Made) -> None:
    runner = runner_of("print('out of memory', file=sys.stderr); sys.exit(3)")
    for _ in range(3):
        reason(runner)
    with pytest.raises(NotMeasuredError, match="3 times in a row: out of memory"):
        runner.run("http://127.0.0.1/", "mobile")


def test_a_process_that_does_not_say_what_it_is_does_not_start(runner_of: Made) -> None:
    with pytest.raises(NotMeasuredError, match="does not start"):
        _ = runner_of("pass", hello="{}").versions  # type: ignore[call-arg]


def test_a_report_is_copied_and_a_link_in_its_place_is_not_followed(runner_of: Made, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    plain = "open(work + '/run-1.html', 'w').write('report')"
    runner = runner_of(
        f"{plain} if 'plain' in request['url'] else os.symlink({str(secret)!r}, work + '/run-1.html'); say(**RUN)"
    )
    for page, content in (("/link", None), ("/plain", "report")):
        outcome = runner.run(f"http://127.0.0.1{page}", "mobile")
        assert isinstance(outcome, Run)
        runner.keep_report(outcome, tmp_path / "kept" / "a.html")
        kept = tmp_path / "kept" / "a.html"
        assert (kept.read_text() if kept.exists() else None) == content
        runner = runner_of(plain + "; say(**RUN)")


def test_its_folder_is_gone_afterwards(runner_of: Made) -> None:
    runner = runner_of("say(ok=False, code='X', reason=work)")
    with runner:
        work = Path(reason(runner))
        assert work.is_dir()
    assert not work.exists()
