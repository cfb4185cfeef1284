"""Imaging room: drawings from elsewhere, made fit to publish. What runs or fetches is taken out; what is left is checked.

A drawing with nothing to take out comes back byte for byte. What can't be made safe (entities, drawings without end)
is refused as `check_svg` refuses it: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from pixmake.imaging.headers import Damaged
from pixmake.imaging.probe import DEFAULT_LIMITS, BadPicture, Facts, Limits
from pixmake.imaging.sniff import svg_size
from pixmake.imaging.svg import (
    FETCHES,
    OPENS,
    URL,
    Reading,
    Unsafe,
    check_doctype,
    check_length,
    check_svg,
    refuse_entity,
)
from pixmake.values import dataclass

IMPORT = re.compile(r"@import[^;{}]*(;|$)", re.IGNORECASE)
UNSIZED = (300, 150)
"""What browsers make of a drawing that says no size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A drawing that may be published. `removed`: what was taken out, each in a word or two, once."""

    data: bytes
    removed: tuple[str, ...] = ()


def clean_svg(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Cleaned:
    """The drawing without scripts, event handlers, HTML, and links to anything outside of itself.

    Raises BadPicture for what is no whole drawing, declares entities, or has too many elements.
    """
    try:
        check_svg(data, limits=limits)
        return Cleaned(data=data)
    except Unsafe:
        pass
    cleaner = _Cleaner(reading=Reading(limits=limits))
    clean = cleaner.cleaned(data)
    check_svg(clean, limits=limits)
    return Cleaned(data=clean, removed=tuple(cleaner.removed))


@dataclass(slots=True)
class _Cleaner:
    """Writes a drawing anew as it is read. `skipped` is the depth inside an element that is left out."""

    reading: Reading
    removed: dict[str, None] = field(default_factory=dict)
    out: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    spaces: list[tuple[str | None, str | None]] = field(default_factory=list)
    skipped: int = 0
    style: list[str] | None = None

    def cleaned(self, data: bytes) -> bytes:
        check_length(data)
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.ordered_attributes = False
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartNamespaceDeclHandler = self.declare
        parser.EntityDeclHandler = refuse_entity
        parser.ProcessingInstructionHandler = self.instruct
        parser.StartDoctypeDeclHandler = self.doctype
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise BadPicture(f"is damaged SVG: {error}") from error
        return "".join(self.out).encode()

    def declare(self, prefix: str | None, uri: str | None) -> None:
        self.spaces.append((prefix, uri))

    def doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        try:
            check_doctype(name, system, public, internal)
        except Unsafe as unsafe:
            self.removed[unsafe.what] = None

    def instruct(self, target: str, _: str) -> None:
        self.removed[f"<?{target}?>"] = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        spaces, self.spaces = self.spaces, []
        if self.skipped or self.style is not None:  # nothing but text belongs into styles
            self.skipped += 1
            return
        space, local, shown = _parts(name)
        try:
            self.reading.element(space, local)
        except Unsafe as unsafe:
            self.removed[unsafe.what] = None
            self.skipped = 1
            return
        kept = [f" {'xmlns:' + prefix if prefix else 'xmlns'}={quoteattr(uri or '')}" for prefix, uri in spaces]
        kept += [text for key, value in attributes.items() if (text := self._attribute(key, value))]
        self.out.append(f"<{shown}{''.join(kept)}>")
        self.open.append(shown)
        self.reading.open_ids.append(None)
        if local == "style":
            self.style = []

    def end(self, name: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        if self.style is not None:
            css, self.style = "".join(self.style), None
            self.out.append(escape(self._styles(css)))
        self.out.append(f"</{self.open.pop()}>")
        self.reading.open_ids.pop()

    def text(self, data: str) -> None:
        if self.skipped:
            return
        if self.style is not None:
            self.style.append(data)
        else:
            self.out.append(escape(data))

    def _attribute(self, name: str, value: str) -> str:
        space, local, shown = _parts(name)
        try:
            self.reading.attribute(f"{space} {local}" if space else local, value)
        except Unsafe as unsafe:
            self.removed[unsafe.what] = None
            return ""
        return f" {shown}={quoteattr(value)}"

    def _styles(self, css: str) -> str:
        """Styles without imports and foreign links; none at all where something else is wrong with them."""
        try:
            self.reading.styles(css)
        except Unsafe as unsafe:
            self.removed[unsafe.what] = None
        else:
            return css
        css = URL.sub(lambda found: found[0] if found[2].strip().startswith("#") else "none", IMPORT.sub("", css))
        is_safe = not FETCHES.search(css) and len(URL.findall(css)) == len(OPENS.findall(css))
        return css if is_safe else ""


def _parts(name: str) -> tuple[str, str, str]:
    """Namespace, local name, and the name as it was written; expat parts the three by spaces."""
    space, _, rest = name.partition(" ") if " " in name else ("", "", name)
    local, _, prefix = rest.partition(" ")
    return space, local, f"{prefix}:{local}" if prefix else local


def whole_svg(data: bytes) -> Facts:
    """What a drawing that was paid for is, whatever else is in it: it is kept as it came, and checked when published.

    Raises BadPicture for what is not whole.
    """
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.DefaultHandler = lambda _: None  # entities are passed over, and not expanded
    parser.StartElementHandler = lambda _, attributes: None if found else found.append(attributes)
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BadPicture(f"is damaged SVG: {error}") from error
    try:
        width, height = svg_size(found[0])
    except Damaged:
        width, height = UNSIZED
    return Facts(media_type="image/svg+xml", width=width, height=height, has_alpha=True, frames=1, mode="RGBA")
