from __future__ import annotations

import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imaging.pictures import drawing, saved
from pixmake.imaging.alpha import (
    coverage,
    feathered,
    fence,
    load_mask,
    mask_png,
    place_mask,
    region_box,
    region_mask,
)
from pixmake.imaging.decode import decode
from pixmake.imaging.geometry import mask_of
from pixmake.imaging.probe import BadPicture


def noise(width: int, height: int, mode: str, seed: int) -> Image.Image:
    return Image.frombytes(mode, (width, height), random.Random(seed).randbytes(width * height * len(mode)))


def pixels(image: Image.Image) -> list[bytes]:
    raw, step = image.tobytes(), len(image.mode)
    return [raw[place : place + step] for place in range(0, len(raw), step)]


def test_a_mask_keeps_only_its_alpha(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(saved(drawing(mode="RGBA"), "PNG"))
    mask = load_mask(path)
    alpha = drawing(mode="RGBA").getchannel("A")
    assert mask.getchannel("A") == alpha
    assert mask.convert("RGB").getextrema() == ((0, 0), (0, 0), (0, 0))
    assert load_mask(path, invert=True).getchannel("A") == alpha.point(lambda value: 255 - value)


def test_black_and_white_without_alpha_offers_theconversion(tmp_path: Path) -> None:
    path = tmp_path / "sky.png"
    flat = Image.new("L", (20, 10), 0)
    flat.paste(255, (0, 0, 5, 10))
    flat.save(path)
    with pytest.raises(BadPicture) as caught:
        load_mask(path)
    assert caught.value.message == "has no alpha channel; a mask is transparent where it repaints"
    assert caught.value.help == (
        "convert it, so that white is repainted (leave ImageOps.invert out where black is):\n"
        "python -c \"from PIL import Image, ImageOps; m = Image.open('sky.png').convert('L'); "
        "m.putalpha(ImageOps.invert(m)); m.save('sky-alpha.png')\""
    )
    code = caught.value.help.partition('"')[2].removesuffix('"')
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    found = coverage(load_mask(tmp_path / "sky-alpha.png"))
    assert (found.repainted, found.kept, found.blended) == (50, 150, 0)


def test_coverage_tells_of_masks_that_do_nothing_or_all() -> None:
    assert coverage(mask_of(Image.new("L", (4, 4), 255))).repaints_nothing
    assert coverage(mask_of(Image.new("L", (4, 4), 0))).keeps_nothing
    half = coverage(mask_of(Image.new("L", (4, 4), 100)))
    assert not half.repaints_nothing and not half.keeps_nothing
    assert half.blended == 16


def test_regions_are_exact() -> None:
    mask = region_mask("rect", ("0.25", "0.5", "0.5", "0.25"), (100, 10))
    assert coverage(mask).repainted == 50 * 3  # 5 to 7.5, half up: rows 5, 6, 7
    assert region_box(("0.25", "0.5", "0.5", "0.25"), (100, 10)) == (25, 5, 75, 8)
    turned = region_mask("rect", ("0.25", "0.5", "0.5", "0.25"), (100, 10), invert=True)
    assert coverage(turned).kept == 150
    assert coverage(region_mask("rect", ("0", "0", "0", "1"), (10, 10))).repaints_nothing
    assert coverage(region_mask("rect", ("-1", "-1", "9", "9"), (10, 10))).keeps_nothing
    round_one = coverage(region_mask("ellipse", ("0", "0", "1", "1"), (100, 100)))
    assert abs(round_one.repainted - 7854) < 40
    assert round_one.blended == 0


@given(st.integers(1, 5000), st.decimals(0, 1, places=4))
def test_regions_that_meet_neither_overlap_nor_gap(size: int, edge: Decimal) -> None:
    left = region_box(("0", "0", str(edge), "1"), (size, 1))
    right = region_box((str(edge), "0", str(1 - edge), "1"), (size, 1))
    assert left[0] == 0
    assert left[2] == right[0]
    assert right[2] == size


def test_a_mask_is_placed_or_both_sizes_are_named() -> None:
    mask = mask_of(Image.new("L", (100, 50), 0))
    assert place_mask(mask, (100, 50), (90, 40)) is mask
    assert place_mask(mask, (112, 64), (100, 50)).size == (112, 64)
    assert place_mask(mask, (200, 100), (100, 100), "contain").size == (200, 100)
    with pytest.raises(BadPicture) as caught:
        place_mask(mask, (64, 64), (60, 40))
    assert caught.value.message == (
        "is 100x50 pixels, but this mask must be 64x64 as the picture it edits, or 60x40 as the asset"
    )
    with pytest.raises(BadPicture) as caught:
        place_mask(mask, (64, 64), None)
    assert caught.value.message == "is 100x50 pixels, but this mask must be 64x64 as the picture it edits"


def test_the_sent_mask_is_deterministic_and_small() -> None:
    mask = region_mask("ellipse", ("0.1", "0.1", "0.5", "0.5"), (2048, 2048))
    data = mask_png(mask)
    assert data == mask_png(mask.copy())
    assert len(data) < 100_000
    assert decode(data) == mask
    rough = mask_of(noise(1650, 1650, "L", 1))
    with pytest.raises(BadPicture, match=r"^makes a mask of 4\.\d MB; the API takes less than 4 MB$"):
        mask_png(rough)


@settings(max_examples=80, deadline=None)
@given(
    modes=st.tuples(st.sampled_from(["RGB", "RGBA"]), st.sampled_from(["RGB", "RGBA"])),
    size=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    seed=st.integers(0, 999),
    feather=st.integers(0, 9),
    soft=st.booleans(),
)
def test_a_fence_keeps_the_parents_bytes(
    modes: tuple[str, str], size: tuple[int, int], seed: int, feather: int, soft: bool
) -> None:
    answer, parent = noise(*size, modes[0], seed), noise(*size, modes[1], seed + 1)
    alpha = noise(*size, "L", seed + 2)
    if not soft:
        alpha = alpha.point(lambda value: 255 if value > 128 else 0)
    before = (answer.tobytes(), parent.tobytes())
    fenced = fence(answer, parent, mask_of(alpha), feather)
    mode = "RGBA" if "RGBA" in modes else "RGB"
    assert (answer.tobytes(), parent.tobytes()) == before
    assert (fenced.mode, fenced.size) == (mode, size)
    rows = zip(alpha.tobytes(), pixels(fenced), pixels(parent.convert(mode)), pixels(answer.convert(mode)), strict=True)
    for weight, found, kept, repainted in rows:
        if weight == 255:
            assert found == kept
        elif weight == 0 and feather == 0:
            assert found == repainted


def test_hidden_colors_of_a_transparent_parent_survive() -> None:
    parent = Image.new("RGBA", (8, 8), (12, 34, 56, 0))
    answer = Image.new("RGBA", (8, 8), (250, 0, 0, 255))
    fenced = fence(answer, parent, region_mask("rect", ("0.5", "0", "0.5", "1"), (8, 8)), 2)
    assert fenced.getpixel((0, 0)) == (12, 34, 56, 0)
    assert fenced.getpixel((7, 7)) == (250, 0, 0, 255)
    seam = fenced.getpixel((4, 4))
    assert isinstance(seam, tuple) and seam[0] >= 248 and seam[1:3] == (0, 0) and 0 < seam[3] < 255


@pytest.mark.parametrize("width", [1, 2, 5, 8, 13, 40])
def test_the_seam_lies_inside_and_is_as_wide_as_asked(width: int) -> None:
    weight = Image.new("L", (200, 60), 0)
    weight.paste(255, (50, 0, 200, 60))
    row = feathered(weight, width).crop((0, 30, 200, 31)).tobytes()
    assert set(row[:50]) == {0}
    ramp = row[50:]
    assert list(ramp) == sorted(ramp)
    whole = ramp.index(255)
    assert abs(whole - width) <= 1
    assert 0 < ramp[0] < 255
    assert set(ramp[whole:]) == {255}  # the picture's own border is no seam


def test_half_transparent_mask_pixels_are_blended() -> None:
    parent, answer = Image.new("RGB", (4, 4), (0, 0, 0)), Image.new("RGB", (4, 4), (200, 100, 50))
    fenced = fence(answer, parent, mask_of(Image.new("L", (4, 4), 255 - 51)))
    assert fenced.getpixel((1, 1)) == (40, 20, 10)


def test_parent_and_mask_of_another_size_are_scaled() -> None:
    parent = Image.new("RGB", (50, 50), (1, 2, 3))
    answer = Image.new("RGB", (100, 80), (200, 100, 50))
    fenced = fence(answer, parent, region_mask("rect", ("0.5", "0", "0.5", "1"), (50, 50)))
    assert fenced.size == (100, 80)
    assert fenced.getpixel((0, 0)) == (1, 2, 3)
    assert fenced.getpixel((99, 79)) == (200, 100, 50)
