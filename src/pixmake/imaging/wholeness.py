"""Imaging room: whether a picture that was paid for is whole. What it holds besides is nobody's matter before it is published."""

from __future__ import annotations

from pathlib import Path

from pixmake.digest import read_file
from pixmake.imaging.ends import PngChunks, check_whole
from pixmake.imaging.headers import SNIFFED
from pixmake.imaging.probe import Facts, probe_bytes, probe_file, probe_png
from pixmake.imaging.sniff import sniff


def whole_picture(data: bytes) -> Facts:
    """What a picture is. Raises BadPicture for anything but a whole one.

    A PNG's checksums cover every byte of it; of an animation every frame is decoded, of other formats the picture. Of a
    drawing any whole one will do, whatever it would run or fetch: it is made safe when it is published.
    """
    if sniff(data[:SNIFFED]).media_type == "image/svg+xml":
        from pixmake.imaging.cleaning import whole_svg

        return whole_svg(data)
    facts = probe_bytes(data)
    check_whole(data, facts.media_type)
    if facts.media_type == "image/gif" and facts.frames > 1:
        from pixmake.imaging.animation import check_animation

        check_animation(data)
    elif facts.media_type != "image/png":
        from pixmake.imaging.decode import decode

        decode(data)
    return facts


class Passing:
    """A picture on its way into a file. A PNG is looked at while it passes, so that nobody has to read it again."""

    def __init__(self) -> None:
        self._png = PngChunks()
        self.take = self._png.take
        """Takes the next bytes."""

    def facts(self, path: Path) -> Facts:
        """What the picture is that passed and lies at `path` now. Raises as `whole_picture`, and OSError."""
        if not self._png.is_png:
            return whole_picture(read_file(path))
        facts = probe_png(self._png.head, self._png.size) if self._png.has_head else probe_file(path)
        self._png.check()
        return facts
