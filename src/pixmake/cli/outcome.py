"""CLI room: a build's report as people read it: what was made, what was not and why, and the next command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from pixmake.build.report import BuildReport, EntryReport
from pixmake.cli.console import counted
from pixmake.cli.following import asked_pick, by_trouble, consent, shortage
from pixmake.cli.session import Session
from pixmake.diagnostics import ExitCode
from pixmake.plan.entries import usd
from pixmake.plan.graph import ActionId
from pixmake.plan.offer import batch_cost
from pixmake.providers.base import FREE, Estimate

ZERO = Decimal(0)
LEFT = (
    "held", "sent", "blocked", "unknown", "refused", "failed", "lost", "corrupt", "conflict", "edited", "waits", "pay",
)  # fmt: skip
"""States after a build that are told, in this order."""


def report_lines(session: Session, report: BuildReport) -> None:
    """Says all there is to say of a finished build, and the next command, on stderr."""
    tell(session, report)
    following = next_after(session, report)
    if following:
        session.console.say(f"next: {following}")
    elif scarce := unaffordable(session, report):
        session.console.say(scarce)


def tell(session: Session, report: BuildReport, *, held: bool = True) -> None:
    """What was bought and why, what is not done and why, and the sums; `held` False: not what was left for money."""
    console = session.console
    verbose = bool(console.verbose)
    console.errors(report.problems)
    console.say(*_bought(report, verbose=verbose))
    states = (*(LEFT if held else LEFT[1:]), *(("draft",) if report.locked else ()))
    console.say(*_left(report, states, verbose=verbose))
    console.say(_sums(report))


def _bought(report: BuildReport, *, verbose: bool) -> Iterable[str]:
    """What was paid for by root causes, the dearest first. A single cause `new` explains nothing and is left out."""
    groups: dict[str, list[EntryReport]] = {}
    for item in report.entries:
        if item.result == "made" and item.entry.state in ("pay", "waits") and item.entry.verdict.images:
            groups.setdefault("; ".join(item.entry.verdict.causes) or "new", []).append(item)
    if list(groups) == ["new"]:
        return
    costs = {cause: sum((item.settled or ZERO for item in items), ZERO) for cause, items in groups.items()}
    for cause in sorted(groups, key=lambda name: (-costs[name], name)):
        price = f" ({usd(costs[cause])})" if costs[cause] else ""
        words = "never bought before" if cause == "new" else cause
        yield f"bought: {_names(groups[cause], verbose)}{price}: {words}"


def _sums(report: BuildReport) -> str:
    """`made 3 images, wrote 3 files, spent $0.12, 4.2 s`; for a build without work, `nothing to do`."""
    images = f"made {counted(report.made, 'image')}" if report.made else ""
    files = f"wrote {counted(len(report.written), 'file')}" if report.written else ""
    spent = f"spent {usd(report.spent)}" if report.spent else ""
    perhaps = f"perhaps {usd(report.reserved)} for calls without an answer" if report.reserved else ""
    handed = report.handed
    sent = f"sent {counted(handed.images, 'image')} by batch ({usd(handed.reserved)} at most)" if handed.images else ""
    parts = [part for part in (images, files, spent, sent, perhaps) if part]
    if not parts:
        done = report.exit_code == ExitCode.DONE and not report.plan.pending
        return "nothing to do" if done else "nothing was made"
    return ", ".join([*parts, f"{report.seconds:.1f} s"])


def _left(report: BuildReport, states: Sequence[str], *, verbose: bool) -> Iterable[str]:
    """Assets that are not done, grouped by state and message; those a diagnostic already told of are left out."""
    told = {item.asset for item in report.problems if item.asset is not None}
    remedies = {item.help for item in report.problems if item.code == "provider-not-ready"}
    is_stopped = any(item.result == "stopped" for item in report.entries)
    groups: dict[tuple[str, str], list[EntryReport]] = {}
    for item in report.entries:
        if item.state in states and not (item.entry.asset in told and item.state in ("failed", "refused", "unknown")):
            message = "a draft is published" if item.state == "draft" else item.message or item.entry.reason
            message = "not sent" if is_stopped and item.state == "pay" else message
            groups.setdefault((item.state, "not sent" if message in remedies else message), []).append(item)
    for state in states:
        for (found, message), items in groups.items():
            if found == state:
                yield _group_line(report, state, message, items, verbose)


def _group_line(report: BuildReport, state: str, message: str, items: list[EntryReport], verbose: bool) -> str:
    cost = sum(_costs(report, items), start=FREE)
    price = f" ({usd(cost.high)})" if cost.high and state == "held" else ""
    return f"{state}: {_names(items, verbose)}{price}: {message}"


def _names(items: list[EntryReport], verbose: bool) -> str:
    names = list(dict.fromkeys(item.entry.asset for item in items))
    most = len(names) if verbose else 3
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def next_after(session: Session, report: BuildReport) -> str | None:
    """The command that goes on from here."""
    if any(item.code == "provider-not-ready" for item in report.problems):
        return session.command_line("build", "--draft")
    held = _held(report)
    if any(item.state == "sent" for item in report.entries) and all(item.result == "blocked" for item in held):
        return session.command_line("jobs", "wait", selectors=())
    waited = asked_pick(report.plan)
    if waited is not None and all(item.entry.state == "waits" and item.result != "held" for item in held):
        return session.command_line("pick", selectors=[waited])
    prices = _prices(report, held)
    if prices and shortage(session, prices) is None:
        return session.command_line("build", *(["--batch"] if report.by_batch else []), *consent(session, prices))
    if held and not prices:
        names = session.selectors or tuple(dict.fromkeys(item.entry.asset for item in held))[:1]
        return session.command_line("build", "--yes", selectors=names)
    if any(item.state == "corrupt" and item.entry.state != "corrupt" for item in report.entries):  # found just now
        return session.command_line("cache", "verify", selectors=())
    states = {item.entry.asset: item.state for item in report.entries}
    return by_trouble(session, set(states.values()), states)


def _held(report: BuildReport) -> list[EntryReport]:
    """What is still to be bought; what stopped a provider is tried again like what it kept from being sent. What hangs on
    an answer that has to be mended first is not asked for yet."""
    failed = {_node(item) for item in report.entries if item.state == "failed" and item.result != "stopped"}
    later = report.plan.graph.dependants(failed) if failed else set()
    undone = (item for item in report.entries if item.result in ("held", "stopped") or item.state in ("pay", "waits"))
    return [item for item in undone if item.entry.verdict.images and _node(item) not in later]


def _node(item: EntryReport) -> ActionId:
    return item.entry.asset, item.entry.step


def _prices(report: BuildReport, items: Iterable[EntryReport]) -> list[Decimal]:
    """High prices of what is still to be bought; by batch, of what can go now."""
    now = [item for item in items if not report.by_batch or item.result != "blocked"]
    return [cost.high for cost in _costs(report, now) if cost.high]


def _costs(report: BuildReport, items: Iterable[EntryReport]) -> list[Estimate]:
    """What these cost by the route of this build, as far as anybody knows."""
    plan = report.plan
    costs = (batch_cost(plan.graph, plan.world, item.entry) if report.by_batch else item.entry.cost for item in items)
    return [cost for cost in costs if cost is not None]


def unaffordable(session: Session, report: BuildReport) -> str | None:
    """Which budget of the spec stands in the way of all that is left to buy."""
    prices = _prices(report, _held(report))
    return shortage(session, prices) if prices else None
