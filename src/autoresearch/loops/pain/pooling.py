"""Segments that may stand alone. The others are pooled, dimension by dimension, into `(other)`.

A segment of a few sessions could single somebody out, and a million segments fit in no state. Segments that are
followed already keep standing; new ones need `MIN_SESSIONS`, and room.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from autoresearch.statistics.pain.sums import Segment

MIN_SESSIONS = 10
OTHER = "(other)"
"""As `signals.events.model.OTHER` names what the source has pooled."""
_A_PASS = 0.75
"""So much of the room that is left may be taken by one level of pooling, lest its leftovers find none."""


def pooled_as(sizes: Mapping[Segment, int], followed: Collection[Segment], most: int) -> dict[Segment, Segment]:
    """Segment → the segment that it counts in; about `most` of them. `sizes` are sessions.

    One pass a dimension, the last first: what is too small gives up its value there, and joins its likes.
    """
    standing = set(followed)
    names: dict[Segment, Segment] = {segment: segment for segment in sizes}
    for dimension in reversed(range(max(map(len, sizes), default=0))):
        totals: dict[Segment, int] = {}
        for segment, name in names.items():
            totals[name] = totals.get(name, 0) + sizes[segment]
        big = sorted((-n, name) for name, n in totals.items() if n >= MIN_SESSIONS and name not in standing)
        room = int(_A_PASS * max(0, most - len(standing)))
        standing.update(name for _, name in big[:room])
        names = {s: name if name in standing else _without(name, dimension) for s, name in names.items()}
    return names


def _without(segment: Segment, dimension: int) -> Segment:
    return (*segment[:dimension], *(OTHER for _ in segment[dimension:]))
