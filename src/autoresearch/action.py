"""The container's entry point: the inputs of a step (`INPUT_*`) as a command line, and the first lines of its log.

The token goes by the environment of this process alone: an argument can be read by every process of the machine.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from autoresearch import __version__
from autoresearch.errors import UsageError

_EVERY = {"config": "--config", "root": "--root"}
_JUDGED = {**_EVERY, "fail-on": "--fail-on", "api-url": "--api-url"}
_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "run": {**_JUDGED, "url": "--url", "base": "--base", "shard": "--shard", "result": "--out"},
    "publish": _JUDGED,
}
"""Command → input → option. A command that is not here takes what every command takes; the rest goes into `args`."""
_LISTS = {"run": "loops", "plan": "loops", "publish": "result"}
"""Command → the input that is its arguments."""
_FLAGS = ("comment", "check", "issues", "commit")
_PUBLISHING = {"run", "publish"}
_INPUTS = {"command", "token", "args", "loops", "fail-on", *_FLAGS, *(i for o in _OPTIONS.values() for i in o)}
_HARMLESS = {"command", "token", "args", "fail-on", "api-url"}
"""Inputs that a workflow may set for every command alike."""
_SWITCH = {"true": "--{}", "false": "--no-{}"}
_COMMAND = re.compile(r"[a-z][a-z-]*")
_SECRET = re.compile(r"(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY)$")
_SECRET_LENGTH = 8

Expand = Callable[[str], Sequence[str]]


def command_line(
    env: Mapping[str, str], *, expand: Expand = lambda pattern: [pattern]
) -> tuple[list[str], dict[str, str]]:
    """What a step's inputs ask for: the arguments of `autoresearch`, and the environment that they go with.

    An empty input is one that was not given. A value is never read as an option, whatever a branch or a URL is called.
    `expand` turns a pattern into the paths that it stands for. Raises `UsageError` naming the input.
    """
    given = _given(env)
    command = given.get("command", "run")
    if not _COMMAND.fullmatch(command):
        raise UsageError(f"input `command`: {command!r} is no command", hint="run, publish or another of --help")
    options = _OPTIONS.get(command, _EVERY)
    words = [f"{options[name]}={value}" for name, value in given.items() if name in options]
    if command in _PUBLISHING:
        words += [_switch(name, given[name]) for name in _FLAGS if name in given]
    words += _split("args", given.get("args", ""))
    arguments = _split(_LISTS[command], given.get(_LISTS[command], "")) if command in _LISTS else []
    if command == "publish":
        arguments = [path for pattern in arguments for path in expand(pattern)]
    _refuse_unused(command, given)
    rest = {name: value for name, value in env.items() if not name.startswith("INPUT_")}
    token = {"GITHUB_TOKEN": given["token"]} if "token" in given else {}
    return [command, *words, *(["--", *arguments] if arguments else [])], rest | token


def masks(env: Mapping[str, str]) -> list[str]:
    """Every value that no log may show: what is named like a secret, the longest first."""
    found = {v for name, v in env.items() if _SECRET.search(name.upper()) and len(v.strip()) >= _SECRET_LENGTH}
    return sorted(found, key=lambda value: (-len(value), value))


def _given(env: Mapping[str, str]) -> dict[str, str]:
    """Inputs by their names in action.yml: the runner puts `fail-on` into `INPUT_FAIL-ON`."""
    values = {name: env.get(f"INPUT_{name.upper()}", "").strip() for name in sorted(_INPUTS)}
    return {name: value for name, value in values.items() if value}


def _switch(name: str, value: str) -> str:
    if value.lower() not in _SWITCH:
        raise UsageError(
            f"input `{name}`: {value!r} is neither true nor false", hint="leave it out for what fits the event"
        )
    return _SWITCH[value.lower()].format(name)


def _split(name: str, value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise UsageError(f"input `{name}`: {error}", hint="close the quote, or escape it with a backslash") from error


def _refuse_unused(command: str, given: Iterable[str]) -> None:
    used = _HARMLESS | set(_OPTIONS.get(command, _EVERY)) | {_LISTS.get(command, "")}
    used |= set(_FLAGS) if command in _PUBLISHING else set()
    for name in given:
        if name not in used:
            raise UsageError(f"input `{name}` means nothing to `{command}`", hint="leave it out, or use `args`")


def _paths(pattern: str) -> list[str]:
    """The files that a pattern stands for, in the order of their names; itself where there is none: that is told."""
    import glob

    return sorted(glob.glob(pattern, recursive=True)) or [pattern]  # noqa: PTH207  `Path.glob` takes no absolute one


def _is_step() -> bool:
    return any(name.startswith("INPUT_") for name in os.environ) or os.environ.get("GITHUB_ACTIONS") == "true"


def main() -> None:
    """Run what the inputs ask for; with arguments, or outside of a step, this is the command line itself."""
    if not sys.argv[1:] and _is_step():
        _take_inputs()
    from autoresearch.__main__ import main as command_line_main

    command_line_main()


def _take_inputs() -> None:
    """The first lines are out before anything heavy is imported, the masks before them."""
    from autoresearch.github.workflow import mask_commands

    lines = mask_commands(masks(os.environ))
    print(*lines, f"autoresearch {__version__}", sep="\n", flush=True)  # noqa: T201  the log of the step
    try:
        words, environment = command_line(os.environ, expand=_paths)
    except UsageError as error:
        sys.stderr.write(f"autoresearch: {error}\n")
        sys.exit(error.exit_code)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words


if __name__ == "__main__":
    main()
