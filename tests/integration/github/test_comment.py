"""One comment on a pull request: made once, kept up to date, and nobody else's touched."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from autoresearch.github.comment import BODY_CHARACTERS, ROOM, sync_comment
from autoresearch.github.errors import Forbidden, Invalid, Unavailable
from autoresearch.github.hub import Hub, connect
from tests.github.server import Call, GitHub
from tests.github.state import BOT, Comment, Repo

NAME = "autoresearch"


@pytest.fixture
def number(shop: Repo) -> int:
    shop.branch("new")
    return shop.open_pull("new")


def comments(shop: Repo, number: int) -> list[Comment]:
    return shop.issues[number].comments


def said(comment: Comment) -> str:
    """What a reader sees."""
    marker, _, body = comment.body.partition("\n")
    assert marker.startswith("<!--")
    assert marker.endswith("-->")
    return body


def ours(shop: Repo, number: int, author: str = BOT) -> list[str]:
    return [said(comment) for comment in comments(shop, number) if comment.author == author]


def test_the_first_run_comments(hub: Hub, shop: Repo, number: int) -> None:
    url = sync_comment(hub, number, NAME, "# All well")
    assert ours(shop, number) == ["# All well"]
    assert url.endswith(f"/pull/{number}#issuecomment-{comments(shop, number)[0].id}")


def test_the_next_run_edits(hub: Hub, shop: Repo, number: int) -> None:
    first = sync_comment(hub, number, NAME, "one")
    assert sync_comment(hub, number, NAME, "two") == first
    assert ours(shop, number) == ["two"]


def test_the_same_again_is_one_read_and_no_write(github: GitHub, hub: Hub, number: int) -> None:
    first = sync_comment(hub, number, NAME, "the same")
    github.calls.clear()
    assert sync_comment(hub, number, NAME, "the same") == first
    assert [call.verb for call in github.calls] == ["GET"]


def test_it_is_found_on_a_late_page(hub: Hub, shop: Repo, number: int) -> None:
    for each in range(250):
        shop.comment(number, f"talk {each}")
    sync_comment(hub, number, NAME, "one")
    sync_comment(hub, number, NAME, "two")
    assert ours(shop, number) == ["two"]


def test_two_configs_have_two_comments(hub: Hub, shop: Repo, number: int) -> None:
    for name in ("shop", "shop/docs", "shop -->"):
        sync_comment(hub, number, name, f"of {name}")
        sync_comment(hub, number, name, f"new of {name}")
    assert ours(shop, number) == ["new of shop", "new of shop/docs", "new of shop -->"]


@pytest.mark.parametrize("author", ["mallory", "other-app[bot]"])
@pytest.mark.parametrize("body", ["the same", "another"])
def test_a_forged_marker_is_neither_believed_nor_touched(
    hub: Hub, shop: Repo, number: int, author: str, body: str
) -> None:
    template = comments(shop, number)
    sync_comment(hub, number, NAME, "the same")
    forged = template[0].body
    shop.delete_comment(template[0].id)
    shop.comment(number, forged, author)
    sync_comment(hub, number, NAME, body)
    sync_comment(hub, number, NAME, body)
    assert (comments(shop, number)[0].author, comments(shop, number)[0].body) == (author, forged)
    assert ours(shop, number) == [body]


def test_a_marker_that_is_quoted_is_no_marker(hub: Hub, shop: Repo, number: int) -> None:
    sync_comment(hub, number, NAME, "one")
    quoted = f"> {comments(shop, number)[0].body}"
    shop.delete_comment(comments(shop, number)[0].id)
    shop.comment(number, quoted, BOT)
    sync_comment(hub, number, NAME, "two")
    assert comments(shop, number)[0].body == quoted
    assert len(comments(shop, number)) == 2


@pytest.mark.parametrize("login", ["ada", "my-app[bot]"])
def test_a_token_of_ones_own_finds_its_own_comment(github: GitHub, shop: Repo, number: int, login: str) -> None:
    for body in ("one", "two", "two"):
        hub = connect(shop.full_name, github.token(login=login), github.api_url, pace=0)
        sync_comment(hub, number, NAME, body)
    assert ours(shop, number, login) == ["two"]
    assert (hub.reads, hub.writes) == (2, 0)  # the comments, and whose token it is


def test_after_a_change_of_token_the_workflows_comment_goes_on(
    github: GitHub, hub: Hub, shop: Repo, number: int
) -> None:
    sync_comment(hub, number, NAME, "one")
    sync_comment(connect(shop.full_name, github.token(login="ada"), github.api_url, pace=0), number, NAME, "two")
    assert ours(shop, number) == ["two"]
    assert len(comments(shop, number)) == 1


# -- other runs, and people, at the same time


def meanwhile(github: GitHub, verb: str, path: str, act: Any) -> None:
    """Do something the moment before the first such call is answered."""
    done = []

    def callback(call: Call) -> None:
        if call.verb == verb and path in call.path and not done:
            done.append(1)
            act()

    github.on_call(callback)


def test_of_two_made_at_once_the_older_stays(github: GitHub, hub: Hub, token: str, shop: Repo, number: int) -> None:
    other = connect(shop.full_name, token, github.api_url, pace=0)
    meanwhile(github, "POST", "/comments", lambda: sync_comment(other, number, NAME, "theirs"))
    url = sync_comment(hub, number, NAME, "mine")
    assert ours(shop, number) == ["mine"]
    assert url.endswith(str(comments(shop, number)[0].id))
    sync_comment(other, number, NAME, "later")
    assert ours(shop, number) == ["later"]


def test_of_many_runs_at_once_one_comment_stays(github: GitHub, token: str, shop: Repo, number: int) -> None:
    hubs = [connect(shop.full_name, token, github.api_url, pace=0) for _ in range(12)]
    with ThreadPoolExecutor(len(hubs)) as pool:
        urls = set(pool.map(lambda each: sync_comment(each[1], number, NAME, f"run {each[0]}"), enumerate(hubs)))
    (kept,) = comments(shop, number)
    assert {url.rpartition("-")[2] for url in urls} == {str(kept.id)}


def test_a_double_that_a_killed_run_left_is_taken_away(hub: Hub, shop: Repo, number: int) -> None:
    sync_comment(hub, number, NAME, "one")
    kept = comments(shop, number)[0]
    shop.comment(number, kept.body, BOT)
    shop.comment(number, "talk")
    sync_comment(hub, number, NAME, "one")
    assert [comment.id == kept.id or comment.body == "talk" for comment in comments(shop, number)] == [True, True]


def test_a_double_that_somebody_else_took_away_is_no_trouble(github: GitHub, hub: Hub, shop: Repo, number: int) -> None:
    sync_comment(hub, number, NAME, "one")
    double = shop.comment(number, comments(shop, number)[0].body, BOT)
    meanwhile(github, "DELETE", str(double), lambda: shop.delete_comment(double))
    sync_comment(hub, number, NAME, "two")
    assert ours(shop, number) == ["two"]


def test_a_comment_that_is_deleted_under_our_hands_is_made_again(
    github: GitHub, hub: Hub, shop: Repo, number: int
) -> None:
    sync_comment(hub, number, NAME, "one")
    first = comments(shop, number)[0].id
    meanwhile(github, "PATCH", str(first), lambda: shop.delete_comment(first))
    url = sync_comment(hub, number, NAME, "two")
    assert ours(shop, number) == ["two"]
    assert url.endswith(str(comments(shop, number)[0].id))


# -- faults


@pytest.mark.parametrize("kind", ["500", "reset", "garbage"])
@pytest.mark.parametrize("before", [True, False])
def test_a_create_whose_answer_is_lost_is_looked_for_first(
    github: GitHub, hub: Hub, shop: Repo, number: int, kind: Any, before: bool
) -> None:
    github.faults.add("POST", "/comments", kind=kind, before=before)
    url = sync_comment(hub, number, NAME, "one")
    assert ours(shop, number) == ["one"]
    assert url.endswith(str(comments(shop, number)[0].id))
    assert len(github.writes) == (2 if before else 1)


def test_a_create_that_never_works_is_told(github: GitHub, hub: Hub, shop: Repo, number: int) -> None:
    github.faults.add("POST", "/comments", times=99)
    with pytest.raises(Unavailable):
        sync_comment(hub, number, NAME, "one")
    assert len(github.writes) == 2


@pytest.mark.parametrize("calls", range(5))
def test_a_run_killed_after_any_call_leaves_nothing_that_the_next_one_cannot_mend(
    github: GitHub, hub: Hub, token: str, shop: Repo, number: int, calls: int
) -> None:
    github.die_after(calls)
    with contextlib.suppress(Unavailable):
        sync_comment(hub, number, NAME, "one")
    github.die_after(None)
    sync_comment(connect(shop.full_name, token, github.api_url, pace=0), number, NAME, "two")
    assert ours(shop, number) == ["two"]


def test_a_missing_permission_is_named(github: GitHub, shop: Repo, number: int) -> None:
    hub = connect(shop.full_name, github.token({"contents": "write"}), github.api_url, pace=0)
    with pytest.raises(Forbidden, match="pull-requests: write"):
        sync_comment(hub, number, NAME, "one")


def test_as_much_as_there_is_room_for_is_taken(hub: Hub, shop: Repo, number: int) -> None:
    sync_comment(hub, number, NAME, "x" * ROOM)
    assert len(comments(shop, number)[0].body) <= BODY_CHARACTERS
    with pytest.raises(Invalid, match="65,536"):
        sync_comment(hub, number, NAME, "x" * BODY_CHARACTERS)
