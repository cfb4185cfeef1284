"""Build room: the corridor as code. load → expand → graph → plan → execute → publish → record. Read this file first.

Data goes one way. Everything that can refuse stands before the first call that costs; records come after bytes.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pixmake.build.budget import Budget, Consent, DayLedger
from pixmake.build.paying import NO_MONEY, Cashier
from pixmake.build.recording import LockKeeper, catch_up, record_lock, record_picks
from pixmake.build.remembering import SNAPSHOT, forget
from pixmake.build.report import BuildReport, entry_reports, exit_of
from pixmake.build.runner import LOCAL, Runner, StepOutcome
from pixmake.build.scheduler import Job, Scheduler
from pixmake.clock import Clock
from pixmake.diagnostics import Diagnostic, ExitCode, Problem, worst
from pixmake.digest import Digest
from pixmake.events import BuildFinished, BuildStarted, BuildStopping, Listener
from pixmake.plan.entries import Entry
from pixmake.plan.graph import ActionId
from pixmake.plan.inputs import Pending
from pixmake.plan.planner import Plan
from pixmake.publish.outputs import clear_leftovers
from pixmake.publish.realize import realizer_of
from pixmake.store.durable import writing
from pixmake.store.shelf import STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How a plan is to be run: with what consent, how many at once, and when to stop.

    `cap` is --max-cost in USD; `yes` agrees to the plan as it stands; `by_name` that assets were named by the user;
    `never_pay` is --locked or --offline. `recorded` False: what is bought enters the journal, not this project's lock.
    `halted` is asked before anything is started: yes starts nothing more.
    """

    cap: Decimal | None = None
    yes: bool = False
    by_name: bool = False
    never_pay: bool = False
    locked: bool = False
    jobs: int | None = None
    fail_fast: bool = False
    recorded: bool = True
    halted: Callable[[], bool] | None = None


@dataclass(slots=True)
class Hold:
    """What will not be bought in this build, and why."""

    reasons: dict[ActionId, str] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def execute(plan: Plan, orders: Orders, clock: Clock, listener: Listener) -> BuildReport:
    """Runs a plan: consent, recovery, the schedule, the records. Raises Problem only for what stops all of it."""
    _refuse_damage(plan)
    began = clock.monotonic()
    day = DayLedger(plan.world.store, plan.world.view.today, plan.spec.budget.per_day)
    budget = Budget(consent_of(plan, orders, day))
    hold = _hold(plan, orders, budget.consent)
    runner = _runner(plan, orders, budget, day, clock, listener)
    jobs = list(_jobs(plan, hold))
    runner.total = sum(1 for job in jobs if job.id[1] is None)
    clear_leftovers(_folders(plan, jobs))
    high = _most(plan, jobs)
    listener(BuildStarted(total=runner.total, images=plan.totals.images, high=high, budget=budget.consent.cap))
    if jobs:
        with writing(plan.world.root / STATE):
            (plan.world.root / STATE).mkdir(exist_ok=True)
            forget(plan.world.root / STATE / SNAPSHOT)  # killed from here on, the next build has to look closer
    interrupted = _schedule(plan, orders, runner, jobs) if jobs else False
    try:
        _record(plan, orders, runner)
    except Problem as trouble:  # what was bought is in the store and its journal: the next build writes the rest
        runner.outcomes.problems.append(trouble)
    return _report(plan, orders, runner, hold, interrupted, clock.monotonic() - began, listener)


# --- before anything is sent -------------------------------------------------------------------------------------


def _refuse_damage(plan: Plan) -> None:
    """Where the records of money are damaged, nothing is bought (exit 8), nor where the spec or an input is wrong."""
    if plan.damage:
        raise Problem(plan.damage, ExitCode.INTEGRITY)
    if plan.problems:
        raise Problem(plan.problems)


def consent_of(plan: Plan, orders: Orders, day: DayLedger) -> Consent:
    """Who agreed to what: a spec's per_build, --max-cost, or --yes to the plan as it stands. Caps only ever lower."""
    caps = [cap for cap in (plan.spec.budget.per_build, orders.cap) if cap is not None]
    if caps or orders.yes:  # a daily cap limits, but agrees to nothing by itself
        caps += [left for left in [day.left()] if left is not None]
    if orders.yes:
        caps.append(plan.totals.cost.high)
    given = not orders.never_pay and (orders.yes or bool(caps))
    return Consent(given=given, cap=min(caps) if caps else None, unpriced=orders.yes and orders.by_name)


