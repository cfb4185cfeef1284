"""CLI room: `status`: the state of each asset, and what hangs over the project: unknown calls, orphans, lone originals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import click

from pixmake.cli.console import FOLD, Console, counted, fold_line
from pixmake.cli.following import next_command
from pixmake.cli.options import common_options, exclude_option, selector_argument, with_session
from pixmake.cli.plantext import GLOSS, TOLD, color_of, heading, short_reason
from pixmake.cli.session import Session
from pixmake.cli.table import Cell, lay_out
from pixmake.digest import Digest, decimal_text
from pixmake.imaging.marks import read_draft_mark
from pixmake.plan.entries import Entry, State, usd
from pixmake.plan.planner import Plan
from pixmake.spec.asset import Asset
from pixmake.store.pool import Unanswered
from pixmake.values import dataclass

RANK: tuple[State, ...] = (
    "corrupt", "lost", "unknown", "refused", "failed", "conflict", "unreachable", "edited", "blocked",
    "pay", "waits", "sent", "held", "stale", "draft", "fresh",
)  # fmt: skip
"""Of several steps' states, the one that speaks for the asset: what a person must see comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One asset as it is: `state`, `reason` and `note` of the step that speaks for it; `draft`: a draft stands at an output.

    `frozen`: its bought pictures stay until somebody names it.
    """

    asset: str
    state: State
    reason: str
    note: str
    steps: tuple[tuple[Entry, State], ...]
    outputs: tuple[str, ...]
    draft: bool
    frozen: bool

    def to_json(self) -> dict[str, object]:
        steps = [{"step": entry.step, "state": state, "reason": entry.reason} for entry, state in self.steps]
        return {
            "asset": self.asset,
            "state": self.state,
            "reason": self.reason,
            "steps": steps,
            "outputs": list(self.outputs),
            "frozen": self.frozen,
            "draft": self.draft,
        }


def standings(plan: Plan) -> list[Standing]:
    """The selected assets of a plan, in the spec's order."""
    by_asset: dict[str, list[Entry]] = {asset.name: [] for asset in plan.selected}
    for entry in plan.entries:
        if entry.asset in by_asset:
            by_asset[entry.asset].append(entry)
    return [_standing(plan, asset, by_asset[asset.name]) for asset in plan.selected if by_asset[asset.name]]


def _standing(plan: Plan, asset: Asset, entries: Sequence[Entry]) -> Standing:
    steps = [(entry, plan.state_of(entry)) for entry in entries]
    speaker, state = min(steps, key=lambda item: RANK.index(item[1]))
    paths = tuple(item.path for entry in entries for item in entry.outputs)
    shows_draft = any(
        item.state != "edited" and plan.world.exists(item.path) and read_draft_mark(plan.world.root / item.path)
        for entry in entries
        for item in entry.outputs
        if entry.state != "fresh"
    )
    return Standing(
        asset=asset.name,
        state=state,
        reason=speaker.reason,
        note=short_reason(speaker),
        steps=tuple(steps),
        outputs=paths,
        draft=shows_draft or speaker.state == "draft",
        frozen=plan.world.frozen(asset),
    )


@click.command("status")
@selector_argument()
@exclude_option
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...]) -> int:
    """State of each asset, drafts, unknown calls with their price, originals without a second copy."""
    plan = session.plan(selectors)
    found = standings(plan)
    calls = _unknown_calls(session)
    if session.console.json:
        session.console.document(_document(session, plan, found, calls))
    else:
        session.console.out(*_lines(session, plan, found, calls))
    return _close(session, plan)


def overview(session: Session) -> int:
    """Bare `pixmake`: counts by state, and the next command."""
    plan = session.plan(())
    found = standings(plan)
    if session.console.json:
        session.console.document(_document(session, plan, found, _unknown_calls(session)))
    else:
        session.console.out(*_counts(session.console, found, plan, _unknown_calls(session)))
    return _close(session, plan)


def _close(session: Session, plan: Plan) -> int:
    session.console.errors([*plan.damage, *plan.problems])
    following = None if plan.damage else next_command(session, plan)
    if following:
        session.console.say(f"next: {following}")
    return 0


def _unknown_calls(session: Session) -> list[Unanswered]:
    """Calls of this project without a usable answer that no living process works on."""
    store = session.project.store
    scope = str(session.project.root)
    mine = [item for item in store.results.unknown() if item.intent.scope == scope]
    return [item for item in mine if not store.journal.key_busy(item.intent.key)]


