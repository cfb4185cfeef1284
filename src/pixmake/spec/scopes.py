"""Spec room: what surrounds an asset: variables, defaults and presets of its file or group on top of the outer ones,
the profile's over them, and the prefix of its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from operator import is_
from typing import Any

from pixmake.diagnostics import Collector, Source
from pixmake.spec.complaints import nearest
from pixmake.spec.failing import Failed
from pixmake.spec.fields import split_list
from pixmake.spec.layers import WHOLE, Covering, deep_data, overlay
from pixmake.spec.nodes import Branch, Leaf, Node, Origin, Row, Spot, untemplated
from pixmake.spec.rendering import Renderer
from pixmake.values import dataclass

SOURCES = frozenset(("path", "asset", "url", "rect", "ellipse"))
"""What a map in one of the fields WHOLE may take its picture from."""
NOWHERE = Origin(Source("", ""))


class Renderers:
    """The renderer of each spec file, by the file's name: templates are looked up where the text was written."""

    def __init__(self) -> None:
        self.by_file: dict[str, Renderer] = {}

    def of(self, node: Node) -> Renderer:
        return self.by_file[node.spot.origin.source.name]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """One file's or group's surroundings. `defaults` and `presets` hold layers from the outermost in."""

    prefixes: tuple[str, ...]
    """From the longest to the empty one: where `@x` is looked for."""
    vars: Mapping[str, Any]
    own_vars: Mapping[str, Any]
    """Without the profile's."""
    sizes: Mapping[str, str]
    defaults: tuple[Branch, ...]
    presets: Mapping[str, tuple[Branch, ...]]
    profile_defaults: tuple[Branch, ...]
    profile_presets: Mapping[str, Branch]
    env: Mapping[str, str]
    bases: dict[tuple[str, ...], Base | None] = field(default_factory=dict)

    def equals(self, other: Scope) -> bool:
        """Whether assets come out the same: equal variables, and the very same layers."""
        return (
            self.prefixes == other.prefixes
            and self.vars == other.vars
            and self.own_vars == other.own_vars
            and self.sizes == other.sizes
            and self.env == other.env
            and _same_all(self.defaults, other.defaults)
            and _same_all(self.profile_defaults, other.profile_defaults)
            and self.presets.keys() == other.presets.keys()
            and all(_same_all(layers, other.presets[name]) for name, layers in self.presets.items())
            and self.profile_presets.keys() == other.profile_presets.keys()
            and all(layer is other.profile_presets[name] for name, layer in self.profile_presets.items())
        )

    @property
    def prefix(self) -> str:
        return self.prefixes[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Base:
    """Everything below an asset's own fields: the merged layers, and the maps of vars in their order."""

    fields: Branch
    vars: tuple[Branch, ...]


def _same_all(some: Sequence[Branch], others: Sequence[Branch]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


def empty() -> Branch:
    return Branch(Spot(NOWHERE, 1, 1, 0))


def entry(node: Node | None, name: str) -> Node | None:
    """The value of a key, where the node is a map that has it."""
    return node.entries.get(name) if isinstance(node, Branch) else None


def branch(node: Node | None, name: str) -> Branch | None:
    """`entry` where it is a map."""
    found = entry(node, name)
    return found if isinstance(found, Branch) else None


def render_node(node: Node, renderers: Renderers, context: Mapping[str, Any], what: str) -> Node | None:
    """The node with its templates rendered; what becomes empty is not there any more. Raises Failed."""
    if not node.has_template:
        return node
    if isinstance(node, Leaf):
        text = renderers.of(node).text(node, context, what)
        if not text and isinstance(node, Covering):
            return render_node(node.below, renderers, context, what)
        return node.rendered(text) if text else None
    if isinstance(node, Row):
        row = Row(node.spot)
        for item in node.items:
            made = render_node(item, renderers, context, what)
            if made is not None:
                row.add(made)
        return row
    assert isinstance(node, Branch)
    result = Branch(node.spot)
    for name, item in node.entries.items():
        made = render_node(item, renderers, context, what)
        if made is not None:
            result.add(node.keys[name], name, made)
    if what in WHOLE and not SOURCES.isdisjoint(node.entries) and SOURCES.isdisjoint(result.entries):
        return None  # a picture whose only source is rendered empty is not set
    return result


def render_vars(node: Node, renderers: Renderers, context: Mapping[str, Any]) -> Any:
    """A vars map as data: templates rendered with what is outside of it, empty ones kept. Raises Failed."""
    if not node.has_template:
        return untemplated(node.data)
    if isinstance(node, Leaf):
        return renderers.of(node).text(node, context, "vars")
    if isinstance(node, Row):
        return [render_vars(item, renderers, context) for item in node.items]
    assert isinstance(node, Branch)
    return {name: render_vars(item, renderers, context) for name, item in node.entries.items()}


def scope_vars(
    node: Branch | None, outer: Mapping[str, Any], env: Mapping[str, str], renderers: Renderers, collector: Collector
) -> dict[str, Any]:
    """The variables of a level: its own over `outer`, which they may use."""
    result = dict(outer)
    for name, item in (node.entries if node is not None else {}).items():
        try:
            value = render_vars(item, renderers, {**outer, "env": env})
        except Failed as failed:
            collector.found.append(failed.diagnostic)
            result.pop(name, None)  # the outer one is not what is meant
            continue
        old = result.get(name)
        result[name] = deep_data(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def inner_scope(
    outer: Scope, node: Branch, prefix: str, profile_vars: Branch | None, renderers: Renderers, collector: Collector
) -> Scope:
    """The scope of a file or group inside `outer`. `prefix` goes after the outer one."""
    own = scope_vars(branch(node, "vars"), outer.own_vars, outer.env, renderers, collector)
    defaults = branch(node, "defaults")
    presets = dict(outer.presets)
    for name, item in (branch(node, "presets") or empty()).entries.items():
        if isinstance(item, Branch):
            presets[name] = (*presets.get(name, ()), item)
    sizes = {**outer.sizes, **{name: str(text) for name, text in _items(branch(node, "sizes"))}}
    full = outer.prefix + prefix
    return Scope(
        prefixes=(full, *outer.prefixes) if prefix else outer.prefixes,
        vars=scope_vars(profile_vars, own, outer.env, renderers, collector),
        own_vars=own,
        sizes=sizes,
        defaults=(*outer.defaults, defaults) if defaults is not None else outer.defaults,
        presets=presets,
        profile_defaults=outer.profile_defaults,
        profile_presets=outer.profile_presets,
        env=outer.env,
    )


def _items(node: Branch | None) -> Iterable[tuple[str, Any]]:
    return [] if node is None else [(name, item.data) for name, item in node.entries.items()]


class Stack:
    """Puts the layers below an asset on each other: defaults, then presets with those that they use."""

    def __init__(self, scope: Scope, collector: Collector) -> None:
        self.scope = scope
        self.collector = collector
        self.layers: list[Branch] = []
        self.known = set(scope.presets) | set(scope.profile_presets)
        self.failed = False

    def base(self, use: list[Leaf]) -> Base | None:
        """The layers for the presets that an asset names. None where one is not known."""
        layers = [*self.scope.defaults, *self.scope.profile_defaults]
        self.layers += layers
        if not use:
            use = next((names for layer in reversed(layers) if (names := use_of(entry(layer, "use")))), [])
        for leaf in use:
            self._preset(leaf, ())
        if self.failed:
            return None
        fields = empty()
        for layer in self.layers:
            fields = overlay(fields, layer)
        maps = tuple(found for layer in self.layers if (found := branch(layer, "vars")) is not None)
        return Base(fields=fields, vars=maps)

    def _preset(self, leaf: Leaf, above: tuple[str, ...]) -> None:
        name = str(leaf.value)
        if name not in self.known:
            self.failed = True
            remedy = nearest(name, sorted(self.known), "presets") or "there are no presets: declare them in 'presets:'"
            self.collector.error("unknown-preset", f"no preset named '{name}'", leaf.span, help=remedy)
            return
        if name in above:
            self.failed = True
            chain = " → ".join((*above, name))
            self.collector.error("preset-cycle", f"presets use each other: {chain}", leaf.span, help="break the ring")
            return
        layers = [*self.scope.presets.get(name, ())]
        if name in self.scope.profile_presets:
            layers.append(self.scope.profile_presets[name])
        for layer in layers:
            for inner in use_of(entry(layer, "use")):
                self._preset(inner, (*above, name))
        self.layers += layers


def use_of(node: Node | None) -> list[Leaf]:
    """The names in a `use` field, as leaves."""
    if isinstance(node, Row):
        return [item for item in node.items if isinstance(item, Leaf) and item.value is not None]
    if not isinstance(node, Leaf) or node.value is None:
        return []
    return [node.rendered(part) for part in split_list(str(node.value))]


def tag_list(node: Node | None) -> list[str]:
    """The tags in a rendered `tags` field."""
    if isinstance(node, Row):
        return [str(item.data) for item in node.items]
    return split_list(str(node.data)) if node is not None else []


def base_of(scope: Scope, use: list[Leaf], collector: Collector) -> Base | None:
    """`Stack.base`, remembered in the scope by the names of the presets."""
    key = tuple(str(leaf.value) for leaf in use)
    if key not in scope.bases:
        base = Stack(scope, collector).base(use)
        if base is None:
            return None
        scope.bases[key] = base
    return scope.bases[key]
