"""CLI room: `graph`: what is made of what, as dot, mermaid or JSON; and what touching a file would cost."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from pixmake.cli.console import counted
from pixmake.cli.options import common_options, exclude_option, selector_argument, with_session
from pixmake.cli.plantext import money
from pixmake.cli.session import Session, path_from_root
from pixmake.cli.table import Cell, lay_out
from pixmake.diagnostics import did_you_mean, problem
from pixmake.plan.entries import cost_json
from pixmake.plan.graph import ActionId, step_inputs
from pixmake.plan.inputs import Pending
from pixmake.plan.planner import Plan
from pixmake.plan.pricing import chunks, price
from pixmake.plan.requests import build_request, identities, size_to_ask
from pixmake.providers.base import FREE, Estimate
from pixmake.spec.asset import Asset, FileInput, Step
from pixmake.values import dataclass

FILLS = {"fresh": "#d5efd9", "pay": "#fdeab8", "waits": "#fdeab8", "stale": "#cfeef2", "draft": "#ecd9f5"}
TROUBLE = "#f8d0cc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step of an asset, an asset without steps, or an input file."""

    id: str
    kind: str
    label: str
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """`source` goes into `target`, as image, mask, markup or the step before."""

    source: str
    target: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """What one step would cost again. `cost` None: no price is known."""

    asset: str
    step: int
    images: int
    cost: Estimate | None


@click.command("graph")
@selector_argument()
@click.option("--format", "form", type=click.Choice(["dot", "mermaid", "json"]), default="dot", show_default=True)
@click.option("--uses", "used", metavar="FILE", help="The assets that touching this file would change, and the price.")
@exclude_option
@common_options
@with_session
def command(session: Session, selectors: tuple[str, ...], form: str, used: str | None) -> int:
    """What is made of what. With --uses: what touching a file would cost."""
    plan = session.plan(selectors)
    if used is not None:
        return _show_uses(session, plan, used)
    nodes, edges = nodes_and_edges(plan)
    if session.console.json or form == "json":
        session.console.document(_document(plan, nodes, edges))
    else:
        session.console.out(*(dot if form == "dot" else mermaid)(nodes, edges))
    return 0


def nodes_and_edges(plan: Plan) -> tuple[list[Node], list[Edge]]:
    """The selected assets with all they need."""
    chosen = plan.graph.ancestors((asset.name, None) for asset in plan.selected)
    states = {(entry.asset, entry.step): entry.state for entry in plan.entries}
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    for asset in plan.spec.assets:
        for step in asset.steps or (None,):
            node = (asset.name, None if step is None else step.index)
            if node in chosen:
                state = states.get(node)
                nodes[_id(node)] = Node(
                    id=_id(node), kind="step" if step else "asset", label=_label(asset, step), state=state
                )
                edges |= dict.fromkeys(_edges(plan, asset, step))
    for edge in edges:
        nodes.setdefault(edge.source, Node(id=edge.source, kind="file", label=edge.source))
    return list(nodes.values()), list(edges)


def _id(node: ActionId) -> str:
    return node[0] if node[1] is None else f"{node[0]}#{node[1]}"


def _label(asset: Asset, step: Step | None) -> str:
    return asset.name if step is None or len(asset.steps) == 1 else f"{asset.name}#{step.index}"


def _edges(plan: Plan, asset: Asset, step: Step | None) -> Iterator[Edge]:
    node = (asset.name, None if step is None else step.index)
    marked = [step.mask.source if step and step.mask else None, step.markup if step else None]
    for need in plan.graph.actions[node].needs:
        named = [getattr(item, "asset", None) for item in marked]
        role = (
            "step"
            if need[0] == asset.name
            else "mask"
            if need[0] == named[0]
            else "markup"
            if need[0] == named[1]
            else "image"
        )
        yield Edge(source=_id(_resolved(plan, need)), target=_id(node), role=role)
    first = step is None or step.index == asset.steps[0].index
    items = [asset.origin] if first else []
    for item in [*items, *(step_inputs(step) if step else ())]:
        if isinstance(item, FileInput):
            role = "mask" if item is marked[0] else "markup" if item is marked[1] else "image"
            yield Edge(source=item.name, target=_id(node), role=role)


def _resolved(plan: Plan, node: ActionId) -> ActionId:
    """An asset's local end as the step it comes from, so that ends are no nodes of their own."""
    asset = plan.graph.actions[node].asset
    return (node[0], asset.steps[-1].index) if node[1] is None and asset.steps else node


# --- formats ----------------------------------------------------------------------------------------------------------


def dot(nodes: list[Node], edges: list[Edge]) -> Iterator[str]:
    """Graphviz."""
    yield "digraph pixmake {"
    yield '  rankdir=LR; node [shape=box, style="rounded,filled", fillcolor="#eeeeee", fontname="sans-serif"];'
    for node in nodes:
        look = "shape=note, style=solid" if node.kind == "file" else f'fillcolor="{_fill(node)}"'
        yield f"  {_quoted(node.id)} [label={_quoted(node.label)}, {look}];"
    for edge in edges:
        role = f" [label={edge.role}]" if edge.role in ("mask", "markup") else ""
        yield f"  {_quoted(edge.source)} -> {_quoted(edge.target)}{role};"
    yield "}"


