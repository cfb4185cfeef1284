from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from imaging.pictures import drawing, raw_png, saved, svg
from pixmake.imaging.decode import decode
from pixmake.imaging.probe import BadPicture, Facts, Limits, probe_bytes, probe_file


def icon_of_bitmaps() -> bytes:
    return saved(drawing(64, 64, "RGBA"), "ICO", sizes=[(16, 16), (64, 64)], bitmap_format="bmp")


def animated(format: str) -> bytes:
    frames = [drawing().rotate(turn) for turn in (90, 180, 270)]
    return saved(drawing(), format, save_all=True, append_images=frames)


def turned(format: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(drawing(), format, exif=exif)


SAMPLES: dict[str, bytes] = {
    "png": saved(drawing(), "PNG"),
    "png-alpha": saved(drawing(mode="RGBA"), "PNG"),
    "png-palette": saved(drawing().quantize(8), "PNG", transparency=3),
    "apng": animated("PNG"),
    "jpeg": saved(drawing(), "JPEG"),
    "jpeg-cmyk": saved(drawing().convert("CMYK"), "JPEG"),
    "jpeg-turned": turned("JPEG", 6),
    "webp": saved(drawing(), "WEBP"),
    "webp-alpha": saved(drawing(mode="RGBA"), "WEBP"),
    "webp-lossless": saved(drawing(mode="RGBA"), "WEBP", lossless=True),
    "webp-animated": animated("WEBP"),
    "gif": saved(drawing(), "GIF"),
    "gif-animated": animated("GIF"),
    "avif": saved(drawing(), "AVIF"),
    "avif-alpha": saved(drawing(mode="RGBA"), "AVIF"),
    "avif-turned": turned("AVIF", 5),
    "avif-animated": animated("AVIF"),
    "ico": saved(drawing(64, 64, "RGBA"), "ICO", sizes=[(16, 16), (64, 64)]),
    "ico-bitmaps": icon_of_bitmaps(),
    "svg": b'<?xml version="1.0"?>\n<!-- hello -->\n' + svg('<rect width="40" height="20" fill="red"/>'),
}

EXPECTED = {
    "png": ("image/png", 96, 64, False, 1, "RGB"),
    "png-alpha": ("image/png", 96, 64, True, 1, "RGBA"),
    "png-palette": ("image/png", 96, 64, True, 1, "P"),
    "apng": ("image/png", 96, 64, False, 4, "RGB"),
    "jpeg": ("image/jpeg", 96, 64, False, 1, "RGB"),
    "jpeg-cmyk": ("image/jpeg", 96, 64, False, 1, "CMYK"),
    "jpeg-turned": ("image/jpeg", 96, 64, False, 1, "RGB"),
    "webp": ("image/webp", 96, 64, False, 1, "RGB"),
    "webp-alpha": ("image/webp", 96, 64, True, 1, "RGBA"),
    "webp-lossless": ("image/webp", 96, 64, True, 1, "RGBA"),
    "webp-animated": ("image/webp", 96, 64, False, 4, "RGB"),
    "gif": ("image/gif", 96, 64, False, 1, "P"),
    "gif-animated": ("image/gif", 96, 64, False, 4, "P"),
    "avif": ("image/avif", 96, 64, False, 1, "RGB"),
    "avif-alpha": ("image/avif", 96, 64, True, 1, "RGBA"),
    "avif-turned": ("image/avif", 96, 64, False, 1, "RGB"),
    "avif-animated": ("image/avif", 96, 64, False, 4, "RGB"),
    "ico": ("image/x-icon", 64, 64, True, 1, "RGBA"),
    "ico-bitmaps": ("image/x-icon", 64, 64, True, 1, "RGBA"),
    "svg": ("image/svg+xml", 40, 20, True, 1, "RGBA"),
}


def seen(facts: Facts) -> tuple[object, ...]:
    return facts.media_type, facts.width, facts.height, facts.has_alpha, facts.frames, facts.mode


@pytest.mark.parametrize("name", SAMPLES)
def test_the_header_tells_what_the_pixels_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / "misleading.txt"
    path.write_bytes(SAMPLES[name])
    facts = probe_file(path)
    assert seen(facts) == EXPECTED[name]
    assert facts == probe_bytes(SAMPLES[name])
    image = decode(path)
    assert image.size == facts.upright_size
    assert image.mode == ("RGBA" if facts.has_alpha else "RGB")


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_size_follows_exif(format: str, orientation: int) -> None:
    facts = probe_bytes(turned(format, orientation))
    assert facts.orientation == orientation
    assert facts.upright_size == ((64, 96) if orientation >= 5 else (96, 64))


def test_a_damaged_orientation_is_upright() -> None:
    data = SAMPLES["jpeg-turned"].replace(struct.pack(">HHIH", 0x0112, 3, 1, 6), struct.pack(">HHIH", 0x0112, 3, 1, 77))
    assert data != SAMPLES["jpeg-turned"]
    assert probe_bytes(data).orientation == 1


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "a")
    return stream.getvalue()


