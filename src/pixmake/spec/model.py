"""Spec room: the declared fields of an asset. What stands here is what users may write, what editors are told
and what the reference shows; nothing else lists fields.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pixmake.spec.declaring import Declared, field
from pixmake.spec.fields import (
    TEMPLATE_SCHEMA,
    DataMap,
    ExactSize,
    Number,
    Salt,
    Size,
    Text,
    Texts,
    YesNo,
    check_pick,
    read_list,
    read_scalar,
    shown,
    split_list,
)
from pixmake.spec.local import Expectations, Operations
from pixmake.spec.marks import LIST, MAP, TEXT, Length, Range, Rule, Templated, read_text, refuse
from pixmake.spec.nodes import Template, untemplated

WORD = Templated(read_text)
IMAGE_SUFFIXES = (".png", ".webp", ".jpg", ".jpeg", ".avif", ".gif", ".svg", ".ico")
FORMATS = ("png", "webp", "jpeg", "avif", "gif", "svg", "ico")
Format = Annotated[Literal["png", "webp", "jpg", "jpeg", "avif", "gif", "svg", "ico"], WORD]
OWN_FIELDS = {
    "model": "model",
    "prompt": "prompt",
    "size": "size",
    "quality": "quality",
    "background": "background",
    "complexity": "complexity",
    "input_fidelity": "input_fidelity",
    "moderation": "moderation",
    "n": "variants",
    "image": "from",
    "images": "references",
    "mask": "mask",
    "markup": "markup",
    "output_format": "outputs",
    "output_compression": "outputs",
    "format": "kind",
    "api": "api",
}
"""Request fields that have a field of their own: never in `options`."""


def check_options(value: Any) -> dict[str, Any]:
    """A map of request fields without those that have a field of their own."""
    if not isinstance(value, dict):
        refuse("wrong-type", f"'options' is a map, not {shown(value)}")
    for name in value:
        if name == "response_format":
            remedy = "write it at the provider: providers: {studio: {response_format: b64_json}}"
            refuse("options-field", "'response_format' belongs to the server that is asked", remedy, (name,))
        if name in OWN_FIELDS:
            refuse("options-field", f"'{name}' has its own field", f"write '{OWN_FIELDS[name]}:' on the asset", (name,))
        if name in ("stream", "partial_images", "user", "background_mode"):
            refuse("options-field", f"'{name}' can't be set", "the tool decides how requests are sent", (name,))
    return untemplated(value)  # type: ignore[no-any-return]


class PictureMap(Declared):
    """An input picture: a file, another asset's picture, or a download with its digest."""

    path: Text | None = field(None, description="File, relative to the spec file; in 'references' also a glob.")
    asset: Text | None = field(None, description="Name of the asset whose picture is taken.")
    url: Text | None = field(None, description="Address to download from; needs 'sha256'.")
    sha256: Text | None = field(None, description="Digest of the download, 64 hexadecimal digits.")
    role: Text | None = field(None, description="What the picture is for; stands before the prompt.")
    step: Annotated[int, Range(0), Templated(read_scalar)] | None = field(
        None, description="Which step's picture, from 0; default the last."
    )
    variant: Annotated[int, Range(1), Templated(read_scalar)] | None = field(
        None, description="Which candidate, from 1; default the picked one."
    )
    processed: YesNo | None = field(None, description="The picture after crop and 'process'.")

    def agree(self) -> None:
        check_source(self, ("path", "asset", "url"))
        if self.sha256 is not None and self.url is None:
            refuse("bad-input", "'sha256' belongs to a 'url'", "write {url: …, sha256: …}")
        if self.url is not None and self.sha256 is None:
            refuse("bad-input", "a 'url' needs its 'sha256'", "add the digest of the file, so that it can't change")
        if self.url is not None and type(self.url) is str and not self.url.startswith(("https://", "http://")):
            refuse("bad-input", f"{shown(self.url)} is not a web address", "it begins with https://")
        digest = self.sha256
        if type(digest) is str and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
            refuse("bad-input", f"{shown(digest)} is not a SHA-256", "it has 64 digits, 0-9 and a-f")
        if self.asset is None and (self.step, self.variant, self.processed) != (None, None, None):
            refuse(
                "bad-input", "'step', 'variant' and 'processed' belong to an 'asset'", "write {asset: name, step: 0}"
            )


def check_source(picture: Any, names: tuple[str, ...]) -> None:
    """Refuses a map that names none or several of its sources."""
    given = [name for name in names if getattr(picture, name) is not None]
    if len(given) != 1:
        wanted = " or ".join(f"'{name}'" for name in names)
        found = " and ".join(f"'{name}'" for name in given) or "none"
        refuse("bad-input", f"one of {wanted} is wanted, {found} given", "keep exactly one of them")


Picture = Annotated[Text, TEXT] | Annotated[PictureMap, MAP]


