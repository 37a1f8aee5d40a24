"""What can go wrong, as one tree; every error says what to do.

::

    AutoresearchError
    ├── UsageError        the command line asks for something that cannot be        exit 2
    ├── ConfigError       config.yml is wrong, with file:line:column                exit 2
    ├── NotMeasuredError  a loop could not look at its world                        exit 3
    ├── StateError        a state file is corrupt, newer, in conflict, unreadable   exit 3
    └── PublishError      measured, but a result could not be written or published  exit 4
"""

from __future__ import annotations

from typing import ClassVar


class AutoresearchError(Exception):
    """An expected failure: `message` says what happened and where, `hint` what the reader can do about it."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message


class UsageError(AutoresearchError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class ConfigError(AutoresearchError):
    """The configuration is wrong; the message starts with `file:line:column`."""

    exit_code = 2


class NotMeasuredError(AutoresearchError):
    """A loop could not look at its world; its baseline stays, and nothing is called fixed."""


class StateError(AutoresearchError):
    """A state file cannot be trusted; it is left as it is, and its loop is not compared."""


class PublishError(AutoresearchError):
    """Measuring worked, but the outcome could not be written; the result is kept where the message says."""

    exit_code = 4
