"""GitHub on loopback, a repository in it, and a hub that is connected to it: see tests/github/server.py."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from autoresearch.github import committed
from autoresearch.github.hub import Hub, connect
from tests.github.server import GitHub
from tests.github.state import Repo


@pytest.fixture
def github() -> Iterator[GitHub]:
    """The test fails when a request or an answer was not what GitHub's description of its API allows."""
    with GitHub() as server:
        yield server
        assert server.violations == []


@pytest.fixture
def shop(github: GitHub) -> Repo:
    return github.repository("acme/shop", files={"README.md": "# Shop\n", "src/index.html": "<h1>Shop</h1>\n"})


@pytest.fixture
def token(github: GitHub, shop: Repo) -> str:
    """A workflow's token that may do all that the Action asks for."""
    wanted = {"contents": "write", "issues": "write", "pull-requests": "write", "checks": "write", "actions": "read"}
    return github.token(wanted | {"deployments": "read"}, repository=shop.full_name)


@pytest.fixture
def naps() -> list[float]:
    """The seconds that the hub meant to sleep."""
    return []


@pytest.fixture
def hub(github: GitHub, shop: Repo, token: str, naps: list[float]) -> Hub:
    return connect(shop.full_name, token, github.api_url, pace=0, sleep=naps.append)


@pytest.fixture
def patience() -> float:
    """Seconds that whole jobs wait for an answer: for ever, as far as a busy machine goes."""
    return 60


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch, patience: float) -> list[float]:
    """The seconds that whole jobs meant to sleep; none does."""
    seconds: list[float] = []
    commit = committed.CommittedState.commit

    def commits(self: committed.CommittedState, *args: Any, **more: Any) -> Any:
        return commit(self, *args, **more, sleep=seconds.append)

    monkeypatch.setattr("autoresearch.github.hub.connect", partial(connect, sleep=seconds.append, timeout=patience))
    monkeypatch.setattr(committed.CommittedState, "commit", commits)
    return seconds
