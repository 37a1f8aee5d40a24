"""The score cannot be had any other way: what agents and candidates do besides one change of one file keeps nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from autoresearch.experiment.run import Wish
from autoresearch.experiment.selftest import CHEATERS, selftest
from tests.integration.experiment.world import CSS, EXACT, git, night, program, repository, statuses

CHANGE = 'import os, pathlib, sys\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text().replace("16px", "8px"))\n'


@pytest.mark.parametrize(
    ("agent", "status", "reason"),
    [
        (CHANGE + 'pathlib.Path("site/index.html").write_text("x")', "tamper", "site/index.html was changed"),
        (CHANGE + 'pathlib.Path("site/index.html").unlink()', "tamper", "site/index.html was changed"),
        (CHANGE + 'pathlib.Path("new.txt").write_text("x")', "tamper", "new.txt was added"),
        (CHANGE + 'pathlib.Path(".gitignore").write_text("*")', "tamper", ".gitignore was added"),
        (CHANGE + "p.chmod(0o755)", "tamper", "site/style.css has another mode: 100755"),
        (
            CHANGE + "p.rename('/tmp/a-link'); p.symlink_to('/tmp/a-link')",
            "tamper",
            "site/style.css is no plain file any more",
        ),
        (CHANGE + "p.unlink()", "tamper", "site/style.css is no plain file any more"),
        (
            CHANGE + "os.link(p, '../hard')",
            "tamper",
            "site/style.css is linked from elsewhere, or has more than 10,000,000 bytes",
        ),
        ("", "no-change", "the file is as it was"),
        (CHANGE + "sys.exit('out of ideas')", "crash", "out of ideas"),
        ("import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('broken')", "crash", "exit code 1"),
        ("import pathlib, sys; pathlib.Path(sys.argv[1]).write_bytes(bytes(range(256)))", "crash", "exit code 1"),
    ],
)
def test_a_try_that_is_no_change_of_the_one_file_is_void(tmp_path: Path, agent: str, status: str, reason: str) -> None:
    root = tmp_path / "shop"
    (row,) = night(repository(root, agent=program(root, agent)), tries=1).book.tries
    assert row.status == status
    assert reason in row.reason
    assert not row.commit


def test_an_agent_that_never_ends_costs_its_time_limit_and_no_more(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    agent = {**program(root, "while True: pass"), "time_limit": "300ms"}
    (row,) = night(repository(root, agent=agent), tries=1).book.tries
    assert row.status == "crash"
    assert "took longer than 0.3 s" in row.reason


def test_a_candidate_that_never_ends_is_a_timeout(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    source = "import pathlib\nif '8px' in pathlib.Path('site/style.css').read_text():\n    while True: pass\n" + EXACT
    (row,) = night(repository(root, source=source, agent=program(root, CHANGE), time_limit="2s"), tries=1).book.tries
    assert row.status == "timeout"


def test_the_same_change_twice_is_measured_once(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    worse = CHANGE.replace("8px", "30px")
    ended = night(repository(root, agent=program(root, worse)), tries=2)
    assert statuses(ended) == ["discard", "duplicate"]
    assert not ended.book.tries[1].samples


def test_a_build_that_rewrites_the_benchmark_is_found_out(tmp_path: Path) -> None:
    forged = "cp site/index.html autoresearch/tiny/benchmark.py"
    root = tmp_path / "shop"
    build = f"grep -q 8px site/style.css && {forged}; true"
    (row,) = night(repository(root, build=build, agent=program(root, CHANGE)), tries=1).book.tries
    assert (row.status, row.reason) == (
        "tamper",
        "autoresearch/tiny/benchmark.py was changed while it was built or measured",
    )


def test_a_candidate_that_prints_a_result_of_its_own_is_found_out(tmp_path: Path) -> None:
    """The edited file is a program that the benchmark runs."""
    runs = """\
