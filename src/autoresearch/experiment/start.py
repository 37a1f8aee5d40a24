"""Before the first try: is the score exact, and if not, could a gain be seen? Repeated on every new machine."""

from __future__ import annotations

from functools import partial
from typing import Any

from autoresearch.errors import NotMeasuredError
from autoresearch.experiment.bench import TryEndedError, Version
from autoresearch.experiment.trial import SEEDS, Judge
from autoresearch.statistics.night.noise import Better, as_gain, as_ratio
from autoresearch.statistics.night.start import SAME_PAIRS, Calibration, calibrate, classify

_REPEATS = 3


def look_at(judge: Judge, version: Version) -> dict[str, Any]:
    """Measure one version with itself and set the judge up for it; what was found, for the notebook.

    Raises `NotMeasuredError` where the benchmark does not work, or is too noisy for the smallest gain that is wanted.
    """
    try:
        if _is_exact(judge, version):
            assert judge.incumbent is not None
            return {"mode": "exact", "score": judge.incumbent.score}
        pairs = [judge.pair(version, version) for _ in range(SAME_PAIRS)]
        ratios = [judge.ratio(pair) for pair in pairs]
    except TryEndedError as ended:
        raise NotMeasuredError(
            f"the benchmark does not work on what is committed: {ended.reason}",
            hint="run it by hand, in a clean checkout",
        ) from ended
    except ValueError as error:
        raise NotMeasuredError(f"the scores cannot be compared: {error}") from error
    least = as_ratio(judge.bench.plan.settings.min_effect, judge.better)
    found = calibrate(ratios, least, partial(judge.draw.gauss, 0.0, 1.0))
    if found.refused:
        raise NotMeasuredError(
            f"this night is not worth its time: {in_words(found, judge.better)}", hint=_what_to_do(found, judge.better)
        )
    judge.noise = found.noise
    scores = sorted(before.score for before, _ in pairs)
    return {
        "mode": "noisy",
        "score": scores[len(scores) // 2],
        "noise": {"squares": found.noise.squares, "df": found.noise.df},
        "power": found.power,
        "visible": as_gain(found.visible, judge.better),
        "words": in_words(found, judge.better),
    }


def in_words(found: Calibration, better: Better) -> str:
    """What the night can see."""
    return (
        f"two runs of the same differ by {as_gain(found.noise.sd, better):.2%} "
        f"(standard deviation of {SAME_PAIRS} pairs); "
        f"a gain of {as_gain(found.min_effect, better):.2%} would be kept {found.power:.0%} of the time, "
        f"and one of {as_gain(found.visible, better):.2%} every second time"
    )


def _what_to_do(found: Calibration, better: Better) -> str:
    return (
        f"set `min_effect` to {as_gain(found.visible, better):.1%}, or make the benchmark steadier: pairs within "
        f"{as_gain(found.needed_sd, better):.2%} would do (longer runs, a median inside, counts in place of times)"
    )


def _is_exact(judge: Judge, version: Version) -> bool:
    """Three clean runs with one seed, then two with others: the same number each time."""
    bench, seed = judge.bench, judge.bench.plan.settings.seed
    found = [judge.measure(arm, version, seed) for arm in ("a", "b", "b")[:_REPEATS]]
    if len({each.shape for each in found}) > 1:
        raise NotMeasuredError("the benchmark prints other metrics at each run", hint="print the same names every time")
    bench.shape = found[0].shape
    if classify([each.score for each in found]) != "exact":
        return False
    found += [judge.measure(arm, version, judge.draw.randrange(SEEDS)) for arm in ("a", "b")]
    if classify([each.score for each in found]) != "exact":
        return False
    judge.incumbent = found[0]
    return True
