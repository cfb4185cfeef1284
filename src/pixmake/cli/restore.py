"""CLI room: `restore`: outputs written again from what was bought, over hand edits and drafts. It never pays."""

from __future__ import annotations

import click

from pixmake.build.intent import Intent
from pixmake.build.report import BuildReport
from pixmake.cli.following import after_verb
from pixmake.cli.options import common_options, selector_argument, with_session
from pixmake.cli.outcome import tell
from pixmake.cli.progress import watching
from pixmake.cli.session import Session


@click.command("restore")
@selector_argument(required=True)
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...]) -> int:
    """Write outputs again over hand edits, or the last bought pictures over drafts; uses no network.

    What was there is gone then: `accept` and `adopt` keep it instead. A newer picture is still bought by the next build.
    """
    plan = Intent(session.project).restore(session.chosen(selectors))
    listener, live = watching(session.console)
    with live:
        report = session.project.build(plan, offline=True, on_event=listener)
    if session.console.json:
        session.console.document(_document(session, report))
    else:
        session.console.out(*report.written)
    tell(session, report, held=False)
    following = after_verb(session)
    if following:
        session.console.say(f"next: {following}")
    return int(report.exit_code)


def _document(session: Session, report: BuildReport) -> dict[str, object]:
    return {
        "format": "pixmake.restore/1",
        "profile": session.profile,
        "assets": [asset.name for asset in report.plan.selected],
        "written": list(report.written),
        "exit_code": int(report.exit_code),
        "problems": [item.to_json() for item in report.problems],
    }
