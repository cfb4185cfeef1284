"""CLI room: `show`: everything known of an asset: prompts as sent, keys, results, lineage, cost, files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import click

from pixmake.cli.console import counted
from pixmake.cli.explain import call_json, call_line
from pixmake.cli.options import common_options, exclude_option, selector_argument, with_session
from pixmake.cli.plain import plain
from pixmake.cli.plantext import color_of
from pixmake.cli.session import Session
from pixmake.diagnostics import ExitCode, problem
from pixmake.digest import Digest, decimal_text
from pixmake.plan.entries import Entry, usd
from pixmake.plan.graph import ActionId
from pixmake.plan.keys import preimage
from pixmake.plan.planner import Plan
from pixmake.plan.requests import with_roles
from pixmake.spec.asset import Asset, FileInput, Step
from pixmake.store.pool import Pool
from pixmake.store.records import Result
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A prompt as it is sent."""

    asset: str
    step: int
    prompt: str


@click.command("show")
@selector_argument(required=True)
@click.option("--preview", is_flag=True, help="Draw the pictures in the terminal.")
@click.option("--open", "viewer", is_flag=True, help="Open the pictures in a viewer.")
@click.option("--prompt", is_flag=True, help="Only the final texts, to diff.")
@click.option(
    "-o", "--output", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Write the texts into DIR."
)
@exclude_option
@common_options
@with_session
def command(
    session: Session, selectors: tuple[str, ...], preview: bool, viewer: bool, prompt: bool, output: Path | None
) -> int:
    """Everything known of an asset, also by the path of one of its files."""
    if output is not None and not prompt:
        raise problem("output-without-prompt", "-o says where prompts go", help="add --prompt")
    plan = session.plan(selectors)
    if prompt:
        return _show_prompts(session, list(prompts(plan)), output)
    bodies = [body(plan, asset) for asset in plan.selected]
    if session.console.json:
        session.console.document({"format": "pixmake.show/1", "profile": plan.profile, "assets": bodies})
    else:
        blocks = ["\n".join(_asset_lines(session, plan, asset)) for asset in plan.selected]
        session.console.out("\n\n".join(blocks))
    session.console.errors(plan.problems)
    return _look(session, plan, preview, viewer) if preview or viewer else ExitCode.DONE


# --- prompts --------------------------------------------------------------------------------------------------------


def prompts(plan: Plan) -> Iterator[Text]:
    """The texts of all steps of the selected assets, as they are sent."""
    for asset in plan.selected:
        for step in asset.steps:
            yield Text(asset=asset.name, step=step.index, prompt=prompt_of(plan, asset, step))


def prompt_of(plan: Plan, asset: Asset, step: Step) -> str:
    """The prompt of a step as it is sent, roles included."""
    verdict = plan.judge.done.get((asset.name, step.index))
    if verdict is not None and verdict.request is not None:
        return verdict.request.prompt
    first = step.index == asset.steps[0].index
    return with_roles(step, has_parent=not first or asset.origin is not None)


def _show_prompts(session: Session, texts: Sequence[Text], folder: Path | None) -> int:
    console = session.console
    if folder is not None:
        files = [_write_prompt(folder, text) for text in texts]
        console.say(f"wrote {counted(len(files), 'prompt')} into '{folder}'")
    if console.json:
        rows = [{"asset": text.asset, "step": text.step, "prompt": text.prompt} for text in texts]
        console.document({"format": "pixmake.prompts/1", "prompts": rows})
    elif folder is None and len(texts) == 1:
        console.out(texts[0].prompt)
    elif folder is None:
        console.out("\n\n".join(f"=== {text.asset}#{text.step}\n{text.prompt}" for text in texts))
    return ExitCode.DONE


def _write_prompt(folder: Path, text: Text) -> Path:
    from pixmake.publish.outputs import write_atomically

    file = folder / f"{text.asset}.{text.step}.txt"
    write_atomically(file, f"{text.prompt}\n".encode(), durable=False)
    return file


