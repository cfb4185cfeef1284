"""CLI room: `pick`: the candidates of a step, and which of them goes on. It buys nothing and writes no picture."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pixmake.build.intent import Intent
from pixmake.build.targets import Candidate, Target, candidates_of, target_of
from pixmake.cli.console import counted
from pixmake.cli.following import after_verb
from pixmake.cli.options import common_options, target_argument, with_session
from pixmake.cli.session import Session
from pixmake.cli.table import Cell, lay_out
from pixmake.digest import decimal_text
from pixmake.plan.entries import usd


@click.command("pick")
@target_argument()
@click.argument("number", required=False, type=click.IntRange(min=1), metavar="[N]")
@common_options
@with_session
def command(session: Session, target: str, number: int | None) -> int:
    """Choose candidate N of a step; without N, list its candidates.

    Without a step it is the last one that has several. The lock names the pick; what is built on it may have to be bought.
    """
    name = session.target(target)
    if number is not None:
        Intent(session.project).pick(name, number)
    found = target_of(session.project, name, several=True)
    candidates = candidates_of(session.project, found)
    if session.console.json:
        session.console.document(_document(found, candidates))
    elif number is None:
        session.console.out(*_lines(session, found, candidates))
    else:
        session.console.out(bound_line(found.name, candidates[number - 1], len(candidates)))
    following = after_verb(session, found.asset.name) if number is not None else _next(session, found, candidates)
    if following:
        session.console.say(f"next: {following}")
    return 0


def bound_line(target: str, candidate: Candidate, of: int) -> str:
    """`icons/key.png#0: candidate 2 of 3 is picked`."""
    picked = "is picked" if candidate.picked else "is not picked"
    return f"{target}: candidate {candidate.number} of {of} {picked}"


def candidate_json(candidate: Candidate) -> dict[str, object]:
    """A candidate as data."""
    return {
        "number": candidate.number,
        "digest": candidate.digest,
        "picked": candidate.picked,
        "source": candidate.source,
        "width": candidate.width,
        "height": candidate.height,
        "cost": None if candidate.cost is None else decimal_text(candidate.cost),
        "time": candidate.time,
        "file": None if candidate.path is None else str(candidate.path),
    }


def _document(target: Target, candidates: Sequence[Candidate]) -> dict[str, object]:
    return {
        "format": "pixmake.pick/1",
        "asset": target.asset.name,
        "step": target.step.index,
        "state": target.verdict.state,
        "picked": next((item.number for item in candidates if item.picked), None),
        "candidates": [candidate_json(item) for item in candidates],
    }


def _lines(session: Session, target: Target, candidates: Sequence[Candidate]) -> list[str]:
    console = session.console
    if not candidates:
        return [f"{target.name}: no candidates: {target.verdict.reason}"]
    undecided = "" if any(item.picked for item in candidates) else ", none of them picked"
    head = f"{console.paint(target.name, 'bold')}: {counted(len(candidates), 'candidate')}{undecided}"
    return [head, *lay_out([_row(item) for item in candidates], console.paint, None)]


def _row(item: Candidate) -> list[Cell]:
    size = f"{item.width}x{item.height}" if item.width else ""
    cost = "" if item.cost is None or item.source in ("human", "accepted") else usd(item.cost)
    source = "" if item.source in ("api", "unknown") else item.source
    place = str(item.path) if item.path is not None else "its bytes are nowhere"
    return [
        Cell(str(item.number), right=True),
        Cell("picked" if item.picked else "", "green"),
        Cell(size),
        Cell(cost, "yellow", right=True),
        Cell((item.time or "")[:10], "dim"),
        Cell(source),
        Cell(place, None if item.path is not None else "red"),
    ]


def _next(session: Session, target: Target, candidates: Sequence[Candidate]) -> str | None:
    """To choose where there is a choice, to get one where there is none, to build where nothing is there."""
    if len(candidates) > 1 and not isinstance(target.step.pick, int):
        return session.command_line("pick", "N")
    if candidates:
        return session.command_line("reroll", selectors=[target.name])
    return after_verb(session, target.asset.name)
