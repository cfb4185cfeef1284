"""CLI room: a plan as people read it: root causes, what would be made and why, sums. No decision is made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pixmake.cli.console import FOLD, Console, counted, fold_line
from pixmake.cli.table import GAP, Cell, Paint, lay_out, shown_width, wrapped
from pixmake.plan.entries import Entry, Group, State, together, usd
from pixmake.plan.planner import Plan
from pixmake.providers.base import Estimate
from pixmake.store.pool import CALL_FAILED

GLOSS: dict[State, str] = {
    "pay": "to be bought",
    "waits": "can be bought when what they wait for is there; prices are upper bounds",
    "sent": "on the way",
    "stale": "files to write, for free",
    "draft": "stand-ins, free",
    "unknown": "sent, and no usable answer came: perhaps billed",
    "refused": "the provider said no",
    "failed": "went wrong",
    "blocked": "a picture they need is not there",
    "lost": "bought, but the bytes are nowhere",
    "corrupt": "bought, but the bytes are damaged",
    "unreachable": "the remote does not answer",
    "conflict": "a merge left different picks",
    "edited": "changed by hand, left alone",
    "held": "kept as they are",
    "orphan": "in the lock, not in the spec",
    "fresh": "nothing to do",
}
"""What each state means, in the order that lists show them."""

TOLD: frozenset[State] = frozenset(
    ("corrupt", "lost", "unknown", "refused", "failed", "conflict", "unreachable", "edited", "blocked")
)
"""States that a person has to do something about: why is told whole, however narrow the terminal."""
COLORS: dict[State, str] = {
    "pay": "yellow", "waits": "yellow", "sent": "cyan", "stale": "cyan", "draft": "magenta", "held": "blue",
    "edited": "blue", "fresh": "green", "orphan": "dim",
}  # fmt: skip
"""Styles of states; what is not here is red."""


SENT_AS = {"conversation": "goes on in its conversation", "bytes": "sent with its parent's bytes"}
"""How a later turn of a conversation is sent."""


def color_of(state: State) -> str:
    return COLORS.get(state, "red")


def heading(state: State, paint: Paint) -> str:
    """The line over the assets of one state."""
    return f"{paint(state, color_of(state))}{paint(f' – {GLOSS[state]}', 'dim')}"


def money(cost: Estimate | None, *, bound: bool = False) -> str:
    """A price as people read it: `$0.04`, `$0.04–$0.06`, `≤ $0.06`; empty for free, `?` where nobody knows."""
    if cost is None:
        return "price unknown"
    if not cost.high:
        return ""
    low, high = usd(cost.low), usd(cost.high)
    if bound:
        return f"≤ {high}"
    return high if low == high else f"{low}–{high}"


def summary(counts: Mapping[str, int]) -> str:
    """One line: `7 fresh, 3 pay`. Entries are counted, as in `totals.by_state`."""
    return ", ".join(f"{counts[state]} {state}" for state in GLOSS if state in counts) or "no assets"


def plan_lines(plan: Plan, console: Console, paint: Paint, width: int | None) -> list[str]:
    """The whole text of a plan. Without anything to do it is one line."""
    sections = [
        *_causes(plan.groups, console, paint, width),
        *_states(plan, console, paint, width),
        *([f"orphans: {counted(len(plan.orphans), 'line')} in the lock without an asset"] if plan.orphans else []),
    ]
    lines = [line for section in sections for line in (*section.splitlines(), "")]
    return [*lines, *_totals(plan, paint)]


def idle_lines(counts: Mapping[str, int]) -> list[str]:
    """What `plan_lines` says of a plan in which all is fresh, or a draft that stands."""
    return [summary(counts), "nothing to do"]


def _causes(groups: Sequence[Group], console: Console, paint: Paint, width: int | None) -> list[str]:
    """Why something is bought, the dearest cause first. A single cause `new` explains nothing and is left out."""
    if not groups or [group.cause for group in groups] == ["new"]:
        return []
    shown = groups if console.verbose or len(groups) <= FOLD + 1 else groups[:FOLD]
    heads = lay_out([_cause_head(group) for group in shown], lambda text, _: text, None)
    indent = " " * (max(map(shown_width, heads), default=0) + GAP)
    lines: list[str] = []
    for group, head in zip(shown, heads, strict=True):
        cause = "never bought before" if group.cause == "new" else group.cause
        lines += wrapped(cause, width, head.ljust(len(indent)), indent)
    if len(shown) < len(groups):
        lines.append(fold_line(len(groups) - len(shown)))
    return ["\n".join([paint("causes", "bold"), *lines])]


def _cause_head(group: Group) -> list[Cell]:
    return [Cell(counted(len(group.assets), "asset"), right=True), Cell(money(group.cost), right=True)]


def _states(plan: Plan, console: Console, paint: Paint, width: int | None) -> list[str]:
    sections = []
    for state in GLOSS:
        entries = [entry for entry in plan.entries if entry.state == state and (console.verbose or _worth(entry))]
        if entries:
            sections.append("\n".join([heading(state, paint), *entry_lines(entries, console, paint, width)]))
    return sections


def _worth(entry: Entry) -> bool:
    """Whether a plan speaks of an entry: not where all is well and stays as it is."""
    return entry.pending or entry.state not in ("fresh", "draft")


def entry_lines(entries: Sequence[Entry], console: Console, paint: Paint, width: int | None) -> list[str]:
    """A line an entry, long lists folded."""
    shown = entries if console.verbose or len(entries) <= FOLD + 1 else entries[:FOLD]
    whole = all(entry.state in TOLD for entry in shown)
    lines = lay_out([_entry_row(entry, bool(console.verbose)) for entry in shown], paint, width, whole=whole)
    if len(shown) < len(entries):
        rest = entries[len(shown) :]
        price = money(_sum(rest))
        lines.append(fold_line(len(rest)) + (f", {price}" if price else ""))
    return lines


def _sum(entries: Iterable[Entry]) -> Estimate:
    return together(entry.cost for entry in entries)


def label(entry: Entry) -> str:
    """An asset's name, with the step where it has several."""
    return entry.asset if entry.step in (None, 0) and entry.last else f"{entry.asset}#{entry.step}"


