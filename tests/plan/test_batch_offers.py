"""What of a plan could go by batch, and what that would save: a price like any other."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from fakes.counting import CountingProvider
from fakes.project import Ground
from pixmake.plan.offer import batch_cost, share_of_entry
from pixmake.providers.base import Request

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"


class Waiting(CountingProvider):
    """Takes batches: at half the price, drawings at a quarter, and no animations; pictures of high quality at no less."""

    def submit(self) -> None:
        raise AssertionError("a plan sends nothing")

    def share(self, request: Request) -> Decimal | str:
        if request.model == "live":
            return "this model takes no batches"
        return {"svg": Decimal("0.25")}.get(request.kind, Decimal(1) if request.quality == "high" else Decimal("0.5"))


def painter(price: str | None = "0.04", low: str | None = "0.02") -> Waiting:
    return Waiting(price=None if price is None else Decimal(price), low=None if low is None else Decimal(low))


def test_what_is_bought_and_what_waits_is_in_it(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen}\n"
    ground = Ground(tmp_path, spec, painter())
    ground.build()
    spec += "  old: {prompt: a hen}\n  live: {prompt: a dog, model: live}\n  draft: {prompt: a cat, provider: draft}\n"
    spec += "  cow: {prompt: a cow, variants: 3, pick: 1, edits: [{prompt: at night, variants: 2, pick: 1}]}\n"
    ground.write("assets.yaml", spec + "  key: {prompt: a key, kind: svg, output: key.svg}\n")
    plan = ground.plan()
    assert plan.totals.images == 8, "the dog and the draft as well"
    assert plan.offer is not None
    assert plan.offer.images == 6
    assert (plan.offer.live.low, plan.offer.live.high) == (Decimal("0.12"), Decimal("0.24"))
    assert (plan.offer.cost.low, plan.offer.cost.high) == (Decimal("0.055"), Decimal("0.11"))
    assert plan.to_json()["batch"] == plan.offer.to_json()
    assert plan.offer.to_json() == {
        "images": 6,
        "live": {"low": "0.12", "high": "0.24"},
        "cost": {"low": "0.055", "high": "0.11"},
    }


def test_each_entry_has_its_own_price(tmp_path: Path) -> None:
    spec = HEAD + "  cow: {prompt: a cow, variants: 3}\n  dog: {prompt: a dog, model: live}\n"
    ground = Ground(tmp_path, spec + "  small: {from: '@dog', size: 16x16}\n", painter())
    plan = ground.plan()
    cow, dog = plan.entries[0], plan.entries[1]
    half = batch_cost(plan.graph, plan.world, cow)
    assert half is not None and (half.low, half.high) == (Decimal("0.03"), Decimal("0.06"))
    assert share_of_entry(plan.graph, plan.world, cow) == Decimal("0.5")
    assert batch_cost(plan.graph, plan.world, dog) is None
    assert share_of_entry(plan.graph, plan.world, dog) == "this model takes no batches"
    assert share_of_entry(plan.graph, plan.world, plan.entries[2]) == "there is nothing to send"


def test_nothing_is_offered_that_saves_nothing(tmp_path: Path) -> None:
    spec = HEAD + "  cow: {prompt: a cow, quality: high}\n"
    assert Ground(tmp_path / "1", spec, painter()).plan().offer is None
    assert Ground(tmp_path / "2", HEAD + "  cow: {prompt: a cow}\n", painter(price=None)).plan().offer is None
    assert Ground(tmp_path / "3", HEAD + "  cow: {prompt: a cow}\n", painter("0", "0")).plan().offer is None
    assert Ground(tmp_path / "4", HEAD + "  cow: {prompt: a cow}\n").plan().offer is None, "it takes no batches"
    ground = Ground(tmp_path / "5", HEAD + "  cow: {prompt: a cow}\n", painter())
    ground.build()
    assert ground.plan().offer is None
    ground.edit("a cow", "a cow, quality: low")
    assert ground.plan().offer is not None


def test_what_a_bill_may_come_to_is_an_offer_though_it_may_be_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEAD + "  cow: {prompt: a cow}\n", painter("0.04", "0"))
    plan = ground.plan()
    assert plan.offer is not None and (plan.offer.cost.low, plan.offer.cost.high) == (Decimal(0), Decimal("0.02"))
