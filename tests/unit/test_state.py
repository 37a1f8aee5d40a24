"""State files: trusted only when they are whole, written all or not at all."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import pytest

from autoresearch import state
from autoresearch.core.baseline import Baseline, Entry, Known, Segment, Stamp
from autoresearch.errors import PublishError, StateError

STAMP = Stamp(run="r1", sha="abc", at="2026-01-01T00:00:00Z")
BASELINE = Baseline(
    loop="seo",
    rules_seen={"seo/b": "1", "seo/a": "2"},
    known={
        "f" * 16: Known(rule="seo/a", subject="/é", severity="error", message="x", first_seen=STAMP, last_seen=STAMP)
    },
    segments=(
        Segment(environment={"source": "dist"}, history=(Entry(**STAMP.model_dump(), metrics={"pages@/": 3.0}),)),
    ),
    observations={"/b": {"hash": "1", "indexable": True}, "/a": {"hash": "2"}},
)


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = state.state_path(tmp_path, "seo")
    state.write_all({path: state.dump(BASELINE)})
    assert state.load(path, "seo") == BASELINE


def test_the_same_baseline_gives_the_same_bytes_in_sorted_order() -> None:
    shuffled = BASELINE.model_copy(update={"observations": dict(reversed(BASELINE.observations.items()))})
    assert state.dump(shuffled) == state.dump(BASELINE)
    assert list(json.loads(state.dump(BASELINE))["observations"]) == ["/a", "/b"]


def test_an_item_stands_on_a_line_of_its_own() -> None:
    lines = state.dump(BASELINE).splitlines()
    assert '    "/a": {"hash": "2"},' in lines
    assert sum("pages@/" in line for line in lines) == 1


def test_no_file_is_an_empty_baseline(tmp_path: Path) -> None:
    assert state.load(tmp_path / "none.json", "seo") == Baseline(loop="seo")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ('{"schema_version": 1, "loop": "seo", ', "state.json:1: not valid JSON"),
        ("[]", "not a state file"),
        ('{"loop": "seo"}', "`schema_version` is missing"),
        ('{"schema_version": true, "loop": "seo"}', "`schema_version` is missing"),
        ('{"schema_version": 99, "loop": "seo"}', "newer version"),
        ('{"schema_version": 1, "loop": "i18n"}', "state of loop `i18n`"),
        ('{"schema_version": 1, "loop": "seo", "known": {"f": 3}}', "known.f"),
        ('{\n<<<<<<< HEAD\n"schema_version": 1\n=======\n>>>>>>> x\n}', "state.json:2: the file has merge conflict"),
        ('{"schema_version": 1, "loop": "seo", "observations": {"/": {"n": NaN}}}', "observations"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_a_clear_error_and_stays(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(StateError, match=words.replace(".", r"\.").replace("(", r"\(")):
        state.load(path, "seo")
    assert path.read_text() == text


def test_an_older_schema_is_migrated_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "SCHEMA_VERSION", 3)
    monkeypatch.setitem(state.MIGRATIONS, 1, lambda data: {**data, "memory": {"one": 1}})
    monkeypatch.setitem(state.MIGRATIONS, 2, lambda data: {**data, "memory": data["memory"] | {"two": 2}})
    old = json.dumps({"schema_version": 1, "loop": "seo"})
    assert state.parse(old, "seo", "here").memory == {"one": 1, "two": 2}


def test_when_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    good, blocker = tmp_path / "a.json", tmp_path / "file"
    good.write_text("before")
    blocker.write_text("")
    with pytest.raises(PublishError, match="cannot be written"):
        state.write_all({good: "after", blocker / "below" / "b.json": "x"})
    assert good.read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "file"]


def test_a_disk_that_is_full_half_way_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text("before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(PublishError, match=r"b\.json: cannot be written"):
            state.write_all({first: "after", second: "x" * 100_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert first.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_linked_state_file_is_written_where_it_points_and_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "state.json"
    real.write_text("before")
    real.chmod(0o640)
    link = tmp_path / "state.json"
    link.symlink_to(real)
    state.write_all({link: "after"})
    assert real.read_text() == "after"
    assert real.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()


def test_a_pipe_can_take_a_result() -> None:
    read, write = os.pipe()
    state.write_all({Path(f"/dev/fd/{write}"): "hello"})
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "hello"
