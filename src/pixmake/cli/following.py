"""CLI room: the next useful command, for whatever a command leaves undone. It only looks at states and money."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import ROUND_UP, Decimal

from pixmake.build.budget import DayLedger
from pixmake.build.project import Project
from pixmake.cli.session import Session, selects
from pixmake.plan.entries import usd
from pixmake.plan.planner import Plan
from pixmake.plan.waves import buying

CENT = Decimal("0.01")


def cents(amount: Decimal) -> str:
    """USD rounded up to whole cents, as --max-cost takes it."""
    return f"{max(amount, CENT).quantize(CENT, rounding=ROUND_UP):f}"


def next_command(session: Session, plan: Plan, *, draft: bool = False) -> str | None:
    """The command that does what this plan leaves to do; None where nothing is left, or only a person can help."""
    options = ["--draft"] if draft else []
    to_buy = buying(plan)
    unpriced = [entry for entry in to_buy if entry.cost is None]
    if any(item.code == "no-model" for item in plan.problems):
        return session.command_line("build", "--draft")
    free = any(entry.state == "stale" or entry.verdict.pending for entry in plan.entries)
    if not free and not draft and all(entry.state != "pay" for entry in plan.entries):
        waited = asked_pick(plan)
        if waited is not None:
            return session.command_line("pick", selectors=[waited])
    prices = [entry.cost.high for entry in to_buy if entry.cost is not None and entry.cost.high]
    scarce = bool(prices) and not draft and shortage(session, prices) is not None
    if prices and not draft and not scarce:
        return session.command_line("build", *consent(session, prices))
    if unpriced and not draft:
        selectors = session.selectors or tuple(dict.fromkeys(entry.asset for entry in unpriced))[:1]
        return session.command_line("build", "--yes", selectors=selectors)
    if not free and not to_buy and "sent" in plan.totals.by_state:
        return session.command_line("jobs", "wait", selectors=())
    if free or (plan.pending and not scarce):
        return session.command_line("build", *options)
    return by_trouble(session, plan.totals.by_state, {entry.asset: entry.state for entry in plan.entries})


def asked_pick(plan: Plan) -> str | None:
    """The first step (`X#i`) whose candidates somebody must choose from before what waits on it can go on."""
    for entry in plan.entries:
        if entry.state == "waits":
            for asset, step in plan.graph.actions[entry.asset, entry.step].needs:
                verdict = plan.judge.done.get((asset, step))
                if verdict is not None and verdict.asking:
                    return f"{asset}#{step}"
    return None


def after_verb(session: Session, *names: str) -> str | None:
    """The command that carries a decision on: into an asset's files and what is built on it, or into those of several."""
    chosen = session.selectors
    if len(names) == 1:
        chosen = (f"{names[0]}+" if _has_users(session.project, names[0]) else names[0],)
    elif names:
        words = (text.partition("#")[0] for text in chosen)
        chosen = tuple(dict.fromkeys(text for text in words if selects(session.project, text)))
    session.selectors, session.exclude = chosen, ()
    return next_command(session, session.plan(chosen))


def _has_users(project: Project, name: str) -> bool:
    """Whether another asset is built on this one."""
    users = project.graph.users
    return any(user[0] != name for node in project.graph.actions if node[0] == name for user in users.get(node, ()))


def consent(session: Session, prices: Collection[Decimal]) -> list[str]:
    """What has to be said to buy these: nothing where the spec's own budget agrees, up to what it allows."""
    return [] if session.project.spec.budget.per_build is not None else ["--max-cost", cents(sum(prices, Decimal(0)))]


def shortage(session: Session, prices: Collection[Decimal]) -> str | None:
    """Why none of these can be bought, whatever is said: a budget of the spec that is below the cheapest."""
    budget, least = session.project.spec.budget, min(prices)
    if budget.per_build is not None and least > budget.per_build:
        return f"budget.per_build is {usd(budget.per_build)}, the cheapest picture {usd(least)}: raise it in the spec"
    if budget.per_day is None:
        return None
    today = session.project.clock.now().date().isoformat()
    left = DayLedger(session.project.store, today, budget.per_day).left()
    if left is None or least <= left:
        return None
    return f"budget.per_day leaves {usd(left)} for today (UTC): raise it in the spec, or go on tomorrow"


def by_trouble(session: Session, states: Collection[str], assets: Mapping[str, str]) -> str | None:
    """Where no build helps as things are: what explains it, or repeats it knowingly."""
    for state in ("unknown", "refused", "failed", "blocked", "lost", "corrupt", "conflict", "edited"):
        if state in states:
            named = next((asset for asset, found in assets.items() if found == state), None)
            if state == "conflict" and named is not None:
                return session.command_line("pick", selectors=[named])
            return session.command_line("explain", selectors=[named or f"status:{state}"])
    return None
