"""CLI room: `reroll`: more pictures for the same request: price, consent, purchase, and the pick moved to the new one."""

from __future__ import annotations

from decimal import Decimal

import click

from pixmake.build.intent import Intent, Reroll
from pixmake.build.report import BuildReport
from pixmake.build.targets import Candidate, candidates_of, target_of
from pixmake.cli.building import recover_calls
from pixmake.cli.collected import Talk
from pixmake.cli.consent import ask, blocked_provider, needs_consent
from pixmake.cli.console import counted
from pixmake.cli.following import after_verb, by_trouble, consent
from pixmake.cli.options import Dollars, common_options, target_argument, with_session
from pixmake.cli.outcome import tell, unaffordable
from pixmake.cli.pick import bound_line, candidate_json
from pixmake.cli.plantext import money
from pixmake.cli.progress import watching
from pixmake.cli.session import Session
from pixmake.diagnostics import ExitCode
from pixmake.digest import decimal_text


@click.command("reroll")
@target_argument()
@click.option("-n", "-k", "count", metavar="N", type=click.IntRange(1, 64), default=1, help="Buy so many (default 1).")
@click.option("--max-cost", metavar="USD", type=Dollars(), help="Agree to pay up to this, at the high price.")
@click.option("--yes", is_flag=True, help="Agree to the price, whatever it is.")
@common_options
@with_session
def command(session: Session, target: str, count: int, max_cost: Decimal | None, yes: bool) -> int:
    """Buy another picture for the same request, and pick it; asks again after a refusal, a loss or an unknown call.

    Without a step it is the last one. Other assets that share the request keep their pictures.
    """
    name = session.target(target)
    Talk(session).collect()
    recover_calls(session)
    verbs = Intent(session.project)
    planned = verbs.reroll(name, count)
    session.console.say(f"{planned.target}: {_price(planned)}")
    report = _buy(session, planned, max_cost, yes)
    before = set(planned.before)
    new = verbs.settle(planned)
    found = target_of(session.project, planned.target, thawed=True)
    candidates = candidates_of(session.project, found)
    if session.console.json:
        session.console.document(_document(planned, report, new, [c for c in candidates if c.digest not in before]))
    elif new is not None:
        session.console.out(bound_line(planned.target, new, len(candidates)))
        if not new.picked:
            session.console.say(f"the spec says 'pick: {found.step.pick}': write {new.number} there to use it")
    tell(session, report)
    scarce = unaffordable(session, report)
    following = scarce or _next(session, planned, report, count, new)
    if following:
        session.console.say(scarce or f"next: {following}")
    return int(report.exit_code)


def _price(planned: Reroll) -> str:
    """What is bought and for how much, parents that must be bought first included."""
    totals = planned.plan.totals
    price = money(totals.cost) or ("" if totals.unpriced else "for free")
    unpriced = f"{counted(totals.unpriced, 'image')} without a known price" if totals.unpriced else ""
    return f"{counted(totals.images, 'more image')}, " + " + ".join(filter(None, (price, unpriced)))


def _buy(session: Session, planned: Reroll, max_cost: Decimal | None, yes: bool) -> BuildReport:
    plan = planned.plan
    asking = not yes and needs_consent(plan, max_cost, free=False) and not blocked_provider(plan)
    agreed = ask(session, plan) if asking else False
    listener, live = watching(session.console)
    with live:
        return session.project.build(plan, max_cost=max_cost, yes=yes or agreed, by_name=True, on_event=listener)


def _document(
    planned: Reroll, report: BuildReport, new: Candidate | None, candidates: list[Candidate]
) -> dict[str, object]:
    return {
        "format": "pixmake.reroll/1",
        "asset": planned.node[0],
        "step": planned.node[1],
        "picked": new.number if new is not None and new.picked else None,
        "candidates": [candidate_json(item) for item in candidates],
        "totals": planned.plan.totals.to_json(),
        "spent": decimal_text(report.spent),
        "reserved": decimal_text(report.reserved),
        "exit_code": int(report.exit_code),
        "problems": [item.to_json() for item in report.problems],
    }


def _next(session: Session, planned: Reroll, report: BuildReport, count: int, new: Candidate | None) -> str | None:
    """Onward with the new picture; without one, the same again with consent, or what explains it."""
    if new is not None:
        return after_verb(session, planned.node[0])
    if any(item.code == "provider-not-ready" for item in report.problems):
        return None
    if report.exit_code == ExitCode.CONSENT:
        totals = planned.plan.totals
        words = ["--yes"] if totals.unpriced else consent(session, [totals.cost.high])
        return session.command_line("reroll", *(["-n", str(count)] if count > 1 else []), *words)
    states = {item.entry.asset: item.state for item in report.entries}
    return by_trouble(session, set(states.values()), states)
