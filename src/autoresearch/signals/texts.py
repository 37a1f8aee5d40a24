"""Texts of the repository, one at a time: whole files, Markdown with front matter, rows of JSONL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MAX_BYTES = 5_000_000
_FENCE = "---"


@dataclass(frozen=True)
class Text:
    """One item that a rule can be asked about, or the `problem` that kept it from being read."""

    file: str
    """Relative to the repository's root."""
    line: int | None = None
    """Line of the row, for JSONL."""
    body: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    """Front matter, or the row itself."""
    problem: str | None = None

    def get(self, name: str) -> str | None:
        """A field as text (`a.b` reaches inside); None when it is missing."""
        value: Any = self.fields
        for step in name.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            return None
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def read(root: Path, pattern: str) -> Iterator[Text]:
    """Every text that a glob below `root` names, in order of path; nothing outside of `root` is followed."""
    base = root.resolve()
    for path in sorted(root.glob(pattern)):
        if not path.is_file() or not path.resolve().is_relative_to(base):
            continue
        name = path.relative_to(root).as_posix()
        yield from _rows(path, name) if path.suffix in {".jsonl", ".ndjson"} else (_file(path, name),)


def _file(path: Path, name: str) -> Text:
    if path.stat().st_size > _MAX_BYTES:
        return Text(name, problem=f"larger than {_MAX_BYTES:,} bytes")
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix not in {".md", ".mdx", ".markdown"} or not text.startswith(_FENCE):
        return Text(name, body=text)
    head, fence, body = text[len(_FENCE) :].partition(f"\n{_FENCE}")
    if not fence:
        return Text(name, body=text)
    fields = _front_matter(head)
    if fields is None:
        return Text(name, problem="the front matter is not a YAML mapping")
    return Text(name, body=body.partition("\n")[2], fields=fields)


def _front_matter(text: str) -> dict[str, Any] | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        return None
    return {str(key): value for key, value in data.items()} if isinstance(data, dict) else None


def _rows(path: Path, name: str) -> Iterator[Text]:
    with path.open("rb") as file:
        for number, raw in enumerate(iter(lambda: file.readline(_MAX_BYTES), b""), start=1):
            if not raw.strip():
                continue
            try:
                row = json.loads(raw)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                yield Text(name, number, problem="not a JSON object")
                continue
            body = row.get("text")
            yield Text(name, number, body=body if isinstance(body, str) else "", fields=row)
