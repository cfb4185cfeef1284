"""CLI room: `freeze`, `unfreeze`, `forget`: what is kept, said in lock lines. Nothing is bought, deleted or written besides."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pixmake.build.intent import Intent
from pixmake.cli.console import counted
from pixmake.cli.following import after_verb
from pixmake.cli.options import common_options, complete_selector, selector_argument, session_of, with_session
from pixmake.cli.session import Session
from pixmake.diagnostics import Problem


@click.command("freeze")
@selector_argument(required=True)
@common_options
@with_session
def freeze(session: Session, selectors: tuple[str, ...]) -> int:
    """Keep the bought pictures of these assets, whatever becomes of their requests.

    `build --update`, `reroll`, `pick` and `adopt` may still change them by name; `unfreeze` lets go.
    """
    names = Intent(session.project).freeze(session.chosen(selectors))
    return _say(session, "freeze", names, f"froze {counted(len(names), 'asset')}", names)


@click.command("unfreeze")
@selector_argument(required=True)
@common_options
@with_session
def unfreeze(session: Session, selectors: tuple[str, ...]) -> int:
    """Let assets that were frozen change with their requests again."""
    names = Intent(session.project).unfreeze(session.chosen(selectors))
    return _say(
        session, "unfreeze", names, f"let {counted(len(names), 'asset')} go" if names else "none is frozen", names
    )


def complete_line(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """What selectors may be, and the orphans of the lock."""
    found = complete_selector(context, parameter, incomplete)
    try:
        names = lines_of(session_of(context))
    except (Problem, OSError):
        return found
    return list(dict.fromkeys([*found, *(name for name in names if name.startswith(incomplete))]))


def lines_of(session: Session) -> list[str]:
    """Names of the lock's lines, as this profile sees it. Raises Problem."""
    return [name for name, profile in session.project.lock().lines if profile == session.project.profile]


@click.command("forget")
@click.argument("selectors", nargs=-1, required=True, metavar="[SELECTOR]...", shell_complete=complete_line)
@common_options
@with_session
def forget(session: Session, selectors: tuple[str, ...]) -> int:
    """Drop lock lines, of orphans too (by their exact names): picks, bindings, flags. Pictures and files stay."""
    project = session.project
    names = Intent(project).forget(session.named(selectors, lines_of(session)))
    known = {asset.name for asset in project.assets}
    return _say(
        session,
        "forget",
        names,
        f"forgot {counted(len(names), 'lock line')}",
        [name for name in names if name in known],
    )


def _say(session: Session, verb: str, names: Sequence[str], done: str, left: Sequence[str]) -> int:
    """The names on stdout; what to do now about those that are `left` in the spec."""
    console = session.console
    if console.json:
        console.document({"format": f"pixmake.{verb}/1", "profile": session.profile, "assets": list(names)})
    else:
        console.out(*names)
    console.say(done)
    following = after_verb(session, *left) if left else None
    if following:
        console.say(f"next: {following}")
    return 0
