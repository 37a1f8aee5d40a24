"""Every rule of the loop, as data.

`error` is for what search engines drop, `warning` for what is wrong and may be dropped, `info` for advice.
"""

from __future__ import annotations

from autoresearch.core.measurement import Finding, Rule, Severity
from autoresearch.signals.site.model import Page

KIND = "structured-data"
_MAX_KEY = 300


def _rule(name: str, severity: Severity, title: str, fix: str) -> Rule:
    return Rule(f"{KIND}/{name}", severity, title, fix)


RULES: tuple[Rule, ...] = (
    # the syntax
    _rule("invalid-json", "error", "JSON-LD that is no JSON", "Let a JSON library write the block."),
    _rule("missing-context", "error", "JSON-LD without a vocabulary", 'Add `"@context": "https://schema.org"`.'),
    # schema.org's vocabulary
    _rule("unknown-type", "warning", "Types that schema.org does not have", "Use a type of schema.org."),
    _rule("unknown-property", "warning", "Properties that their type does not have", "Use a property of that type."),
    _rule("wrong-range", "warning", "Things of a type that cannot stand there", "Use one of the expected types."),
    _rule("invalid-value", "error", "Values that cannot be read", "Write the value as its datatype asks."),
    _rule("superseded", "info", "Names that have given way to others", "Use the newer name."),
    # Google's rich results
    _rule("missing-required", "error", "Rich results without what they need", "Add it, if the page has the fact."),
    _rule("missing-recommended", "info", "Rich results that could show more", "Add it, if the page has the fact."),
    # the page, and its past
    _rule("content-mismatch", "warning", "Markup that the page contradicts", "Make the markup from the same data."),
    _rule("type-removed", "error", "Types that pages had before", "Bring the markup back, or accept that it went."),
)
FOR_SEARCH = frozenset(("missing-required", "missing-recommended"))
"""What matters only where a search engine may show the page."""

_SEVERITIES = {rule.id: rule.severity for rule in RULES}


def found(
    rule: str,
    at: Page | str,
    key: str,
    message: str,
    *,
    severity: Severity | None = None,
    where: str = "",
    judged: bool = False,
) -> Finding:
    """A finding of `structured-data/<rule>` on a page; `where` is the place in its markup."""
    name = f"{KIND}/{rule}"
    return Finding(
        rule=name,
        subject=at if isinstance(at, str) else at.subject,
        key=key[:_MAX_KEY],
        severity=severity or _SEVERITIES[name],
        message=message,
        path=None if isinstance(at, str) else at.file,
        data={"where": where} if where else None,
        judged=judged,
    )
