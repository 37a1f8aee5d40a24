"""Signals that need no words: what analytics tools call these things.

Names differ between vendors, and so do definitions (a rage click is three clicks within 30 px and a second here, five
there): a preset is a start, every part of which the config can replace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAGES = ["page_view", "pageview", "$pageview", "page_load", "Page Viewed"]

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "rage-clicks": {"where": {"event": ["rage_click", "rageclick", "$rageclick", "Rage Click"]}},
    "dead-clicks": {"where": {"event": ["dead_click", "deadclick", "$dead_click", "Dead Click"]}},
    "script-errors": {"where": {"event": ["js_error", "javascript_error", "exception", "$exception", "Error"]}},
    "failed-requests": {"where": {"event": ["api_error", "request_failed", "failed_request", "network_error"]}},
    "failed-payments": {
        "where": {"event": ["payment_failed", "checkout_failed", "payment_error", "checkout_error"]},
        "of": {"event": ["payment_started", "checkout_started", "begin_checkout", "Checkout Started"]},
    },
    "failed-forms": {
        "where": {"event": ["form_error", "form_failed", "form_invalid"]},
        "of": {"event": ["form_start", "form_started", "Form Started"]},
    },
    "error-pages": {"where": {"event": ["error_page", "page_not_found", "not_found", "404", "500"]}},
    "slow-pages": {"of": {"event": PAGES}, "over": 2500},
    "page-time": {"where": {"event": PAGES}, "value": "value"},
    "refunds": {
        "where": {"event": ["refund", "order_refunded", "Order Refunded", "order_cancelled", "Order Cancelled"]}
    },
    "cancellations": {"where": {"event": ["subscription_cancelled", "cancellation", "Subscription Cancelled"]}},
    "bad-ratings": {
        "where": {"event": ["rating", "review", "feedback"], "value": {"<=": 2}},
        "of": {"event": ["rating", "review", "feedback"]},
    },
}
