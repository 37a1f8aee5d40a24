"""Ten pages for a browser lab, from featherlight to deliberately bad: texts, pictures, scripts, late shifts."""

from __future__ import annotations

import random
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

_WORDS = ["clay", "glaze", "kiln", "harbour", "tide", "pot", "firing", "slip", "wheel", "cup", "bowl", "plate", "mug"]


@dataclass(frozen=True)
class Kind:
    """What a page has: paragraphs, pictures, ms of script at load, KB of script and style, late boxes."""

    name: str
    paragraphs: int = 10
    pictures: int = 0
    busy: int = 0
    script_kilobytes: int = 0
    style_kilobytes: int = 5
    late: int = 0


KINDS = (
    Kind("text"),
    Kind("long", paragraphs=300),
    Kind("pictures", pictures=12),
    Kind("script", script_kilobytes=300, busy=60),
    Kind("busy", busy=300, script_kilobytes=50),
    Kind("style", style_kilobytes=200),
    Kind("shifting", late=3, pictures=3),
    Kind("shop", paragraphs=30, pictures=20, busy=40, script_kilobytes=120, style_kilobytes=40),
    Kind("app", paragraphs=2, busy=150, script_kilobytes=500, late=1),
    Kind("bad", paragraphs=200, pictures=30, busy=400, script_kilobytes=400, style_kilobytes=150, late=5),
)


def build(folder: Path) -> list[str]:
    """Write the pages into `folder`; returns their paths. The same bytes every time."""
    draw = random.Random(4)
    for number in range(30):
        _write(folder / "pictures" / f"{number}.png", _picture(draw, 320, 200))
    _write(folder / "favicon.ico", _picture(draw, 16, 16))
    for kind in KINDS:
        _write(folder / kind.name / "style.css", _style(draw, kind.style_kilobytes))
        _write(folder / kind.name / "script.js", _script(draw, kind))
        _write(folder / kind.name / "index.html", _page(draw, kind))
    return [f"/{kind.name}/" for kind in KINDS]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _page(draw: random.Random, kind: Kind) -> bytes:
    texts = "".join(f"<p>{' '.join(draw.choices(_WORDS, k=40))}.</p>\n" for _ in range(kind.paragraphs))
    pictures = "".join(
        f'<img src="/pictures/{number}.png" alt="a pot" width="320" height="200">\n' for number in range(kind.pictures)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The page {kind.name}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="description" content="A page to measure.">'
        '<link rel="stylesheet" href="style.css"><script src="script.js" defer></script></head>'
        f"<body><main><h1>The page {kind.name}</h1><div id=late></div>\n{pictures}{texts}</main></body></html>"
    ).encode()


def _style(draw: random.Random, kilobytes: int) -> bytes:
    rules = (
        f".{draw.choice(_WORDS)}-{n}{{color:#{draw.randrange(1 << 24):06x};padding:{n % 40}px}}"
        for n in range(kilobytes * 25)
    )
    return ("body{font:16px sans-serif;max-width:40em;margin:auto}img{max-width:100%}\n" + "\n".join(rules)).encode()


def _script(draw: random.Random, kind: Kind) -> bytes:
    unused = "".join(
        f"function {draw.choice(_WORDS)}{n}(x){{return x*{draw.random():.6f}+{n}}}\n"
        for n in range(kind.script_kilobytes * 25)
    )
    busy = (
        f"let x=0;for(let i=0;i<{kind.busy}*4e4;i++)x=(x*31+i)%65521;document.body.dataset.x=x;\n" if kind.busy else ""
    )
    late = "".join(
        f"setTimeout(()=>{{const box=document.createElement('p');box.textContent='Later, number {n}';"
        f"box.style.height='80px';late.append(box)}},{100 + 60 * n});\n"
        for n in range(kind.late)
    )
    return (unused + busy + late).encode()


def _picture(draw: random.Random, width: int, height: int) -> bytes:
    """A PNG that does not compress well: noise in blocks."""
    blocks = [bytes(draw.randrange(256) for _ in range(3)) for _ in range(64)]
    rows = b"".join(b"\0" + b"".join(draw.choice(blocks) for _ in range(width)) for _ in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 6)),
        (b"IEND", b""),
    )
    packed = (struct.pack(">I", len(d)) + name + d + struct.pack(">I", zlib.crc32(name + d)) for name, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
