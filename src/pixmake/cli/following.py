"""CLI room: the next useful command, for whatever a command leaves undone. It only looks at states and money."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import ROUND_UP, Decimal

from pixmake.cli.session import Session
from pixmake.plan.graph import ActionId
from pixmake.plan.planner import Plan

CENT = Decimal("0.01")


def cents(amount: Decimal) -> str:
    """USD rounded up to whole cents, as --max-cost takes it."""
    return f"{max(amount, CENT).quantize(CENT, rounding=ROUND_UP):f}"


def next_command(session: Session, plan: Plan, *, draft: bool = False) -> str | None:
    """The command that does what this plan leaves to do; None where nothing is left, or only a person can help."""
    options = ["--draft"] if draft else []
    buying = [entry for entry in plan.entries if entry.state in ("pay", "waits") and entry.verdict.images]
    unpriced = [entry for entry in buying if entry.cost is None]
    if any(item.code == "no-model" for item in plan.problems):
        return session.command_line("build", "--draft")
    if not any(entry.state in ("pay", "stale") or entry.verdict.pending for entry in plan.entries) and not draft:
        waited = asked_pick(plan)
        if waited is not None:
            return session.command_line("pick", selectors=[waited])
    if plan.totals.cost.high and not draft:
        return session.command_line("build", *_consent(plan))
    if unpriced and not draft:
        selectors = session.selectors or tuple(dict.fromkeys(entry.asset for entry in unpriced))[:1]
        return session.command_line("build", "--yes", selectors=selectors)
    if plan.pending:
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
    """The command that carries a decision on: into the assets' files, and into what is built on them."""
    users = {user[0] for name in names for user in _users(session, name)} - set(names)
    chosen = tuple(f"{name}+" if users else name for name in names) or session.selectors
    session.selectors, session.exclude = chosen, ()
    return next_command(session, session.project.plan(*chosen))


def _users(session: Session, name: str) -> list[ActionId]:
    graph = session.project.graph
    return [user for node in graph.actions if node[0] == name for user in graph.users.get(node, ())]


def _consent(plan: Plan) -> list[str]:
    """What has to be said to buy the plan: nothing where the spec's own budget agrees to it."""
    allowed = plan.spec.budget.per_build
    if allowed is not None and allowed >= plan.totals.cost.high:
        return []
    return ["--max-cost", cents(plan.totals.cost.high)]


def by_trouble(session: Session, states: Collection[str], assets: Mapping[str, str]) -> str | None:
    """Where no build helps as things are: what explains it, or repeats it knowingly."""
    for state in ("unknown", "refused", "failed", "blocked", "lost", "corrupt", "conflict", "edited"):
        if state in states:
            named = next((asset for asset, found in assets.items() if found == state), None)
            if state == "conflict" and named is not None:
                return session.command_line("pick", selectors=[named])
            return session.command_line("explain", selectors=[named or f"status:{state}"])
    return None
