"""A picture that was paid for is looked at as far as is needed to believe it, and no further."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pixmake.imaging.probe import BadPicture
from pixmake.imaging.wholeness import whole_picture


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
