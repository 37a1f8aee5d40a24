"""Where a knob's value stands in a file, so that nothing but the value changes: not a comment, not a quote."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from autoresearch.config.experiment import Choice, Knob
from autoresearch.errors import NotMeasuredError

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True)
class Place:
    """A value, and the characters that it takes."""

    value: Choice
    start: int
    end: int
    unit: str = ""
    """What follows the number and stays: `px`."""
    text: str = ""
    """As it stands there, unit included."""
    quoted: bool = False

    def put(self, text: str, value: Choice) -> str:
        """The text with another value there."""
        if isinstance(value, bool):
            told = "true" if value else "false"
        elif isinstance(value, str):
            told = json.dumps(value, ensure_ascii=False) if self.quoted else value
        else:
            told = f"{value}{self.unit}"
        return text[: self.start] + told + text[self.end :]


def find(knob: Knob, file: str, text: str) -> Place:
    """Raises `NotMeasuredError` where the file has no such place, or more than one."""
    if knob.path is not None:
        return _by_path(knob.path, file, text)
    if knob.css is not None:
        return _by_pattern(re.escape(knob.css) + r"\s*:\s*([^;}]+?)\s*(?=[;}])", text, knob.css)
    return _by_pattern(knob.pattern or "", text, knob.pattern or "")


def _by_pattern(pattern: str, text: str, name: str) -> Place:
    try:
        found = list(re.finditer(pattern, text, re.MULTILINE))
    except re.error as error:
        raise NotMeasuredError(f"the knob `{name}` is no regular expression: {error}") from error
    if len(found) != 1 or found[0].re.groups != 1 or found[0][1] is None:
        times = "is not there" if not found else f"is there {len(found)} times" if len(found) > 1 else "has no group"
        raise NotMeasuredError(f"the knob `{name}` {times}", hint="one place, and one group around its value")
    return _place(found[0][1], found[0].start(1))


def _place(told: str, start: int) -> Place:
    number = _NUMBER.match(told)
    if number and re.fullmatch(r"[a-z%]*", told[number.end() :]):
        text = number[0]
        value = int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
        return Place(value, start, start + len(told), told[number.end() :], told)
    return Place(told, start, start + len(told), text=told)


def _by_path(path: str, file: str, text: str) -> Place:
    """The value at a path, found by its scalar's place in the text."""
    steps: list[str | int] = [int(index) if index else name for name, index in _STEP.findall(path)]
    suffix = PurePosixPath(file).suffix
    if suffix in {".yml", ".yaml", ".json"}:
        start, end = _in_yaml(steps, text, path)  # JSON is YAML
    elif suffix == ".toml":
        start, end = _in_toml(steps, text, path)
    else:
        raise NotMeasuredError(f"the knob `{path}` is a path: it needs a YAML, JSON or TOML file", hint="use `pattern`")
    told = text[start:end]
    if told[:1] in {'"', "'"}:
        return Place(told[1:-1], start, end, text=told[1:-1], quoted=True)
    if told in {"true", "false"}:
        return Place(told == "true", start, end, text=told)
    return _place(told, start)


def _in_yaml(steps: list[str | int], text: str, path: str) -> tuple[int, int]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

    try:
        node: Any = YAML(typ="rt", pure=True).compose(io.StringIO(text))
    except YAMLError as error:
        raise NotMeasuredError(f"the knob `{path}`: the file is no YAML: {error}") from error
    for step in steps:
        if isinstance(node, MappingNode):
            node = next((value for key, value in node.value if key.value == str(step)), None)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            node = None
    if not isinstance(node, ScalarNode):
        raise NotMeasuredError(f"the knob `{path}` is not there, or is no single value")
    return node.start_mark.index, node.end_mark.index


def _in_toml(steps: list[str | int], text: str, path: str) -> tuple[int, int]:
    """By the table's heading and the key's line; what the file says with it changed is checked by `tomllib`."""
    *tables, key = [str(step) for step in steps]
    table = ""
    at = 0
    for line in text.splitlines(keepends=True):
        if heading := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = heading[1].strip()
        entry = re.match(
            rf"\s*{re.escape(key)}\s*=\s*(\"[^\"\n]*\"|'[^'\n]*'|[^\s#\[{{]+)\s*(?:#.*)?$", line.rstrip("\n")
        )
        if entry and table == ".".join(tables):
            return at + entry.start(1), at + entry.end(1)
        at += len(line)
    raise NotMeasuredError(f"the knob `{path}` is not there, or is no single value on its line")
