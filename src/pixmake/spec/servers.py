"""Spec room: the declared fields of a server that speaks OpenAI's API in a dialect of its own.

They say how a request travels. What shapes a picture belongs to the asset, where it enters the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pixmake.spec.declaring import Declared, field
from pixmake.spec.fields import check_exact_size, shown
from pixmake.spec.marks import Range, Rule, refuse
from pixmake.spec.model import OWN_FIELDS
from pixmake.spec.nodes import untemplated

DIALECTS = ("openai", "localai", "sd-server", "vllm-omni", "sglang", "litellm")
SHAPES = (
    r"seed|prompt|step|guidance|cfg|lora|sampl|schedul|strength|style|size|width|height|scale|ratio|model|checkpoint|vae"
    r"|adapter|fallback|image|mask|control|noise|frame|svg|quality|background|complexity|fidelity|upscal"
    r"|^(?:file|url|mode|n)$"
)
"""In the names by which servers take what shapes a picture. What it misses is in no key: docs/providers.md says so."""
SENDING = frozenset({"stream", "partial_images", "background_mode"})
PART_NAME = r"[A-Za-z_][\w.-]{0,60}(\[\])?"
PATH = r"[\w.-]+(/[\w.-]+)*"


def check_extra_body(value: Any) -> dict[str, Any]:
    """Fields for every request that don't shape the picture: what does must be hashed, so it goes elsewhere."""
    if not isinstance(value, dict):
        refuse("wrong-type", f"'extra_body' is a map of request fields, not {shown(value)}")
    for name in value:
        if name == "response_format":
            refuse("shapes-picture", "'response_format' has its own field", "write it beside 'extra_body'", (name,))
        if name in SENDING:
            refuse("shapes-picture", f"'{name}' can't be set", "the tool decides how requests are sent", (name,))
    for path in _shaping(value):
        name = str(path[-1])
        place = f"'{OWN_FIELDS[name]}'" if name in OWN_FIELDS and len(path) == 1 else "'options'"
        refuse(
            "shapes-picture",
            f"'{name}' shapes the picture, and 'extra_body' is in no key",
            f"write it on the asset or in 'defaults', as {place}: then a change of it is a change of the request",
            path,
        )
    return untemplated(value)  # type: ignore[no-any-return]


def _shaping(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where names stand that shape pictures, as deep as they may be."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in entries:
        here = (*path, name)
        if isinstance(name, str) and (re.search(SHAPES, name, re.IGNORECASE) or (name in OWN_FIELDS and not path)):
            yield here
        yield from _shaping(inner, here)


def check_sizes(value: Any) -> Any:
    """A list of sizes; `any`; or a number, of which sides are multiples."""
    if isinstance(value, list) and value:
        return [check_exact_size(item) for item in value]
    is_step = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1024
    if value != "any" and not is_step:
        remedy = "write a list like [512x512, 768x512], or any, or a number that sides are multiples of"
        refuse("wrong-type", f"'sizes' can't be {shown(value)}", remedy)
    return value


def check_part(value: Any) -> str:
    """The name of a part of a form."""
    if not isinstance(value, str) or not re.fullmatch(PART_NAME, value):
        refuse("wrong-type", f"{shown(value)} is no name of a field", "write something like image[]")
    return value


def check_path(value: Any) -> str:
    """A path below the base address, or `none`."""
    if not isinstance(value, str) or not re.fullmatch(PATH, value) or ".." in value.split("/"):
        remedy = "write images/edits, images/inpainting or none"
        refuse("wrong-type", f"{shown(value)} is no path below the address", remedy)
    return value


SIZES_SCHEMA = (
    ("anyOf", [
        {"type": "array", "items": {"type": "string", "pattern": r"^\d+x\d+$"}},
        {"const": "any"},
        {"type": "integer", "minimum": 1, "maximum": 1024},
    ]),
)  # fmt: skip
Sizes = Annotated[Any, Rule(check_sizes, SIZES_SCHEMA)]
Part = Annotated[str, Rule(check_part, (("type", "string"),))]
Path = Annotated[str, Rule(check_path, (("type", "string"),))]
ExtraBody = Annotated[dict[str, Any], Rule(check_extra_body, (("type", "object"),))]


class ServerFields(Declared):
    """How a server differs from OpenAI's own."""

    dialect: Literal["openai", "localai", "sd-server", "vllm-omni", "sglang", "litellm"] | None = field(
        None, description="A server whose ways are known: sets the fields below, each of which can be set besides."
    )
    response_format: Literal["b64_json", "url", "omit"] | None = field(
        None, description="How pictures are to be answered; default omit: the field is not sent."
    )
    extra_body: ExtraBody | None = field(
        None, description="Fields for every request that don't shape the picture; what does is for 'options'."
    )
    edits: Path | None = field(None, description="Path of edits: images/edits (default), images/inpainting, or none.")
    mask: Literal["alpha", "white", "none"] | None = field(
        None, description="Where a mask says 'paint anew': by transparency (default), by white; none: it takes none."
    )
    mask_field: Part | None = field(None, description="Name of the mask's part; default mask.")
    image_field: Part | None = field(
        None, description="Name of an input picture's part; default image for one, image[] for several."
    )
    most_inputs: Annotated[int, Range(1, 64)] | None = field(None, description="Most input pictures of an edit.")
    sizes: Sizes | None = field(
        None, description="Sizes it makes: a list, any, or a number that sides are multiples of."
    )
    options_as: Literal["fields", "sd_cpp_extra_args"] | None = field(
        None,
        description="How 'options' are sent: as request fields (default), or in the prompt as sd-server reads them.",
    )