NOT_PICTURES = [
    (b"", "is empty"),
    (b" \n\t", "holds nothing but white space"),
    (b"<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>", "is an HTML page, not a picture"),
    (b"\n<HTML><head></head></HTML>", "is an HTML page, not a picture"),
    (json.dumps({"error": {"message": "no"}}).encode(), "is JSON text, not a picture"),
    (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "is an XML file, not a picture"),
    ("Überall Text".encode(), "is a text file, not a picture"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "is a Git LFS pointer, not a picture"),
    (zipped(), "is a ZIP archive, not a picture"),
    (b"%PDF-1.7\n", "is a PDF document, not a picture"),
    (b"\x1f\x8b\x08\0", "is gzip data, not a picture"),
    (saved(drawing(), "BMP"), "is a BMP picture, which is not supported"),
    (saved(drawing(), "TIFF"), "is a TIFF picture, which is not supported"),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is a HEIC picture, which is not supported"),
    (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", "is a film, not a picture"),
    (b"RIFF\0\0\0\0WAVEfmt ", "is a RIFF file (sound or film), not a picture"),
    (bytes(range(14, 80)), "is of an unknown kind, not a picture"),
    (b"\x89PNG", "is cut short"),
    (SAMPLES["png"][:30], "is cut short"),
    (SAMPLES["jpeg"][:40], "is cut short"),
    (SAMPLES["gif"][:200], "is cut short"),
    (SAMPLES["webp"][:22], "is cut short"),
    (svg("", 'width="0" height="5"'), "is damaged: its header says 0x5 pixels"),
    (svg("", 'width="9"'), "is an SVG picture without a size: its <svg> needs a viewBox, or width and height"),
    (b'<?xml version="1.0"?><svg:svg xmlns:svg="http://www.w3.org/2000/svg"', "is damaged SVG: unclosed token"),
]


@pytest.mark.parametrize(("data", "message"), NOT_PICTURES, ids=[message for _, message in NOT_PICTURES])
def test_what_is_not_a_picture_is_called_by_its_name(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(BadPicture) as caught:
        probe_file(path)
    assert caught.value.message.partition(": line")[0] in (message, f"{message}: line 1, column 0")
    with pytest.raises(BadPicture):
        decode(data)


def test_remedies_are_told() -> None:
    found = {}
    for data in (saved(drawing(), "BMP"), b"version https://git-lfs.github.com/spec/v1\n", b"<html>"):
        with pytest.raises(BadPicture) as caught:
            probe_bytes(data)
        found[caught.value.message] = caught.value.help
    assert found == {
        "is a BMP picture, which is not supported": "convert it to PNG, JPEG or WebP",
        "is a Git LFS pointer, not a picture": "fetch the file itself: git lfs pull",
        "is an HTML page, not a picture": "a server may have answered with a page; fetch the picture itself",
    }


@pytest.mark.parametrize(
    ("width", "height", "message"),
    [
        (30_000, 30_000, "is 30000x30000 pixels; a side may have at most 16384"),
        (10_000, 10_000, "is 10000x10000 pixels, which is more than 64 megapixels"),
    ],
)
def test_a_bomb_is_refused_by_its_header(width: int, height: int, message: str) -> None:
    """The pixels of this file are not even there: had they been asked for, the error would be another."""
    bomb = raw_png(width, height, 8, 6, b"")
    for probe in (probe_bytes, decode):
        with pytest.raises(BadPicture) as caught:
            probe(bomb)
        assert caught.value.message == message


def test_a_bomb_within_an_icon_or_a_gif_frame_is_refused() -> None:
    bomb = raw_png(30_000, 30_000, 8, 6, b"")
    icon = struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(bomb), 22) + bomb
    gif = SAMPLES["gif"]
    place = gif.index(b",\0\0\0\0")
    gif = gif[: place + 5] + struct.pack("<HH", 60_000, 60_000) + gif[place + 9 :]
    for data in (icon, gif):
        with pytest.raises(BadPicture, match="a side may have at most"):
            decode(data)


def test_limits_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(SAMPLES["png"])
    with pytest.raises(BadPicture, match=r"^is 96x64 pixels, which is more than 0.001 megapixels$"):
        probe_file(path, limits=Limits(max_pixels=1000))
    with pytest.raises(BadPicture, match=r"more than the 0\.0001 MB allowed$"):
        probe_file(path, limits=Limits(max_bytes=100))
    with pytest.raises(FileNotFoundError):
        probe_file(tmp_path / "b.png")


def test_probing_does_not_import_pillow(tmp_path: Path) -> None:
    for name, data in SAMPLES.items():
        (tmp_path / name).write_bytes(data)
    code = (
        "import sys, pathlib; from pixmake.imaging.probe import probe_file\n"
        "from pixmake.imaging.catalog import CATALOG\n"
        "from pixmake.imaging.marks import read_draft_mark\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir(): probe_file(path), read_draft_mark(path)\n"
        "print([name for name in ('PIL', 'resvg_py') if name in sys.modules], len(CATALOG) > 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "[] True\n"


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 300 150"', (300, 150)),
        ('width="2in" viewBox="0 0 300 150"', (192, 96)),
        ('height="10mm" viewBox="0 0 300 150"', (76, 38)),
        ('width="50%" viewBox="0 0 300 150"', (150, 75)),
        ('width="100%" height="100%" viewBox="0 0 24 24"', (24, 24)),
        ('width="1e2" height="12.4px"', (100, 13)),
    ],
)
def test_sizes_of_drawings(attributes: str, size: tuple[int, int]) -> None:
    facts = probe_bytes(svg("", attributes))
    assert (facts.width, facts.height) == size


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(sorted(SAMPLES)),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4),
    cut=st.one_of(st.none(), st.integers(0, 600)),
)
@example(name="ico", changes=[(4, 0)], cut=None)
def test_damaged_files_are_bad_pictures_and_nothing_else(
    name: str, changes: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(SAMPLES[name])
    for place, value in changes:
        data[place % len(data)] = value
    damaged = bytes(data[:cut])
    limits = Limits(max_pixels=1_000_000)
    try:
        facts = probe_bytes(damaged, limits=limits)
        image = decode(damaged, limits=limits)
    except BadPicture as error:
        assert error.message
    else:
        assert image.size == facts.upright_size
