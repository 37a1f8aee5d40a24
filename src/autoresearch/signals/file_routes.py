"""File routers: Next.js, Astro, SvelteKit and Nuxt turn the names of files into routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from autoresearch.signals.routes import Routes, front_matter, is_draft, subject_of, text_of, walk
from autoresearch.signals.site.urls import identity, normal_path


@dataclass(frozen=True)
class Router:
    """One framework's way to turn file names into routes."""

    framework: str
    dependency: str
    """The npm package that shows its use."""
    folders: tuple[str, ...]
    steps: Callable[[str, str], list[str] | None]
    """(folder, file inside it) → the steps of the route; None when the file makes no page."""
    configs: tuple[str, ...]
    public: str
    """The folder whose files are published as they are."""
    opens: re.Pattern[str]
    """What, in a config or among dependencies, makes pages without a file: then no page is a stranger."""

    def read(self, root: Path, project: Path, dependencies: Iterable[str]) -> Routes | None:
        """The routes of `project`, with files named from `root`; None when it has none of this framework's."""
        static: dict[str, str] = {}
        dynamic: list[str] = []
        seen = False
        for name in self.folders:
            folder = project / name
            for file in sorted(walk(folder, folder)):
                steps = self.steps(name, file)
                if steps is None or (file.endswith((".md", ".mdx")) and is_draft(front_matter(folder / file))):
                    continue
                seen = True
                if any("[" in step for step in steps):
                    dynamic.append("".join(map(_step_as_regex, steps)) or "/")
                else:
                    path = subject_of("/" + "/".join(steps))
                    static.setdefault(path, (folder / file).relative_to(root).as_posix())
        if not seen:
            return None
        words = " ".join(dependencies) + "".join(text_of(project / name) for name in self.configs)
        files = (f"/{name}" for name in walk(project / self.public, project / self.public))
        dynamic += [re.escape(identity(normal_path(name))) for name in files if name.endswith((".html", ".htm"))]
        closed = self.opens.search(words) is None
        return Routes(self.framework, static, tuple(f"{d}/?" for d in dynamic), closed=closed)


def _step_as_regex(step: str) -> str:
    if re.fullmatch(r"\[\[?\.\.\.[^\]]*\]\]?", step):
        return "(?:/[^/]+)*"
    if re.fullmatch(r"\[\[[^\]]*\]\]", step):
        return "(?:/[^/]+)?"
    literal = re.split(r"\[\[?[^\]]*\]?\]", step)
    return "/" + "[^/]+".join(re.escape(normal_path("/" + part)[1:]) if part else "" for part in literal)


def _next_steps(folder: str, file: str) -> list[str] | None:
    if folder.endswith("app"):
        *folders, name = file.split("/")
        if not re.fullmatch(r"page\.(?:tsx|ts|jsx|js|mdx|md)", name):
            return None
        if any(step.startswith(("_", "@", "(.")) for step in folders):
            return None  # private, a parallel slot, or intercepted: no route of its own
        return [step.replace("%5F", "_") for step in folders if not _is_group(step)]
    steps = _plain_steps(file, ("tsx", "ts", "jsx", "js", "mdx", "md"))
    is_special = steps is not None and ((steps[:1] == ["api"]) or any(step.startswith("_") for step in steps))
    return None if is_special else steps


def _astro_steps(folder: str, file: str) -> list[str] | None:
    del folder
    steps = _plain_steps(file, ("astro", "md", "mdx", "markdown", "mdown", "html"))
    return None if any(part.startswith("_") for part in file.split("/")) else steps


def _svelte_steps(folder: str, file: str) -> list[str] | None:
    del folder
    *steps, name = file.split("/")
    is_page = (
        re.fullmatch(r"\+page(?:@[^.]*)?\.(?:svelte|md|mdx|svx)", name) and "[x+" not in file and "[u+" not in file
    )
    return [step for step in steps if not _is_group(step)] if is_page else None


def _nuxt_steps(folder: str, file: str) -> list[str] | None:
    del folder
    if any(part.startswith("-") for part in file.split("/")) or re.search(r"\.(?:spec|test|stories)\.", file):
        return None
    steps = _plain_steps(file, ("vue", "tsx", "jsx"))
    return None if steps is None else [step for step in steps if not _is_group(step)]


def _plain_steps(file: str, extensions: tuple[str, ...]) -> list[str] | None:
    stem, _, extension = file.rpartition(".")
    if extension not in extensions or "." in stem.rpartition("/")[2].split("[")[0]:
        return None
    steps = stem.split("/")
    return steps[:-1] if steps[-1] == "index" else steps


def _is_group(step: str) -> bool:
    return step.startswith("(") and step.endswith(")")


ROUTERS = (
    Router(
        "Next.js",
        "next",
        ("app", "src/app", "pages", "src/pages"),
        _next_steps,
        tuple(f"next.config.{e}" for e in ("js", "mjs", "cjs", "ts", "mts")),
        "public",
        re.compile(r"rewrites|i18n|next-intl|pageExtensions|basePath|nextra"),
    ),
    Router(
        "Astro",
        "astro",
        ("src/pages",),
        _astro_steps,
        tuple(f"astro.config.{e}" for e in ("mjs", "js", "ts", "mts", "cjs")),
        "public",
        re.compile(r"starlight|i18n|injectRoute|srcDir|keystatic"),
    ),
    Router(
        "SvelteKit",
        "@sveltejs/kit",
        ("src/routes",),
        _svelte_steps,
        ("svelte.config.js", "svelte.config.ts"),
        "static",
        re.compile(r"files\s*:|paraglide|reroute"),
    ),
    Router(
        "Nuxt",
        "nuxt",
        ("pages", "app/pages", "src/pages"),
        _nuxt_steps,
        ("nuxt.config.ts", "nuxt.config.js", "nuxt.config.mjs"),
        "public",
        re.compile(r"i18n|extends\s*:|pages:extend|srcDir|router\.options"),
    ),
)
