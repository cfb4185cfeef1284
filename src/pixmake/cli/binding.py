"""CLI room: `accept` and `adopt`: pictures that are there already become those of changed requests. Nothing is bought."""

from __future__ import annotations

from pathlib import Path

import click

from pixmake.build.intent import Intent
from pixmake.build.remembering import not_kept
from pixmake.build.targets import candidates_of, target_of
from pixmake.cli.following import after_verb
from pixmake.cli.options import common_options, complete_target, target_argument, with_session
from pixmake.cli.pick import bound_line, candidate_json
from pixmake.cli.session import Session, localize
from pixmake.diagnostics import Problem

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("accept")
@click.argument("targets", nargs=-1, required=True, metavar="ASSET[#STEP]...", shell_complete=complete_target)
@common_options
@with_session
def accept(session: Session, targets: tuple[str, ...]) -> int:
    """Keep pictures though the wording or the parameters of their requests changed; selectors may name many assets.

    A file that was edited by hand is shipped as it is from now on, until what it is made from changes.
    """
    bound: list[str] = []
    refused: Problem | None = None
    single = _single(session, targets)
    for name in single:
        try:
            bound += Intent(session.project).accept(name)
        except Problem as trouble:  # of many, those that fit their spec are passed over
            if [item.code for item in trouble.diagnostics] != ["nothing-to-accept"]:
                raise
            refused = trouble
    if not bound and refused is not None:
        raise refused
    warning = not_kept(session.project.memo.save)
    if warning is not None:
        session.console.warnings([warning])
    if session.console.json:
        session.console.document({"format": "pixmake.accept/1", "profile": session.profile, "bound": bound})
    else:
        session.console.out(*bound)
    _go_on(session, *dict.fromkeys(name.partition("#")[0] for name in single))
    return 0


def _single(session: Session, targets: tuple[str, ...]) -> list[str]:
    """Steps as they were named, and each asset that the other words select."""
    found: list[str] = []
    for text in targets:
        if "#" in text:
            found.append(session.target(text))
        else:
            found += [asset.name for asset in session.project.select([localize(session.project, text)])]
    session.selectors = targets
    return list(dict.fromkeys(found))


@click.command("adopt")
@target_argument()
@click.argument("picture", metavar="FILE", type=FILE)
@common_options
@with_session
def adopt(session: Session, target: str, picture: Path) -> int:
    """Take a file of your own as a step's picture (without a step: the last one's); later steps build on it."""
    name = session.target(target)
    taken = Intent(session.project).adopt(name, picture)
    found = target_of(session.project, name, thawed=True)
    number = len(candidates_of(session.project, found))
    if session.console.json:
        body = {"format": "pixmake.adopt/1", "asset": found.asset.name, "step": found.step.index}
        session.console.document(body | {"candidate": candidate_json(taken)})
    else:
        session.console.out(bound_line(found.name, taken, number))
    _go_on(session, found.asset.name)
    return 0


def _go_on(session: Session, *names: str) -> None:
    following = after_verb(session, *names)
    if following:
        session.console.say(f"next: {following}")
