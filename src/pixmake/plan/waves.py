"""Plan room: which paid steps of a plan can go in one build, by which route; the others wait, whatever money there is."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from pixmake.digest import Digest
from pixmake.plan.entries import Entry
from pixmake.plan.graph import ActionId
from pixmake.plan.offer import share_of_entry
from pixmake.plan.planner import Plan
from pixmake.values import dataclass

AGAIN = "was handed in already and did not come: build again to hand it in again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What one build does with the steps that are still to be bought.

    `batch` are those that go by batch now; `later` those that wait or stay, with the reason; all others are bought live.
    """

    batch: tuple[ActionId, ...]
    later: dict[ActionId, str]


def wave_of(plan: Plan, *, by_batch: bool, once: Collection[Digest] = ()) -> Wave:
    """What can go now: nothing that waits for what is on its way; by batch nothing live, nothing that waits at all, and
    no key in `once`: it had its turn."""
    if not by_batch and all(verdict.state != "sent" for verdict in plan.judge.done.values()):  # as mostly
        return Wave(batch=(), later={})
    entries: dict[ActionId, Entry] = {(item.asset, item.step): item for item in plan.entries if item.step is not None}
    later: dict[ActionId, str] = {}
    late: set[ActionId] = set()
    batch: list[ActionId] = []
    for node in plan.graph.order:
        if node not in plan.wanted:
            continue
        needed = any(_is_coming(plan, need) or need in late for need in plan.graph.actions[node].needs)
        entry = entries.get(node)
        if entry is None or entry.state not in ("pay", "waits"):
            if node[1] is None and needed:
                late.add(node)
            continue
        if entry.state == "waits" and needed:
            later[node] = entry.reason
        elif by_batch and not plan.world.painter(_provider_of(plan, node)).provider.free:
            reason = AGAIN if entry.key in once else _not_by_batch(plan, entry)
            if reason is None:
                batch.append(node)
            else:
                later[node] = reason
        late |= {node} & {*later, *batch}
    return Wave(batch=tuple(batch), later=later)


def buying(plan: Plan, *, by_batch: bool = False) -> list[Entry]:
    """The entries with pictures that this build would buy, if money and consent were there."""
    wave = wave_of(plan, by_batch=by_batch)
    return [
        entry
        for entry in plan.entries
        if entry.verdict.images
        and entry.state in ("pay", "waits")
        and _goes((entry.asset, entry.step), wave, by_batch=by_batch)
    ]


def _goes(node: ActionId, wave: Wave, *, by_batch: bool) -> bool:
    return node in wave.batch if by_batch else node not in wave.later


def _not_by_batch(plan: Plan, entry: Entry) -> str | None:
    if entry.state == "waits":
        return entry.reason
    share: Decimal | str = share_of_entry(plan.graph, plan.world, entry)
    return f"stays to be bought live: {share}" if isinstance(share, str) else None


def _is_coming(plan: Plan, node: ActionId) -> bool:
    """Whether a step's picture is on its way, and there is no other to go on with. What goes on in the background is
    awaited by the build that needs it."""
    verdict = plan.judge.done.get(node)
    if verdict is None or verdict.state != "sent" or verdict.artifact is not None or verdict.key is None:
        return False
    return any(call.intent.route != "background" for call in plan.world.pool(verdict.key).underway)


def _provider_of(plan: Plan, node: ActionId) -> str:
    step = plan.graph.actions[node].step
    assert step is not None
    return step.provider