# --- what is known ----------------------------------------------------------------------------------------------------


def body(plan: Plan, asset: Asset) -> dict[str, object]:
    """One asset as JSON."""
    return {
        "asset": asset.name,
        "family": asset.family,
        "row": asset.row,
        "place": str(asset.span) if asset.span else None,
        "tags": list(asset.tags),
        "alt": asset.alt,
        "title": asset.title,
        "meta": plain(asset.meta),
        "frozen": plan.world.frozen(asset),
        "size": asset.size,
        "steps": [_step_body(plan, asset, step) for step in asset.steps],
        "outputs": [_output_body(plan, item) for entry in _entries(plan, asset) for item in entry.outputs],
        "uses": _lineage(plan, asset)[0],
        "used_by": _lineage(plan, asset)[1],
        "cost": decimal_text(_cost(plan, asset)),
    }


def _entries(plan: Plan, asset: Asset) -> list[Entry]:
    return [entry for entry in plan.entries if entry.asset == asset.name]


def _step_body(plan: Plan, asset: Asset, step: Step) -> dict[str, object]:
    entry = next(item for item in _entries(plan, asset) if item.step == step.index)
    pool = _pool(plan, entry)
    verdict = entry.verdict
    return {
        "step": step.index,
        "state": entry.state,
        "reason": entry.reason,
        "provider": step.provider,
        "model": step.model,
        "key": entry.key,
        "prompt": prompt_of(plan, asset, step),
        "request": plain(preimage(verdict.request)) if verdict.request is not None else None,
        "variants": list(verdict.pinned),
        "pick": verdict.picked,
        "results": [_result_body(plan, result) for result in pool.results],
        "refusals": [{"message": item.message, "time": item.time} for item in pool.failures],
        "unknown": [call_json(item) for item in pool.unanswered],
    }


def _pool(plan: Plan, entry: Entry) -> Pool:
    return plan.world.pool(entry.key) if entry.key is not None else Pool(key=Digest(""))


def _result_body(plan: Plan, result: Result) -> dict[str, object]:
    content = plan.world.store.content
    return {
        "digest": result.digest,
        "media_type": result.media_type,
        "bytes": result.bytes,
        "width": result.width,
        "height": result.height,
        "cost": None if result.cost is None else decimal_text(result.cost),
        "usage": plain(result.usage),
        "time": result.time,
        "source": result.source,
        "model": result.model,
        "request_id": result.request_id,
        "revised_prompt": result.revised_prompt,
        "response_id": result.response_id,
        "file": str(content.path(result.digest)) if content.has(result.digest) else None,
    }


def _output_body(plan: Plan, item: object) -> dict[str, object]:
    from pixmake.plan.entries import OutputPlan

    assert isinstance(item, OutputPlan)
    return {
        "path": item.path,
        "format": item.output.format,
        "state": item.state,
        "recipe": item.recipe,
        "digest": plan.world.standing(item.path),
    }


def _lineage(plan: Plan, asset: Asset) -> tuple[list[str], list[str]]:
    """Names of what an asset is made from (assets as `@name`, files), and of the assets made from it."""
    from pixmake.plan.graph import step_inputs

    nodes: list[ActionId] = [node for node in plan.graph.actions if node[0] == asset.name]
    needs = [need[0] for node in nodes for need in plan.graph.actions[node].needs if need[0] != asset.name]
    items = [asset.origin, *(item for step in asset.steps for item in step_inputs(step))]
    files = [item.name for item in items if isinstance(item, FileInput)]
    users = [user[0] for node in nodes for user in plan.graph.users.get(node, ()) if user[0] != asset.name]
    return [*dict.fromkeys([*(f"@{need}" for need in needs), *files])], list(dict.fromkeys(users))


def _cost(plan: Plan, asset: Asset) -> Decimal:
    """USD that the results of its present requests were bought for, those it shares with others included."""
    pools = {entry.key: _pool(plan, entry) for entry in _entries(plan, asset) if entry.key is not None}
    return sum((result.cost or Decimal(0) for pool in pools.values() for result in pool.results), Decimal(0))


