"""CLI room: `migrate`: prices a move of assets to another model, samples it, and makes it when told to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import click

from pixmake.build.migrating import Migration, Move, Sample
from pixmake.build.report import BuildReport
from pixmake.cli.building import recover_calls
from pixmake.cli.console import counted, folded
from pixmake.cli.following import cents
from pixmake.cli.options import Dollars, common_options, exclude_option, selector_argument, with_session
from pixmake.cli.outcome import tell
from pixmake.cli.plantext import entry_lines, money
from pixmake.cli.progress import watching
from pixmake.cli.session import Session, localize
from pixmake.diagnostics import ExitCode, Problem
from pixmake.digest import decimal_text


@click.command("migrate")
@selector_argument()
@click.option("--from", "source", metavar="MODEL", required=True, help="The model that assets use now.")
@click.option("--to", "target", metavar="MODEL", required=True, help="The model they would use.")
@click.option("--sample", metavar="N", type=click.IntRange(1, 64), help="Buy the first N by the new model, to compare.")
@click.option("--apply", is_flag=True, help="Change the model in the spec; freeze what a changed line reaches unmeant.")
@click.option("--max-cost", metavar="USD", type=Dollars(), help="Agree to pay up to this for the sample.")
@click.option("--yes", is_flag=True, help="Agree to the price of the sample, whatever it is.")
@exclude_option
@common_options
@with_session
def command(
    session: Session,
    selectors: tuple[str, ...],
    source: str,
    target: str,
    sample: int | None,
    apply: bool,
    max_cost: Decimal | None,
    yes: bool,
) -> int:
    """What moving assets to another model would cost, and which lines of the spec would change; nothing moves by that.

    What was bought stays in the store. A sample is bought as the move would buy it, so it is not paid again. With
    --apply the lines change, and `build` buys; assets that a changed line reaches and that were not selected are frozen.
    """
    migration = Migration(session.project, source, target)
    excluded = [localize(session.project, text) for text in session.exclude]
    move = migration.look(session.chosen(selectors), excluded)
    _refuse(move)
    report, samples = _sampled(session, migration, move, sample, max_cost, yes) if sample else (None, [])
    frozen = migration.apply(move) if apply else []
    code = int(report.exit_code) if report is not None else int(ExitCode.DONE)
    if session.console.json:
        session.console.document(_document(move, samples, report, frozen, applied=apply, code=code))
        return code
    if not sample or apply:
        session.console.out(*_lines(session, move, applied=apply))
    session.console.warnings(move.plan.warnings)
    if report is not None:
        session.console.out(*(f"{item.asset}: {item.before or 'no file yet'} -> {item.after}" for item in samples))
        tell(session, report)
    following = _next(session, move, report, applied=apply)
    session.console.say(f"next: {following}")
    return code


def _refuse(move: Move) -> None:
    """What the new model can't do is told before anything is bought or changed. Raises Problem."""
    if move.plan.problems:
        raise Problem(move.plan.problems)


def _sampled(
    session: Session, migration: Migration, move: Move, count: int, max_cost: Decimal | None, yes: bool
) -> tuple[BuildReport, list[Sample]]:
    recover_calls(session)
    listener, live = watching(session.console)
    with live:
        return migration.sample(move, count, max_cost=max_cost, yes=yes, on_event=listener)


# --- text -----------------------------------------------------------------------------------------------------------


def _lines(session: Session, move: Move, *, applied: bool) -> list[str]:
    console, plan = session.console, move.plan
    totals = plan.totals
    price = money(totals.cost) or ("free" if not totals.unpriced else "a price nobody knows")
    head = f"{move.source} -> {move.target}: {counted(len(move.assets), 'asset')}, {counted(totals.images, 'image')}, {price}"
    lines = [console.paint(head, "bold")]
    lines += entry_lines([entry for entry in plan.entries if entry.pending], console, console.paint, console.width())
    lines += ["", "changed in the spec:" if applied else "to change in the spec:"]
    lines += folded(console, [f"  {span}: {move.source} -> {move.target}" for span in move.places])
    lines += [f"  {span}: by hand, it is made by a template" for span in move.by_hand]
    lines += _kept(session, "stays, frozen" if applied else "stays: --apply freezes it", move.staying)
    return [*lines, *_kept(session, "frozen, does not move", move.frozen)]


def _kept(session: Session, why: str, names: Sequence[str]) -> list[str]:
    return folded(session.console, [f"  {name}: {why}" for name in names])


def _next(session: Session, move: Move, report: BuildReport | None, *, applied: bool) -> str:
    """After a look a sample, after a sample the move, after the move the build."""
    high = move.plan.totals.cost.high
    consent = ["--yes"] if move.plan.totals.unpriced else ["--max-cost", cents(high)]
    if applied:
        return session.command_line("build", *consent)
    words = ["migrate", "--from", move.source, "--to", move.target]
    if report is not None and report.exit_code == ExitCode.DONE:
        return session.command_line(*words, "--apply")
    return session.command_line(*words, "--sample", "1", *consent)


# --- JSON -----------------------------------------------------------------------------------------------------------


def _document(
    move: Move,
    samples: Sequence[Sample],
    report: BuildReport | None,
    frozen: Sequence[str],
    *,
    applied: bool,
    code: int,
) -> dict[str, object]:
    plan = move.plan
    return {
        "format": "pixmake.migrate/1",
        "from": move.source,
        "to": move.target,
        "entries": [entry.to_json() for entry in plan.entries],
        "totals": plan.totals.to_json(),
        "places": [
            {"file": span.source.name, "line": span.line, "column": span.column, "by_hand": span in move.by_hand}
            for span in (*move.places, *move.by_hand)
        ],
        "staying": list(move.staying),
        "frozen": list(move.frozen),
        "newly_frozen": list(frozen),
        "samples": [{"asset": item.asset, "before": item.before, "after": item.after} for item in samples],
        "applied": applied,
        "spent": decimal_text(report.spent) if report is not None else "0",
        "exit_code": code,
        "problems": [item.to_json() for item in (report.problems if report is not None else ())],
        "warnings": [item.to_json() for item in plan.warnings],
    }
