"""Agents that are programs: anything (`command`), and the command lines of Claude Code and Codex.

They run as programs of the repository do: without our tokens, as another user where that can be chosen, within limits,
ended whole. Of all secrets they get the model's key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from autoresearch.config.experiment import CommandAgent, ModelAgent
from autoresearch.errors import NotMeasuredError
from autoresearch.experiment.agents.base import Agent, Answer, Request
from autoresearch.experiment.agents.prompt import hypothesis, prompt
from autoresearch.signals.process import Disk, end_strays, run

_OUTPUT_LIMIT = 20_000_000
_DISK_LIMIT = 2_000_000_000
_KEYS = {"claude": ("ANTHROPIC_API_KEY",), "codex": ("OPENAI_API_KEY", "CODEX_API_KEY")}
_PROMPT = "prompt.md"


class Command(Agent):
    """Any program. `{prompt}` is the prompt, `{prompt_file}` a file that holds it, `{file}` the file to edit."""

    def __init__(self, settings: CommandAgent) -> None:
        self._settings = settings

    def propose(self, request: Request) -> Answer:
        """Run it in the folder."""
        text = prompt(request)
        note = request.scratch / _PROMPT
        note.write_text(text, encoding="utf-8")
        put_in = {"{prompt}": text, "{file}": request.file, "{prompt_file}": str(note)}
        command = [_filled(part, put_in) for part in self._settings.command]
        said = _run(command, request.folder, self._settings.time_limit, self._settings.keys)
        return Answer(hypothesis(said), dollars_in(said))


class Claude(Agent):
    """Claude Code, without its tools for shell and web, allowed to edit the one file."""

    def __init__(self, settings: ModelAgent) -> None:
        self._settings = settings

    def propose(self, request: Request) -> Answer:
        """One headless session."""
        said = _run(self.command(request), request.folder, self._settings.time_limit, _KEYS["claude"])
        try:
            told: Any = json.loads(said.strip().splitlines()[-1])
            return Answer(hypothesis(str(told.get("result", ""))), _number(told.get("total_cost_usd")))
        except (ValueError, IndexError, AttributeError):
            return Answer(hypothesis(said))

    def command(self, request: Request) -> list[str]:
        """Its flags, from `claude --help` of 2.1."""
        model = ["--model", self._settings.model] if self._settings.model else []
        return [
            "claude", "--bare", "-p", prompt(request), *model,
            "--tools", "Read,Edit,Grep,Glob",
            "--allowedTools", f"Edit({request.file})",
            "--permission-mode", "dontAsk",
            "--no-session-persistence",
            "--max-budget-usd", f"{self._settings.dollars:g}",
            "--output-format", "json",
        ]  # fmt: skip


class Codex(Agent):
    """Codex, in its own sandbox, which may write in the folder only."""

    def __init__(self, settings: ModelAgent) -> None:
        self._settings = settings

    def propose(self, request: Request) -> Answer:
        """One headless session; it names tokens, no dollars."""
        said = _run(self.command(request), request.folder, self._settings.time_limit, _KEYS["codex"])
        messages = [
            str(item.get("text", ""))
            for event in _json_lines(said)
            if isinstance(item := event.get("item"), dict) and item.get("type") == "agent_message"
        ]
        return Answer(hypothesis("\n".join(messages) or said))

    def command(self, request: Request) -> list[str]:
        """Its flags, from `codex exec --help` of 0.169."""
        model = ["--model", self._settings.model] if self._settings.model else []
        return [
            "codex", "exec", "--json", *model,
            "-s", "workspace-write",
            "-C", str(request.folder),
            "--skip-git-repo-check", "--ephemeral", "--ignore-user-config",
            prompt(request),
        ]  # fmt: skip


def dollars_in(said: str) -> float | None:
    """What a program says it cost: `total_cost_usd` or `cost_usd` of its last JSON line that has one."""
    found = [_number(line.get(key)) for line in _json_lines(said) for key in ("total_cost_usd", "cost_usd")]
    return next((dollars for dollars in reversed(found) if dollars is not None), None)


def _run(command: Sequence[str], folder: Path, time_limit: float, keys: Iterable[str]) -> str:
    told = {key: os.environ[key] for key in keys if key in os.environ}
    try:
        finished = run(
            command,
            cwd=folder,
            time_limit=time_limit,
            output_limit=_OUTPUT_LIMIT,
            environment={**told, "PWD": str(folder), "GIT_CEILING_DIRECTORIES": os.path.sep},
            disk=Disk(folder, _DISK_LIMIT),
        )
    finally:
        end_strays()
    if finished.code != 0:
        raise NotMeasuredError(f"`{command[0]}` ended with exit code {finished.code}: {finished.last_words()[-300:]}")
    return finished.stdout.decode("utf-8", "replace")


def _filled(part: str, put_in: dict[str, str]) -> str:
    """Only the program's own placeholders are replaced: what is put in is not looked at again."""
    if part in put_in:
        return put_in[part]
    for name in ("{file}", "{prompt_file}"):
        part = part.replace(name, put_in[name])
    return part


def _json_lines(said: str) -> list[dict[str, Any]]:
    found = []
    for line in said.splitlines():
        if line.startswith("{"):
            try:
                told = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(told, dict):
                found.append(told)
    return found


def _number(value: object) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6
    return float(value) if good else None  # type: ignore[arg-type]