def _originals(plan: Plan) -> list[Digest]:
    """Paid pictures that the lock names and the store has."""
    pins = [pin for lines in plan.world.lock.lines.values() for line in lines for pin in line.steps]
    digests = dict.fromkeys(digest for pin in pins for digest in pin.variants)
    return [digest for digest in digests if plan.world.store.content.has(digest)]


def _document(
    session: Session, plan: Plan, found: Sequence[Standing], calls: Sequence[Unanswered]
) -> dict[str, object]:
    lone = len(_originals(plan))
    return {
        "format": "pixmake.status/1",
        "profile": plan.profile,
        "assets": [item.to_json() for item in found],
        "by_state": _by_state(found),
        "drafts": sum(item.draft for item in found),
        "unknown": [_call_json(item) for item in calls],
        "orphans": list(plan.orphans),
        "originals": {"count": lone, "without_second_copy": lone},
        "problems": [item.to_json() for item in (*plan.damage, *plan.problems)],
    }


def _call_json(call: Unanswered) -> dict[str, object]:
    intent = call.intent
    return {
        "intent": intent.intent,
        "asset": intent.asset,
        "profile": intent.profile,
        "step": intent.step,
        "key": intent.key,
        "images": intent.count,
        "price": None if intent.reserved is None else decimal_text(intent.reserved),
        "time": intent.time,
        "message": call.failure.message if call.failure else None,
    }


def _by_state(found: Iterable[Standing]) -> Mapping[str, int]:
    counts = Counter(item.state for item in found)
    return {state: counts[state] for state in GLOSS if counts[state]}


def _counts(console: Console, found: Sequence[Standing], plan: Plan, calls: Sequence[Unanswered]) -> list[str]:
    rows = [
        [Cell(str(number), right=True), Cell(state, color_of(state)), Cell(GLOSS[state], "dim")]  # type: ignore[index,arg-type]
        for state, number in _by_state(found).items()
    ]
    drafts = sum(item.draft for item in found)
    lines = lay_out(rows, console.paint, console.width(), indent=0) or ["no assets"]
    if drafts and not all(item.state == "draft" for item in found if item.draft):
        lines.append(
            f"{counted(drafts, 'asset')} shipped as a draft" if drafts == 1 else f"{drafts} assets shipped as drafts"
        )
    if calls:
        price = sum((item.intent.reserved or Decimal(0) for item in calls), Decimal(0))
        lines.append(f"{counted(len(calls), 'call')} without an answer: perhaps billed, {usd(price)}")
    if plan.orphans:
        lines.append(f"{counted(len(plan.orphans), 'orphan')} in the lock")
    return lines


def _lines(session: Session, plan: Plan, found: Sequence[Standing], calls: Sequence[Unanswered]) -> list[str]:
    console = session.console
    lines: list[str] = []
    for state in GLOSS:
        members = [item for item in found if item.state == state]
        if members:
            lines += [heading(state, console.paint), *_members(console, members), ""]
    if calls:
        lines += [console.paint("unknown calls", "bold"), *_calls(console, calls), ""]
    if plan.orphans:
        lines += [heading("orphan", console.paint), *(f"  {name}" for name in plan.orphans), ""]
    originals = len(_originals(plan))
    if originals:
        lines.append(f"{counted(originals, 'original')} without a second copy")
    return [*lines, ", ".join(f"{number} {state}" for state, number in _by_state(found).items()) or "no assets"]


def _members(console: Console, members: Sequence[Standing]) -> list[str]:
    shown = members if console.verbose or len(members) <= FOLD + 1 else members[:FOLD]
    rows = [
        [
            Cell(item.asset),
            Cell("draft" if item.draft and item.state != "draft" else "", "magenta"),
            Cell("frozen" if item.frozen and item.state != "held" else "", "blue"),
            Cell(_note(item)),
        ]
        for item in shown
    ]
    lines = lay_out(rows, console.paint, console.width(), whole=all(item.state in TOLD for item in shown))
    return [*lines, fold_line(len(members) - len(shown))] if len(shown) < len(members) else lines


def _note(item: Standing) -> str:
    if item.state == "fresh" and item.reason in ("bought", "derived for free"):
        return ""
    return item.note


def _calls(console: Console, calls: Sequence[Unanswered]) -> list[str]:
    rows = [
        [
            Cell(f"{item.intent.asset}#{item.intent.step}"),
            Cell(usd(item.intent.reserved or Decimal(0)), "yellow", right=True),
            Cell(item.intent.time[:16].replace("T", " "), "dim"),
            Cell(item.failure.message if item.failure else "the process ended before an answer was recorded"),
        ]
        for item in calls
    ]
    return lay_out(rows, console.paint, console.width(), whole=True)
