"""Draft room: edits. The parent changes as the words say; with a mask only inside it, to the pixel."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from itertools import count

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

from pixmake.providers.base import Picture, Request
from pixmake.providers.draft import compose, easel, finish, scenery, stage
from pixmake.providers.draft.casting import Role, cast
from pixmake.providers.draft.corpus import icon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.glyph import Paint, Spot, place
from pixmake.providers.draft.palette import Colour, code, darker, mix, of
from pixmake.providers.draft.reading import Reading, read

_REMOVAL = re.compile(r"\b(remove|delete|erase|clear away|take away|get rid|entferne|entfernen|lösche|ohne)\b", re.I)
_SWAP = re.compile(r"\b(replace|swap|turn|change|transform|exchange|ersetze|verwandle)\b", re.I)
_ROLE = re.compile(r"(?mi)^\s*image (\d+):\s*(.*)$")
_STYLE_ROLE = re.compile(r"style|palette|colou?r|line|tone|mood|look|texture|light|finish|render", re.I)
Box = tuple[int, int, int, int]


def draw_edit(request: Request, pictures: Sequence[Picture], variant: int) -> bytes:
    """The bytes of an edited picture, in the request's size and kind. Raises OSError for unreadable inputs."""
    size = easel.size_of(request)
    dice = easel.dice_of(request, variant)
    images = [entry for entry in pictures if entry.kind == "image"]
    mask = next((entry for entry in pictures if entry.kind == "mask"), None)
    markup = next((entry for entry in pictures if entry.kind == "markup"), None)
    roles = {int(number): text for number, text in _ROLE.findall(request.prompt)}
    inside = _inside(mask, size) if mask else None
    if images and 1 not in roles:
        parent = _fitted(images[0], size, exact=mask is not None)
        references = list(enumerate(images[1:], 2))
    else:
        parent = _imagined(request, size, dice, variant)
        references = list(enumerate(images, 1))
    region = _region(inside, _opened(markup, size) if markup else None)
    if (images and 1 not in roles) or request.turns:
        edited = edit(parent, request.prompt, dice, inside=inside, region=region)
    else:
        edited = parent.copy()
    for number, picture in references:
        edited = _traced(
            edited, picture, roles.get(number, ""), dice.child(number), number - 2, region if inside else None
        )
    if inside is not None:
        edited = Image.composite(edited, parent, inside)
    return _packed(request, parent, edited)


def _packed(request: Request, parent: Image.Image, edited: Image.Image) -> bytes:
    if request.kind == "gif":
        steps = (0.55, 0.75, 0.95, 1.0, 0.95, 0.75)
        return finish.animate([Image.blend(parent, edited, step) for step in steps])
    data = finish.encode(edited)
    if request.kind == "svg":
        width, height = edited.size
        text = base64.b64encode(data).decode()
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
            f'<image width="{width}" height="{height}" href="data:image/png;base64,{text}"/></svg>\n'
        ).encode()
    return data


def _opened(picture: Picture, size: tuple[int, int]) -> Image.Image:
    with Image.open(picture.path) as image:
        opened = image.convert("RGBA")
    return opened if opened.size == size else opened.resize(size, Image.Resampling.LANCZOS)


def _fitted(picture: Picture, size: tuple[int, int], *, exact: bool) -> Image.Image:
    """The parent in the request's size: scaled with a mask (which is drawn on all of it), else cut to the ratio."""
    if exact:
        return _opened(picture, size)
    with Image.open(picture.path) as image:
        opened = image.convert("RGBA")
    return opened if opened.size == size else ImageOps.fit(opened, size, Image.Resampling.LANCZOS)


def _imagined(request: Request, size: tuple[int, int], dice: Dice, variant: int) -> Image.Image:
    """The picture an edit starts from where none was given: the conversation's beginning, or the prompt itself."""
    prompts = request.turns or (request.prompt,)
    sketch = easel.plan(prompts[0], *size, request.background, dice, variant)
    picture = easel.paint(sketch)
    for number, prompt in enumerate(prompts[1:]):
        picture = edit(picture, prompt, dice.child(("turn", number)), inside=None, region=None)
    return picture


