"""What the night asks of an agent, and what it gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.errors import NotMeasuredError


@dataclass(frozen=True)
class Earlier:
    """A try that was, as an agent may see it."""

    number: int
    status: str
    gain: float | None
    description: str
    reason: str
    diff: str = ""
    """Hash of the change; "" where nothing was measured."""


@dataclass(frozen=True)
class Request:
    """A fresh context for each try: nothing else is carried over."""

    number: int
    folder: Path
    """A clean checkout of the incumbent, to be edited there."""
    file: str
    """The one file that may be edited, from `folder`."""
    content: bytes
    """What is in it."""
    scratch: Path
    """A folder beside, for what the agent is handed: the prompt as a file."""
    program: str
    """The user's instructions."""
    earlier: Sequence[Earlier]


@dataclass(frozen=True)
class Answer:
    """What an agent says of its change. The change itself is in the folder."""

    description: str
    """The hypothesis, one line."""
    dollars: float | None = None
    """What it cost, where the program tells."""


class Agent(ABC):
    """One change a try. A failure is a `NotMeasuredError`: a crash of this try, not of the night."""

    has_ideas: bool = True
    """False once there is nothing left to try."""

    @abstractmethod
    def propose(self, request: Request) -> Answer:
        """Edit `request.file` in `request.folder`."""


class NoAgent(Agent):
    """Nobody: each trial of a set-up brings its own."""

    has_ideas = False

    def propose(self, request: Request) -> Answer:
        """Nothing."""
        raise NotMeasuredError(f"there is no agent for try {request.number}")
