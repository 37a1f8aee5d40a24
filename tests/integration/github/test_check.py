"""The check of a commit: opened, concluded, failed in the error path, and left alone when it says so already."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from autoresearch.errors import StateError
from autoresearch.github.annotation import Annotation
from autoresearch.github.check import MOST_ANNOTATIONS, SUMMARY_CHARACTERS, Check, Conclusion, Verdict, open_check
from autoresearch.github.errors import Forbidden, Invalid, Unavailable
from autoresearch.github.hub import Hub, connect
from tests.github.server import GitHub
from tests.github.state import CheckRun, Repo

NAME = "Autoresearch"
WELL = Verdict("success", "All well", "Nothing new.")
BAD = Verdict("failure", "2 new findings", "| a | b |\n|---|---|\n| 1 | 2 |")


def many(count: int, path: str = "src/index.html") -> tuple[Annotation, ...]:
    return tuple(Annotation(path, line, "warning", "Title", f"message {line}") for line in range(1, count + 1))


def publish(hub: Hub, shop: Repo, verdict: Verdict, changed: tuple[str, ...] = ("src/index.html",)) -> Check:
    with open_check(
        hub, shop.head(), NAME, verdict, changed=lambda: changed, details_url="https://run.example/1"
    ) as check:
        return check


def runs(shop: Repo) -> list[CheckRun]:
    return list(shop.checks.values())


@pytest.mark.parametrize("conclusion", ["success", "failure", "neutral"])
def test_it_is_in_progress_then_concluded(hub: Hub, shop: Repo, conclusion: Conclusion) -> None:
    verdict = Verdict(conclusion, "A title", "A summary")
    with open_check(hub, shop.head(), NAME, verdict, changed=tuple, details_url="https://run.example/1") as check:
        (run,) = runs(shop)
        assert (run.status, run.conclusion, run.head_sha) == ("in_progress", None, shop.head())
        assert check.url.endswith(f"/runs/{run.id}")
    assert (run.status, run.conclusion, run.title, run.summary) == ("completed", conclusion, "A title", "A summary")
    assert run.details_url == "https://run.example/1"
    assert hub.writes == 2


def test_the_same_again_is_one_read_and_no_write(github: GitHub, hub: Hub, shop: Repo) -> None:
    verdict = Verdict("failure", "t", "s", many(120))
    first = publish(hub, shop, verdict)
    github.calls.clear()
    assert publish(hub, shop, verdict).url == first.url
    assert [call.verb for call in github.calls] == ["GET"]


@pytest.mark.parametrize(
    "other",
    [
        Verdict("failure", "All well", "Nothing new."),
        Verdict("success", "All is well", "Nothing new."),
        Verdict("success", "All well", "Nothing."),
        Verdict("success", "All well", "Nothing new.", many(1)),
    ],
)
def test_whatever_changes_is_published(hub: Hub, shop: Repo, other: Verdict) -> None:
    publish(hub, shop, WELL)
    publish(hub, shop, other)
    publish(hub, shop, WELL)  # what an older check says does not count
    assert [(run.conclusion, run.title) for run in runs(shop)] == [
        ("success", "All well"),
        (other.conclusion, other.title),
        ("success", "All well"),
    ]


def test_another_commit_has_a_check_of_its_own(hub: Hub, shop: Repo) -> None:
    publish(hub, shop, WELL)
    shop.push(files={"a": "b"})
    publish(hub, shop, WELL)
    assert len({run.head_sha for run in runs(shop)}) == 2


def test_the_check_of_somebody_else_with_that_name_does_not_hide_ours(hub: Hub, shop: Repo) -> None:
    publish(hub, shop, WELL)
    shop.add_check(shop.head(), NAME)
    publish(hub, shop, WELL)
    assert len(runs(shop)) == 2


# -- annotations


@pytest.mark.parametrize(("count", "batches"), [(0, [0]), (1, [1]), (50, [50]), (51, [50, 1]), (170, [50, 50, 50, 20])])
def test_annotations_go_by_fifty_and_the_last_batch_concludes(
    github: GitHub, hub: Hub, shop: Repo, count: int, batches: list[int]
) -> None:
    publish(hub, shop, Verdict("failure", "t", "s", many(count)))
    updates = [call.body for call in github.writes[1:]]
    assert [len(update["output"]["annotations"]) for update in updates] == batches
    assert ["conclusion" in update for update in updates] == [False] * (len(batches) - 1) + [True]
    assert [each["start_line"] for each in runs(shop)[0].annotations] == list(range(1, count + 1))


def test_only_changed_files_are_annotated(hub: Hub, shop: Repo) -> None:
    there = many(2) + many(2, "other.html") + many(1, "../../etc/passwd")
    publish(hub, shop, Verdict("failure", "t", "s", there), changed=("src/index.html", "README.md"))
    assert {each["path"] for each in runs(shop)[0].annotations} == {"src/index.html"}


def test_which_files_changed_is_asked_only_to_write_annotations(hub: Hub, shop: Repo) -> None:
    asked = []

    def changed() -> tuple[str, ...]:
        asked.append(1)
        return ("src/index.html",)

    for verdict in (WELL, WELL, Verdict("failure", "t", "s", many(1)), Verdict("failure", "t", "s", many(1))):
        with open_check(hub, shop.head(), NAME, verdict, changed=changed):
            pass
    assert len(asked) == 1


def test_of_very_many_the_worst_are_shown(hub: Hub, shop: Repo) -> None:
    error = Annotation("src/index.html", 7, "error", "Title", "bad")
    publish(hub, shop, Verdict("failure", "t", "s", (*many(2000), error)))
    shown = runs(shop)[0].annotations
    assert len(shown) == MOST_ANNOTATIONS
    assert [each["annotation_level"] for each in shown[:2]] == ["failure", "warning"]


def test_hostile_texts_are_one_bounded_line(hub: Hub, shop: Repo) -> None:
    note = Annotation("src/index.html", 1, "notice", "t" * 10_000, "a\x1b[31m\nb\u202e" + "c" * 100_000)
    publish(hub, shop, Verdict("neutral", "title\n" * 1000, "s", (note,)))
    (run,) = runs(shop)
    (each,) = run.annotations
    assert len(each["title"]) <= 255
    assert len(each["message"]) < 10_000
    assert not {"\x1b", "\n", "\u202e"} & set(each["message"])
    assert run.title
    assert len(run.title) <= 255


def test_a_summary_that_does_not_fit_is_refused_before_anything_is_written(hub: Hub, shop: Repo) -> None:
    publish(hub, shop, Verdict("success", "t", "s" * SUMMARY_CHARACTERS))
    with pytest.raises(Invalid, match="65,535"):
        publish(hub, shop, Verdict("success", "t", "s" * (SUMMARY_CHARACTERS + 1)))
    assert len(runs(shop)) == 1


# -- what goes wrong


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StateError("state.json:3: not valid @JSON"), "state.json:3"),
        (RuntimeError("token=secret"), "RuntimeError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_an_error_inside_concludes_it_as_failed_and_goes_on(
    hub: Hub, shop: Repo, error: BaseException, words: str
) -> None:
    with pytest.raises(type(error)), open_check(hub, shop.head(), NAME, WELL, changed=tuple):
        raise error
    (run,) = runs(shop)
    assert (run.status, run.conclusion, run.title) == ("completed", "failure", "Publishing failed")
    assert run.summary
    assert words in run.summary.replace("&#8203;", "")  # what keeps a text from being a mention or a link
    assert "secret" not in run.summary
    assert "@JSON" not in run.summary


def test_a_failed_one_is_not_the_same_as_what_it_was_to_say(hub: Hub, shop: Repo) -> None:
    with contextlib.suppress(RuntimeError), open_check(hub, shop.head(), NAME, WELL, changed=tuple):
        raise RuntimeError
    publish(hub, shop, WELL)
    assert [run.conclusion for run in runs(shop)] == ["failure", "success"]


def test_the_first_error_is_told_even_when_github_is_gone(github: GitHub, hub: Hub, shop: Repo) -> None:
    with pytest.raises(StateError, match="broken"), open_check(hub, shop.head(), NAME, WELL, changed=tuple):  # noqa: PT012
        github.faults.add("*", "", times=99)
        raise StateError("broken")


def test_a_conclusion_that_is_refused_fails_the_check(github: GitHub, hub: Hub, shop: Repo) -> None:
    github.faults.add("PATCH", "/check-runs/", kind="422")
    with pytest.raises(Invalid):
        publish(hub, shop, WELL)
    assert [(run.status, run.conclusion) for run in runs(shop)] == [("completed", "failure")]


@pytest.mark.parametrize("kind", ["500", "reset", "garbage"])
def test_a_create_whose_answer_is_lost_is_found_again(github: GitHub, hub: Hub, shop: Repo, kind: Any) -> None:
    github.faults.add("POST", "/check-runs", kind=kind, before=False)
    publish(hub, shop, BAD)
    assert [(run.status, run.title) for run in runs(shop)] == [("completed", BAD.title)]


@pytest.mark.parametrize("kind", ["500", "reset", "garbage"])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_no_annotation_is_doubled_or_lost_with_an_answer(
    github: GitHub, hub: Hub, shop: Repo, kind: Any, before: bool, skip: int
) -> None:
    github.faults.add("PATCH", "/check-runs/", kind=kind, before=before, skip=skip)
    publish(hub, shop, Verdict("failure", "t", "s", many(120)))
    (run,) = runs(shop)
    assert [each["start_line"] for each in run.annotations] == list(range(1, 121))
    assert (run.status, run.conclusion) == ("completed", "failure")


@pytest.mark.parametrize("calls", range(7))
def test_after_a_run_killed_after_any_call_the_next_one_concludes(
    github: GitHub, hub: Hub, token: str, shop: Repo, calls: int
) -> None:
    verdict = Verdict("failure", "t", "s", many(120))
    github.die_after(calls)
    with contextlib.suppress(Unavailable):
        publish(hub, shop, verdict)
    github.die_after(None)
    publish(connect(shop.full_name, token, github.api_url, pace=0), shop, verdict)
    latest = runs(shop)[-1]
    assert (latest.status, latest.conclusion, len(latest.annotations)) == ("completed", "failure", 120)


def test_what_a_killed_run_opened_is_taken_over(github: GitHub, hub: Hub, shop: Repo) -> None:
    github.die_after(2)
    with pytest.raises(Unavailable):
        publish(hub, shop, BAD)
    github.die_after(None)
    publish(hub, shop, BAD)
    assert [(run.status, run.conclusion) for run in runs(shop)] == [("completed", "failure")]


def test_a_missing_permission_is_named(github: GitHub, shop: Repo) -> None:
    hub = connect(shop.full_name, github.token({"contents": "write"}), github.api_url, pace=0)
    with pytest.raises(Forbidden, match="checks: write"):
        publish(hub, shop, WELL)