def _hold(plan: Plan, orders: Orders, consent: Consent) -> Hold:
    """What is not bought: in plan order, everything that no longer fits, and all of a provider that isn't ready."""
    hold = Hold()
    held: dict[Digest, str] = {}
    left = consent.cap
    obstacles = {} if orders.never_pay else _obstacles(plan, hold)
    for entry in _to_buy(plan):
        node = entry.asset, entry.step
        why = _why_not(plan, entry, orders, consent, left, obstacles)
        if why is None and any(need in hold.reasons for need in plan.graph.actions[node].needs):
            why = "a picture it needs is not bought"
        if why is None and entry.key in held and not entry.verdict.images:
            why = held[entry.key]  # it shares that request, and its fate
        if why is not None:
            hold.reasons[node] = why
            if entry.key is not None:
                held[entry.key] = why
        elif left is not None and entry.cost is not None:
            left -= entry.cost.high
    return hold


def _to_buy(plan: Plan) -> list[Entry]:
    steps = (entry for entry in plan.entries if entry.step is not None and entry.state in ("pay", "waits"))
    by_node = {(entry.asset, entry.step): entry for entry in steps}
    return [by_node[node] for node in plan.graph.order if node in by_node]


def _why_not(
    plan: Plan,
    entry: Entry,
    orders: Orders,
    consent: Consent,
    left: Decimal | None,
    obstacles: Mapping[str, str],
) -> str | None:
    if orders.never_pay:
        return "never paid for with --locked or --offline"
    painter = _provider_of(plan, entry)
    if painter in obstacles:
        return obstacles[painter]
    if entry.cost is None:
        return None if consent.unpriced else "its price is unknown: name the asset and say --yes, or state a price"
    if not entry.cost.high:
        return None
    if not consent.given:
        return "nobody agreed to pay"
    if left is not None and entry.cost.high > left:
        return NO_MONEY
    return None