import json, subprocess, sys
subprocess.run([sys.executable, "model.py"], check=True)
print(json.dumps({"score": 5}))
"""
    spoof = "import sys; open(sys.argv[1], 'a').write('print(\\'{\"score\": 1}\\')\\n')"
    root = tmp_path / "shop"
    repository(
        root, source=runs, files={"model.py": "print('training')\n"}, edits="model.py", agent=program(root, spoof)
    )
    (row,) = night(root, tries=1).book.tries
    assert row.status == "tamper"
    assert "does not look like the base's" in row.reason


def test_a_result_without_the_nonce_that_was_given_is_found_out(tmp_path: Path) -> None:
    with_nonce = EXACT.replace("import json, re", "import json, os, re").replace(
        '"metrics"', '"nonce": "old" if "8px" in css else os.environ["AUTORESEARCH_NONCE"], "metrics"'
    )
    root = tmp_path / "shop"
    (row,) = night(repository(root, source=with_nonce, agent=program(root, CHANGE)), tries=1).book.tries
    assert (row.status, row.reason) == ("tamper", "the result does not repeat the nonce that the benchmark was given")


def test_what_a_run_leaves_behind_is_gone_before_the_next(tmp_path: Path) -> None:
    """A candidate that caches its result would be faster in its second run."""
    cache = 'import pathlib\ncache = pathlib.Path("cache")\nold = cache.exists()\ncache.touch()\n'
    caching = cache + EXACT.replace("100 +", "100 - 50 * old +")
    ended = night(repository(tmp_path / "shop", source=caching), tries=3)
    assert ended.book.night["calibrations"][0] | {"samples": 0, "machine": 0} == {
        "mode": "exact", "score": 194.0, "samples": 0, "machine": 0,
    }  # fmt: skip


def test_agents_and_candidates_see_no_secret_but_the_key_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "OPENAI_API_KEY", "OTHER_API_KEY"):
        monkeypatch.setenv(name, f"secret-{name}")
    seen, root = tmp_path / "seen", tmp_path / "shop"
    spy = f"open({str(seen)!r}, 'a').write(str(dict(os.environ)))\n"
    agent = {**program(root, CHANGE + spy), "keys": ["OPENAI_API_KEY"]}
    night(repository(root, agent=agent, source=f"import os\n{spy}{EXACT}"), tries=1)
    told = seen.read_text()
    assert "AUTORESEARCH_SEED" in told
    assert "secret-OPENAI_API_KEY" in told
    assert told.count("secret-") == 1


def test_a_program_that_an_agent_leaves_behind_is_ended(tmp_path: Path) -> None:
    pid, root = tmp_path / "pid", tmp_path / "shop"
    stray = f"""
import subprocess
child = "import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(600)"
parent = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', " + repr(child) + "], start_new_session=True)"
subprocess.run([sys.executable, "-c", parent])
while not os.path.exists({str(pid)!r}) or not open({str(pid)!r}).read(): pass
"""
    night(repository(root, agent=program(root, CHANGE + stray)), tries=1)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_none_of_the_known_cheaters_is_kept_and_nothing_is_left_of_the_trial(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    outcomes = selftest(Wish(root, "autoresearch/config.yml"), say=lambda _: None)
    assert [each.name for each in outcomes] == [name for name, _, _ in CHEATERS]
    assert not [each.name for each in outcomes if each.kept]
    assert {each.name for each in outcomes if each.status == "tamper"} == {
        "benchmark editor", "result forger", "git meddler", "symlinker",
    }  # fmt: skip
    assert "autoresearch/" not in git(root, "branch", "--all")
    assert not list((root / ".git" / "autoresearch" / "tiny").iterdir())


def test_a_set_up_that_falls_for_a_seed_in_the_file_is_told_what_to_do(tmp_path: Path) -> None:
    seeded = """\
import json, random, re
random.seed(int(re.search(r"seed: (\\d+)", open("site/style.css").read())[1]))
print(json.dumps({"score": random.random()}))
"""
    lucky = CSS + "/* seed: 4 */\n"
    root = repository(tmp_path / "shop", source=seeded, files={"site/style.css": lucky}, better=_better_of(4, 5))
    (kept,) = [each for each in selftest(Wish(root, "autoresearch/config.yml"), say=lambda _: None) if each.kept]
    assert kept.name == "seed changer"
    assert "AUTORESEARCH_SEED" in kept.advice


def _better_of(before: int, after: int) -> str:
    """The direction in which another seed is a gain."""
    import random

    first, second = random.Random(before).random(), random.Random(after).random()
    return "lower" if second < first else "higher"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a program as another user")
def test_as_root_agents_and_candidates_are_another_user_who_cannot_write_in_the_repository(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("autoresearch.signals.process.UNTRUSTED", "nobody")
    bench = 'echo "score=$(sed -n "s/.*--gap: \\([0-9]*\\)px.*/\\1/p" site/style.css)"; touch ran; test $(id -u) != 0\n'
    with tempfile.TemporaryDirectory() as folder:  # not below `tmp_path`, where another user may not go
        Path(folder).chmod(0o755)
        root = Path(folder) / "shop"
        change = "sed -i s/16px/8px/ site/style.css"
        meddle = f"{change}; rm -rf {root}/.git/autoresearch; touch {root}/own"
        for command, status in ((meddle, "crash"), (change, "keep")):
            agent = {"kind": "command", "command": ["sh", "-c", command]}
            shutil.rmtree(root, ignore_errors=True)
            repository(root, agent=agent, benchmark=["sh", "bench.sh"], files={"bench.sh": bench})
            assert statuses(night(root, tries=1)) == [status]
            assert not (root / "own").exists()


def test_programs_that_ran_before_the_night_are_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    with subprocess.Popen(["sleep", "600"]) as neighbour:
        try:
            night(repository(root, agent=program(root, CHANGE)), tries=1)
            assert neighbour.poll() is None
        finally:
            neighbour.kill()
