"""Read `config.yml`: YAML to models, every error with `file:line:column`, the reason and what was probably meant."""

from __future__ import annotations

import difflib
import re
import types
import typing
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from autoresearch.config.model import NAME, Config
from autoresearch.core.plain import plain
from autoresearch.core.problem import reason, trouble_with
from autoresearch.errors import ConfigError

M = TypeVar("M", bound=BaseModel)
Loc = tuple[int | str, ...]

_KEY = "[key]"
"""What pydantic appends to the place of a key that is wrong itself."""
_MAX_BYTES = 1_000_000
_MAX_NODES = 100_000
_MAX_ERRORS = 10


@dataclass(frozen=True)
class Document:
    """A parsed YAML file that knows where each of its values stands."""

    name: str
    data: dict[str, Any]
    places: Mapping[Loc, tuple[int, int]]
    """Path of keys and indices → line and column, from 1."""

    def where(self, loc: Sequence[int | str]) -> str:
        """`file:line:column` of a value, or of the nearest thing around it."""
        path = tuple(loc)
        while path not in self.places and path:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return f"{self.name}:{line}:{column}"

    def error(self, loc: Sequence[int | str], message: str, *, hint: str = "") -> ConfigError:
        """An error that says where."""
        return ConfigError(f"{self.where(loc)}: {message}", hint=hint)

    def validate(self, model: type[M], data: Any, at: Loc = ()) -> M:
        """Part of the document as a model. Raises `ConfigError` that lists what is wrong, each with its place."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            problems = _joined([self._problem(model, at, item) for item in error.errors(include_url=False)])
            more = [f"… and {len(problems) - _MAX_ERRORS} more"] if len(problems) > _MAX_ERRORS else []
            raise ConfigError("\n".join([*problems[:_MAX_ERRORS], *more])) from error

    def _problem(self, model: type[BaseModel], at: Loc, error: Any) -> tuple[str, str]:
        loc = _within(self.data, (*at, *(step for step in error["loc"] if step != _KEY)))
        name = ".".join(plain(str(step), 80) for step in loc) or "the file"
        why = reason(error).replace("an object", "`key: value` pairs")
        if error["type"] == "extra_forbidden":
            why += suggestion(str(error["loc"][-1]), _fields(model, error["loc"][:-1]))
        elif error.get("ctx", {}).get("pattern") == NAME:
            why = "a name has small letters, digits and hyphens, and at most 64 of them"
        return f"{self.where(loc)}: {name}", why


def read(path: Path, shown_as: str | None = None) -> Document:
    """Parse a YAML file. Raises `ConfigError` for what is missing, too large, or not a YAML mapping."""
    name = shown_as or str(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{name}: larger than {_MAX_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{name}: there is no such file",
            hint="write one (docs/config.md), or name a loop: `autoresearch run seo -C FOLDER`",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: cannot be read: {trouble_with(error)}") from error
    return parse(text, name)


def parse(text: str, name: str) -> Document:
    """Parse YAML text. Anchors work within reason; duplicate keys, tabs and several documents are errors."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        with warnings.catch_warnings(action="ignore"):  # an anchor may be used again
            tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise ConfigError(f"{place}: {_reason(error)}") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: not valid YAML: {error}") from error
    if not isinstance(tree, CommentedMap):
        raise ConfigError(f"{name}:1:1: expected `key: value` pairs", hint="the first line is `version: 1`")
    places: dict[Loc, tuple[int, int]] = {}
    data = _plain(tree, (), places, name)
    return Document(name, data, places)


def load(path: Path, shown_as: str | None = None) -> tuple[Config, Document]:
    """The envelope of a config file, and the document that the loops' settings are validated from."""
    document = read(path, shown_as)
    return document.validate(Config, document.data), document


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """ "; did you mean `rules`?", or the choices when nothing is near."""
    names = sorted(candidates)
    ends = {name.removeprefix(word.rpartition("/")[0] + "/"): name for name in names}  # of rules: what follows `seo/`
    if near := difflib.get_close_matches(word.rpartition("/")[2], ends, n=1, cutoff=0.6):
        return f"; did you mean `{ends[near[0]]}`?"
    return f"; known here: {', '.join(names)}" if names else ""