def _obstacles(plan: Plan, hold: Hold) -> dict[str, str]:
    """Providers that something is to be bought from and that can't send now: a missing key, say."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(_provider_of(plan, entry) for entry in _to_buy(plan)):
        obstacle = plan.world.painter(name).provider.obstacle()
        if obstacle is not None:
            found[name] = obstacle
            hold.problems.append(
                Diagnostic(code="provider-not-ready", message=f"'{name}' can't be asked", help=obstacle)
            )
    return found


def _provider_of(plan: Plan, entry: Entry) -> str:
    step = plan.graph.actions[entry.asset, entry.step].step
    assert step is not None
    return step.provider


# --- the schedule --------------------------------------------------------------------------------------------------


def _jobs(plan: Plan, hold: Hold) -> list[Job[ActionId]]:
    """Actions that have something to do, each with its lane; an end runs when its files do or its steps will."""
    entries = {(entry.asset, entry.step): entry for entry in plan.entries}
    ends = {entry.asset: entry for entry in plan.entries if entry.last}
    running: dict[ActionId, str] = {}
    for node in plan.graph.order:
        if node not in plan.wanted or node in hold.reasons:
            continue
        needs = plan.graph.actions[node].needs
        if node[1] is not None:
            entry = entries[node]
            if entry.state in ("pay", "waits"):
                running[node] = _provider_of(plan, entry)
            elif entry.verdict.images and plan.judge.done[node].state == "draft":
                running[node] = "draft"
        elif node[0] in ends and not any(need in hold.reasons for need in needs):
            files = ends[node[0]].outputs
            due = any(item.state in ("missing", "stale") for item in files) and _has_picture(plan, node)
            if due or any(need in running for need in needs):
                running[node] = LOCAL
    return [Job(id=node, lane=lane, needs=plan.graph.actions[node].needs) for node, lane in running.items()]


def _most(plan: Plan, jobs: Iterable[Job[ActionId]]) -> Decimal:
    """The high price of all that these jobs may buy."""
    nodes = {job.id for job in jobs if job.lane != LOCAL}
    prices = (entry.cost for entry in plan.entries if (entry.asset, entry.step) in nodes)
    return sum((price.high for price in prices if price is not None), Decimal(0))


def _has_picture(plan: Plan, node: ActionId) -> bool:
    asset = plan.graph.actions[node].asset
    return not isinstance(plan.judge.inputs.end(asset, plan.judge.done, plan.judge.frames), Pending)


def _runner(plan: Plan, orders: Orders, budget: Budget, day: DayLedger, clock: Clock, listener: Listener) -> Runner:
    world = plan.world
    realizer = realizer_of(world)
    cashier = Cashier(world.store, realizer, budget, day, clock, world.view.scope)
    on_pictures = LockKeeper(plan, realizer.keep).bought if orders.recorded else _unrecorded
    return Runner(plan, realizer, cashier, budget, clock, listener, on_pictures)


async def _unrecorded(asset: str) -> None:
    """What was bought is in the store's journal, and nobody's pick."""


def _schedule(plan: Plan, orders: Orders, runner: Runner, jobs: Sequence[Job[ActionId]]) -> bool:
    """Runs the jobs in an event loop of their own; whether a person interrupted it."""
    places = {job.lane: 1 for job in jobs}
    for lane in places:
        room = (os.cpu_count() or 1) if lane == LOCAL else plan.world.painter(lane).provider.concurrency
        places[lane] = max(1, min(room, orders.jobs or room))
    scheduler = Scheduler(jobs, places, fail_fast=orders.fail_fast, halted=orders.halted)
    try:
        return asyncio.run(_run(plan, scheduler, runner))
    except asyncio.CancelledError:
        return True


async def _run(plan: Plan, scheduler: Scheduler[ActionId], runner: Runner) -> bool:
    """The first Ctrl-C starts nothing more and awaits what was sent; the second leaves it unknown in the journal."""
    task = asyncio.current_task()
    assert task is not None
    interrupts = 0

    def interrupt() -> None:
        nonlocal interrupts
        interrupts += 1
        scheduler.stop()
        runner.cashier.limits.halt()
        runner.listener(BuildStopping(awaited=interrupts == 1))
        if interrupts > 1:
            task.cancel()

    with _on_interrupt(interrupt):
        await scheduler.run(runner.run)
        for painter in plan.world.painters.values():
            await painter.provider.close()
    return interrupts > 0


class _on_interrupt:  # noqa: N801 (a context manager reads as a verb)
    """Routes SIGINT to a callback while a build runs; where signals can't be had (a thread), does nothing."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback

    def __enter__(self) -> None:
        with suppress(NotImplementedError, ValueError, RuntimeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self.callback)

    def __exit__(self, *_: object) -> None:
        with suppress(NotImplementedError, ValueError, RuntimeError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


def _folders(plan: Plan, jobs: Iterable[Job[ActionId]]) -> set[Path]:
    """Where this build writes: a killed one may have left half a file there."""
    names = {job.id[0] for job in jobs if job.id[1] is None}
    outputs = (item for entry in plan.entries if entry.last and entry.asset in names for item in entry.outputs)
    return {(plan.world.root / item.path).parent for item in outputs}


# --- records and report ----------------------------------------------------------------------------------------------


def _record(plan: Plan, orders: Orders, runner: Runner) -> None:
    """The lock, last picks, the memo and the index: each written only where it changed."""
    world = plan.world
    if orders.recorded:
        catch_up(plan, (node for node, outcome in runner.outcomes.steps.items() if outcome.made))
        world.lock = record_lock(plan, world.lock, runner.realizer.keep, runner.outcomes.written)
        record_picks(plan, runner.clock)
    world.save()


def _report(
    plan: Plan,
    orders: Orders,
    runner: Runner,
    hold: Hold,
    interrupted: bool,
    seconds: float,
    listener: Listener,
) -> BuildReport:
    outcomes = runner.outcomes
    reports = tuple(entry_reports(plan, outcomes, dict(hold.reasons)))
    held_late = any(outcome.result == "held" for outcome in outcomes.steps.values())
    paused = (bool(hold.reasons) or held_late) and not orders.never_pay
    code = exit_of(reports, paused=paused, interrupted=interrupted, locked=orders.locked)
    if orders.never_pay and hold.reasons and code in (ExitCode.DONE, ExitCode.CONSENT):
        code = ExitCode.PENDING
    stops = {diagnostic: stop for stop in outcomes.problems for diagnostic in stop.diagnostics}
    code = worst([int(code), *(int(stop.exit_code) for stop in stops.values())])
    made = sum(outcome.made for outcome in outcomes.steps.values())
    written = tuple(item.path for items in outcomes.written.values() for item in items if item.changed)
    spent = runner.budget.spent
    listener(BuildFinished(exit_code=int(code), made=made, spent=spent, seconds=seconds))
    return BuildReport(
        plan=plan,
        entries=reports,
        exit_code=code,
        made=made,
        written=written,
        spent=spent,
        reserved=runner.budget.reserved,
        seconds=seconds,
        problems=(*hold.problems, *stops, *_troubles(outcomes.steps)),
        interrupted=interrupted,
    )


def _troubles(steps: Mapping[ActionId, StepOutcome]) -> list[Diagnostic]:
    """One diagnostic for each action that failed, with the provider's own words, and for each bill that was too high."""
    dear = [
        Diagnostic(
            code="billed-more",
            message=f"'{node[0]}' step {node[1]}: {outcome.warning}",
            severity="warning",
            asset=node[0],
        )
        for node, outcome in steps.items()
        if outcome.warning is not None
    ]
    return dear + [
        Diagnostic(
            code=outcome.state,
            message=f"'{node[0]}'{'' if node[1] is None else f' step {node[1]}'}: {outcome.message}",
            help=outcome.help,
            asset=node[0],
        )
        for node, outcome in steps.items()
        if outcome.state in ("failed", "refused", "unknown") and outcome.message is not None
    ]
