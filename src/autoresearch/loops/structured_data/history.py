"""What only history shows: a type that a page, or all pages of a folder, had in the baseline. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from autoresearch.core.measurement import Finding, Scalar
from autoresearch.loops.structured_data.rules import found

Facts = Mapping[str, Scalar]
Observations = Mapping[str, Facts]

Types = tuple[tuple[str, ...], tuple[str, ...]]
"""Those of the things that stand for themselves, and of those inside of them."""

TYPES, INSIDE = "types", "inside"
TEMPLATE = 5
"""Pages of one folder that have a type: from here on it is their template's, and told once when all lose it."""


def observe(seen: Mapping[str, Types]) -> dict[str, dict[str, Scalar]]:
    """The types of each page, and of each folder (`/products/*`). Pages without any are noted: they are still there."""
    observed: dict[str, dict[str, Scalar]] = {page: _facts(seen[page]) for page in sorted(seen)}
    counts: dict[str, tuple[Counter[str], Counter[str]]] = defaultdict(lambda: (Counter(), Counter()))
    for page, types in seen.items():
        for counter, kinds in zip(counts[_folder(page)], types, strict=True):
            counter.update(kinds)
    for folder in sorted(counts):
        own, inside = (tuple(k for k, count in counter.items() if count >= TEMPLATE) for counter in counts[folder])
        if own or inside:
            observed[folder] = _facts((own, inside))
    return observed


def judge(now: Observations, before: Observations) -> Iterator[Finding]:
    """Types that were there and are not, on pages that still are."""
    pages: dict[str, list[str]] = defaultdict(list)
    for subject in now:
        if not is_folder(subject):
            pages[_folder(subject)].append(subject)
    everywhere: set[tuple[str, str]] = set()
    for folder, inside in sorted(pages.items()):
        if len(inside) >= TEMPLATE:
            for kind in _lost(before.get(folder, {}), {kind for page in inside for kind in _all(now[page])}):
                everywhere.add((folder, kind))
                yield _removed(folder, kind, f"pages here had `{kind}`: none of the {len(inside):,} has it now")
    for subject, facts in now.items():
        if not is_folder(subject):
            for kind in _lost(before.get(subject, {}), _all(facts)):
                if (_folder(subject), kind) not in everywhere:
                    yield _removed(subject, kind, f"had `{kind}`, and has it no longer")


def is_folder(subject: str) -> bool:
    """Whether an observation is about all pages of a folder."""
    return subject.endswith("/*")


def _lost(before: Facts, now: set[str]) -> list[str]:
    """What stood for itself and is gone; only if nothing did, what stood inside of other things."""
    return sorted(_kinds(before, TYPES) - now) or sorted(_kinds(before, INSIDE) - now)


def _removed(subject: str, kind: str, message: str) -> Finding:
    return found("type-removed", subject, kind, message, judged=True)


def _folder(subject: str) -> str:
    return subject[: subject.rfind("/") + 1] + "*"


def _facts(types: Types) -> dict[str, Scalar]:
    return {name: " ".join(sorted(kinds)) for name, kinds in zip((TYPES, INSIDE), types, strict=True) if kinds}


def _all(facts: Facts) -> set[str]:
    return _kinds(facts, TYPES) | _kinds(facts, INSIDE)


def _kinds(facts: Facts, name: str) -> set[str]:
    return set(str(facts.get(name) or "").split())
