"""Whether a text is what schema.org's datatypes ask for. Every value is judged by its text: 5 and "5" are the same.

Dates, times and durations are ISO 8601, currencies ISO 4217 (https://schema.org/priceCurrency also allows tickers of
cryptocurrencies). An objection says what is wrong and what to write instead; "" where there is none.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping

from autoresearch.loops.structured_data.vocabulary import short

_DATE = re.compile(r"[+-]?(\d{4})(?:-(\d\d)(?:-(\d\d))?|(\d\d)(\d\d)|-W\d\d(?:-[1-7])?|-\d{3})?", re.ASCII)
_TIME = re.compile(
    r"T?(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?|(\d\d)(?:(\d\d)(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_DURATION = re.compile(
    r"[+-]?P(?=\d|T\d)(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?W)?(?:\d+(?:[.,]\d+)?D)?"
    r"(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SEPARATED = re.compile(r"[+-]?\d{1,3}(?:[., '\u00a0\u202f]\d{3})+(?:[.,]\d+)?|[+-]?\d+,\d+", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_USUAL_URL = re.compile(r"https?://[a-z0-9][^\s<>\"{}|\\^`]*+")
_NOT_IN_URL = re.compile(r"[\s<>\"{}|\\^`]")
_QUOTED = 60
_ISO_4217 = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
    "CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL "
    "LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR "
    "PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY "
    "TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD "
    "XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG"
)
_TICKERS = "ADA BCH BNB BTC DOGE DOT ETH LTC SOL USDC USDT XBT XMR XRP"
_CURRENCIES = frozenset((*_ISO_4217.split(), *_TICKERS.split()))
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "zł": "PLN", "kr": "SEK"}
_CURRENCY_NAMES = {"EURO": "EUR", "EUROS": "EUR", "DOLLAR": "USD", "DOLLARS": "USD", "RMB": "CNY", "POUND": "GBP"}


def date_objection(text: str) -> str:
    """A date, with or without a time: `2026-03-31`, `2026-03-31T18:30:00+02:00`; year or month alone are dates."""
    date, mark, time = text.partition("T")
    if not mark and " " in text.strip():
        date, mark, time = text.partition(" ")
        if _is_date(date) and _is_time(time.strip()):
            return f"{_quoted(text)} lacks the `T` between date and time: write `{date}T{time.strip()[:40]}`"
        return f"{_quoted(text)} is no date of ISO 8601: write `2026-03-31`"
    if not _DATE.fullmatch(date):
        return f"{_quoted(text)} is no date of ISO 8601: write `2026-03-31`"
    if not _is_date(date):
        return f"{_quoted(text)} is a day that no calendar has"
    if mark and not _is_time(time):
        return f"{_quoted(text)} has no time of ISO 8601 after its `T`: write `18:30:00+02:00`"
    return ""


def time_objection(text: str) -> str:
    """A time of day: `18:30`, `18:30:00+02:00`; with a date it is one, too."""
    if _is_time(text) or ("T" in text and not date_objection(text)):
        return ""
    return f"{_quoted(text)} is no time of ISO 8601: write `18:30`"


def duration_objection(text: str) -> str:
    """A length of time: `PT1H30M`."""
    return "" if _DURATION.fullmatch(text) else f"{_quoted(text)} is no duration of ISO 8601: write `PT1H30M`"


def number_objection(text: str) -> str:
    """A number, in digits with a dot: no sign of a currency, no thousands separator."""
    if _NUMBER.fullmatch(text):
        return ""
    bare = text.strip("€$£¥₹ \u00a0%+-").removesuffix("zł").removesuffix("kr").strip()
    if _SEPARATED.fullmatch(text):
        return f"{_quoted(text)} is no number: write digits with at most one dot, `1299.00`"
    if bare != text and (_NUMBER.fullmatch(bare) or _SEPARATED.fullmatch(bare)):
        return f"{_quoted(text)} is no number: leave away what is no digit, and write `1299.00`"
    return f"{_quoted(text)} is no number"


def integer_objection(text: str) -> str:
    """A number without fraction."""
    if (objection := number_objection(text)) or re.fullmatch(r"[+-]?\d+(?:\.0*)?|.*[eE].*", text):
        return objection
    return f"{_quoted(text)} is no whole number"


def boolean_objection(text: str) -> str:
    """True or false, in any case, or as schema.org's `True` and `False`."""
    if short(text).lower() in {"true", "false"}:
        return ""
    return f"{_quoted(text)} is neither `true` nor `false`"


def url_objection(text: str) -> str:
    """An address, absolute or relative. Any word without blanks may be a relative one."""
    if _USUAL_URL.fullmatch(text):
        return ""
    if not text:
        return "an empty text is no address"
    if _NOT_IN_URL.search(text):
        return f"{_quoted(text)} is no address"
    if text.lower().startswith("www."):
        return f"{_quoted(text)} lacks its scheme: write `https://{text[:_QUOTED]}`"
    scheme = _SCHEME.match(text)
    if scheme and scheme[0].lower() in {"http:", "https:"} and not re.match(r"//[^/?#.:]", text[scheme.end() :]):
        return f"{_quoted(text)} is no address: `{scheme[0]}//` and a host are missing"
    return ""


def currency_objection(text: str) -> str:
    """A currency's code: `EUR`."""
    if text in _CURRENCIES:
        return ""
    upper = text.strip().upper()
    meant = upper if upper in _CURRENCIES else _SIGNS.get(text.strip()) or _CURRENCY_NAMES.get(upper)
    return f"{_quoted(text)} is no currency of ISO 4217: write `{meant or 'EUR'}`"


def price_objection(text: str) -> str:
    """A price: a number as soon as it has digits. Words are schema.org's `Text`: `on request`."""
    return number_objection(text) if any(character.isdigit() for character in text) else ""


def rating_objection(text: str) -> str:
    """A rating: like a price; `60%` and `6/10` say the scale along with the value."""
    return price_objection(text.removesuffix("%").partition("/")[0].strip())


OBJECTIONS: Mapping[str, Callable[[str], str]] = {
    "Boolean": boolean_objection,
    "Date": date_objection,
    "DateTime": date_objection,
    "Duration": duration_objection,
    "Float": number_objection,
    "Integer": integer_objection,
    "Number": number_objection,
    "Time": time_objection,
    "URL": url_objection,
}
"""By datatype. `Text` takes anything, and so do quantities with units (`5 kg`)."""


def as_text(value: str | float | bool) -> str:
    """The text that a value is judged by: the same for JSON's `5` and microdata's `content="5"`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() if isinstance(value, str) else repr(value)


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = match[1], match[2] or match[4] or "1", match[3] or match[5] or "1"
    return 1 <= int(month) <= 12 and 1 <= int(day) <= monthrange(max(1, int(year)), int(month))[1]


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    hour, minute, second = match[1], match[2] or match[4] or "0", match[3] or match[5] or "0"
    return int(hour) <= 24 and int(minute) <= 59 and int(second) <= 60


def _quoted(text: str) -> str:
    shown = " ".join(text[: _QUOTED * 2].split()).replace("`", "'")
    if not shown:
        return "an empty text"
    return f"`{shown if len(shown) <= _QUOTED else shown[:_QUOTED] + '…'}`"
