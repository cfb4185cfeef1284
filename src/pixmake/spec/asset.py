"""Spec room: the values that leave it. Everything is resolved: templates rendered, names complete, paths found.

No later room looks at YAML again. Spans lead back to the place a value was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pixmake.diagnostics import Diagnostic, Span
from pixmake.values import dataclass

Kind = Literal["raster", "svg", "gif"]
Fit = Literal["cover", "contain", "pad"]
Scalar = None | bool | int | Decimal | str
Data = Scalar | list["Data"] | dict[str, "Data"]
"""What YAML can hold after loading; fractional numbers are Decimals, made from their text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInput:
    """A picture that lies in a file. `name` is the path relative to the project, with `/`, as messages show it."""

    path: Path
    name: str
    role: str | None = None
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetInput:
    """A picture of another asset: by default the picked, fenced one at the end of its paid chain.

    `asset` is the complete name of an asset that exists. `step` counts from 0, `variant` from 1.
    """

    asset: str
    step: int | None = None
    variant: int | None = None
    processed: bool = False
    role: str | None = None
    span: Span | None = field(default=None, compare=False)


Input = FileInput | AssetInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A mask drawn by the tool. `fractions` are x, y, width, height as the texts that the user wrote (`0.25`)."""

    shape: Literal["rect", "ellipse"]
    fractions: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """Where an edit may change its parent: transparent (alpha 0) is repainted. `invert` swaps that."""

    source: FileInput | AssetInput | Region
    invert: bool = False
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One paid picture of a chain, complete: inheritance between steps has been applied.

    `index` is 0 for the prompt, *i* for the *i*-th edit: a chain without a prompt begins at 1. `prompt` is the text as it will
    be sent, but for the role lines of its inputs, which the plan puts before it. `size` is what the user wrote (`WxH`,
    `W:H`, `auto`; names of `sizes` resolved). `spans` leads from a field's name to where it was written, when it was.
    """

    index: int
    prompt: str
    verbatim: bool = False
    provider: str
    model: str | None
    api: Literal["images", "responses"] = "images"
    responses_model: str | None = None
    kind: Kind = "raster"
    size: str
    request_size: str | None = None
    quality: str | None = None
    background: str | None = None
    complexity: str | None = None
    input_fidelity: str | None = None
    moderation: str | None = None
    options: Mapping[str, Data] = field(default_factory=dict)
    parent_role: str | None = None
    """What the asset's `from` is for, at the step that it is the parent of."""
    references: tuple[Input, ...] = ()
    mask: Mask | None = None
    markup: Input | None = None
    fence: int | None = None
    """Width of the feathered seam in pixels (0: hard edge), or None where no fence is wanted."""
    variants: int = 1
    pick: int | Literal["ask"] | None = None
    salt: str | None = None
    span: Span | None = field(default=None, compare=False)
    spans: Mapping[str, Span] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One file to write: already multiplied by widths and formats.

    `path` is relative to the project folder, with `/` (absolute only with --allow-outside); it may still hold
    `{{ height }}` or `{{ hash }}`, known only when the picture is. `format` is png, webp, jpeg, avif, gif, svg or ico.
    `width` scales the picture to so many pixels, `widths` belongs to an .ico, which holds several.
    """

    path: str
    format: str
    width: int | None = None
    widths: tuple[int, ...] = ()
    size: str | None = None
    quality: int | None = None
    crop: Data = None
    step: int | None = None
    when_media: str | None = None
    meta: Mapping[str, Data] = field(default_factory=dict)
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One picture of the project, after expansion.

    `family` is the key in the spec that made it (the same for all rows of one family); `row` names the line of
    data (`monsters.csv:7`). `origin` is `from`; with no steps the asset is a free derivation of it. `size` is the
    final size as written, the last step's.
    """

    name: str
    family: str
    steps: tuple[Step, ...]
    origin: Input | None = None
    size: str
    fit: Fit = "cover"
    gravity: str | tuple[str, str] = "center"
    outputs: tuple[Output, ...] = ()
    frozen: bool = False
    tags: tuple[str, ...] = ()
    alt: str | None = None
    title: str | None = None
    meta: Mapping[str, Data] = field(default_factory=dict)
    row: str | None = None
    span: Span | None = field(default=None, compare=False)
    spans: Mapping[str, Span] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """One entry of `providers`: its name, its type (`openai`, `draft`, an entry point's name), the rest as written."""

    name: str
    type: str
    concurrency: int | None = None
    same_as: str | None = None
    price_per_image: Decimal | None = None
    settings: Mapping[str, Data] = field(default_factory=dict)
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Hard caps in USD; None: no cap of that kind."""

    per_build: Decimal | None = None
    per_day: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Everything a load looked at, so that a later run can tell whether it would load the same again.

    `files`: every file read (spec files, templates, data, vars). `globs`: (folder, pattern) pairs that were
    expanded, with the sorted names found. `missing`: paths whose absence mattered. `env`: names of
    environment variables that `allow_env` lets templates read, with their values' presence.
    """

    files: tuple[Path, ...] = ()
    globs: tuple[tuple[Path, str, tuple[str, ...]], ...] = ()
    missing: tuple[Path, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A whole project as one profile sees it, in the order of the files. Valid: errors were raised before."""

    file: Path
    root: Path
    version: int
    project: str
    output_dir: str
    profile: str | None
    assets: tuple[Asset, ...]
    providers: Mapping[str, ProviderSettings]
    budget: Budget
    store: str | None = None
    warnings: tuple[Diagnostic, ...] = ()
    footprint: Footprint = Footprint()
