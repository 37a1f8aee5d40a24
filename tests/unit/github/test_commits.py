"""What is worth a commit, which refusals mean a protected branch, and how two folders become one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.baseline import Accepted, Baseline, Entry, Known, Segment, Stamp
from autoresearch.github.commits import is_protected, is_worth_a_commit
from autoresearch.github.committed import merge_files
from autoresearch.github.errors import Conflict, Forbidden, GitHubError, Invalid, Unavailable
from autoresearch.state import dump, parse

FIRST = Stamp(run="1", at="2026-05-01T06:17:00Z")
KNOWN = Known(rule="seo/title", subject="/", severity="error", message="m", first_seen=FIRST, last_seen=FIRST)
NOW = dt.datetime(2026, 5, 1, 23, 59, tzinfo=dt.UTC)
LATER = Entry(run="2", at="2026-05-01T23:59:00Z", metrics={"pages@/": 2.0})


def segment(*entries: Entry, source: str = "dist", **more: Any) -> Segment:
    return Segment(environment={"source": source}, history=entries, **more)


RUN = Entry(run="1", at=FIRST.at, metrics={"pages@/": 1.0})
BEFORE = Baseline(loop="seo", rules_seen={"seo/title": "1"}, known={"a" * 16: KNOWN}, segments=(segment(RUN),))
AFTER = BEFORE.model_copy(update={"segments": (segment(RUN, LATER, excluded={"2": ("pages@/",)}),)})


def test_nothing_new_is_not_worth_a_commit_however_late() -> None:
    assert not is_worth_a_commit(BEFORE, BEFORE, NOW + dt.timedelta(days=100))


def test_history_alone_waits_for_the_next_day() -> None:
    assert not is_worth_a_commit(BEFORE, AFTER, NOW)
    assert is_worth_a_commit(BEFORE, AFTER, NOW + dt.timedelta(minutes=1))


def test_a_daily_schedule_that_comes_a_little_early_is_committed_every_day() -> None:
    assert is_worth_a_commit(BEFORE, AFTER, dt.datetime(2026, 5, 2, 6, 3, tzinfo=dt.UTC))


def test_the_day_is_that_of_utc_wherever_the_clock_stands() -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert not is_worth_a_commit(BEFORE, AFTER, dt.datetime(2026, 5, 2, 8, 0, tzinfo=tokyo))
    assert is_worth_a_commit(BEFORE, AFTER, dt.datetime(2026, 5, 2, 9, 0, tzinfo=tokyo))


def test_a_first_run_is_worth_a_commit() -> None:
    assert is_worth_a_commit(Baseline(loop="seo"), BEFORE, NOW)


def test_having_seen_it_once_more_is_not() -> None:
    again = KNOWN.model_copy(update={"last_seen": Stamp(run="2", at=LATER.at)})
    assert not is_worth_a_commit(BEFORE, AFTER.model_copy(update={"known": {"a" * 16: again}}), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"known": {}},
        {"known": {"b" * 16: KNOWN}},
        {"known": {"a" * 16: KNOWN.model_copy(update={"issue": 7})}},
        {"known": {"a" * 16: KNOWN.model_copy(update={"muted": True})}},
        {"known": {"a" * 16: KNOWN.model_copy(update={"accepted": Accepted(because="x", at=FIRST.at)})}},
        {"rules_seen": {"seo/title": "2"}},
        {"observations": {"/": {"hash": "ab"}}},
        {"memory": {"note": 1}},
        {"pending": ({"issue": "x"},)},
        {"segments": (segment(RUN, accepted={"pages@/": FIRST.at}),)},
        {"segments": (segment(RUN), segment(LATER, source="live"))},
    ],
)
def test_whatever_else_is_learned_is_committed_at_once(change: dict[str, Any]) -> None:
    assert is_worth_a_commit(BEFORE, BEFORE.model_copy(update=change), NOW)


def test_each_environment_has_a_day_of_its_own() -> None:
    yesterday = Entry(run="0", at="2026-04-30T06:00:00Z", metrics={})
    before = BEFORE.model_copy(update={"segments": (segment(RUN), segment(yesterday, source="live"))})
    after = BEFORE.model_copy(update={"segments": (segment(RUN), segment(yesterday, LATER, source="live"))})
    assert is_worth_a_commit(before, after, NOW)


def test_thinning_of_old_history_alone_is_not_worth_a_commit() -> None:
    before = BEFORE.model_copy(update={"segments": (segment(RUN, LATER),)})
    assert not is_worth_a_commit(before, BEFORE, NOW + dt.timedelta(days=9))


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        (Invalid, "Repository rule violations found Changes must be made through a pull request."),
        (Invalid, "Repository rule violations found Cannot update this protected ref."),
        (Invalid, "At least 1 approving review is required by reviewers with write access."),
        (Invalid, 'Required status check "ci" is expected.'),
        (Invalid, "3 of 3 required status checks are expected."),
        (Invalid, "Changes must be made through the merge queue"),
        (Invalid, "Commits must have verified signatures."),
        (Forbidden, "You're not authorized to push to this branch."),
        (Conflict, "Protected branch update failed"),
    ],
)
def test_refusals_that_a_pull_request_gets_around(kind: type[GitHubError], detail: str) -> None:
    assert is_protected(kind("refused", detail=detail))


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        (Conflict, "Update is not a fast forward"),
        (Forbidden, "Resource not accessible by integration"),
        (Invalid, "Object does not exist"),
        (Invalid, "Repository rule violations found Secret detected in content"),
        (Unavailable, "protected branch"),
    ],
)
def test_other_refusals_are_told_as_they_are(kind: type[GitHubError], detail: str) -> None:
    assert not is_protected(kind("refused", detail=detail))


contents = st.sampled_from([b"a", b"b", b"c"])
folders = st.dictionaries(st.sampled_from(["x/config.yml", "x/README.md", "x/templates/t"]), contents)


@given(folders, folders)
def test_what_one_side_alone_changed_wins(before: dict[str, bytes], changed: dict[str, bytes]) -> None:
    assert merge_files(before, changed, before) == changed
    assert merge_files(before, before, changed) == changed


@given(folders, folders)
def test_two_that_agree_are_merged_already(before: dict[str, bytes], both: dict[str, bytes]) -> None:
    assert merge_files(before, both, both) == both


@given(folders, folders, folders)
def test_a_change_is_never_lost_to_a_removal_and_the_person_wins_over_the_tool(
    before: dict[str, bytes], ours: dict[str, bytes], theirs: dict[str, bytes]
) -> None:
    merged = merge_files(before, ours, theirs)
    for path in before.keys() | ours.keys() | theirs.keys():
        if path in theirs and theirs[path] != before.get(path):
            assert merged[path] == theirs[path]
        elif path in ours and ours[path] != before.get(path):
            assert merged[path] == ours[path]


def with_run(run: str) -> bytes:
    return dump(Baseline(loop="seo", segments=(segment(Entry(run=run, at=FIRST.at, metrics={})),))).encode()


def test_state_that_both_changed_holds_what_both_saw() -> None:
    path = "autoresearch/seo/state.json"
    merged = merge_files({}, {path: with_run("1")}, {path: with_run("2")})
    (found,) = parse(merged[path].decode(), "seo", path).segments
    assert {entry.run for entry in found.history} == {"1", "2"}


@pytest.mark.parametrize("broken", [b"{", b"\xff", b'{"schema_version": 99}'])
@pytest.mark.parametrize("whose", ["before", "ours", "theirs"])
def test_of_states_that_cannot_be_merged_ours_stays(whose: str, broken: bytes) -> None:
    path = "autoresearch/seo/state.json"
    three = {"before": with_run("0"), "ours": with_run("1"), "theirs": with_run("2")} | {whose: broken}
    merged = merge_files(*({path: three[name]} for name in ("before", "ours", "theirs")))
    assert merged[path] == three["ours"]
