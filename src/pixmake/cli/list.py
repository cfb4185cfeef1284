"""CLI room: `list`: the names of assets, and nothing else."""

from __future__ import annotations

import click

from pixmake.cli.options import common_options, exclude_option, selector_argument, with_session
from pixmake.cli.session import Session, localize


@click.command("list")
@selector_argument()
@exclude_option
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...]) -> int:
    """The names of assets, one a line."""
    excluded = [localize(session.project, text) for text in session.exclude]
    names = [asset.name for asset in session.project.select(session.chosen(selectors), excluded)]
    if session.console.json:
        session.console.document({"format": "pixmake.list/1", "profile": session.profile, "assets": names})
    else:
        session.console.out(*names)
    return 0
