"""The committed folder, read with few calls and laid out for those who read files."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from autoresearch.config.load import load
from autoresearch.core.baseline import Baseline
from autoresearch.errors import PublishError
from autoresearch.github import folder
from autoresearch.github.folder import FolderReader, Snapshot, git_hash
from autoresearch.github.hub import Hub
from autoresearch.state import dump, state_path
from autoresearch.state import load as load_state
from tests.github.objects import Commit, Entry
from tests.github.server import GitHub
from tests.github.state import Repo

CONFIG = "version: 1\nsite: {url: https://shop.example}\nloops: {seo: {}}\n"
STATE = dump(Baseline(loop="seo", rules_seen={"seo/title": "1"}))
FILES = {
    "autoresearch/config.yml": CONFIG,
    "autoresearch/README.md": "# Loops\n",
    "autoresearch/seo/state.json": STATE,
    "autoresearch/templates/report.md.j2": "{{ verdict }}",
    "autoresearch/templates/parts/row.j2": "row",
}
OTHERS = {
    "autoresearch/seo/notes.md": "private",
    "autoresearch/local-benchmark/results.tsv": "lab notebook",
    "autoresearch/local-benchmark/deep/state.json": "{}",
    "autoresearch/other.yml": "x",
    "autoresearch/state.json": "{}",
}


@pytest.fixture
def configured(shop: Repo) -> Repo:
    shop.push(files=FILES | OTHERS)
    return shop


def put(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def encoded(files: dict[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def commit_entries(repo: Repo, entries: dict[str, Entry]) -> None:
    """A commit of entries that nobody can push as files: symlinks, submodules."""
    tip = repo.objects.commits[repo.head()]
    tree = repo.objects.changed(tip.tree, dict(entries))
    repo.move(
        "refs/heads/main", repo.objects.commit(Commit(tree, (repo.head(),), tip.author, tip.author, "x")), "alice"
    )


def test_the_hash_is_the_one_that_git_gives() -> None:
    assert git_hash(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert git_hash(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_files_of_use_are_read_and_no_others(configured: Repo, hub: Hub) -> None:
    snapshot = FolderReader(hub).read("main")
    assert snapshot.files == encoded(FILES)
    assert (snapshot.branch, snapshot.commit) == ("main", configured.head())
    assert snapshot.tree == configured.objects.commits[configured.head()].tree
    assert hub.reads == 3 + len(FILES)


def test_what_the_checkout_has_is_not_read_again(configured: Repo, hub: Hub, tmp_path: Path) -> None:
    reader = FolderReader(hub, checkout=put(tmp_path, FILES))
    assert reader.read("main").files == encoded(FILES)
    assert hub.reads == 3


def test_a_checkout_that_differs_costs_one_read_a_file_and_is_not_believed(
    configured: Repo, hub: Hub, tmp_path: Path
) -> None:
    same_length = CONFIG.replace("https", "httpz")
    reader = FolderReader(hub, checkout=put(tmp_path, FILES | {"autoresearch/config.yml": same_length}))
    assert reader.read("main").files == encoded(FILES)
    assert hub.reads == 4


def test_a_second_read_reads_only_what_has_changed(configured: Repo, hub: Hub) -> None:
    reader = FolderReader(hub)
    reader.read("main")
    configured.push(files={"autoresearch/README.md": "# New\n"})
    before = hub.reads
    assert reader.read("main").files["autoresearch/README.md"] == b"# New\n"
    assert hub.reads - before == 4


@pytest.mark.parametrize("where", ["tools/autoresearch", "a/b/c/d", "."])
def test_the_folder_is_wherever_the_config_is(shop: Repo, hub: Hub, where: str) -> None:
    prefix = "" if where == "." else f"{where}/"
    files = {path.replace("autoresearch/", prefix): text for path, text in FILES.items()}
    del files[f"{prefix}README.md"]
    shop.push(files=files | {"README.md": None})
    shop.push(files={f"{prefix}monitor.yml": "version: 1", f"{prefix}config.yml": None})
    snapshot = FolderReader(hub, config=f"{prefix}monitor.yml").read("main")
    assert set(snapshot.files) == set(files) - {f"{prefix}config.yml"} | {f"{prefix}monitor.yml"}


def test_before_the_first_run_there_are_no_files(shop: Repo, hub: Hub) -> None:
    snapshot = FolderReader(hub).read("main")
    assert (dict(snapshot.files), snapshot.commit) == ({}, shop.head())
    assert hub.reads == 2


def test_a_branch_that_is_not_there_has_no_commit(shop: Repo, hub: Hub) -> None:
    snapshot = FolderReader(hub).read("gone")
    assert (snapshot.commit, snapshot.tree, dict(snapshot.files)) == ("", "", {})


def test_a_branch_with_slashes_is_read(configured: Repo, hub: Hub) -> None:
    configured.branch("feature/a-b")
    assert FolderReader(hub).read("feature/a-b").files == encoded(FILES)


def test_symlinks_and_submodules_are_named_and_never_followed(configured: Repo, hub: Hub) -> None:
    target = configured.objects.blob(b"../../../etc/passwd")
    commit_entries(
        configured,
        {
            "autoresearch/seo/state.json": Entry("120000", target),
            "autoresearch/templates/lib": Entry("160000", configured.head()),
            "autoresearch/i18n": Entry("160000", configured.head()),
        },
    )
    snapshot = FolderReader(hub).read("main")
    assert set(snapshot.files) == set(FILES) - {"autoresearch/seo/state.json"}
    assert snapshot.foreign == {"autoresearch/seo/state.json", "autoresearch/templates/lib"}


@pytest.mark.parametrize("mode", ["120000", "160000", "100644"])
def test_a_folder_that_is_none_is_an_error_and_not_a_first_run(shop: Repo, hub: Hub, mode: str) -> None:
    sha = shop.head() if mode == "160000" else shop.objects.blob(b"elsewhere")
    commit_entries(shop, {"autoresearch": Entry(mode, sha)})
    with pytest.raises(PublishError, match="autoresearch on branch main is no folder"):
        FolderReader(hub).read("main")


def test_an_executable_file_is_a_file(configured: Repo, hub: Hub) -> None:
    commit_entries(configured, {"autoresearch/README.md": Entry("100755", configured.objects.blob(b"x"))})
    assert FolderReader(hub).read("main").files["autoresearch/README.md"] == b"x"


def test_a_file_above_the_limit_is_refused_before_it_is_read(
    configured: Repo, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MAX_FILE_BYTES", len(STATE) - 1)
    with pytest.raises(PublishError, match=r"autoresearch/seo/state\.json on branch main: too large"):
        FolderReader(hub).read("main")


@pytest.mark.parametrize(("limit", "value"), [("MAX_BYTES", 50), ("MAX_FILES", 2)])
def test_a_folder_above_its_limits_is_refused(
    configured: Repo, hub: Hub, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(folder, limit, value)
    with pytest.raises(PublishError, match="too large to be read"):
        FolderReader(hub).read("main")


def test_a_list_that_github_cuts_is_read_folder_by_folder(configured: Repo, hub: Hub) -> None:
    configured.tree_limit = 8
    assert FolderReader(hub).read("main").files == encoded(FILES)


@pytest.mark.parametrize("limit", [0, 2, 5])
def test_a_list_that_stays_cut_is_an_error_and_not_a_first_run(configured: Repo, hub: Hub, limit: int) -> None:
    configured.tree_limit = limit
    with pytest.raises(PublishError, match="more files than GitHub lists"):
        FolderReader(hub).read("main")


def test_a_cut_root_list_in_which_the_folder_is_does_no_harm(configured: Repo, hub: Hub) -> None:
    configured.push(files={f"z{number}": "" for number in range(20)})
    configured.tree_limit = 18
    assert FolderReader(hub).read("main").files == encoded(FILES)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"content": "not base64!", "encoding": "base64"},
        {"content": 7, "encoding": "utf-8"},
        {"content": base64.b64encode(b"another file").decode(), "encoding": "base64"},
    ],
)
def test_a_blob_that_is_not_what_was_asked_for_is_refused(
    configured: Repo, hub: Hub, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    whole = hub.read
    monkeypatch.setattr(
        hub, "read", lambda path, **query: answer if path.startswith("/git/blobs/") else whole(path, **query)
    )
    with pytest.raises(PublishError, match="GitHub's answer"):
        FolderReader(hub).read("main")


@pytest.mark.parametrize("answer", [{}, [], None, {"commit": {}}, {"commit": {"sha": 1, "parents": [], "commit": []}}])
def test_an_answer_of_another_server_is_an_error(
    configured: Repo, hub: Hub, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    monkeypatch.setattr(hub, "read", lambda path, **query: answer)
    with pytest.raises(PublishError, match="not the usual one"):
        FolderReader(hub).read("main")


def test_what_is_laid_out_is_read_as_a_checkout_is(configured: Repo, hub: Hub, tmp_path: Path) -> None:
    FolderReader(hub).read("main").write_to(tmp_path)
    config, _ = load(tmp_path / "autoresearch/config.yml")
    assert config.site is not None
    assert config.site.url == "https://shop.example"
    assert load_state(state_path(tmp_path / "autoresearch", "seo"), "seo").rules_seen == {"seo/title": "1"}
    assert (tmp_path / "autoresearch/templates/parts/row.j2").read_text() == "row"


@pytest.mark.parametrize("path", ["../out", "/tmp/out", "a/../../out", "", "a/.git/hooks/x", "a\0b"])
def test_no_path_leads_out_of_the_folder(path: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(PublishError, match="no path inside"):
        Snapshot("main", "", "", {path: b"x"}).write_to(inside)
    assert list(tmp_path.rglob("*")) == [inside]


def test_nothing_that_exists_is_followed_or_written_over(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "state.json").symlink_to(outside)
    with pytest.raises(PublishError, match=r"state\.json: cannot be written"):
        Snapshot("main", "", "", {"state.json": b"x"}).write_to(inside)
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("config", ["../config.yml", "/etc/config.yml", "a/../../config.yml"])
def test_a_config_outside_of_the_repository_is_refused(hub: Hub, config: str) -> None:
    with pytest.raises(PublishError, match="no path inside"):
        FolderReader(hub, config=config)


def test_a_file_of_the_checkout_is_no_way_out_of_it(configured: Repo, hub: Hub, tmp_path: Path) -> None:
    """A hostile checkout may link anywhere: only the very same content counts, and that is no secret."""
    (tmp_path / "autoresearch").mkdir()
    (tmp_path / "autoresearch/config.yml").symlink_to("/dev/zero")
    (tmp_path / "autoresearch/README.md").symlink_to(tmp_path)
    assert FolderReader(hub, checkout=tmp_path).read("main").files == encoded(FILES)


def test_an_empty_repository_has_no_branch_yet(github: GitHub, hub: Hub) -> None:
    github.repository("acme/shop")
    assert FolderReader(hub).read("main").commit == ""


def test_text_is_none_for_what_is_no_text() -> None:
    snapshot = Snapshot("main", "", "", {"a": "ä".encode(), "b": b"\xff"})
    assert (snapshot.text("a"), snapshot.text("b"), snapshot.text("c")) == ("ä", None, None)
