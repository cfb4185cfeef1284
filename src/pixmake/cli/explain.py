"""CLI room: `explain`: the field-level difference to what was last bought, and the chain of causes down to its root."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace

import click

from pixmake.cli.following import next_command
from pixmake.cli.options import common_options, exclude_option, selector_argument, with_session
from pixmake.cli.plain import plain
from pixmake.cli.plantext import color_of, money
from pixmake.cli.session import Session
from pixmake.cli.table import Cell, lay_out, wrapped
from pixmake.diagnostics import Span
from pixmake.digest import decimal_text
from pixmake.plan.artifact import FilePicture
from pixmake.plan.entries import Difference, Entry, State, Verdict, usd
from pixmake.plan.explain import cause_of, differences
from pixmake.plan.graph import ActionId
from pixmake.plan.keys import preimage
from pixmake.plan.planner import Plan
from pixmake.spec.asset import Asset
from pixmake.store.lockfile import StepPin
from pixmake.store.pool import Unanswered
from pixmake.values import dataclass

SETTLED = ("fresh", "draft")
REMEDIES: dict[State, str] = {
    "unknown": "look in the provider's usage whether it was billed; `{reroll}` sends it again, at its price",
    "refused": "the same request is never sent again on its own: change the prompt, the references or `moderation`; "
    "`{reroll}` asks once more",
    "failed": "mend what the provider complains of, then build again",
    "edited": "`{restore}` writes the picture over it, `{accept}` ships the file as it is; as long as it stands, nothing "
    "is bought for it",
    "lost": "put the file from a backup into the store's cas/ folder, or the output back at its path; `{reroll}` buys "
    "another",
    "corrupt": "`pixmake cache verify` moves the damaged file aside; then put a whole one from a backup in its place",
    "conflict": "`{pick}` lists the candidates; with a number it settles which of them goes on",
    "held": "`{update}` lets it change, `{accept}` binds its picture to the request as it is now",
}
"""What a person can do in the states that no build mends by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Why one entry is as it is. `request` is what would be asked for now, `last` what was last bought.

    `failure`: why the latest call brought nothing, empty where there is nothing to tell.
    """

    entry: Entry
    failure: str
    request: Mapping[str, object] | None
    last: Mapping[str, object] | None
    differences: tuple[Difference, ...]
    chain: tuple[tuple[int, ActionId, Verdict], ...]
    spans: Mapping[str, Span]
    unknown: tuple[Unanswered, ...]
    frozen: bool

    def to_json(self) -> dict[str, object]:
        entry = self.entry
        changed = [{"field": item.field, "old": item.old, "new": item.new} for item in self.differences]
        return {
            "asset": entry.asset,
            "step": entry.step,
            "state": entry.state,
            "reason": entry.reason,
            "causes": list(entry.verdict.causes),
            "key": entry.key,
            "differences": changed,
            "request": plain(self.request),
            "last": plain(self.last),
            "chain": [
                {"depth": depth, "asset": node[0], "step": node[1], "state": verdict.state, "reason": verdict.reason}
                for depth, node, verdict in self.chain
            ],
            "outputs": [{"path": item.path, "state": item.state} for item in entry.outputs],
            "unknown": [call_json(item) for item in self.unknown],
            "frozen": self.frozen,
        }


def call_json(call: Unanswered) -> dict[str, object]:
    """A call without a usable answer as data; where it stands says whose it is."""
    intent = call.intent
    return {
        "intent": intent.intent,
        "images": intent.count,
        "price": None if intent.reserved is None else decimal_text(intent.reserved),
        "time": intent.time,
        "message": call.failure.message if call.failure else None,
    }


def call_line(call: Unanswered) -> str:
    """`sent 2026-11-22 09:25, perhaps billed at $0.04: no answer came`."""
    price = "" if call.intent.reserved is None else f" at {usd(call.intent.reserved)}"
    why = call.failure.message if call.failure else "the process ended before an answer was recorded"
    return f"sent {call.intent.time[:16].replace('T', ' ')}, perhaps billed{price}: {why}"


@click.command("explain")
@selector_argument(required=True)
@exclude_option
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...]) -> int:
    """Why assets are in their state: the difference to the last bought request, and the chain of causes."""
    plan = session.plan(selectors)
    accounts = list(accounts_of(session, plan))
    if session.console.json:
        body = {"format": "pixmake.explain/1", "profile": plan.profile}
        session.console.document(body | {"entries": [item.to_json() for item in accounts]})
    else:
        blocks = ["\n".join(_lines(session, item)) for item in accounts]
        session.console.out("\n\n".join(blocks))
    session.console.errors(plan.problems)
    if plan.pending and (following := next_command(session, plan)) is not None:
        session.console.say(f"next: {following}")
    return 0


def accounts_of(session: Session, plan: Plan) -> Iterator[Account]:
    """One account for each entry of the selected assets."""
    chosen = {asset.name: asset for asset in plan.selected}
    frozen = any(entry.state == "held" for entry in plan.entries)
    thawed = session.project.plan(*chosen, update=list(chosen)) if frozen else plan
    for entry in plan.entries:
        if entry.asset in chosen:
            yield _account(plan, thawed, entry, chosen[entry.asset])


def _account(plan: Plan, thawed: Plan, entry: Entry, asset: Asset) -> Account:
    """A frozen asset is held against the request it would have if it were not."""
    source = thawed if entry.state == "held" else plan
    verdict = source.judge.done.get((entry.asset, entry.step), entry.verdict)
    known = verdict.request is not None and verdict.key is not None  # a waiting step's inputs are blank
    request = preimage(verdict.request) if known and verdict.request is not None else None
    last = None
    if entry.step is not None:
        last = plan.world.last_request(entry.asset, entry.step, _pin(plan, asset, entry.step))
    names = _file_names(source, (entry.asset, entry.step))
    changed = differences(last, request, names) if last is not None and request is not None else []
    return Account(
        entry=replace(entry, state=plan.state_of(entry)),
        failure=plan.world.pool(entry.key).aside.removeprefix("; ") if entry.key is not None else "",
        request=request,
        last=last,
        differences=tuple(changed),
        spans=next((step.spans for step in asset.steps if step.index == entry.step), {}),
        frozen=plan.world.frozen(asset),
        unknown=plan.world.pool(entry.key).unanswered if entry.key is not None else (),
        chain=tuple(_chain(plan, (entry.asset, entry.step), 1, {(entry.asset, entry.step)})),
    )


def _pin(plan: Plan, asset: Asset, step: int) -> StepPin | None:
    line, _ = plan.world.line(asset.name)
    place = next(place for place, item in enumerate(asset.steps) if item.index == step)
    return line.steps[place] if line is not None and place < len(line.steps) else None


def _file_names(plan: Plan, node: ActionId) -> dict[str, str]:
    """Names of a step's input files by their digests."""
    from pixmake.plan.inputs import Pending

    action = plan.graph.actions[node]
    if action.step is None:
        return {}
    inputs = plan.judge.inputs.resolve(action, plan.judge.done, plan.judge.frames)
    if isinstance(inputs, Pending):
        return {}
    return {item.identity: item.name for _, item in inputs.pictures() if isinstance(item, FilePicture)}


