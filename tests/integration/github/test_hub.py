"""The hub against a server that fails in every way that GitHub does."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from autoresearch.errors import PublishError
from autoresearch.github import hub as hub_module
from autoresearch.github.errors import Conflict, Forbidden, GitHubError, Invalid, NotFound, TooLarge, Unavailable
from autoresearch.github.hub import LONGEST_WAIT, TRIES, Hub, connect
from tests.github.server import GitHub
from tests.github.state import BOT, Repo
from tests.github.transport import Incoming, Outgoing, Server

LOST = ["reset", "timeout", "truncated", "garbage", "empty"]
BROKEN = ["500", "502", "503", "504", "html", *LOST]


@pytest.fixture
def hub(request: pytest.FixtureRequest, github: GitHub, shop: Repo, token: str, naps: list[float]) -> Hub:
    """As the usual one, but where no answer comes it soon stops waiting for it."""
    callspec = getattr(request.node, "callspec", None)
    silent = callspec is not None and callspec.params.get("kind") == "timeout"
    return connect(shop.full_name, token, github.api_url, pace=0, sleep=naps.append, timeout=0.5 if silent else 30)


def test_reads_and_writes_are_plain_data_and_counted(github: GitHub, hub: Hub) -> None:
    made = hub.write("POST", "/issues", {"title": "Öl & Käse"}, again=False)
    assert hub.read(f"/issues/{made['number']}")["title"] == "Öl & Käse"
    assert (hub.reads, hub.writes, len(github.calls)) == (1, 1, 2)


def test_what_has_no_answer_gives_none(hub: Hub, shop: Repo) -> None:
    shop.branch("old")
    assert hub.write("DELETE", "/git/refs/heads/old") is None
    assert list(shop.branches()) == ["main"]


def test_pages_give_every_item_of_every_page(hub: Hub, shop: Repo) -> None:
    for number in range(250):
        shop.open_issue(f"Issue {number}")
    assert len({item["number"] for item in hub.pages("/issues", state="all")}) == 250
    assert hub.reads == 3


def test_a_full_page_that_is_the_last_needs_no_second_read(hub: Hub, shop: Repo) -> None:
    for number in range(100):
        shop.open_issue(f"Issue {number}")
    assert len(list(hub.pages("/issues"))) == 100
    assert hub.reads == 1


def test_pages_are_taken_out_of_their_object(hub: Hub, shop: Repo) -> None:
    for number in range(120):
        shop.add_check(shop.head(), f"check {number}")
    assert len(list(hub.pages(f"/commits/{shop.head()}/check-runs"))) == 120


def test_pages_are_read_as_they_are_wanted(hub: Hub, shop: Repo) -> None:
    for number in range(300):
        shop.open_issue(f"Issue {number}")
    assert len(list(itertools.islice(hub.pages("/issues"), 50))) == 50
    assert hub.reads == 1


def test_names_with_odd_characters_reach_their_target(hub: Hub, shop: Repo) -> None:
    shop.branch("fix/#12 100% ü?x=y")
    assert hub.read("/git/ref/heads/fix/#12 100% ü?x=y")["object"]["sha"] == shop.head()


@pytest.mark.parametrize("path", ["/contents/../../../user", "/git/ref/heads/.."])
def test_no_path_leaves_the_repository(github: GitHub, hub: Hub, path: str) -> None:
    with pytest.raises(Invalid):
        hub.read(path)
    assert github.calls == []


# -- faults


@pytest.mark.parametrize("kind", BROKEN)
def test_a_read_is_tried_again(github: GitHub, hub: Hub, shop: Repo, naps: list[float], kind: Any) -> None:
    github.faults.add("GET", "/git/ref/", times=2, kind=kind)
    assert hub.read("/git/ref/heads/main")["object"]["sha"] == shop.head()
    assert (naps, hub.reads) == ([1, 2], 3)


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("before", [True, False])
def test_an_idempotent_write_is_tried_again(github: GitHub, hub: Hub, shop: Repo, kind: Any, before: bool) -> None:
    number = shop.open_issue("Old")
    github.faults.add("PATCH", "/issues/", kind=kind, before=before)
    assert hub.write("PATCH", f"/issues/{number}", {"title": "New"})["title"] == "New"
    assert len(github.writes) == 2


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("before", [True, False])
def test_a_create_whose_answer_is_lost_is_not_repeated(
    github: GitHub, hub: Hub, shop: Repo, naps: list[float], kind: Any, before: bool
) -> None:
    github.faults.add("POST", "/issues$", kind=kind, before=before)
    with pytest.raises(Unavailable) as error:
        hub.write("POST", "/issues", {"title": "Once"}, again=False)
    assert error.value.maybe_done
    assert len(shop.issues) == (0 if before else 1)
    assert (len(github.writes), naps) == (1, [])


@pytest.mark.parametrize("again", [True, False])
def test_a_refused_connection_is_tried_again_even_for_a_create(naps: list[float], again: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    lonely = connect("acme/shop", "t", f"http://127.0.0.1:{port}", pace=0, sleep=naps.append)
    with pytest.raises(Unavailable, match="no connection") as error:
        lonely.write("POST", "/issues", {"title": "x"}, again=again)
    assert not error.value.maybe_done
    assert naps == [1, 2, 4]


@pytest.mark.parametrize("kind", ["500", "reset"])
def test_a_delete_that_was_done_before_its_answer_got_lost_is_done(
    github: GitHub, hub: Hub, shop: Repo, kind: Any
) -> None:
    comment = shop.comment(shop.open_issue("x"), "y")
    github.faults.add("DELETE", "/issues/comments/", kind=kind, before=False)
    assert hub.write("DELETE", f"/issues/comments/{comment}") is None
    assert comment not in shop.comments


def test_all_tries_come_to_an_end(github: GitHub, hub: Hub, naps: list[float]) -> None:
    github.faults.add("*", "", times=99, kind="502")
    with pytest.raises(Unavailable, match="502") as error:
        hub.read("/issues")
    assert error.value.exit_code == 4
    assert not error.value.maybe_done  # a read does nothing
    assert (len(github.calls), naps) == (TRIES, [1, 2, 4])


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("kind", ["secondary", "secondary-429", "429", "primary"])
def test_a_rate_limit_is_waited_for_as_long_as_it_asks(
    github: GitHub, hub: Hub, shop: Repo, naps: list[float], kind: Any, again: bool
) -> None:
    github.faults.add("POST", "/issues$", kind=kind, retry_after=17)
    hub.write("POST", "/issues", {"title": "x"}, again=again)  # refused, so not done: a create may be repeated
    assert len(shop.issues) == 1
    assert [round(nap) in (17, 18) for nap in naps] == [True]


def test_a_longer_wait_than_a_job_can_afford_is_told(github: GitHub, hub: Hub, naps: list[float]) -> None:
    github.faults.add("POST", "/issues$", kind="secondary", retry_after=int(LONGEST_WAIT) + 1)
    with pytest.raises(Unavailable, match="a wait of 181 s") as error:
        hub.write("POST", "/issues", {"title": "x"}, again=False)
    assert not error.value.maybe_done
    assert "concurrency" in error.value.hint
    assert naps == []


def test_the_waits_of_one_call_are_bounded_together(github: GitHub, hub: Hub, naps: list[float]) -> None:
    github.faults.add("*", "", times=99, kind="secondary", retry_after=80)
    with pytest.raises(Unavailable):
        hub.read("/issues")
    assert naps == [80, 80]


def test_writes_are_spaced_and_reads_are_not(github: GitHub, shop: Repo, token: str, naps: list[float]) -> None:
    def clock() -> float:
        return 1000.0 + sum(naps)

    hub = connect(shop.full_name, token, github.api_url, pace=1.5, sleep=naps.append, clock=clock)
    for title in ("a", "b", "c"):
        hub.write("POST", "/issues", {"title": title}, again=False)
        hub.read("/issues")
    assert naps == [1.5, 1.5]


# -- what GitHub refuses


def forbidden(github: GitHub, repo: Repo, permissions: dict[str, str], login: str = BOT) -> Hub:
    return connect(repo.full_name, github.token(permissions, login), github.api_url, pace=0)


def test_a_403_names_the_permission_the_yaml_and_the_page(github: GitHub, shop: Repo) -> None:
    with pytest.raises(Forbidden) as error:
        forbidden(github, shop, {"contents": "write"}).write("POST", "/issues", {"title": "x"}, again=False)
    said = str(error.value)
    assert "permissions:\n  issues: write\n" in said
    assert "docs/github.md#permissions" in said
    assert "workflows/pull-request-report.yml" in said
    assert "Resource not accessible by integration" in said
    assert (error.value.status, error.value.exit_code) == (403, 4)


def test_a_personal_token_is_not_told_of_yaml(github: GitHub, shop: Repo) -> None:
    with pytest.raises(Forbidden) as error:
        forbidden(github, shop, {"contents": "write"}, "ada").write("POST", "/issues", {"title": "x"})
    assert "personal access token the permission `issues: write`" in error.value.hint
    assert "\npermissions:" not in error.value.hint


def test_who_may_not_make_checks_is_told_who_may(github: GitHub, shop: Repo) -> None:
    with pytest.raises(Forbidden) as error:
        forbidden(github, shop, {"checks": "write"}, "ada").write(
            "POST", "/check-runs", {"name": "a", "head_sha": shop.head()}
        )
    assert error.value.hint.startswith("only Apps may make checks")
    assert "publish.check: false" in error.value.hint


def test_a_repository_that_a_token_cannot_see_is_forbidden_to_write(github: GitHub) -> None:
    secret = github.repository("acme/secret", {"a": "b"}, private=True)
    token = github.token({"issues": "write"}, "eve")
    hub = connect(secret.full_name, token, github.api_url, pace=0)
    with pytest.raises(Forbidden, match="404"):
        hub.write("POST", "/issues", {"title": "x"})
    with pytest.raises(NotFound) as error:
        hub.read("/issues")
    assert "issues: read" in error.value.hint


def test_a_wrong_token_is_told_at_once(github: GitHub, shop: Repo, naps: list[float]) -> None:
    hub = connect(shop.full_name, "ghs_wrong", github.api_url, pace=0, sleep=naps.append)
    with pytest.raises(Forbidden, match="401") as error:
        hub.read("/issues")
    assert "token" in error.value.hint
    assert (len(github.calls), naps) == (1, [])


def test_a_ref_that_moved_is_a_conflict(hub: Hub, shop: Repo) -> None:
    behind = shop.head()
    shop.push(files={"a": "b"})
    with pytest.raises(Conflict):
        hub.write("PATCH", "/git/refs/heads/main", {"sha": behind, "force": False})
    with pytest.raises(Conflict):
        hub.write("POST", "/git/refs", {"ref": "refs/heads/main", "sha": behind}, again=False)


@pytest.mark.parametrize(
    ("kind", "error"), [("409", Conflict), ("422", Invalid), ("404", NotFound), ("403", Forbidden)]
)
def test_what_is_refused_is_not_tried_again(github: GitHub, hub: Hub, kind: Any, error: type[GitHubError]) -> None:
    github.faults.add("GET", "/issues", kind=kind)
    with pytest.raises(error) as refused:
        hub.read("/issues")
    assert refused.value.status == int(kind)
    assert len(github.calls) == 1


@pytest.mark.parametrize("kind", [*BROKEN, "403", "404", "409", "422", "secondary", "primary"])
def test_the_token_is_in_no_error(github: GitHub, hub: Hub, token: str, kind: Any) -> None:
    github.faults.add("POST", "/issues$", times=TRIES, kind=kind, retry_after=1000)
    with pytest.raises(PublishError) as error:
        hub.write("POST", "/issues", {"title": "x"}, again=False)
    assert token not in f"{error.value!s}{error.value!r}{error.value.__cause__!r}"


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ümlaut", "\x00"])
def test_a_token_that_cannot_be_sent_is_refused_unquoted(token: str) -> None:
    with pytest.raises(PublishError) as error:
        connect("acme/shop", token, "https://api.github.com")
    assert not token or token not in str(error.value)


@pytest.mark.parametrize(
    ("repository", "api"),
    [("acme", "https://x"), ("acme/..", "https://x"), ("a/b/c", "https://x"), ("a/b", "x"), ("a/b", "file:///etc")],
)
def test_a_target_that_is_none_is_refused(repository: str, api: str) -> None:
    with pytest.raises(PublishError):
        connect(repository, "t", api)


# -- who am I


@pytest.mark.parametrize("login", [BOT, "my-app[bot]", "ada"])
def test_every_kind_of_token_knows_its_login(github: GitHub, shop: Repo, login: str) -> None:
    hub = connect(shop.full_name, github.token(login=login), github.api_url)
    assert [hub.login(), hub.login()] == [login, login]
    assert len(github.calls) == 1


def test_a_server_that_does_not_say_who_we_are_stops_nothing(github: GitHub, hub: Hub) -> None:
    github.faults.add("POST", "graphql", kind="404")
    assert hub.login() == ""


def test_an_enterprise_server_is_spoken_to_at_its_prefix() -> None:
    with GitHub(prefix="/api/v3", server_url="https://ghes.example") as github:
        shop = github.repository("acme/shop", {"a": "b"})
        hub = connect("acme/shop", github.token(), f"{github.api_url}/", "https://ghes.example/")
        assert hub.read("/git/ref/heads/main")["object"]["sha"] == shop.head()
        assert hub.login() == BOT
        assert hub.server_url == "https://ghes.example"
        assert github.violations == []


def test_pygithub_is_imported_by_the_first_connection_only() -> None:
    names = "activities annotation check comment errors event hub permissions pulls refusal workflow"
    modules = ", ".join(f"autoresearch.github.{name}" for name in names.split())
    program = f"import sys, {modules}\nsys.exit('github' in sys.modules or 'requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# -- downloads and redirects


def test_a_download_goes_on_without_the_token(github: GitHub, hub: Hub, shop: Repo) -> None:
    content = bytes(range(256)) * 100
    artifact = shop.add_artifact(shop.add_run(), "result", content)
    assert hub.download(f"/actions/artifacts/{artifact}/zip", len(content)) == content  # the server looks for the token


def test_a_download_stops_at_its_limit(hub: Hub, shop: Repo) -> None:
    sent = []

    def endless() -> Any:
        while len(sent) < 10_000:
            sent.append(1)
            yield b"x" * 65_536

    artifact = shop.add_artifact(shop.add_run(), "result", endless())
    with pytest.raises(TooLarge, match="1,000,000 bytes"):
        hub.download(f"/actions/artifacts/{artifact}/zip", 1_000_000)
    assert len(sent) < 1_000


def test_a_download_that_breaks_off_is_tried_again(github: GitHub, hub: Hub, shop: Repo) -> None:
    artifact = shop.add_artifact(shop.add_run(), "result", b"x" * 1000)
    github.faults.add("DOWNLOAD", "", kind="truncated")
    assert hub.download(f"/actions/artifacts/{artifact}/zip", 1000) == b"x" * 1000


@contextmanager
def redirecting(*targets: str) -> Iterator[tuple[str, list[Incoming]]]:
    """A server that sends each request on to the next target ({port}: its own), then answers: its address, its log."""
    seen: list[Incoming] = []
    rest = list(targets)

    def answer(incoming: Incoming) -> Outgoing:
        seen.append(incoming)
        if rest:
            return Outgoing(307, {"Location": rest.pop(0).format(port=server.server_address[1])})
        return Outgoing(200, {"Content-Type": "application/json"}, b"[]")

    server = Server(answer)
    server.start()
    try:
        yield server.address, seen
    finally:
        server.stop()


def test_a_renamed_repository_is_followed_with_everything() -> None:
    with redirecting("/repositories/1/issues?per_page=100&state=all") as (address, seen):
        assert list(connect("acme/old", "secret-token", address).pages("/issues", state="all")) == []
    assert [request.target for request in seen] == [
        "/repos/acme/old/issues?per_page=100&state=all",
        "/repositories/1/issues?per_page=100&state=all",
    ]
    assert "secret-token" in seen[1].headers["authorization"]


def test_a_write_is_followed_with_its_content() -> None:
    with redirecting("/repositories/1/issues") as (address, seen):
        connect("acme/old", "t", address).write("POST", "/issues", {"title": "x"}, again=False)
    assert [request.body for request in seen] == [b'{"title": "x"}'] * 2


def test_the_same_host_in_other_letters_is_the_same_host() -> None:
    with redirecting("http://LOCALHOST:{port}/repositories/1/issues") as (address, _):
        assert connect("acme/shop", "t", address.replace("127.0.0.1", "localhost")).read("/issues") == []


def test_the_token_goes_to_no_other_host() -> None:
    with redirecting() as (other, seen), redirecting(f"{other}/file?signature=1") as (address, _):
        assert connect("acme/shop", "secret-token", address).download("/actions/artifacts/1/zip", 100) == b"[]"
    assert [request.target for request in seen] == ["/file?signature=1"]
    assert "secret-token" not in str(seen[0].headers)


@pytest.mark.parametrize("target", ["https://elsewhere.example/x", "file:///etc/passwd", "http://127.0.0.1:1/x"])
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_read_and_a_write_follow_to_no_other_host(target: str, verb: str) -> None:
    with redirecting(target) as (address, seen):
        hub = connect("acme/shop", "t", address)
        call = partial(hub.read, "/issues") if verb == "GET" else partial(hub.write, verb, "/issues", {})
        with pytest.raises(Unavailable, match="another host"):
            call()
    assert len(seen) == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[::1", "http://a:b/x"])
def test_a_download_follows_to_no_address_that_is_none(target: str) -> None:
    with redirecting(target) as (address, _), pytest.raises(Unavailable, match="redirects to"):
        connect("acme/shop", "t", address).download("/actions/artifacts/1/zip", 100)


def test_redirects_in_a_circle_end() -> None:
    with redirecting(*["/repos/acme/shop/issues"] * 50) as (address, seen), pytest.raises(Unavailable, match="circle"):
        connect("acme/shop", "t", address).read("/issues")
    assert len(seen) < 10


def test_an_answer_larger_than_any_of_githubs_is_not_read(
    monkeypatch: pytest.MonkeyPatch, hub: Hub, shop: Repo
) -> None:
    monkeypatch.setattr(hub_module, "_ANSWER_BYTES", 10_000)
    shop.open_issue("x", "y" * 20_000)
    with pytest.raises(TooLarge):
        hub.read("/issues")


def test_pages_without_end_end(monkeypatch: pytest.MonkeyPatch, hub: Hub, shop: Repo) -> None:
    monkeypatch.setattr(hub_module, "_PAGES", 2)
    for number in range(5):
        shop.open_issue(f"Issue {number}")
    with pytest.raises(Invalid, match="more than 2 pages"):
        list(hub.pages("/issues", per_page=1))