def _inside(mask: Picture, size: tuple[int, int]) -> Image.Image:
    """255 where the mask lets the picture change (its alpha is 0)."""
    with Image.open(mask.path) as image:
        alpha = image.convert("RGBA").getchannel("A")
    if alpha.size != size:
        alpha = alpha.resize(size, Image.Resampling.BILINEAR)
    return ImageOps.invert(alpha)


def _region(inside: Image.Image | None, markup: Image.Image | None) -> Box | None:
    """The part of the picture that is pointed at."""
    if inside is not None:
        return inside.point(lambda value: 255 if value > 127 else 0).getbbox() or inside.getbbox()
    return markup.getchannel("A").point(lambda value: 255 if value > 40 else 0).getbbox() if markup else None


def edit(
    parent: Image.Image, prompt: str, dice: Dice, *, inside: Image.Image | None, region: Box | None
) -> Image.Image:
    """The parent, changed as the prompt says: light, season, colour, style, things added or taken away."""
    reading = read(prompt)
    result = parent
    regraded = _graded(result, reading, dice)
    changed = regraded is not result
    result = regraded
    removal = bool(_REMOVAL.search(prompt))
    role = None if removal else _added(prompt, reading)
    if removal:
        return _cleared(result, region or _some_box(parent.size, dice), inside)
    if inside is not None and region is not None and (role or reading.place):
        result = _cleared(result, region, inside)
        if reading.place and not changed:
            result = _scene_within(result, prompt, region, dice)
            return result
    if role is not None:
        return _with_thing(result, role, region, dice, reading)
    dye = reading.colours[0] if reading.colours else None
    if dye is not None:
        return _dyed(result, dye)
    styled = _styled(result, reading, dice)
    if styled is not result or changed:
        return styled
    return _confetti(
        _dyed(result, dice.one(((240, 150, 90), (90, 150, 230), (150, 110, 220), (90, 190, 150))), 0.35), dice, region
    )


def _added(prompt: str, reading: Reading) -> Role | None:
    """The thing to put into the picture; after `replace x with y` and `turn x into y` the last one named."""
    players = cast(reading)
    everyone = [role for role in (players.subject, *players.others) if role is not None]
    if _SWAP.search(prompt):
        later = [role for role in everyone if role.link in ("with", "into", "to")]
        everyone = later or everyone
    return next((role for role in everyone if role.score >= 60), None)


def _graded(picture: Image.Image, reading: Reading, dice: Dice) -> Image.Image:
    """The picture in the light and season of the words, with moon and stars, snow or leaves laid over it."""
    size, result = picture.size, picture
    view = scenery.View(
        width=size[0],
        height=size[1],
        horizon=size[1] * 0.7,
        mood=reading.light or "day",
        place="field",
        season=reading.season,
    )
    if reading.light in scenery.LAMPS:
        lamp, strength = scenery.LAMPS[reading.light]
        result = _lit(result, lamp, min(1.0, strength * 1.9))
    elif reading.light == "day":
        result = _lit(result, (255, 250, 225), 0.2, gain=1.18)
    if reading.light == "night":
        sky = scenery.stars(view, dice.child("stars")) + scenery.luminary(view, dice.child("moon"))
        result = _overlaid(result, sky)
    if reading.season == "winter":
        result = _lit(result, (225, 236, 255), 0.35, gain=1.12)
    elif reading.season == "autumn":
        result = _dyed(result, (214, 130, 50), 0.38)
    elif reading.season in ("spring", "summer"):
        result = _dyed(result, (120, 200, 110) if reading.season == "spring" else (255, 205, 80), 0.25)
    if reading.season or reading.light in ("storm", "fog"):
        result = _overlaid(result, stage.weather(view, dice.child("weather")))
    return result


def _overlaid(picture: Image.Image, body: str) -> Image.Image:
    if not body:
        return picture
    width, height = picture.size
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    return Image.alpha_composite(picture, finish.rasterise(f"{head}{body}</svg>", width, height))


def _lit(picture: Image.Image, lamp: Colour, strength: float, *, gain: float = 1.0) -> Image.Image:
    """The picture under a coloured light; alpha stays."""
    tables: list[int] = []
    for channel in lamp:
        factor = (1 - strength) + strength * channel / 255 * 0.8
        tables += [min(255, round(value * factor * gain + channel * strength * 0.08)) for value in range(256)]
    return picture.point(tables + list(range(256)))


