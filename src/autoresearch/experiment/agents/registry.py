"""From the config's `agent:` to an agent."""

from __future__ import annotations

from autoresearch.config.experiment import CommandAgent, Experiment, Knobs
from autoresearch.errors import UsageError
from autoresearch.experiment.agents.base import Agent


def make_agent(name: str, settings: Experiment) -> Agent:
    """Raises `UsageError` for knobs that nobody declared."""
    told = settings.agent
    if isinstance(told, Knobs):
        from autoresearch.experiment.agents.knobs import KnobTurner

        if not told.knobs:
            raise UsageError(
                f"experiments.{name}.agent: no knobs are declared",
                hint="knobs: [{css: --gap, range: [4, 32], step: 4}], or {path: …}, or {pattern: …}",
            )
        return KnobTurner(told, settings.seed)
    from autoresearch.experiment.agents.programs import Claude, Codex, Command

    if isinstance(told, CommandAgent):
        return Command(told)
    return Claude(told) if told.kind == "claude" else Codex(told)
