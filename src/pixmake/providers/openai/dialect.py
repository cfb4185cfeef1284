"""Providers room: how a server's protocol differs from OpenAI's own, as values: what is sent, under which names, and what is not.

A dialect changes how a request travels, never what is asked: nothing of it enters a key.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pixmake.imaging.probe import MODEL_INPUTS
from pixmake.providers.base import Limits, SizeRule
from pixmake.providers.models import parse_size
from pixmake.providers.openai.images import plain
from pixmake.values import dataclass

Polarity = Literal["alpha", "white", "none"]
AZURE_INPUTS = frozenset({"image/png", "image/jpeg"})
"""Azure's documentation of 2025 knows no WebP."""
NONE = "none"
EDITS = "images/edits"
LEAST_SIDE = 64
MOST_SIDE = 8192
EXTRA_ARGS = "sd_cpp_extra_args"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one server does otherwise. The defaults are OpenAI's own ways.

    `mask`: where a mask says "paint anew": by alpha 0, by white, or it takes none. `image_field`: the name for input
    pictures, each a part of its own; empty: `image` for one, `image[]` for several. `edits`: the path; None: there is
    none. `options_as`: how further request fields travel. `deployments` maps models to the names the server knows.
    """

    name: str = "openai"
    response_format: str | None = None
    drop: tuple[str, ...] = ()
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    mask: Polarity = "alpha"
    mask_field: str = "mask"
    image_field: str = ""
    edits: str | None = EDITS
    most_inputs: int | None = None
    sizes: SizeRule | None = None
    sized: frozenset[str] = frozenset()
    """Models whose own row in the spec states their sizes: that says more than the server's."""
    options_as: str = "fields"
    takes: frozenset[str] = MODEL_INPUTS
    has_backgrounds: bool = True
    only_images: bool = False
    """True: neither streams nor conversations are known to work here."""
    deployments: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether edits travel exactly as the SDK sends them."""
        return (self.edits or EDITS, self.mask_field, self.image_field) == (EDITS, "mask", "")

    @property
    def needs_mask(self) -> bool:
        """Whether there are no edits but those inside a mask."""
        return (self.edits or "").endswith("inpainting")

    def limits(self, limits: Limits) -> Limits:
        """What a model can do behind this server."""
        return replace(
            limits,
            sizes=limits.sizes if self.sizes is None or limits.model in self.sized else self.sizes,
            edits=self.edits is not None,
            mask=limits.mask and self.mask != NONE,
            mask_needed=self.needs_mask,
            most_inputs=limits.most_inputs if self.most_inputs is None else min(limits.most_inputs, self.most_inputs),
            backgrounds=limits.backgrounds if self.has_backgrounds else (),
            apis=("images",) if self.only_images else limits.apis,
            absent=self._absent(limits.model),
        )

    def _absent(self, model: str) -> str | None:
        if not self.deployments or model in self.deployments:
            return None
        return f"is not among its deployments ({', '.join(sorted(self.deployments))})"

    def fields(self, fields: Mapping[str, Any], extra: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """A request's own fields and its further ones, as this server takes them."""
        said, further = dict(fields), dict(extra)
        if "model" in said:
            said["model"] = self.deployments.get(said["model"], said["model"])
        if self.response_format is not None:
            said["response_format"] = self.response_format
        if self.options_as == EXTRA_ARGS and further:
            said["prompt"] = f"{said['prompt']}<{EXTRA_ARGS}>{json.dumps(further, sort_keys=True)}</{EXTRA_ARGS}>"
            further = {}
        return said, {**{name: value for name, value in self.extra_body.items() if name not in said}, **further}

    def parts(self, files: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """The file parts of an edit, by this server's names."""
        return [(self._part_name(name), part) for name, part in files]

    def _part_name(self, name: str) -> str:
        if name in ("image", "image[]"):
            return self.image_field or name
        return self.mask_field if name == "mask" else name


@cache
def presets() -> Mapping[str, Mapping[str, Any]]:
    """What each dialect of `dialects.toml` sets, by name, and its `source`."""
    raw = tomllib.loads((files("pixmake.providers.openai") / "dialects.toml").read_text("utf-8"))
    return {name: row for name, row in raw.items() if isinstance(row, dict)}


def dialect_of(
    settings: Mapping[str, object], *, takes: frozenset[str] = MODEL_INPUTS, only_images: bool = False
) -> Dialect:
    """The dialect that a provider's settings describe: the named one, with each setting of its own in its place."""
    name = str(settings.get("dialect") or "openai")
    own = {key: value for key, value in settings.items() if value is not None}
    said: dict[str, Any] = {**presets().get(name, {}), **own}
    form, edits, most = said.get("response_format"), str(said.get("edits") or EDITS), said.get("most_inputs")
    return Dialect(
        name=name,
        response_format=None if form in (None, "omit") else str(form),
        drop=tuple(map(str, said.get("drop") or ())),
        extra_body=plain(said.get("extra_body") or {}),
        mask=said.get("mask") or "alpha",
        mask_field=str(said.get("mask_field") or "mask"),
        image_field=str(said.get("image_field") or ""),
        edits=None if edits == NONE else edits.strip("/"),
        most_inputs=None if most is None else int(most),
        sizes=_sizes(said.get("sizes")),
        sized=frozenset(str(model) for model, row in (said.get("models") or {}).items() if row and row.get("sizes")),
        options_as=str(said.get("options_as") or "fields"),
        takes=takes,
        has_backgrounds="background" not in said.get("lacks", ()),
        only_images=bool(said.get("only_images")) or only_images,
        deployments={str(model): str(place) for model, place in (said.get("deployments") or {}).items()},
    )


def _sizes(stated: object) -> SizeRule | None:
    """A list of sizes; `any`; or a number, of which the sides are multiples."""
    if stated is None:
        return None
    if isinstance(stated, list | tuple):
        return SizeRule(listed=tuple(parse_size(str(text)) for text in stated))
    multiple = 1 if stated == "any" else int(str(stated))
    return SizeRule(
        multiple=multiple,
        longest=MOST_SIDE,
        ratio=MOST_SIDE // LEAST_SIDE,
        least_area=LEAST_SIDE * LEAST_SIDE,
        most_area=MOST_SIDE * MOST_SIDE,
        exact=stated == "any",
    )
