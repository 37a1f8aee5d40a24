"""What a step tells its runner: outputs and summary through files, masks and annotations through the log.

Everything is escaped as the runner unescapes it, so that no text can give it commands.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from autoresearch.core.plain import plain
from autoresearch.errors import PublishError
from autoresearch.github.annotation import Annotation, worst_first

SUMMARY_BYTES = 1 << 20
"""What a step may upload; one byte more, and GitHub shows none of it."""
LOG_ANNOTATIONS = 10
"""What a step may annotate through its log."""
_MASKED_LENGTH = 3
"""A shorter line is no secret, and masking it would blacken half of every log."""
_MESSAGE = 2_000
_OUTPUT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def set_outputs(
    env: Mapping[str, str], outputs: Mapping[str, str], *, random: Callable[[], str] = lambda: secrets.token_hex(16)
) -> None:
    """Hand values to later steps; nothing where there is no runner. Raises `PublishError`.

    A value stands between two delimiters that nobody can guess: a value that brings one could set other outputs.
    """
    if path := env.get("GITHUB_OUTPUT"):
        _append(Path(path), "".join(_output(name, value, random) for name, value in outputs.items()))


def summary_room(env: Mapping[str, str]) -> int:
    """Bytes that this step's summary still takes; 0 where there is no runner."""
    if not (path := env.get("GITHUB_STEP_SUMMARY")):
        return 0
    try:
        used = Path(path).stat().st_size
    except OSError:
        used = 0
    return max(0, SUMMARY_BYTES - used)


def append_summary(env: Mapping[str, str], markdown: str) -> bool:
    """Add to the job's summary; False where it does not fit whole, and was not written. Raises `PublishError`."""
    text = markdown if markdown.endswith("\n") else f"{markdown}\n"
    if len(_bytes(text)) > summary_room(env):
        return False
    _append(Path(env["GITHUB_STEP_SUMMARY"]), text)
    return True


def mask_commands(values: Iterable[str]) -> list[str]:
    """Log lines after which the runner blackens these values, and each line of one that has several."""
    parts = {line for value in values for line in (value, *value.splitlines()) if len(line.strip()) >= _MASKED_LENGTH}
    return [f"::add-mask::{_escaped(part)}" for part in sorted(parts, key=lambda part: (-len(part), part))]


def annotation_commands(annotations: list[Annotation]) -> list[str]:
    """Log lines that become annotations: the worst ten, then one plain line that counts the rest."""
    shown = worst_first(annotations)[:LOG_ANNOTATIONS]
    lines = [_annotation(annotation) for annotation in shown]
    if more := len(annotations) - len(shown):
        lines.append(f"{more:,} more in the summary")
    return lines


def _output(name: str, value: str, random: Callable[[], str]) -> str:
    if not _OUTPUT_NAME.fullmatch(name):
        raise PublishError(f"{plain(name)!r} is no name of an output")
    while (delimiter := f"autoresearch_{random()}") in value:
        pass
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _annotation(annotation: Annotation) -> str:
    properties = {"file": plain(annotation.path), "line": str(annotation.line), "title": plain(annotation.title)}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{annotation.level} {written}::{_escaped(plain(annotation.message, _MESSAGE))}"


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _escaped(value).replace(":", "%3A").replace(",", "%2C")


def _append(path: Path, text: str) -> None:
    try:
        with path.open("ab") as file:
            file.write(_bytes(text))
    except OSError as error:
        raise PublishError(
            f"cannot write {path}: {error.strerror}", hint="the runner made it: is it mounted?"
        ) from None


def _bytes(text: str) -> bytes:
    """UTF-8; what is no character (half of a surrogate pair) as a question mark."""
    return text.encode("utf-8", "replace")
