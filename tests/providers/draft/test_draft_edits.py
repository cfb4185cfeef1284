"""Edits: words change the parent, masks bound the change to the pixel, references leave a trace."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from pixmake.providers.base import InputKind, Picture, Request, RequestInput
from pixmake.providers.draft import draw

SIZE = (128, 96)


def asked(prompt: str, **fields: object) -> Request:
    return Request(operation="edit", provider="draft", model=None, prompt=prompt, size="128x96", **fields)  # type: ignore[arg-type]


def saved(image: Image.Image, folder: Path, name: str, kind: InputKind = "image") -> Picture:
    path = folder / f"{name}.png"
    image.save(path)
    return Picture(kind=kind, path=path, media_type="image/png", width=image.width, height=image.height)


@pytest.fixture(name="parent")
def make_parent(tmp_path: Path) -> Picture:
    request = Request(
        operation="generate", provider="draft", model=None, prompt="a lighthouse, sailboats", size="128x96"
    )
    return saved(Image.open(io.BytesIO(draw(request, (), 1))), tmp_path, "parent")


def edited(prompt: str, *pictures: Picture, **fields: object) -> Image.Image:
    return Image.open(io.BytesIO(draw(asked(prompt, **fields), pictures, 1))).convert("RGBA")


def opened(picture: Picture) -> Image.Image:
    return Image.open(picture.path).convert("RGBA").resize(SIZE, Image.Resampling.LANCZOS)


def apart(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other).convert("RGB")).mean) / 3


PROMPTS = ["at night", "add a rocket", "make it red", "make it winter", "in autumn", "remove the boat", "as pixel art", "zzz qqq",
           "in the rain", "turn the lighthouse into a castle", "watercolor", "", "bei Nacht", "keep everything else"]  # fmt: skip


@pytest.mark.parametrize("prompt", PROMPTS)
def test_an_edit_changes_its_parent_visibly(prompt: str, parent: Picture) -> None:
    result = edited(prompt, parent)
    assert result.size == SIZE
    assert apart(result, opened(parent)) > 1.5


def test_night_darkens_and_red_reddens(parent: Picture) -> None:
    before = ImageStat.Stat(opened(parent).convert("RGB")).mean
    night = ImageStat.Stat(edited("at night", parent).convert("RGB")).mean
    red = ImageStat.Stat(edited("make it red", parent).convert("RGB")).mean
    assert sum(night) < 0.7 * sum(before)
    assert red[0] / sum(red) > before[0] / sum(before) + 0.08


def test_words_of_light_add_no_thing(parent: Picture) -> None:
    """The lower half, where things are put, is the plain night's: only stars and moon differ by the words."""
    night = [edited(words, parent).crop((0, SIZE[1] // 2, *SIZE)) for words in ("at night", "the bridge at night")]
    added = edited("add a bridge at night", parent).crop((0, SIZE[1] // 2, *SIZE))
    assert apart(night[0], night[1]) < 2 < apart(night[0], added)


def mask(folder: Path, size: tuple[int, int] = SIZE) -> Picture:
    image = Image.new("RGBA", size, (0, 0, 0, 255))
    box = tuple(int(value) for value in (size[0] * 0.2, size[1] * 0.2, size[0] * 0.6, size[1] * 0.7))
    ImageDraw.Draw(image).ellipse(box, fill=(0, 0, 0, 0))
    return saved(image, folder, "mask", "mask")


@pytest.mark.parametrize("prompt", [*PROMPTS, "a starry space with a planet", "a cat"])
def test_a_mask_bounds_the_change_to_the_pixel(prompt: str, parent: Picture, tmp_path: Path) -> None:
    area = mask(tmp_path)
    result, before = edited(prompt, parent, area), opened(parent)
    outside = Image.open(area.path).getchannel("A")
    changed = ImageChops.difference(result, before)
    marks = [band.point(lambda value: 255 if value else 0) for band in changed.split()]
    for band in marks:
        assert ImageChops.multiply(band, outside).getbbox() is None
    assert any(band.getbbox() for band in marks)


def test_a_mask_bounds_references_and_scaled_parents_too(tmp_path: Path) -> None:
    large = saved(Image.effect_mandelbrot((256, 192), (-2, -1, 1, 1), 40).convert("RGB"), tmp_path, "large")
    other = saved(Image.new("RGB", (40, 40), (200, 40, 160)), tmp_path, "other")
    result = edited("a fox", large, other, mask(tmp_path))
    outside = mask(tmp_path)
    bands = ImageChops.difference(result, opened(large)).split()
    hard = Image.open(outside.path).getchannel("A")
    assert all(ImageChops.multiply(band.point(lambda v: 255 if v else 0), hard).getbbox() is None for band in bands)


@pytest.mark.parametrize("role", ["", "Image 2: line weight and palette.\n\n"])
def test_references_leave_a_trace(role: str, parent: Picture, tmp_path: Path) -> None:
    crimson = saved(Image.new("RGB", (64, 64), (190, 20, 60)), tmp_path, "crimson")
    azure = saved(Image.new("RGB", (64, 64), (20, 90, 210)), tmp_path, "azure")
    plain, red, blue = (edited(f"{role}add a rocket", parent, *more) for more in ((), (crimson,), (azure,)))
    assert apart(red, plain) > 12 and apart(blue, plain) > 5 and apart(red, blue) > 18
    red_mean, blue_mean = (ImageStat.Stat(image.convert("RGB")).mean for image in (red, blue))
    assert red_mean[0] > blue_mean[0] + 10 and blue_mean[2] > red_mean[2] + 10


def test_a_first_picture_with_a_role_is_no_parent(parent: Picture) -> None:
    result = edited("Image 1: palette.\n\na goblin in a cave", parent)
    assert apart(result, opened(parent)) > 15


def test_markup_says_where(parent: Picture, tmp_path: Path) -> None:
    strokes = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    ImageDraw.Draw(strokes).rectangle((4, 50, 44, 90), outline=(255, 0, 0, 255), width=3)
    box = (
        ImageChops.difference(edited("add a cat", parent, saved(strokes, tmp_path, "markup", "markup")), opened(parent))
        .convert("RGB")
        .getbbox()
    )
    assert box is not None and box[0] >= 2 and box[1] >= 46 and box[2] <= 48 and box[3] <= 94


def test_a_conversation_without_pictures_starts_from_its_first_turn() -> None:
    begun = edited("at night", turns=("a castle in the mountains",))
    other = edited("at night", turns=("a ship at sea",))
    assert apart(begun, other) > 12


@pytest.mark.parametrize(("kind", "start"), [("gif", b"GIF89a"), ("svg", b"<svg ")])
def test_edits_come_in_every_kind(kind: str, start: bytes, parent: Picture) -> None:
    assert draw(asked("at night", kind=kind), (parent,), 1).startswith(start)


def test_identities_of_inputs_shape_the_variants(parent: Picture) -> None:
    one, two = (asked("zzz", inputs=(RequestInput(kind="image", identity=name),)) for name in ("a", "b"))
    assert draw(one, (parent,), 1) != draw(two, (parent,), 1)
    assert draw(one, (parent,), 1) != draw(one, (parent,), 2)


def test_transparent_parents_stay_transparent_around(tmp_path: Path) -> None:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((30, 20, 90, 80), fill=(40, 160, 80, 255))
    alpha = edited("make it golden", saved(image, tmp_path, "cut")).getchannel("A")
    assert (alpha.getpixel((0, 0)), alpha.getpixel((60, 50))) == (0, 255)
