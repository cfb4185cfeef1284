"""CLI room: a build's report as people read it: what was made, what was not and why, and the next command."""

from __future__ import annotations

from collections.abc import Iterable

from pixmake.build.report import BuildReport, EntryReport
from pixmake.cli.console import counted
from pixmake.cli.following import by_trouble, cents
from pixmake.cli.session import Session
from pixmake.diagnostics import ExitCode
from pixmake.plan.entries import usd
from pixmake.providers.base import FREE

LEFT = ("held", "blocked", "unknown", "refused", "failed", "lost", "corrupt", "conflict", "edited", "waits", "pay")
"""States after a build that are told, in this order."""


def report_lines(session: Session, report: BuildReport) -> None:
    """Says all there is to say of a finished build, on stderr; with --json only what stdout doesn't hold."""
    console = session.console
    console.errors(report.problems)
    console.say(*_left(report, verbose=bool(console.verbose)))
    console.say(_sums(report))
    following = next_after(session, report)
    if following:
        console.say(f"next: {following}")


def _sums(report: BuildReport) -> str:
    """`made 3 images, wrote 3 files, spent $0.12, 4.2 s`; for a build without work, `nothing to do`."""
    images = f"made {counted(report.made, 'image')}" if report.made else ""
    files = f"wrote {counted(len(report.written), 'file')}" if report.written else ""
    spent = f"spent {usd(report.spent)}" if report.spent else ""
    parts = [part for part in (images, files, spent) if part]
    if not parts:
        done = report.exit_code == ExitCode.DONE and not report.plan.pending
        return "nothing to do" if done else "nothing was made"
    return ", ".join([*parts, f"{report.seconds:.1f} s"])


def _left(report: BuildReport, *, verbose: bool) -> Iterable[str]:
    """Assets that are not done, grouped by state and message; those a diagnostic already told of are left out."""
    told = {item.asset for item in report.problems if item.asset is not None}
    remedies = {item.help for item in report.problems if item.code == "provider-not-ready"}
    groups: dict[tuple[str, str], list[EntryReport]] = {}
    for item in report.entries:
        if item.state in LEFT and not (item.entry.asset in told and item.state in ("failed", "refused", "unknown")):
            message = item.message or item.entry.reason
            groups.setdefault((item.state, "not sent" if message in remedies else message), []).append(item)
    for state in LEFT:
        for (found, message), items in groups.items():
            if found == state:
                yield _group_line(state, message, items, verbose)


def _group_line(state: str, message: str, items: list[EntryReport], verbose: bool) -> str:
    names = list(dict.fromkeys(item.entry.asset for item in items))
    most = len(names) if verbose else 3
    shown = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
    cost = sum((item.entry.cost for item in items if item.entry.cost is not None), start=FREE)
    price = f" ({usd(cost.high)})" if cost.high and state == "held" else ""
    return f"{state}: {shown}{price}: {message}"


def next_after(session: Session, report: BuildReport) -> str | None:
    """The command that goes on from here."""
    if any(item.code == "provider-not-ready" for item in report.problems):
        return session.command_line("build", "--draft")
    undone = [item for item in report.entries if item.result == "held" or item.state in ("pay", "waits")]
    held = [item for item in undone if item.entry.verdict.images]
    priced = sum((item.entry.cost for item in held if item.entry.cost is not None), start=FREE)
    if priced.high:
        return session.command_line("build", "--max-cost", cents(priced.high))
    if held:
        names = session.selectors or tuple(dict.fromkeys(item.entry.asset for item in held))[:1]
        return session.command_line("build", "--yes", selectors=names)
    states = {item.entry.asset: item.state for item in report.entries}
    return by_trouble(session, set(states.values()), states)
