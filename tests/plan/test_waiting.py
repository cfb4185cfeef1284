"""What waits for pictures still to be bought: its price is an upper bound, its cause is theirs, and it may be refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground, states
from pixmake.diagnostics import Problem
from pixmake.providers.base import Estimate, Limits, Request

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"
CHAIN = HEAD + "  hen: {prompt: a hen, edits: [at night, in snow]}\n"


@dataclass(slots=True)
class Streaming(CountingProvider):
    """Remembers which input pictures it was asked the price of, and streams looks that cost something."""

    priced: dict[str, list[tuple[int, int] | None]] = field(default_factory=dict)

    def limits(self, model: str | None) -> Limits:
        return replace(CountingProvider.limits(self, model), partials=3, partial_price=Decimal("0.01"))

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate | None:
        self.priced[request.prompt] = list(inputs)
        return CountingProvider.estimate(self, request, inputs, count)


def test_it_goes_back_to_what_it_waits_for(tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN)
    ground.build()
    ground.edit("a hen", "a black hen")
    plan = ground.plan()
    assert states(plan) == {"hen#0": "pay", "hen#1": "waits", "hen#2": "waits"}
    assert [(group.images, group.cost is not None and str(group.cost.high)) for group in plan.groups] == [(3, "0.12")]
    assert "prompt" in plan.groups[0].cause
    assert {entry.verdict.causes for entry in plan.entries} == {(plan.groups[0].cause,)}


def test_calls_are_counted_as_they_will_be_made(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  hen: {prompt: a hen, edits: [{prompt: at night, variants: 6, pick: 6}]}\n")
    plan = ground.plan()
    assert [(entry.state, entry.verdict.requests) for entry in plan.entries] == [("pay", 1), ("waits", 2)]
    assert plan.totals.requests == 3
    assert (ground.build().exit_code, len(ground.painter.calls)) == (0, 3)


def test_looks_on_the_way_are_in_the_bound(tmp_path: Path) -> None:
    """A stream brings one picture; each look that may come counts for the high end alone."""
    spec = HEAD + "  hen: {prompt: a hen, edits: [{prompt: at night, variants: 3, pick: 1}]}\n"
    ground = Ground(tmp_path, spec, Streaming())
    waits = ground.project().plan(partials=2).entries[1].verdict
    assert waits.cost is not None
    assert (waits.state, waits.requests) == ("waits", 3)
    assert (waits.cost.low, waits.cost.high) == (Decimal("0.12"), Decimal("0.18"))
    nobody = ground.plan().entries[1].verdict
    assert (nobody.requests, nobody.cost and nobody.cost.high) == (1, Decimal("0.12"))


@pytest.mark.parametrize("more", ["", ", mask: {rect: [0, 0, 0.5, 0.5]}", ", references: [straw.png]"])
def test_it_is_priced_with_the_pictures_it_will_have(tmp_path: Path, more: str) -> None:
    """As many of them as later, when they are known: the bound must not be of another request."""
    painter = Streaming()
    ground = Ground(tmp_path, HEAD + f"  hen: {{prompt: a hen, edits: [{{prompt: at night{more}}}]}}\n", painter)
    ground.picture("straw.png")
    ground.plan()
    early = painter.priced["at night"]
    assert set(early) == {None}
    ground.build()
    late = painter.priced["at night"]
    assert (len(early), None in late) == (len(late), False)


@pytest.mark.parametrize("pick", [1, 2])
def test_a_pick_of_what_will_be_there_waits_with_it(tmp_path: Path, pick: int) -> None:
    spec = HEAD + f"  hen: {{prompt: a hen, edits: [{{prompt: at night, variants: 2, pick: {pick}}}]}}\n"
    ground = Ground(tmp_path, spec)
    plan = ground.plan()
    assert (states(plan), plan.problems) == ({"hen#0": "pay", "hen#1": "waits"}, ())
    assert (ground.build().exit_code, ground.sent()) == (0, 3)


def test_a_pick_of_what_nobody_ordered_is_told_before_its_parent_is_bought(tmp_path: Path) -> None:
    ground = Ground(
        tmp_path, HEAD + "  hen: {prompt: a hen, edits: [{prompt: at night, variants: 2, pick: 3}, in snow]}\n"
    )
    plan = ground.plan()
    assert states(plan) == {"hen#0": "pay", "hen#1": "blocked", "hen#2": "blocked"}
    assert plan.entries[1].reason == "pick: 3 is beyond its 2 variants"
    assert [(item.code, item.help) for item in plan.problems] == [
        ("pick-beyond-variants", "set variants: 3, or pick one of 1 to 2")
    ]
    with pytest.raises(Problem, match="nobody ordered"):
        ground.build()
    assert ground.sent() == 0
