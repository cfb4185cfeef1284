"""Imaging room: what kind of file some first bytes begin. Names, suffixes and content types are never believed."""

from __future__ import annotations

import math
import re
from typing import BinaryIO

from pixmake.imaging.headers import PNG_MAGIC, Damaged, Header
from pixmake.values import dataclass

CONVERT = "convert it to PNG, JPEG or WebP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A picture that can be read (`media_type`), or what the bytes are instead (`message` completes "the file …")."""

    media_type: str | None = None
    message: str = ""
    help: str | None = None


def _not(what: str, help: str | None = None) -> Kind:
    return Kind(message=f"is {what}, not a picture", help=help)


def _unread(what: str) -> Kind:
    return Kind(message=f"is {what}, which is not supported", help=CONVERT)


BY_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (PNG_MAGIC, Kind(media_type="image/png")),
    (b"\xff\xd8\xff", Kind(media_type="image/jpeg")),
    (b"GIF87a", Kind(media_type="image/gif")),
    (b"GIF89a", Kind(media_type="image/gif")),
    (b"\0\0\1\0", Kind(media_type="image/x-icon")),
    (b"BM", _unread("a BMP picture")),
    (b"II*\0", _unread("a TIFF picture")),
    (b"MM\0*", _unread("a TIFF picture")),
    (b"8BPS", _unread("a Photoshop file")),
    (b"\xff\x0a", _unread("a JPEG XL picture")),
    (b"\0\0\0\x0cJXL ", _unread("a JPEG XL picture")),
    (b"\0\0\0\x0cjP  ", _unread("a JPEG 2000 picture")),
    (b"gimp xcf", _unread("a GIMP file")),
    (b"%PDF-", _not("a PDF document")),
    (b"PK\3\4", _not("a ZIP archive")),
    (b"\x1f\x8b", _not("gzip data", "unpack it first")),
    (b"7z\xbc\xaf\x27\x1c", _not("a 7z archive")),
    (b"\x7fELF", _not("a program")),
    (b"version https://git-lfs", _not("a Git LFS pointer", "fetch the file itself: git lfs pull")),
)

BMFF = {
    b"avif": Kind(media_type="image/avif"),
    b"avis": Kind(media_type="image/avif"),
    b"heic": _unread("a HEIC picture"),
    b"heix": _unread("a HEIC picture"),
    b"mif1": _unread("a HEIF picture"),
}

UNKNOWN = _not("of an unknown kind")
LEADING = rb"(?si)^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE\s+svg[^>\[]*(?:\[.*?\]\s*)?>\s*)*"


def sniff(head: bytes) -> Kind:
    """The kind of file that begins with `head`; a few kilobytes are enough."""
    for magic, kind in BY_MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF":
        return Kind(media_type="image/webp") if head[8:12] == b"WEBP" else _not("a RIFF file (sound or film)")
    if head[4:8] == b"ftyp":
        return _bmff(head)
    if PNG_MAGIC.startswith(head[:8]) or head in (b"\xff", b"\xff\xd8"):
        return Kind(message="is cut short")
    return _text(head)


def _bmff(head: bytes) -> Kind:
    length = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[place : place + 4] for place in range(16, min(length, len(head)), 4))]
    if b"avif" in brands or b"avis" in brands:
        return BMFF[b"avif"]
    return next((BMFF[brand] for brand in brands if brand in BMFF), _not("a film"))


def _text(head: bytes) -> Kind:
    leading = re.match(LEADING, head)
    body = head[leading.end() :] if leading else head
    start = body[:200].lstrip().lower()
    if re.match(rb"<(?:[\w.-]+:)?svg[\s>/]", start):
        return Kind(media_type="image/svg+xml")
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return _not("an HTML page", "a server may have answered with a page; fetch the picture itself")
    if not _is_text(head):
        return UNKNOWN
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        return Kind(message="holds nothing but white space")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") or start.startswith(b"<"):
        return _not("an XML file")
    return _not("JSON text") if start.startswith((b"{", b"[")) else _not("a text file")


def _is_text(head: bytes) -> bool:
    if any(byte < 32 and byte not in (9, 10, 12, 13) for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3  # a character cut by the end of the sample
    return True


class _Found(Exception):
    pass


def read_svg(stream: BinaryIO) -> Header:
    """SVG: the size its root element asks for, in pixels of 1/96 inch, rounded up; without one that of its viewBox."""
    root: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        root.append((name, attributes))
        raise _Found

    def entity(*_: object) -> None:
        raise Damaged("is an SVG picture that declares entities, which is not allowed")

    from xml.parsers import expat

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EntityDeclHandler = entity
    try:
        parser.ParseFile(stream)
    except _Found:
        name, attributes = root[0]
        if name.rpartition(" ")[2] != "svg":
            raise Damaged(f"is an XML file of <{name.rpartition(' ')[2]}>, not an SVG picture") from None
        width, height = svg_size(attributes)
        return Header(width=width, height=height, mode="RGBA", has_alpha=True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Damaged(f"is damaged SVG: {error}") from error
    raise Damaged("is damaged SVG: it has no root element")


UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
LENGTH = r"\s*\+?(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(?:e([+-]?\d))?\s*(px|pt|pc|in|cm|mm|%|)\s*"


def svg_size(attributes: dict[str, str]) -> tuple[int, int]:
    """Width and height in whole pixels by the attributes of an <svg> element; one that is missing follows the ratio.

    Raises Damaged where neither they nor a viewBox tell: then every program draws another size.
    """
    view = _view(attributes.get("viewBox"))
    width = _length(attributes.get("width"), view[0] if view else None)
    height = _length(attributes.get("height"), view[1] if view else None)
    if view is not None:
        ratio = view[0] / view[1]
        if width is None:
            width = view[0] if height is None else height * ratio
        height = width / ratio if height is None else height
    if width is None or height is None:
        raise Damaged("is an SVG picture without a size: its <svg> needs a viewBox, or width and height")
    return _whole(width), _whole(height)


def _whole(value: float) -> int:
    return math.ceil(round(value, 6))


def _length(text: str | None, whole: float | None) -> float | None:
    match = re.fullmatch(LENGTH, text.lower()) if text else None
    if match is None:
        return None
    value = float(match[1]) * 10.0 ** int(match[2] or 0)
    if match[3] == "%":
        return None if whole is None else whole * value / 100
    return value * UNITS[match[3]]


def _view(text: str | None) -> tuple[float, float] | None:
    numbers = re.split(r"[\s,]+", (text or "").strip())
    try:
        width, height = (float(number) for number in numbers[2:4])
    except ValueError:
        return None
    return (width, height) if 0 < width < 1e9 and 0 < height < 1e9 else None
