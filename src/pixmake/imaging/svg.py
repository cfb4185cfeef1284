"""Imaging room: SVG drawings. Nothing is drawn or published that `check_svg` has not read to its end.

A drawing may hold shapes, text, styles and embedded raster pictures; it may not run anything or fetch anything.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
import re
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from pixmake.imaging.probe import DEFAULT_LIMITS, BadPicture, Limits, probe_bytes
from pixmake.values import dataclass

if TYPE_CHECKING:
    from PIL import Image

MAX_ELEMENTS = 200_000
"""Elements of a drawing with every `use`, pattern, mask and marker counted as often as it is drawn."""

MAX_BYTES = 20_000_000
MAX_DEPTH = 256
SVG = "http://www.w3.org/2000/svg"
FORBIDDEN = frozenset(
    {"script", "foreignobject", "iframe", "embed", "object", "audio", "video", "canvas", "handler", "listener"}
)
W3C = ("http://www.w3.org/", "https://www.w3.org/")
ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
HTML = "http://www.w3.org/1999/xhtml"
BASE = "http://www.w3.org/XML/1998/namespace base"
"""`xml:base` would lead links that look local to somewhere else."""
ANIMATES_LINKS = frozenset({"href", "xlink:href"})
FETCHES = re.compile(r"\\|@import|image-set\(|(?<![\w-])src\(", re.IGNORECASE)
"""In styles: what loads, or what could hide the word for it."""
OPENS = re.compile(r"url\(", re.IGNORECASE)
URL = re.compile(r"url\(\s*(['\"]?)(.*?)\1\s*\)", re.DOTALL | re.IGNORECASE)
HELP = "take what it fetches or runs out of the drawing, or use a PNG"


class Unsafe(BadPicture):
    """Something in a drawing that runs or fetches, and can be taken out of it. `what` names it in a word or two."""

    def __init__(self, message: str, what: str, help: str | None = HELP) -> None:
        super().__init__(message, help)
        self.what = what


@dataclass(slots=True)
class Reading:
    """One pass over a drawing. `links` and `sizes` are by id: what an element refers to, how many elements it holds."""

    limits: Limits
    elements: int = 0
    has_text: bool = False
    style: list[str] | None = None
    open_ids: list[str | None] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self.element(space, local)
        if local == "style" and self.style is None:
            self.style = []
        self.open_ids.append(attributes.get("id"))
        self._count("", 1)
        for key, value in attributes.items():
            self.attribute(key, value)

    def element(self, space: str, local: str) -> None:
        """Takes note of an element. Raises Unsafe for one that runs, BadPicture for too many."""
        if not self.elements and (local != "svg" or space not in (SVG, "")):
            raise BadPicture(f"is an XML file of <{local}>, not an SVG picture")
        self.elements += 1
        if self.elements > MAX_ELEMENTS or len(self.open_ids) >= MAX_DEPTH:
            raise BadPicture("is an SVG picture with too many elements, or nested too deeply")
        if local.lower() in FORBIDDEN or space == HTML:
            raise Unsafe(f"is an SVG picture with <{local}>, which is not allowed", f"<{local}>")
        self.has_text = self.has_text or local == "text"

    def end(self, name: str) -> None:
        if self.style is not None and name.rpartition(" ")[2] == "style":
            self.styles("".join(self.style))
            self.style = None
        self.open_ids.pop()

    def text(self, data: str) -> None:
        if self.style is not None:
            self.style.append(data)

    def attribute(self, name: str, value: str) -> None:
        """Raises Unsafe for an attribute that runs or fetches. `name`: namespace, a space, the local name."""
        key = name.rpartition(" ")[2]
        if key.lower().startswith("on"):
            raise Unsafe(f"is an SVG picture with the event handler '{key}', which is not allowed", f"'{key}'")
        if name == BASE:
            raise Unsafe("is an SVG picture with xml:base, which is not allowed", "xml:base")
        if key in ("href", "src"):
            self._link(value.strip())
        elif key == "attributeName" and _animates(value.strip().lower()):
            raise Unsafe("is an SVG picture that animates a link, which is not allowed", "an animated link")
        elif "(" in value or "\\" in value:
            self.styles(value)

    def styles(self, css: str) -> None:
        """Raises Unsafe for styles that fetch, or hide what they do."""
        if FETCHES.search(css):
            message = "is an SVG picture whose styles hold an import or an escape, which is not allowed"
            raise Unsafe(message, "an import in styles")
        found = URL.findall(css)
        if len(found) != len(OPENS.findall(css)):
            raise Unsafe("is an SVG picture whose styles hold a link that does not end", "a link in styles")
        for _, target in found:
            self._link(target.strip())

    def _link(self, target: str) -> None:
        if target.startswith("#"):
            self._count(target[1:], 0)
        elif target.lower().startswith("data:"):
            self._embedded(target)
        elif target:
            short = target if len(target) <= 60 else target[:59] + "…"
            raise Unsafe(f"is an SVG picture that refers to '{short}', outside of itself", f"'{short}'")

    def _embedded(self, target: str) -> None:
        """An embedded raster picture is held to the same limits as a file. Raises BadPicture for anything else."""
        head, comma, body = target.partition(",")
        if not comma:
            raise Unsafe("is an SVG picture with a damaged data: link", "a data: link", None)
        try:
            data = base64.b64decode(re.sub(r"\s", "", body)) if head.endswith(";base64") else unquote_to_bytes(body)
        except (binascii.Error, ValueError) as error:
            raise Unsafe("is an SVG picture with a damaged data: link", "a data: link", None) from error
        try:
            facts = probe_bytes(data, limits=self.limits)
        except BadPicture as bad:
            raise Unsafe(bad.message, "a data: link", bad.help) from bad
        if facts.media_type == "image/svg+xml":
            raise Unsafe("is an SVG picture with another SVG embedded, which is not allowed", "an embedded SVG")

    def _count(self, link: str, elements: int) -> None:
        for name in {name for name in self.open_ids if name} | {""}:
            self.sizes[name] = self.sizes.get(name, 0) + elements
            if link:
                self.links.setdefault(name, []).append(link)

    def drawn(self) -> int:
        """Elements as often as they are drawn. Raises BadPicture above the limit, or where links run in a circle."""
        done: dict[str, int] = {}
        pending = [""]
        while pending:
            name = pending[-1]
            if (missing := [link for link in self.links.get(name, ()) if link not in done and link in self.sizes]) and (
                len(pending) <= MAX_DEPTH
            ):
                if missing[0] in pending:
                    raise BadPicture("is an SVG picture with an element that refers to itself")
                pending.append(missing[0])
                continue
            done[name] = self.sizes.get(name, 0) + sum(done.get(link, 0) for link in self.links.get(name, ()))
            if done[name] > MAX_ELEMENTS or len(pending) > MAX_DEPTH:
                raise BadPicture("is an SVG picture with too many elements, or nested too deeply")
            pending.pop()
        return done[""]


def _animates(target: str) -> bool:
    return target in ANIMATES_LINKS or target.startswith("on")


def _read(data: bytes, limits: Limits) -> Reading:
    check_length(data)
    reading = Reading(limits=limits)
    from xml.parsers import expat

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.EntityDeclHandler = refuse_entity
    parser.ProcessingInstructionHandler = _refuse_instruction
    parser.StartDoctypeDeclHandler = check_doctype
    parser.XmlDeclHandler = _check_encoding
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BadPicture(f"is damaged SVG: {error}") from error
    reading.drawn()
    return reading


def check_length(data: bytes) -> None:
    """Raises BadPicture for a drawing that is too large to be read."""
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1e6:.0f} MB, more than the {MAX_BYTES // 10**6} MB allowed"
        raise BadPicture(f"is an SVG picture of {size}")


def refuse_entity(*_: object) -> None:
    raise BadPicture("is an SVG picture that declares entities, which is not allowed", HELP)


def check_doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
    """Raises Unsafe for a document type that lies elsewhere than at the W3C, whose own nobody fetches."""
    if system and not system.startswith(W3C):
        raise Unsafe(f"is an SVG picture whose document type is '{system[:60]}', outside of itself", "<!DOCTYPE>")


def _check_encoding(version: str, encoding: str | None, standalone: int) -> None:
    """Raises Unsafe (with nothing to tell) for letters that programs may read in two ways: they are written anew."""
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise Unsafe(f"is an SVG picture in the encoding '{encoding[:20]}', not in UTF-8", "", "save it in UTF-8")


def _refuse_instruction(target: str, _: str) -> None:
    message = f"is an SVG picture with the instruction '<?{target} …?>', which is not allowed"
    raise Unsafe(message, f"<?{target}?>")


def check_svg(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raises BadPicture where a drawing holds scripts, event handlers, foreign objects, entities, anything outside
    of itself, or so many references that drawing it would never end."""
    _read(data, limits)


