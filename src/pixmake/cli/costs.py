"""CLI room: `costs`: the ledger by day, model, asset and tag, and how far bills were from their estimates. It only reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from pixmake.build.budget import DayLedger
from pixmake.build.costs import Account, Charge, Drift, account, by_name, charges, drift, tags_of
from pixmake.build.project import Project
from pixmake.cli.console import Console, counted, folded
from pixmake.cli.options import common_options, selector_argument, with_session
from pixmake.cli.session import Session
from pixmake.cli.table import Cell, lay_out
from pixmake.diagnostics import Problem, problem
from pixmake.digest import decimal_text
from pixmake.plan.entries import usd
from pixmake.store.home import Store, open_store
from pixmake.values import dataclass

ZERO = Decimal(0)
VIEWS = ("day", "model", "asset", "tag", "route")
PLAIN = {"tag": {"(untagged)"}, "route": {"live"}}
"""Names that say nothing where a view has no others."""
Names = Callable[[Charge], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What one run of `costs` looks at: all charges of a store, and those that were asked for."""

    store: Store
    project: Project | None
    everything: list[Charge]
    chosen: list[Charge]
    views: Mapping[str, list[Account]]

    @property
    def total(self) -> Account:
        return account("total", self.chosen)

    @property
    def unknown(self) -> list[Charge]:
        """Calls without a usable answer: each may have been billed, also where a person let it be sent again."""
        return [item for item in self.chosen if item.ending == "unknown"]


@click.command("costs")
@selector_argument()
@click.option("--by", "view", type=click.Choice(VIEWS), help="Only by this (default: by each of them).")
@click.option("--since", metavar="DATE", help="Only calls from this day on (2026-11-22, UTC).")
@click.option("--all", "every", is_flag=True, help="Calls of all projects that share the store.")
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...], view: str | None, since: str | None, every: bool) -> int:
    """What was paid, by day, model, asset, tag and route; what calls without an answer reserve; bills against estimates.

    An asset with several tags counts under each of them. Days are those of UTC. Routes are live, batch, background.
    """
    if every and selectors:
        raise problem("all-and-selectors", "selectors choose among this project's assets", help="leave --all out")
    books = _books(session, selectors, [view] if view else VIEWS, _day(since), every)
    if session.console.json:
        session.console.document(_document(books, since))
    else:
        session.console.out(*_lines(session.console, books))
    session.console.errors(books.store.results.damage)
    if not session.console.json:
        session.console.say(*_talk(session, books, every))
    return 0


def _day(text: str | None) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text is not None else ""
    except ValueError:
        raise problem("bad-date", f"'{text}' is not a day", help="write it as 2026-11-22") from None


def _books(session: Session, selectors: Sequence[str], views: Sequence[str], since: str, every: bool) -> Books:
    project = _project(session)
    store = project.store if project else open_store(None, project_root=Path.cwd(), spec_store=None, env=os.environ)
    everything = charges(store)
    scope = str(project.root) if project is not None and not every else None
    chosen = [item for item in everything if item.day >= since and scope in (None, item.scope)]
    if selectors:
        names = set(session.named(selectors, {item.asset for item in chosen}))
        chosen = [item for item in chosen if item.asset in names]
    named = _namers(project, several=scope is None)
    return Books(
        store=store,
        project=project,
        everything=everything,
        chosen=chosen,
        views={view: by_name(chosen, named[view]) for view in views},
    )


def _project(session: Session) -> Project | None:
    """The project; None outside of any, where the user's own store is looked at."""
    try:
        session.spec_file()
    except Problem:
        return None
    return session.project


def _namers(project: Project | None, *, several: bool) -> Mapping[str, Names]:
    """What a charge counts under, by view; assets of several projects are told apart by their projects' folders."""
    tags = {asset.name: asset.tags for asset in project.assets} if project is not None else {}
    root = str(project.root) if project is not None else None
    return {
        "day": lambda item: (item.day,),
        "model": lambda item: (item.model or item.provider,),
        "asset": lambda item: (f"{item.scope}: {item.asset}" if several else item.asset,),
        "tag": lambda item: tags_of(tags, item) if item.scope == root else ("(other projects)",),
        "route": lambda item: (item.route,),
    }


# --- JSON -----------------------------------------------------------------------------------------------------------


def _document(books: Books, since: str | None) -> dict[str, object]:
    return {
        "format": "pixmake.costs/1",
        "store": str(books.store.root),
        "project": None if books.project is None else str(books.project.root),
        "since": since,
        "total": _account_json(books.total),
        "by": {view: [_account_json(item) for item in items] for view, items in books.views.items()},
        "drift": _drift_json(drift(books.chosen)),
        "unknown": [_charge_json(item) for item in books.unknown],
        "problems": [item.to_json() for item in books.store.results.damage],
    }


def _account_json(item: Account) -> dict[str, object]:
    return {
        "name": item.name,
        "calls": item.calls,
        "pictures": item.pictures,
        "spent": decimal_text(item.spent),
        "reserved": decimal_text(item.held),
        "sent": decimal_text(item.coming),
        "unpriced": item.unpriced,
    }


