"""Animations: every frame whole, cut alike, as long and as often as before."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageSequence

from pixmake.digest import sha256_bytes
from pixmake.imaging import animation
from pixmake.imaging.animation import check_animation, check_frames, encode_gif, frames_of, loops_of, refitted
from pixmake.imaging.decode import decode
from pixmake.imaging.geometry import fit_picture
from pixmake.imaging.marks import read_draft_mark
from pixmake.imaging.probe import BadPicture, Facts, probe_bytes
from pixmake.imaging.wholeness import whole_picture

SIZE = (60, 40)
COLORS = ["red", "lime", "blue"]
DURATIONS = [100, 250, 70]


def gif(*, alpha: bool = False, loop: int | None = 0, size: tuple[int, int] = SIZE) -> bytes:
    """Three frames, each of one color; the right half transparent where there is alpha."""
    frames = []
    for color in COLORS:
        image = Image.new("RGBA", size, color)
        if alpha:
            image.paste((0, 0, 0, 0), (size[0] // 2, 0, *size))
        frames.append(image)
    stream = io.BytesIO()
    more = {} if loop is None else {"loop": loop}
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=DURATIONS, disposal=2, **more)
    return stream.getvalue()


def shown(data: bytes) -> list[tuple[tuple[int, ...], int]]:
    """Color of the left upper pixel and duration of each frame, as Pillow shows them."""
    opened = Image.open(io.BytesIO(data))
    return [
        (frame.convert("RGBA").getpixel((1, 1)), frame.info["duration"])  # type: ignore[misc]
        for frame in ImageSequence.Iterator(opened)
    ]


EXPECTED = [((255, 0, 0, 255), 100), ((0, 255, 0, 255), 250), ((0, 0, 255, 255), 70)]


def test_frames_are_read_as_they_are_shown() -> None:
    frames = list(frames_of(gif(alpha=True)))
    assert [frame.duration for frame in frames] == DURATIONS
    assert [frame.image.getpixel((1, 1)) for frame in frames] == [color for color, _ in EXPECTED]
    assert [frame.image.convert("RGBA").getpixel((50, 1))[3] for frame in frames] == [0, 0, 0]  # type: ignore[index]


@pytest.mark.parametrize("loop", [None, 0, 3])
def test_a_cut_keeps_frames_durations_and_loops(loop: int | None) -> None:
    data = refitted(gif(alpha=True, loop=loop), lambda image: fit_picture(image, 20, 20, "contain", "center"))
    facts = probe_bytes(data)
    assert (facts.frames, facts.has_alpha) == (3, True)
    assert shown(data) == EXPECTED
    assert loops_of(data) == loop
    assert refitted(data, lambda image: image) == refitted(data, lambda image: image), "equal frames, equal bytes"


def test_a_draft_carries_its_mark() -> None:
    recipe = sha256_bytes(b"x")
    data = refitted(gif(), lambda image: image, draft=recipe)
    assert read_draft_mark(data) == recipe
    assert shown(data) == EXPECTED


def test_a_frame_that_is_cut_short_is_told() -> None:
    whole = gif(size=(300, 300))
    check_animation(whole)
    assert whole_picture(whole).frames == 3
    for length in (len(whole) // 2, len(whole) * 2 // 3):
        with pytest.raises(BadPicture):
            whole_picture(whole[:length])


def facts_of(frames: int, side: int) -> Facts:
    return Facts(media_type="image/gif", width=side, height=side, has_alpha=False, frames=frames, mode="P")


@pytest.mark.parametrize(
    ("frames", "side", "text"),
    [
        (1_001, 4, "is an animation of 1001 frames; at most 1000 are published"),
        (300, 1_000, "is an animation of 300 frames of 1000x1000 pixels, more than 256 megapixels in all"),
    ],
)
def test_too_many_frames_are_not_published(frames: int, side: int, text: str) -> None:
    with pytest.raises(BadPicture) as caught:
        check_frames(facts_of(frames, side))
    assert caught.value.message == text


def test_one_too_large_to_publish_is_kept_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animation, "MOST_FRAMES", 2)
    assert whole_picture(gif()).frames == 3
    with pytest.raises(BadPicture, match="at most 2 are published"):
        list(frames_of(gif()))
    assert decode(gif()).size == SIZE, "its first frame is a picture"


def test_frames_too_large_for_the_format_are_told() -> None:
    with pytest.raises(BadPicture, match="gif holds at most 65535 a side"):
        encode_gif([animation.Frame(image=Image.new("RGB", (65_536, 1)), duration=1)], None)
