"""Draft room: edits. The parent changes as the words say; with a mask only inside it, to the pixel."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from itertools import count

from PIL import Image, ImageOps

from pixmake.providers.base import Picture, Request
from pixmake.providers.draft import finish, scenery, sketching, stage
from pixmake.providers.draft.brief import blob
from pixmake.providers.draft.casting import KIT, Role, cast
from pixmake.providers.draft.clearing import Box, cleared, liveliest
from pixmake.providers.draft.corpus import icon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.figures import whole
from pixmake.providers.draft.glyph import Paint, Spot, place
from pixmake.providers.draft.opening import opened
from pixmake.providers.draft.palette import Colour, code, darker, mix, of
from pixmake.providers.draft.quoting import traced
from pixmake.providers.draft.reading import Reading, read

_REMOVAL = re.compile(r"\b(remove|delete|erase|clear away|take away|get rid|entferne|entfernen|lösche|ohne)\b", re.I)


_SWAP = re.compile(r"\b(replace|swap|turn|change|transform|exchange|ersetze|verwandle)\b", re.I)


_ADDITION = re.compile(
    r"\b(add|put|place|insert|include|give|draw|paint|hang|plant|another|more|with|füge|setze|mit|ajoute|avec|añade|con)\b",
    re.I,
)


_ROLE = re.compile(r"(?mi)^\s*image (\d+):\s*(.*)$")


def draw_edit(request: Request, pictures: Sequence[Picture], variant: int) -> bytes:
    """The bytes of an edited picture, in the request's size and kind. Raises OSError for unreadable inputs."""
    size = sketching.size_of(request)
    dice = sketching.dice_of(request, variant)
    images = [entry for entry in pictures if entry.kind == "image"]
    mask = next((entry for entry in pictures if entry.kind == "mask"), None)
    markup = next((entry for entry in pictures if entry.kind == "markup"), None)
    roles = {int(number): text for number, text in _ROLE.findall(request.prompt)}
    inside = _inside(mask, size) if mask else None
    edits = bool(images) and images[0].parent and 1 not in roles
    if edits:
        parent = _fitted(images[0], size, exact=mask is not None)
        references = list(enumerate(images[1:], 2))
    else:
        parent = _imagined(request, size, dice, variant)
        references = list(enumerate(images, 1))
    region = _region(inside, _opened(markup, size) if markup else None)
    if edits or request.turns:
        edited = edit(parent, request.prompt, dice, inside=inside, region=region, alone=not references)
    else:
        edited = parent.copy()
    for number, picture in references:
        edited = traced(
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
    image = opened(picture)
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _fitted(picture: Picture, size: tuple[int, int], *, exact: bool) -> Image.Image:
    """The parent in the request's size: scaled with a mask (which is drawn on all of it), else cut to the ratio."""
    if exact:
        return _opened(picture, size)
    image = opened(picture)
    return image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def _imagined(request: Request, size: tuple[int, int], dice: Dice, variant: int) -> Image.Image:
    """The picture an edit starts from where none was given: the conversation's beginning, or the prompt itself."""
    prompts = request.turns or (request.prompt,)
    sketch = sketching.plan(prompts[0], *size, request.background, dice, variant)
    picture = sketching.paint(sketch)
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
    parent: Image.Image, prompt: str, dice: Dice, *, inside: Image.Image | None, region: Box | None, alone: bool = True
) -> Image.Image:
    """The parent, changed as the prompt says: light, season, colour, style, things added or taken away.

    Where the prompt says nothing that can be pictured, `alone` has it changed all the same.
    """
    reading = read(prompt)
    result = _graded(parent, reading, dice)
    if _REMOVAL.search(prompt):
        return cleared(result, region or liveliest(parent), inside)
    role = _added(prompt, reading)
    if inside is not None and region is not None and reading.place:
        return _scene_within(result, prompt, region, dice)
    if role is not None:
        swapped = region is None and bool(_SWAP.search(prompt))
        region = _middle(parent.size) if swapped else region
        if region is not None and (swapped or inside is not None):
            result = cleared(result, region, inside, patch=False)
        return _with_thing(result, role, region, dice, reading)
    if reading.colours:
        return _dyed(result, reading.colours[0])
    styled = _styled(result, reading, dice)
    return _confetti(styled, dice, region) if styled is parent and alone else styled


