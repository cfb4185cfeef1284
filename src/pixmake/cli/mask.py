"""CLI room: `mask`: a mask to paint on and the picture it must fit, and what to write into the spec then."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pixmake.build.masking import write_mask
from pixmake.cli.options import common_options, target_argument, with_session
from pixmake.cli.session import Session, path_from_root


@click.command("mask")
@target_argument()
@click.argument("mask", metavar="[FILE]", required=False, type=click.Path(dir_okay=False, path_type=Path))
@common_options
@with_session
def command(session: Session, target: str, mask: Path | None) -> int:
    """Write the picture that a step's mask must fit, and a mask of its size with nothing marked, to paint on.

    FILE is the mask, a PNG; the picture goes beside it. A file that is there is never overwritten.
    """
    made = write_mask(session.project, session.target(target), mask)
    width, height = made.size
    if session.console.json:
        body = {"format": "pixmake.mask/1", "target": made.target, "width": width, "height": height}
        session.console.document(body | {"picture": os.fspath(made.picture), "mask": os.fspath(made.mask)})
    else:
        session.console.out(os.fspath(made.picture), os.fspath(made.mask))
    place = path_from_root(session.project.root, os.fspath(made.mask))
    asset = made.target.partition("#")[0]
    session.console.say(
        f"both are {width}x{height}: erase from the mask what is to be painted anew",
        f"then write 'mask: {place}' at {made.target} in the spec",
        f"next: {session.command_line('plan', selectors=[asset])}",
    )
    return 0
