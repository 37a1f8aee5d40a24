"""A night on a real repository: what is kept is committed, the rest written down, and the user's files left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch.errors import NotMeasuredError, StateError, UsageError
from autoresearch.experiment import text
from tests.integration.experiment.world import (
    CSS,
    EXACT,
    KNOBS,
    NOISY,
    NOW,
    changed_by,
    git,
    night,
    program,
    repository,
    statuses,
)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    root = repository(tmp_path_factory.mktemp("night") / "shop", budget={"stall": 15})
    return root, night(root)


def test_the_planted_improvement_is_found_and_nothing_else_is_kept(exact) -> None:  # type: ignore[no-untyped-def]
    root, ended = exact
    tip = git(root, "show", f"{ended.book.night['branch']}:site/style.css")
    assert tip == CSS.replace("16px", "8px").replace("--speed: 3", "--speed: 1")
    assert ended.book.night["morning"]["why"] in {"the agent had no further idea", "15 tries in a row kept nothing"}


def test_each_kept_change_is_a_commit_of_the_one_file_with_its_score(exact) -> None:  # type: ignore[no-untyped-def]
    root, ended = exact
    for row in ended.book.kept:
        assert changed_by(root, row.commit) == ["site/style.css"]
        message = git(root, "log", "-1", "--format=%B", row.commit)
        assert message.startswith(f"tiny: {row.description}\n")
        assert f"→ {row.score:.6g} ({row.gain:+.2%})" in message


def test_the_users_checkout_is_never_touched(exact) -> None:  # type: ignore[no-untyped-def]
    root, _ = exact
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "rev-parse", "--abbrev-ref", "HEAD").strip() == "main"
    assert (root / "site/style.css").read_text() == CSS


def test_the_notebook_is_the_branchs_last_commit_with_a_row_for_every_try(exact) -> None:  # type: ignore[no-untyped-def]
    root, ended = exact
    branch = ended.book.night["branch"]
    assert changed_by(root, branch) == ["autoresearch/tiny/results.tsv"]
    lines = git(root, "show", f"{branch}:autoresearch/tiny/results.tsv").splitlines()
    assert lines[0].split("\t")[:5] == ["commit", "score", "cost", "status", "description"]
    assert len(lines) == 2 + len(ended.book.tries)
    assert {len(line.split("\t")) for line in lines} == {16}


def test_the_gain_is_revalidated_and_told_beside_the_claimed_one(exact) -> None:  # type: ignore[no-untyped-def]
    _, ended = exact
    assert text.title(ended.book) == "tiny: 43.3% better revalidated, 43.3% better claimed"
    assert "194 → 110" in text.body(ended.book)


def test_a_second_night_of_a_day_has_a_branch_of_its_own(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    first, second = night(root, tries=1), night(root, tries=1)
    assert [each.book.night["branch"] for each in (first, second)] == [
        "autoresearch/tiny-2026-10-05",
        "autoresearch/tiny-2026-10-05-2",
    ]


def test_a_noisy_score_is_decided_by_pairs_and_claimed_with_an_interval(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "shop", source=NOISY % (str(tmp_path / "runs"), 0.01), min_effect="5%", budget={"tries": 5}
    )
    ended = night(root)
    assert ended.book.night["calibrations"][0]["mode"] == "noisy"
    assert "8px" in git(root, "show", f"{ended.book.night['branch']}:site/style.css")
    assert not [row for row in ended.book.kept if not row.description.startswith("--gap")]
    found = ended.book.night["morning"]["revalidated"]
    assert found["low"] < 1 - 100 / 164 < found["high"]
    assert f"({found['low']:.1%} to {found['high']:.1%}) revalidated" in text.title(ended.book)


def test_a_night_whose_noise_hides_the_gain_is_refused_with_the_numbers_and_leaves_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", source=NOISY % (str(tmp_path / "runs"), 0.05))
    with pytest.raises(NotMeasuredError, match=r"differ by .*%.*would be kept \d+% of the time") as error:
        night(root)
    assert "min_effect" in error.value.hint
    assert "autoresearch/" not in git(root, "branch", "--all")


def test_a_night_without_a_gain_says_so(tmp_path: Path) -> None:
    agent = {"kind": "knobs", "knobs": [{"css": "--color", "choices": ["red", "blue", "green"]}]}
    ended = night(repository(tmp_path / "shop", agent=agent))
    assert statuses(ended) == ["discard", "discard"]
    assert text.title(ended.book) == "tiny: no proven gain"
    assert not text.is_proven(ended.book)


def test_a_tie_goes_to_the_simpler_file(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    shorter = program(
        root, 'import sys; p = sys.argv[1]; s = open(p).read(); open(p, "w").write(s.replace(" --color: red;", ""))'
    )
    ended = night(repository(root, agent=shorter), tries=1)
    assert [(row.status, row.reason) for row in ended.book.tries] == [("keep", "as good, and the file is simpler")]
    assert ended.book.kept[0].bytes < len(CSS)


def test_a_change_of_layout_alone_is_not_simpler(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    tighter = program(root, 'import sys; p = sys.argv[1]; s = open(p).read(); open(p, "w").write(s.strip())')
    assert statuses(night(repository(root, agent=tighter), tries=1)) == ["discard"]


def test_a_guardrail_that_does_not_hold_keeps_the_change_out(tmp_path: Path) -> None:
    agent = {"kind": "knobs", "knobs": [{"css": "--speed", "choices": [1]}]}
    root = repository(tmp_path / "shop", agent=agent, guardrails={"speed": -0.5})  # must not fall by more
    (row,) = night(root).book.tries
    assert (row.status, row.reason) == ("discard", "guardrail: speed may be worse by 2 or more, 0.5 is allowed")


def test_what_no_longer_helps_in_the_morning_is_removed_by_a_commit(tmp_path: Path) -> None:
    """The second knob makes the first one useless."""
    benchmark = EXACT.replace('10 * number("speed")', 'number("speed") * (10 if "red" in css else 0)')
    root = tmp_path / "shop"
    lines = CSS.replace("; ", ";\n/* */\n/* */\n")
    agent = """\
