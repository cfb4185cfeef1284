"""Build room: the corridor as code. load → expand → graph → plan → execute → publish → record. Read this file first.

Data goes one way. Everything that can refuse stands before the first call that costs; records come after bytes.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from pixmake.build.awaiting import resumable
from pixmake.build.batching import Dispatch, Handed
from pixmake.build.budget import Budget, DayLedger
from pixmake.build.glimpses import Glimpses
from pixmake.build.orders import Hold, Orders, consent_of, hold_of, provider_of
from pixmake.build.paying import Cashier
from pixmake.build.recording import LockKeeper, catch_up, record_lock, record_picks
from pixmake.build.remembering import SNAPSHOT, forget, not_kept
from pixmake.build.report import BuildReport, entry_reports, exit_of
from pixmake.build.runner import LOCAL, Runner, StepOutcome
from pixmake.build.scheduler import Job, Scheduler
from pixmake.build.strays import Stray, gather_strays, strays_of
from pixmake.clock import Clock
from pixmake.diagnostics import Diagnostic, ExitCode, Problem, worst
from pixmake.digest import Digest
from pixmake.events import BuildFinished, BuildStarted, BuildStopping, Listener
from pixmake.plan.entries import Entry
from pixmake.plan.graph import ActionId
from pixmake.plan.inputs import Pending
from pixmake.plan.planner import Plan
from pixmake.plan.waves import wave_of
from pixmake.plan.world import Painter
from pixmake.publish.outputs import clear_leftovers
from pixmake.publish.realize import realizer_of
from pixmake.store.durable import writing
from pixmake.store.shelf import STATE
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a build leaves undone: what was held back, what waits for a later one, what was handed in by batch, and
    warnings of what could not be kept for the next one."""

    hold: Hold
    later: Mapping[ActionId, str]
    handed: Handed
    interrupted: bool
    unkept: Sequence[Diagnostic]


def execute(plan: Plan, orders: Orders, clock: Clock, listener: Listener) -> BuildReport:
    """Runs a plan: consent, recovery, the schedule, the records. Raises Problem only for what stops all of it."""
    _refuse_damage(plan)
    began = clock.monotonic()
    day = DayLedger(plan.world.store, plan.world.view.today, plan.spec.budget.per_day)
    budget = Budget(consent_of(plan, orders, day))
    wave = wave_of(plan, by_batch=orders.by_batch, once=orders.once)
    hold = hold_of(plan, orders, budget.consent, wave)
    runner = _runner(plan, orders, budget, day, clock, listener)
    batch = [node for node in wave.batch if node not in hold.reasons]
    jobs = list(_jobs(plan, {*hold.reasons, *wave.later, *batch}, asking=orders.asks))
    runner.total = sum(1 for job in jobs if job.id[1] is None)
    clear_leftovers(_folders(plan, jobs))
    high = _most(plan, jobs)
    listener(BuildStarted(total=runner.total, images=plan.totals.images, high=high, budget=budget.consent.cap))
    strays = strays_of(runner.cashier, plan.world.painters, _awaited(plan, jobs)) if orders.asks else []
    if jobs or batch or strays:
        with writing(plan.world.root / STATE):
            (plan.world.root / STATE).mkdir(exist_ok=True)
            forget(plan.world.root / STATE / SNAPSHOT)  # killed from here on, the next build has to look closer
    dispatch = Dispatch(runner, orders.halted or _never)
    interrupted = False
    if jobs or batch or strays:
        interrupted = _schedule(plan, orders, runner, jobs, _before(runner, strays, dispatch, batch))
    if interrupted:
        _look_again(runner, jobs)
    unkept: Sequence[Diagnostic] = ()
    try:
        unkept = _record(plan, orders, runner)
    except Problem as trouble:  # what was bought is in the store and its journal: the next build writes the rest
        runner.outcomes.problems.append(trouble)
    left = Left(hold=hold, later=wave.later, handed=dispatch.tally.done(), interrupted=interrupted, unkept=unkept)
    return _report(plan, orders, runner, left, clock.monotonic() - began, listener)


def _never() -> bool:
    return False


# --- before anything is sent -------------------------------------------------------------------------------------


def _refuse_damage(plan: Plan) -> None:
    """Where the records of money are damaged, nothing is bought (exit 8), nor where the spec or an input is wrong."""
    if plan.damage:
        raise Problem(plan.damage, ExitCode.INTEGRITY)
    if plan.problems:
        raise Problem(plan.problems)


# --- the schedule --------------------------------------------------------------------------------------------------


def _jobs(plan: Plan, apart: Collection[ActionId], *, asking: bool) -> list[Job[ActionId]]:
    """Actions that have something to do, each with its lane; an end runs when its files do or its steps will.

    `asking`: what goes on at its provider may be asked after and awaited.
    """
    entries = {(entry.asset, entry.step): entry for entry in plan.entries}
    ends = {entry.asset: entry for entry in plan.entries if entry.last}
    running: dict[ActionId, str] = {}
    for node in plan.graph.order:
        if node not in plan.wanted or node in apart:
            continue
        needs = plan.graph.actions[node].needs
        if node[1] is not None:
            entry = entries[node]
            if entry.state in ("pay", "waits") or (asking and entry.state == "sent" and _comes(plan, entry)):
                running[node] = provider_of(plan, entry)
            elif entry.verdict.images and plan.judge.done[node].state == "draft":
                running[node] = "draft"
        elif node[0] in ends and not any(need in apart for need in needs):
            files = ends[node[0]].outputs
            due = any(item.state in ("missing", "stale") for item in files) and _has_picture(plan, node)
            if due or any(need in running for need in needs):
                running[node] = LOCAL
    return [Job(id=node, lane=lane, needs=plan.graph.actions[node].needs) for node, lane in running.items()]


