"""Plan room: a picture by what it is made of. Values only: no bytes are touched until somebody realizes one.

An identity is what keys are made of: a digest of bytes for what was bought or lies in a file, a recipe for what
is made locally from such, so that neither another library nor another machine moves a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pixmake.digest import Digest
from pixmake.plan.keys import fence_recipe, mask_recipe, processed_recipe, recipe_identity
from pixmake.plan.sizes import Size
from pixmake.spec.asset import Region
from pixmake.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Original:
    """A paid picture in the store. `size` in pixels, None where the record doesn't say."""

    digest: Digest
    size: Size | None
    media_type: str

    @property
    def identity(self) -> str:
        return self.digest

    @property
    def draft(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class FilePicture:
    """A user's picture in a file, as it was when the plan looked."""

    path: Path
    name: str
    digest: Digest
    size: Size
    media_type: str
    has_alpha: bool = True
    frames: int = 1
    """Above 1 for an animation."""

    @property
    def identity(self) -> str:
        return self.digest

    @property
    def draft(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class DraftPicture:
    """A free stand-in, named by its draft key; it can be drawn again at any time."""

    key: Digest
    size: Size

    @property
    def identity(self) -> str:
        return f"draft:{self.key}"

    @property
    def draft(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class MaskPicture:
    """A mask that fits a parent of `size` pixels: from a picture or a drawn region, perhaps inverted or uncropped.

    `cut` is (final size, fit, gravity) where the mask was painted at the asset's final size.
    """

    source: Artifact | Region
    invert: bool
    size: Size
    cut: tuple[Size, str, str | tuple[str, str]] | None = None

    @cached_property
    def identity(self) -> str:
        if not isinstance(self.source, Region) and not self.invert and self.cut is None:
            return self.source.identity
        return recipe_identity(mask_recipe(self._source(), self.invert, self.size, self._cut()))

    def _source(self) -> Mapping[str, object] | str:
        if isinstance(self.source, Region):
            return {"shape": self.source.shape, "fractions": list(self.source.fractions)}
        return self.source.identity

    def _cut(self) -> Mapping[str, object] | None:
        if self.cut is None:
            return None
        (width, height), fit, gravity = self.cut
        return {"size": f"{width}x{height}", "fit": fit, "gravity": gravity}


@dataclass(frozen=True, kw_only=True)
class Fenced:
    """An answer inside the mask, its parent outside: bytes outside are the parent's own. `feather` in pixels."""

    answer: Artifact
    parent: Artifact
    mask: MaskPicture
    feather: int

    @property
    def size(self) -> Size | None:
        return self.answer.size

    @cached_property
    def identity(self) -> str:
        return recipe_identity(
            fence_recipe(self.answer.identity, self.parent.identity, self.mask.identity, self.feather)
        )

    @property
    def draft(self) -> bool:
        return self.answer.draft or self.parent.draft


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """A frozen asset's fenced picture as it was when it was bought: its identity then, and a copy of its pixels."""

    identity: str
    digest: Digest
    size: Size | None

    @property
    def draft(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class Processed:
    """An asset's picture after its crop to the final size, as `processed: true` hands it on."""

    picture: Artifact
    final: Size
    fit: str
    gravity: str | tuple[str, str]

    @property
    def size(self) -> Size:
        return self.final

    @cached_property
    def identity(self) -> str:
        width, height = self.final
        return recipe_identity(processed_recipe(self.picture.identity, f"{width}x{height}", self.fit, self.gravity))

    @property
    def draft(self) -> bool:
        return self.picture.draft


Artifact = Original | FilePicture | DraftPicture | Fenced | Pinned | Processed


def originals(artifact: Artifact) -> list[Digest]:
    """Digests of all paid pictures an artifact is made of, each once, the nearest first."""
    found: dict[Digest, None] = {}
    rest: list[Artifact] = [artifact]
    while rest:
        item = rest.pop(0)
        if isinstance(item, Original | Pinned):
            found[item.digest] = None
        elif isinstance(item, Fenced):
            rest += [item.answer, item.parent]
            if not isinstance(item.mask.source, Region):
                rest.append(item.mask.source)
        elif isinstance(item, Processed):
            rest.append(item.picture)
    return list(found)
