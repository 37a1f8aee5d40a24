"""State as the JSON that GitHub answers with. Every `url` carries the server's own base address."""

from __future__ import annotations

from tests.github.views.git import GitViews
from tests.github.views.issues import IssueViews
from tests.github.views.workflows import WorkflowViews


class Views(GitViews, IssueViews, WorkflowViews):
    """All of them."""
