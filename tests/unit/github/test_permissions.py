"""Which permission a call needs: the answer to a 403."""

from __future__ import annotations

import pytest

from autoresearch.github.permissions import grant, needed


@pytest.mark.parametrize(
    ("verb", "path", "permission"),
    [
        ("POST", "/issues", "issues: write"),
        ("PATCH", "/issues/7", "issues: write"),
        ("POST", "/issues/7/labels", "issues: write"),
        ("GET", "/issues/7/timeline", "issues: read"),
        ("POST", "/labels", "issues: write"),
        ("POST", "/check-runs", "checks: write"),
        ("GET", "/commits/abc/check-runs", "checks: read"),
        ("POST", "/pulls", "pull-requests: write"),
        ("GET", "/pulls/7/files", "pull-requests: read"),
        ("GET", "/commits/abc/pulls", "pull-requests: read"),
        ("GET", "/actions/runs/7/artifacts", "actions: read"),
        ("POST", "/git/blobs", "contents: write"),
        ("PATCH", "/git/refs/heads/main", "contents: write"),
        ("GET", "/contents/autoresearch", "contents: read"),
        ("GET", "/compare/main...pulls", "contents: read"),
    ],
)
def test_a_call_needs_one_permission(verb: str, path: str, permission: str) -> None:
    assert [str(one) for one in needed(verb, path)] == [permission]


def test_a_permission_comes_as_yaml_to_paste() -> None:
    assert grant(needed("POST", "/issues")) == "permissions:\n  issues: write"


@pytest.mark.parametrize(("verb", "path"), [("POST", "/issues/7/comments"), ("PATCH", "/issues/comments/99")])
def test_a_comment_is_allowed_by_either_of_two(verb: str, path: str) -> None:
    assert grant(needed(verb, path)).splitlines() == [
        "permissions:",
        "  pull-requests: write  # on a pull request",
        "  issues: write  # on an issue",
    ]
