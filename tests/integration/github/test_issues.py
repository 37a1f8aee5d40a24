"""Issues against a GitHub that enforces its rules: found again, never doubled, whatever is lost on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoresearch.core.baseline import Stamp
from autoresearch.core.lifecycle import Action, IssueText, Listed, OverviewText, Place
from autoresearch.errors import PublishError
from autoresearch.github.hub import Hub, connect
from autoresearch.github.issues import LABEL, carry_out, label_of, listed
from tests.github.server import GitHub
from tests.github.state import Repo

STAMP = Stamp(run="4711.1", sha="9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c", at="2026-10-06T06:00:00Z")


def said(topic: str = "0123456789abcdef", places: int = 1, **more: object) -> IssueText:
    listed_places = tuple(Place(f"/{n}", "is wrong", severity="error", since=STAMP) for n in range(places))
    return IssueText(
        topic=topic, loop="seo", heading="seo: A rule", turn=1, since=STAMP, rule="seo/rule", metric=None,
        subject=None, title="A rule", fix="Mend it.", places=listed_places, **more,
    )  # type: ignore[arg-type]  # fmt: skip


def opened(hub: Hub, text: IssueText | OverviewText | None = None) -> int:
    text = text or said()
    return carry_out(hub, [Action("open", text)])[text.topic]


def writes(github: GitHub) -> list[str]:
    return [call.verb for call in github.calls if call.verb != "GET"]


def test_an_issue_is_opened_with_title_labels_and_a_marker_that_finds_it_again(hub: Hub, shop: Repo) -> None:
    number = opened(hub)
    assert shop.issues[number].title == "seo: A rule"
    assert sorted(shop.issues[number].labels) == [LABEL, "autoresearch:seo"]
    (found,) = listed(hub)
    assert found == Listed(number, "open", "", "seo: A rule", said().topic, 1, said().digest)


def test_the_overview_has_the_general_label_alone(hub: Hub, shop: Repo) -> None:
    number = opened(hub, OverviewText("overview", "", "more", 1, STAMP))
    assert shop.issues[number].labels == [LABEL]


def test_labels_that_are_there_are_not_made_again(hub: Hub, github: GitHub) -> None:
    opened(hub)
    before = len(writes(github))
    opened(hub, said("f" * 16))
    assert len(writes(github)) == before + 1


def test_a_long_loop_name_still_makes_a_label_of_its_own() -> None:
    names = {label_of("a" * 60 + end) for end in "xy"}
    assert len(names) == 2
    assert all(len(name) == 50 for name in names)


def test_a_label_that_another_run_makes_at_the_same_moment_is_fine(hub: Hub, github: GitHub, shop: Repo) -> None:
    shop.label(LABEL)
    github.faults.add("GET", f"/labels/{LABEL}$", kind="404")
    assert shop.issues[opened(hub)].labels


def test_a_renamed_title_stays_and_the_text_is_brought_up_to_date(hub: Hub, shop: Repo) -> None:
    number = opened(hub)
    shop.edit_issue(number, title="Ours", by="octocat")
    text = said(places=2)
    carry_out(hub, [Action("update", text, number)])
    assert shop.issues[number].title == "Ours"
    assert listed(hub)[0].digest == text.digest


def test_an_emptied_body_is_still_listed_and_has_no_topic(hub: Hub, shop: Repo) -> None:
    number = opened(hub)
    shop.edit_issue(number, body="", by="octocat")
    assert listed(hub) == (Listed(number, "open", "", "seo: A rule"),)


def test_closing_says_why_and_how_once(hub: Hub, shop: Repo, github: GitHub) -> None:
    number = opened(hub)
    closing = Action("close", replace(said(places=0), turn=2, counted=(STAMP,)), number, run=STAMP.run)
    github.faults.add("PATCH", rf"/issues/{number}$", times=9, kind="500")
    with pytest.raises(PublishError):
        carry_out(hub, [closing])
    github.faults.clear()
    carry_out(hub, [closing])
    issue = shop.issues[number]
    assert (issue.state, issue.reason) == ("closed", "completed")
    assert ["Recovered" in comment.body for comment in issue.comments] == [True]
    (found,) = listed(hub)
    assert (found.state, found.turn, found.runs) == ("closed", 2, (STAMP,))


def test_nobody_wants_to_know_closes_as_not_planned(hub: Hub, shop: Repo) -> None:
    number = opened(hub)
    carry_out(hub, [Action("close", replace(said(), turn=2), number, "not_planned")])
    assert (shop.issues[number].state, shop.issues[number].reason) == ("closed", "not_planned")


def test_what_returns_is_opened_again_with_a_word_about_it(hub: Hub, shop: Repo) -> None:
    number = opened(hub)
    shop.close_issue(number, "completed", "octocat")
    carry_out(hub, [Action("reopen", replace(said(), turn=3), number)])
    assert shop.issues[number].state == "open"
    assert "there again" in shop.issues[number].comments[-1].body


def test_a_locked_conversation_is_closed_without_a_word(hub: Hub, shop: Repo) -> None:
    number = opened(hub)
    shop.issues[number].locked = True
    carry_out(hub, [Action("close", replace(said(), turn=2), number)])
    assert shop.issues[number].state == "closed"


@pytest.mark.parametrize("kind", ["500", "reset", "truncated"])
@pytest.mark.parametrize("before", [True, False])
def test_a_create_whose_answer_was_lost_is_never_done_twice(
    hub: Hub, github: GitHub, shop: Repo, kind: str, before: bool
) -> None:
    github.faults.add("POST", "/issues$", kind=kind, before=before)  # type: ignore[arg-type]
    number = opened(hub)
    assert [issue.number for issue in shop.issues.values()] == [number]
    assert github.faults.waiting == 0


def test_one_that_github_refuses_does_not_keep_the_others_from_being_opened(
    hub: Hub, github: GitHub, shop: Repo
) -> None:
    github.faults.add("POST", "/issues$", kind="422")
    actions = [Action("open", said(letter * 16)) for letter in "abc"]
    with pytest.raises(PublishError):
        carry_out(hub, actions)
    assert {issue.topic for issue in listed(hub)} == {"b" * 16, "c" * 16}
    assert len(shop.issues) == 2


def test_a_token_that_may_not_write_issues_is_told_what_is_missing(github: GitHub, shop: Repo) -> None:
    token = github.token({"contents": "read", "issues": "read"}, repository=shop.full_name)
    with pytest.raises(PublishError, match="issues: write"):
        opened(connect(shop.full_name, token, github.api_url, pace=0, sleep=lambda _: None))


def test_a_marker_in_somebody_elses_issue_is_not_believed(hub: Hub, shop: Repo) -> None:
    ours = opened(hub)
    forged = shop.open_issue("seo: A rule", str(shop.issues[ours].body), "mallory", [LABEL])
    assert [issue.number for issue in listed(hub)] == [ours]
    assert [issue.number for issue in listed(hub, [forged])] == [ours, forged]


def test_pull_requests_are_no_issues(hub: Hub, shop: Repo) -> None:
    ours = opened(hub)
    shop.branch("feature", "main")
    shop.set_labels(shop.open_pull("feature"), [LABEL], "octocat")
    assert [issue.number for issue in listed(hub)] == [ours]


def test_one_that_lost_its_label_is_found_by_its_number_unless_nothing_says_that_it_is_ours(
    hub: Hub, shop: Repo
) -> None:
    number = opened(hub)
    shop.set_labels(number, [], "octocat")
    foreign = shop.open_issue("Another thing", "of somebody else", "octocat", [])
    found = listed(hub, [number, foreign, 999])
    assert [(issue.number, issue.state, issue.topic) for issue in found] == [
        (number, "open", said().topic),
        (foreign, "gone", None),
        (999, "gone", None),
    ]


def test_hundreds_of_issues_are_all_read(hub: Hub, shop: Repo, github: GitHub) -> None:
    for n in range(230):
        shop.open_issue(
            f"Issue {n}",
            f"<!-- autoresearch issue={n:016x} turn=1 content={n:016x} -->",
            "github-actions[bot]",
            [LABEL],
        )
    assert len({issue.topic for issue in listed(hub)}) == 230
    assert hub.reads == 3
