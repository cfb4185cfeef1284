"""Plan room: what of a plan could go by batch, and what that would cost."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pixmake.plan.entries import Entry, cost_json, together
from pixmake.plan.graph import ActionGraph
from pixmake.plan.pricing import share_of
from pixmake.plan.world import World
from pixmake.providers.base import Estimate
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Pictures that could go by batch: what they cost live, and by batch. Waits are in it, as upper bounds."""

    images: int
    live: Estimate
    cost: Estimate

    def to_json(self) -> dict[str, object]:
        return {"images": self.images, "live": cost_json(self.live), "cost": cost_json(self.cost)}


def share_of_entry(graph: ActionGraph, world: World, entry: Entry) -> Decimal | str:
    """What an entry costs by batch of its live price; a text says why it can't go by batch."""
    step = graph.actions[entry.asset, entry.step].step
    request = entry.verdict.request
    if step is None or request is None:
        return "there is nothing to send"
    return share_of(world.painter(step.provider), request)


def batch_cost(graph: ActionGraph, world: World, entry: Entry) -> Estimate | None:
    """The price of an entry by batch; None where it can't go by batch, or nobody knows its price."""
    share = share_of_entry(graph, world, entry)
    cost = entry.cost
    if cost is None or isinstance(share, str):
        return None
    return _shared(cost, share)


def offer_of(graph: ActionGraph, world: World, entries: Iterable[Entry]) -> Offer | None:
    """What could go by batch; None where nothing could, or where it would save nothing."""
    images, by_share = 0, dict[Decimal, list[Estimate]]()
    for entry in entries:
        if not entry.verdict.images or entry.state not in ("pay", "waits"):
            continue
        share, cost = share_of_entry(graph, world, entry), entry.cost
        if cost is not None and not isinstance(share, str) and cost.high * share:
            images += entry.verdict.images
            by_share.setdefault(share, []).append(cost)
    sums = {share: together(costs) for share, costs in by_share.items()}
    live, cost = together(sums.values()), together(_shared(price, share) for share, price in sums.items())
    return Offer(images=images, live=live, cost=cost) if cost.high < live.high else None


def _shared(cost: Estimate, share: Decimal) -> Estimate:
    return Estimate(low=cost.low * share, high=cost.high * share, rough=cost.rough)
