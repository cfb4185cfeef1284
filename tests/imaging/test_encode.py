from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from imaging.pictures import drawing, saved, svg
from pixmake.digest import Digest, sha256_bytes
from pixmake.imaging.decode import decode
from pixmake.imaging.encode import (
    ENCODERS,
    MEDIA_TYPES,
    encode,
    has_transparency,
    is_identity,
    on_white,
)
from pixmake.imaging.marks import draft_mark, mark_gif, mark_png, mark_svg, read_draft_mark
from pixmake.imaging.probe import BadPicture, probe_bytes
from pixmake.imaging.svg import check_svg

RECIPE = sha256_bytes(b"recipe")
FORMATS = sorted(ENCODERS)


def difference(first: Image.Image, second: Image.Image) -> float:
    """Mean difference of a channel, 0 to 255, of the pictures laid on white."""
    return max(ImageStat.Stat(ImageChops.difference(on_white(first), on_white(second))).mean)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("format", FORMATS)
def test_every_format_comes_back(format: str, mode: str) -> None:
    image = drawing(mode=mode)
    data = encode(image, format, widths=(96,) if format == "ico" else ())
    facts = probe_bytes(data)
    assert facts.media_type == MEDIA_TYPES[format]
    back = decode(data)
    assert back.size == image.size
    if format in ("png", "ico"):
        assert back == image.convert(back.mode)
    elif format == "gif" and mode == "RGBA":
        assert set(back.getchannel("A").tobytes()) == {0, 255}
    else:
        assert difference(back, image) < 6
    if format != "ico":
        assert back.mode == ("RGB" if format == "jpeg" else mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("format", FORMATS)
def test_a_drafts_mark_comes_back_and_moves_no_pixel(format: str, mode: str, tmp_path: Path) -> None:
    image = drawing(mode=mode)
    plain, marked = encode(image, format), encode(image, format, draft=RECIPE)
    assert read_draft_mark(plain) is None
    assert read_draft_mark(marked) == RECIPE
    path = tmp_path / "any.name"
    path.write_bytes(marked)
    assert read_draft_mark(path) == RECIPE
    assert decode(marked) == decode(plain)
    assert probe_bytes(marked) == probe_bytes(plain)
    assert marked == encode(image.copy(), format, draft=RECIPE)


@pytest.mark.parametrize("format", ["jpeg", "webp", "avif"])
def test_others_can_read_the_mark_too(format: str) -> None:
    exif = Image.open(io.BytesIO(encode(drawing(), format, draft=RECIPE))).getexif()
    assert exif[0x010E] == draft_mark(RECIPE)
    assert exif[0x0131] == "pixmake"


def test_others_can_read_the_mark_of_png_and_gif() -> None:
    assert Image.open(io.BytesIO(encode(drawing(), "png", draft=RECIPE))).info["pixmake"] == draft_mark(RECIPE)
    gif = Image.open(io.BytesIO(encode(drawing(), "gif", draft=RECIPE)))
    assert gif.info["comment"] == draft_mark(RECIPE).encode()


def test_whole_files_are_marked_without_encoding_them_anew() -> None:
    frames = [drawing().rotate(90), drawing().rotate(180)]
    film = saved(drawing(), "GIF", save_all=True, append_images=frames)
    marked = mark_gif(film, RECIPE)
    assert read_draft_mark(marked) == RECIPE
    assert probe_bytes(marked) == probe_bytes(film)
    original = saved(drawing(), "PNG")
    assert read_draft_mark(mark_png(original, RECIPE)) == RECIPE
    picture = svg("<rect/>")
    check_svg(mark_svg(picture, RECIPE))
    assert read_draft_mark(mark_svg(picture, RECIPE)) == RECIPE
    assert read_draft_mark(picture) is None


@pytest.mark.parametrize(
    "data", [b"", b"pixmake draft " + b"0" * 64, b"\x89PNG\r\n\x1a\n\0", b"\xff\xd8\xff", b"GIF89a"]
)
def test_other_bytes_hold_no_mark(data: bytes) -> None:
    assert read_draft_mark(data) is None


@pytest.mark.parametrize("text", ["pixmake draft 12", "pixmake draft " + "0" * 65, "made with pixmake"])
def test_only_the_exact_mark_counts(text: str) -> None:
    data = encode(drawing(), "png", draft=Digest("0" * 64))
    other = mark_png(encode(drawing(), "png"), Digest("0" * 64)).replace(draft_mark(Digest("0" * 64)).encode(), b"")
    assert read_draft_mark(data) == "0" * 64
    assert read_draft_mark(other) is None
    exif = Image.Exif()
    exif[0x010E] = text
    assert read_draft_mark(saved(drawing(), "JPEG", exif=exif)) is None


def test_nothing_else_is_written() -> None:
    image = drawing()
    image.info = {"icc_profile": b"x", "exif": b"Exif\0\0y", "comment": b"secret", "dpi": (72, 72)}
    for name in FORMATS:
        assert encode(image, name) == encode(drawing(), name)
    assert image.info["comment"] == b"secret"


def test_quality() -> None:
    image = drawing(200, 200)
    for name in ("jpeg", "webp", "avif"):
        assert len(encode(image, name, quality=20)) < len(encode(image, name, quality=95))
        assert encode(image, name) != encode(image, name, quality=95)
    clear = drawing(mode="RGBA")
    assert decode(encode(clear, "webp", quality=100)) == clear  # lossless, hidden colors too
    assert encode(image, "png", quality=5) == encode(image, "png")


def test_jpeg_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (16, 16), (255, 0, 0, 0))
    assert decode(encode(clear, "jpeg")).getpixel((3, 3)) == (255, 255, 255)
    assert has_transparency(clear)
    assert not has_transparency(drawing())
    assert not has_transparency(Image.new("RGBA", (2, 2), (0, 0, 0, 255)))


