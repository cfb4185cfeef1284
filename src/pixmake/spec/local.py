"""Spec room: the declared fields of local work: operations, expectations, sheets, atlases, manifests, remote.

They are read and judged here even where this version can't do the work yet.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pixmake.spec.complaints import nearest
from pixmake.spec.declaring import Declared, field
from pixmake.spec.fields import DataMap, Money, Number, Size, Text, Texts, Whole, YesNo, read_scalar, shown
from pixmake.spec.marks import Length, Range, Rule, Templated, read_text, refuse

WORD = Templated(read_text)
OPERATIONS: dict[str, tuple[str, ...]] = {
    "crop": ("width", "height", "aspect", "gravity"),
    "trim": ("threshold", "margin"),
    "pad": ("width", "height", "aspect", "all", "x", "y", "color", "gravity"),
    "resize": ("width", "height", "scale", "fit", "filter", "enlarge"),
    "flatten": ("color",),
    "cutout": ("method", "color", "threshold", "feather", "despill", "profile"),
    "grayscale": (),
    "tint": ("color", "amount"),
    "sharpen": ("amount", "radius"),
    "adjust": ("brightness", "contrast", "saturation", "gamma"),
    "palette": ("colors", "dither"),
    "pixelate": ("grid", "width", "height", "colors"),
    "outline": ("width", "color"),
    "shadow": ("dx", "dy", "blur", "color"),
    "round": ("radius",),
    "overlay": ("image", "gravity", "scale", "opacity", "blend"),
    "text": ("text", "font", "size", "fit", "color", "align", "gravity"),
    "tile": ("method", "blend"),
    "rotate": ("angle", "expand"),
    "flip": ("x", "y"),
    "strip": ("metadata",),
}
"""Operation to the names of its arguments."""


def check_operations(value: Any) -> list[Any]:
    """Every entry is a known operation's name, or a one-key map of it with known arguments."""
    if not isinstance(value, list):
        refuse("wrong-type", f"'process' is a list, not {shown(value)}", "write [trim, {resize: {width: 512}}]")
    for index, entry in enumerate(value):
        _check_operation(index, entry)
    return value


def _check_operation(index: int, entry: Any) -> None:
    if isinstance(entry, dict) and len(entry) == 1:
        name, arguments = next(iter(entry.items()))
    elif isinstance(entry, str):
        name, arguments = str(entry), {}
    else:
        refuse(
            "bad-operation",
            f"{shown(entry)} is not an operation",
            "write a name, or a map like {resize: {width: 512}}",
            (index,),
        )
    if "{{" in name or "{%" in name:
        return
    if name not in OPERATIONS:
        refuse("unknown-operation", f"no operation named '{name}'", nearest(name, OPERATIONS, "operations"), (index,))
    if isinstance(arguments, dict):
        for argument in arguments:
            if argument not in OPERATIONS[name]:
                remedy = nearest(argument, OPERATIONS[name], "its arguments") or "it takes none"
                refuse("unknown-key", f"'{name}' has no argument '{argument}'", remedy, (index, name, argument))


OPERATION_SCHEMA = (
    ("type", "array"),
    (
        "items",
        {
            "anyOf": [
                {"enum": sorted(OPERATIONS)},
                {
                    "type": "object",
                    "maxProperties": 1,
                    "additionalProperties": False,
                    "properties": {name: {} for name in OPERATIONS},
                },
            ]
        },
    ),
)
Operations = Annotated[list[Any], Rule(check_operations, OPERATION_SCHEMA)]


class Similar(Declared):
    """A picture that the result is compared with."""

    ref: Text = field(description="A path or @asset.")
    min: Number = field(description="Least similarity, 0 to 1.")


class Expectations(Declared):
    """Checks of a picture before it is published."""

    size: Size | None = field(None, description="Exact size.")
    alpha: YesNo | None = field(None, description="Whether there is transparency.")
    min_transparent: Number | None = field(None, description="Least share of transparent pixels.")
    min_opaque: Number | None = field(None, description="Least share of opaque pixels.")
    max_kb: Number | None = field(None, description="Largest file in KiB.")
    aspect: Text | None = field(None, description="Ratio of the sides, like 1:1.")
    colors_max: Whole | None = field(None, description="Most colors.")
    tileable: YesNo | None = field(None, description="Whether opposite edges meet.")
    edge_clear: YesNo | None = field(None, description="Whether the border is empty.")
    similar_to: Similar | None = field(None, description="Likeness to another picture.")
    judge: Text | None = field(None, description="What a vision model has to find true.")
    judge_model: Text | None = field(None, description="The vision model.")
    retry: Annotated[int, Range(0, 64), Templated(read_scalar)] | None = field(
        None, description="Most further purchases per key, ever."
    )


class SheetFields(Declared):
    """One picture cut into many assets."""

    from_: Text = field(alias="from", description="The sheet's picture: a path or @asset.")
    grid: Text = field(description="Columns and rows, like 4x3.")
    cells: dict[str, Annotated[list[int], Length(2, 2)]] = field(description="Name to [column, row].")


class AtlasFields(Declared):
    """Many assets in one picture."""

    assets: Texts = field(description="Which assets: a glob of names.")
    output: Text = field(description="Where the picture goes.")
    max_size: Whole | None = field(None, description="Longest side in pixels.")
    padding: Whole | None = field(None, description="Pixels between pictures.")
    extrude: Whole | None = field(None, description="Pixels by which edges are repeated.")
    layout: Annotated[Literal["packed", "grid"], WORD] | None = field(None, description="How pictures are laid out.")
    anchor: Text | None = field(None, description="Where a picture stands in its cell.")
    data: list[Annotated[Literal["texturepacker", "godot", "phaser", "css"], WORD]] | None = field(
        None, description="Data files beside the picture."
    )
    animations: DataMap | None = field(None, description="Name to {frames, fps}.")
    rows: Any = field(None, description="One atlas for each row of data.")
    matrix: DataMap | None = field(None, description="One atlas for each combination.")


class ManifestFields(Declared):
    """A file that tells code what pictures there are."""

    path: Text = field(description="Where it goes; .json, .ts, .py or .css.")
    assets: Texts | None = field(None, description="Which assets; default all.")
    root: Text | None = field(None, description="Folder that paths are relative to.")


class BudgetFields(Declared):
    """Hard caps in USD."""

    per_build: Money | None = field(None, description="Most that one build may spend.")
    per_day: Money | None = field(None, description="Most that one day (UTC) may cost.")
