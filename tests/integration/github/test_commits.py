"""The baseline commit: nobody's observation is lost, whoever else commits and whatever breaks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from random import Random

import pytest

from autoresearch.core.baseline import Baseline, Entry, Known, Segment, Stamp
from autoresearch.core.merge import merge
from autoresearch.errors import PublishError
from autoresearch.github.commits import Committed, commit_files, swap
from autoresearch.github.committed import ROLLING, CommittedState, state_ref
from autoresearch.github.errors import Conflict, Forbidden, Invalid, Unavailable
from autoresearch.github.folder import FolderReader, Snapshot
from autoresearch.github.hub import Hub, connect
from autoresearch.state import dump, parse
from tests.github.clock import Clock
from tests.github.objects import Commit
from tests.github.objects import Entry as TreeEntry
from tests.github.server import GitHub
from tests.github.state import Protection, Repo

CONFIG = "autoresearch/config.yml"
README = "autoresearch/README.md"
STATE = "autoresearch/seo/state.json"
EMPTY = Baseline(loop="seo")
Pause = Callable[[float], None]


# -- a run: it adds its observation to the state that it finds


def baseline(files: Mapping[str, bytes], path: str = STATE) -> Baseline:
    text = files[path].decode() if path in files else None
    return EMPTY if text is None else parse(text, "seo", path)


def seen_by(run: str, at: str = "2026-05-01T06:00:00Z", before: Baseline = EMPTY) -> Baseline:
    """What a run makes of the state that it read."""
    entry = Entry(run=run, at=at, metrics={"pages@/": 1.0})
    history = (*(before.segments[0].history if before.segments else ()), entry)
    return before.model_copy(update={"segments": (Segment(environment={"source": "dist"}, history=history),)})


def publishing(run: str, before: Baseline = EMPTY) -> Callable[[Snapshot], dict[str, str]]:
    """The run's decision, for whatever is committed by then."""
    ours = seen_by(run, before=before)
    return lambda snapshot: {STATE: dump(merge(before, ours, baseline(snapshot.files)))}


def runs(state: Baseline) -> set[str]:
    return {entry.run for segment in state.segments for entry in segment.history}


def runs_at(repo: Repo, branch: str = "main") -> set[str]:
    return runs(baseline(repo.files(branch)))


def no_pause(seconds: float) -> None:
    assert 0 <= seconds <= 60


def publish(
    hub: Hub, run: str, *, state_branch: str | None = None, before: Baseline = EMPTY, pause: Pause = no_pause
) -> Committed | None:
    state = CommittedState(FolderReader(hub), "main", state_branch)
    return state.commit(publishing(run, before), f"Run {run}", random=Random(run), sleep=pause)


# -- one commit


def test_a_commit_changes_its_files_and_nothing_else(shop: Repo, hub: Hub) -> None:
    before, head = shop.files(), shop.head()
    sha = commit_files(hub, FolderReader(hub).read("main"), {STATE: "a", README: "b"}, "Renew the baseline")
    assert shop.files() == before | {STATE: b"a", README: b"b"}
    assert shop.head() == sha
    assert shop.objects.commits[sha].parents == (head,)
    assert shop.objects.commits[sha].message == "Renew the baseline"
    assert hub.writes == 3


def test_the_author_is_left_to_github_which_then_signs(github: GitHub, shop: Repo, hub: Hub) -> None:
    commit_files(hub, FolderReader(hub).read("main"), {STATE: "a"}, "Renew")
    (made,) = [call.body for call in github.writes if call.path.endswith("/git/commits")]
    assert not {"author", "committer"} & made.keys()
    assert shop.log()[0].author.name == "github-actions[bot]"


def test_a_branch_that_moved_is_a_conflict_and_stays_as_it_is(shop: Repo, hub: Hub) -> None:
    snapshot = FolderReader(hub).read("main")
    theirs = shop.push(files={"x": "y"})
    with pytest.raises(Conflict):
        commit_files(hub, snapshot, {STATE: "a"}, "Renew")
    assert shop.head() == theirs


def test_a_branch_that_came_to_be_meanwhile_is_a_conflict(shop: Repo, hub: Hub) -> None:
    snapshot = FolderReader(hub).read("state")
    theirs = shop.branch("state")
    with pytest.raises(Conflict):
        commit_files(hub, snapshot, {STATE: "a"}, "Renew")
    assert shop.head("state") == theirs


