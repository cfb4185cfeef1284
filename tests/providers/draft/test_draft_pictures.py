"""What drafts look like, as far as numbers can tell: sizes, alpha, kinds, differences."""

from __future__ import annotations

import asyncio
import io
from decimal import Decimal
from itertools import combinations, count
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageChops, ImageStat

from pixmake.providers.base import Call, Failed, Picture, Provider, Request
from pixmake.providers.draft import DraftProvider, draw, finish
from pixmake.providers.draft.casting import cast
from pixmake.providers.draft.corpus import icon
from pixmake.providers.draft.glyph import Paint, Spot, place
from pixmake.providers.draft.reading import read

Kind = Literal["raster", "svg", "gif"]


def asked(prompt: str, size: str = "96x96", kind: Kind = "raster", background: str | None = None) -> Request:
    return Request(
        operation="generate", provider="draft", model=None, prompt=prompt, size=size, kind=kind, background=background
    )


def drawn(prompt: str, size: str = "96x96", background: str | None = None, variant: int = 1) -> Image.Image:
    return Image.open(io.BytesIO(draw(asked(prompt, size, background=background), (), variant)))


def apart(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, 0..255."""
    return sum(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean) / 3


STYLES = ["", "pixel art", "watercolor", "pencil sketch", "line art", "monochrome", "silhouette", "neon", "photo", "sticker",
          "isometric", "poster", "seamless pattern", "flat", "stone texture", "character sheet"]  # fmt: skip


@pytest.mark.parametrize("size", ["16x16", "17x31", "1920x32", "32x400", "301x199", "1x1"])
@pytest.mark.parametrize(
    "prompt",
    ["a red fox in a snowy forest at night", "a key icon", "qqqq zzz", "a city, pixel art", "a cat, watercolor"],
)
def test_any_size_is_met_exactly(prompt: str, size: str) -> None:
    assert "{}x{}".format(*drawn(prompt, size).size) == size


@pytest.mark.parametrize("size", ["16x16", "1920x32", "301x199", "1x1"])
@pytest.mark.parametrize(
    "prompt",
    ["top view of a camp", "Paris from above at night", "flat lay of pizza and tomatoes", "top-down dungeon room map",
     "top-down island in the sea", "a logo in teal and navy", "a quote surrounded by roses", "a syringe and pills"],
)  # fmt: skip
def test_plans_marks_and_wreaths_meet_any_size(prompt: str, size: str) -> None:
    assert "{}x{}".format(*drawn(prompt, size).size) == size


def test_a_view_from_above_has_no_sky() -> None:
    land, above = (
        ImageStat.Stat(drawn(prompt, "256x192").convert("RGB").crop((0, 0, 256, 30))).mean
        for prompt in ("a camp in a forest", "top view of a camp in a forest")
    )
    assert land[2] > land[1] and above[1] > above[2]


@pytest.mark.parametrize("title", ["sun-with-face", "lying-face", "disguised-face", "face-screaming-in-fear"])
def test_drawings_with_an_attribute_twice_are_drawn(title: str) -> None:
    assert cast(read(title)).subject is not None
    assert drawn(f"{title} icon", "48x48", "transparent").convert("RGBA").getchannel("A").getextrema()[1] == 255


def test_drawings_are_cut_at_their_box() -> None:
    body = place(icon("noto:crossed-swords"), Spot(x=0, y=0, size=32), Paint(), count())
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">'
    alpha = finish.rasterise(f"{head}{body}</svg>", 64, 64).getchannel("A")
    box = alpha.getbbox()
    assert box is not None and box[2] <= 33


def test_charts_are_not_mirrored() -> None:
    drawings = [drawn("growth", "64x64", "transparent", variant) for variant in range(1, 16, 2)]
    for picture in drawings:
        low, high = (picture.convert("RGBA").crop((x, 4, x + 14, 24)).convert("RGB") for x in (4, 46))
        assert _red(high) > _red(low)


def _red(picture: Image.Image) -> float:
    red, green, _ = ImageStat.Stat(picture).mean
    return red - green


def test_a_screen_of_four_thousand_pixels_is_met() -> None:
    assert drawn("a fox", "3840x2160").size == (3840, 2160)


def test_auto_is_a_square_of_1024() -> None:
    assert drawn("a heart", "auto").size == (1024, 1024)


@pytest.mark.parametrize("style", STYLES)
def test_styles_differ_from_the_plain_picture(style: str) -> None:
    picture = drawn(f"a fox in a forest, {style}")
    assert picture.size == (96, 96)
    if style:
        assert apart(picture, drawn("a fox in a forest")) > 4


@pytest.mark.parametrize(
    "prompt", ["a fox", "a goblin, pixel art", "a heart sticker", "three coins", "zzz qqq", "a cat, line art"]
)
def test_transparent_means_alpha_around_the_subject(prompt: str) -> None:
    alpha = drawn(prompt, "128x128", "transparent").convert("RGBA").getchannel("A")
    assert [alpha.getpixel(corner) for corner in ((0, 0), (127, 0), (0, 127), (127, 127))] == [0, 0, 0, 0]
    assert alpha.getextrema()[1] == 255


def test_a_transparent_background_may_be_asked_in_words_and_be_refused() -> None:
    words = "a fox, transparent background"
    assert drawn(words).convert("RGBA").getchannel("A").getextrema()[0] == 0
    assert drawn(words, background="opaque").convert("RGBA").getchannel("A").getextrema() == (255, 255)


def test_different_prompts_look_different() -> None:
    prompts = [
        "a heart", "a key", "a red fox in a snowy forest at night", "a goblin", "a lighthouse at sunset", "a castle", "a robot",
        "a bowl of ramen", "desert with a cactus", "underwater reef with fish", "a rocket in space", "a city at night",
        "a pirate ship in a storm", "a coffee cup", "a dragon in a cave", "an owl", "seamless pattern of strawberries",
        "an isometric house", "a lion, monochrome logo", "mountains at dawn", "blorp fnord", "a treasure chest",
        "brick wall tile",
    ]  # fmt: skip
    pictures = {prompt: drawn(prompt, "64x64") for prompt in prompts}
    near = [(a, b) for a, b in combinations(prompts, 2) if apart(pictures[a], pictures[b]) < 12]
    assert near == []


ODD = ["", " ", "狐", "🦊", "{", '{"a": [1, null, {}]}', "[" * 3000, "no text", "\x00\ud800", "fox " * 1200, "«»", "'"]


@pytest.mark.parametrize("prompt", ODD)
def test_odd_prompts_are_drawn_too(prompt: str) -> None:
    assert len(set(drawn(prompt, "48x48").convert("RGB").tobytes())) > 1


def test_an_svg_is_well_formed_and_harmless() -> None:
    for prompt in ("a fox & <b>hens</b> in a forest", "a goblin icon", "zzz", "stone texture", 'poster of a cat "A<B"'):
        root = ElementTree.fromstring(draw(asked(prompt, "120x80", "svg"), (), 1))
        assert (root.get("width"), root.get("height")) == ("120", "80")
        names = [element.tag.partition("}")[2] for element in root.iter()]
        assert not {"script", "foreignObject", "image", "style"} & set(names)
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert not [key for element in root.iter() for key in element.attrib if key.lower().startswith("on")]


@pytest.mark.parametrize("background", [None, "transparent"])
def test_a_gif_moves(background: str | None) -> None:
    with Image.open(io.BytesIO(draw(asked("a fox icon", "64x48", "gif", background), (), 1))) as film:
        assert (film.format, film.size) == ("GIF", (64, 48))
        assert getattr(film, "n_frames", 1) >= 4
        first = film.convert("RGBA")
        film.seek(2)
        moved = ImageChops.difference(first, film.convert("RGBA"))
        assert any(band.getbbox() for band in moved.split())
        assert (first.getchannel("A").getextrema()[0] == 0) is (background == "transparent")


def call(request: Request, count: int, scratch: Path, pictures: tuple[Picture, ...] = ()) -> Call:
    return Call(request=request, pictures=pictures, count=count, intent="", scratch=scratch)


def test_the_provider_makes_as_many_variants_as_are_asked(tmp_path: Path) -> None:
    provider: Provider = DraftProvider({"concurrency": 2})

    async def order() -> list[bytes]:
        answer = await provider.make(call(asked("a fox"), 3, tmp_path))
        large = await provider.make(call(asked("a fox", "512x512"), 2, tmp_path))
        await provider.close()
        assert answer.cost == Decimal(0)
        assert {picture.media_type for picture in answer.pictures} == {"image/png"}
        return [picture.data for picture in (*answer.pictures, *large.pictures)]

    made = asyncio.run(order())
    assert made[:3] == [draw(asked("a fox"), (), variant) for variant in (1, 2, 3)]
    assert made[3:] == [draw(asked("a fox", "512x512"), (), variant) for variant in (1, 2)]
    assert provider.free and provider.draft and provider.concurrency == 2
    assert provider.limits("anything").sizes.exact and provider.obstacle() is None
    assert provider.estimate(asked("x"), (), 64) is not None


def test_a_broken_input_fails_the_call(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    picture = Picture(kind="image", path=broken, media_type="image/png", width=8, height=8)
    with pytest.raises(Failed, match="an input picture can't be read"):
        asyncio.run(DraftProvider().make(call(asked("a fox"), 1, tmp_path, (picture,))))