def check_fractions(value: Any) -> list[str]:
    """x, y, width, height as fractions of the picture; the texts as written."""
    if not isinstance(value, list) or len(value) != 4:
        refuse(
            "bad-region", "a region is [x, y, width, height]", "write fractions of the picture, like [0.25, 0, 0.5, 1]"
        )
    if any(type(item) is Template for item in value):
        return [str(item) for item in value]
    numbers = [_fraction(index, item) for index, item in enumerate(value)]
    x, y, width, height = numbers
    if min(width, height) <= 0:
        refuse("bad-region", "the region is empty", "width and height are fractions above 0")
    if min(x, y) < 0 or x + width > 1 or y + height > 1:
        refuse("bad-region", "the region reaches outside the picture", "x + width and y + height are at most 1")
    return [format(number, "f") for number in numbers]


def _fraction(index: int, value: Any) -> Decimal:
    number = read_scalar(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        refuse("bad-region", f"{shown(value)} is not a fraction", "write fractions of the picture, like 0.25", (index,))
    return Decimal(number)


FRACTIONS_SCHEMA = (
    ("type", "array"),
    ("minItems", 4),
    ("maxItems", 4),
    ("items", {"anyOf": [{"type": "number"}, {"type": "string"}]}),
)
Fractions = Annotated[list[str], Rule(check_fractions, FRACTIONS_SCHEMA, split_list)]


class MaskMap(Declared):
    """A mask: a file or an asset's picture (transparent is repainted), or a region drawn by the tool."""

    path: Text | None = field(None, description="File, relative to the spec file.")
    asset: Text | None = field(None, description="Name of the asset whose picture is the mask.")
    step: Annotated[int, Range(0), Templated(read_scalar)] | None = field(None, description="Its step, from 0.")
    variant: Annotated[int, Range(1), Templated(read_scalar)] | None = field(None, description="Its candidate.")
    processed: YesNo | None = field(None, description="Its picture after crop and 'process'.")
    rect: Fractions | None = field(None, description="[x, y, width, height] in fractions of the picture.")
    ellipse: Fractions | None = field(None, description="[x, y, width, height] of its box, in fractions.")
    invert: YesNo | None = field(None, description="Repaint what is opaque instead.")

    def agree(self) -> None:
        check_source(self, ("path", "asset", "rect", "ellipse"))


class Feather(Declared):
    """The seam of a fence."""

    feather: Annotated[int, Range(0, 512), Templated(read_scalar)] = field(description="Its width in pixels.")


Mask = Annotated[Text, TEXT] | Annotated[MaskMap, MAP]
Fence = Annotated[Annotated[bool, TEXT] | Annotated[Feather, MAP], Templated(read_scalar)]
PICK_SCHEMA = (("anyOf", ({"type": "integer", "minimum": 1}, {"const": "ask"}, TEMPLATE_SCHEMA)),)
Pick = Annotated[Any, Rule(check_pick, PICK_SCHEMA, read_scalar)]
Options = Annotated[dict[str, Any], Rule(check_options, (("type", "object"),))]


def read_gravity(text: str) -> Any:
    """A word, or the two fractions that rendered text lists."""
    return read_list(text) if "," in text else text


Gravity = Annotated[Annotated[str, TEXT] | Annotated[list[Number], LIST], Templated(read_gravity)]


class StepFields(Declared):
    """What the first step and every edit may set."""

    prompt: Text | None = field(None, description="The instruction; a template.")
    template: Text | None = field(
        None, description="The whole text around 'prompt': a file in templates_dir, or text with {{ }} in it."
    )
    verbatim: YesNo | None = field(None, description="Send the prompt byte for byte, without templating.")
    vars: DataMap | None = field(None, description="Variables for templates, on top of the outer ones.")
    provider: Text | None = field(None, description="Who paints: openai (default), draft, or a name of 'providers'.")
    model: Text | None = field(None, description="Model, by the provider's name for it.")
    quality: Annotated[Literal["low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"], WORD] | None = field(
        None, description="Quality; default medium."
    )
    background: Annotated[Literal["transparent", "opaque", "auto"], WORD] | None = field(
        None, description="Background of the picture."
    )
    complexity: Annotated[Literal["low", "medium", "high"], WORD] | None = field(
        None, description="How much the model plans."
    )
    input_fidelity: Annotated[Literal["low", "high"], WORD] | None = field(
        None, description="How closely input pictures are kept."
    )
    moderation: Annotated[Literal["auto", "low"], WORD] | None = field(
        None, description="Strictness of the provider's filter; not sent with edits."
    )
    options: Options | None = field(None, description="Further request fields, passed on and hashed as they are.")
    api: Annotated[Literal["images", "responses"], WORD] | None = field(None, description="Which API; default images.")
    responses_model: Text | None = field(None, description="Mainline model of a conversation, with api: responses.")
    references: (
        Annotated[
            Annotated[list[Picture], LIST] | Annotated[str, TEXT] | Annotated[PictureMap, MAP], Templated(split_list)
        ]
        | None
    ) = field(None, description="Further input pictures, in order.")
    mask: Mask | None = field(None, description="Where this step may change its parent picture.")
    markup: Picture | None = field(None, description="A picture with marks that tell what to change.")
    fence: Fence | None = field(None, description="Put back what lies outside the mask; default true (8 px).")
    variants: Annotated[int, Range(1, 64), Templated(read_scalar)] | None = field(
        None, description="How many candidates to buy."
    )
    pick: Pick | None = field(None, description="Which candidate goes on: its number from 1, or ask.")

    def agree(self) -> None:
        if self.mask is not None and self.markup is not None:
            refuse("mask-and-markup", "'mask' and 'markup' exclude each other", "keep one of them", ("markup",))


class EditFields(StepFields):
    """One step of the chain: works on the picked result of the one before."""


Edit = Annotated[Text, TEXT] | Annotated[EditFields, MAP]


class OutputFields(Declared):
    """One entry of 'outputs': a path, multiplied by widths and formats."""

    path: Text | None = field(None, description="Path below the project; sees stem, width, height, format, hash.")
    widths: (
        Annotated[list[Annotated[int, Range(1, 16384), Templated(read_scalar)]], Length(1), Templated(read_list)] | None
    ) = field(None, description="One file for each width in pixels (an .ico holds them all).")
    format: Format | None = field(None, description="File format; default by the path's suffix.")
    formats: Annotated[list[Format], Length(1), Templated(split_list)] | None = field(
        None, description="One file for each format."
    )
    size: ExactSize | None = field(None, description="Size of this file, WxH.")
    quality: Annotated[int, Range(1, 100), Templated(read_scalar)] | None = field(
        None, description="Encoder quality, 1 to 100."
    )
    crop: Any = field(None, description="Part of the picture: an aspect like 1:1, or {width, height, gravity}.")
    step: Annotated[int, Range(0), Templated(read_scalar)] | None = field(
        None, description="Which step's picture, from 0; default the last."
    )
    when_media: Text | None = field(None, description="Media query for art direction in <picture>.")
    meta: DataMap | None = field(None, description="Your own data for manifests.")

    def agree(self) -> None:
        if self.format is not None and self.formats is not None:
            refuse("output-twice", "'format' and 'formats' exclude each other", "keep one of them", ("formats",))
        if self.widths is not None and self.size is not None:
            refuse("output-twice", "'widths' and 'size' exclude each other", "keep one of them", ("size",))


def check_output(value: Any) -> Any:
    """A path, or false."""
    if value is not False and not isinstance(value, str):
        refuse("wrong-type", f"'output' is a path or false, not {shown(value)}", "several files go into 'outputs:'")
    return value


Output = Annotated[Any, Rule(check_output, (("anyOf", [{"type": "string"}, {"const": False}]),))]
OutputEntry = Annotated[Text, TEXT] | Annotated[OutputFields, MAP]
Axis = Annotated[list[Any], Length(1)]
Rows = Annotated[Text, TEXT] | Annotated[list[Any], LIST]


class AssetFields(StepFields):
    """A picture of the project, or a part of one in 'defaults' and 'presets'."""

    name: Text | None = field(None, description="The name, where the key is only a label.")
    use: Texts | None = field(None, description="Presets, left to right.")
    kind: Annotated[Literal["raster", "svg", "gif"], WORD] | None = field(
        None, description="What the model is asked for; default raster."
    )
    size: Size | None = field(None, description="Size of the final picture: WxH, W:H, a name of 'sizes', or auto.")
    request_size: ExactSize | None = field(None, description="Size asked of the model, WxH.")
    fit: Annotated[Literal["cover", "contain", "pad"], WORD] | None = field(
        None, description="How the picture fills 'size'; default cover."
    )
    gravity: Gravity | None = field(None, description="Where to crop: center, a compass name, auto, or [x, y].")
    from_: Picture | None = field(None, alias="from", description="Start from this picture instead of nothing.")
    edits: Annotated[list[Edit], Templated(split_list)] | None = field(
        None, description="The chain of edits after the first picture."
    )
    salt: Salt | None = field(None, description="Makes equal requests different ones.")
    process: Operations | None = field(None, description="Free local steps on the final picture, in order.")
    expect: Expectations | None = field(None, description="Checks before the picture is published.")
    output: Output | None = field(None, description="Where the file goes; false: nowhere.")
    outputs: Annotated[list[OutputEntry], Templated(split_list)] | None = field(None, description="Several files.")
    frozen: YesNo | None = field(None, description="Keep the bought picture until it is named.")
    tags: Texts | None = field(None, description="Words for selection and manifests.")
    alt: Text | None = field(None, description="Text for those who can't see the picture.")
    title: Text | None = field(None, description="Title for manifests.")
    meta: DataMap | None = field(None, description="Your own data for manifests.")
    matrix: dict[str, Axis] | None = field(None, description="One asset for each combination of values.")
    rows: Rows | None = field(None, description="One asset for each row of data.")
    exclude: list[DataMap] | None = field(None, description="Combinations to leave out.")
    when: Annotated[Any, Templated(read_scalar)] | None = field(
        None, description="An expression; the asset exists where it holds."
    )

    def agree(self) -> None:
        super().agree()
        if self.output is not None and self.outputs is not None:
            refuse("output-twice", "'output' and 'outputs' exclude each other", "keep one of them", ("outputs",))
