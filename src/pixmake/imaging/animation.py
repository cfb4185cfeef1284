"""Imaging room: animations, frame by frame. What is published holds no more frames than `MOST_FRAMES`, each of them whole."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from PIL import Image, ImageSequence

from pixmake.digest import Digest
from pixmake.imaging.decode import damaged, plain
from pixmake.imaging.encode import MAX_SIDE
from pixmake.imaging.marks import mark_gif
from pixmake.imaging.probe import DEFAULT_LIMITS, BadPicture, Facts, Limits, probe_bytes
from pixmake.values import dataclass

MOST_FRAMES = 1_000
MOST_PIXELS = 256_000_000
"""Of all frames together: what decoding takes, a frame at a time."""
USUAL_DURATION = 100
"""Milliseconds of a frame that does not say: what browsers take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One whole picture of an animation (RGBA or RGB) and how long it stands, in milliseconds."""

    image: Image.Image
    duration: int


def check_frames(facts: Facts) -> None:
    """Raises BadPicture for an animation with more frames, or more pixels in all, than are published."""
    if facts.frames > MOST_FRAMES:
        raise BadPicture(f"is an animation of {facts.frames} frames; at most {MOST_FRAMES} are published")
    if facts.frames > 1 and facts.frames * facts.width * facts.height > MOST_PIXELS:
        size = f"{facts.frames} frames of {facts.width}x{facts.height} pixels"
        raise BadPicture(f"is an animation of {size}, more than {MOST_PIXELS / 1e6:g} megapixels in all")


def frames_of(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Frame]:
    """The frames of a GIF, each as it is shown. Raises BadPicture for damaged ones, and for too many."""
    facts = probe_bytes(data, limits=limits)
    check_frames(facts)
    seen = 0
    try:
        with Image.open(io.BytesIO(data), formats=["GIF"]) as opened:
            for shown in ImageSequence.Iterator(opened):
                seen += 1
                yield Frame(image=plain(shown.copy()), duration=int(shown.info.get("duration") or USUAL_DURATION))
    except (BadPicture, MemoryError):
        raise
    except Exception as error:  # decoders raise nearly anything on damaged bytes
        raise damaged("GIF", error) from error
    if seen < facts.frames:
        raise BadPicture(f"is a damaged GIF picture: {seen} of its {facts.frames} frames can be read")


def check_animation(data: bytes) -> None:
    """Raises BadPicture where a frame is damaged. One that is too large to be published is not looked through."""
    try:
        check_frames(probe_bytes(data))
    except BadPicture:
        return
    for _ in frames_of(data):
        pass


def loops_of(data: bytes) -> int | None:
    """How often an animation plays; 0: for ever; None: once."""
    with Image.open(io.BytesIO(data), formats=["GIF"]) as opened:
        loop = opened.info.get("loop")
    return loop if isinstance(loop, int) else None


def refitted(data: bytes, change: Callable[[Image.Image], Image.Image], *, draft: Digest | None = None) -> bytes:
    """A GIF with each frame changed by `change`; durations and loops stay. Raises BadPicture."""
    frames = [Frame(image=change(frame.image), duration=frame.duration) for frame in frames_of(data)]
    return encode_gif(frames, loops_of(data), draft=draft)


def encode_gif(frames: list[Frame], loops: int | None, *, draft: Digest | None = None) -> bytes:
    """An animated GIF: 255 colors a frame and one for what is transparent. Raises BadPicture for frames too large."""
    first = frames[0].image
    if max(first.size) > MAX_SIDE["gif"]:
        raise BadPicture(f"is {first.width}x{first.height} pixels; gif holds at most {MAX_SIDE['gif']} a side")
    still, *rest = [_indexed(frame.image) for frame in frames]
    stream = io.BytesIO()
    options = {} if loops is None else {"loop": loops}
    still.save(
        stream,
        "GIF",
        save_all=True,
        append_images=rest,
        duration=[frame.duration for frame in frames],
        disposal=2,
        optimize=False,
        **options,
    )
    data = stream.getvalue()
    return mark_gif(data, draft) if draft else data


def _indexed(image: Image.Image) -> Image.Image:
    """A frame as colors of a palette; alpha becomes one bit, visible from one half on."""
    alpha = image.getchannel("A").point(lambda value: 255 if value >= 128 else 0) if image.mode == "RGBA" else None
    flat = image.convert("RGB")
    if alpha is None or alpha.getextrema() == (255, 255):
        return flat.quantize(255, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    hidden = alpha.point(lambda value: 255 - value)
    flat.paste(0, mask=hidden)  # hidden colors would take places in the palette
    still = flat.quantize(255, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = (still.getpalette() or [])[: 255 * 3]
    still.putpalette(palette + [0] * (768 - len(palette)))
    still.paste(255, mask=hidden)
    still.info["transparency"] = 255
    return still
