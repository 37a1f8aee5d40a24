"""Take the pictures of docs/github.md: the comment and an issue that `scripts/demo --github` has left, in a browser.

    python docs/images/render.py github.json docs/images

Markdown becomes HTML as GitHub makes it: tables, task lists, and only the HTML that GitHub lets through. The looks are
those of `page.css`, which only resemble GitHub's.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
WIDTH = 900
BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome", "chromium-browser")
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BOX = re.compile(r"<li>\s*(<p>)?\[([ x])] ")


def to_html(markdown: str) -> str:
    """As GitHub shows it; comments are gone, as they are there."""
    rendered: str = _MARKDOWN.render(_COMMENT.sub("", markdown))
    return _BOX.sub(_boxed, rendered)


def _boxed(match: re.Match[str]) -> str:
    checked = " checked" if match[2] == "x" else ""
    return f'<li class="task">{match[1] or ""}<input type="checkbox" disabled{checked}> '


def message(author: str, body: str, what: str) -> str:
    """One box with somebody's words."""
    return (
        f'<article><header><b>{html.escape(author)}</b> <span class="bot">bot</span> {html.escape(what)}</header>'
        f'<div class="body">{to_html(body)}</div></article>'
    )


def of_comment(there: dict[str, Any]) -> str:
    """The comment on the pull request."""
    (pull,) = there["pulls"]
    (comment,) = pull["comments"]
    return message(comment["author"].removesuffix("[bot]"), comment["body"], "commented")


def of_issue(there: dict[str, Any]) -> str:
    """The issue that has both an open and an ended place: title, state, labels, and what it says."""
    issue = next(i for i in there["issues"] if "- [x]" in i["body"] and i["state"] == "open")
    labels = "".join(f'<span class="label">{html.escape(label)}</span>' for label in issue["labels"])
    head = f'<h1>{html.escape(issue["title"])} <span class="number">#{issue["number"]}</span></h1>'
    state = f'<p class="state"><span class="{issue["state"]}">{issue["state"].capitalize()}</span> {labels}</p>'
    return head + state + message(issue["author"].removesuffix("[bot]"), issue["body"], f"opened on {issue['created']}")


def pictures(there: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """File name → the page to take a picture of."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    for name, body in (("comment.png", of_comment(there)), ("issue.png", of_issue(there))):
        yield name, f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{style}</style><main>{body}</main>'


def main() -> None:
    """Render, and take the pictures at two pixels a point, so that they are sharp on any screen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("there", type=Path, help="github.json of the demo")
    parser.add_argument("out", type=Path, help="the folder for the pictures")
    options = parser.parse_args()
    there = json.loads(options.there.read_text(encoding="utf-8"))
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser)
        page = chromium.new_page(
            viewport={"width": WIDTH, "height": 600}, device_scale_factor=1.5, color_scheme="light"
        )
        for name, text in pictures(there):
            page.set_content(text)
            page.locator("main").screenshot(path=options.out / name)
        chromium.close()


if __name__ == "__main__":
    main()
