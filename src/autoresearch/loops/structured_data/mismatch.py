"""Markup against the page: a price, a name or a date that the visible text does not have.

Search engines hold against a page what its visitors cannot see. Whether a text says something is a matter of
language, though, so these checks are built to be silent when in doubt. A value counts as shown in whatever form it is
written (`1299.00` is `1.299 €`), and a page that shows nothing of the kind proves nothing: its scripts may do so. What
remains is a page whose own price, in the same currency, is another one; that has hardly a word of the name; or that is
dated otherwise right below its heading.
"""

from __future__ import annotations

import datetime as dt
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from autoresearch.loops.structured_data.items import Item, Problem, once, shown
from autoresearch.loops.structured_data.values import number_objection
from autoresearch.loops.structured_data.visible import Visible
from autoresearch.loops.structured_data.vocabulary import vocabulary

_NAMED = {
    "Article": "headline",
    "Book": "name",
    "Course": "name",
    "Event": "name",
    "JobPosting": "title",
    "Movie": "name",
    "Product": "name",
    "Recipe": "name",
}
_DATED = {
    "Article": ("datePublished", "dateModified", "dateCreated"),
    "Event": ("startDate", "endDate", "previousStartDate"),
    "JobPosting": ("datePosted", "validThrough"),
}
_SIGNS = {
    "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹", "KRW": "₩", "PLN": "zł", "CHF": "Fr.",
    "CZK": "Kč", "SEK": "kr", "NOK": "kr", "DKK": "kr", "BRL": "R$", "TRY": "₺", "UAH": "₴", "RUB": "₽", "ILS": "₪",
}  # fmt: skip
_LARGE = 100_000
"""Prices from here on are often written in words: 1.2 million, 3 lakh."""
_FEW_WORDS = 20
_SAMPLE = 5_000
"""Characters that show in which script a page is written."""
_MAX_ITEMS = 20
_MAX_NAME = 300
_DAY = dt.timedelta(days=1)
_GAP = r"[.,'’٬٫，．\s]?"
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_RAISED_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_YEAR = r"(?:19|20)\d\d"
_WORD = r"[^\W\d_]{3,}\.?"
_WRITTEN_DATE = re.compile(
    rf"\b{_YEAR}\s?[-./年]\s?\d\d?\s?[-./月]\s?\d\d?|\b\d\d?[-./]\s?\d\d?[-./]\s?{_YEAR}\b"
    rf"|\b\d\d?(?:\.|st|nd|rd|th|er|º|ª)?\s(?:de\s)?{_WORD},?\s(?:de\s)?{_YEAR}\b"
    rf"|\b{_WORD}\s\d\d?(?:st|nd|rd|th)?,?\s{_YEAR}\b"
)
_NUMERIC = re.compile(r"\d+(?:\D{1,2}\d+)+")
_TOKEN = re.compile(r"\w+")


def mismatches(items: Iterable[Item], page: Visible) -> tuple[Problem, ...]:
    """What the items that stand for themselves say, and the page does not. Of several of a kind nothing is certain."""
    kinds: dict[str, list[Item]] = {}
    for item in list(items)[:_MAX_ITEMS]:
        for kind in _kinds(item):
            kinds.setdefault(kind, []).append(item)
    single = [(kind, found[0]) for kind, found in kinds.items() if len(found) == 1]
    return once(problem for kind, item in single for check in _CHECKS for problem in check(kind, item, page))


def _kinds(item: Item) -> list[str]:
    above = frozenset().union(*(vocabulary().ancestors(kind) for kind in item.types))
    return [kind for kind in _NAMED if kind in above]


def _price(kind: str, item: Item, page: Visible) -> Iterator[Problem]:
    """None of a product's prices is shown, but what the page calls its price is, in the same currency."""
    offers = [each for each in item.properties.get("offers", ()) if isinstance(each, Item) and "Offer" in each.types]
    prices = [each for offer in offers for each in _texts(offer, "price")] if kind == "Product" else []
    currencies = {each.strip().upper() for offer in offers for each in _texts(offer, "priceCurrency")}
    if not prices or len(currencies) != 1 or not all(_can_be_looked_for(price) for price in prices):
        return
    currency = currencies.pop()
    other = next((amount for text in page.prices if (amount := _amount(text, currency))), "")
    if not other or any(_has_price(other, price) for price in prices):
        return
    if not any(_has_price(text, price) for text in (page.text, page.source) for price in prices):
        listed = f"`{shown(prices[0])} {shown(currency)}`" + (" and others" if len(prices) > 1 else "")
        yield _problem(item, "offers.price", f"{listed} in the markup: the page shows “{other}”")


def _can_be_looked_for(price: str) -> bool:
    return not number_objection(price) and 0 < float(price) < _LARGE


def _has_price(text: str, price: str) -> bool:
    """Whether the number stands somewhere: with or without separators, cents set apart by anything short."""
    whole, _, cents = f"{float(price):.4f}".partition(".")
    cents = cents.rstrip("0")
    digits = _GAP.join(whole)
    if cents:
        small = f"|(?<!\\d){cents.ljust(2, '0')}(?!\\d)" if whole == "0" else ""
        lead = f"(?:{digits})?" if whole == "0" else digits
        return re.search(rf"(?<!\d){lead}\D{{1,4}}{cents}0*(?!\d){small}", _western(text)) is not None
    return re.search(rf"(?<!\d){digits}(?!\d)", _western(text)) is not None


