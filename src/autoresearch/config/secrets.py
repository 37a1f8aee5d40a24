"""`${NAME}` in config values: resolved when a loop needs them, masked in everything that is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from autoresearch.errors import NotMeasuredError

M = TypeVar("M", bound=BaseModel)

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MASK = "***"
_MIN_LENGTH = 3
"""A shorter value is no secret, and masking it would blacken half of every text."""


class Secrets:
    """The environment's values that the config has asked for so far."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._values: set[str] = set()

    def learn(self, value: Any) -> None:
        """Note every variable that a config value names, so that it is masked from the first line on."""
        for name in _names(value):
            if (found := self._environment.get(name)) and len(found) >= _MIN_LENGTH:
                self._values.add(found)

    def resolve(self, value: Any) -> Any:
        """Replace every `${NAME}` in strings, lists and mappings.

        Raises `NotMeasuredError` naming the variable that is not set: only the loop that needs it stops.
        """
        if isinstance(value, str):
            return _PLACEHOLDER.sub(self._lookup, value)
        if isinstance(value, Mapping):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.resolve(item) for item in value]
        return value

    def resolved(self, model: M) -> M:
        """A model with its placeholders resolved, validated again."""
        raw = model.model_dump(exclude_unset=True)
        return type(model).model_validate(self.resolve(raw)) if any(_names(raw)) else model

    def mask(self, value: Any) -> Any:
        """Replace every value that was asked for by `***`, in a text or in all texts of JSON-like data."""
        if isinstance(value, str):
            for secret in self.values:
                value = value.replace(secret, _MASK)
            return value
        if isinstance(value, Mapping):
            return {self.mask(key): self.mask(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.mask(item) for item in value]
        return value

    def masked(self, model: M) -> M:
        """A model in which no secret is left."""
        if not self._values:
            return model
        return type(model).model_validate(self.mask(model.model_dump(exclude_unset=True)))

    @property
    def values(self) -> list[str]:
        """What must never be written, longest first, so that one that contains another goes whole."""
        return sorted(self._values, key=lambda secret: (-len(secret), secret))

    def _lookup(self, match: re.Match[str]) -> str:
        name = match[1]
        if name not in self._environment:
            raise NotMeasuredError(
                f"the config needs ${{{name}}}, which is not set",
                hint=f"set {name} in the environment; in a workflow: `env: {{{name}: ${{{{ secrets.{name} }}}}}}`",
            )
        value = self._environment[name]
        if len(value) >= _MIN_LENGTH:
            self._values.add(value)
        return value


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return _PLACEHOLDER.findall(value)
    if isinstance(value, Mapping):
        return [name for item in value.values() for name in _names(item)]
    if isinstance(value, list | tuple):
        return [name for item in value for name in _names(item)]
    return []
