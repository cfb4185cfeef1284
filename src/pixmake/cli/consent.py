"""CLI room: whether somebody agreed to pay, and the question where nobody has yet. No question without a terminal."""

from __future__ import annotations

import sys
from decimal import Decimal

from pixmake.cli.session import Session
from pixmake.plan.planner import Plan
from pixmake.plan.waves import buying


def needs_consent(plan: Plan, max_cost: Decimal | None, *, free: bool, by_batch: bool = False) -> bool:
    """Whether this plan would pay and neither the command line nor the spec agreed. `free`: nothing may be paid."""
    if free or plan.problems or plan.damage or max_cost is not None or plan.spec.budget.per_build is not None:
        return False
    return any(entry.cost is None or entry.cost.high for entry in buying(plan, by_batch=by_batch))


def blocked_provider(plan: Plan) -> bool:
    """Whether somebody who would be paid can't be asked now (a missing key): then no question is asked."""
    names = {
        step.provider
        for entry in buying(plan)
        if (step := plan.graph.actions[entry.asset, entry.step].step) is not None
    }
    return any(plan.world.painter(name).provider.obstacle() is not None for name in names)


def ask(session: Session, plan: Plan, *, by_batch: bool = False) -> bool:
    """Shows the plan and asks; only a plain yes agrees. Without a terminal the answer is no."""
    console = session.console
    if not console.interactive:
        return False
    from pixmake.cli.plantext import money, plan_lines

    def paint(text: str, style: str | None) -> str:
        return console.paint(text, style, sys.stderr)

    console.fail(*plan_lines(plan, console, paint, console.width(sys.stderr)))
    cost = plan.offer.cost if by_batch and plan.offer is not None else plan.totals.cost
    price = money(cost) or "a price nobody knows"
    sys.stderr.write(f"pay {price}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
