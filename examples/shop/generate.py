"""The shop's own site generator: posts, pages, products and catalogs in, `dist/` out.

    python generate.py --today 2026-10-05

Posts with a later date stay drafts. A page's `lastmod` is the newest date of what it shows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import html
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jinja2

ORIGIN = "https://shop.example"
LOCALES = ("en", "de")


@dataclass
class Page:
    """One page to be: where it stands, what its head says, and what its template needs."""

    locale: str
    path: str
    """Without the locale and with a slash at its end: `products/harbour-mug/`; "" is the start page."""
    template: str
    title: str
    description: str
    updated: str
    canonical: str = ""
    """The path that this page is a variant of; its own when left out."""
    robots: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """English lives at the root, German below `/de/`."""
        return address(self.locale, self.path)

    @property
    def listed(self) -> bool:
        """Whether search engines are asked to index it: then it is in the sitemap and names its translations."""
        return not self.robots and not self.canonical


def address(locale: str, path: str) -> str:
    """The address of a path in a locale."""
    return f"/{path}" if locale == "en" else f"/{locale}/{path}"


def markdown(text: str) -> str:
    """The Markdown that the shop's authors use: headings, lists, links, paragraphs, and HTML as it is."""

    def inline(line: str) -> str:
        return re.sub(r"\[([^]]+)]\(([^)]+)\)", r'<a href="\2">\1</a>', html.escape(line, quote=False))

    def block(lines: list[str]) -> str:
        if lines[0].startswith("<"):
            return "\n".join(lines)
        if lines[0].startswith("- "):
            return "<ul>\n" + "\n".join(f"<li>{inline(line[2:])}</li>" for line in lines) + "\n</ul>"
        if heading := re.fullmatch(r"(#+) (.*)", lines[0]):
            return f"<h{len(heading[1])}>{inline(heading[2])}</h{len(heading[1])}>"
        return f"<p>{inline(' '.join(lines))}</p>"

    return "\n".join(block(part.splitlines()) for part in re.split(r"\n\s*\n", text.strip()))


def read_markdown(file: Path) -> dict[str, str]:
    """Front matter (`key: value` lines) and the body as HTML, under `body`."""
    _, front, body = file.read_text(encoding="utf-8").split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in front.splitlines())
    fields = {key: value.strip('"') for key, value in fields.items()}
    return {"updated": fields.get("date", "")} | fields | {"body": markdown(body), "slug": file.stem}


def pages_of(root: Path, locale: str, today: str) -> Iterator[Page]:
    """Every page of one locale."""
    words = json.loads((root / f"locales/{locale}.json").read_text(encoding="utf-8"))
    products = [
        product | product[locale] | {"url": address(locale, f"products/{product['slug']}/")}
        for product in json.loads((root / "products.json").read_text(encoding="utf-8"))
    ]
    posts = [post for file in (root / "posts" / locale).glob("*.md") if (post := read_markdown(file))["date"] <= today]
    posts = sorted(posts, key=lambda post: post["date"], reverse=True)
    for post in posts:
        post["url"] = address(locale, f"blog/{post['slug']}/")
    yield home(locale, words, products[:3], posts[:3])
    yield listing(locale, "products", words, products, max(product["updated"] for product in products))
    yield listing(locale, "blog", words, posts, max(post["updated"] for post in posts))
    yield from product_pages(locale, words, products)
    yield from post_pages(locale, words, posts, {product["name"]: product for product in products})
    for file in sorted((root / "pages" / locale).glob("*.md")):
        page = read_markdown(file)
        facts = {key: page[key] for key in ("title", "description", "updated")}
        data = {"t": words, "body": page["body"]}
        yield Page(locale, f"{file.stem}/", "page.html", **facts, robots=page.get("robots", ""), data=data)


def home(locale: str, words: dict[str, Any], products: list[Any], posts: list[Any]) -> Page:
    """The start page of a locale."""
    updated = max(entry["updated"] for entry in (*products, *posts))
    data = {"t": words, "products": products, "posts": posts}
    return Page(locale, "", "home.html", words["home"]["title"], words["shop"]["description"], updated, data=data)


def listing(locale: str, name: str, words: dict[str, Any], entries: list[Any], updated: str) -> Page:
    """The overview of all products, or of all posts."""
    data = {"t": words, "entries": entries}
    texts = words[name]
    return Page(locale, f"{name}/", f"{name}.html", texts["title"], texts["description"], updated, data=data)


def product_pages(locale: str, words: dict[str, Any], products: list[Any]) -> Iterator[Page]:
    """A page for each product, and for each of its glazes one that points back to the product."""
    for product in products:
        path = f"products/{product['slug']}/"
        data = {"t": words, "product": product}
        yield Page(locale, path, "product.html", product["name"], product["teaser"], product["updated"], data=data)
        for slug, glaze in product["variants"].items():
            title = f"{product['name']}, {glaze}"
            text = f"{product['teaser']} {words['products']['glaze']}: {glaze}."
            data = {"t": words, "product": product | {"glaze": glaze}}
            canonical = product["url"]
            yield Page(locale, f"{path}{slug}/", "product.html", title, text, product["updated"], canonical, data=data)


def post_pages(locale: str, words: dict[str, Any], posts: list[Any], products: dict[str, Any]) -> Iterator[Page]:
    """A page for each post that is out."""
    for post in posts:
        data = {"t": words, "post": post, "product": products[post["product"]]}
        path = f"blog/{post['slug']}/"
        yield Page(locale, path, "post.html", post["title"], post["description"], post["updated"], data=data)


def templates(root: Path) -> jinja2.Environment:
    """The templates, with prices and dates as a locale writes them."""
    loader = jinja2.FileSystemLoader(root / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)

    def price(value: float, form: dict[str, Any]) -> str:
        whole, cents = f"{value:.2f}".split(".")
        return str(form["price"]).format(whole=whole, cents=cents)

    def date(value: str, form: dict[str, Any]) -> str:
        day = dt.date.fromisoformat(value)
        return str(form["date"]).format(day=day.day, month=form["months"][day.month - 1], year=day.year)

    environment.filters |= {"price": price, "date": date}
    environment.globals |= {"origin": ORIGIN, "link": address}
    return environment


def sitemap(pages: list[Page]) -> str:
    """The sitemap of everything that may be indexed."""
    entries = (f"<url><loc>{ORIGIN}{p.url}</loc><lastmod>{p.updated}</lastmod></url>" for p in pages if p.listed)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{space}">\n' + "\n".join(entries) + "\n</urlset>\n"


def generate(root: Path, today: str) -> None:
    """Write `dist/` anew."""
    dist = root / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    shutil.copytree(root / "static", dist)
    pages = [page for locale in LOCALES for page in pages_of(root, locale, today)]
    lost = replace(pages[0], path="404.html", template="404.html", title=pages[0].data["t"]["not_found"]["title"])
    environment = templates(root)
    for page in (*pages, replace(lost, description="", robots="noindex")):
        twins = [other for other in pages if other.path == page.path]
        text = environment.get_template(page.template).render(page=page, twins=twins, **page.data)
        file = dist / (page.url.lstrip("/") + ("index.html" if page.url.endswith("/") else ""))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    (dist / "sitemap.xml").write_text(sitemap(pages), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--today", required=True, help="the day that is built, as 2026-10-05")
    generate(Path(__file__).parent, parser.parse_args().today)
