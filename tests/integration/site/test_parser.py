"""Documents are parsed by another process, and none of them can stop the crawl."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site import parser
from autoresearch.signals.site.model import Page
from autoresearch.signals.site.parser import Parser, UnreadableError, open_parser
from autoresearch.signals.site.urls import Place

from .conftest import html

PLACE = Place((("https://a.example", "/"),))
ENDLESS = {
    "elements": "<div>" * 100_000,
    "lists in definitions": "<li><dd>" * 50_000,
    "after an empty comment": "<!-->" + "<div>" * 60_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">",
}
LEFT_OPEN = "<p>" + "".join(f"<b a={n}>" for n in range(1_200)) + "</p>" + "<p>x" * 4_000
"""Each paragraph opens all of them again: 30 kB become a gigabyte."""


def read(*bodies: bytes | str, most: int = 1) -> list[Page | str]:
    """Each document's page, or why there is none."""
    with open_parser(most) as opened:
        return asyncio.run(_read(opened, bodies))


async def _read(opened: Parser, bodies: Sequence[bytes | str]) -> list[Page | str]:
    async def one(number: int, body: bytes | str) -> Page | str:
        content = body if isinstance(body, bytes) else body.encode()
        try:
            return await opened.read(content, f"https://a.example/{number}", f"/{number}", PLACE)
        except UnreadableError as error:
            return str(error)

    return await asyncio.gather(*(one(number, body) for number, body in enumerate(bodies)))


def subjects(pages: list[Page | str]) -> list[str]:
    return [page if isinstance(page, str) else page.subject for page in pages]


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_takes_for_ever_is_told_and_the_others_are_read(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MAX_SECONDS", 0.2)
    pages = read(html("/a"), ENDLESS[kind], html("/b"), html("/a"))
    assert subjects(pages) == ["/0", "it takes the parser longer than 0.2 s", "/2", "/3"]


def test_what_takes_all_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MAX_MEGABYTES", 200)
    pages = read(html("/a"), LEFT_OPEN, html("/a"))
    assert subjects(pages) == ["/0", "it takes the parser more than 200 MB of memory", "/2"]


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("most", [1, 2])
def test_what_takes_the_parser_down_is_told(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "COMMAND", (sys.executable, "-P", str(Path(__file__).with_name("fragile.py"))))
    bodies = [html(f"/{n}", body="crash" if n in {0, 7, 8, 30} else "") for n in range(31)]
    pages = read(*bodies, most=most)
    told = {number: page for number, page in enumerate(pages) if isinstance(page, str)}
    assert told == dict.fromkeys((0, 7, 8, 30), "it makes the parser fail (code -6)")
    assert [page.links[0].target for page in pages if isinstance(page, Page)] == [
        f"/{n}" for n in range(31) if n not in told
    ]


@pytest.mark.parametrize("command", [(sys.executable, "-c", "raise SystemExit(7)"), ("/no/such/program",)])
def test_without_a_parser_nothing_is_measured(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "COMMAND", command)
    with pytest.raises(NotMeasuredError, match="the parser cannot be started"):
        read(html(), html())


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process is started as soon as documents wait."""
    monkeypatch.setattr(parser, "_MANY", 0)


@pytest.mark.usefixtures("eager")
def test_two_processes_read_what_one_reads() -> None:
    bodies = [html(*(f"/p{n * k % 17}" for k in range(9)), body=f"<p id=a{n}>{n}") for n in range(80)]
    assert repr(read(*bodies, most=2)) == repr(read(*bodies))


def test_equal_links_are_one_object() -> None:
    one, other = read(html("/a", "/b"), html("/b"))
    assert isinstance(one, Page)
    assert isinstance(other, Page)
    assert one.links[1] is other.links[0]


def test_documents_larger_than_any_pipe_arrive_whole() -> None:
    large = html(*(f"/{n:0>200}" for n in range(15_000)))
    pages = read(large, html("/x"), large)
    assert [len(page.links) for page in pages if isinstance(page, Page)] == [15_000, 1, 15_000]


def test_a_package_of_our_name_in_the_current_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "autoresearch").mkdir()
    (tmp_path / "autoresearch" / "__init__.py").write_text("raise SystemExit('run!')")
    monkeypatch.chdir(tmp_path)
    assert subjects(read(html())) == ["/0"]


@pytest.mark.usefixtures("eager")
def test_no_process_is_left_whatever_happens() -> None:
    before = _children()
    while_open: list[int] = []

    def interrupted() -> None:
        with open_parser(2) as opened:
            asyncio.run(_read(opened, [html()] * 20))
            while_open.append(len(_children() - before))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert while_open == [2]
    assert _children() == before


def test_a_process_whose_parent_is_gone_ends() -> None:
    with subprocess.Popen([*parser.COMMAND, "1", "500"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.communicate(timeout=20)
    assert process.returncode == 0


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())
