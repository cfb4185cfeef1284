"""CLI room: `plan`: what a build would do and cost, and why. It writes nothing but the file that -o names."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pixmake.cli.following import next_command
from pixmake.cli.options import common_options, exclude_option, selector_argument, with_session
from pixmake.cli.plantext import plan_lines
from pixmake.cli.saved import saved_plan
from pixmake.cli.session import Session
from pixmake.diagnostics import ExitCode, worst
from pixmake.plan.planner import Plan


@click.command("plan")
@selector_argument()
@click.option("--check", is_flag=True, help="Exit 3 if anything is pending.")
@click.option("--draft", is_flag=True, help="Plan drafts in place of everything that would be bought.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Save it.")
@exclude_option
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...], check: bool, draft: bool, output: Path | None) -> int:
    """What a build would do and cost, and why. Writes nothing, needs no key, sends nothing."""
    console = session.console
    plan = session.plan(selectors, draft=draft)
    if output is not None:
        _write(output, saved_plan(session, plan))
    if console.json:
        console.document(plan.to_json())
    else:
        console.out(*plan_lines(plan, console, console.paint, console.width()))
    console.warnings(plan.warnings)
    console.errors([*plan.damage, *plan.problems])
    following = None if plan.damage else next_command(session, plan, draft=draft)
    if following:
        console.say(f"next: {following}")
    return _exit_code(plan, check)


def _exit_code(plan: Plan, check: bool) -> int:
    """2 and 8 for what stands in the way of a build; with --check 3 where anything is pending, or what a state says."""
    codes = [int(ExitCode.SPEC)] if plan.problems else []
    codes += [int(ExitCode.INTEGRITY)] if plan.damage else []
    if check:
        from pixmake.build.report import AFTER

        codes += [AFTER.get(entry.state, 0) for entry in plan.entries]
        codes += [int(ExitCode.PENDING)] if plan.pending else []
    return worst(codes)


def _write(file: Path, body: object) -> None:
    from pixmake.publish.outputs import write_atomically

    write_atomically(file, (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode())
