"""The main job through the ordinary command line: what is read, compared, written, and what is left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.actions import environment

from .conftest import Repository

WORDS = """
import json
finding = {"rule": "r", "severity": "error", "message": "no"}
print(json.dumps({"findings": [{**finding, "subject": subject} for subject in %r]}))
"""
HEEDS_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where we run under nohup
from autoresearch.__main__ import main
main()
"""
SECRETIVE = """
import json, sys
finding = {"rule": "r", "severity": "error", "subject": sys.argv[1], "message": "GET " + sys.argv[1]}
print(json.dumps({"findings": [finding]}))
"""


def finds(repository: Repository, *subjects: str, loops: tuple[str, ...] = ("a",)) -> None:
    lines = []
    for name in loops:
        command = repository.script(name, WORDS % (list(subjects),))
        lines.append(f"  {name}: {{kind: script, command: {json.dumps(command)}}}\n")
    repository.config("loops:\n" + "".join(lines))


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_the_same_input_gives_the_same_bytes(repository: Repository) -> None:
    finds(repository, "x", "y")
    seen = []
    for _ in range(2):
        repository.day = 0
        ran = repository.run("--report", str(repository.root / "report.md"))
        seen.append((ran.stdout, tree(repository.root)))
        for written in (repository.root / "autoresearch").glob("*/state.json"):
            written.unlink()
    assert seen[0] == seen[1]


def test_a_first_run_records_what_it_finds_and_fails_only_when_asked_to(repository: Repository) -> None:
    finds(repository, "x")
    assert repository.run("--no-write-state").code == 0
    assert repository.run("--no-write-state", "--fail-on", "error").code == 1
    assert repository.run("--no-write-state", "--fail-on", "any").code == 1
    assert repository.run("--no-write-state", "--fail-on", "never").code == 0


def test_no_write_state_writes_no_state_and_no_readme(repository: Repository) -> None:
    finds(repository, "x")
    repository.run("--no-write-state")
    assert sorted(p.name for p in (repository.root / "autoresearch").iterdir()) == ["config.yml"]


def test_a_pull_request_never_writes_state_by_default(repository: Repository) -> None:
    finds(repository, "x")
    head = {"ref": "change", "sha": "a" * 40, "repo": None}
    about = {"number": 7, "head": head, "base": {"ref": "main", "sha": "b" * 40}}
    env = os.environ | environment("pull_request", {"pull_request": about}, repository.root.parent / "step")
    repository.run(env=env)
    assert not (repository.root / "autoresearch/a").exists()
    repository.run("--write-state", env=env)
    assert (repository.root / "autoresearch/a/state.json").exists()


def test_accepting_needs_a_reason_and_something_to_accept(repository: Repository) -> None:
    finds(repository, "x")
    assert repository.run("--accept", "a").code == 2
    ran = repository.run("--accept", "a:nothing", "--because", "we know")
    assert ran.code == 2
    assert "--accept a:nothing: nothing of that name" in ran.stderr
    assert not (repository.root / "autoresearch/a").exists()


def test_what_is_accepted_is_known_with_its_reason_and_never_fails(repository: Repository) -> None:
    finds(repository)
    repository.run()
    finds(repository, "x", "y")
    ran = repository.run("--accept", "a:x", "--because", "redirects land in May")
    assert {(c["subject"], c["kind"]) for c in ran.changes} == {("x", "persisting"), ("y", "new")}
    (known,) = (k for k in ran.state("a")["known"].values() if k["subject"] == "x")
    assert known["accepted"]["because"] == "redirects land in May"
    finds(repository, "x")
    assert repository.run("--fail-on", "error").code == 0


def test_ignored_findings_are_not_told_until_their_day(repository: Repository) -> None:
    command = repository.script("a", WORDS % (["x"],))
    ignore = "[{subject: x, because: we know, until: 2026-03-02}]"
    repository.config(f"loops: {{a: {{kind: script, command: {json.dumps(command)}, ignore: {ignore}}}}}\n")
    assert repository.run().changes == []
    assert repository.run().changes == []
    assert repository.run().kinds == ["new"]


def test_a_state_file_in_conflict_stops_its_loop_only_and_stays_as_it_is(repository: Repository) -> None:
    finds(repository, "x", loops=("a", "b"))
    repository.run()
    path = repository.root / "autoresearch/a/state.json"
    broken = "<<<<<<< HEAD\n" + path.read_text()
    path.write_text(broken)
    ran = repository.run()
    assert ran.code == 3
    assert path.read_text() == broken
    assert "state.json:1: the file has merge conflict markers" in ran.stdout
    assert len(ran.state("b")["segments"][0]["history"]) == 2


def test_a_secret_of_the_config_appears_nowhere(repository: Repository) -> None:
    command = [*repository.script("a", SECRETIVE), "https://${HOST}/x"]
    repository.config(f"loops: {{a: {{kind: script, command: {json.dumps(command)}}}}}\n")
    report = repository.root / "report.md"
    ran = repository.run("--report", str(report), env={**os.environ, "HOST": "hunter2.example"})
    everything = ran.stdout + ran.stderr + "".join(p.decode() for p in tree(repository.root).values())
    assert ran.changes[0]["subject"] == "https://***/x"
    assert "hunter2" not in everything


