"""What real visitors of Chrome met in the last 28 days, beside what the lab says: the Chrome UX Report's API.

https://developer.chrome.com/docs/crux/api
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.lab.model import Preset
from autoresearch.signals.site.origin import mount_of

ENDPOINT = "https://chromeuxreport.googleapis.com/v1/records:queryRecord"
METRICS = {
    "lcp": "largest_contentful_paint",
    "fcp": "first_contentful_paint",
    "cls": "cumulative_layout_shift",
    "inp": "interaction_to_next_paint",
    "ttfb": "experimental_time_to_first_byte",
}
_FORM_FACTORS: Mapping[Preset, str] = {"mobile": "PHONE", "desktop": "DESKTOP"}
_TIME_LIMIT = 20.0


def visited(
    site: str, pages: Sequence[tuple[str, str, Preset]], key: str, endpoint: str = ENDPOINT
) -> list[tuple[str, Preset, dict[str, float]]]:
    """Subject, preset and numbers of each page `(subject, path, preset)` of the site that is known well enough.

    Raises `NotMeasuredError` at the first refusal.
    """
    origin, base = mount_of(site)
    asked = [(subject, preset, {"url": origin + base + path.removeprefix("/")}) for subject, path, preset in pages]
    found = [(subject, preset, field_data(each, preset, key, endpoint)) for subject, preset, each in asked]
    return [each for each in found if each[2]]


def field_data(identifier: Mapping[str, str], preset: Preset, key: str, endpoint: str = ENDPOINT) -> dict[str, float]:
    """The 75th percentile of each metric, in ms (`cls` without unit); empty where the report knows too few visits.

    `identifier` is `{"origin": …}` or `{"url": …}`. Raises `NotMeasuredError` when the API refuses, or is out of reach.
    """
    import httpx

    body = {**identifier, "formFactor": _FORM_FACTORS[preset], "metrics": list(METRICS.values())}
    try:
        response = httpx.post(endpoint, params={"key": key}, json=body, timeout=_TIME_LIMIT)
    except httpx.HTTPError as error:
        raise NotMeasuredError(f"the Chrome UX Report cannot be reached: {type(error).__name__}") from error
    if response.status_code == httpx.codes.NOT_FOUND:
        return {}
    if response.status_code != httpx.codes.OK:
        raise NotMeasuredError(
            f"the Chrome UX Report answers {response.status_code}: {_message(response.text)}",
            hint="check `crux.key`: a Google Cloud API key that may use the Chrome UX Report API",
        )
    return _percentiles(response.text)


def _percentiles(text: str) -> dict[str, float]:
    metrics = _member(_member(_json(text), "record"), "metrics")
    found = {
        name: _number(_member(_member(metrics, known), "percentiles").get("p75")) for name, known in METRICS.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _number(value: object) -> float | None:
    """Milliseconds are numbers, layout shifts are written as strings."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _message(text: str) -> str:
    return str(_member(_json(text), "error").get("message", "no reason given"))[:200]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _member(value: Any, name: str) -> Mapping[str, Any]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}
