"""Spec room: a draft with its inputs found becomes an Asset: the chain of paid steps, each complete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from pixmake.diagnostics import Collector
from pixmake.spec.asset import Asset, Input, Mask, Output, Step
from pixmake.spec.complaints import nearest
from pixmake.spec.expand import Draft
from pixmake.spec.fields import NAME, texts
from pixmake.spec.inputs import Lookup, steps_there
from pixmake.spec.layers import deep_data
from pixmake.spec.model import AssetFields, EditFields, Feather, StepFields
from pixmake.spec.nodes import Branch, Node, Places, Row
from pixmake.spec.outputs import SIZE

QUALITY = "medium"
FEATHER = 8
"""Language defaults of version 1, for ever."""
COMPASS = (
    "center", "auto", "north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"
)  # fmt: skip
SURROGATE = r"[\ud800-\udfff]"
INHERITED = (
    "provider",
    "model",
    "quality",
    "background",
    "complexity",
    "input_fidelity",
    "moderation",
    "api",
    "responses_model",
)
_inherited = attrgetter(*INHERITED)
FIRST_ONLY = ("references", "mask", "markup", "variants", "pick")


class Builder:
    """Makes the Asset of one draft. What is wrong goes to the collector; the result is used only without errors."""

    def __init__(self, draft: Draft, lookup: Lookup, providers: Mapping[str, object], collector: Collector) -> None:
        self.draft = draft
        self.fields = draft.fields
        self.nodes = draft.node.entries
        self.lookup = lookup
        self.providers = providers
        self.collector = collector

    def error(self, code: str, message: str, node: Node, help: str | None = None) -> None:
        self.collector.error(code, message, node.span, help=help, asset=self.draft.name, row=self.draft.row)

    def asset(self, outputs: tuple[Output, ...]) -> Asset:
        """The asset, complete."""
        draft, fields = self.draft, self.fields
        origin = self.origin()
        if not draft.has_first and fields.from_ is None:  # edits alone have nothing to work on
            remedy = f"add 'prompt:', or 'from:' for a{' picture to edit' if draft.prompts else ' copy'}"
            self.error("no-prompt", f"'{draft.name}' has no prompt", draft.key, remedy)
        size = self.size()
        steps = self.steps(size, origin)
        self.check_texts(steps)
        self.check_transparency(steps, outputs)
        self.check_outputs(outputs)
        return Asset(
            name=draft.name,
            family=draft.family,
            steps=steps,
            origin=origin,
            size=size,
            fit=fields.fit or "cover",
            gravity=self.gravity(),
            outputs=outputs,
            frozen=bool(fields.frozen),
            tags=tuple(dict.fromkeys(texts(fields.tags))),
            alt=fields.alt,
            title=fields.title,
            meta=fields.meta or {},
            row=draft.row,
            span=draft.key.span,
            spans=Places(self.nodes),
        )

    def check_texts(self, steps: tuple[Step, ...]) -> None:
        for step, prompt in zip(steps, self.draft.prompts, strict=True):
            if not step.prompt.isascii() and re.search(SURROGATE, step.prompt):
                remedy = "it is half of a character, often from a broken \\u escape"
                self.error("bad-character", "the prompt holds a lone surrogate", prompt.leaf, remedy)

    def check_transparency(self, steps: tuple[Step, ...], outputs: tuple[Output, ...]) -> None:
        """JPEG has no transparency: an error where all files are, a warning where some are."""
        if not steps or steps[-1].background != "transparent":
            return
        opaque = [output for output in outputs if output.format == "jpeg"]
        if not opaque:
            return
        path = opaque[0].path
        message = f"'{path}' can't be transparent: JPEG has no transparency"
        if len(opaque) == len(outputs):
            remedy = "write a .png or .webp, or leave 'background: transparent' out"
            self.collector.error(
                "transparent-jpeg", message, opaque[0].span, help=remedy, asset=self.draft.name, row=self.draft.row
            )
        else:
            remedy = "it gets a plain background; the other files stay transparent"
            self.collector.warn("transparent-jpeg", message, opaque[0].span, help=remedy, asset=self.draft.name)

    def check_outputs(self, outputs: tuple[Output, ...]) -> None:
        """An output's `step` is one of the chain's."""
        for output in outputs:
            if output.step is not None and output.step not in self.draft.steps:
                self.collector.error(
                    "no-such-step",
                    f"'{self.draft.name}' has no step {output.step}",
                    output.span,
                    help=steps_there(self.draft),
                    asset=self.draft.name,
                    row=self.draft.row,
                )

    def origin(self) -> Input | None:
        value = self.fields.from_
        return None if value is None else self.lookup.picture(value, self.nodes["from"], self.draft)

    def size(self) -> str:
        """The final size as written; names of `sizes` replaced."""
        size = self.fields.size
        if size is None or not NAME.match(size):
            return size or SIZE
        node = self.nodes["size"]
        if size == "auto" and not self.draft.prompts:
            return size  # nothing is bought: it stays as large as it is
        if size == "auto":
            self.collector.warn(
                "auto-size",
                "with 'auto' neither the size nor the price is known before",
                node.span,
                help="write a size, like 1024x1024",
                asset=self.draft.name,
            )
            return size
        found = self.draft.scope.sizes.get(size)
        if found is None:
            remedy = nearest(size, [*sorted(self.draft.scope.sizes), "auto"], "sizes here")
            self.error("unknown-size", f"no size named '{size}'", node, remedy)
        return found or SIZE

    def gravity(self) -> str | tuple[str, str]:
        value = self.fields.gravity
        if value is None:
            return "center"
        node = self.nodes["gravity"]
        if isinstance(value, str):
            if value not in COMPASS:
                self.error("bad-value", f"'gravity' can't be '{value}'", node, nearest(value, COMPASS, "it is one of"))
            return str(value)
        if len(value) != 2 or not all(0 <= number <= 1 for number in value):
            self.error("bad-value", "'gravity' is [x, y] in fractions", node, "write something like [0.5, 0.25]")
            return "center"
        return format(value[0], "f"), format(value[1], "f")

    def steps(self, size: str, origin: Input | None) -> tuple[Step, ...]:
        """Step 0 where there is a prompt, then the edits; each inherits from the asset."""
        draft = self.draft
        edits = self.fields.edits or []
        row = self.nodes.get("edits")
        nodes = row.items if isinstance(row, Row) else []
        levels: list[tuple[StepFields, Branch | None]] = []
        if draft.has_first:
            levels.append((self.fields, None))
        else:
            self.unused(bool(draft.prompts))
        for edit, node in zip(edits, nodes, strict=False):
            levels.append(
                (edit if isinstance(edit, EditFields) else EditFields(), node if isinstance(node, Branch) else None)
            )
        roles = [origin.role if origin is not None else None, *(None for _ in levels)]
        made = zip(draft.steps, levels, roles, strict=False)
        return tuple([self.step(index, level, node, size, role) for index, (level, node), role in made])

    def unused(self, has_edits: bool) -> None:
        """Tells which own fields no step takes: without step 0 they would be dropped in silence."""
        for name in FIRST_ONLY:
            taken = has_edits and name in ("variants", "pick")
            if name in self.draft.own and name in self.nodes and not taken:
                remedy = "move it into an entry of 'edits', or add a 'prompt'"
                self.error("unused-field", f"'{name}' belongs to a prompt, and there is none", self.nodes[name], remedy)

    def step(self, index: int, level: StepFields, node: Branch | None, size: str, role: str | None) -> Step:
        first = self.draft.steps[0]
        prompt = self.draft.prompts[index - first]
        own = self.nodes if node is None else node.entries
        nodes: Mapping[str, Node] = self.nodes
        if node is not None or nodes.get("prompt") is not prompt.leaf:
            nodes = {**nodes, **own, "prompt": prompt.leaf}
        if level is not self.fields and not self.draft.has_first and index == first:
            level = self.with_candidates(level)
        values: dict[str, Any] = dict(zip(INHERITED, _inherited(level), strict=True))
        if level is not self.fields:
            for name, value in zip(INHERITED, _inherited(self.fields), strict=True):
                values[name] = value if values[name] is None else values[name]
        values["provider"] = self.provider(values["provider"], nodes)
        if values["quality"] is None:
            values["quality"] = QUALITY
        if values["api"] is None:
            values["api"] = "images"
        mask, markup = self.marks(index, level, own, nodes)
        return Step(
            index=index,
            prompt=prompt.text,
            verbatim=prompt.verbatim,
            kind=self.fields.kind or "raster",
            size=size,
            request_size=self.fields.request_size,
            options=self.options(level),
            parent_role=role,
            references=self.lookup.references(own.get("references"), level.references, self.draft),
            mask=mask,
            markup=markup,
            fence=self.fence(level),
            variants=level.variants or 1,
            pick=level.pick,
            salt=self.fields.salt,
            span=prompt.leaf.span,
            spans=Places(nodes),
            **values,
        )

    def with_candidates(self, level: StepFields) -> StepFields:
        """`variants` and `pick` of the asset stand at its first paid step."""
        fill = {name: getattr(self.fields, name) for name in ("variants", "pick") if getattr(level, name) is None}
        return level.but(**fill)

    def provider(self, name: str | None, nodes: Mapping[str, Node]) -> str:
        name = name or "openai"
        if name not in self.providers:
            remedy = nearest(name, sorted(self.providers), "providers")
            self.error("unknown-provider", f"no provider named '{name}'", nodes["provider"], remedy)
        return name

    def options(self, level: StepFields) -> Mapping[str, Any]:
        if level is self.fields or level.options is None:
            return self.fields.options or {}
        return deep_data(self.fields.options or {}, level.options)

    def fence(self, level: StepFields) -> int | None:
        value = level.fence if level.fence is not None else self.fields.fence
        if value is None or value is True:
            return FEATHER
        return value.feather if isinstance(value, Feather) else None

    def marks(
        self, index: int, level: StepFields, own: Mapping[str, Node], nodes: Mapping[str, Node]
    ) -> tuple[Mask | None, Input | None]:
        """Mask and markup of a step; both need a parent picture."""
        if index == 0 and self.fields.from_ is None:
            for name in ("mask", "markup"):
                if getattr(level, name) is not None:
                    remedy = "add 'from:', or move it into an entry of 'edits'"
                    self.error(
                        "no-parent", f"'{name}' needs a picture to change, and there is none", nodes[name], remedy
                    )
            return None, None
        mask = None if level.mask is None else self.lookup.mask(level.mask, own["mask"], self.draft)
        markup = None if level.markup is None else self.lookup.picture(level.markup, own["markup"], self.draft)
        if markup is not None and markup.role is not None:
            remedy = "leave it out, and say in the prompt what the marks mean"
            self.error("bad-input", "'role' belongs to 'from' and 'references'", own["markup"], remedy)
        return mask, markup


def not_yet(fields: AssetFields, node: Branch) -> list[tuple[Node, str]]:
    """The fields of an asset that this version reads but can't do."""
    found: list[tuple[Node, str]] = []
    if fields.process:
        found.append((node.keys["process"], "process"))
    if fields.expect is not None and any(value is not None for value in vars(fields.expect).values()):
        found.append((node.keys["expect"], "expect"))
    return found
