"""A site of any size, the same on every machine: in two languages, well linked, healthy but for its dead links.

Every page has about 20 KB: a head with canonical, description and hreflang, a menu, some 25 links, headings and text.
Page `n` links to its ten children in a tree (10n+1 … 10n+10), so all are reached from the start page, at a depth
that grows with the logarithm of their number.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

_BRANCHES = 10
_RELATED = 6
_MENU = 8
_PARAGRAPHS = 400
_VOCABULARY = (
    "harbour kiln glaze tide morning shelf bowl plate vase lantern pier anchor copper linen cedar salt window table "
    "garden letter paper river stone market season winter summer autumn spring light shadow colour pattern surface "
    "handle rim foot wheel clay slip cobalt iron oxide firing cone pyrometer bisque stoneware porcelain earthenware "
    "parcel delivery return customer order invoice warranty repair care washing drying storing gift wrap note studio "
    "visit workshop course beginner advanced teacher apprentice guild tradition museum gallery exhibition catalogue"
)
_WORDS = _VOCABULARY.split()


@dataclass(frozen=True)
class Site:
    """What was built, and what a crawler has to find in it."""

    folder: Path
    origin: str
    pages: int
    dead_links: int

    @property
    def urls(self) -> int:
        """How many different addresses the links of the site name: pages and dead ends."""
        return self.pages + self.dead_links


def build(folder: Path, origin: str, *, pages: int, dead_links: int) -> Site:
    """Write the site into `folder`. `origin` is what canonicals and the sitemap speak of."""
    draw = random.Random(20_26)
    paragraphs = [_paragraph(draw) for _ in range(_PARAGRAPHS)]
    every = pages // dead_links
    for number in range(pages):
        dead = number // every if number % every == every // 2 and number // every < dead_links else None
        file = folder / path(number).lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_page(number, pages, origin, paragraphs, dead), encoding="utf-8")
    (folder / "assets").mkdir()
    (folder / "assets" / "site.css").write_text("body { font: 1rem/1.5 serif; max-width: 60rem; margin: auto }\n")
    (folder / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {origin}/sitemap.xml\n")
    (folder / "sitemap.xml").write_text(_sitemap(pages, origin), encoding="utf-8")
    return Site(folder, origin, pages, dead_links)


def path(number: int) -> str:
    """The address of a page, as links name it: `index.html` has `/`."""
    if number == 0:
        return "/index.html"
    return f"/{_language(number)}/{_WORDS[number % 40]}-{_WORDS[number % 37 + 40]}/guide-{number}.html"


def _language(number: int) -> str:
    return "de" if number % 2 else "en"


def _twin(number: int, pages: int) -> int | None:
    """The same page in the other language: the odd page after each even one is its translation."""
    return number ^ 1 if number ^ 1 < pages else None


def _href(number: int) -> str:
    return path(number) if number else "/"


def _paragraph(draw: random.Random) -> str:
    words = draw.choices(_WORDS, k=draw.randint(60, 90))
    text = " ".join(words).capitalize()
    return f"<p>{text}. <em>{draw.choice(_WORDS)}</em> &amp; <strong>{draw.choice(_WORDS)}</strong>.</p>"


def _links(number: int, pages: int) -> list[int]:
    children = [child for child in range(_BRANCHES * number + 1, _BRANCHES * (number + 1) + 1) if child < pages]
    related = [(number * 7919 + step * 104_729) % pages for step in range(1, _RELATED + 1)]
    return children + related + [max(0, (number - 1) // _BRANCHES)]


def _page(number: int, pages: int, origin: str, paragraphs: list[str], dead: int | None) -> str:
    language = _language(number)
    title = f"{_WORDS[number % 40].title()} {_WORDS[number % 37 + 40]}, guide {number} ({language})"
    own = origin + _href(number)
    versions = {language: own}
    if (twin := _twin(number, pages)) is not None:
        versions[_language(twin)] = origin + _href(twin)
    alternates = "\n".join(f'<link rel="alternate" hreflang="{at}" href="{to}">' for at, to in sorted(versions.items()))
    menu = "".join(f'<li><a href="{_href(n)}">Section {n}</a></li>' for n in range(min(_MENU, pages)))
    links = "".join(f'<li><a href="{_href(n)}">Guide {n}</a></li>' for n in _links(number, pages))
    if dead is not None:
        links += f'<li><a href="/gone/guide-{dead}.html">An old guide</a></li>'
    sections = "\n".join(
        f'<section id="part-{part}"><h2>Part {part}</h2>\n'
        + "\n".join(paragraphs[(number * 31 + part * 17 + line * 7) % _PARAGRAPHS] for line in range(4))
        + "</section>"
        for part in range(8)
    )
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="description" content="What {title} tells about {_WORDS[number % 53]}.">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="canonical" href="{own}">
{alternates}
<link rel="stylesheet" href="/assets/site.css">
</head>
<body>
<nav><ul>{menu}</ul></nav>
<main>
<h1>{title}</h1>
{sections}
<ul>{links}</ul>
</main>
<footer><p>Harbour Clay, number {number}. <a href="#part-1">Up</a></p></footer>
</body>
</html>
"""


def _sitemap(pages: int, origin: str) -> str:
    urls = "\n".join(
        f"<url><loc>{origin}{_href(n)}</loc><lastmod>2026-03-{n % 28 + 1:02}</lastmod></url>" for n in range(pages)
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{urls}\n</urlset>\n"
