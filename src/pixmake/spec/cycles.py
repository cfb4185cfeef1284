"""Spec room: no picture may depend on itself. Depth first over steps, without recursion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pixmake.diagnostics import Collector, Note
from pixmake.spec.asset import Asset, AssetInput, Input

Point = tuple[str, int]
"""An asset and one of its steps; -1 is what is there without a step of its own."""


def check_cycles(assets: Mapping[str, Asset], linked: Sequence[Asset], collector: Collector) -> None:
    """Tells every ring that starts at one of the `linked` assets (those with inputs from others), each once."""
    done: set[Point] = set()
    for asset in linked:
        for index in (-1, *(step.index for step in asset.steps)):
            if (asset.name, index) not in done:
                _visit((asset.name, index), assets, done, collector)


def _visit(start: Point, assets: Mapping[str, Asset], done: set[Point], collector: Collector) -> None:
    path: list[tuple[Point, AssetInput | None]] = [(start, None)]
    waiting = [_links(start, assets)]
    on_path = {start}
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            point, _ = path.pop()
            on_path.discard(point)
            done.add(point)
            continue
        point, link = found
        if point in on_path:
            _tell([*path[[step for step, _ in path].index(point) + 1 :], (point, link)], collector)
        elif point not in done:
            path.append((point, link))
            on_path.add(point)
            waiting.append(_links(point, assets))


def _links(point: Point, assets: Mapping[str, Asset]) -> Iterator[tuple[Point, AssetInput | None]]:
    asset = assets[point[0]]
    index = point[1]
    first = asset.steps[0].index if asset.steps else 0
    if index > first:
        yield (asset.name, index - 1), None
    inputs: list[Input | None] = []
    if index <= first:
        inputs.append(asset.origin)
    if index >= first and asset.steps:
        step = asset.steps[index - first]
        mask = step.mask.source if step.mask is not None else None
        inputs += [*step.references, step.markup, mask if isinstance(mask, AssetInput) else None]
    for item in inputs:
        if isinstance(item, AssetInput) and item.asset in assets:
            steps = assets[item.asset].steps
            last = steps[-1].index if steps else -1
            yield (item.asset, last if item.step is None else item.step), item


def _tell(ring: list[tuple[Point, AssetInput | None]], collector: Collector) -> None:
    links = [link for _, link in ring if link is not None]
    names = [link.asset for link in links]
    chain = " → ".join(f"'{name}'" for name in [names[-1], *names])
    notes = [Note(message=f"which needs '{link.asset}'", span=link.span) for link in links[1:]]
    collector.error(
        "cycle",
        f"assets need each other: {chain}",
        links[0].span,
        help="take one of the links out; a part both need is an asset of its own",
        notes=notes,
    )
