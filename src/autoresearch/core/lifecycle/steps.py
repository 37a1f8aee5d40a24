"""All topics of all loops, from the renewed baselines and what GitHub has to the next baselines and the actions.

Pure and repeatable: it says what *should* be open, and acts only where GitHub differs. So a run that died anywhere is
mended by the next one, and the same run again does nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.changes import Change
from autoresearch.core.lifecycle.desk import Desk
from autoresearch.core.lifecycle.facts import Facts, recognized
from autoresearch.core.lifecycle.model import RANK, Action, IssueText, Limits, Listed, Steps
from autoresearch.core.lifecycle.texts import overview_text
from autoresearch.core.measurement import Measurement, Rule


def next_steps(
    baselines: Mapping[str, Baseline],
    changes: Sequence[Change],
    measurements: Mapping[str, Measurement],
    listed: Sequence[Listed],
    *,
    rules: Mapping[str, Rule],
    limits: Limits,
    stamp: Stamp,
    now: dt.datetime,
    scope: str = "",
) -> Steps:
    """What each issue does next, and the records that say so.

    `baselines`: of *every* configured loop, renewed where it ran: the overview tells of all. `measurements`: by loop,
    of this run: what proves that something is gone. `rules`: by id. `listed`: `github.issues.listed`. `scope` tells the
    configs of one repository apart; empty for the only one. After a lost compare-and-swap: the same call, on the
    merged baselines. The baselines are committed first, the actions carried out only by the run whose commit won.
    """
    by_loop: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_loop[change.loop].append(change)
    facts = Facts(measurements, rules, limits, stamp, now, scope, ())
    facts = replace(facts, issues=recognized(listed, baselines.values(), by_loop, facts))
    desks = [Desk(baselines[loop], by_loop[loop], facts) for loop in sorted(baselines)]
    for desk in desks:
        desk.renew()
    _choose(desks, facts)
    texts = sorted((text for desk in desks for text in desk.in_overview()), key=_gravest)
    actions = [action for desk in desks for action in desk.actions()]
    if desks:
        actions += _overview(desks, texts, facts)
    renewed = {desk.loop: desk.baseline() for desk in desks}
    return Steps(renewed, tuple(actions), {t: n for desk in desks for t, n in sorted(desk.numbers.items())})


def known_numbers(baselines: Iterable[Baseline]) -> tuple[int, ...]:
    """The issues that the state knows, for `github.issues.listed`."""
    numbers = {issue.number for baseline in baselines for issue in baseline.issues.values()}
    return tuple(sorted(number for number in numbers if number is not None))


def _gravest(text: IssueText) -> tuple[int, int, str]:
    return RANK[text.severity], -len(text.places), text.topic


def _choose(desks: Sequence[Desk], facts: Facts) -> None:
    """The gravest topics get an issue of their own, as many as a run may open; the others stand in the overview."""
    room = facts.limits.max_new - sum(desk.claimed() for desk in desks)
    candidates = [(_gravest(desk.text(topic)), desk, topic) for desk in desks for topic in desk.wanted]
    for place, (_, desk, topic) in enumerate(sorted(candidates, key=lambda candidate: candidate[0])):
        desk.settle(topic, own_issue=place < room)


def _overview(desks: Sequence[Desk], texts: Sequence[IssueText], facts: Facts) -> list[Action]:
    """The one overview: its record lives with the first loop that has it."""
    name = facts.overview
    desk = next((desk for desk in desks if name in desk.records), desks[0])
    desk.keep_overview(tuple(sorted(text.topic for text in texts if not text.waiting)))
    if name not in desk.records:
        return []
    action = desk.action(name, overview_text(name, desk.records[name], texts))
    return [action] if action else []