import sys
p, steps = sys.argv[1], [("--speed: 3", "--speed: 1"), ("--color: red", "--color: blue")]
s = open(p).read()
old, new = next((old, new) for old, new in steps if old in s)
open(p, "w").write(s.replace(old, new))
print("hypothesis:", new)
"""
    repository(root, agent=program(root, agent), source=benchmark, files={"site/style.css": lines})
    ended = night(root, tries=2)
    assert statuses(ended) == ["keep", "keep"]
    assert [each["description"] for each in ended.book.night["morning"]["removed"]] == ["--speed: 1"]
    assert [row.description for row in ended.book.kept] == ["--color: blue"]
    assert git(root, "show", f"{ended.book.night['branch']}:site/style.css") == lines.replace("red", "blue")
    assert "Removed in the morning" in text.body(ended.book)


def test_a_gain_that_the_holdout_does_not_show_is_told(tmp_path: Path) -> None:
    other = 'import os\nif os.environ.get("AUTORESEARCH_HOLDOUT") == \'["/checkout"]\': css = "--gap: 1 --speed: 1"\n'
    benchmark = EXACT.replace("print(", other + "print(")
    ended = night(repository(tmp_path / "shop", source=benchmark, holdout=["/checkout"]))
    assert not ended.book.night["morning"]["holdout"]["proven"]
    assert "**does not show the gain**" in text.body(ended.book)


@pytest.mark.parametrize(
    ("limits", "settings", "made", "why"),
    [
        ({"tries": 3}, {}, 3, "all of its 3 tries were made"),
        ({"until": NOW}, {}, 0, "it was 22:00"),
        ({}, {"budget": {"stall": 2}}, 2, "2 tries in a row kept nothing"),
        ({}, {"budget": {"dollars": 0.5}}, 2, "the agent had cost $0.60 of $0.50"),
    ],
)
def test_a_night_ends_for_its_limits_and_says_which(
    tmp_path: Path, limits: dict[str, object], settings: dict[str, object], made: int, why: str
) -> None:
    root = tmp_path / "shop"
    worse = """\
