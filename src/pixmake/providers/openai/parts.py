"""Providers room: input pictures as the file parts of an edit. What the API refuses is turned into 8-bit RGB(A) PNG first."""

from __future__ import annotations

from collections.abc import Sequence

from pixmake.imaging.probe import BadPicture, Facts, probe_bytes
from pixmake.providers.base import Failed, Picture
from pixmake.providers.openai.dialect import Dialect

Part = tuple[str, bytes, str]
"""File name, bytes, media type. Without name and type the API answers `unsupported_file_mimetype`."""

MOST_BYTES = 50_000_000
"""The API takes input pictures below this size (fact sheet, section 1)."""
SUFFIX = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
SIXTEEN_BITS = 16
DEPTH_PLACE = 24
"""Where a PNG says its bits a channel."""


OPENAI = Dialect()
DRAWN = (1024, 1024)
"""Pixels that a drawing covers where no mask says its size."""


def parts_of(pictures: Sequence[Picture], dialect: Dialect = OPENAI) -> dict[str, Part | list[Part]]:
    """`image` (one part, or a list that is sent as `image[]`), `mask` and `markup`. Raises Failed for unusable files.

    Reads and decodes files, so it belongs into a thread.
    """
    images = [item for item in pictures if item.kind == "image"]
    drawn = next(((item.width, item.height) for item in pictures if item.kind != "image"), DRAWN)
    found: dict[str, Part | list[Part]] = {}
    if images:
        parts = [_part(f"image-{number}", item, dialect, drawn) for number, item in enumerate(images, start=1)]
        found["image"] = parts[0] if len(parts) == 1 else parts
    for item in pictures:
        if item.kind != "image":
            found[item.kind] = _part(item.kind, item, dialect, drawn)
    return found


def _part(name: str, picture: Picture, dialect: Dialect, drawn: tuple[int, int]) -> Part:
    try:
        if picture.kind == "mask" and dialect.mask == "white":
            data, media_type = _white(picture), "image/png"
        else:
            data, media_type = as_sent(picture.path.read_bytes(), dialect.takes, drawn)
    except BadPicture as bad:
        raise Failed(f"the input '{name}' {bad.message}", help=bad.help) from None
    except OSError as error:
        raise Failed(f"the input '{name}' can't be read: {error.strerror}") from None
    if len(data) >= MOST_BYTES:
        size = f"{len(data) / 1e6:.0f} MB"
        raise Failed(f"the input '{name}' has {size}; the API takes less than 50 MB", help="scale it down first")
    return f"{name}.{SUFFIX[media_type]}", data, media_type


def _white(picture: Picture) -> bytes:
    """Our mask (alpha 0: painted anew) for a server to which white says that. Raises BadPicture, OSError."""
    from pixmake.imaging.alpha import load_mask, white_png

    return white_png(load_mask(picture.path))


def as_sent(data: bytes, takes: frozenset[str] = OPENAI.takes, drawn: tuple[int, int] = DRAWN) -> tuple[bytes, str]:
    """A picture's bytes and media type as the API takes them: the same bytes where it takes them. Raises BadPicture.

    Of an animation the first frame is sent; a drawing is drawn as large as covers `drawn` pixels: its overlay's size,
    where there is one.
    """
    facts = probe_bytes(data)
    if facts.media_type == "image/svg+xml":
        from pixmake.imaging.cleaning import clean_svg

        data = clean_svg(data).data
    if is_taken(facts, data, takes):
        return data, facts.media_type
    from pixmake.imaging.decode import decode
    from pixmake.imaging.encode import encode

    return encode(decode(data, cover=drawn), "png"), "image/png"


def is_taken(facts: Facts, data: bytes, takes: frozenset[str] = OPENAI.takes) -> bool:
    """Whether the API takes these bytes: a still, upright PNG, JPEG or WebP of 8-bit RGB or RGBA.

    It refuses CMYK, 16 bits and palettes with `invalid_image_file` (fact sheet, section 12); a turned picture would
    not fit its mask on every server.
    """
    if facts.media_type not in takes or facts.frames > 1 or facts.orientation != 1:
        return False
    if facts.media_type == "image/png" and data[DEPTH_PLACE] == SIXTEEN_BITS:
        return False
    return facts.mode == "RGBA" or (facts.mode == "RGB" and not facts.has_alpha)
