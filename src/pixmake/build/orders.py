"""Build room: how a plan is to be run, and what of it is therefore not bought: for want of consent, money or a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from decimal import Decimal

from pixmake.build.budget import Consent, DayLedger
from pixmake.build.paying import NO_MONEY
from pixmake.diagnostics import Diagnostic
from pixmake.digest import Digest
from pixmake.plan.entries import Entry
from pixmake.plan.graph import ActionId
from pixmake.plan.offer import batch_cost
from pixmake.plan.planner import Plan
from pixmake.plan.waves import Wave
from pixmake.providers.base import Estimate
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How a plan is to be run: with what consent, how many at once, and when to stop.

    `cap` is --max-cost in USD; `yes` agrees to the plan as it stands; `by_name` that assets were named by the user;
    `never_pay` is --locked or --offline. `recorded` False: what is bought enters the journal, not this project's lock.
    `by_batch`: what is ready goes by batch, nothing live; keys in `once` had their turn already. `halted` is asked
    before anything is started: yes starts nothing more.
    """

    cap: Decimal | None = None
    yes: bool = False
    by_name: bool = False
    never_pay: bool = False
    locked: bool = False
    jobs: int | None = None
    fail_fast: bool = False
    recorded: bool = True
    by_batch: bool = False
    once: frozenset[Digest] = frozenset()
    waits: bool = True
    """False: what goes on in the background is left to another build; nobody is asked after it."""
    halted: Callable[[], bool] | None = None

    @property
    def asks(self) -> bool:
        """Whether providers are asked after what goes on there."""
        return self.waits and not self.never_pay


@dataclass(slots=True)
class Hold:
    """What will not be bought in this build, and why."""

    reasons: dict[ActionId, str] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def consent_of(plan: Plan, orders: Orders, day: DayLedger) -> Consent:
    """Who agreed to what: a spec's per_build, --max-cost, or --yes to the plan as it stands. Caps only ever lower."""
    caps = [cap for cap in (plan.spec.budget.per_build, orders.cap) if cap is not None]
    if caps or orders.yes:  # a daily cap limits, but agrees to nothing by itself
        caps += [left for left in [day.left()] if left is not None]
    if orders.yes:
        caps.append(_whole(plan, by_batch=orders.by_batch))
    given = not orders.never_pay and (orders.yes or bool(caps))
    return Consent(given=given, cap=min(caps) if caps else None, unpriced=orders.yes and orders.by_name)


def _whole(plan: Plan, *, by_batch: bool) -> Decimal:
    """The high price of a plan as it stands; by batch, of what can go so, where that is less."""
    return plan.offer.cost.high if by_batch and plan.offer is not None else plan.totals.cost.high


def hold_of(plan: Plan, orders: Orders, consent: Consent, wave: Wave) -> Hold:
    """What is not bought: in plan order, everything that no longer fits, and all of a provider that isn't ready."""
    hold = Hold()
    held: dict[Digest, str] = {}
    left = consent.cap
    obstacles = {} if orders.never_pay else _obstacles(plan, hold, wave)
    for entry in _to_buy(plan, wave):
        node = entry.asset, entry.step
        cost = batch_cost(plan.graph, plan.world, entry) if orders.by_batch and node in wave.batch else entry.cost
        why = obstacles.get(provider_of(plan, entry)) or _why_not(cost, orders, consent, left)
        if why is None and any(need in hold.reasons for need in plan.graph.actions[node].needs):
            why = "a picture it needs is not bought"
        if why is None and entry.key in held and not entry.verdict.images:
            why = held[entry.key]  # it shares that request, and its fate
        if why is not None:
            hold.reasons[node] = why
            if entry.key is not None:
                held[entry.key] = why
        elif left is not None and cost is not None:
            left -= cost.high
    return hold


def _to_buy(plan: Plan, wave: Wave) -> list[Entry]:
    """What this build may buy, in the order in which it can be bought. What waits for a pick waits for a person."""
    steps = (entry for entry in plan.entries if entry.step is not None and entry.state in ("pay", "waits"))
    by_node: dict[ActionId, Entry] = {(entry.asset, entry.step): entry for entry in steps}
    unpicked = {node for node, verdict in plan.judge.done.items() if verdict.asking}
    found = []
    for node in plan.graph.order:
        if unpicked and any(need in unpicked for need in plan.graph.actions[node].needs):
            unpicked.add(node)
        elif node in by_node and node not in wave.later:
            found.append(by_node[node])
    return found


def _why_not(cost: Estimate | None, orders: Orders, consent: Consent, left: Decimal | None) -> str | None:
    if orders.never_pay:
        return "never paid for with --locked or --offline"
    if cost is None:
        return None if consent.unpriced else "its price is unknown: name the asset and say --yes, or state a price"
    if not cost.high:
        return None
    if not consent.given:
        return "nobody agreed to pay"
    if left is not None and cost.high > left:
        return NO_MONEY
    return None


def _obstacles(plan: Plan, hold: Hold, wave: Wave) -> dict[str, str]:
    """Providers that something is to be bought from and that can't send now: a missing key, say."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(provider_of(plan, entry) for entry in _to_buy(plan, wave)):
        obstacle = plan.world.painter(name).provider.obstacle()
        if obstacle is not None:
            found[name] = obstacle
            hold.problems.append(
                Diagnostic(code="provider-not-ready", message=f"'{name}' can't be asked", help=obstacle)
            )
    return found


def provider_of(plan: Plan, entry: Entry) -> str:
    """The name of who paints an entry's step."""
    step = plan.graph.actions[entry.asset, entry.step].step
    assert step is not None
    return step.provider