# --- text -----------------------------------------------------------------------------------------------------------


def _asset_lines(session: Session, plan: Plan, asset: Asset) -> Iterator[str]:
    paint = session.console.paint
    uses, users = _lineage(plan, asset)
    place = f"  {paint(asset.row or str(asset.span), 'dim')}" if asset.row or asset.span else ""
    yield f"{paint(asset.name, 'bold')}{place}"
    facts = {
        "size": asset.size,
        "tags": ", ".join(asset.tags),
        "alt": asset.alt,
        "title": asset.title,
        "made from": ", ".join(uses),
        "used by": ", ".join(users),
        "frozen": "yes" if plan.world.frozen(asset) else "",
    }
    yield from (f"  {name:<10}{value}" for name, value in facts.items() if value)
    for step in asset.steps:
        yield from _step_lines(session, plan, asset, step)
    for entry in _entries(plan, asset):
        for item in entry.outputs:
            yield f"  {'file':<10}{item.path}  {paint(item.state, 'green' if item.state == 'fresh' else 'yellow')}"
    cost = _cost(plan, asset)
    if cost:
        yield f"  {'paid':<10}{usd(cost)}"


def _step_lines(session: Session, plan: Plan, asset: Asset, step: Step) -> Iterator[str]:
    paint = session.console.paint
    entry = next(item for item in _entries(plan, asset) if item.step == step.index)
    request = entry.verdict.request
    yield ""
    yield f"  step {step.index}  {paint(entry.state, color_of(entry.state))}: {entry.reason}"
    asked = [step.provider, step.model, request.size if request else None, request.quality if request else None]
    yield f"    {'by':<10}{' '.join(filter(None, asked))}"
    if entry.key is not None:
        yield f"    {'key':<10}{entry.key if session.console.verbose else entry.key[:12]}"
    first, *rest = prompt_of(plan, asset, step).splitlines() or [""]
    yield f"    {'prompt':<10}{first}"
    yield from (f"    {'':<10}{line}".rstrip() for line in rest)
    pool = _pool(plan, entry)
    known = {result.digest: result for result in pool.results}
    for number, digest in enumerate(entry.verdict.pinned, start=1):  # as `pick` counts
        if digest in known:
            yield f"    {'picture ' + str(number):<10}{_result_line(plan, entry, known[digest])}"
            yield from _revised(known[digest], request.prompt if request else None)
    yield from (f"    {'unknown':<10}{call_line(call)}" for call in pool.unanswered)


def _revised(result: Result, prompt: str | None) -> Iterator[str]:
    """The prompt that was really drawn, where another model rewrote it."""
    if result.revised_prompt and result.revised_prompt != prompt:
        first, *rest = result.revised_prompt.splitlines() or [""]
        yield f"    {'drawn as':<10}{first}"
        yield from (f"    {'':<10}{line}".rstrip() for line in rest)


def _result_line(plan: Plan, entry: Entry, result: Result) -> str:
    size = f"{result.width}x{result.height}" if result.width else ""
    cost = usd(result.cost) if result.cost is not None else ""
    there = "" if plan.world.has(result.digest) else "its bytes are nowhere"
    marks = "picked" if entry.verdict.picked == result.digest else ""
    kind = result.media_type.removeprefix("image/")
    parts = [result.digest[:12], marks, kind, size, cost, result.time[:10], result.model, there]
    return "  ".join(part for part in parts if part)


# --- pictures -------------------------------------------------------------------------------------------------------


def _look(session: Session, plan: Plan, preview: bool, viewer: bool) -> int:
    from pixmake.cli.pictures import open_in_viewer, picture_files, preview_lines

    for asset in plan.selected:
        files = picture_files(plan, asset)
        if not files:
            session.console.say(f"{asset.name}: there is no picture yet")
        elif preview:
            session.console.out(*preview_lines(files[0], session.console.width() or 80))
        if files and viewer:
            open_in_viewer(files[0])
    return ExitCode.DONE
