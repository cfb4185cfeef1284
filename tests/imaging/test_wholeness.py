"""A picture that was paid for is looked at as far as is needed to believe it, and no further."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pixmake.imaging.probe import BadPicture, Facts
from pixmake.imaging.wholeness import Passing, whole_picture


def _gradient() -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((16, 12)).convert("RGBA").save(stream, "png")
    return stream.getvalue()


GRADIENT = _gradient()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _told(*chunks: tuple[bytes, bytes]) -> bytes:
    """The gradient with further chunks before its pixels."""
    behind = len(b"\x89PNG\r\n\x1a\n") + 8 + 13 + 4
    return GRADIENT[:behind] + b"".join(_chunk(*chunk) for chunk in chunks) + GRADIENT[behind:]


TURNED = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + b"\0\0\0\0"
PNGS = (
    GRADIENT,
    _told((b"eXIf", TURNED), (b"iCCP", bytes(60)), (b"acTL", struct.pack(">II", 3, 0))),
    _told((b"acTL", b"\0\0"), (b"tRNS", b"\0\0"), (b"eXIf", b"")),
    _told((b"IHDR", bytes(13)), (b"eXIf", TURNED), (b"eXIf", TURNED.replace(b"\x06", b"\x03"))),
)


def picture(folder: Path, suffix: str) -> Path:
    path = folder / f"picture.{suffix}"
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(path)
    return path


@pytest.mark.parametrize(
    ("suffix", "media_type"), [("png", "image/png"), ("jpg", "image/jpeg"), ("webp", "image/webp")]
)
def test_a_whole_picture_is_what_it_says_and_one_that_is_cut_short_is_none(
    tmp_path: Path, suffix: str, media_type: str
) -> None:
    data = picture(tmp_path, suffix).read_bytes()
    facts = whole_picture(data)
    assert (facts.media_type, facts.width, facts.height) == (media_type, 64, 48)
    with pytest.raises(BadPicture, match="that is cut short"):
        whole_picture(data[:-5])


def test_a_png_with_one_wrong_byte_is_none(tmp_path: Path) -> None:
    data = bytearray(picture(tmp_path, "png").read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(BadPicture, match="the checksum of its IDAT chunk is wrong"):
        whole_picture(bytes(data))


def test_a_png_is_believed_without_pillow(tmp_path: Path) -> None:
    code = (
        "import sys; from pixmake.imaging.wholeness import whole_picture\n"
        "print(whole_picture(open(sys.argv[1], 'rb').read()).media_type, 'PIL' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(picture(tmp_path, "png"))], capture_output=True, text=True, check=True
    )
    assert found.stdout == "image/png False\n"


@given(
    png=st.sampled_from(PNGS),
    at=st.integers(0, 400),
    flip=st.integers(1, 255),
    cut=st.integers(0, 400),
    sizes=st.lists(st.integers(1, 90)),
)
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
def test_in_pieces_a_png_is_what_it_is_as_a_whole(png: bytes, at: int, flip: int, cut: int, sizes: list[int]) -> None:
    """`at` and `flip` damage one byte, `cut` takes bytes off its end; both may do nothing."""
    data = bytearray(png)
    if at < len(data):
        data[at] ^= flip
    data = data[: len(data) - min(cut, 300)] if cut % 3 == 0 else data
    whole = _said(lambda: whole_picture(bytes(data)))
    with tempfile.TemporaryDirectory() as folder:
        path, passing, start = Path(folder) / "p", Passing(), 0
        path.write_bytes(data)
        for size in [*sizes, len(data)]:
            passing.take(bytes(data[start : start + size]))
            start += size
        assert _said(lambda: passing.facts(path)) == whole


def test_what_follows_a_png_is_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(GRADIENT + b"more")
    passing = Passing()
    passing.take(GRADIENT)
    passing.take(b"more")
    assert passing.facts(path) == whole_picture(GRADIENT + b"more")


def test_other_kinds_are_read_when_they_have_passed(tmp_path: Path) -> None:
    path = picture(tmp_path, "webp")
    passing = Passing()
    passing.take(path.read_bytes())
    assert passing.facts(path).media_type == "image/webp"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(BadPicture, match="cut short"):
        passing.facts(path)


def _said(look: Callable[[], Facts]) -> Facts | str:
    try:
        return look()
    except BadPicture as bad:
        return bad.message


def test_what_a_png_says_before_its_pixels_is_heard_while_it_passes(tmp_path: Path) -> None:
    """The file is not looked at: it is not even there."""
    passing = Passing()
    passing.take(PNGS[1])
    facts = passing.facts(tmp_path / "nowhere.png")
    assert (facts.width, facts.height, facts.frames, facts.orientation) == (16, 12, 3, 6)
