from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imaging.pictures import drawing
from pixmake.imaging.geometry import (
    Fit,
    Gravity,
    contained_size,
    crop_box,
    edge_color,
    fit_picture,
    fitted_size,
    gravity_point,
    mask_of,
    pad_box,
    uncrop_mask,
)

SIDES = st.integers(1, 4000)
SIZES = st.tuples(SIDES, SIDES)
SMALL = st.tuples(st.integers(1, 40), st.integers(1, 40))
NAMES = ["center", "north", "south", "east", "west", "north-east", "north-west", "south-east", "south-west"]
FRACTIONS = st.decimals(0, 1, places=3).map(str)
GRAVITIES: st.SearchStrategy[Gravity] = st.one_of(st.sampled_from(NAMES), st.tuples(FRACTIONS, FRACTIONS))
FITS: st.SearchStrategy[Fit] = st.sampled_from(["cover", "contain", "pad"])


@given(SIZES, SIZES, GRAVITIES)
def test_a_crop_is_the_largest_box_of_the_ratio(
    source: tuple[int, int], target: tuple[int, int], gravity: Gravity
) -> None:
    left, top, right, bottom = crop_box(source, target, gravity)
    assert 0 <= left < right <= source[0]
    assert 0 <= top < bottom <= source[1]
    width, height = right - left, bottom - top
    assert width == source[0] or height == source[1]
    exact = Fraction(height * target[0], target[1]) if height == source[1] else None
    if exact is not None and width < source[0]:
        assert abs(width - exact) <= Fraction(1, 2) or width == 1


@given(SIZES, st.integers(1, 50), GRAVITIES)
def test_the_same_ratio_loses_nothing(size: tuple[int, int], times: int, gravity: Gravity) -> None:
    larger = (size[0] * times, size[1] * times)
    assert crop_box(size, larger, gravity) == (0, 0, *size)
    assert crop_box(larger, size, gravity) == (0, 0, *larger)
    assert contained_size(size, larger) == larger
    assert contained_size(larger, size) == size


@given(SIZES, SIZES, GRAVITIES)
def test_a_contained_picture_fits_and_touches(
    source: tuple[int, int], target: tuple[int, int], gravity: Gravity
) -> None:
    width, height = contained_size(source, target)
    assert 1 <= width <= target[0] and 1 <= height <= target[1]
    assert width == target[0] or height == target[1]
    left, top, right, bottom = pad_box(source, target, gravity)
    assert (right - left, bottom - top) == (width, height)
    assert left >= 0 and top >= 0 and right <= target[0] and bottom <= target[1]


@settings(max_examples=60, deadline=None)
@given(SMALL, SMALL, FITS, GRAVITIES, st.sampled_from(["RGB", "RGBA"]))
def test_the_file_has_the_size_asked_for(
    source: tuple[int, int], target: tuple[int, int], fit: Fit, gravity: Gravity, mode: str
) -> None:
    image = drawing(*source, mode=mode)
    fitted = fit_picture(image, *target, fit, gravity)
    assert fitted.size == fitted_size(source, target, fit)
    if fit != "contain":
        assert fitted.size == target
    if source == target:
        assert fitted is image


@pytest.mark.parametrize("fit", ["cover", "contain", "pad"])
def test_nothing_changes_where_nothing_must(fit: Fit) -> None:
    image = drawing(mode="RGBA")
    assert fit_picture(image, 96, 64, fit) is image