def _dyed(picture: Image.Image, dye: Colour, share: float = 0.66) -> Image.Image:
    """The picture's shades in one hue, mixed with its own colours."""
    middle = mix(dye, (128, 128, 128), 0.1)
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    toned = ImageOps.colorize(grey, darker(dye, 0.82), mix(dye, (255, 255, 255), 0.82), middle)
    result = Image.blend(picture.convert("RGB"), toned, share).convert("RGBA")
    result.putalpha(picture.getchannel("A"))
    return result


def _styled(picture: Image.Image, reading: Reading, dice: Dice) -> Image.Image:
    width, height = picture.size
    style = reading.style
    if style == "watercolor":
        return finish.watercolour(picture, dice)
    if style == "sketch":
        return finish.sketch(picture, dice, (44, 42, 60))
    if style == "pixel":
        cell, w, h = finish.pixel_grid(width, height, 72)
        small = picture.resize((w, h), Image.Resampling.BOX)
        return finish.pixelate(small, cell, width, height, contour=False)
    if style in ("mono", "line", "silhouette"):
        return finish.toned(picture, (30, 28, 44), (250, 248, 244))
    if style == "neon":
        return finish.glowing(_lit(picture, (130, 90, 255), 0.5))
    return finish.photographed(picture, dice) if style == "photo" else picture


def _some_box(size: tuple[int, int], dice: Dice) -> Box:
    """A place to work at where none is shown: about a third of the picture, off the middle."""
    width, height = size
    side = max(4, round(min(width, height) * 0.4))
    x = round((width - side) * dice.child("box x").one((0.16, 0.3, 0.7, 0.84)))
    y = round((height - side) * dice.child("box y").one((0.45, 0.62, 0.75)))
    return (x, y, x + side, y + side)


