"""Shares of yes among answers."""

from __future__ import annotations

from math import exp, lgamma


def fisher_exact(now: tuple[int, int], before: tuple[int, int]) -> float:
    """Probability that chance alone makes the share of yes as low as now: Fisher's exact test, one-sided.

    Both arguments are (yes, all). With equal true shares, the yes among `now` follow the hypergeometric distribution
    given the totals (R. A. Fisher, *The Design of Experiments*, 1935). 1.0 where a side is empty. The sum goes down
    from the observed count and stops where a term no longer counts, so that a million answers cost no more than a
    thousand; `lgamma` keeps the first term exact to about 1e-10.
    """
    (yes, total), (yes_before, total_before) = now, before
    if not total or not total_before:
        return 1.0
    all_yes, all_no = yes + yes_before, total + total_before - yes - yes_before
    lowest = max(0, total - all_no)
    mode = (total + 1) * (all_yes + 1) // (total + total_before + 2)
    start = min(yes, max(mode, lowest))
    term = first = exp(
        _log_choose(all_yes, start) + _log_choose(all_no, total - start) - _log_choose(all_yes + all_no, total)
    )
    below = first
    for k in range(start, lowest, -1):
        term *= k * (all_no - total + k) / ((all_yes - k + 1) * (total - k + 1))
        below += term
        if term < below * 1e-17:
            break
    above, term = 0.0, first
    for k in range(start, yes):
        term *= (all_yes - k) * (total - k) / ((k + 1) * (all_no - total + k + 1))
        above += term
        if term < above * 1e-17:
            break
    return min(1.0, below + above)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