def _comes(plan: Plan, entry: Entry) -> bool:
    """Whether a step's pictures can be awaited: they go on in the background, and their provider can be asked."""
    return entry.key is not None and bool(resumable(plan.world.pool(entry.key).underway, plan.world.painters))


def _awaited(plan: Plan, jobs: Iterable[Job[ActionId]]) -> set[Digest]:
    """Keys of all steps that run."""
    found = (plan.judge.done.get(job.id) for job in jobs)
    return {verdict.key for verdict in found if verdict is not None and verdict.key is not None}


async def _before(runner: Runner, strays: Sequence[Stray], dispatch: Dispatch, batch: Sequence[ActionId]) -> None:
    """What comes before all jobs."""
    await gather_strays(runner.cashier, strays)
    await dispatch.send(batch)


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
    cashier = Cashier(
        world.store,
        realizer,
        budget,
        day,
        clock,
        world.view.scope,
        fail_fast=orders.fail_fast,
        halted=orders.halted,
    )
    cashier.glimpse = Glimpses(world.root, listener, clock).of
    on_pictures = LockKeeper(plan, realizer.keep).bought if orders.recorded else _unrecorded
    return Runner(plan, realizer, cashier, budget, clock, listener, on_pictures)


async def _unrecorded(asset: str) -> None:
    """What was bought is in the store's journal, and nobody's pick."""


def _schedule(
    plan: Plan, orders: Orders, runner: Runner, jobs: Sequence[Job[ActionId]], before: Coroutine[None, None, None]
) -> bool:
    """Runs `before` and the jobs in an event loop of their own; whether a person interrupted it."""
    places = {job.lane: 1 for job in jobs}
    for lane in places:
        room = (os.cpu_count() or 1) if lane == LOCAL else _with_spare(plan.world.painter(lane))
        places[lane] = max(1, min(room, orders.jobs or room))
    scheduler = Scheduler(jobs, places, fail_fast=orders.fail_fast, halted=orders.halted)
    try:
        return asyncio.run(_run(plan, scheduler, runner, before))
    except asyncio.CancelledError:
        return True


def _look_again(runner: Runner, jobs: Iterable[Job[ActionId]]) -> None:
    """Steps that ended in no way, since they were cut short: calls of theirs may have been sent, and are unknown now."""
    runner.world.refresh()
    runner.world.may_repeat = False  # a yes to that was for this build, and nothing more is sent
    for job in jobs:
        cut_short = job.id[1] is not None and job.id not in runner.outcomes.steps
        if cut_short and runner.judge.done[job.id].state == "pay":
            runner.judge.rejudge(runner.plan.graph.actions[job.id])


def _with_spare(painter: Painter) -> int:
    """A provider's calls in flight, which its gate sees to, and half as many again, whose pictures are just stored."""
    most = painter.provider.concurrency
    return most if painter.provider.draft else most + max(1, most // 2)


async def _run(plan: Plan, scheduler: Scheduler[ActionId], runner: Runner, before: Coroutine[None, None, None]) -> bool:
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
        await before
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


def _record(plan: Plan, orders: Orders, runner: Runner) -> Sequence[Diagnostic]:
    """The lock, last picks, the memo and the index: each written only where it changed. What can be made again and can't
    be written is a warning."""
    world = plan.world
    if orders.recorded:
        catch_up(plan, (node for node, outcome in runner.outcomes.steps.items() if outcome.made))
        world.lock = record_lock(plan, world.lock, runner.realizer.keep, runner.outcomes.written)
        record_picks(plan, runner.clock)
    told = map(not_kept, (world.save, world.store.results.save_index))
    return [warning for warning in told if warning is not None][:1]


def _report(
    plan: Plan,
    orders: Orders,
    runner: Runner,
    left: Left,
    seconds: float,
    listener: Listener,
) -> BuildReport:
    outcomes, hold = runner.outcomes, left.hold
    reports = tuple(entry_reports(plan, outcomes, hold.reasons, left.later))
    held_late = any(outcome.result == "held" for outcome in outcomes.steps.values())
    paused = (bool(hold.reasons) or held_late) and not orders.never_pay
    code = exit_of(reports, paused=paused, interrupted=left.interrupted, locked=orders.locked)
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
        reserved=runner.budget.reserved - left.handed.reserved,
        seconds=seconds,
        problems=(*hold.problems, *stops, *left.unkept, *_troubles(outcomes.steps)),
        handed=left.handed,
        by_batch=orders.by_batch,
        interrupted=left.interrupted,
        locked=orders.locked,
    )


def _troubles(steps: Mapping[ActionId, StepOutcome]) -> list[Diagnostic]:
    """One diagnostic for each action that failed, with the provider's own words, and for each warning."""
    warned = [
        Diagnostic(code=warning.code, message=f"{_place(node)}: {warning.text}", severity="warning", asset=node[0])
        for node, outcome in steps.items()
        for warning in outcome.warnings
    ]
    return warned + [
        Diagnostic(
            code=outcome.state,
            message=f"{_place(node)}: {outcome.message}",
            help=outcome.help,
            asset=node[0],
        )
        for node, outcome in steps.items()
        if outcome.state in ("failed", "refused", "unknown") and outcome.message is not None
    ]


def _place(node: ActionId) -> str:
    asset, step = node
    return f"'{asset}'" if step is None else f"'{asset}' step {step}"