def _amount(text: str, currency: str) -> str:
    """The first amount in the currency."""
    marks = "|".join(re.escape(mark) for mark in sorted({currency, _SIGNS.get(currency, currency)}))
    number = r"\d[\d.,'’\s]{0,12}[-–—]?"
    match = re.search(rf"(?:{marks})\s?{number}|{number}\s?(?:{marks})", _western(text))
    return shown(match[0].strip(" .,'’")) if match else ""


def _western(text: str) -> str:
    """Digits of all scripts as 0 to 9, raised ones set apart: cents are written so."""
    if text.isascii():
        return text
    text = _RAISED.sub(lambda match: " " + match[0].translate(_RAISED_DIGITS), text)
    others = {each for each in set(text) if each.isdecimal() and not each.isascii()}
    return text.translate({ord(each): str(unicodedata.decimal(each)) for each in others}) if others else text


def _name(kind: str, item: Item, page: Visible) -> Iterator[Problem]:
    """Hardly a word of what the thing is called is on the page."""
    property_ = _NAMED[kind]
    for name in _texts(item, property_)[:1]:
        words = _words(html.unescape(name[:_MAX_NAME]))
        if not words or _knows(page.title, words):  # mostly that will do
            continue
        if not _knows(page.text, words) and not _knows(page.labels, words) and _can_tell(page.text, words):
            yield _problem(item, property_, f"“{shown(name)}” in the markup: the page's text has hardly a word of it")


def _words(name: str) -> list[str]:
    """Words that tell something. Where words are not set apart, pairs of characters stand for them."""
    folded = _folded(name)
    words = [word for word in _TOKEN.findall(folded) if len(word) >= 3 and not word.isdigit()]
    if folded.isascii() or all(_script(word) not in _UNSPACED for word in words):
        return words
    return [word[at : at + 2] for word in words for at in range(len(word) - 1)]


def _knows(text: str, words: Sequence[str]) -> bool:
    """Whether a text has a third of the words, or at least their beginnings."""
    return any(
        sum(1 for word in words if word[:4] in folded) * 3 >= len(words)
        for fold in (str.casefold, _folded)  # mostly the first will do
        for folded in (fold(text),)
    )


def _can_tell(text: str, words: Sequence[str]) -> bool:
    """Whether there is a text, and it is written as the words are."""
    tokens = _TOKEN.findall(text[:_SAMPLE])
    return len(tokens) >= _FEW_WORDS and _script(words[0]) in {_script(token) for token in set(tokens)}


_UNSPACED = frozenset(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "HANGUL"))


def _script(word: str) -> str:
    return "LATIN" if word[0] <= "z" else unicodedata.name(word[0], "").partition(" ")[0]


def _folded(text: str) -> str:
    """Case, accents and typographic forms put aside."""
    if text.isascii():
        return text.casefold()
    return "".join(
        each for each in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(each)
    ).replace("\u00ad", "")


def _date(kind: str, item: Item, page: Visible) -> Iterator[Problem]:
    """The page is dated, once, and not as any of the markup's dates."""
    names = [name for name in _DATED.get(kind, ()) if name in item.properties]
    claimed = [date for name in names for text in _texts(item, name) if (date := _as_date(text))]
    if not claimed or (kind == "Event" and len(claimed) > 1):
        return
    written = {_western(line): None for line in page.bylines if _WRITTEN_DATE.search(_western(line))}
    found = {match[0] for line in written for match in _WRITTEN_DATE.finditer(line)}
    dates = [date + shift for date in claimed for shift in (-_DAY, dt.timedelta(), _DAY)]
    if len(written) == 1 and not any(_is_written(line, date) for line in written for date in dates):
        if any(_is_written(match[0], date) for match in _WRITTEN_DATE.finditer(_western(page.text)) for date in dates):
            return
        says = shown(min(found, key=len))
        yield _problem(item, names[0], f"`{claimed[0].isoformat()}` in the markup: the page is dated “{says}”")


def _as_date(text: str) -> dt.date | None:
    try:
        date = dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
    return date if date.year // 100 in {19, 20} else None


def _is_written(line: str, date: dt.date) -> bool:
    """Whether a written date may be this one: it has the year and the day, and the month where months are numbers."""
    for match in _WRITTEN_DATE.finditer(line):
        numbers = [int(each) for each in re.findall(r"\d+", match[0])]
        wanted = [date.year, date.day, date.month] if _NUMERIC.fullmatch(match[0]) else [date.year, date.day]
        if all(numbers.count(each) >= wanted.count(each) for each in wanted):
            return True
    return False


def _texts(item: Item, name: str) -> list[str]:
    values = (each for each in item.properties.get(name, ()) if isinstance(each, str | int | float))
    return [each if isinstance(each, str) else repr(each) for each in values if not isinstance(each, bool)]


def _problem(item: Item, path: str, message: str) -> Problem:
    key = f"{shown(item.types[0])}/{path}"
    return Problem("content-mismatch", key, f"`{key}`: {message}", item.where, "warning")


_CHECKS: tuple[Callable[[str, Item, Visible], Iterator[Problem]], ...] = (_price, _name, _date)
