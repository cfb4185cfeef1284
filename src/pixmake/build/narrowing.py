"""Build room: a project in which all stands as a build left it but some entries of its spec, seen through those alone.

What is not looked at must not matter: each condition here is one way in which an asset can meddle with another. In any
doubt the whole spec is read, which comes to the same and takes longer.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pixmake.build.report import BuildReport
from pixmake.digest import read_file
from pixmake.plan.entries import State
from pixmake.plan.graph import step_inputs
from pixmake.plan.planner import Plan
from pixmake.plan.retirement import mixed, uses_of
from pixmake.spec.asset import Asset, AssetInput, Input, Spec
from pixmake.spec.cutting import names
from pixmake.spec.expand import MOST_ASSETS
from pixmake.spec.files import MOST_BYTES
from pixmake.spec.names import canonical
from pixmake.spec.narrowing import Narrowed, Place, narrowed, place_of
from pixmake.spec.outputs import key_of
from pixmake.store.lockfile import Lock, part
from pixmake.store.memo import Stat
from pixmake.store.settled import Row, Settled, is_plain, load, rows_of, used_of
from pixmake.store.shelf import STATE
from pixmake.store.snapshot import is_young
from pixmake.values import dataclass

SETTLED_RECORD = "settled"
"""The record's name in `.pixmake/`."""
DONE = frozenset({"fresh", "draft"})
"""States of entries that are counted and need no second look."""
CALM = frozenset({"pay", "draft", "fresh", "stale"})
"""States of changed entries that concern nobody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The changed entries of a spec, and what is known of the others.

    `old` are the compared names of the assets that stood where the changed entries are. `snapshot` says what all stands
    like; `began` is the moment before anything was read, in ns.
    """

    root: Path
    narrowed: Narrowed
    settled: Settled
    snapshot: bytes
    old: frozenset[str]
    began: int

    @property
    def text(self) -> str:
        """The spec with the changed entries alone."""
        return self.narrowed.text


def find_part(root: Path, spec: tuple[int, ...], version: str) -> Part | None:
    """What changed of the spec, whose stat was `spec` when the snapshot was taken; None where all has to be read."""
    began = time.time_ns()
    settled = load(root / STATE / SETTLED_RECORD, version)
    if settled is None or settled.spec != spec:
        return None
    try:
        snapshot = read_file(root / STATE / "snapshot")
        text = read_file(root / "assets.yaml")
    except OSError:
        return None
    found = narrowed(settled.text, text, _place(settled)) if len(text) <= MOST_BYTES else None
    before = names(found.before) if found is not None else None
    if found is None or before is None or not is_young(snapshot):
        return None
    old = frozenset(map(canonical, before))
    if any(settled.row(name) is None for name in old):
        return None  # an entry that made assets of other names
    return Part(root=root, narrowed=found, settled=settled, snapshot=snapshot, old=old, began=began)


def _place(settled: Settled) -> Place:
    start, stop, indent = settled.place
    return Place(start=start, stop=stop, indent=indent)


# --- whether the others need not be looked at ------------------------------------------------------------------------


def stands_alone(spec: Spec, part: Part) -> bool:
    """Whether no other asset has to do with those of the changed entries, by the spec."""
    known, found = part.settled, {canonical(asset.name): asset for asset in spec.assets}
    if part.narrowed.is_same:
        return not spec.warnings
    return (
        not spec.warnings
        and part.old <= found.keys()
        and len(found) == len(spec.assets)
        and known.count + len(found) - len(part.old) <= MOST_ASSETS
        and all(key in part.old or known.row(key) is None for key in found)
        and not any(known.is_used(key) for key in found)
        and all(_is_alone(asset, key, known) for key, asset in found.items())
        and not any(known.is_used(canonical(name)) for asset in spec.assets for name in _paths(asset))
        and not any(known.is_written(canonical(name)) for name in _sources(spec))
        and models_of(spec.assets) <= known.models
    )


def _is_alone(asset: Asset, key: str, known: Settled) -> bool:
    return (
        asset.family == asset.name
        and not any(inputs_of(asset))
        and not any(known.is_taken(key_of(output), key) for output in asset.outputs)
    )