def _fill(node: Node) -> str:
    return FILLS.get(node.state or "", TROUBLE) if node.state else "#eeeeee"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def mermaid(nodes: list[Node], edges: list[Edge]) -> Iterator[str]:
    """Mermaid flowchart; ids are numbers, since names may hold anything."""
    numbers = {node.id: f"n{number}" for number, node in enumerate(nodes)}
    yield "flowchart LR"
    for node in nodes:
        label = re.sub(r"[\"#;]", lambda match: f"#{ord(match[0])};", node.label)
        yield f'  {numbers[node.id]}[/"{label}"/]' if node.kind == "file" else f'  {numbers[node.id]}["{label}"]'
    for edge in edges:
        arrow = f"-- {edge.role} -->" if edge.role in ("mask", "markup") else "-->"
        yield f"  {numbers[edge.source]} {arrow} {numbers[edge.target]}"
    for state in dict.fromkeys(node.state for node in nodes if node.state):
        members = ",".join(numbers[node.id] for node in nodes if node.state == state)
        yield f"  classDef {state} fill:{FILLS.get(state, TROUBLE)}"
        yield f"  class {members} {state}"


def _document(plan: Plan, nodes: list[Node], edges: list[Edge]) -> dict[str, object]:
    return {
        "format": "pixmake.graph/1",
        "profile": plan.profile,
        "nodes": [{"id": node.id, "kind": node.kind, "label": node.label, "state": node.state} for node in nodes],
        "edges": [{"from": edge.source, "to": edge.target, "role": edge.role} for edge in edges],
    }


# --- what touching a file would cost ----------------------------------------------------------------------------------


def _show_uses(session: Session, plan: Plan, text: str) -> int:
    name, readers = _readers(session, plan, text)
    touched = list(touches(plan, readers))
    assets = list(dict.fromkeys(node[0] for node in plan.graph.order if node in plan.graph.dependants(readers)))
    known = [item.cost for item in touched if item.cost is not None]
    total = sum(known, start=FREE)
    if session.console.json:
        session.console.document(_uses_document(plan, name, assets, touched, total))
        return 0
    rows = [
        [
            Cell(f"{item.asset}#{item.step}"),
            Cell(counted(item.images, "image"), right=True),
            Cell(money(item.cost), "yellow", right=True),
        ]
        for item in touched
    ]
    free = [asset for asset in assets if all(item.asset != asset for item in touched)]
    rows += [[Cell(asset), Cell(""), Cell("free", right=True)] for asset in free]
    session.console.out(*lay_out(rows, session.console.paint, session.console.width(), indent=0))
    unpriced = len(touched) - len(known)
    more = f" and {counted(unpriced, 'step')} without a known price" if unpriced else ""
    session.console.out(f"touching '{name}' changes {counted(len(assets), 'asset')}: {money(total) or 'free'}{more}")
    return 0


def _readers(session: Session, plan: Plan, text: str) -> tuple[str, list[ActionId]]:
    """The steps and ends that read a file. Raises Problem `no-match` for one that nothing reads."""
    readers: dict[str, list[ActionId]] = {}
    for node, action in plan.graph.actions.items():
        for item in _files(action.asset, action.step):
            readers.setdefault(item.name, []).append(node)
    by_path = {os.path.normpath(plan.spec.root / name): name for name in readers}
    absolute = os.path.abspath(text)
    name = text.removeprefix("./") if text.removeprefix("./") in readers else by_path.get(absolute)
    if name is not None:
        return name, readers[name]
    near = did_you_mean(text, readers)
    read = Path(absolute) in plan.spec.footprint.files
    hint = "change it and look at `pixmake plan`, which writes nothing" if read else None
    known = f"files here: {', '.join(sorted(readers)[:5])}" if readers else "no asset starts from a file"
    shown = path_from_root(session.project.root, text) if read else text
    message = f"no asset has '{shown}' as input picture"
    raise problem("no-match", message, help=hint or (f"did you mean '{near}'? " if near else "") + known)


def _files(asset: Asset, step: Step | None) -> Iterator[FileInput]:
    first = not asset.steps if step is None else step.index == asset.steps[0].index
    for item in [*([asset.origin] if first else []), *(step_inputs(step) if step is not None else ())]:
        if isinstance(item, FileInput):
            yield item


def touches(plan: Plan, readers: list[ActionId]) -> Iterator[Touch]:
    """Steps that would be bought again, with the price of all their candidates. Frozen assets are not."""
    changed = plan.graph.dependants(readers)
    for node in plan.graph.order:
        action = plan.graph.actions[node]
        if node not in changed or action.step is None or plan.world.frozen(action.asset):
            continue
        painter = plan.world.painter(action.step.provider)
        if not painter.provider.free:
            yield Touch(
                asset=node[0], step=action.step.index, images=action.step.variants, cost=_price(plan, node, action.step)
            )


def _price(plan: Plan, node: ActionId, step: Step) -> Estimate | None:
    """All candidates of a step, priced as a plan would, with the pictures that are known now."""
    painter = plan.world.painter(step.provider)
    inputs = plan.judge.inputs.resolve(plan.graph.actions[node], plan.judge.done, plan.judge.frames)
    verdict = plan.judge.done.get(node)
    request = verdict.request if verdict is not None else None
    size = size_to_ask(step, painter.provider.limits(step.model), None)
    if request is None:
        known = [] if isinstance(inputs, Pending) else identities(inputs)
        request = build_request(step, painter.logical, size, known, ())
    sizes = [None] * len(request.inputs) if isinstance(inputs, Pending) else inputs.image_sizes()
    return price(painter, request, sizes, chunks(painter, request, step.variants))


def _uses_document(
    plan: Plan, name: str, assets: list[str], touched: list[Touch], total: Estimate
) -> Mapping[str, object]:
    steps = [
        {"asset": item.asset, "step": item.step, "images": item.images, "cost": cost_json(item.cost)}
        for item in touched
    ]
    return {
        "format": "pixmake.uses/1",
        "profile": plan.profile,
        "file": name,
        "assets": assets,
        "steps": steps,
        "cost": cost_json(total),
        "unpriced": sum(item.images for item in touched if item.cost is None),
    }