def test_a_symlink_is_not_written_over(github: GitHub, shop: Repo, hub: Hub) -> None:
    tip = shop.objects.commits[shop.head()]
    tree = shop.objects.changed(tip.tree, {STATE: TreeEntry("120000", shop.objects.blob(b"../elsewhere"))})
    shop.move("refs/heads/main", shop.objects.commit(Commit(tree, (shop.head(),), tip.author, tip.author, "x")), "al")
    with pytest.raises(PublishError, match="symlink or a submodule: not written over"):
        commit_files(hub, FolderReader(hub).read("main"), {STATE: "a"}, "Renew")
    assert github.writes == []


# -- compare and swap


def test_nothing_to_change_writes_nothing(github: GitHub, shop: Repo, hub: Hub) -> None:
    assert publish(hub, "1") is not None
    written = len(github.writes)
    assert publish(hub, "1") is None
    assert len(github.writes) == written


def test_an_unchanged_publish_takes_four_reads(shop: Repo, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> None:
    publish(hub, "1")
    checkout = tmp_path_factory.mktemp("checkout")
    FolderReader(hub).read("main").write_to(checkout)
    before = hub.reads
    state = CommittedState(FolderReader(hub, checkout=checkout), "main")
    assert state.commit(publishing("1"), "Run 1", random=Random(1)) is None
    assert hub.reads - before == 4


def test_who_comes_second_merges_what_the_first_has_committed(github: GitHub, shop: Repo, hub: Hub) -> None:
    """The branch moves after the read, right before it is to be updated."""
    other = connect(shop.full_name, github.token({"contents": "write"}), github.api_url, pace=0)
    first = iter(["2"])

    def interfere(call: object) -> None:
        if getattr(call, "verb", "") == "PATCH" and (run := next(first, None)):
            publish(other, run)

    github.on_call(interfere)
    done = publish(hub, "1")
    assert runs_at(shop) == {"1", "2"}
    assert done == Committed(shop.head(), "main")


def test_a_push_of_code_in_between_is_kept(github: GitHub, shop: Repo, hub: Hub) -> None:
    pushes = iter([{"src/new.html": "<h1>"}, {"src/other.html": "<h2>"}])

    def interfere(call: object) -> None:
        if getattr(call, "verb", "") == "PATCH" and (files := next(pushes, None)):
            shop.push(files=files)

    github.on_call(interfere)
    publish(hub, "1")
    assert {"src/new.html", "src/other.html", STATE} <= shop.files().keys()


def test_a_branch_that_never_rests_ends_in_an_error_after_bounded_time(github: GitHub, shop: Repo, hub: Hub) -> None:
    pauses: list[float] = []
    github.on_call(lambda call: shop.push(files={"busy": str(call.number)}) and None if call.verb == "PATCH" else None)
    with pytest.raises(Unavailable, match="somebody else was first 10 times") as caught:
        publish(hub, "1", pause=pauses.append)
    assert "concurrency" in caught.value.hint
    assert len(pauses) == 9
    assert sum(pauses) < 300


def test_pauses_grow_and_differ_between_publishers(github: GitHub, shop: Repo, hub: Hub) -> None:
    """Drawn between nothing and a bound that doubles, from a generator that the caller seeds."""
    drawn: list[tuple[float, float]] = []

    class Drawing(Random):
        def uniform(self, a: float, b: float) -> float:
            drawn.append((a, b))
            return a

    github.on_call(lambda call: shop.push(files={"busy": str(call.number)}) and None if call.verb == "PATCH" else None)
    reader = FolderReader(hub)
    with pytest.raises(Unavailable):
        swap(hub, lambda: reader.read("main"), publishing("1"), "x", random=Drawing(), attempts=8, sleep=no_pause)
    assert drawn == [(0, bound) for bound in (2, 4, 8, 16, 32, 60, 60)]


@pytest.mark.parametrize("kind", ["500", "reset"])
@pytest.mark.parametrize("path", ["/git/trees", "/git/commits", "/git/refs/heads/main"])
def test_a_lost_answer_is_recognised_by_what_has_landed(
    github: GitHub, shop: Repo, hub: Hub, path: str, kind: str
) -> None:
    """All tries of the call are answered by a failure, though each was done."""
    github.faults.add("POST" if path != "/git/refs/heads/main" else "PATCH", path, 4, before=False, kind=kind)  # type: ignore[arg-type]
    done = publish(hub, "1")
    assert done == Committed(shop.head(), "main")
    assert runs_at(shop) == {"1"}
    assert len([entry for entry in shop.reflog if entry[0] == "refs/heads/main"]) == 2  # the first commit and ours
    assert github.faults.waiting == 0


def test_a_lost_answer_after_which_another_was_first_loses_nobody(github: GitHub, shop: Repo, hub: Hub) -> None:
    """Our update lands, its answer is lost, another run commits on top, and the repeated update is refused."""
    other = connect(shop.full_name, github.token({"contents": "write"}), github.api_url, pace=0)
    github.faults.add("PATCH", "/git/refs", 1, before=False, kind="reset")
    second = iter(["never", "2"])

    def interfere(call: object) -> None:
        if getattr(call, "verb", "") == "PATCH" and next(second, None) == "2":
            publish(other, "2")

    github.on_call(interfere)
    assert publish(hub, "1") is not None
    assert runs_at(shop) == {"1", "2"}


def test_github_out_of_reach_is_told_and_not_retried_for_ever(github: GitHub, shop: Repo, hub: Hub) -> None:
    github.faults.add("GET", "/branches/", 4, kind="503")
    with pytest.raises(Unavailable):
        publish(hub, "1")
    assert github.writes == []


def test_a_token_that_may_not_write_names_the_permission(github: GitHub, shop: Repo) -> None:
    reader = connect(
        shop.full_name, github.token({"contents": "read"}, repository=shop.full_name), github.api_url, pace=0
    )
    with pytest.raises(Forbidden) as caught:
        publish(reader, "1")
    assert "contents: write" in caught.value.hint


def test_a_private_repository_needs_no_permission_for_pull_requests_that_there_are_not(github: GitHub) -> None:
    secret = github.repository("acme/secret", files={"README.md": "x"}, private=True)
    token = github.token({"contents": "write"}, repository="acme/secret")
    publish(connect("acme/secret", token, github.api_url, pace=0), "1")
    assert runs_at(secret) == {"1"}


def test_a_wrong_token_is_told_at_once(github: GitHub, shop: Repo) -> None:
    with pytest.raises(Forbidden, match="401"):
        publish(connect(shop.full_name, "ghs_expired", github.api_url, pace=0), "1")
    assert len(github.calls) == 1


def test_of_many_publishers_at_once_nobody_is_lost(github: GitHub, shop: Repo) -> None:
    """A hundred of them, whole jobs: test_crowd.py."""
    count = 40
    tokens = [github.token({"contents": "write", "pull-requests": "read"}) for _ in range(count)]
    clock, errors = Clock(count), []

    def one(number: int) -> None:
        hub = connect(shop.full_name, tokens[number], github.api_url, pace=0, sleep=clock.pause)
        try:
            publish(hub, f"run-{number}", pause=clock.pause)
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            clock.leave()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert runs_at(shop) == {f"run-{number}" for number in range(count)}
    merged = EMPTY
    for number in range(count):
        merged = merge(EMPTY, merged, seen_by(f"run-{number}"))
    assert shop.files()[STATE].decode() == dump(merged)
    assert clock.now < 600


# -- a protected branch: the rolling pull request


@pytest.fixture
def protected(shop: Repo) -> Repo:
    shop.push(files={CONFIG: "version: 1", STATE: dump(seen_by("0"))})
    shop.protect("main")
    return shop


def open_pulls(repo: Repo) -> list[int]:
    return [number for number, issue in repo.pulls.items() if issue.state == "open"]


def has_all_of(repo: Repo, branch: str, target: str = "main") -> bool:
    return repo.head(target) in repo.objects.history(repo.head(branch))


def changes(repo: Repo) -> set[str]:
    """What the pull request shows."""
    fork = repo.objects.merge_base(repo.head(), repo.head(ROLLING))
    return {each.path for each in repo.objects.differences(fork, repo.head(ROLLING))}


@pytest.mark.parametrize("how", ["rules", "review", "status", "restricted"])
def test_a_protected_branch_gets_a_pull_request(shop: Repo, hub: Hub, how: Protection) -> None:
    shop.protect("main", how)
    before = shop.head()
    done = publish(hub, "1")
    (number,) = open_pulls(shop)
    assert done == Committed(shop.head(ROLLING), ROLLING, number)
    assert shop.head() == before
    assert shop.objects.commits[shop.head(ROLLING)].parents == (before,)
    assert changes(shop) == {STATE}
    assert state_ref(hub, "main") == ROLLING


def test_the_pull_request_is_one_and_its_branch_is_the_state_that_counts(protected: Repo, hub: Hub) -> None:
    for run in ("1", "2", "3"):
        publish(hub, run)
        assert len(protected.pulls) == 1
    state = CommittedState(FolderReader(hub), "main").read()
    assert runs(baseline(state.files)) == {"0", "1", "2", "3"}
    assert runs_at(protected) == {"0"}


def test_reading_past_an_open_pull_request_takes_five_reads(
    protected: Repo, hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> None:
    publish(hub, "1")
    publish(hub, "2")
    checkout = tmp_path_factory.mktemp("checkout")
    FolderReader(hub).read(ROLLING).write_to(checkout)
    before = hub.reads
    CommittedState(FolderReader(hub, checkout=checkout), "main").read()
    assert hub.reads - before == 5


def test_the_branch_is_brought_up_to_date_when_the_target_moves(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    protected.push(files={"src/index.html": "<h1>New</h1>", CONFIG: "version: 1\nloops: {}"})
    state = CommittedState(FolderReader(hub), "main").read()
    assert state.files[CONFIG] == b"version: 1\nloops: {}"
    publish(hub, "2")
    assert has_all_of(protected, ROLLING)
    assert changes(protected) == {STATE}
    assert protected.files(ROLLING)["src/index.html"] == b"<h1>New</h1>"
    assert runs_at(protected, ROLLING) == {"0", "1", "2"}


def test_what_a_person_merged_into_the_targets_state_is_kept(protected: Repo, hub: Hub) -> None:
    """Accepted on a laptop and merged as code is, while the rolling pull request is open."""
    publish(hub, "1")
    stamp = Stamp(run="0", at="2026-05-01T06:00:00Z")
    known = Known(
        rule="seo/title", subject="/", severity="error", message="m", first_seen=stamp, last_seen=stamp, muted=True
    )
    protected.push(files={STATE: dump(seen_by("0").model_copy(update={"known": {"0" * 16: known}}))})
    publish(hub, "2")
    state = baseline(protected.files(ROLLING))
    assert runs(state) == {"0", "1", "2"}
    assert state.known == {"0" * 16: known}
    assert has_all_of(protected, ROLLING)


def test_what_was_fixed_while_the_pull_request_is_open_does_not_come_back(protected: Repo, hub: Hub) -> None:
    stamp = Stamp(run="0", at="2026-05-01T06:00:00Z")
    known = Known(rule="seo/title", subject="/", severity="error", message="m", first_seen=stamp, last_seen=stamp)
    before = seen_by("0").model_copy(update={"known": {"0" * 16: known}})
    protected.push(files={STATE: dump(before)})
    fixed = seen_by("1", before=seen_by("0"))
    state = CommittedState(FolderReader(hub), "main")
    decide = lambda snapshot: {STATE: dump(merge(before, fixed, baseline(snapshot.files)))}  # noqa: E731
    state.commit(decide, "Fixed", random=Random(1), sleep=no_pause)
    protected.push(files={"src/a": "a"})
    publish(hub, "2", before=fixed)
    assert baseline(protected.files(ROLLING)).known == {}
    assert runs_at(protected, ROLLING) == {"0", "1", "2"}


def test_the_state_of_loops_that_did_not_run_stays_when_the_target_moves(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    i18n = "autoresearch/i18n/state.json"
    state = CommittedState(FolderReader(hub), "main")
    state.commit(lambda _: {i18n: "its state", README: "renewed"}, "Other loop", random=Random(1), sleep=no_pause)
    protected.push(files={"src/a": "a"})
    publish(hub, "2")
    assert protected.files(ROLLING)[i18n] == b"its state"
    assert protected.files(ROLLING)[README] == b"renewed"


def test_a_file_that_is_no_text_is_kept_when_the_target_moves(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    logo = "autoresearch/templates/logo.png"
    protected.push(ROLLING, {logo: b"\x89PNG\xff"})
    protected.push(files={"src/a": "a"})
    publish(hub, "2")
    assert protected.files(ROLLING)[logo] == b"\x89PNG\xff"


def test_a_commit_by_hand_on_the_branch_loses_no_state(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    protected.push(ROLLING, {"autoresearch/notes.txt": "by hand"})
    publish(hub, "2")
    assert protected.files(ROLLING)["autoresearch/notes.txt"] == b"by hand"
    protected.push(files={"src/a": "a"})
    publish(hub, "3")
    assert runs_at(protected, ROLLING) == {"0", "1", "2", "3"}
    assert has_all_of(protected, ROLLING)


def test_an_unchanged_state_writes_nothing_while_the_pull_request_is_open(
    github: GitHub, protected: Repo, hub: Hub
) -> None:
    publish(hub, "1")
    protected.push(files={"src/a": "a"})
    written = len(github.writes)
    assert publish(hub, "1") is None
    assert len(github.writes) == written


def test_a_merged_pull_request_is_followed_by_a_new_one(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    (first,) = open_pulls(protected)
    protected.merge_pull(first)
    assert runs_at(protected) == {"0", "1"}
    assert state_ref(hub, "main") == "main"
    publish(hub, "2")
    (second,) = open_pulls(protected)
    assert second != first
    assert runs_at(protected, ROLLING) == {"0", "1", "2"}
    assert changes(protected) == {STATE}


def test_a_merged_pull_request_whose_branch_was_deleted_is_followed_by_a_new_one(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    protected.merge_pull(open_pulls(protected)[0])
    protected.move(f"refs/heads/{ROLLING}", None, "alice")
    publish(hub, "2")
    assert runs_at(protected, ROLLING) == {"0", "1", "2"}
    assert len(open_pulls(protected)) == 1


def test_a_closed_pull_request_takes_what_it_learned_with_it(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    protected.close_issue(open_pulls(protected)[0])
    protected.push(files={"src/a": "a"})
    publish(hub, "2")
    assert runs_at(protected, ROLLING) == {"0", "2"}
    assert len(open_pulls(protected)) == 1
    assert changes(protected) == {STATE}
    assert has_all_of(protected, ROLLING)


def test_the_branch_is_never_forced(github: GitHub, protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    protected.close_issue(open_pulls(protected)[0])
    publish(hub, "2")
    updates = [call for call in github.writes if call.verb in ("PATCH", "DELETE")]
    assert {call.verb for call in updates} == {"PATCH"}
    assert not any(call.body["force"] for call in updates)


def test_a_forks_branch_of_the_same_name_is_not_ours(github: GitHub, protected: Repo, hub: Hub) -> None:
    """Also where the fork has the same owner, as in an organization."""
    for owner in ("mallory", "acme"):
        fork = protected.fork("mallory")
        fork.full_name = f"{owner}/shop-fork"
        github.world.repositories[fork.full_name] = fork
        fork.push(ROLLING, {STATE: dump(seen_by("forged"))})
        protected.open_pull(ROLLING, from_fork=fork)
    assert state_ref(hub, "main") == "main"
    publish(hub, "1")
    assert runs_at(protected, ROLLING) == {"0", "1"}


def test_a_pull_request_into_another_branch_is_not_ours(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    protected.branch("release")
    assert state_ref(hub, "release") == "release"


def test_a_repository_that_forbids_pull_requests_by_actions_says_where_to_allow_them(protected: Repo, hub: Hub) -> None:
    protected.actions_may_open_pulls = False
    with pytest.raises(Forbidden) as caught:
        publish(hub, "1")
    assert "allow GitHub Actions to create" in caught.value.hint
    protected.actions_may_open_pulls = True
    publish(hub, "2")
    assert runs_at(protected, ROLLING) == {"0", "1", "2"}
    assert len(open_pulls(protected)) == 1


def test_what_was_committed_after_a_closed_pull_request_is_not_closed_with_it(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    protected.close_issue(open_pulls(protected)[0])
    protected.actions_may_open_pulls = False
    with pytest.raises(Forbidden):
        publish(hub, "2")
    protected.actions_may_open_pulls = True
    publish(hub, "3")
    assert runs_at(protected, ROLLING) == {"0", "2", "3"}


def test_a_rolling_branch_that_is_protected_too_is_an_error(protected: Repo, hub: Hub) -> None:
    protected.protect(ROLLING)
    with pytest.raises(Invalid, match="through a pull request"):
        publish(hub, "1")


def test_a_corrupt_state_on_the_branch_is_left_for_its_loop_to_tell(protected: Repo, hub: Hub) -> None:
    publish(hub, "1")
    protected.push(ROLLING, {STATE: "<<<<<<< "})
    protected.push(files={STATE: dump(seen_by("9"))})
    assert CommittedState(FolderReader(hub), "main").read().files[STATE] == b"<<<<<<< "


def test_publishers_that_meet_at_a_protected_branch_share_one_pull_request(github: GitHub, protected: Repo) -> None:
    count = 12
    tokens = [github.token({"contents": "write", "pull-requests": "write"}) for _ in range(count)]
    clock, errors = Clock(count), []

    def one(number: int) -> None:
        hub = connect(protected.full_name, tokens[number], github.api_url, pace=0, sleep=clock.pause)
        try:
            publish(hub, f"run-{number}", before=seen_by("0"), pause=clock.pause)
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            clock.leave()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert runs_at(protected, ROLLING) == {"0", *(f"run-{number}" for number in range(count))}
    assert len(protected.pulls) == 1


# -- a branch of its own


def test_a_state_branch_begins_as_an_orphan_with_the_state_alone(shop: Repo, hub: Hub) -> None:
    shop.push(files={CONFIG: "version: 1"})
    before = shop.head()
    done = publish(hub, "1", state_branch="autoresearch-state")
    assert done == Committed(shop.head("autoresearch-state"), "autoresearch-state")
    assert shop.files("autoresearch-state").keys() == {STATE}
    assert shop.objects.commits[done.sha].parents == ()
    assert shop.head() == before


def test_a_state_branch_gives_the_state_and_the_target_the_rest(shop: Repo, hub: Hub) -> None:
    i18n = "autoresearch/i18n/state.json"
    shop.push(files={CONFIG: "new", README: "old", STATE: dump(seen_by("0")), i18n: "its state"})
    shop.push("state", {CONFIG: "stale", README: "renewed", STATE: dump(seen_by("1")), i18n: None}, start="main")
    files = CommittedState(FolderReader(hub), "main", "state").read().files
    assert files == {CONFIG: b"new", README: b"renewed", STATE: dump(seen_by("1")).encode(), i18n: b"its state"}


def test_publishers_that_meet_at_a_new_state_branch_lose_nobody(github: GitHub, shop: Repo, hub: Hub) -> None:
    other = connect(shop.full_name, github.token({"contents": "write"}), github.api_url, pace=0)
    first = iter(["2"])

    def interfere(call: object) -> None:
        if getattr(call, "path", "").endswith("/git/refs") and (run := next(first, None)):
            publish(other, run, state_branch="state")

    github.on_call(interfere)
    publish(hub, "1", state_branch="state")
    publish(hub, "3", state_branch="state")
    assert runs_at(shop, "state") == {"1", "2", "3"}


def test_a_protected_state_branch_is_an_error_and_opens_no_pull_request(shop: Repo, hub: Hub) -> None:
    shop.branch("state")
    shop.protect("state")
    with pytest.raises(Invalid):
        publish(hub, "1", state_branch="state")
    assert shop.pulls == {}


def test_a_target_that_is_not_there_is_an_error(shop: Repo, hub: Hub) -> None:
    for state_branch in (None, "state"):
        with pytest.raises(PublishError, match="acme/shop has no branch gone"):
            CommittedState(FolderReader(hub), "gone", state_branch).read()


# -- killed after every single call


@pytest.mark.parametrize("case", ["plain", "protected", "closed", "moved", "state-branch"])
def test_a_second_run_ends_what_a_killed_one_began(case: str) -> None:
    """Whatever call the first run died after, the second leads to the same state as if nothing had happened."""
    outcomes = set()
    calls = 1
    while not _killed_after(calls, case, outcomes):
        calls += 1
    assert calls > 5
    assert len(outcomes) == 1


def _killed_after(calls: int, case: str, outcomes: set[str]) -> bool:
    with GitHub() as github:
        shop = github.repository("acme/shop", files={CONFIG: "version: 1", STATE: dump(seen_by("0"))})
        hub = connect("acme/shop", github.token(), github.api_url, pace=0, sleep=no_pause)
        branch, state_branch = _prepared(case, shop, hub), "state" if case == "state-branch" else None
        github.die_after(calls)
        try:
            publish(hub, "1", state_branch=state_branch, before=seen_by("0"))
            finished = True
        except Unavailable:
            finished = False
        github.die_after(None)
        publish(hub, "1", state_branch=state_branch, before=seen_by("0"))
        files = {path: content.decode() for path, content in sorted(shop.files(branch).items())}
        outcomes.add(json.dumps([files, len(open_pulls(shop))]))
        assert "1" in runs_at(shop, branch)
        assert github.violations == []
    return finished


def _prepared(case: str, shop: Repo, hub: Hub) -> str:
    if case == "state-branch":
        return "state"
    if case == "plain":
        return "main"
    shop.protect("main")
    if case == "protected":
        return ROLLING
    publish(hub, "earlier", before=seen_by("0"))
    if case == "closed":
        shop.close_issue(open_pulls(shop)[0])
    if case == "moved":
        shop.push(files={"src/a": "a"})
    return ROLLING