def covering(own: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    """The smallest size (pixels) of a drawing's own ratio that covers what is wanted."""
    by_width = wanted[0] * own[1] >= wanted[1] * own[0]
    scale = wanted[0] / own[0] if by_width else wanted[1] / own[1]
    return math.ceil(round(own[0] * scale, 6)), math.ceil(round(own[1] * scale, 6))


def rasterize_svg(data: bytes, width: int, height: int, *, limits: Limits = DEFAULT_LIMITS) -> Image.Image:
    """The drawing as RGBA: the smallest picture of the drawing's own ratio that covers `width` x `height` pixels.

    Hand it to `fit_picture` for an exact size. System fonts are loaded only where there is text to draw.
    Raises BadPicture as `check_svg` does, and where the picture would be larger than the limits.
    """
    reading = _read(data, limits)
    facts = probe_bytes(data, limits=limits)
    by_width = width * facts.height >= height * facts.width
    size = covering((facts.width, facts.height), (width, height))
    limits.check_size(*size)
    import resvg_py
    from PIL import Image

    try:
        png = resvg_py.svg_to_bytes(
            svg_string=data.decode("utf-8-sig"),
            skip_system_fonts=not reading.has_text,
            width=width if by_width else None,
            height=None if by_width else height,
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise BadPicture(f"is an SVG picture that cannot be drawn: {error}") from error
    image = Image.open(io.BytesIO(bytes(png)), formats=["PNG"]).convert("RGBA")
    if abs(image.width - size[0]) <= 1 and abs(image.height - size[1]) <= 1:
        return image
    return image.resize(size)  # fractions of a pixel in a very narrow drawing's size
