"""Spec room: all drafts together become Assets. Here names and paths meet: each may be taken once."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from pixmake.diagnostics import Collector, Note
from pixmake.spec.asset import Asset, AssetInput, Output, ProviderSettings
from pixmake.spec.cache import Made, SpecCache
from pixmake.spec.cycles import check_cycles
from pixmake.spec.expand import Draft, Workshop
from pixmake.spec.inputs import Lookup
from pixmake.spec.names import canonical
from pixmake.spec.nodes import Node
from pixmake.spec.outputs import Outlet, Places, key_of
from pixmake.spec.steps import Builder, not_yet
from pixmake.values import dataclass

MOST_SHOWN = 20
"""Colliding names or paths that one error lists."""


@dataclass(slots=True)
class Start:
    """A draft with its outputs; `before` is the asset of the load before, where the draft is the same."""

    draft: Draft
    outputs: tuple[Output, ...]
    output_keys: tuple[str, ...]
    name_key: str
    before: Made | None
    is_kept: bool = True
    """False where paths of outputs were made by template files: then they are made anew each time."""


@dataclass(slots=True, kw_only=True)
class Makers:
    """Makes the assets of one load."""

    cache: SpecCache
    workshop: Workshop
    places: Places
    providers: Mapping[str, ProviderSettings]
    collector: Collector

    def assets(
        self, drafts: list[Draft], *, own_files: Mapping[str, str], absent: AbstractSet[str], was_sound: bool
    ) -> list[Asset]:
        """The assets in order; those of unchanged drafts with unchanged inputs are the same objects as before."""
        starts = self.starts(drafts)
        known = unique(starts, self.collector)
        written = self.written(starts, own_files)
        lookup = Lookup(self.workshop, known, written, absent, self.collector)
        made: dict[int, Made] = {}
        assets, fresh = [], []
        for start in starts:
            result = start.before
            if result is None or not lookup.holds(result.links):
                result = self.make(start, lookup)
                fresh.append(result.asset)
            elif result.warnings:
                self.collector.found += result.warnings
            if start.is_kept:
                made[id(start.draft)] = result
            assets.append(result.asset)
        if not self.collector.errors:
            linked = [asset for asset in (fresh if was_sound else assets) if is_linked(asset)]
            check_cycles({asset.name: asset for asset in assets}, linked, self.collector)
        if not self.collector.errors:
            self.cache.made = made
        return assets

    def starts(self, drafts: list[Draft]) -> list[Start]:
        surroundings = (self.places.prefix, {name: value.type for name, value in self.providers.items()})
        if self.cache.surroundings != surroundings:
            self.cache.surroundings, self.cache.made = surroundings, {}
        found, kept = [], self.cache.made
        for draft in drafts:
            before = kept.get(id(draft))
            if before is not None:
                start = Start(draft, before.outputs, before.output_keys, before.name_key, before)
            else:
                outputs, is_kept = self.outputs(draft)
                keys = tuple([key_of(output) for output in outputs])
                start = Start(draft, outputs, keys, canonical(draft.name), None, is_kept)
            found.append(start)
        return found

    def outputs(self, draft: Draft) -> tuple[tuple[Output, ...], bool]:
        """The outputs of an asset, and whether no template file was needed for them."""
        renderers = list(self.cache.renderers.values())
        for renderer in renderers:
            renderer.used.clear()
        outputs = Outlet(draft, self.places, self.workshop.renderers, self.collector).outputs()
        return outputs, not any(renderer.used for renderer in renderers)

    def make(self, start: Start, lookup: Lookup) -> Made:
        lookup.links = []
        own = Collector()
        lookup.collector = own
        asset = Builder(start.draft, lookup, self.providers, own).asset(start.outputs)
        for node, name in not_yet(start.draft.fields, start.draft.node):
            later(own, node, name)
        self.collector.found += own.found
        return Made(
            draft=start.draft,
            asset=asset,
            outputs=start.outputs,
            output_keys=start.output_keys,
            name_key=start.name_key,
            links=tuple(lookup.links),
            warnings=own.warnings,
        )

    def written(self, starts: list[Start], own_files: Mapping[str, str]) -> dict[str, str]:
        """Compared path to the asset that writes it. Two of one path are an error, and so are the project's own files."""
        found: dict[str, str] = {}
        twice: dict[str, list[tuple[Draft, Output]]] = {}
        for start in starts:
            for key, output in zip(start.output_keys, start.outputs, strict=True):
                if key in found:
                    twice.setdefault(key, []).append((start.draft, output))
                else:
                    found[key] = start.draft.name
                if key in own_files:
                    self.over_source(start.draft, output, own_files[key])
        if twice:
            self.collide_outputs(starts, twice)
        return found

    def over_source(self, draft: Draft, output: Output, what: str) -> None:
        self.collector.error(
            "output-over-source",
            f"'{output.path}' {what}",
            output.span,
            help="write the picture to another path",
            asset=draft.name,
            row=draft.row,
        )

    def collide_outputs(self, starts: list[Start], twice: Mapping[str, list[tuple[Draft, Output]]]) -> None:
        groups: dict[str, list[tuple[Draft, Output]]] = {}
        total = 0
        for start in starts:
            for key, output in zip(start.output_keys, start.outputs, strict=True):
                total += 1
                if key in twice:
                    groups.setdefault(key, []).append((start.draft, output))
        taken = [pairs for pairs in groups.values() if _is_news(pairs)]
        if taken:
            entries = [(_spellings(pairs), [draft for draft, _ in pairs]) for pairs in taken]
            collide(self.collector, "output", entries, total)


