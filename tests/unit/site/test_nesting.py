"""Which documents are kept from the parser. Each of the endless ones takes it seconds, or gigabytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.signals.site.nesting import is_endless

LEFT_OPEN = "<p>" + "".join(f"<b a={n}>" for n in range(1_200)) + "</p>"
ENDLESS = {
    "elements": "<div>" * 100_000,
    "ends of others": "<div></span>" * 60_000,
    "lists in definitions": "<li><dd>" * 50_000,
    "tables": "<table><tr><td>" * 30_000,
    "pictures": "<svg><title>" + "<g>" * 60_000,
    "after an empty comment": "<!-->" + "<div>" * 60_000,
    "formatting": LEFT_OPEN + "<p>x</p>" * 1_200,
    "formatting in capitals": LEFT_OPEN.replace("b a", "B\ta") + "<p>x" * 2_400,
    "formatting ended late": LEFT_OPEN + "<p>x</p>" * 1_200 + "</b>" * 1_200,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">",
}
ORDINARY = {
    "paragraphs": "<p>x <b>b</b>" * 30_000,
    "lists": "<ul>" + "<li>x <i class=i></i>" * 30_000 + "</ul>",
    "cells": "<table>" + "<tr><td>x<td>y" * 30_000,
    "definitions": "<dl>" + "<dt>x<dd>y" * 30_000,
    "options": "<select>" + "<option>x" * 50_000,
    "code": "<code class=a>x</code>" * 30_000,
    "scripts": "<script>x = '<div>' + '<b c=d>';</script>" * 30_000,
    "comments": "<!-- <div> -->" * 50_000,
    "data in an attribute": "<x-island props='" + '{"a": 1, ' * 60_000 + "'></x-island>",
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_takes_for_ever_is_known_by_its_tags(kind: str) -> None:
    assert is_endless(ENDLESS[kind].encode())


@pytest.mark.parametrize("kind", ORDINARY)
def test_a_long_document_is_not_endless(kind: str) -> None:
    assert not is_endless(ORDINARY[kind].encode())


_PARTS = ["<b ", "</b>", "<li>", "</li>", "<td>", "<table>", "</table>", "<script>", "</script>", "<!--", "-->", ">"]


@given(st.lists(st.sampled_from(_PARTS), max_size=20), st.sampled_from([1, 4_000]))
def test_no_markup_makes_it_fall_over(parts: list[str], times: int) -> None:
    is_endless("".join(parts * times).encode())