def _joined(problems: Iterable[tuple[str, str]]) -> list[str]:
    """One line a place; what it may be in one way or another is told together."""
    reasons: dict[str, list[str]] = {}
    for place, why in problems:
        reasons.setdefault(place, []).append(why)
    return [f"{place}: {_either(list(dict.fromkeys(whys)))}" for place, whys in reasons.items()]


def _either(whys: Sequence[str]) -> str:
    """`must be a or b, not c` of several reasons that name the same c."""
    wanted, given = zip(*(why.partition(", not ")[::2] for why in whys), strict=True)
    if len(whys) > 1 and given[0] and len(set(given)) == 1:
        choices = ", ".join(part.removeprefix("must be ").replace(" or ", ", ") for part in wanted)
        return f"must be {' or '.join(choices.rsplit(', ', 1))}, not {given[0]}"
    return ", or ".join(whys)


_IN_PLAIN_WORDS = (
    (r"found duplicate key \"(.*?)\"", "the key `{}` stands there twice"),
    (r".*(?:\\t|\t)", "a tab indents this line; YAML wants spaces"),
    (r"expected ',' or '([]}])'", "a list or mapping in brackets is not closed; its `{}` is missing before this place"),
    (r"found unexpected end of stream", "a quote is opened and not closed before the end of the file"),
    (r"expected <block end>", "this line does not belong to the block above it; check its indentation"),
    (
        r"mapping values are not allowed",
        "a second `: ` in a value, or a wrong indentation; text with a colon wants quotes",
    ),
    (r"found character '(.)' that cannot start", "a value cannot begin with `{}`; put it in quotes"),
    (r"found undefined alias '(.*?)'", "`*{0}` refers to an anchor; there is no `&{0}` before it"),
    (
        r"found unknown escape character '(.)'",
        "`\\{}` means nothing in double quotes; single quotes take it as it is",
    ),
    (r"but found another document", "a second document begins here; a config is one"),
)
"""How the parser's first words begin → what a reader is told, with what they name."""


def _reason(error: Any) -> str:
    """What the parser found, in plain words where they are known; else in its own first words."""
    problem = (error.problem or "not valid YAML").strip().splitlines()[0]
    for begins, words in _IN_PLAIN_WORDS:
        if found := re.match(begins, problem):
            return words.format(*(plain(name, 80) for name in found.groups()))
    return plain(problem)


def _plain(node: Any, loc: Loc, places: dict[Loc, tuple[int, int]], name: str) -> Any:
    """Plain Python data, with the place of each key and item; bounded, so that nested anchors cannot explode."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if len(places) > _MAX_NODES:
        raise ConfigError(f"{name}: more than {_MAX_NODES:,} values, anchors included")
    if isinstance(node, CommentedMap):
        for key in node:
            places[(*loc, str(key))] = _place(node.lc, key)
        return {str(key): _plain(value, (*loc, str(key)), places, name) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            places[(*loc, index)] = _place(node.lc, index)
        return [_plain(value, (*loc, index), places, name) for index, value in enumerate(node)]
    return _scalar(node)


def _place(lc: Any, key: Any) -> tuple[int, int]:
    entry = (lc.data or {}).get(key)  # a merged key (`<<: *anchor`) has no place of its own
    return (entry[0] + 1, entry[1] + 1) if entry else (lc.line + 1, lc.col + 1)


def _scalar(node: Any) -> Any:
    node = getattr(node, "value", node)  # of what a tag stands before: `!!foo text`
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _within(data: Any, loc: Loc) -> Loc:
    """The part of a pydantic location that exists in the document: union tags and the like are left out."""
    path: list[int | str] = []
    for step in loc:
        inside = step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
        if inside:
            data = data[step]
        elif not isinstance(data, dict) or step != loc[-1]:
            continue
        path.append(step)
    return tuple(path)


def _fields(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """The keys that are known at a location below a model."""
    current: Any = model
    for step in (name for name in loc if isinstance(name, str)):
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(step)
            current = _inner_model(field.annotation) if field else None
    return sorted(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _inner_model(annotation: Any) -> Any:
    """The model inside `M | None`, `tuple[M, ...]`, `dict[str, M]`."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    inner = (_inner_model(argument) for argument in typing.get_args(annotation) if argument is not ...)
    return next((model for model in inner if model is not None), None)
