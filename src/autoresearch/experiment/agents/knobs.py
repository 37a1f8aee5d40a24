"""Turn one declared knob at a time: a search that needs no model, no key and no network.

A value that was not tried on the present file is drawn, by turns over the knobs: a choice or a step at random, a factor
between a half and two otherwise. After a keep, the same knob goes on in the same direction first. The same seed and the
same outcomes give the same tries.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from math import log

from autoresearch.config.experiment import Choice, Knob, Knobs
from autoresearch.errors import NotMeasuredError
from autoresearch.experiment.agents.base import Agent, Answer, Earlier, Request
from autoresearch.experiment.agents.places import Place, find

_DRAWS = 40
_FACTOR = 2.0
_NO_MORE = "every value of every knob was tried on this file"


class KnobTurner(Agent):
    """A seeded search over declared knobs."""

    def __init__(self, settings: Knobs, seed: int) -> None:
        self._knobs = settings.knobs
        self._seed = seed

    def propose(self, request: Request) -> Answer:
        """Set one knob to a value that this file has not had yet."""
        draw = random.Random(f"{self._seed}:{request.number}")  # noqa: S311  to be repeated, not to be secret
        tried = {earlier.description for earlier in _since_last_keep(request.earlier)}
        text = request.content.decode("utf-8")
        places = [(knob, find(knob, request.file, text)) for knob in self._knobs]
        for knob, value in _ideas(places, request.earlier, draw):
            place = next(place for other, place in places if other is knob)
            now = place.text if isinstance(value, str) else place.value
            description = f"{knob.name}: {now} → {value}"
            if description not in tried and value != now:
                (request.folder / request.file).write_bytes(place.put(text, value).encode("utf-8"))
                return Answer(description)
        self.has_ideas = False
        raise NotMeasuredError(_NO_MORE)


def _since_last_keep(earlier: Sequence[Earlier]) -> Sequence[Earlier]:
    """What did nothing before may help on another file: a keep makes all values worth a try again."""
    keeps = [place for place, each in enumerate(earlier) if each.status == "keep"]
    return earlier[keeps[-1] + 1 :] if keeps else earlier


def _ideas(
    places: Sequence[tuple[Knob, Place]], earlier: Sequence[Earlier], draw: random.Random
) -> Iterator[tuple[Knob, Choice]]:
    """Values in the order in which they are worth a try."""
    if earlier and earlier[-1].status == "keep":
        for knob, place in places:
            if earlier[-1].description.startswith(f"{knob.name}: "):
                yield from ((knob, value) for value in _onward(knob, place, earlier[-1].description))
    turn = list(places)
    draw.shuffle(turn)
    for _ in range(_DRAWS):
        for knob, place in turn:
            if (value := _drawn(knob, place, draw)) is not None:
                yield knob, value
    for knob, _ in turn:
        yield from ((knob, value) for value in (knob.choices or _steps(knob)))


def _onward(knob: Knob, place: Place, description: str) -> Iterator[Choice]:
    """The step that was just kept, once more."""
    before, _, after = description.removeprefix(f"{knob.name}: ").partition(" → ")
    try:
        was, now = float(before), float(after)
    except ValueError:
        return
    if knob.range is None:
        return
    next_ = now + (now - was) if knob.step else now * now / was if was and now / was > 0 else now
    if knob.range[0] <= next_ <= knob.range[1]:
        yield _like(next_, place)


def _drawn(knob: Knob, place: Place, draw: random.Random) -> Choice | None:
    if knob.choices:
        return draw.choice(knob.choices)
    assert knob.range is not None
    low, high = knob.range
    if knob.step:
        steps = _steps(knob)
        return draw.choice(steps) if steps else None
    now = place.value if isinstance(place.value, int | float) and place.value > 0 else (low * high) ** 0.5
    reach = log(_FACTOR)
    value = now * 2.718281828459045 ** draw.uniform(-reach, reach)
    return _like(min(max(value, low), high), place)


def _steps(knob: Knob) -> list[Choice]:
    if knob.range is None or knob.step is None:
        return []
    low, high = knob.range
    count = min(int((high - low) / knob.step + 1e-9) + 1, 1000)
    values = [round(low + i * knob.step, 10) for i in range(count)]
    return [int(v) if v.is_integer() else v for v in values]


def _like(value: float, place: Place) -> Choice:
    """A whole number where there was one."""
    return round(value) if isinstance(place.value, int) else float(f"{value:.3g}")