def _drift_json(found: Drift) -> dict[str, object]:
    return {
        "calls": found.calls,
        "reserved": decimal_text(found.reserved),
        "billed": decimal_text(found.billed),
        "percent": None if found.percent is None else float(found.percent),
        "over": [_charge_json(item) for item in found.over],
    }


def _charge_json(item: Charge) -> dict[str, object]:
    return {
        "intent": item.intent,
        "time": item.time,
        "asset": item.asset,
        "step": item.step,
        "model": item.model,
        "route": item.route,
        "images": item.asked,
        "reserved": None if item.reserved is None else decimal_text(item.reserved),
        "billed": None if item.billed is None else decimal_text(item.billed),
        "message": item.message,
        "sent_again": item.replaced,
    }


# --- text -----------------------------------------------------------------------------------------------------------


def _lines(console: Console, books: Books) -> list[str]:
    lines: list[str] = []
    for view, items in books.views.items():
        if items and not {item.name for item in items} <= PLAIN.get(view, set()):
            lines += [console.paint(f"by {view}", "bold"), *_table(console, view, items), ""]
    if books.unknown:
        lines += [console.paint("calls without an answer", "bold"), *_calls(console, books.unknown), ""]
    return [*lines, *_sums(console, books)]


def _table(console: Console, view: str, items: Sequence[Account]) -> list[str]:
    """The newest days, or the dearest of anything else, first."""
    ordered = items[::-1] if view == "day" else sorted(items, key=lambda item: (-item.spent - item.held, item.name))
    rows = [
        [
            Cell(item.name),
            Cell(counted(item.calls, "call"), right=True),
            Cell(counted(item.pictures, "picture"), right=True),
            Cell(usd(item.spent), "yellow", right=True),
            Cell(", ".join(_more(item))),
        ]
        for item in ordered
    ]
    return folded(console, lay_out(rows, console.paint, console.width()))


def _more(item: Account) -> list[str]:
    """What may still come to it."""
    lost = item.held - item.coming
    return [
        *([f"perhaps {usd(lost)} more"] if lost else []),
        *([f"{usd(item.coming)} at most on its way"] if item.coming else []),
    ]


def _calls(console: Console, items: Sequence[Charge]) -> list[str]:
    rows = [
        [
            Cell(f"{item.asset}#{item.step}"),
            Cell(usd(item.reserved) if item.reserved is not None else "?", "yellow", right=True),
            Cell(item.time[:16].replace("T", " "), "dim"),
            Cell("sent again since" if item.replaced else item.message or ""),
        ]
        for item in items
    ]
    return folded(console, lay_out(rows, console.paint, console.width()))


def _sums(console: Console, books: Books) -> list[str]:
    total, found = books.total, drift(books.chosen)
    if not total.calls:
        return ["nothing was bought"]
    paid = console.paint(usd(total.spent), "yellow")
    lines = [f"paid {paid} for {counted(total.pictures, 'picture')} in {counted(total.calls, 'call')}"]
    lost = total.held - total.coming
    if lost:
        lines[0] += f", perhaps {usd(lost)} more for calls without an answer"
    if total.coming:
        lines[0] += f", {usd(total.coming)} at most for what is on its way"
    if total.unpriced:
        lines.append(f"{counted(total.unpriced, 'call')} whose price nobody knows")
    if found.percent is not None:
        lines.append(f"reserved {usd(found.reserved)} for what was billed at {usd(found.billed)}: {_percent(found)}")
    if found.over:
        lines.append(f"{counted(len(found.over), 'bill')} above what was reserved, the first for {found.over[0].asset}")
    return lines


def _percent(found: Drift) -> str:
    assert found.percent is not None
    if not found.percent:
        return "as estimated"
    return f"{abs(found.percent)} % {'above' if found.percent > 0 else 'below'} the estimate"


def _talk(session: Session, books: Books, every: bool) -> list[str]:
    """The day's budget, what other projects paid from this store, and what helps with unknown calls."""
    said: list[str] = []
    project = books.project
    per_day = project.spec.budget.per_day if project is not None else None
    if per_day is not None:
        assert project is not None
        today = DayLedger(books.store, project.clock.now().date().isoformat(), per_day).total()
        said.append(f"today {usd(today)} of the {usd(per_day)} that budget.per_day allows to all projects")
    others = [item for item in books.everything if project is not None and item.scope != str(project.root)]
    if not every and (elsewhere := account("", others)).calls:
        said.append(
            f"other projects on this store: {usd(elsewhere.spent)} in {counted(elsewhere.calls, 'call')} (--all)"
        )
    mine = {asset.name for asset in project.assets} if project is not None else set()
    open_calls = (item for item in books.unknown if not item.replaced and item not in others)
    waiting = next((item.asset for item in open_calls if item.asset in mine), None)
    if waiting is not None:
        said.append(f"next: {session.command_line('explain', selectors=[waiting])}")
    return said
