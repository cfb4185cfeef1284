"""Spec room: one entry of `assets` to the assets it stands for. Everything is rendered here, exactly once.

A family's result depends only on its own text, its scope, its rows and the templates it used.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmake.diagnostics import Collector, Diagnostic
from pixmake.spec import names
from pixmake.spec.complaints import complain, nearest
from pixmake.spec.failing import Failed
from pixmake.spec.fields import shown
from pixmake.spec.files import Files
from pixmake.spec.layers import deep_data, is_part, overlay
from pixmake.spec.marks import Unfit
from pixmake.spec.model import AssetFields
from pixmake.spec.nodes import Branch, Leaf, Node, Row, Spot, Template
from pixmake.spec.prompts import Prompt, render_prompts
from pixmake.spec.scopes import (
    Base,
    Renderers,
    Scope,
    base_of,
    branch,
    empty,
    entry,
    render_node,
    render_vars,
    tag_list,
    use_of,
)
from pixmake.spec.shapes import Judged
from pixmake.values import dataclass

if TYPE_CHECKING:
    from pixmake.spec.rows import Record

MOST_ASSETS = 100_000
APART = frozenset(
    (
        "prompt",
        "template",
        "verbatim",
        "edits",
        "outputs",
        "output",
        "matrix",
        "rows",
        "exclude",
        "when",
        "name",
        "tags",
    )
)
"""Fields that are rendered in their own way."""
MULTIPLIERS = frozenset(("matrix", "rows", "exclude"))
RESERVED = ("row", "asset", "env", "prompt")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """One asset with its texts rendered, its inputs and outputs not yet looked up."""

    name: str
    family: str
    fields: AssetFields
    node: Branch
    key: Leaf
    own: AbstractSet[str]
    """Fields that the asset itself sets."""
    prompts: tuple[Prompt, ...]
    has_first: bool
    merged: Branch
    """All layers on each other, nothing rendered yet."""
    context: Mapping[str, Any]
    row: str | None
    scope: Scope

    @property
    def steps(self) -> range:
        """The numbers of its steps: 0 is the prompt, *i* the *i*-th edit, also where no prompt comes before it."""
        first = 0 if self.has_first else 1
        return range(first, first + len(self.prompts))


Rendering = tuple[Mapping[str, Any], Draft | None]
"""A row's columns, and what came of them: None where the row is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What expansion works with, the same for all families of one load."""

    files: Files
    renderers: Renderers
    judged: Judged

    def folder(self, node: Node) -> Path:
        """The folder of the spec file in which a value was written: paths are relative to it."""
        return (self.files.root / node.spot.origin.source.name).parent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """One entry of `assets`: its key, its value, and the scope it stands in."""

    key: Leaf
    name: str
    node: Node
    scope: Scope


def own_fields(node: Node) -> Branch:
    """The fields of an entry; a bare text is its prompt."""
    if isinstance(node, Branch):
        return node
    fields = Branch(node.spot)
    assert isinstance(node, Leaf)
    fields.add(node, "prompt", node)
    return fields


