"""The test server is as strict as GitHub: every rule that our code leans on is enforced there, and shown here."""

from __future__ import annotations

import base64
import io
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import github as pygithub
import httpx
import pytest

from tests.github.call import HANDLERS
from tests.github.contract import operations
from tests.github.server import Call, GitHub
from tests.github.state import Protection, Repo


class Client:
    """Plain HTTP on one repository; what was refused is an answer, too."""

    def __init__(self, github: GitHub, repo: str, token: str | None, clients: int = 1) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.home = f"{github.api_url}/repos/{repo}"
        self.http = httpx.Client(headers=headers, timeout=30, limits=httpx.Limits(max_connections=clients))

    def __call__(self, verb: str, path: str, body: Any = None, timeout: float = 30, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if "://" in path else self.home + path
        return self.http.request(verb, url, json=body, headers=named, timeout=timeout)

    def made(self, verb: str, path: str, body: Any = None) -> Any:
        """The JSON of a call that must succeed."""
        answer = self(verb, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


Connect = Callable[..., Client]


@pytest.fixture
def client(github: GitHub) -> Iterator[Connect]:
    """A client of a repository with a token, or with none."""
    with ExitStack() as stack:

        def connect(repo: str, token: str | None, clients: int = 1) -> Client:
            made = Client(github, repo, token, clients)
            stack.enter_context(made.http)
            return made

        yield connect


@pytest.fixture
def call(client: Connect, shop: Repo, token: str) -> Client:
    return client(shop.full_name, token)


def refused(answer: httpx.Response, status: int, message: str) -> None:
    assert answer.status_code == status
    data = answer.json()
    assert message in data["message"] + str(data.get("errors", ""))


def forgiven(github: GitHub) -> list[str]:
    """The violations that a test meant to make."""
    found = list(github.violations)
    github.violations.clear()
    return found


def commit(call: Client, base: str, *parents: str, path: str = "a.txt", content: str = "a\n") -> str:
    tree = call.made("POST", "/git/trees", {"base_tree": base, "tree": [file(path, content=content)]})
    body = {"message": "Change", "tree": tree["sha"], "parents": list(parents or (base,))}
    return str(call.made("POST", "/git/commits", body)["sha"])


def file(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "mode": "100644", "type": "blob", **more}


# -- the contract


def test_every_operation_of_the_description_is_served_and_no_other() -> None:
    assert {operation.name for operation in operations()} == set(HANDLERS)


def test_a_route_that_github_does_not_have_is_a_violation(github: GitHub, call: Client) -> None:
    assert call("GET", "/isues").status_code == 404
    assert forgiven(github) == ["GET /repos/acme/shop/isues: there is no such operation in tests/github/api.json"]


def test_a_query_parameter_that_github_does_not_know_is_a_violation(github: GitHub, call: Client) -> None:
    call("GET", "/issues?labels=a&stat=open")
    call("GET", "/issues?state=shut")
    unknown, wrong = forgiven(github)
    assert unknown.endswith("query parameter stat is not known here")
    assert "'shut' is not one of" in wrong


def test_a_body_that_does_not_fit_is_refused_and_a_violation(github: GitHub, call: Client) -> None:
    refused(call("POST", "/issues", {"body": "no title"}), 422, "'title' is a required property")
    call("POST", "/issues", {"title": "T", "text": "?"})
    assert len(forgiven(github)) == 2


def test_an_answer_that_does_not_fit_is_a_violation(github: GitHub, call: Client, shop: Repo) -> None:
    number = shop.open_issue("T")
    shop.issues[number].state = 7  # type: ignore[assignment]
    call("GET", f"/issues/{number}")
    assert "answer: 200, $.state: 7 is not of type 'string'" in forgiven(github)[0]


def test_addresses_in_answers_lead_back_to_the_server(github: GitHub, call: Client, shop: Repo) -> None:
    shop.open_issue("T")
    issue = call.made("GET", "/issues/1")
    assert issue["html_url"] == "https://github.com/acme/shop/issues/1"
    assert all(issue[name].startswith(github.api_url) for name in ("url", "comments_url", "repository_url"))


def test_an_enterprise_server_has_its_api_below_a_prefix() -> None:
    with GitHub(prefix="/api/v3", server_url="https://git.acme.example") as github:
        github.repository("acme/shop", files={"a": "b"})
        client = Client(github, "acme/shop", github.token())
        with client.http:
            assert client.made("GET", "")["url"] == f"{github.api_url}/repos/acme/shop"
        assert github.violations == []


# -- who may do what


def test_a_token_that_is_none_is_refused(client: Connect, shop: Repo) -> None:
    refused(client(shop.full_name, "ghs_wrong")("GET", ""), 401, "Bad credentials")
    nobody = client(shop.full_name, None)
    refused(nobody("POST", "/issues", {"title": "T"}), 401, "Requires authentication")
    assert nobody("GET", "").status_code == 200


@pytest.mark.parametrize(
    ("verb", "path", "body", "accepted"),
    [
        ("POST", "/issues", {"title": "T"}, "issues=write"),
        ("POST", "/labels", {"name": "L"}, "issues=write; pull_requests=write"),
        ("POST", "/git/blobs", {"content": "a"}, "contents=write"),
        ("POST", "/check-runs", {"name": "a", "head_sha": "a" * 40}, "checks=write"),
        ("POST", "/pulls", {"head": "a", "base": "main"}, "pull_requests=write"),
    ],
)
def test_a_write_without_its_permission_is_refused(
    github: GitHub, client: Connect, shop: Repo, verb: str, path: str, body: Any, accepted: str
) -> None:
    answer = client(shop.full_name, github.token({"actions": "read"}))(verb, path, body)
    refused(answer, 403, "Resource not accessible by integration")
    assert answer.headers["x-accepted-github-permissions"] == accepted


def test_a_comment_on_a_pull_request_wants_another_permission_than_on_an_issue(
    github: GitHub, client: Connect, shop: Repo
) -> None:
    shop.push("feature", {"a": "b"})
    issue, pull = shop.open_issue("T"), shop.open_pull("feature")
    for permission, allowed, forbidden in (("issues", issue, pull), ("pull-requests", pull, issue)):
        someone = client(shop.full_name, github.token({permission: "write"}))
        someone.made("POST", f"/issues/{allowed}/comments", {"body": "b"})
        answer = someone("POST", f"/issues/{forbidden}/comments", {"body": "b"})
        refused(answer, 403, "Resource not accessible by integration")


def test_the_token_of_a_fork_reads_only(github: GitHub, client: Connect, shop: Repo) -> None:
    fork = client(shop.full_name, github.token({"issues": "write", "contents": "write"}, read_only=True))
    assert fork("GET", "/issues").status_code == 200
    refused(fork("POST", "/issues", {"title": "T"}), 403, "Resource not accessible by integration")


def test_a_private_repository_is_not_there_for_others(github: GitHub, client: Connect) -> None:
    github.repository("acme/secret", files={"a": "b"}, private=True)
    stranger = client("acme/secret", github.token(login="mallory"))
    refused(stranger("GET", ""), 404, "Not Found")
    refused(stranger("POST", "/issues", {"title": "T"}), 404, "Not Found")
    ours = client("acme/secret", github.token({"issues": "read"}))
    assert ours("GET", "/issues").status_code == 200
    refused(ours("GET", "/contents/a"), 403, "Resource not accessible by integration")


def test_only_apps_write_checks(github: GitHub, client: Connect, shop: Repo) -> None:
    person = client(shop.full_name, github.token(login="alice"))
    refused(person("POST", "/check-runs", {"name": "a", "head_sha": shop.head()}), 403, "via a GitHub App")


def test_only_people_have_an_account_page_and_graphql_knows_the_rest(github: GitHub) -> None:
    def answer(verb: str, path: str, login: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"token {github.token(login=login)}"}
        return httpx.request(verb, github.api_url + path, headers=headers, **body)

    assert answer("GET", "/user", "alice").json()["login"] == "alice"
    refused(answer("GET", "/user", "github-actions[bot]"), 403, "Resource not accessible by integration")
    viewer = answer("POST", "/graphql", "github-actions[bot]", json={"query": "query { viewer { login } }"})
    assert viewer.json() == {"data": {"viewer": {"login": "github-actions[bot]"}}}
    assert github.writes == []


def test_a_renamed_repository_is_found_at_its_new_address(github: GitHub, call: Client, shop: Repo) -> None:
    github.rename(shop, "acme/store")
    for verb, status, body in (("GET", 301, None), ("POST", 307, {"title": "T"})):
        answer = call(verb, "/issues", body)
        assert answer.status_code == status
        assert call(verb, answer.headers["location"], body).is_success
    assert len(shop.issues) == 1


# -- limits


def test_a_body_has_at_most_65536_characters(call: Client, shop: Repo) -> None:
    number = shop.open_issue("T")
    for text, fits in (("ä" * 65_536, True), ("ä" * 65_537, False)):
        for path, body in ((f"/issues/{number}/comments", {"body": text}), ("/issues", {"title": "T", "body": text})):
            answer = call("POST", path, body)
            assert answer.is_success if fits else "maximum is 65536 characters" in answer.text


def test_a_check_has_its_limits(github: GitHub, call: Client, shop: Repo) -> None:
    note = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}

    def post(**output: Any) -> httpx.Response:
        output = {"title": "t", "summary": "s"} | output
        return call("POST", "/check-runs", {"name": "a", "head_sha": shop.head(), "output": output})

    refused(post(annotations=[note] * 51), 422, "No more than 50 items are allowed; 51 were supplied.")
    refused(post(summary="s" * 65_536), 422, "Only 65535 characters are allowed; 65536 were supplied.")
    assert len(forgiven(github)) == 2
    refused(post(annotations=[note | {"end_line": 2, "end_column": 3}]), 422, "Columns")
    check = post(annotations=[note] * 50, summary="s" * 65_535).json()
    call.made("PATCH", f"/check-runs/{check['id']}", {"output": {"title": "t", "summary": "s", "annotations": [note]}})
    assert call.made("GET", f"/check-runs/{check['id']}")["output"]["annotations_count"] == 51


def test_a_list_has_pages_with_links(call: Client, shop: Repo) -> None:
    for number in range(205):
        shop.open_issue(f"Issue {number}", labels=["a"] if number % 2 else [])
    assert len(call.made("GET", "/issues")) == 30
    assert len(call.made("GET", "/issues?per_page=500")) == 100
    answer, seen = call("GET", "/issues?per_page=100&direction=asc"), []
    while True:
        seen += [issue["number"] for issue in answer.json()]
        if "next" not in answer.links:
            break
        answer = call("GET", answer.links["next"]["url"])
    assert seen == list(range(1, 206))
    assert call("GET", "/issues?labels=a&per_page=100").links["last"]["url"].endswith("labels=a&per_page=100&page=2")


def test_a_wrapped_list_says_how_many_there_are(call: Client, shop: Repo) -> None:
    for number in range(40):
        shop.add_check(shop.head(), f"check {number}")
    page = call.made("GET", f"/commits/{shop.head()}/check-runs?page=2")
    assert (page["total_count"], len(page["check_runs"])) == (40, 10)


def test_an_unchanged_answer_is_304_and_costs_nothing(github: GitHub, call: Client, shop: Repo) -> None:
    etag = call("GET", "/issues").headers["etag"]
    used = github.limits.used
    assert call("GET", "/issues", If_None_Match=etag).status_code == 304
    assert github.limits.used == used
    shop.open_issue("T")
    assert call("GET", "/issues", If_None_Match=etag).status_code == 200


def test_the_primary_rate_limit_names_its_end(github: GitHub, call: Client) -> None:
    github.limits.primary, github.limits.clock = 2, lambda: 1_000_000.0
    assert [call("GET", "").headers["x-ratelimit-remaining"] for _ in range(2)] == ["1", "0"]
    answer = call("GET", "")
    refused(answer, 403, "API rate limit exceeded")
    assert answer.headers["x-ratelimit-reset"] == "1003600"


def test_too_many_writes_in_a_minute_meet_the_secondary_limit(github: GitHub, call: Client) -> None:
    now = 0.0
    github.limits.writes_per_minute, github.limits.clock = 2, lambda: now
    for _ in range(2):
        call.made("POST", "/issues", {"title": "T"})
    answer = call("POST", "/issues", {"title": "T"})
    refused(answer, 403, "secondary rate limit")
    assert answer.headers["retry-after"] == "60"
    now = 61.0
    call.made("POST", "/issues", {"title": "T"})


# -- git


def test_objects_have_the_hashes_that_git_gives_them(call: Client, shop: Repo, tmp_path: Path) -> None:
    def git(*arguments: str, text: str = "") -> str:
        command = ["git", "-C", str(tmp_path), *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    blob = git("hash-object", "-w", "--stdin", text="ä\n")
    assert call.made("POST", "/git/blobs", {"content": "ä\n"})["sha"] == blob
    entries = [file("a.txt", sha=blob), file("a/b.txt", sha=blob), file("a-b", sha=blob)]
    inner = git("mktree", text=f"100644 blob {blob}\tb.txt\n")
    tree = git("mktree", text=f"100644 blob {blob}\ta.txt\n040000 tree {inner}\ta\n100644 blob {blob}\ta-b\n")
    assert call.made("POST", "/git/trees", {"tree": entries})["sha"] == tree
    who = {"name": "A", "email": "a@shop.example", "date": "2026-01-05T06:00:00+01:00"}
    raw = (
        f"tree {tree}\nauthor A <a@shop.example> 1767589200 +0100\ncommitter A <a@shop.example> 1767589200 +0100\n\nHi"
    )
    body = {"message": "Hi", "tree": tree, "parents": [], "author": who}
    sha = git("hash-object", "-t", "commit", "--stdin", text=raw)
    assert call.made("POST", "/git/commits", body)["sha"] == sha


def test_a_tree_takes_content_removes_with_null_and_keeps_the_rest(call: Client, shop: Repo) -> None:
    entries = [file("docs/new.md", content="new\n"), file("src/index.html", sha=None)]
    tree = call.made("POST", "/git/trees", {"base_tree": shop.head(), "tree": entries})
    listed = call.made("GET", f"/git/trees/{tree['sha']}?recursive=1")["tree"]
    assert [entry["path"] for entry in listed] == ["README.md", "docs", "docs/new.md"]
    gone = {"base_tree": shop.head(), "tree": [file("nowhere", sha=None)]}
    refused(call("POST", "/git/trees", gone), 422, "GitRPC::BadObjectState")
    refused(call("POST", "/git/trees", {"tree": [file("../up", content="a")]}), 422, "malformed path component")
    refused(call("POST", "/git/trees", {"tree": [file("a", sha="1" * 40)]}), 422, "is not a valid blob")


def test_a_workflow_changes_no_workflow(call: Client, shop: Repo) -> None:
    body = {"base_tree": shop.head(), "tree": [file(".github/workflows/ci.yml", content="on: push\n")]}
    refused(call("POST", "/git/trees", body), 403, "Resource not accessible by integration")


def test_a_long_listing_is_truncated(call: Client, shop: Repo) -> None:
    shop.tree_limit = 2
    tree = call.made("GET", f"/git/trees/{shop.head()}?recursive=1")
    assert (tree["truncated"], len(tree["tree"])) == (True, 2)


def test_a_ref_moves_forward_only(call: Client, shop: Repo) -> None:
    first = shop.head()
    ours, theirs = commit(call, first), commit(call, first, path="b.txt")
    call.made("PATCH", "/git/refs/heads/main", {"sha": ours})
    refused(call("PATCH", "/git/refs/heads/main", {"sha": theirs}), 422, "Update is not a fast forward")
    call.made("PATCH", "/git/refs/heads/main", {"sha": theirs, "force": True})
    assert shop.head() == theirs
    refused(call("PATCH", "/git/refs/heads/no", {"sha": ours}), 422, "Reference does not exist")
    refused(call("PATCH", "/git/refs/heads/main", {"sha": "1" * 40}), 422, "Object does not exist")


def test_a_ref_is_created_once(call: Client, shop: Repo) -> None:
    body = {"ref": "refs/heads/autoresearch/baseline", "sha": shop.head()}
    call.made("POST", "/git/refs", body)
    refused(call("POST", "/git/refs", body), 422, "Reference already exists")
    assert call.made("GET", "/git/ref/heads/autoresearch/baseline")["object"]["sha"] == shop.head()
    call.made("DELETE", "/git/refs/heads/autoresearch/baseline")
    refused(call("GET", "/git/ref/heads/autoresearch/baseline"), 404, "Not Found")


@pytest.mark.parametrize(
    ("how", "status", "message"),
    [
        ("rules", 422, "Changes must be made through a pull request."),
        ("review", 422, "At least 1 approving review is required"),
        ("status", 422, 'Required status check "ci" is expected.'),
        ("restricted", 403, "You're not authorized to push to this branch."),
    ],
)
def test_a_protected_branch_takes_no_push(call: Client, shop: Repo, how: Protection, status: int, message: str) -> None:
    sha, before = commit(call, shop.head()), shop.head()
    shop.protect("main", how)
    refused(call("PATCH", "/git/refs/heads/main", {"sha": sha}), status, message)
    assert shop.head() == before
    assert call.made("GET", "/branches/main")["protected"]


def test_an_empty_repository_has_no_git_yet(github: GitHub, client: Connect) -> None:
    github.repository("acme/empty")
    refused(client("acme/empty", github.token())("GET", "/git/ref/heads/main"), 409, "Git Repository is empty.")


def test_contents_are_files_or_folders_at_a_ref(call: Client, shop: Repo) -> None:
    first = shop.head()
    shop.push("main", {"README.md": "# New\n"})
    old = call.made("GET", f"/contents/README.md?ref={first}")
    assert base64.b64decode(old["content"]) == b"# Shop\n"
    assert [entry["type"] for entry in call.made("GET", "/contents/")] == ["file", "dir"]
    assert call("GET", "/contents/nowhere").status_code == 404


def test_two_branches_are_compared_from_where_they_part(call: Client, shop: Repo) -> None:
    shop.push("feature", {"src/index.html": "<h1>New</h1>\n"})
    shop.push("main", {"other": "a\n"})
    compared = call.made("GET", "/compare/main...feature")
    assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("diverged", 1, 1)
    assert [(each["filename"], each["status"]) for each in compared["files"]] == [("src/index.html", "modified")]


# -- issues


def test_an_issue_tells_who_closed_it_and_why(call: Client, shop: Repo) -> None:
    number = call.made("POST", "/issues", {"title": "T", "labels": ["autoresearch"]})["number"]
    shop.close_issue(number, reason="not_planned", by="alice")
    issue = call.made("GET", f"/issues/{number}")
    assert (issue["state"], issue["state_reason"], issue["closed_by"]["login"]) == ("closed", "not_planned", "alice")
    assert issue["user"] | {"id": 0} == issue["user"] | {"id": 0, "login": "github-actions[bot]", "type": "Bot"}
    call.made("PATCH", f"/issues/{number}", {"state": "open"})
    assert call.made("GET", f"/issues/{number}")["state_reason"] == "reopened"
    events = call.made("GET", f"/issues/{number}/events")
    assert [(event["event"], event["actor"]["login"]) for event in events] == [
        ("labeled", "github-actions[bot]"),
        ("closed", "alice"),
        ("reopened", "github-actions[bot]"),
    ]


def test_a_commit_that_closed_an_issue_stands_in_its_events(call: Client, shop: Repo) -> None:
    number, sha = shop.open_issue("T"), shop.push("main", {"a": "b"}, message="Fixes #1")
    shop.close_issue(number, commit=sha)
    assert call.made("GET", f"/issues/{number}/events")[0]["commit_id"] == sha


def test_issues_are_listed_by_label_state_and_time(call: Client, shop: Repo) -> None:
    first = shop.open_issue("1", labels=["autoresearch", "autoresearch:seo"])
    shop.open_issue("2", labels=["other"])
    third = shop.open_issue("3", labels=["Autoresearch"])
    shop.close_issue(first)
    since = call.made("GET", f"/issues/{first}")["updated_at"]

    def numbers(query: str) -> list[int]:
        return [issue["number"] for issue in call.made("GET", f"/issues?{query}")]

    assert numbers("labels=autoresearch") == [third]
    assert numbers("labels=autoresearch&state=all&direction=asc") == [first, third]
    assert numbers("labels=autoresearch,autoresearch:seo&state=closed") == [first]
    assert numbers(f"state=all&since={since}") == [first]


def test_comments_stand_in_their_order_and_can_be_edited(call: Client, shop: Repo) -> None:
    number = shop.open_issue("T")
    shop.comment(number, "first", author="mallory")
    key = call.made("POST", f"/issues/{number}/comments", {"body": "second"})["id"]
    call.made("PATCH", f"/issues/comments/{key}", {"body": "changed"})
    comments = call.made("GET", f"/issues/{number}/comments")
    assert [(each["body"], each["user"]["login"]) for each in comments] == [
        ("first", "mallory"),
        ("changed", "github-actions[bot]"),
    ]
    refused(call("POST", f"/issues/{number}/comments", {"body": " "}), 422, "blank")
    call.made("DELETE", f"/issues/comments/{key}")
    assert len(shop.comments) == 1


def test_a_label_exists_once_whatever_its_case(call: Client, shop: Repo) -> None:
    call.made("POST", "/labels", {"name": "autoresearch", "color": "0969da"})
    refused(call("POST", "/labels", {"name": "Autoresearch"}), 422, "already_exists")
    refused(call("POST", "/labels", {"name": "a" * 51}), 422, "invalid")
    refused(call("POST", "/labels", {"name": "b", "color": "#0969da"}), 422, "invalid")
    number = shop.open_issue("T")
    call.made("POST", f"/issues/{number}/labels", {"labels": ["AUTORESEARCH", "new"]})
    assert shop.issues[number].labels == ["autoresearch", "new"]


# -- pull requests


def test_a_pull_request_is_found_by_its_head_and_opened_once(call: Client, shop: Repo) -> None:
    shop.push("autoresearch/baseline", {"autoresearch/a": "b"})
    body = {"title": "T", "head": "autoresearch/baseline", "base": "main"}
    number = call.made("POST", "/pulls", body)["number"]
    refused(call("POST", "/pulls", body), 422, "A pull request already exists for acme:autoresearch/baseline.")
    found = call.made("GET", "/pulls?head=acme:autoresearch/baseline&state=open")
    assert [pull["number"] for pull in found] == [number]
    assert call.made("GET", "/pulls?head=mallory:autoresearch/baseline") == []
    shop.branch("same")
    refused(call("POST", "/pulls", body | {"head": "same"}), 422, "No commits between acme:main and acme:same")


def test_a_repository_may_forbid_workflows_to_open_pull_requests(call: Client, shop: Repo) -> None:
    shop.actions_may_open_pulls = False
    shop.push("feature", {"a": "b"})
    body = {"title": "T", "head": "feature", "base": "main"}
    refused(call("POST", "/pulls", body), 403, "GitHub Actions is not permitted to create or approve pull requests.")


def test_a_fork_brings_its_commits_and_its_pull_request_follows_its_branch(call: Client, shop: Repo) -> None:
    fork = shop.fork("mallory")
    fork.push("patch", {"src/index.html": "<h1>Mine</h1>\n"}, "mallory")
    number = shop.open_pull("patch", from_fork=fork, author="mallory")
    tip = fork.push("patch", {"b": "c\n"}, "mallory")
    pull = call.made("GET", f"/pulls/{number}")
    assert (pull["head"]["sha"], pull["head"]["repo"]["full_name"], pull["commits"]) == (tip, "mallory/shop", 2)
    files = call.made("GET", f"/pulls/{number}/files")
    assert [(each["filename"], each["status"]) for each in files] == [("b", "added"), ("src/index.html", "modified")]
    assert files[1]["patch"] == "@@ -1 +1 @@\n-<h1>Shop</h1>\n+<h1>Mine</h1>"
    assert [each["number"] for each in call.made("GET", f"/commits/{tip}/pulls")] == [number]


def test_a_fork_that_was_deleted_leaves_its_pull_request_behind(github: GitHub, call: Client, shop: Repo) -> None:
    fork = shop.fork("mallory")
    sha = fork.push("patch", {"a": "b"}, "mallory")
    number, run = shop.open_pull("patch", from_fork=fork), shop.add_run(head_branch="patch", head_repository=fork)
    github.delete(fork)
    head = call.made("GET", f"/pulls/{number}")["head"]
    assert (head["repo"], head["user"], head["sha"]) == (None, None, sha)
    assert call.made("GET", f"/actions/runs/{run}")["head_repository"] is None


def test_a_merged_pull_request_is_closed_and_stays_so(call: Client, shop: Repo) -> None:
    shop.push("feature", {"a": "b"})
    number = shop.open_pull("feature")
    shop.push("main", {"c": "d"})
    sha = shop.merge_pull(number)
    assert shop.files().keys() >= {"a", "c"}
    pull = call.made("GET", f"/pulls/{number}")
    assert (pull["merged"], pull["merge_commit_sha"], pull["state"]) == (True, sha, "closed")
    refused(call("PATCH", f"/pulls/{number}", {"state": "open"}), 422, "merged")


# -- checks, runs, artifacts, deployments


def test_a_check_is_updated_by_its_own_app_only(call: Client, shop: Repo) -> None:
    body = {"name": "Autoresearch", "head_sha": shop.head(), "status": "in_progress", "external_id": "1"}
    key = call.made("POST", "/check-runs", body)["id"]
    call.made("PATCH", f"/check-runs/{key}", {"conclusion": "neutral"})
    listed = call.made("GET", f"/commits/{shop.head()}/check-runs?check_name=Autoresearch")["check_runs"]
    assert [(each["status"], each["conclusion"], each["app"]["slug"]) for each in listed] == [
        ("completed", "neutral", "github-actions")
    ]
    other = shop.add_check(shop.head(), "Other")
    refused(call("PATCH", f"/check-runs/{other}", {"conclusion": "success"}), 403, "can only be modified by")
    refused(call("POST", "/check-runs", body | {"head_sha": "1" * 40}), 422, "No commit found for SHA")


def test_only_the_latest_check_of_a_name_is_listed_unless_asked(call: Client, shop: Repo) -> None:
    first, second = (shop.add_check(shop.head(), "Same") for _ in range(2))
    path = f"/commits/{shop.head()}/check-runs"
    assert [check["id"] for check in call.made("GET", path)["check_runs"]] == [second]
    assert [check["id"] for check in call.made("GET", f"{path}?filter=all")["check_runs"]] == [second, first]


def archive(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return packed.getvalue()


def test_an_artifact_is_fetched_elsewhere_and_without_the_token(
    github: GitHub, call: Client, shop: Repo, token: str
) -> None:
    run, packed = shop.add_run(), archive(result="{}")
    key = shop.add_artifact(run, "autoresearch-result", packed)
    listed = call.made("GET", f"/actions/runs/{run}/artifacts?name=autoresearch-result")
    assert [each["id"] for each in listed["artifacts"]] == [key]
    answer = call("GET", f"/actions/artifacts/{key}/zip")
    there = answer.headers["location"]
    assert (answer.status_code, there.startswith(github.api_url)) == (302, False)
    assert httpx.get(there).content == packed
    assert httpx.get(there, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert "the token was sent to the server of zip files" in forgiven(github)[0]
    shop.artifacts[key].expired = True
    refused(call("GET", f"/actions/artifacts/{key}/zip"), 410, "Artifact has expired")


def test_an_artifact_can_be_sent_in_pieces(call: Client, shop: Repo) -> None:
    key = shop.add_artifact(shop.add_run(), "big", (b"a" * 1000 for _ in range(1000)), size=12)
    assert call.made("GET", f"/actions/artifacts/{key}")["size_in_bytes"] == 12
    there = call("GET", f"/actions/artifacts/{key}/zip").headers["location"]
    assert len(httpx.get(there).content) == 1_000_000


def test_a_run_of_a_fork_names_its_repository_and_no_pull_request(call: Client, shop: Repo) -> None:
    fork = shop.fork("mallory")
    sha = fork.push("patch", {"a": "b"}, "mallory")
    shop.open_pull("patch", from_fork=fork, author="mallory")
    run = call.made("GET", f"/actions/runs/{shop.add_run(head_branch='patch', head_repository=fork)}")
    assert (run["head_sha"], run["head_repository"]["full_name"]) == (sha, "mallory/shop")
    assert run["pull_requests"] == []


def test_a_deployment_has_its_address_in_its_status(call: Client, shop: Repo) -> None:
    key = shop.add_deployment(shop.head(), url="https://preview.shop.example")
    assert [each["id"] for each in call.made("GET", f"/deployments?sha={shop.head()}")] == [key]
    statuses = call.made("GET", f"/deployments/{key}/statuses")
    assert statuses[0]["environment_url"] == "https://preview.shop.example"


# -- faults


def test_a_fault_before_leaves_all_as_it_was_and_one_after_does_not(github: GitHub, call: Client, shop: Repo) -> None:
    github.faults.add("POST", "/issues$", kind="500")
    assert call("POST", "/issues", {"title": "T"}).status_code == 500
    assert not shop.issues
    github.faults.add("POST", "/issues$", kind="502", before=False)
    assert call("POST", "/issues", {"title": "T"}).status_code == 502
    assert len(shop.issues) == 1
    assert github.faults.waiting == 0


def test_a_connection_is_reset_before_or_after_the_change(github: GitHub, call: Client, shop: Repo) -> None:
    for before, there in ((True, 0), (False, 1)):
        github.faults.add("POST", "/issues$", kind="reset", before=before)
        with pytest.raises(httpx.TransportError):
            call("POST", "/issues", {"title": "T"})
        assert len(shop.issues) == there


def test_an_answer_can_stay_away(github: GitHub, call: Client) -> None:
    github.faults.add("GET", "/issues", kind="timeout")
    with pytest.raises(httpx.ReadTimeout):
        call("GET", "/issues", timeout=0.05)


def test_a_secondary_limit_can_be_met_on_demand(github: GitHub, call: Client) -> None:
    github.faults.add("*", "/issues", kind="secondary", retry_after=7, skip=1)
    answers = [call("GET", "/issues") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 403, 200]
    assert answers[1].headers["retry-after"] == "7"
    github.faults.add("*", "/issues", kind="secondary-429")
    assert call("GET", "/issues").status_code == 429


def test_an_answer_can_be_broken(github: GitHub, call: Client) -> None:
    github.faults.add("GET", "/issues", kind="truncated")
    with pytest.raises(httpx.RemoteProtocolError):
        call("GET", "/issues")
    for kind, start in (("garbage", "<html>"), ("html", "<html>"), ("empty", "")):
        github.faults.add("GET", "/issues", kind=kind)  # type: ignore[arg-type]
        assert call("GET", "/issues").text[:6] == start


def test_a_callback_can_move_a_ref_between_read_and_write(github: GitHub, call: Client, shop: Repo) -> None:
    def interfere(made: Call) -> None:
        if made.verb == "PATCH":
            shop.push("main", {"theirs": "a"})

    sha = commit(call, shop.head())
    github.on_call(interfere)
    refused(call("PATCH", "/git/refs/heads/main", {"sha": sha}), 422, "Update is not a fast forward")
    assert "theirs" in shop.files()


def test_a_client_can_be_killed_after_any_call(github: GitHub, call: Client, shop: Repo) -> None:
    github.die_after(1)
    call.made("POST", "/issues", {"title": "T"})
    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            call("POST", "/issues", {"title": "T"})
    github.die_after(None)
    call.made("GET", "/issues")
    assert len(shop.issues) == 1
    assert [made.status for made in github.calls] == [201, 0, 0, 200]


def test_a_hundred_clients_at_once_lose_nothing(client: Connect, shop: Repo, token: str) -> None:
    many = client(shop.full_name, token, clients=100)
    with ThreadPoolExecutor(100) as pool:
        made = list(pool.map(lambda n: many.made("POST", "/issues", {"title": f"Issue {n}"})["number"], range(200)))
    assert sorted(made) == list(range(1, 201))
    assert len({issue.title for issue in shop.issues.values()}) == 200


# -- the library


def test_pygithub_works_with_it_unchanged(github: GitHub, shop: Repo, token: str) -> None:
    client = pygithub.Github(
        auth=pygithub.Auth.Token(token),
        base_url=github.api_url,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    repo = client.get_repo("acme/shop")
    issue = repo.create_issue("T", body="b", labels=["autoresearch"])
    issue.create_comment("c")
    issue.edit(state="closed", state_reason="completed")
    assert [each.body for each in repo.get_issue(1).get_comments()] == ["c"]
    head = repo.get_branch("main").commit.sha
    tree = repo.create_git_tree(
        [pygithub.InputGitTreeElement("a.txt", "100644", "blob", content="a\n")], repo.get_git_tree(head)
    )
    made = repo.create_git_commit("Change", tree, [repo.get_git_commit(head)])
    repo.get_git_ref("heads/main").edit(made.sha)
    assert shop.files()["a.txt"] == b"a\n"
    with pytest.raises(pygithub.GithubException, match="Reference already exists"):
        repo.create_git_ref("refs/heads/main", head)
    client.close()
