"""What can be found, and what the reader can do about it."""

from __future__ import annotations

from autoresearch.core.measurement import Rule

KIND = "pain-watchdog"

RATE_UP, DRIFT_UP, VALUE_UP = "pain/rate-up", "pain/drift-up", "pain/value-up"
SILENT, FUNNEL_DROP, INSUFFICIENT = "pain/silent", "pain/funnel-drop", "pain/insufficient-data"

RULES = (
    Rule(
        RATE_UP,
        "error",
        "More sessions in pain than chance explains",
        "Look at what changed just before it began, in the segment that is named; undo it if it is the cause.",
    ),
    Rule(
        FUNNEL_DROP,
        "error",
        "Fewer go on to the next step",
        "Walk through the step yourself, in the browser and release that are named.",
    ),
    Rule(
        SILENT,
        "error",
        "An event that used to fire has stopped",
        "See whether the feature still works; if it does, mend what sends the event.",
    ),
    Rule(
        VALUE_UP,
        "warning",
        "A percentile of a duration has risen",
        "Compare what the slow ones load or ask for with the time before it began.",
    ),
    Rule(
        DRIFT_UP,
        "warning",
        "Pain creeps up over days",
        "No single day stands out: look at what has grown, such as data, scripts, or a dependency's errors.",
    ),
    Rule(
        INSUFFICIENT,
        "info",
        "Too little data to say anything",
        "Wait for a week of history, or ask about more sessions: fewer segments, a broader condition.",
    ),
)
