"""Spec room: the declared fields of local work: operations, expectations, sheets, atlases, manifests, remote.

They are read and judged here even where this version can't do the work yet.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pixmake.spec.complaints import nearest
from pixmake.spec.fields import (
    DataMap,
    Declared,
    Money,
    Number,
    Rule,
    Size,
    Templated,
    Text,
    Texts,
    Whole,
    YesNo,
    read_scalar,
    read_text,
    refuse,
    shown,
)

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

    ref: Text = Field(description="A path or @asset.")
    min: Number = Field(description="Least similarity, 0 to 1.")


class Expectations(Declared):
    """Checks of a picture before it is published."""

    size: Size | None = Field(None, description="Exact size.")
    alpha: YesNo | None = Field(None, description="Whether there is transparency.")
    min_transparent: Number | None = Field(None, description="Least share of transparent pixels.")
    min_opaque: Number | None = Field(None, description="Least share of opaque pixels.")
    max_kb: Number | None = Field(None, description="Largest file in KiB.")
    aspect: Text | None = Field(None, description="Ratio of the sides, like 1:1.")
    colors_max: Whole | None = Field(None, description="Most colors.")
    tileable: YesNo | None = Field(None, description="Whether opposite edges meet.")
    edge_clear: YesNo | None = Field(None, description="Whether the border is empty.")
    similar_to: Similar | None = Field(None, description="Likeness to another picture.")
    judge: Text | None = Field(None, description="What a vision model has to find true.")
    judge_model: Text | None = Field(None, description="The vision model.")
    retry: Annotated[int, Field(ge=0, le=64), Templated(read_scalar)] | None = Field(
        None, description="Most further purchases per key, ever."
    )


class SheetFields(Declared):
    """One picture cut into many assets."""

    from_: Text = Field(alias="from", description="The sheet's picture: a path or @asset.")
    grid: Text = Field(description="Columns and rows, like 4x3.")
    cells: dict[str, Annotated[list[int], Field(min_length=2, max_length=2)]] = Field(
        description="Name to [column, row]."
    )


class AtlasFields(Declared):
    """Many assets in one picture."""

    assets: Texts = Field(description="Which assets: a glob of names.")
    output: Text = Field(description="Where the picture goes.")
    max_size: Whole | None = Field(None, description="Longest side in pixels.")
    padding: Whole | None = Field(None, description="Pixels between pictures.")
    extrude: Whole | None = Field(None, description="Pixels by which edges are repeated.")
    layout: Annotated[Literal["packed", "grid"], WORD] | None = Field(None, description="How pictures are laid out.")
    anchor: Text | None = Field(None, description="Where a picture stands in its cell.")
    data: list[Annotated[Literal["texturepacker", "godot", "phaser", "css"], WORD]] | None = Field(
        None, description="Data files beside the picture."
    )
    animations: DataMap | None = Field(None, description="Name to {frames, fps}.")
    rows: Any = Field(None, description="One atlas for each row of data.")
    matrix: DataMap | None = Field(None, description="One atlas for each combination.")


class ManifestFields(Declared):
    """A file that tells code what pictures there are."""

    path: Text = Field(description="Where it goes; .json, .ts, .py or .css.")
    assets: Texts | None = Field(None, description="Which assets; default all.")
    root: Text | None = Field(None, description="Folder that paths are relative to.")


class BudgetFields(Declared):
    """Hard caps in USD."""

    per_build: Money | None = Field(None, description="Most that one build may spend.")
    per_day: Money | None = Field(None, description="Most that one day (UTC) may cost.")
