"""`script`: a user's own program is a loop like ours, kept within limits."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ends

from .conftest import Repository

FINDING = {"rule": "too-long", "subject": "greeting", "severity": "error", "message": "9 words"}

TIMING = """
import json, pathlib
count, level = pathlib.Path("count"), pathlib.Path("level")
n = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(n))
slow = level.exists() and level.read_text() in {"up", str(n)}
value = [100, 101, 99, 100, 102, 98, 100, 101, 100, 99][n % 10] * (2 if slow else 1)
print(json.dumps({"metrics": [{"name": "ms", "value": value, "better": "lower", "gate": True}]}))
"""


def test_ten_lines_of_any_language_are_a_loop(repository: Repository, prints: Callable[[Any], None]) -> None:
    prints({"findings": []})
    assert repository.run().code == 0
    prints({"findings": [FINDING]})
    ran = repository.run()
    assert ran.code == 1
    assert [(c["kind"], c["rule"], c["subject"]) for c in ran.changes] == [("new", "checks/too-long", "greeting")]
    prints({"findings": []})
    assert repository.run().kinds == ["fixed"]


def test_its_numbers_are_compared(repository: Repository, prints: Callable[[Any], None]) -> None:
    for value, kinds in ((100, ["first-look"]), (100, []), (120, ["regressed"])):
        metric = {"name": "words", "value": value, "better": "lower", "gate": True, "exact": True}
        prints({"metrics": [metric]})
        ran = repository.run()
        assert ran.kinds == kinds
    assert ran.code == 1
    assert ran.changes[0]["before"] == 100
    assert ran.changes[0]["rule"] == "checks/metric-regressed"


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("Traceback (most recent call last):", "line 1"),
        ('{"metrics": [\n{"name": "x", "value": oops}]}', '{"name": "x", "value": oops}]}'),
        ("", "something else than a measurement: nothing at all"),
        (
            '{"metrics": [{"name": "x", "value": 1}, {"name": "x", "value": 2}]}',
            "something else than a measurement: the metric `x` of `/` stands there twice",
        ),
        ("[]", "something else than a measurement: must be an object, not a list"),
        ('{"metrics": {}}', "something else than a measurement: metrics: must be a list, not an object"),
        ('{"metrics": [{"name": "x", "value": NaN}]}', "something else than a measurement"),
        ('{"metrics": [{"name": "x"}]}', "metrics.0.value"),
        ('{"surprise": 1}', "surprise"),
    ],
)
def test_output_that_is_no_measurement_is_a_clear_error(
    repository: Repository, prints: Callable[[Any], None], printed: str, words: str
) -> None:
    prints(printed)
    ran = repository.run()
    assert ran.code == 3
    assert words in ran.result["measurements"][0]["reason"]
    assert not (repository.root / "autoresearch/checks/state.json").exists()


def test_a_program_that_fails_is_quoted(repository: Repository) -> None:
    command = repository.script("boom", "import sys; sys.exit('the database is away')")
    repository.config(f"loops: {{boom: {{kind: script, command: {json.dumps(command)}}}}}\n")
    reason = repository.run().result["measurements"][0]["reason"]
    assert "exit code 1" in reason
    assert "the database is away" in reason


def test_a_program_that_does_not_exist_says_which(repository: Repository) -> None:
    repository.config("loops: {boom: {kind: script, command: [no-such-program]}}\n")
    assert "`no-such-program` cannot be started" in repository.run().result["measurements"][0]["reason"]


def test_a_program_that_hangs_is_ended_with_all_its_children(repository: Repository, tmp_path: Path) -> None:
    mark = tmp_path / "child.pid"
    body = f"""
import subprocess, time
child = subprocess.Popen(["sleep", "600"])
open({str(mark)!r}, "w").write(str(child.pid))
time.sleep(600)
"""
    command = repository.script("hangs", body)
    repository.config(f"loops: {{hangs: {{kind: script, time_limit: 1s, command: {json.dumps(command)}}}}}\n")
    ran = repository.run()
    assert "took longer than" in ran.result["measurements"][0]["reason"]
    assert ends(int(mark.read_text()))


def test_a_program_that_floods_its_output_is_ended(repository: Repository) -> None:
    command = repository.script("floods", "while True: print('x' * 100000)")
    repository.config(f"loops: {{floods: {{kind: script, command: {json.dumps(command)}}}}}\n")
    assert "printed more than 10,000,000 bytes" in repository.run().result["measurements"][0]["reason"]


def test_no_token_is_in_its_reach(repository: Repository) -> None:
    body = "import json, os\nprint(json.dumps({'observations': {'env': {k: v for k, v in os.environ.items()}}}))"
    command = repository.script("env", body)
    repository.config(f"loops: {{env: {{kind: script, command: {json.dumps(command)}}}}}\n")
    secrets = {
        "GITHUB_TOKEN": "1",
        "INPUT_TOKEN": "2",
        "ACTIONS_RUNTIME_URL": "3",
        "STRIPE_API_KEY": "4",
        "DB_PASSWORD": "5",
    }
    harmless = {"GITHUB_SHA": "abc", "LANG": "C.UTF-8", "KEYBOARD": "de"}
    seen = repository.run(env={**os.environ, **secrets, **harmless}).result["measurements"][0]["observations"]["env"]
    assert not secrets.keys() & seen.keys()
    assert harmless.items() <= seen.items()


def test_suspicious_numbers_are_measured_again_at_the_same_commit(repository: Repository) -> None:
    command = repository.script("timing", TIMING)
    repository.config(f"loops: {{timing: {{kind: script, command: {json.dumps(command)}}}}}\n")
    for _ in range(12):
        repository.run()
    runs = int((repository.root / "count").read_text())
    repository.write("level", str(runs + 1))
    assert repository.run().kinds == [], "one slow run is not confirmed by the reruns"
    assert int((repository.root / "count").read_text()) == runs + 4
    repository.write("level", "up")
    ran = repository.run()
    assert ran.kinds == ["regressed"]
    assert len(ran.changes[0]["evidence"]["reruns"]) == 3
