"""Draft room: input pictures as pixels, drawings too. An animation counts as its first frame."""

from __future__ import annotations

from PIL import Image

from pixmake.imaging.cleaning import clean_svg
from pixmake.imaging.decode import decode
from pixmake.imaging.probe import BadPicture
from pixmake.providers.base import Picture


def opened(picture: Picture, draft: tuple[int, int] | None = None) -> Image.Image:
    """The picture as RGBA. `draft`: a size (pixels) that is enough, for kinds that can be read faster in small.

    Raises OSError where it can't be read.
    """
    if picture.media_type == "image/svg+xml":
        try:
            return decode(clean_svg(picture.path.read_bytes()).data).convert("RGBA")
        except BadPicture as bad:
            raise OSError(f"it {bad.message}") from bad
    with Image.open(picture.path) as image:
        if draft is not None:
            image.draft("RGB", draft)
        return image.convert("RGBA")