def _chain(plan: Plan, node: ActionId, depth: int, seen: set[ActionId]) -> Iterator[tuple[int, ActionId, Verdict]]:
    """What a step waits for or is changed by, parents under children, each once."""
    for need in plan.graph.actions[node].needs:
        verdict = plan.judge.done.get(need)
        if need in seen or (verdict is not None and verdict.state in SETTLED):
            continue
        seen.add(need)
        if verdict is not None:
            yield depth, need, verdict
        yield from _chain(plan, need, depth + (verdict is not None), seen)


# --- text ---------------------------------------------------------------------------------------------------------


def _lines(session: Session, account: Account) -> Iterator[str]:
    console, entry = session.console, account.entry
    paint, width = console.paint, console.width()
    name = entry.asset if entry.step is None else f"{entry.asset}#{entry.step}"
    price = money(entry.cost, bound=entry.state == "waits") if entry.verdict.images else ""
    state = paint(entry.state, color_of(entry.state))
    yield f"{paint(name, 'bold')}  {state}" + (f"  {price}" if price else "")
    if account.differences:
        yield "  changed since it was last bought:" if entry.state != "held" else f"  {entry.reason}:"
        yield from lay_out([_difference(account, item) for item in account.differences], paint, width, indent=4)
        if console.verbose:
            yield from _prompts(account)
        if account.failure:
            yield from wrapped(account.failure, width, "  ", "  ")
    else:
        yield from wrapped(entry.reason, width, "  ", "  ")
    if account.last is not None and not account.differences and entry.state in ("fresh", "held"):
        yield "  its request is the one that was bought"
    if account.frozen and entry.state != "held":
        yield "  frozen: its bought picture stays until somebody names it"
    yield from (f"  {call_line(call)}" for call in account.unknown)
    for depth, node, verdict in account.chain:
        indent = "  " * depth
        place = node[0] if node[1] is None else f"{node[0]}#{node[1]}"
        yield f"{indent}↳ {place}  {paint(verdict.state, color_of(verdict.state))}"
        yield from wrapped(verdict.reason, width, f"{indent}  ", f"{indent}  ")
    for item in entry.outputs:
        if item.state != "fresh":
            yield f"  {item.path}: {item.state}"
    if entry.state in REMEDIES:
        remedy = REMEDIES[entry.state].format_map(_commands(session, entry))
        yield from wrapped(remedy, width, "  help: ", "        ")
    elif entry.verdict.asking:
        yield f"  help: `{session.command_line('pick', selectors=[name])}` lists the candidates"


def _commands(session: Session, entry: Entry) -> dict[str, str]:
    """The verbs that help, about this very asset or step."""
    step = entry.asset if entry.last or entry.step is None else f"{entry.asset}#{entry.step}"
    asset = [entry.asset]
    return {
        "reroll": session.command_line("reroll", selectors=[step]),
        "pick": session.command_line("pick", selectors=[step]),
        "accept": session.command_line("accept", selectors=asset),
        "restore": session.command_line("restore", selectors=asset),
        "update": session.command_line("build", "--update", entry.asset, selectors=asset),
    }


def _difference(account: Account, item: Difference) -> list[Cell]:
    """One changed field under the name of the place where it was written (`defaults.model`)."""
    place = cause_of(item, account.spans).removesuffix(f" {item.old}→{item.new}")
    return [Cell(place), Cell(item.old, "red"), Cell("→", "dim"), Cell(item.new, "green")]


def _prompts(account: Account) -> Iterator[str]:
    """Both prompts, line by line, where they differ."""
    old, new = ((body or {}).get("prompt") for body in (account.last, account.request))
    if old != new:
        before, after = (str(text or "").splitlines() for text in (old, new))
        for line in difflib.unified_diff(before, after, "last bought", "now", n=1, lineterm=""):
            yield f"    {line}"