def test_hidden_colors_take_no_place_in_a_gif() -> None:
    image = drawing(mode="RGBA")
    image.putalpha(image.getchannel("A").point(lambda value: 255 if value > 200 else 0))
    back = decode(encode(image, "gif"))
    assert back.getchannel("A") == image.getchannel("A")
    assert difference(back, image) < 2


def icon_sizes(data: bytes) -> set[tuple[int, int]]:
    sizes = Image.open(io.BytesIO(data)).info["sizes"]
    assert isinstance(sizes, set)
    return sizes


def test_icons_hold_several_widths() -> None:
    image = drawing(300, 300, "RGBA")
    assert icon_sizes(encode(image, "ico", widths=(64, 16, 16))) == {(16, 16), (64, 64)}
    assert icon_sizes(encode(image, "ico")) == {(16, 16), (32, 32), (48, 48), (256, 256)}
    assert icon_sizes(encode(drawing(64, 64), "ico")) == {(16, 16), (32, 32), (48, 48), (64, 64)}
    assert icon_sizes(encode(drawing(10, 10), "ico")) == {(10, 10)}
    assert icon_sizes(encode(drawing(100, 50), "ico", widths=(50,))) == {(50, 25)}
    with pytest.raises(BadPicture) as caught:
        encode(image, "ico", widths=(512,))
    assert caught.value.message == "would be 512x512 in an icon, which holds at most 256x256"


def test_what_cannot_be_encoded_is_told() -> None:
    with pytest.raises(BadPicture) as caught:
        encode(Image.new("RGB", (16384, 1)), "webp")
    assert caught.value.message == "is 16384x1 pixels; webp holds at most 16383 a side"
    with pytest.raises(ValueError, match="nothing encodes 'bmp'"):
        encode(drawing(), "bmp")


def test_identity() -> None:
    facts = probe_bytes(saved(drawing(), "PNG"))
    assert is_identity(facts, format="png", width=96, height=64)
    assert is_identity(facts, format="png", width=96, height=64, quality=80)
    assert not is_identity(facts, format="png", width=96, height=64, changed=True)
    assert not is_identity(facts, format="png", width=64, height=64)
    assert not is_identity(facts, format="webp", width=96, height=64)
    jpeg = probe_bytes(saved(drawing(), "JPEG"))
    assert is_identity(jpeg, format="jpeg", width=96, height=64)
    assert not is_identity(jpeg, format="jpeg", width=96, height=64, quality=80)
    exif = Image.Exif()
    exif[0x0112] = 3
    assert not is_identity(probe_bytes(saved(drawing(), "JPEG", exif=exif)), format="jpeg", width=96, height=64)