def _middle(size: tuple[int, int]) -> Box:
    """Where a subject mostly is: a square about the middle, a little low."""
    width, height = size
    side = round(min(width, height) * 0.62)
    top = round(height * 0.62 - side / 2)
    return ((width - side) // 2, top, (width + side) // 2, top + side)


def _added(prompt: str, reading: Reading) -> Role | None:
    """The thing to put into the picture; after `replace x with y` and `turn x into y` the last one named.

    None for words that only set a light (`the camp at night`): they name again what is there.
    """
    relit = reading.light or reading.season
    if relit and not _ADDITION.search(prompt) and not _SWAP.search(prompt):
        return None
    players = cast(reading)
    everyone = [
        role
        for role in (players.subject, *players.others)
        if role is not None and not role.is_setting and role.clause != KIT
    ]
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
        result = _lit(result, lamp, min(0.92, strength * 2.3))
    elif reading.light == "day":
        result = _lit(result, (255, 250, 225), 0.2, gain=1.18)
    if reading.light == "night":
        sky = scenery.stars(view, dice.child("stars")) + scenery.luminary(view, dice.child("moon"))
        result = _overlaid(result, sky)
    if reading.season == "winter":
        result = _lit(result, (225, 236, 255), 0.35, gain=1.12)
    elif reading.season == "autumn":
        result = _lit(result, (255, 196, 120), 0.62, gain=1.16)
    elif reading.season in ("spring", "summer"):
        result = _lit(result, (214, 255, 190) if reading.season == "spring" else (255, 236, 170), 0.5, gain=1.14)
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


def _dyed(picture: Image.Image, dye: Colour, share: float = 0.74) -> Image.Image:
    """The picture's shades in one hue, mixed with its own colours."""
    middle = mix(dye, (128, 128, 128), 0.1)
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    toned = ImageOps.colorize(grey, darker(dye, 0.82), mix(dye, (255, 255, 255), 0.7), middle)
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
        body = f'<ellipse cx="{x + side / 2:.1f}" cy="{y + side * 0.95:.1f}" rx="{side * 0.42:.1f}" ry="{side * 0.06:.1f}" fill="#140f26" fill-opacity=".35"/>'
    many = min(6, role.count)
    numbers = count()
    for number in range(many):
        part = side if many == 1 else side * 0.62
        dx = 0.0 if many == 1 else (number % 3 - 1) * side * 0.36
        dy = 0.0 if many == 1 else (number // 3 - 0.3) * side * 0.4
        spot = Spot(x=x + dx + (side - part) / 2, y=y + dy + (side - part) / 2, size=part, mirrored=dice.chance(0.3))
        body += place(whole(icon(role.icon)), spot, paint, numbers)
    return _overlaid(picture, body)


def _scene_within(picture: Image.Image, prompt: str, region: Box, dice: Dice) -> Image.Image:
    """A whole new scene in the region's rectangle; the mask cuts it to shape."""
    left, top, right, bottom = region
    sketch = sketching.plan(prompt, max(1, right - left), max(1, bottom - top), "opaque", dice, 1)
    result = picture.copy()
    result.paste(sketching.paint(sketch), (left, top))
    return result


def _confetti(picture: Image.Image, dice: Dice, region: Box | None) -> Image.Image:
    """A tint and soft bright shapes: the sign that something was asked that the draft can't picture."""
    picture = _dyed(picture, dice.one(((240, 150, 90), (90, 150, 230), (150, 110, 220), (90, 190, 150))), 0.35)
    width, height = picture.size
    left, top, right, bottom = region or (0, 0, width, height)
    unit = min(right - left, bottom - top)
    body = ""
    for _ in range(9):
        tone = code(dice.one((of("#ffd166"), of("#ef476f"), of("#06d6a0"), of("#4cc9f0"), of("#f8f4ff"))))
        shape = blob(dice.between(left, right), dice.between(top, bottom), unit * dice.between(0.04, 0.12), dice)
        body += f'<path d="{shape}" fill="{tone}" fill-opacity="{dice.between(0.35, 0.7):.2f}"/>'
    return _overlaid(picture, body)