import json, sys, time
p = sys.argv[1]
s = open(p).read()
open(p, "w").write(s + "/* %d */" % time.time_ns())
print(json.dumps({"total_cost_usd": 0.3}))
"""
    ended = night(repository(root, agent=program(root, worse), **settings), **limits)
    assert len(ended.book.tries) == made
    assert ended.book.night["morning"]["why"] == why


def test_the_jobs_clock_pauses_a_night_and_another_job_goes_on(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    paused = night(root, tries=3, pause=NOW)
    assert (paused.finished, len(paused.book.tries)) == (False, 0)
    assert "morning" not in paused.book.night
    resumed = night(root, tries=3, resume=True)
    assert (resumed.finished, len(resumed.book.tries)) == (True, 3)
    assert len(resumed.book.night["calibrations"]) == 2
    with pytest.raises(UsageError, match="no night of tiny to go on with"):
        night(root, resume=True)


def test_a_branch_that_somebody_moved_is_not_overwritten(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    night(root, tries=3, pause=NOW)
    git(root, "commit", "--quiet", "--allow-empty", "--message", "elsewhere")
    git(root, "branch", "--force", "autoresearch/tiny-2026-10-05", "main")
    with pytest.raises(StateError, match="not where the night left it"):
        night(root, tries=3, resume=True)


@pytest.mark.parametrize(
    ("settings", "spoil", "why"),
    [
        ({"edits": "site/none.css"}, None, "site/none.css is no file of the last commit"),
        ({"benchmark": "autoresearch/tiny/none.py"}, None, "none.py is not in the last commit"),
        ({"benchmark": "site/style.css"}, None, "is the benchmark itself"),
        ({"agent": {"kind": "knobs"}}, None, "no knobs are declared"),
        ({"budget": {}}, None, "nothing says when the night is over"),
        ({}, "site/style.css", "site/style.css has changes that are not committed"),
        ({}, "autoresearch/tiny/benchmark.py", "benchmark.py has changes that are not committed"),
    ],
)
def test_a_set_up_that_cannot_work_is_refused_before_anything_runs(
    tmp_path: Path, settings: dict[str, object], spoil: str | None, why: str
) -> None:
    root = repository(tmp_path / "shop", **settings)
    if spoil:
        (root / spoil).write_text("changed\n")
    with pytest.raises(UsageError, match=why):
        night(root)
    assert "autoresearch/" not in git(root, "branch", "--all")


def test_a_benchmark_that_fails_on_what_is_committed_starts_no_night(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", source="raise SystemExit('no data')\n")
    with pytest.raises(NotMeasuredError, match=r"does not work on what is committed.*no data"):
        night(root)
    assert "autoresearch/" not in git(root, "branch", "--all")


def test_a_repository_below_the_top_is_a_night_of_that_folder(tmp_path: Path) -> None:
    root = repository(tmp_path / "mono" / "shop")
    (root / ".git").rename(tmp_path / "mono" / ".git")
    git(tmp_path / "mono", "add", "--all")
    git(tmp_path / "mono", "commit", "--quiet", "--message", "moved")
    ended = night(root, tries=4)
    assert ended.book.kept
    assert changed_by(tmp_path / "mono", ended.book.kept[0].commit) == ["shop/site/style.css"]


def test_knobs_are_those_of_the_world(tmp_path: Path) -> None:
    """Two nights with one seed are the same night."""
    nights = [night(repository(tmp_path / name, agent=KNOBS), tries=5) for name in ("one", "two")]
    first, second = ([(row.description, row.status, row.gain) for row in each.book.tries] for each in nights)
    assert first == second
