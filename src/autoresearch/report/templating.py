"""The sandbox in which templates run: whatever they print is escaped, unless our own code made it Markdown."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import autoresearch
from autoresearch.errors import AutoresearchError, ConfigError
from autoresearch.report import escape, words
from autoresearch.report.escape import Markdown

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_YOURS = "yours"


def templates_dir() -> Path:
    """Where our templates are: inside the installed package, or at the top of a checkout."""
    package = Path(autoresearch.__file__).parent
    for folder in (package / "templates", package.parents[1] / "templates"):
        if (folder / "report.md.j2").is_file():
            return folder
    raise AutoresearchError(f"{package}: the templates are missing", hint="install autoresearch-action again")


def template_source(name: str) -> str:
    """Our own template of that name, as it is written."""
    return (templates_dir() / name).read_text(encoding="utf-8")


def render_template(name: str, values: Mapping[str, Any], overrides: Path | None = None) -> str:
    """The template `name` with `values`; the file of that name in `overrides` goes before ours, and may extend it.

    Raises `ConfigError` naming `file:line` when a user's template cannot be rendered.
    """
    from jinja2 import TemplateError

    environment = _environment(overrides)
    own = overrides is not None and (overrides / name).is_file()
    try:
        return environment.get_template(f"{_YOURS}/{name}" if own else name).render(values)
    except (
        TemplateError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        OSError,
        RecursionError,
    ) as error:
        if not own or overrides is None:
            raise
        raise ConfigError(
            f"{_where(error, overrides, name)}: {type(error).__name__}: {error}",
            hint="mend the template, or remove it to get the built-in report (docs/templates.md)",
        ) from error


@lru_cache(maxsize=4)
def _environment(overrides: Path | None) -> SandboxedEnvironment:
    """Kept: to compile a template takes longer than all the rest, and one publish renders a dozen times."""
    from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
    from jinja2.runtime import BlockReference, Context, Macro
    from jinja2.sandbox import SandboxedEnvironment

    class Environment(SandboxedEnvironment):
        def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
            """What a macro or `super()` returns went through `finalize` already."""
            result = super().call(context, called, *args, **kwargs)
            return Markdown(result) if isinstance(called, BlockReference | Macro) else result

    ours = FileSystemLoader(templates_dir())
    loaders: list[BaseLoader] = [ours]
    if overrides is not None:
        yours = FileSystemLoader(overrides)
        loaders = [PrefixLoader({_YOURS: yours}), ours, yours]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        undefined=StrictUndefined,
        finalize=_finalize,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters = {name: f for name, f in environment.filters.items() if name != "safe"}
    environment.filters |= {"code": escape.code, "prose": escape.prose, "plural": words.plural}
    return environment


def _finalize(value: object) -> str:
    return value if isinstance(value, Markdown) else escape.text(str(value))


def _where(error: BaseException, overrides: Path, name: str) -> str:
    """The innermost line of the user's templates that the error came through."""
    if (line := getattr(error, "lineno", None)) is not None:
        return f"{getattr(error, 'filename', None) or overrides / name}:{line}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(str(overrides))]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(overrides / name)