def is_calm(plan: Plan) -> bool:
    """Whether what this plan does is nobody else's business: what is bought is new to the store, and nothing is odd."""
    world = plan.world
    return (
        not (plan.problems or plan.damage or plan.warnings or plan.orphans or world.renames)
        and all(entry.state in CALM for entry in plan.entries)
        and not any(entry.key and world.pool(entry.key).results for entry in plan.entries if entry.state == "pay")
    )


def inputs_of(asset: Asset) -> Iterator[Input]:
    """All pictures that an asset is made from."""
    if asset.origin is not None:
        yield asset.origin
    for step in asset.steps:
        yield from step_inputs(step)


def models_of(assets: Iterable[Asset]) -> frozenset[str]:
    """Providers and models of all steps."""
    return frozenset(f"{step.provider} {step.model}" for asset in assets for step in asset.steps)


def _paths(asset: Asset) -> list[str]:
    return [output.path for output in asset.outputs]


def lock_part(path: Path, assets: Iterable[Asset]) -> Lock | None:
    """The lines about these assets and their outputs; None for a file that has to be read as a whole. Raises OSError."""
    try:
        data = read_file(path)
    except FileNotFoundError:
        return Lock()
    return part(data, {text for asset in assets for text in (asset.name, *_paths(asset))})


# --- what is kept for the next time ----------------------------------------------------------------------------------


def settled_of(report: BuildReport, spec: Stat, text: str) -> Settled | None:
    """What to keep of a whole build that left nothing to do; None where assets have to do with each other in ways that one
    of them does not show. `text` is the spec's, and `spec` its stat."""
    plan = report.plan
    if plan.orphans or any(item.state not in DONE for item in report.entries):
        return None  # an entry that comes may be an orphan under another name
    place, body, rows = place_of(text), text.encode(), rows_after(report)
    used = {canonical(name) for name in _used(plan.spec)}
    uses = uses_of(plan.world, ((asset, step) for asset in plan.spec.assets for step in asset.steps))
    if place is None or len(body) != spec.size or any(mixed(uses)) or not _is_plain(rows, used):
        return None
    return Settled(
        spec=spec,
        place=(place.start, place.stop, place.indent),
        models=models_of(plan.spec.assets),
        count=len(rows),
        fresh=sum(row.fresh for row in rows.values()),
        drafts=sum(row.drafts for row in rows.values()),
        text=body,
        rows=rows_of(rows),
        used=used_of(used),
    )


def settled_after(part: Part, report: BuildReport, spec: Stat) -> Settled | None:
    """The same after a build of a part."""
    rows = rows_after(report)
    used = {canonical(name) for name in _used(report.plan.spec)}
    if not _is_plain(rows, used):
        return None
    known, place = part.settled, part.narrowed.place
    data, count, fresh, drafts = known.with_rows(rows)
    return replace(
        known,
        spec=spec,
        place=(place.start, place.stop, place.indent),
        count=count,
        fresh=fresh,
        drafts=drafts,
        text=part.narrowed.whole,
        rows=data,
        used=known.used + used_of(name for name in used if not known.is_used(name)),
    )


def rows_after(report: BuildReport) -> dict[str, Row]:
    """A row for each asset that was built, by compared name."""
    states: dict[str, Counter[State]] = {}
    for entry in report.entries:
        states.setdefault(entry.entry.asset, Counter())[entry.state] += 1
    return {
        canonical(asset.name): Row(
            fresh=states[asset.name]["fresh"],
            drafts=states[asset.name]["draft"],
            outputs=tuple(map(key_of, asset.outputs)),
        )
        for asset in report.plan.selected
    }


def _is_plain(rows: Mapping[str, Row], used: Iterable[str]) -> bool:
    return is_plain([*used, *rows, *(path for row in rows.values() for path in row.outputs)])


def _used(spec: Spec) -> Iterator[str]:
    """Names of assets and files that the spec or its assets read, and labels of entries that are no asset's name."""
    for asset in spec.assets:
        if asset.family != asset.name:
            yield asset.family
        for item in inputs_of(asset):
            yield item.asset if isinstance(item, AssetInput) else item.name
    yield from _sources(spec)


def _sources(spec: Spec) -> Iterator[str]:
    """Names of the files that the spec reads as text: itself, templates, rows, whatever they include."""
    for path in spec.footprint.files:
        yield os.path.relpath(path, spec.root).replace(os.sep, "/")
