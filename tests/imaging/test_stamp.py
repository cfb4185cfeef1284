from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from imaging.pictures import drawing
from pixmake.imaging.catalog import CATALOG
from pixmake.imaging.stamp import stamp_draft


def changed_box(before: Image.Image, after: Image.Image) -> tuple[int, int, int, int]:
    box = ImageChops.difference(before.convert("RGBA"), after.convert("RGBA")).getbbox(alpha_only=False)
    assert box is not None
    return box


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(
    "size", [(24, 24), (32, 32), (64, 64), (96, 96), (256, 256), (1024, 1024), (1920, 32), (40, 900)]
)
def test_the_stamp_is_seen_and_small(size: tuple[int, int], mode: str) -> None:
    image = drawing(*size, mode=mode)
    before = image.tobytes()
    stamped = stamp_draft(image)
    assert (stamped.mode, stamped.size) == (mode, size)
    assert image.tobytes() == before
    assert stamped == stamp_draft(image)
    left, top, right, bottom = changed_box(image, stamped)
    assert right > size[0] * 0.97 - 4 and bottom > size[1] * 0.97 - 4
    assert (right - left) * (bottom - top) <= 0.08 * size[0] * size[1]
    assert (right - left) >= 3


@pytest.mark.parametrize("size", [(23, 23), (1, 1), (400, 20)])
def test_tiny_pictures_are_left_alone(size: tuple[int, int]) -> None:
    image = drawing(*size)
    assert stamp_draft(image) is image


def test_a_transparent_icon_keeps_its_other_pixels() -> None:
    image = Image.new("RGBA", (128, 128), (9, 8, 7, 0))
    stamped = stamp_draft(image)
    assert stamped.getpixel((10, 10)) == (9, 8, 7, 0)
    lowest, highest = stamped.getchannel("A").getextrema()
    assert lowest == 0
    assert isinstance(highest, int) and 120 < highest < 255


def test_every_operation_of_the_catalog_is_there() -> None:
    for name, operation in CATALOG.items():
        assert operation.name == name
        assert callable(operation.load())
        assert operation.recipe == [name, operation.version]
        assert operation.version >= 1
