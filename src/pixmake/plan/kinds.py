"""Plan room: drawings and animations: the sizes they have, and what they can't be asked with (fact sheet, section 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pixmake.diagnostics import Collector
from pixmake.plan.fault import Fault
from pixmake.providers.base import Limits, Request, SizeRule
from pixmake.spec.asset import Asset

FRAMES = 9
"""Of a GIF, where `frame_count` is not set."""
FRAME_FIELDS = {"frame_count": (2, 16), "frame_duration_ms": (1, 655_350)}
"""The options of a GIF, each with its least and its greatest value."""
OF_KIND = {"frame_count": "gif", "frame_duration_ms": "gif", "svg": "svg"}
SVG_FIELDS = ("model", "reasoning")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def sizes_of(limits: Limits, kind: str, options: Mapping[str, object]) -> SizeRule:
    """The sizes a model makes of a kind: a GIF's frames share one sheet, so more of them are smaller."""
    if kind != "gif" or not limits.animations:
        return limits.sizes
    frames = _whole(options.get("frame_count")) or FRAMES
    return next((rule for most, rule in limits.animations if frames <= most), limits.animations[-1][1])


def asked_sizes(limits: Limits, request: Request) -> SizeRule:
    """What is refused of the sizes that are asked for. How small a frame may be is not known, so it is not said."""
    rule = sizes_of(limits, request.kind, request.options)
    return rule if rule is limits.sizes else replace(rule, least_area=1)


def kind_faults(request: Request) -> Iterator[Fault]:
    """What can't go together in a request for a drawing or an animation."""
    for name, kind in OF_KIND.items():
        if name in request.options and request.kind != kind:
            yield _fault("options", f"'{name}' is only for 'kind: {kind}'", f"add 'kind: {kind}', or take it out")
    if request.kind == "gif":
        yield from _animation(request)
    if request.kind == "svg" and "svg" in request.options:
        yield from _author(request.options["svg"])


def _animation(request: Request) -> Iterator[Fault]:
    for name, (least, most) in FRAME_FIELDS.items():
        number = _whole(request.options.get(name))
        if name in request.options and (number is None or not least <= number <= most):
            shown = request.options[name]
            yield _fault("options", f"'{name}' can't be '{shown}'", f"write a whole number from {least} to {most}")
    if any(item.kind == "mask" for item in request.inputs):
        yield _fault("mask", "a GIF can't be made with a mask", "take 'mask' out, or 'kind: gif'")


def _whole(value: object) -> int | None:
    """A whole number as YAML has it (numbers of a spec are exact decimals where they are not plain)."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
        return None
    return int(value)


def _author(value: object) -> Iterator[Fault]:
    """`svg: {model, reasoning: {effort}}`: who writes the drawing."""
    if not isinstance(value, Mapping):
        yield _fault("options", f"'svg' can't be '{value}'", "write svg: {model: …, reasoning: {effort: low}}")
        return
    unknown = [str(name) for name in value if name not in SVG_FIELDS]
    if unknown:
        yield _fault("options", f"'svg' takes no '{unknown[0]}'", f"it takes {' and '.join(SVG_FIELDS)}")
    reasoning = value.get("reasoning", {})
    effort = reasoning.get("effort", "low") if isinstance(reasoning, Mapping) else None
    if effort not in EFFORTS:
        yield _fault("options", "'svg' has no such reasoning", f"write reasoning: {{effort: …}}: {', '.join(EFFORTS)}")


def moving_fault(moving: Sequence[tuple[str, str]]) -> Iterator[Fault]:
    """Inputs (field, what it is called) that are animations: no model takes one."""
    for field, label in moving:
        yield _fault(
            field,
            f"{label} is an animation, and models take none as an input",
            "give a still: a PNG of one frame, or an asset without 'kind: gif'",
            code="animated-input",
        )


def warn_of_stills(trouble: Collector, asset: Asset, step: int | None) -> None:
    """Warns where an animation is asked for and a file can't hold one."""
    last = asset.steps[-1]
    stills = [output for output in asset.outputs if output.format != "gif"]
    if step != last.index or last.kind != "gif" or not stills:
        return
    trouble.warn(
        "first-frame",
        f"'{stills[0].path}' will hold the first frame of the animation",
        stills[0].span or asset.span,
        help="write a .gif as well, or take 'kind: gif' out where a still is wanted",
        asset=asset.name,
        row=asset.row,
    )


def _fault(field: str, message: str, help: str, code: str = "not-accepted") -> Fault:
    return Fault(code=code, field=field, message=message, help=help)