def short_reason(entry: Entry) -> str:
    """Why, without what its heading or the causes say already: of changes only the fields."""
    fields = list(dict.fromkeys(item.field for item in entry.verdict.differences))
    if entry.state == "pay" and fields and entry.reason.startswith("changed: "):
        _, mark, failure = entry.reason.partition(CALL_FAILED)
        return f"changed: {', '.join(fields)}{mark}{failure}"
    return entry.reason.removeprefix("waits ")


def _entry_row(entry: Entry, verbose: bool) -> list[Cell]:
    verdict, reason = entry.verdict, entry.reason if verbose else short_reason(entry)
    if verbose and verdict.turn is not None:
        reason += f"; {SENT_AS[verdict.turn.transport]}: {verdict.turn.reason}"
    asked = ""
    if verdict.images and verdict.request is not None:
        asked = " ".join(filter(None, (verdict.request.size, verdict.request.quality)))
    many = f"×{verdict.images}" if verdict.images > 1 else ""
    price = money(entry.cost, bound=entry.state == "waits") if verdict.images else ""
    return [Cell(label(entry)), Cell(many), Cell(asked, "dim"), Cell(price, "yellow", right=True), Cell(reason)]


def _totals(plan: Plan, paint: Paint) -> list[str]:
    lines = [summary(plan.totals.by_state)]
    totals = plan.totals
    bought = [entry for entry in plan.entries if entry.verdict.images and entry.state in ("pay", "waits")]
    if bought:
        models = list(dict.fromkeys(model for entry in bought if (model := _model(plan, entry))))
        by = f" by {models[0]}" if len(models) == 1 else f" by {len(models)} models" if models else ""
        images = sum(entry.verdict.images for entry in bought)
        price = money(totals.cost) or ("" if totals.unpriced else "for free")
        unpriced = f"{counted(totals.unpriced, 'image')} without a known price" if totals.unpriced else ""
        rough = " (a rough estimate)" if totals.cost.rough else ""
        money_text = " + ".join(filter(None, (price, unpriced)))
        requests = counted(sum(entry.verdict.requests for entry in bought), "request")
        lines.append(f"to buy: {counted(images, 'image')}{by} in {requests}, {paint(money_text, 'yellow')}{rough}")
        lines += _by_batch(plan, images)
    elif not plan.pending:
        lines.append("nothing that a build could do" if TOLD & plan.totals.by_state.keys() else "nothing to do")
    return lines


def _by_batch(plan: Plan, images: int) -> list[str]:
    """What the same would cost by batch, where it would be less."""
    offer = plan.offer
    if offer is None:
        return []
    some = "" if offer.images == images else f", {counted(offer.images, 'image')} of them"
    return [f"by batch{some}: {money(offer.cost)} in place of {money(offer.live)}, within 24 hours (build --batch)"]


def _model(plan: Plan, entry: Entry) -> str | None:
    step = plan.graph.actions[entry.asset, entry.step].step
    return step.model if step is not None else None
