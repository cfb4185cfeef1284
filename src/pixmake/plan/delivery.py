"""Plan room: one output file by what it is made of. Its recipe is a local key: it may move, and costs nothing when it does."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from pixmake.digest import Digest, canonical_json, sha256_bytes
from pixmake.imaging.catalog import CATALOG
from pixmake.plan.artifact import Artifact
from pixmake.plan.keys import around
from pixmake.plan.sizes import Size, final_size
from pixmake.spec.asset import Asset, Output
from pixmake.values import dataclass

OUTPUT_LABEL = "pixmake-output/1"

PLACEHOLDER = re.compile(r"\{\{\s*(height|width|hash)\s*\}\}")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A picture on its way to a file: cut to `final` pixels (None: as it is), encoded as `output` says.

    `mark`: a draft gets the visible mark. Whether the picture is a draft is part of the recipe.
    """

    asset: str
    picture: Artifact
    output: Output
    final: Size | None
    fit: str
    gravity: str | tuple[str, str]
    mark: bool

    @cached_property
    def recipe(self) -> Digest:
        size = None if self.final is None else f"{self.final[0]}x{self.final[1]}"
        marked = self.picture.draft and self.mark
        output = self.output
        before, after = _recipe_frame(
            size, self.fit, self.gravity, output.format, output.quality, output.widths, marked
        )
        return sha256_bytes(before + canonical_json(self.picture.identity) + after)

    def path(self, content: Digest | None = None) -> str | None:
        """The output's path; None where it holds `{{ hash }}` and the content is not known yet."""
        if "{{" not in self.output.path:
            return self.output.path
        width, height = self.final or self.picture.size or (0, 0)
        if content is None and "hash" in PLACEHOLDER.findall(self.output.path):
            return None
        values = {"width": str(width), "height": str(height), "hash": (content or "")[:8]}
        return PLACEHOLDER.sub(lambda match: values[match[1]], self.output.path)


@lru_cache(maxsize=1024)
def _recipe_frame(
    size: str | None,
    fit: str,
    gravity: str | tuple[str, str],
    format: str,
    quality: int | None,
    widths: tuple[int, ...],
    marked: bool,
) -> tuple[bytes, bytes]:
    """The canonical JSON of a recipe before (its label too) and after the identity of its picture."""
    operations = ["fit", f"encode-{format}"] if format != "svg" else []
    if marked:
        operations.append("stamp")
    fields: dict[str, object] = {
        "size": size,
        "fit": fit,
        "gravity": gravity,
        "format": format,
        "quality": quality,
        "widths": list(widths),
        "operations": [CATALOG[name].recipe for name in operations],
    }
    before, after = around("picture", fields)
    return OUTPUT_LABEL.encode() + b"\n" + before, after


def delivery(asset: Asset, output: Output, picture: Artifact, mark: bool) -> Delivery:
    """How `output` is made of `picture`: the output's own size before the asset's, scaled to its width."""
    final = final_size(output.size or asset.size)
    if output.width is not None:
        shape = final or picture.size
        assert shape is not None, "a width can't be scaled from a picture without a size"
        final = output.width, max(1, round(output.width * shape[1] / shape[0]))
    return Delivery(
        asset=asset.name,
        picture=picture,
        output=output,
        final=final,
        fit=asset.fit,
        gravity=asset.gravity,
        mark=mark,
    )