class Expander:
    """Expands one family."""

    def __init__(
        self,
        family: Family,
        workshop: Workshop,
        collector: Collector,
        earlier: Mapping[tuple[str | None, int], Rendering] | None = None,
    ) -> None:
        self.family = family
        self.earlier = earlier or {}
        self.renderings: dict[tuple[str | None, int], Rendering] = {}
        self.inline: Spot | None = None
        """Where rows stand in the spec itself: their labels hold that line."""
        self.scope = family.scope
        self.workshop = workshop
        self.renderers = workshop.renderers
        self.collector = collector
        self.own = own_fields(family.node)
        self.set_here = self.own.entries.keys()
        use = entry(self.own, "use")
        self.use_varies = use is not None and use.has_template
        self.use = use
        self.merged: dict[int, tuple[Base, Branch]] = {}

    def run(self) -> list[Draft]:
        """All assets of the family; what is wrong with some of them goes to the collector."""
        base = base_of(self.scope, [] if self.use_varies else use_of(self.use), self.collector)
        if base is None:
            return []
        merged = overlay(base.fields, self.own)
        if MULTIPLIERS.isdisjoint(merged.entries):  # as for most: one asset
            draft = self.one(None, {}, base, merged, [])
            return [] if draft is None else [draft]
        records = self.records(merged)
        axes = self.axes(merged)
        if records is None or axes is None:
            return []
        count = len(records)
        for values in axes.values():
            count *= len(values)
        if count > MOST_ASSETS:
            remedy = "split the data, or leave some out of 'matrix'"
            self.collector.error(
                "too-many-assets", f"{count} assets are more than {MOST_ASSETS}", self.family.key.span, help=remedy
            )
            return []
        excluded = self.excludes(merged, axes, records)
        drafts = []
        for record in records:
            for number, combination in enumerate(itertools.product(*axes.values())):
                key = (record.label if record else None, number)
                columns = record.columns if record else {}
                before = self.earlier.get(key)
                if before is not None and before[0] == columns:
                    draft = before[1]
                else:
                    draft = self.one(record, dict(zip(axes, combination, strict=True)), base, merged, excluded)
                self.renderings[key] = (columns, draft)
                if draft is not None:
                    drafts.append(draft)
        return drafts

    def records(self, merged: Branch) -> tuple[Record | None, ...] | None:
        node = entry(merged, "rows")
        if node is None:
            return (None,)
        try:
            node = render_node(node, self.renderers, self.outer(), "rows") if isinstance(node, Leaf) else node
        except Failed as failed:
            self.collector.found.append(failed.diagnostic)
            return None
        if node is None:
            return (None,)
        if any(isinstance(item, Branch) for item in (node.items if isinstance(node, Row) else ())):
            self.inline = node.spot
        from pixmake.spec.rows import read_rows

        return read_rows(node, self.workshop.folder(node), self.workshop.files, self.collector)

    def axes(self, merged: Branch) -> dict[str, list[Any]] | None:
        result: dict[str, list[Any]] = {}
        matrix = branch(merged, "matrix") or empty()
        for name, node in matrix.entries.items():
            if name in RESERVED:
                remedy = "give the axis another name"
                self.collector.error("reserved-name", f"'{name}' can't be an axis", matrix.keys[name].span, help=remedy)
                return None
            try:
                result[name] = render_vars(node, self.renderers, self.outer())
            except Failed as failed:
                self.collector.found.append(failed.diagnostic)
                return None
        return result

    def outer(self) -> dict[str, Any]:
        return {**self.scope.vars, "env": self.scope.env}

    def excludes(
        self, merged: Branch, axes: Mapping[str, Any], records: tuple[Record | None, ...]
    ) -> list[dict[str, Any]]:
        node = entry(merged, "exclude")
        if not isinstance(node, Row):
            return []
        known = [*axes, *(records[0].columns if records and records[0] else ())]
        result = []
        for item in node.items:
            if not isinstance(item, Branch):
                continue
            for name in item.entries:
                if name not in known:
                    remedy = nearest(name, known, "axes and columns") or "there is no matrix here"
                    self.collector.error("unknown-axis", f"no axis named '{name}'", item.keys[name].span, help=remedy)
                elif name in axes and "exclude" in self.set_here:
                    self.excluded(name, item.entries[name], axes[name])
            result.append(item.data)
        return result  # type: ignore[return-value]

    def excluded(self, name: str, wanted: Node, values: list[Any]) -> None:
        """A value that an axis has not would leave nothing out, and all of it would be bought."""
        if not any(is_part(wanted.data, value) for value in values):
            remedy = nearest(str(wanted.data), [str(value) for value in values], "values here")
            self.collector.error("bad-value", f"no '{name}' is {shown(wanted.data)}", wanted.span, help=remedy)

    def one(
        self,
        record: Record | None,
        axes: dict[str, Any],
        base: Base,
        merged: Branch,
        excluded: list[dict[str, Any]],
    ) -> Draft | None:
        """One combination. None where it is left out, or wrong."""
        if excluded and any(_matches(wanted, axes, record) for wanted in excluded):
            return None
        label = record.label if record else None
        name = None
        try:
            context = self.context(base, record, axes)
            if self.use_varies:
                base, merged = self.layers_for(context)
                context = self.context(base, record, axes)
            if not self.holds(merged, context):
                return None
            name = self.name(merged, context)
            return self.draft(name, merged, context, label)
        except Failed as failed:
            self.collector.found.append(failed.told(name or self.family.name, label))
        except _Unusable:
            pass
        return None

    def layers_for(self, context: Mapping[str, Any]) -> tuple[Base, Branch]:
        """The layers where `use` depends on the row."""
        assert self.use is not None
        use = render_node(self.use, self.renderers, context, "use")
        base = base_of(self.scope, use_of(use), self.collector)
        if base is None:
            raise _Unusable
        if id(base) not in self.merged:
            self.merged[id(base)] = (base, overlay(base.fields, self.own))
        return self.merged[id(base)]

    def context(self, base: Base, record: Record | None, axes: Mapping[str, Any]) -> dict[str, Any]:
        """What templates see: outer vars, those of defaults and presets, columns, own vars; axes and row above all."""
        fixed: dict[str, Any] = {**axes, "env": self.scope.env}
        columns: Mapping[str, Any] = {}
        if record is not None:
            fixed["row"] = columns = record.columns
        context: dict[str, Any] = {**self.scope.vars}
        for layer in base.vars:
            context = _with_vars(context, layer, fixed, self.renderers)
        context.update(columns)
        own = branch(self.own, "vars")
        if own is not None:
            context = _with_vars(context, own, fixed, self.renderers)
        context.update(fixed)
        return context

    def holds(self, merged: Branch, context: Mapping[str, Any]) -> bool:
        node = entry(merged, "when")
        if not isinstance(node, Leaf) or node.value is None:
            return True
        if not isinstance(node.value, str):
            return bool(node.value)
        if isinstance(node.value, Template):
            remedy = "it is an expression already, like: row.ready == 'yes'"
            raise Failed(Diagnostic(code="bad-when", message="'when' needs no braces", span=node.span, help=remedy))
        return self.renderers.of(node).holds(node, str(node.value), context, "when")

    def name(self, merged: Branch, context: Mapping[str, Any]) -> str:
        """The complete name: the key's where there is no `name`, or it is rendered empty."""
        node, leaf, text = entry(merged, "name"), self.family.key, ""
        if isinstance(node, Leaf) and isinstance(node.value, str):
            text = self.renderers.of(node).text(node, context, "name") if node.has_template else str(node.value)
            leaf = node if text or not node.has_template else leaf
        if leaf is self.family.key:
            text = self.renderers.of(leaf).text(leaf, context, "name") if leaf.has_template else self.family.name
        name = names.normal(self.scope.prefix + text)
        wrong = names.fault(name) if text else names.fault("")
        if wrong is not None:
            raise Failed(Diagnostic(code="bad-name", message=wrong[0], span=leaf.span, help=wrong[1]))
        return name

    def draft(self, name: str, merged: Branch, context: dict[str, Any], label: str | None) -> Draft | None:
        asset: dict[str, Any] = {"name": name}
        context["asset"] = asset
        fields = self.rendered(merged, context, asset)
        prompts, has_first, edits = render_prompts(merged, self.set_here, context, self.renderers)
        if edits is not None:
            fields.put("edits", edits)
        try:
            valid = self.workshop.judged.read(fields)
        except Unfit as error:
            self.collector.found += complain(error, fields, AssetFields, asset=name, row=label)
            return None
        return Draft(
            name=name,
            family=names.normal(self.scope.prefix + self.family.name),
            fields=valid,
            node=fields,
            key=self.family.key,
            own=self.set_here,
            prompts=prompts,
            has_first=has_first,
            merged=merged,
            context=context,
            row=label,
            scope=self.scope,
        )

    def rendered(self, merged: Branch, context: dict[str, Any], asset: dict[str, Any]) -> Branch:
        """The fields without those that are rendered apart; tags first, since all others may use them."""
        fields = Branch(merged.spot, merged.keys)
        tags = entry(merged, "tags")
        if tags is not None:
            tags = render_node(tags, self.renderers, context, "tags")
        if tags is not None:
            fields.put("tags", tags)
        asset["tags"] = tag_list(tags)
        for name, node in merged.entries.items():
            if name in APART:
                continue
            if node.has_template:
                made = render_node(node, self.renderers, context, name)
                if made is None:
                    continue
                node = made
            fields.entries[name] = node
        return fields


class _Unusable(Exception):
    """The reason is told already."""


def _with_vars(
    context: Mapping[str, Any], layer: Branch, fixed: Mapping[str, Any], renderers: Renderers
) -> dict[str, Any]:
    made = render_vars(layer, renderers, {**context, **fixed} if layer.has_template else context)
    return deep_data(context, made)


def _matches(wanted: Mapping[str, Any], axes: Mapping[str, Any], record: Record | None) -> bool:
    columns = record.columns if record else {}
    for name, value in wanted.items():
        if not is_part(value, axes[name] if name in axes else columns.get(name)):
            return False
    return bool(wanted)
