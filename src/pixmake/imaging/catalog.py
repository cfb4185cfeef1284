"""Imaging room: the operations that a local recipe may name, each with its version. Reading it imports no Pillow.

A version goes up when equal input would give other pixels or bytes. Versions stand in local recipes only, never in
a paid key, so that an upgrade costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`name` and `version` are what a recipe holds; `function` is `module:function` within this room."""

    name: str
    version: int
    function: str

    @property
    def recipe(self) -> list[str | int]:
        """What enters a local recipe: the name and the version."""
        return [self.name, self.version]

    def load(self) -> Callable[..., object]:
        """The function itself; imports its module, and with it Pillow."""
        module, _, name = self.function.partition(":")
        loaded: Callable[..., object] = getattr(import_module(f"pixmake.imaging.{module}"), name)
        return loaded


def _table(*rows: tuple[str, int, str]) -> Mapping[str, Operation]:
    return MappingProxyType(
        {name: Operation(name=name, version=version, function=function) for name, version, function in rows}
    )


CATALOG = _table(
    ("decode", 1, "decode:decode"),
    ("fit", 1, "geometry:fit_picture"),
    ("mask-file", 1, "alpha:load_mask"),
    ("mask-region", 1, "alpha:region_mask"),
    ("mask-place", 1, "alpha:place_mask"),
    ("fence", 1, "alpha:fence"),
    ("stamp", 1, "stamp:stamp_draft"),
    ("rasterize-svg", 1, "svg:rasterize_svg"),
    ("encode-png", 1, "encode:encode"),
    ("encode-jpeg", 1, "encode:encode"),
    ("encode-webp", 1, "encode:encode"),
    ("encode-avif", 1, "encode:encode"),
    ("encode-gif", 1, "encode:encode"),
    ("encode-ico", 1, "encode:encode"),
)
