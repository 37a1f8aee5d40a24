"""Items in the making: what three syntaxes say of one thing comes together here, by its id."""

from __future__ import annotations

from dataclasses import dataclass, field

from autoresearch.loops.structured_data.items import Item, Ref, Syntax, Value

MAX_ITEMS = 20_000
"""Items of one page in one syntax."""


class TooMuchError(Exception):
    """The page says more than is read of one page; the message says what, and how much that is."""


@dataclass(slots=True, eq=False)
class Draft:
    """An item that is still being read."""

    where: str
    id: str = ""
    types: dict[str, None] = field(default_factory=dict)
    properties: dict[str, list[Draft | Value]] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    """Properties that lead to other things."""
    is_top: bool = False
    """Whether it stands for itself, rather than as the value of a property."""

    def add(self, name: str, value: Draft | Value) -> None:
        """One more value. A thing that is there already says nothing new."""
        values = self.properties.setdefault(name, [])
        if isinstance(value, Draft | Ref):
            self.links.add(name)
            if any(value is each for each in values[:8]):
                return
        values.append(value)


class Graph:
    """All drafts of one page in one syntax, in the order in which they were met."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self._drafts: list[Draft] = []
        self._by_id: dict[str, Draft] = {}

    def draft(self, where: str, id: str = "") -> Draft:  # noqa: A002  as items have it
        """The draft of that id, which other parts of the page may have begun; a new one where it has none."""
        if id and (known := self._by_id.get(id)):
            if not known.properties:  # so far it was only mentioned
                known.where = where
            return known
        if len(self._drafts) >= MAX_ITEMS:
            raise TooMuchError(f"more than {MAX_ITEMS:,} items in {self.syntax}")
        draft = Draft(where, id)
        self._drafts.append(draft)
        if id:
            self._by_id[id] = draft
        return draft

    def mark_tops(self) -> None:
        """Where syntax does not tell: typed things stand for themselves that nothing leads to, and one of a circle."""
        led_to = {id(each) for draft in self._drafts for each in self._linked(draft)}
        typed = [draft for draft in self._drafts if draft.types]
        reached: set[int] = set()
        for draft in sorted(typed, key=lambda each: id(each) in led_to):
            if id(draft) not in reached:
                draft.is_top = True
                waiting = [draft]
                while waiting:
                    reached.add(id(each := waiting.pop()))
                    waiting += [next_ for next_ in self._linked(each) if id(next_) not in reached]

    def _linked(self, draft: Draft) -> list[Draft]:
        values = (value for values in draft.properties.values() for value in values)
        found = (self._by_id.get(value.id) if isinstance(value, Ref) else value for value in values)
        return [value for value in found if isinstance(value, Draft)]

    def items(self) -> tuple[Item, ...]:
        """The items that stand for themselves; references to items of the page are these items, in circles too."""
        finished: dict[int, Item] = {}
        filling: list[tuple[Draft, dict[str, tuple[Value, ...]]]] = []
        for draft in self._drafts:
            properties: dict[str, tuple[Value, ...]] = {}
            finished[id(draft)] = Item(tuple(draft.types), properties, draft.where, self.syntax, draft.id)
            filling.append((draft, properties))
        for draft, properties in filling:
            for name, values in draft.properties.items():
                properties[name] = (
                    tuple([self._finished(value, finished) for value in values])
                    if name in draft.links
                    else tuple(values)  # type: ignore[arg-type]  # texts and numbers alone
                )
        return tuple(finished[id(draft)] for draft in self._drafts if draft.is_top)

    def forget(self) -> None:
        """Cut the drafts apart, which may lead to one another in circles."""
        for draft in self._drafts:
            draft.properties.clear()

    def _finished(self, value: Draft | Value, finished: dict[int, Item]) -> Value:
        if isinstance(value, Draft):
            return finished[id(value)]
        if isinstance(value, Ref):
            known = self._by_id.get(value.id)
            if known is not None and (known.types or known.properties):
                return finished[id(known)]
            return value if self.syntax == "json-ld" else value.id  # where an address is a value like others
        return value