def unique(starts: list[Start], collector: Collector) -> dict[str, Draft]:
    """All drafts by name. Names that collide are one error."""
    known: dict[str, Draft] = {}
    by_key: dict[str, Draft] = {}
    twice: dict[str, list[Draft]] = {}
    for start in starts:
        draft, key = start.draft, start.name_key
        known.setdefault(draft.name, draft)
        first = by_key.setdefault(key, draft)
        if first is not draft:
            twice.setdefault(key, [first]).append(draft)
    if twice:
        entries = [("' or '".join(dict.fromkeys(draft.name for draft in found)), found) for found in twice.values()]
        collide(collector, "asset", entries, len(starts))
    return known


def collide(collector: Collector, noun: str, entries: list[tuple[str, list[Draft]]], count: int) -> None:
    """One error for all names or paths that are taken more than once, with the places of each."""
    extra = sum(len(drafts) - 1 for _, drafts in entries)
    name, drafts = entries[0]
    if len(entries) == 1 and noun == "asset":
        message = f"{len(drafts)} assets are named '{name}'"
    elif len(entries) == 1:
        message = f"{len(drafts)} outputs have the path '{name}'"
    else:
        message = f"{count} {noun}s have only {count - extra} distinct {'names' if noun == 'asset' else 'paths'}"
    notes = []
    for shared, group in entries[:MOST_SHOWN]:
        labels = ", ".join(dict.fromkeys(_where(draft) for draft in group))
        notes.append(Note(message=f"'{shared}': {labels}"))
    if len(entries) > MOST_SHOWN:
        notes.append(Note(message=f"and {len(entries) - MOST_SHOWN} more"))
    keys: dict[int, Node] = {id(draft.key): draft.key for draft in drafts}
    last = drafts[-1]
    notes += [Note(message="the other is here", span=key.span) for key in keys.values() if key is not last.key][:1]
    collector.error(
        "duplicate-name" if noun == "asset" else "duplicate-output",
        message,
        last.key.span,
        help=f"put something into the {'name' if noun == 'asset' else 'path'} that tells them apart, "
        "like a column with an id",
        notes=notes,
        asset=last.name,
    )


def _where(draft: Draft) -> str:
    return draft.row or f"{draft.key.span.source.name}:{draft.key.span.line}"


def _spellings(pairs: list[tuple[Draft, Output]]) -> str:
    """The path; where upper and lower case are the only difference, both."""
    return "' or '".join(dict.fromkeys(output.path for _, output in pairs))


def _is_news(pairs: list[tuple[Draft, Output]]) -> bool:
    """False where the names collide: that is told already."""
    drafts = {id(draft): draft for draft, _ in pairs}
    return len(drafts) == 1 or len({canonical(draft.name) for draft in drafts.values()}) > 1


def later(collector: Collector, node: Node, name: str) -> None:
    """Tells that a part of the language is read but not done yet."""
    collector.error("not-yet", f"this version can't do '{name}' yet", node.span, help=f"take '{name}' out for now")


def is_linked(asset: Asset) -> bool:
    """Whether the asset works on pictures of others."""
    inputs = [asset.origin]
    for step in asset.steps:
        inputs += [*step.references, step.markup]
        if step.mask is not None and isinstance(step.mask.source, AssetInput):
            return True
    return any(isinstance(item, AssetInput) for item in inputs)
