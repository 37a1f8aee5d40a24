"""schema.org's own examples: nothing is said against them but what is wrong in them, and three syntaxes say one thing.

They are not part of this repository. Where schemaorg/schemaorg is checked out:

    SCHEMA_ORG_EXAMPLES=path/to/schemaorg/data pytest tests/integration/test_structured_data_examples.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.check import check
from autoresearch.loops.structured_data.extract import Extracted, extract
from autoresearch.loops.structured_data.items import Item, every

FOLDER = os.environ.get("SCHEMA_ORG_EXAMPLES", "")
MARKS = {"JSON": "{", "MICRODATA": "itemscope", "RDFA": "typeof"}
WRONG_THEMSELVES = {
    ("unknown-type", "Best for the Money"),  # a name in the place of a type
    ("unknown-property", "AudioObject/holdingArchive"),  # an ArchiveComponent without saying so
    ("unknown-property", "Collection/holdingArchive"),
    ("unknown-property", "Drug/adverseOutcome"),  # moved to MedicalDevice and others since
    ("unknown-property", "Drug/contraindication"),
    ("unknown-property", "Drug/indication"),
    ("unknown-property", "Drug/seriousAdverseOutcome"),
    ("unknown-property", "ListItem/itemListElement"),  # a list as an entry, without its type
    ("unknown-property", "ListItem/numberOfItems"),
    ("unknown-property", "TouristAttraction/email"),  # of the LocalBusiness or Event beside it
    ("unknown-property", "TouristAttraction/endDate"),
    ("unknown-property", "TouristAttraction/location"),
    ("unknown-property", "TouristAttraction/openingHours"),
    ("unknown-property", "TouristAttraction/startDate"),
}
"""What is no mistake of the loop: in schema.org's release 30.1, these types have no such property."""

pytestmark = pytest.mark.skipif(not FOLDER, reason="SCHEMA_ORG_EXAMPLES names no folder")


class Example(NamedTuple):
    """One example, in the syntaxes that it is given in."""

    name: str
    syntaxes: dict[str, Extracted]


@cache
def examples() -> tuple[Example, ...]:
    return tuple(_examples())


def _examples() -> Iterator[Example]:
    for file in sorted((*Path(FOLDER).glob("*example*.txt"), *Path(FOLDER).glob("ext/*/*example*.txt"))):
        for part in re.split(r"^TYPES:\s*", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _, body = part.partition("\n")
            if "@@@@" in head:  # the form for new examples
                continue
            sections = re.findall(
                r"^(JSON|MICRODATA|RDFA|PRE-MARKUP):\s*\n(.*?)(?=^(?:JSON|MICRODATA|RDFA|PRE-MARKUP):|\Z)",
                body,
                flags=re.MULTILINE | re.DOTALL,
            )
            given = {kind: _read(kind, text) for kind, text in sections if MARKS.get(kind, "\0") in text}
            yield Example(f"{file.name} {head[:40]}", given)


def _read(kind: str, text: str) -> Extracted:
    if kind == "JSON" and "<script" not in text:
        text = f'<script type="application/ld+json">{text}</script>'
    html = text.encode()
    return extract(html, LexborHTMLParser(html))


def _objections(extracted: Extracted) -> set[tuple[str, str]]:
    return {(problem.rule, problem.key) for problem in check(extracted.items)}


def _shape(extracted: Extracted) -> list[str]:
    """Types and properties of everything that an example describes; its wording apart."""
    return sorted(_shape_of(item) for item in every(extracted.items))


def _shape_of(item: Item) -> str:
    return f"{sorted(item.types)} {sorted((name, len(values)) for name, values in item.properties.items())}"


def test_there_are_hundreds_of_them() -> None:
    assert sum(len(example.syntaxes) for example in examples()) > 800


def test_nothing_is_unknown_or_out_of_place_but_what_is_wrong_in_the_example() -> None:
    told = {
        (rule, key, example.name)
        for example in examples()
        for extracted in example.syntaxes.values()
        for rule, key in _objections(extracted)
        if rule in {"unknown-type", "unknown-property", "wrong-range"} and (rule, key) not in WRONG_THEMSELVES
    }
    assert told == set()


def test_the_same_things_in_three_syntaxes_have_the_same_findings() -> None:
    compared = 0
    for example in examples():
        shapes: dict[str, list[Extracted]] = {}
        for extracted in example.syntaxes.values():
            shapes.setdefault(str(_shape(extracted)), []).append(extracted)
        for same in shapes.values():
            if len(same) > 1 and same[0].items:
                compared += 1
                first = _objections(same[0])
                assert [_objections(each) for each in same[1:]] == [first] * (len(same) - 1), example.name
    assert compared > 100
