"""Spec room: the texts that are sent. A prompt is rendered, then its template around it; nothing is rendered twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from pixmake.diagnostics import Diagnostic
from pixmake.spec.failing import Failed, locate
from pixmake.spec.fields import read_scalar, split_list
from pixmake.spec.layers import deep_data
from pixmake.spec.nodes import Branch, Leaf, Node, Row, Template
from pixmake.spec.scopes import Renderers, branch, entry, render_node, render_vars
from pixmake.values import dataclass

REFERENCE = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One step's text. `fields` are the rendered fields of the edit, None for the first step."""

    text: str
    verbatim: bool
    leaf: Node
    fields: Branch | None


def render_prompts(
    merged: Branch, set_here: AbstractSet[str], context: dict[str, Any], renderers: Renderers
) -> tuple[tuple[Prompt, ...], bool, Row | None]:
    """The prompts of all steps, whether the first of them is step 0's own, and the rendered edits. Raises Failed."""
    prompts = []
    first = _first(merged, set_here, context, renderers)
    if first is not None:
        prompts.append(first)
    edits = entry(merged, "edits")
    if isinstance(edits, Leaf) and edits.has_template:
        edits = _listed(edits, context, renderers)
    if not isinstance(edits, Row):
        return tuple(prompts), first is not None, None
    made = Row(edits.spot)
    for item in edits.items:
        prompt = _edit(item, context, renderers)
        if prompt is not None:
            prompts.append(prompt)
            made.add(prompt.fields or item)
    return tuple(prompts), first is not None, made


def _listed(edits: Leaf, context: Mapping[str, Any], renderers: Renderers) -> Row:
    """The edits that one rendered text lists."""
    made = Row(edits.spot)
    for part in split_list(renderers.of(edits).text(edits, context, "edits")):
        made.add(edits.rendered(part))
    return made


def _first(merged: Branch, set_here: AbstractSet[str], context: dict[str, Any], renderers: Renderers) -> Prompt | None:
    has_origin = entry(merged, "from") is not None
    if entry(merged, "prompt") is None and has_origin:
        return None
    return _prompt(merged, context, renderers, merged, set_here)


def _edit(item: Node, context: Mapping[str, Any], renderers: Renderers) -> Prompt | None:
    if isinstance(item, Leaf):
        fields = Branch(item.spot)
        fields.add(item, "prompt", item)
        found = _prompt(fields, context, renderers, item, fields.entries.keys())
        if found is None:
            return None
        return Prompt(found.text, False, item, Branch(item.spot))
    assert isinstance(item, Branch)
    own = branch(item, "vars")
    if own is not None:
        shielded = {name: context[name] for name in ("row", "asset", "env") if name in context}
        context = {**deep_data(context, render_vars(own, renderers, context)), **shielded}
    found = _prompt(item, context, renderers, item, item.entries.keys())
    if found is None:
        message = "this edit has no prompt"
        raise Failed(Diagnostic(code="no-prompt", message=message, span=item.span, help="add 'prompt:'"))
    fields = Branch(item.spot)
    for name, node in item.entries.items():
        if name in ("prompt", "template", "verbatim", "vars"):
            continue
        made = render_node(node, renderers, context, name)
        if made is not None:
            fields.add(item.keys[name], name, made)
    return Prompt(found.text, found.verbatim, found.leaf, fields)


def _prompt(
    fields: Branch, context: Mapping[str, Any], renderers: Renderers, place: Node, own: AbstractSet[str]
) -> Prompt | None:
    """The text of one step; `own` names the fields that are written at it and not taken from below."""
    prompt, template = _leaf(fields, "prompt"), _leaf(fields, "template")
    if _verbatim(fields, context, renderers):
        if prompt is None or not str(prompt.value).strip():
            return None
        if template is not None and {"template", "verbatim"} <= own:
            _refuse_template(template)
        _refuse_reference(prompt, context)
        return Prompt(str(prompt.value), True, prompt, None)
    text = None
    if prompt is not None:
        text = (
            renderers.of(prompt).text(prompt, context, "prompt") if prompt.has_template else str(prompt.value).strip()
        )
    if template is not None and text != "":
        inner = {**context, "prompt": text} if text else context
        renderer = renderers.of(template)
        if isinstance(template.value, Template):
            text = renderer.text(template, inner, "template")
        else:
            text = renderer.file(template, str(template.value), inner, "template")
    return Prompt(text, False, prompt or template or place, None) if text else None


def _leaf(fields: Branch, name: str) -> Leaf | None:
    node = entry(fields, name)
    return node if isinstance(node, Leaf) and isinstance(node.value, str) else None


def _verbatim(fields: Branch, context: Mapping[str, Any], renderers: Renderers) -> bool:
    node = entry(fields, "verbatim")
    if not isinstance(node, Leaf):
        return False
    if node.has_template:
        value = read_scalar(renderers.of(node).text(node, context, "verbatim") or "false")
        if not isinstance(value, bool):
            message = f"'verbatim' is true or false, not '{value}'"
            raise Failed(Diagnostic(code="wrong-type", message=message, span=node.span))
        return value
    return node.value is True


def _refuse_template(template: Leaf) -> None:
    raise Failed(
        Diagnostic(
            code="verbatim-template",
            message="'template' has no effect: the prompt is verbatim",
            span=template.span,
            help="leave 'template' or 'verbatim' out",
        )
    )


def _refuse_reference(prompt: Leaf, context: Mapping[str, Any]) -> None:
    found = next((hit for hit in REFERENCE.finditer(str(prompt.value)) if hit[1] in context), None)
    if found is None:
        return
    raise Failed(
        Diagnostic(
            code="verbatim-template",
            message=f"'{found[1]}' is not filled in: the prompt is verbatim",
            span=locate(prompt, str(prompt.value)[: found.start()].count("\n") + 1, found[1]),
            help="leave 'verbatim' out: what a row or variable holds is never rendered again",
        )
    )
