import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.loops.structured_data.values import (
    OBJECTIONS,
    as_text,
    currency_objection,
    price_objection,
    rating_objection,
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Date", "2026-03-31"),
        ("Date", "2024-02-29"),
        ("Date", "2026-03"),
        ("Date", "2026"),
        ("Date", "20260331"),
        ("Date", "2026-W14-2"),
        ("Date", "-0044-03-15"),
        ("Date", "2026-03-31T18:30"),
        ("DateTime", "2026-03-31T18:30:00.123Z"),
        ("DateTime", "2026-03-31T18:30:00+02:00"),
        ("DateTime", "20260331T1830+0200"),
        ("DateTime", "2026-03-31T24:00:00Z"),
        ("Time", "18:30"),
        ("Time", "18:30:00-05:00"),
        ("Time", "T18:30"),
        ("Duration", "PT1H30M"),
        ("Duration", "P1Y2M3DT4H5M6.5S"),
        ("Duration", "P2W"),
        ("Number", "1299.00"),
        ("Number", "-5"),
        ("Number", ".5"),
        ("Number", "1e3"),
        ("Integer", "12"),
        ("Integer", "12.0"),
        ("Boolean", "true"),
        ("Boolean", "False"),
        ("Boolean", "https://schema.org/True"),
        ("URL", "https://shop.example/p?a=b#c"),
        ("URL", "/p"),
        ("URL", "mailto:a@shop.example"),
        ("URL", "https://[::1]/"),
        ("URL", "https://müsli.example/käse"),
    ],
)
def test_what_is_of_its_type_meets_no_objection(kind: str, text: str) -> None:
    assert OBJECTIONS[kind](text) == ""


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("Date", "31.03.2026", "no date of ISO 8601"),
        ("Date", "March 31, 2026", "no date of ISO 8601"),
        ("Date", "2026-02-30", "no calendar"),
        ("Date", "2026-13-01", "no calendar"),
        ("Date", "", "no date"),
        ("DateTime", "2026-03-31 18:30:00", "write `2026-03-31T18:30:00`"),
        ("DateTime", "2026-03-31T25:00", "no time of ISO 8601 after its `T`"),
        ("DateTime", "2026-03-31T18:30 Uhr", "no time"),
        ("Time", "6pm", "no time"),
        ("Time", "18:75", "no time"),
        ("Duration", "90 min", "write `PT1H30M`"),
        ("Duration", "P", "no duration"),
        ("Duration", "PT", "no duration"),
        ("Duration", "1:30", "no duration"),
        ("Number", "1.299,00", "at most one dot"),
        ("Number", "1,299.00", "at most one dot"),
        ("Number", "12,50", "at most one dot"),
        ("Number", "12,50 €", "leave away what is no digit"),
        ("Number", "$10", "leave away what is no digit"),
        ("Number", "ten", "is no number"),
        ("Integer", "2.5", "no whole number"),
        ("Boolean", "yes", "neither `true` nor `false`"),
        ("Boolean", "1", "neither `true` nor `false`"),
        ("URL", "www.shop.example", "write `https://www.shop.example`"),
        ("URL", "not an address", "no address"),
        ("URL", "", "empty"),
        ("URL", "https:/shop.example", "`https://` and a host are missing"),
        ("URL", "https://", "`https://` and a host are missing"),
    ],
)
def test_what_is_not_is_told_what_to_write(kind: str, text: str, words: str) -> None:
    assert words in OBJECTIONS[kind](text)


@pytest.mark.parametrize("code", ["EUR", "USD", "JPY", "BTC", "XCG"])
def test_currencies_are_known_by_their_code(code: str) -> None:
    assert currency_objection(code) == ""


@pytest.mark.parametrize(("text", "code"), [("€", "EUR"), ("eur", "EUR"), ("Euro", "EUR"), ("$", "USD"), ("DM", "EUR")])
def test_other_names_of_currencies_are_told_a_code(text: str, code: str) -> None:
    assert currency_objection(text) == f"`{text}` is no currency of ISO 4217: write `{code}`"


def test_a_price_may_be_words_and_a_rating_may_say_its_scale() -> None:
    assert price_objection("on request") == ""
    assert price_objection("from 10") != ""
    assert [rating_objection(text) for text in ("4.5", "90%", "6/10")] == ["", "", ""]
    assert rating_objection("4,5") != ""


def test_a_number_and_its_text_are_the_same() -> None:
    assert [as_text(value) for value in (5, 5.5, True, " 5 ")] == ["5", "5.5", "true", "5"]


@given(st.sampled_from(sorted(OBJECTIONS)), st.text(alphabet="0123456789-:TPZ.,+/ €wh\0\n`٣", max_size=30))
def test_no_text_is_too_odd_and_what_is_quoted_stays_short(kind: str, text: str) -> None:
    assert len(OBJECTIONS[kind](text * 50)) < 300