def test_a_variable_that_is_not_set_stops_only_the_loop_that_needs_it(repository: Repository) -> None:
    command = repository.script("a", WORDS % (["x"],))
    repository.config(
        f"loops:\n  a: {{kind: script, command: {json.dumps(command)}}}\n"
        f"  b: {{kind: script, command: {json.dumps([*command, '${NOT_SET_ANYWHERE}'])}}}\n"
    )
    ran = repository.run()
    assert ran.code == 3
    assert [m["status"] for m in ran.result["measurements"]] == ["measured", "not-measured"]
    assert "${NOT_SET_ANYWHERE}" in ran.result["measurements"][1]["reason"]


def test_when_the_state_cannot_be_written_the_result_is_kept(repository: Repository) -> None:
    finds(repository, "x")
    unwritable = str(repository.root / "autoresearch/config.yml/below-a-file.md")
    ran = repository.run("--report", unwritable, env={**os.environ, "TMPDIR": str(repository.root.parent)})
    assert ran.code == 4
    assert "cannot be" in ran.stderr
    kept = Path(ran.stderr.split("the result is kept in ")[1].splitlines()[0])
    assert json.loads(kept.read_text())["measurements"][0]["loop"] == "a"
    assert sorted(p.name for p in (repository.root / "autoresearch").iterdir()) == ["config.yml"], "all or nothing"


def test_ctrl_c_leaves_every_file_as_it_was(repository: Repository, tmp_path: Path) -> None:
    finds(repository, "x")
    repository.run()
    started = tmp_path / "started"
    body = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)"
    command = repository.script("slow", body)
    with (repository.root / "autoresearch/config.yml").open("a") as config:
        config.write(f"  slow: {{kind: script, command: {json.dumps(command)}}}\n")
    before = tree(repository.root)
    program = [sys.executable, "-c", HEEDS_CTRL_C, "run", "-C", str(repository.root), "--now", "2026-03-09T06:00:00Z"]
    process = subprocess.Popen(
        program,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not started.exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "no file was changed" in stderr
    assert tree(repository.root) == before


def test_a_wrong_command_line_says_what_is_known(repository: Repository) -> None:
    finds(repository, "x")
    ran = repository.run("aa")
    assert ran.code == 2
    assert "no loop `aa` in the config" in ran.stderr
    assert repository.run("--now", "yesterday").code == 2
    assert repository.run("--no-such-option").code == 2


def test_a_loop_has_its_log_group_in_actions(repository: Repository) -> None:
    finds(repository, "x")
    ran = repository.run(env=os.environ | environment("schedule", {}, repository.root.parent / "step"))
    assert "::group::a: " in ran.stderr
    assert ran.stderr.count("::group::") == ran.stderr.count("::endgroup::")


def test_a_reader_that_hangs_up_early_costs_nothing(repository: Repository) -> None:
    finds(repository, "x")
    read, write = os.pipe()
    os.close(read)
    program = [sys.executable, "-m", "autoresearch", "run", "-C", str(repository.root), "--now", "2026-03-09T06:00:00Z"]
    finished = subprocess.run(program, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (repository.root / "autoresearch/a/state.json").exists()
    assert "Traceback" not in finished.stderr
    assert finished.returncode == 0


def test_in_a_read_only_repository_the_result_is_kept_and_nothing_is_half_written(repository: Repository) -> None:
    finds(repository, "x")
    repository.run()
    before = tree(repository.root / "autoresearch")
    finds(repository, "x", "y")
    folders = [repository.root, *(path for path in repository.root.rglob("*") if path.is_dir())]
    command = [sys.executable, "-m", "autoresearch", "run", "-C", str(repository.root), "--now", "2026-03-09T06:00Z"]
    if os.geteuid() == 0:  # root may write anywhere, unless it gives that up
        command = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", *command]
    try:
        for folder in folders:
            folder.chmod(0o555)
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert ended.returncode == 4, ended.stderr
    assert "cannot be written: Permission denied" in ended.stderr
    kept = Path(ended.stderr.partition("the result is kept in ")[2].split()[0])
    assert [f["subject"] for f in json.loads(kept.read_text())["measurements"][0]["findings"]] == ["x", "y"]
    after = tree(repository.root / "autoresearch")
    assert {name: text for name, text in after.items() if name != "config.yml"} == {
        name: text for name, text in before.items() if name != "config.yml"
    }
    assert "1 new" in ended.stdout, "the report is printed all the same"


def test_a_full_disk_behind_standard_output_is_an_error_and_no_crash(repository: Repository) -> None:
    finds(repository)
    command = [sys.executable, "-m", "autoresearch", "run", "-C", str(repository.root)]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ended.returncode == 4
    assert "standard output cannot be written: no space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (repository.root / "autoresearch/a/state.json").exists()
