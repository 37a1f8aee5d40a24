"""What GitHub can answer instead of what was asked for, as one tree.

::

    PublishError
    └── GitHubError          any of these; `status` and GitHub's own words in `detail`
        ├── Forbidden        the token may not: names the permission, and the YAML that grants it
        ├── NotFound         nothing there to read
        ├── Conflict         somebody else was first: read again, then decide again
        ├── Invalid          GitHub will not take this, however often it is sent
        │   └── TooLarge     an answer, or a file, above its limit
        └── Unavailable      GitHub was out of reach, or asks for a longer wait than a job can afford
"""

from __future__ import annotations

# ruff: noqa: N818  (HTTP's own words)
from autoresearch.errors import PublishError


class GitHubError(PublishError):
    """A call that did not end well: `status` is 0 where no answer came, `detail` is one harmless line of GitHub's."""

    def __init__(self, message: str, *, hint: str = "", status: int = 0, detail: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.detail = detail


class Forbidden(GitHubError):
    """The token may not (401, 403), or may not even see it (404 on a write: also what is gone by now)."""


class NotFound(GitHubError):
    """There is nothing to read at that path (404), or the token cannot see it."""


class Conflict(GitHubError):
    """The thing moved since it was read: 409, or 422 for a ref that exists already or is no fast-forward."""


class Invalid(GitHubError):
    """GitHub refuses the content of a request (400, 410, 422 and their like)."""


class TooLarge(Invalid):
    """More bytes than the caller allows; the rest was not read."""


class Unavailable(GitHubError):
    """No usable answer: 5xx, a reset, a timeout or a rate limit, after all tries.

    `maybe_done` says that a write may have happened all the same: look before sending it again.
    """

    def __init__(
        self, message: str, *, hint: str = "", status: int = 0, detail: str = "", maybe_done: bool = False
    ) -> None:
        super().__init__(message, hint=hint, status=status, detail=detail)
        self.maybe_done = maybe_done