def test_a_crop_without_scaling_keeps_its_pixels() -> None:
    image = drawing(1920 // 8, 1088 // 8)
    cut = fit_picture(image, 240, 135)
    assert cut == image.crop((0, 0, 240, 135))
    assert fit_picture(image, 240, 130, "cover", "south") == image.crop((0, 6, 240, 136))
    assert fit_picture(image, 240, 130, "cover", ("0", "0.5")) == image.crop((0, 3, 240, 133))


@pytest.mark.parametrize(
    ("gravity", "box"),
    [
        ("center", (25, 0, 75, 50)),
        ("west", (0, 0, 50, 50)),
        ("north-east", (50, 0, 100, 50)),
        ("south", (25, 0, 75, 50)),
        (("0.1", "0"), (5, 0, 55, 50)),
    ],
)
def test_gravity_moves_the_crop(gravity: Gravity, box: tuple[int, int, int, int]) -> None:
    assert crop_box((100, 50), (10, 10), gravity) == box


@pytest.mark.parametrize("gravity", ["middle", "north-south", "east-north", "north-center", "", ("2", "0"), ("x", "0")])
def test_an_unknown_gravity_is_refused(gravity: Gravity) -> None:
    with pytest.raises(ValueError):
        gravity_point(gravity)


def test_an_unknown_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="no fit is named 'fill'"):
        fit_picture(drawing(), 5, 5, "fill")  # type: ignore[arg-type]


def test_hidden_colors_do_not_bleed() -> None:
    """A white square on transparent black stays white to its very edge."""
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (16, 16, 49, 49))
    small = fit_picture(image, 21, 21)
    shown = [small.getpixel((x, y)) for x in range(21) for y in range(21)]
    assert all(pixel[:3] == (255, 255, 255) for pixel in shown if isinstance(pixel, tuple) and pixel[3] > 2)
    assert any(isinstance(pixel, tuple) and 2 < pixel[3] < 250 for pixel in shown)


def test_padding() -> None:
    image = drawing(40, 20)
    clear = fit_picture(image, 40, 40, "pad")
    assert clear.mode == "RGBA"
    assert clear.getpixel((5, 5)) == (0, 0, 0, 0)
    assert clear.crop((0, 10, 40, 30)).convert("RGB") == image
    white = fit_picture(image, 40, 40, "pad", "north", (255, 255, 255))
    assert white.mode == "RGB"
    assert white.getpixel((5, 39)) == (255, 255, 255)
    assert white.crop((0, 0, 40, 20)) == image
    soft = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    assert fit_picture(soft, 40, 40, "pad", "north", (9, 8, 7)).getextrema() == ((9, 9), (8, 8), (7, 7), (255, 255))


def test_the_edge_color_is_the_most_frequent_one() -> None:
    image = Image.new("RGB", (30, 30), (10, 20, 30))
    image.paste((200, 0, 0), (0, 0, 10, 30))
    image.paste((1, 1, 1), (11, 11, 29, 29))
    assert edge_color(image) == (10, 20, 30)
    assert edge_color(Image.new("RGB", (1, 1), (4, 5, 6))) == (4, 5, 6)


def repainted_box(mask: Image.Image) -> tuple[int, int, int, int] | None:
    return mask.getchannel("A").point(lambda value: 255 - value).getbbox()


def test_a_mask_on_the_cropped_picture_is_laid_over_the_whole_one() -> None:
    alpha = Image.new("L", (1920, 1080), 255)
    alpha.paste(0, (0, 0, 100, 50))
    whole = uncrop_mask(mask_of(alpha), (1920, 1088))
    assert whole.size == (1920, 1088)
    assert repainted_box(whole) == (0, 4, 100, 54)
    everything = mask_of(Image.new("L", (500, 500), 0))
    cut = uncrop_mask(everything, (1536, 1024), "cover", "east")
    assert repainted_box(cut) == (512, 0, 1536, 1024)
    padded = uncrop_mask(everything, (1000, 500), "pad")
    assert repainted_box(padded) == (0, 0, 1000, 500)
    same = mask_of(alpha)
    assert uncrop_mask(same, (1920, 1080)) is same


@settings(max_examples=60, deadline=None)
@given(SMALL, SMALL, FITS, GRAVITIES)
def test_what_an_uncropped_mask_repaints_lies_in_the_crop(
    requested: tuple[int, int], final: tuple[int, int], fit: Fit, gravity: Gravity
) -> None:
    whole = uncrop_mask(mask_of(Image.new("L", final, 0)), requested, fit, gravity)
    assert whole.size == requested
    assert repainted_box(whole) == (crop_box(requested, final, gravity) if fit == "cover" else (0, 0, *requested))
