"""CLI room: `build`, as the command line has it; what it does is told in `building`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pixmake.cli.building import Wishes, run
from pixmake.cli.options import Dollars, common_options, exclude_option, selector_argument, with_session
from pixmake.cli.session import Session

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("build")
@selector_argument()
@click.option("--max-cost", metavar="USD", type=Dollars(), help="Agree to pay up to this, at the high price.")
@click.option("--yes", is_flag=True, help="Agree to the plan as it stands, and to sending unknown calls again.")
@click.option("--locked", is_flag=True, help="Never pay; exit 3 if anything is left undone, or a draft published.")
@click.option("--offline", is_flag=True, help="Use no network at all.")
@click.option("--draft", is_flag=True, help="Make free drafts of everything that would have to be bought.")
@click.option("--batch", is_flag=True, help="Hand in what is ready by the Batch API, at half the price; exit 3.")
@click.option("--wait", is_flag=True, help="With --batch: stay until all waves of it have come.")
@click.option("--plan", "saved", metavar="FILE", type=FILE, help="Run a saved plan, or refuse if things have moved.")
@click.option("--update", metavar="SEL", multiple=True, help="Let these frozen assets change.")
@click.option("-j", "--jobs", metavar="N", type=click.IntRange(1, 1000), help="At most so many at a time.")
@click.option(
    "-k", "--keep-going/--fail-fast", "keep_going", default=True, help="Go on past failures (default), or not."
)
@click.option("--trace", metavar="FILE", type=FILE, help="Write a Chrome trace.")
@click.option("--depfile", metavar="FILE", type=FILE, help="Write the prerequisites, for make and ninja.")
@exclude_option
@common_options
@with_session
def command(session: Session, /, selectors: tuple[str, ...], keep_going: bool, **flags: Any) -> int:
    """Make what is missing: plan, ask for consent to what costs, run."""
    wishes = Wishes(fail_fast=not keep_going, **flags)
    _check(wishes)
    return run(session, selectors, wishes)


def _check(wishes: Wishes) -> None:
    """Raises UsageError for flags that say contrary things."""
    if wishes.wait and not wishes.batch:
        raise click.UsageError("--wait goes with --batch")
    for name in ("offline", "locked", "draft"):
        if wishes.batch and getattr(wishes, name):
            raise click.UsageError(f"--batch hands in what is to be paid for, --{name} says that nothing is")
