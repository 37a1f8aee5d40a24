"""Every rule of the loop, as data.

`error` is for what surely fails a visitor or a crawler, `warning` for what likely does, `info` for advice.
"""

from __future__ import annotations

from typing import Literal

from autoresearch.core.measurement import SITE, Finding, Rule, Severity
from autoresearch.signals.site.model import Page

_MAX_KEY = 500
_MAX_QUOTE = 80


def _rule(
    name: str,
    severity: Severity,
    title: str,
    fix: str,
    *,
    scope: Literal["subject", "site"] = "subject",
    default_off: bool = False,
) -> Rule:
    return Rule(f"seo/{name}", severity, title, fix, scope=scope, default_off=default_off)


RULES: tuple[Rule, ...] = (
    # links
    _rule("broken-link", "error", "Links to pages that fail", "Correct the link, or redirect its target."),
    _rule("broken-fragment", "warning", "Links to sections that do not exist", "Name an id of the target page."),
    _rule(
        "external-broken-link",
        "warning",
        "Links to other sites that fail",
        "Correct or remove the link.",
        default_off=True,
    ),
    _rule("redirect-chain", "warning", "Redirects that lead to redirects", "Redirect straight to the last address."),
    _rule("redirect-loop", "error", "Redirects that never end", "Break the circle of redirects."),
    _rule(
        "orphan-page",
        "warning",
        "Pages that no other page links to",
        "Link to the page where its readers are, or remove it.",
        scope="site",
    ),
    # sitemaps and robots.txt
    _rule("sitemap-missing", "warning", "No sitemap", "Publish /sitemap.xml and name it in robots.txt.", scope="site"),
    _rule("sitemap-invalid", "error", "Sitemaps that cannot be read", "Make the sitemap valid.", scope="site"),
    _rule("sitemap-url-broken", "error", "Sitemap entries that fail", "Remove the entry, or bring the page back."),
    _rule("sitemap-url-redirects", "warning", "Sitemap entries that redirect", "List the address that it leads to."),
    _rule(
        "sitemap-url-noindex",
        "warning",
        "Sitemap entries that ask not to be indexed",
        "Remove the entry, or the page's noindex.",
    ),
    _rule(
        "sitemap-url-not-canonical",
        "warning",
        "Sitemap entries that name another page as canonical",
        "List the canonical page instead.",
    ),
    _rule(
        "sitemap-missing-page", "warning", "Pages that no sitemap lists", "Add the page to the sitemap.", scope="site"
    ),
    _rule(
        "sitemap-stale-lastmod",
        "warning",
        "Changed pages with an old lastmod",
        "Let lastmod follow the content: crawlers skip pages that look unchanged.",
    ),
    _rule(
        "sitemap-dishonest-lastmod",
        "warning",
        "New lastmod, old content",
        "Date the content, not the build: crawlers stop trusting dates that cry wolf.",
    ),
    _rule(
        "robots-blocked",
        "warning",
        "Pages that robots.txt hides",
        "Allow the page in robots.txt, or stop listing and linking it.",
        scope="site",
    ),
    # the repository's routes
    _rule(
        "route-missing",
        "error",
        "Routes of the repository that are not on the site",
        "Find out why the build or the server leaves the page out.",
        scope="site",
    ),
    _rule(
        "route-unexpected",
        "info",
        "Pages that no route of the repository explains",
        "Remove the left-over page, or add its route.",
        scope="site",
    ),
    # what a page says about itself
    _rule("canonical-missing", "info", "Pages without a canonical", "Name the page's own address as its canonical."),
    _rule("canonical-broken", "error", "Canonicals that fail", "Name a canonical page that exists."),
    _rule(
        "canonical-conflict",
        "warning",
        "Canonicals that contradict",
        "Name one canonical: a page that answers, may be indexed and is its own canonical.",
    ),
    _rule("noindex-unexpected", "error", "Pages that may no longer be indexed", "Remove the noindex."),
    _rule("page-gone", "error", "Pages that are gone without a redirect", "Bring the page back, or redirect it."),
    _rule(
        "soft-404",
        "warning",
        "Missing pages that answer 200",
        "Answer 404 or 410 where there is no page.",
        scope="site",
    ),
    _rule("title-missing", "warning", "Pages without a title", "Give the page a <title>."),
    _rule("title-duplicate", "warning", "Pages that share a title", "Give each page a title of its own.", scope="site"),
    _rule("description-missing", "info", "Pages without a description", 'Add <meta name="description">.'),
    _rule(
        "description-duplicate",
        "info",
        "Pages that share a description",
        "Describe each page in its own words.",
        scope="site",
    ),
    _rule("h1-missing", "info", "Pages without a main heading", "Give the page one <h1>."),
    _rule("lang-missing", "warning", "Pages that do not say their language", "Add lang to <html>."),
    _rule("meta-refresh", "warning", "Pages that send visitors away", "Redirect on the server (301 or 308)."),
    _rule("mixed-content", "error", "Insecure resources on secure pages", "Load it over https."),
    # languages
    _rule(
        "hreflang-invalid",
        "error",
        "hreflang codes that do not exist",
        "Use ISO codes: a language (en), and optionally a region (en-GB).",
    ),
    _rule(
        "hreflang-no-return",
        "warning",
        "Alternates that do not link back",
        "Let both pages name each other: search engines ignore one-sided alternates.",
        scope="site",
    ),
    _rule(
        "hreflang-missing",
        "warning",
        "Translated pages without hreflang",
        'Name every translation in <link rel="alternate" hreflang>.',
        scope="site",
    ),
)

_SEVERITIES = {rule.id: rule.severity for rule in RULES}


def found(
    rule: str, at: Page | str, message: str, *, key: str = "", severity: Severity | None = None, judged: bool = False
) -> Finding:
    """A finding of `seo/<rule>` on a page, or on an address that is none."""
    name = f"seo/{rule}"
    return Finding(
        rule=name,
        subject=at if isinstance(at, str) else at.subject,
        key=key[:_MAX_KEY],
        severity=severity or _SEVERITIES[name],
        message=message,
        path=None if isinstance(at, str) else at.file,
        judged=judged,
    )


def found_on_site(rule: str, message: str, *, key: str = "", judged: bool = False) -> Finding:
    """A finding that is true of the site as a whole."""
    return found(rule, SITE, message, key=key, judged=judged)


def quoted(text: str) -> str:
    """A text of the site inside a message, cut to what a reader needs."""
    return f"“{text[:_MAX_QUOTE]}{'…' if len(text) > _MAX_QUOTE else ''}”"


def listed(addresses: list[str], most: int = 3) -> str:
    """`/a, /b, /c and 12 more`."""
    more = f" and {len(addresses) - most:,} more" if len(addresses) > most else ""
    return ", ".join(addresses[:most]) + more