def _cleared(picture: Image.Image, region: Box, inside: Image.Image | None) -> Image.Image:
    """The region filled smoothly with what surrounds it: coarse averages first, finer ones over them."""
    hole = inside
    if hole is None:
        hole = Image.new("L", picture.size, 0)
        ImageDraw.Draw(hole).ellipse(region, fill=255)
        hole = hole.filter(ImageFilter.GaussianBlur(max(1, (region[2] - region[0]) // 24)))
    known = picture.copy()
    known.putalpha(
        ImageChops.multiply(picture.getchannel("A"), ImageOps.invert(hole).point(lambda v: 255 if v > 250 else 0))
    )
    width, height = picture.size
    filled = Image.new(
        "RGBA", picture.size, tuple(round(value) for value in ImageStat.Stat(picture.convert("RGB")).mean)
    )
    for cells in (2, 4, 8, 16, 32):
        small = known.resize((max(1, min(cells, width)), max(1, min(cells, height))), Image.Resampling.BOX)
        filled.alpha_composite(small.resize(picture.size, Image.Resampling.BICUBIC))
    if picture.getchannel("A").getextrema()[0] < 255:
        filled.putalpha(Image.new("L", picture.size, 0))
    return Image.composite(filled, picture, hole)


def _with_thing(picture: Image.Image, role: Role, region: Box | None, dice: Dice, reading: Reading) -> Image.Image:
    """The picture with an icon in it: in the region shown, else where such a thing belongs."""
    width, height = picture.size
    unit = min(width, height)
    if region is not None:
        left, top, right, bottom = region
        side = max(2.0, min(right - left, bottom - top) * 0.86)
        x, y = (left + right) / 2 - side / 2, (top + bottom) / 2 - side / 2
        if right - left > 1.6 * (bottom - top) and role.count == 1:
            x = left + (right - left - side) * dice.between(0.3, 0.7)
    else:
        side = unit * dice.between(0.32, 0.4)
        x = (width - side) * dice.one((0.08, 0.16, 0.84, 0.92))
        y = height * 0.05 if role.habitat == "sky" else height * 0.94 - side
    mood = reading.light if reading.light in scenery.LAMPS else ""
    light = (scenery.LAMPS[mood][0], scenery.LAMPS[mood][1] * 0.7) if mood else None
    paint = Paint(dye=role.dye, light=light, outline=0.012)
    body = ""
    if role.habitat == "land":
        body = f'<ellipse cx="{x + side / 2:.1f}" cy="{y + side * 0.95:.1f}" rx="{side * 0.42:.1f}" ry="{side * 0.06:.1f}" fill="#140f26" opacity=".35"/>'
    many = min(6, role.count)
    numbers = count()
    for number in range(many):
        part = side if many == 1 else side * 0.62
        dx = 0.0 if many == 1 else (number % 3 - 1) * side * 0.36
        dy = 0.0 if many == 1 else (number // 3 - 0.3) * side * 0.4
        spot = Spot(x=x + dx + (side - part) / 2, y=y + dy + (side - part) / 2, size=part, mirrored=dice.chance(0.3))
        body += place(icon(role.icon), spot, paint, numbers)
    return _overlaid(picture, body)


def _scene_within(picture: Image.Image, prompt: str, region: Box, dice: Dice) -> Image.Image:
    """A whole new scene in the region's rectangle; the mask cuts it to shape."""
    left, top, right, bottom = region
    sketch = easel.plan(prompt, max(1, right - left), max(1, bottom - top), "opaque", dice, 1)
    result = picture.copy()
    result.paste(easel.paint(sketch), (left, top))
    return result


def _confetti(picture: Image.Image, dice: Dice, region: Box | None) -> Image.Image:
    """Soft bright shapes: the sign that something was asked that the draft can't picture."""
    width, height = picture.size
    left, top, right, bottom = region or (0, 0, width, height)
    unit = min(right - left, bottom - top)
    body = ""
    for _ in range(9):
        tone = code(dice.one((of("#ffd166"), of("#ef476f"), of("#06d6a0"), of("#4cc9f0"), of("#f8f4ff"))))
        shape = compose.blob(
            dice.between(left, right), dice.between(top, bottom), unit * dice.between(0.04, 0.12), dice
        )
        body += f'<path d="{shape}" fill="{tone}" opacity="{dice.between(0.35, 0.7):.2f}"/>'
    return _overlaid(picture, body)


def _traced(
    picture: Image.Image, reference: Picture, role: str, dice: Dice, rank: int, region: Box | None
) -> Image.Image:
    """The picture moved toward a reference's colours; unless that gives only style, a small round quote of it too."""
    with Image.open(reference.path) as image:
        image.draft("RGB", (256, 256))
        model = image.convert("RGBA")
    model.thumbnail((256, 256))
    result = _toward(picture, model, 0.5)
    if role and _STYLE_ROLE.search(role):
        return result
    left, top, right, bottom = region or (0, 0, *picture.size)
    unit = min(right - left, bottom - top)
    side = max(3, round(unit * 0.2))
    badge = ImageOps.fit(model, (side, side))
    disc = Image.new("L", (side * 4, side * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    disc = disc.resize((side, side), Image.Resampling.BOX)
    rim = max(1, side // 16)
    ring = Image.new("RGBA", (side, side), (255, 255, 255, 255))
    inner = Image.new("L", (side, side), 0)
    inner.paste(disc.resize((max(1, side - 2 * rim),) * 2), (rim, rim))
    ring.paste(Image.alpha_composite(Image.new("RGBA", badge.size, (255, 255, 255, 255)), badge), mask=inner)
    x = right - round(unit * 0.05) - side - max(0, rank) * round(side * 1.15)
    result.paste(ring, (max(left, x), bottom - round(unit * 0.05) - side), disc)
    return result


def _toward(picture: Image.Image, model: Image.Image, share: float) -> Image.Image:
    """Mean and spread of each channel of YCbCr moved toward the model's."""
    own = picture.convert("RGB").convert("YCbCr")
    ours = ImageStat.Stat(
        own, picture.getchannel("A").point(lambda v: 255 if v > 8 else 0) if picture.getextrema()[3][1] > 8 else None
    )
    theirs = ImageStat.Stat(
        model.convert("RGB").convert("YCbCr"),
        model.getchannel("A").point(lambda v: 255 if v > 8 else 0) if model.getextrema()[3][1] > 8 else None,
    )
    tables: list[int] = []
    for channel in range(3):
        spread = min(2.0, max(0.6, (theirs.stddev[channel] + 4) / (ours.stddev[channel] + 4)))
        strength = share * (0.7 if channel == 0 else 1.5)
        for value in range(256):
            moved = (value - ours.mean[channel]) * spread + theirs.mean[channel]
            tables.append(max(0, min(255, round(value + (moved - value) * strength))))
    result = own.point(tables).convert("RGB").convert("RGBA")
    result.putalpha(picture.getchannel("A"))
    return result
