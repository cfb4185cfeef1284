"""Draft room: from a reading and its cast to one SVG document. The layout hangs on the dice alone, the size only scales it."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from pixmake.providers.draft import stage
from pixmake.providers.draft.casting import Cast, Role
from pixmake.providers.draft.corpus import Icon, icon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.glyph import Paint, Spot, dominant, place
from pixmake.providers.draft.palette import Colour, code, darker, from_hls, hls, lighter, mix
from pixmake.providers.draft.reading import Reading
from pixmake.providers.draft.scenery import LAMPS, View

Framing = str


@dataclass(slots=True, kw_only=True)
class Brief:
    """All that a composition needs. `phase` (0..1) is the moment of an animation."""

    width: int
    height: int
    reading: Reading
    cast: Cast
    dice: Dice
    paint: Paint
    bare: bool
    """True: nothing behind the subject, the picture is transparent there."""
    phase: float = 0.0
    numbers: count[int] = field(default_factory=count)

    @property
    def unit(self) -> float:
        return float(min(self.width, self.height))


def framing_of(reading: Reading, cast: Cast, *, bare: bool, width: int, height: int) -> Framing:
    """How the picture is framed: by its words, else by what it shows and its format."""
    if cast.subject is None:
        return "scene" if reading.place or reading.light or reading.season else "card"
    if bare:
        return "sheet" if reading.framing == "sheet" else "emblem"
    if reading.framing in ("pattern", "sheet"):
        return reading.framing
    if reading.style == "isometric":
        return "isometric"
    if reading.style == "poster" or reading.framing == "poster":
        return "poster"
    if reading.framing == "material":
        return "pattern" if not _is_place(reading) else "scene"
    if reading.framing == "icon" or reading.style in ("sticker", "silhouette") or min(width, height) <= 128:
        return "emblem"
    if _is_place(reading) or reading.framing == "scene" or cast.others or reading.light or reading.season:
        return "scene"
    if width >= height * 1.7 or height >= width * 1.7:
        return "scene"
    return "emblem" if reading.style in ("line", "mono", "flat", "pixel") else "portrait"


def _is_place(reading: Reading) -> bool:
    return bool(reading.place)


def document(brief: Brief, framing: Framing) -> str:
    """The whole picture as SVG text."""
    body = _FRAMINGS[framing](brief)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{brief.width}" height="{brief.height}" '
        f'viewBox="0 0 {brief.width} {brief.height}">{body}</svg>'
    )


def _icon(role: Role) -> Icon:
    return icon(role.icon)


def _colour_of(role: Role) -> Colour:
    return role.dye or dominant(_icon(role))


def accent(brief: Brief) -> Colour:
    """A ground that sets off the subject: a colour of the prompt, else one across the wheel from the subject's."""
    subject = brief.cast.subject
    own = _colour_of(subject) if subject else (120, 140, 200)
    spare = [colour for colour in brief.reading.colours if subject is None or colour != subject.dye]
    if spare and brief.dice.child("accent").chance(0.8):
        return spare[0]
    hue, _, _ = hls(own)
    turn = brief.dice.child("accent turn").one((0.5, 0.42, 0.58, 0.36, 0.08, 0.64))
    return from_hls(hue + turn, 0.66, 0.62)


def emblem(brief: Brief) -> str:
    """One subject in the middle; a rounded badge behind it unless the picture is to be bare."""
    assert brief.cast.subject is not None
    w, h, unit = brief.width, brief.height, brief.unit
    text = "" if brief.bare else _badge(brief)
    share = 0.92 if brief.bare else 0.6
    if brief.reading.style == "sticker":
        share *= 0.86
    return text + _cluster(brief, w / 2, h / 2 + _bob(brief), unit * share)


def _badge(brief: Brief) -> str:
    w, h, unit = brief.width, brief.height, brief.unit
    paint = brief.paint
    if paint.manner in ("line", "mono", "silhouette"):
        tone = mix(paint.paper, paint.ink, 0.06)
        return f'<rect width="{w}" height="{h}" fill="{code(paint.paper)}"/><circle cx="{w / 2}" cy="{h / 2}" r="{unit * 0.42:.1f}" fill="{code(tone)}"/>'
    base = accent(brief) if paint.manner != "neon" else (34, 18, 66)
    text = (
        f'<linearGradient id="bdg" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{code(lighter(base, 0.3))}"/>'
        f'<stop offset="1" stop-color="{code(base)}"/></linearGradient>'
        f'<rect width="{w}" height="{h}" fill="{code(lighter(base, 0.78) if paint.manner != "neon" else (16, 8, 34))}"/>'
    )
    shape = brief.dice.child("badge").whole(0, 2)
    side = unit * 0.86
    x, y = (w - side) / 2, (h - side) / 2
    if shape == 0:
        text += f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" rx="{side * 0.22:.1f}" fill="url(#bdg)"/>'
    elif shape == 1:
        text += f'<circle cx="{w / 2:.1f}" cy="{h / 2:.1f}" r="{side / 2:.1f}" fill="url(#bdg)"/>'
    else:
        text += f'<path fill="url(#bdg)" d="{blob(w / 2, h / 2, side * 0.5, brief.dice.child("blob"))}"/>'
    text += f'<ellipse cx="{w / 2:.1f}" cy="{h / 2 + unit * 0.3:.1f}" rx="{unit * 0.24:.1f}" ry="{unit * 0.035:.1f}" fill="{code(darker(base, 0.5))}" opacity=".35"/>'
    return text


def blob(x: float, y: float, r: float, dice: Dice) -> str:
    """A soft closed shape about (x, y)."""
    points = []
    for step in range(8):
        angle = step * math.tau / 8
        far = r * dice.between(0.86, 1.06)
        points.append((x + math.cos(angle) * far, y + math.sin(angle) * far))
    text = ""
    for number, (ax, ay) in enumerate(points):
        bx, by = points[(number + 1) % 8]
        mx, my = (ax + bx) / 2, (ay + by) / 2
        text += f"M{mx:.1f} {my:.1f}" if not text else f"Q{ax:.1f} {ay:.1f} {mx:.1f} {my:.1f}"
    (ax, ay), (bx, by) = points[0], points[1]
    return text + f"Q{ax:.1f} {ay:.1f} {(ax + bx) / 2:.1f} {(ay + by) / 2:.1f}z"


def _bob(brief: Brief) -> float:
    return math.sin(brief.phase * math.tau) * brief.unit * 0.025


def _cluster(brief: Brief, x: float, y: float, side: float) -> str:
    """The subject, as often as it was named, about (x, y); a companion in the corner."""
    subject = brief.cast.subject
    assert subject is not None
    paint = brief.paint.dyed(subject.dye)
    drawing = _icon(subject)
    tilt = brief.dice.child("tilt").between(-5, 5) if brief.phase == 0 and not subject.tall else 0.0
    if subject.count > 1:
        return _many(brief, drawing, paint, x, y, side, min(12, subject.count))
    held = [role for role in brief.cast.others if role.link in ("with", "and", "holding", "wearing", "riding", "")][:1]
    if held and brief.unit >= 48 and brief.reading.framing != "icon":
        small = side * 0.42
        text = place(
            drawing, Spot(x=x - side * 0.52, y=y - side * 0.54, size=side * 0.92, turned=tilt), paint, brief.numbers
        )
        spot = Spot(x=x + side * 0.1, y=y + side * 0.08, size=small, turned=12)
        return text + place(_icon(held[0]), spot, brief.paint.dyed(held[0].dye), brief.numbers)
    mirrored = brief.dice.child("mirror").chance(0.25)
    spot = Spot(x=x - side / 2, y=y - side / 2, size=side, mirrored=mirrored, turned=tilt)
    return place(drawing, spot, paint, brief.numbers)


def _many(brief: Brief, drawing: Icon, paint: Paint, x: float, y: float, side: float, many: int) -> str:
    """`many` copies: two or three in a group, more in rows."""
    dice = brief.dice.child("many")
    columns = many if many <= 3 else math.ceil(math.sqrt(many))
    rows = math.ceil(many / columns)
    cell = side / max(columns, rows) * (1.22 if many <= 3 else 1.0)
    text = ""
    for number in range(many):
        row, column = divmod(number, columns)
        here = min(columns, many - row * columns)
        cx = x + (column - (here - 1) / 2) * side / columns
        cy = y + (row - (rows - 1) / 2) * cell + (cell * 0.12 if number % 2 else 0)
        size = cell * dice.between(0.84, 0.98)
        text += place(
            drawing, Spot(x=cx - size / 2, y=cy - size / 2, size=size, mirrored=number % 2 == 1), paint, brief.numbers
        )
    return text


def portrait(brief: Brief) -> str:
    """A single subject without a place: a calm studio ground with a halo of soft shapes."""
    w, h, unit = brief.width, brief.height, brief.unit
    base = accent(brief)
    if brief.paint.manner == "neon":
        base = (40, 20, 80)
    dice = brief.dice.child("studio")
    text = (
        f'<linearGradient id="std" x1="0" y1="0" x2=".3" y2="1"><stop offset="0" stop-color="{code(lighter(base, 0.62))}"/>'
        f'<stop offset="1" stop-color="{code(lighter(base, 0.18))}"/></linearGradient><rect width="{w}" height="{h}" fill="url(#std)"/>'
        f'<path fill="{code(lighter(base, 0.5))}" d="{blob(w / 2, h * 0.48, unit * 0.42, dice)}"/>'
        f'<path fill="{code(lighter(base, 0.75))}" opacity=".7" d="{blob(w / 2, h * 0.47, unit * 0.33, dice)}"/>'
    )
    for _ in range(9):
        angle, far = dice.between(0, math.tau), unit * dice.between(0.4, 0.62)
        x, y, r = w / 2 + math.cos(angle) * far, h / 2 + math.sin(angle) * far, unit * dice.between(0.006, 0.022)
        text += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{code(lighter(base, dice.between(0, 0.9)))}"/>'
    text += f'<ellipse cx="{w / 2:.1f}" cy="{h * 0.5 + unit * 0.335:.1f}" rx="{unit * 0.25:.1f}" ry="{unit * 0.032:.1f}" fill="{code(darker(base, 0.55))}" opacity=".4"/>'
    return text + _cluster(brief, w / 2, h * 0.5 + _bob(brief), unit * 0.66)


def scene(brief: Brief) -> str:
    """A place with its light; the subject on its ground, in its water or its sky; others around it."""
    reading, subject = brief.reading, brief.cast.subject
    place_name = reading.place
    if not place_name and subject is not None:
        place_name = {"sea": "sea", "deep": "underwater", "sky": "sky"}.get(subject.habitat, "field")
        if subject.phrase in ("rocket", "astronaut", "planet", "satellite", "ufo", "spaceship"):
            place_name = "space"
    dice = brief.dice.child("scene")
    mood = stage.mood_of(reading.light, place_name, reading.season)
    horizon = brief.height * (0.6 + dice.between(-0.04, 0.04))
    if place_name in ("sky", "space"):
        horizon = float(brief.height)
    view = View(
        width=brief.width, height=brief.height, horizon=horizon, mood=mood, place=place_name, season=reading.season
    )
    paint = brief.paint
    if paint.manner == "colour" and mood in LAMPS:
        lamp, strength = LAMPS[mood]
        paint = replace(paint, light=(lamp, strength * 0.8))
    text = stage.backdrop(view, dice.child("back"), paint, brief.numbers)
    text += _companions(brief, view, paint, dice.child("others"))
    if subject is not None:
        text += _hero(brief, view, paint, dice.child("hero"))
    return text + stage.front(view, dice.child("front"), paint, brief.numbers)


def _hero(brief: Brief, view: View, paint: Paint, dice: Dice) -> str:
    subject = brief.cast.subject
    assert subject is not None
    unit, many = view.unit, min(12, subject.count)
    habitat = subject.habitat
    side = unit * (0.58 if subject.tall else 0.5) * (0.94 + dice.between(-0.05, 0.08))
    wide = view.width / view.height
    middle = view.width * (0.5 if wide < 1.35 else dice.one((0.36, 0.64, 0.5)))
    if brief.cast.others and wide < 1.35:
        middle = view.width * dice.one((0.4, 0.6))
    foot = _foot(view, habitat, subject.tall, dice) + _bob(brief)
    paint = paint.dyed(subject.dye)
    drawing = _icon(subject)
    if many > 1:
        side *= {2: 0.72, 3: 0.62}.get(many, 0.5)
    text = ""
    for number in range(many):
        offset = (number - (many - 1) / 2) * min(side * 0.95, view.width * 0.86 / many)
        lift = (side * 0.16 if number % 2 else 0) if many > 1 else 0
        x = min(max(middle + offset, side * 0.45), view.width - side * 0.45)
        text += stand(drawing, x, foot - lift, side, view, paint, brief.numbers, habitat, mirrored=dice.chance(0.4))
    return text


def _foot(view: View, habitat: str, tall: bool, dice: Dice) -> float:
    """Where something of this habitat has its lower edge in this view."""
    near = view.height - view.horizon
    if view.place in ("sky", "space", "underwater"):
        return view.height * 0.5 + view.unit * (0.25 + dice.between(-0.03, 0.04))
    if habitat == "sky":
        return view.horizon * 0.95 + view.unit * dice.between(-0.04, 0.03)
    if habitat in ("sea", "deep") and view.place in ("sea", "beach"):
        return view.horizon + near * 0.34
    if view.place == "sea":
        return view.horizon + near * (0.42 if tall else 0.55)
    return view.horizon + near * (0.46 if tall else 0.62)


def stand(
    drawing: Icon, x: float, foot: float, side: float, view: View, paint: Paint, numbers: count[int], habitat: str,
    *, mirrored: bool = False,
) -> str:  # fmt: skip
    """An icon with its lower edge at `foot`, on a shadow, an island, or the water, as the view demands."""
    text, after = "", ""
    dark = code(darker(view.ground, 0.6))
    if view.place in ("sky", "space", "underwater") or habitat == "sky":
        pass
    elif view.place == "sea" and habitat in ("sea", "deep"):
        glint = code(mix(view.ground, (255, 255, 255), 0.55))
        after = f'<path fill="{glint}" opacity=".75" d="M{x - side * 0.5:.1f} {foot - side * 0.04:.1f}q{side * 0.25:.1f} {-side * 0.06:.1f} {side * 0.5:.1f} 0t{side * 0.5:.1f} 0q{-side * 0.5:.1f} {side * 0.12:.1f} {-side:.1f} 0z"/>'
    elif view.place == "sea":
        text = (
            f'<path fill="{code(view.lit((110, 104, 112)))}" d="M{x - side * 0.85:.1f} {foot + side * 0.12:.1f}q{side * 0.2:.1f} {-side * 0.3:.1f} {side * 0.6:.1f} {-side * 0.26:.1f}'
            f'q{side * 0.6:.1f} {-side * 0.03:.1f} {side * 1.1:.1f} {side * 0.26:.1f}z"/>'
            f'<path fill="{code(view.lit((120, 168, 90)))}" d="M{x - side * 0.55:.1f} {foot - side * 0.08:.1f}q{side * 0.5:.1f} {-side * 0.12:.1f} {side * 1.05:.1f} {side * 0.03:.1f}q{-side * 0.5:.1f} {side * 0.1:.1f} {-side * 1.05:.1f} {-side * 0.03:.1f}z"/>'
        )
        foot -= side * 0.07
    else:
        text = f'<ellipse cx="{x:.1f}" cy="{foot - side * 0.045:.1f}" rx="{side * 0.42:.1f}" ry="{side * 0.065:.1f}" fill="{dark}" opacity=".38"/>'
    spot = Spot(x=x - side / 2, y=foot - side, size=side, mirrored=mirrored)
    return text + place(drawing, spot, paint, numbers) + after


def _companions(brief: Brief, view: View, paint: Paint, dice: Dice) -> str:
    """The others, smaller, at the sides, behind or beside the subject; those of the air in the air."""
    text = ""
    wide = view.width / view.height
    places = [0.16, 0.84, 0.3, 0.7, 0.06, 0.94]
    if dice.chance(0.5):
        places = [1 - spot for spot in places]
    for number, role in enumerate(brief.cast.others[: 4 if wide < 2 else 6]):
        many = min(3 if wide < 2 else 5, max(role.count, 3 if wide >= 2 and role.habitat in ("sky", "sea") else 1))
        for copy in range(many):
            part = (places[number % 6] + copy * (0.23 if many <= 3 else 0.17)) % 1.0
            side = view.unit * (0.36 if role.tall else 0.25) * (1 - 0.12 * copy) * dice.between(0.9, 1.1)
            foot = _foot(view, role.habitat, role.tall, dice)
            if role.habitat == "sky":
                foot = view.horizon * dice.between(0.42, 0.7)
                side *= 0.9
            elif view.place in ("space", "sky", "underwater"):
                foot = view.height * dice.between(0.35, 0.9)
            else:
                foot -= (view.height - view.horizon) * (0.22 if role.tall else 0.05) - copy * view.unit * 0.02
            x = min(max(view.width * part, side * 0.5), view.width - side * 0.5)
            text += stand(
                _icon(role),
                x,
                foot,
                side,
                view,
                paint.dyed(role.dye),
                brief.numbers,
                role.habitat,
                mirrored=dice.chance(0.4),
            )
    return text


def pattern(brief: Brief) -> str:
    """A tile that repeats without seams: icons on a staggered grid, those at the edges drawn on both sides."""
    w, h = brief.width, brief.height
    base = lighter(accent(brief), 0.55) if brief.paint.manner == "colour" else brief.paint.paper
    text = "" if brief.bare else f'<rect width="{w}" height="{h}" fill="{code(base)}"/>'
    roles = [role for role in (brief.cast.subject, *brief.cast.others[:3]) if role is not None]
    columns = max(2, round(4 * w / brief.unit / 2) * 2)
    rows = max(2, round(4 * h / brief.unit / 2) * 2)
    cell_x, cell_y = w / columns, h / rows
    dice = brief.dice.child("pattern")
    for row in range(rows):
        for column in range(columns):
            role = roles[(row + column) % len(roles)]
            side = min(cell_x, cell_y) * dice.between(0.55, 0.78)
            x, y, turn = (column + 0.5 * (row % 2) + 0.25) * cell_x, (row + 0.5) * cell_y, dice.between(-28, 28)
            for dx in (0, -w) if x + side * 0.75 > w else (0,):
                spot = Spot(x=x + dx - side / 2, y=y - side / 2, size=side, turned=turn)
                text += place(_icon(role), spot, brief.paint.dyed(role.dye), brief.numbers)
            dot = code(darker(base, 0.12))
            text += f'<circle cx="{(column + 0.5 * ((row + 1) % 2) + 0.25) * cell_x:.1f}" cy="{row * cell_y + 1:.1f}" r="0" fill="{dot}"/>'
    return text


def sheet(brief: Brief) -> str:
    """The subject several times in a grid: mirrored, tilted, large and small."""
    assert brief.cast.subject is not None
    w, h = brief.width, brief.height
    columns = 4 if w >= h * 1.5 else 2 if h >= w * 1.5 else 3
    rows = max(1, round(columns * h / w))
    text = "" if brief.bare else f'<rect width="{w}" height="{h}" fill="{code(lighter(accent(brief), 0.82))}"/>'
    drawing, paint = _icon(brief.cast.subject), brief.paint.dyed(brief.cast.subject.dye)
    cell = min(w / columns, h / rows)
    for number in range(columns * rows):
        x, y = (number % columns + 0.5) * w / columns, (number // columns + 0.5) * h / rows
        side = cell * (0.78 if number % 3 != 2 else 0.6)
        spot = Spot(
            x=x - side / 2,
            y=y - side / 2,
            size=side,
            mirrored=number % 2 == 1,
            turned=(0, 0, -14, 10, 0, 18)[number % 6],
        )
        text += place(drawing, spot, paint, brief.numbers)
    return text


def isometric(brief: Brief) -> str:
    """The subject on a block of ground seen from above at an angle."""
    assert brief.cast.subject is not None
    w, h, unit = brief.width, brief.height, brief.unit
    base = accent(brief)
    view = View(
        width=w,
        height=h,
        horizon=h * 0.6,
        mood="day",
        place=brief.reading.place or "field",
        season=brief.reading.season,
    )
    top, r = view.ground, unit * 0.43
    x, y, deep = w / 2, h * 0.62, unit * 0.11
    text = "" if brief.bare else f'<rect width="{w}" height="{h}" fill="{code(lighter(base, 0.6))}"/>'
    text += (
        f'<path fill="{code(darker(mix(top, (120, 80, 50), 0.7), 0.1))}" d="M{x - r:.1f} {y:.1f}L{x:.1f} {y + r / 2:.1f}v{deep:.1f}L{x - r:.1f} {y + deep:.1f}z"/>'
        f'<path fill="{code(darker(mix(top, (120, 80, 50), 0.7), 0.32))}" d="M{x + r:.1f} {y:.1f}L{x:.1f} {y + r / 2:.1f}v{deep:.1f}L{x + r:.1f} {y + deep:.1f}z"/>'
        f'<path fill="{code(top)}" d="M{x:.1f} {y - r / 2:.1f}L{x + r:.1f} {y:.1f}L{x:.1f} {y + r / 2:.1f}L{x - r:.1f} {y:.1f}z"/>'
        f'<path fill="{code(lighter(top, 0.2))}" d="M{x:.1f} {y - r * 0.4:.1f}L{x + r * 0.8:.1f} {y:.1f}L{x:.1f} {y + r * 0.4:.1f}L{x - r * 0.8:.1f} {y:.1f}z"/>'
        f'<ellipse cx="{x:.1f}" cy="{y + r * 0.06:.1f}" rx="{r * 0.48:.1f}" ry="{r * 0.2:.1f}" fill="{code(darker(top, 0.6))}" opacity=".35"/>'
    )
    for number, role in enumerate(brief.cast.others[:2]):
        side = unit * 0.2
        dx = (-0.55, 0.55)[number] * r
        text += place(
            _icon(role),
            Spot(x=x + dx - side / 2, y=y - side * 0.9, size=side),
            brief.paint.dyed(role.dye),
            brief.numbers,
        )
    side = unit * 0.52
    subject = replace_others(brief)
    return text + _cluster(subject, x, y + r * 0.1 - side * 0.46 + _bob(brief), side)


def replace_others(brief: Brief) -> Brief:
    """The brief with its subject alone."""
    return replace(brief, cast=Cast(subject=brief.cast.subject, others=()))


def poster(brief: Brief) -> str:
    """Rays from behind the subject, a frame, bold colours; words are set over it later."""
    assert brief.cast.subject is not None
    w, h, unit = brief.width, brief.height, brief.unit
    base = accent(brief)
    x, y, far = w / 2, h * 0.52, math.hypot(w, h)
    rays = ""
    for step in range(0, 24, 2):
        a, b = step * math.tau / 24, (step + 1) * math.tau / 24
        rays += f"M{x:.1f} {y:.1f}L{x + math.cos(a) * far:.1f} {y + math.sin(a) * far:.1f}L{x + math.cos(b) * far:.1f} {y + math.sin(b) * far:.1f}z"
    edge = unit * 0.035
    return (
        f'<rect width="{w}" height="{h}" fill="{code(lighter(base, 0.35))}"/><path fill="{code(lighter(base, 0.62))}" d="{rays}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{unit * 0.34:.1f}" fill="{code(mix(base, (250, 235, 190), 0.75))}"/>'
        + _cluster(brief, x, y + _bob(brief), unit * 0.56)
        + f'<rect x="{edge:.1f}" y="{edge:.1f}" width="{w - 2 * edge:.1f}" height="{h - 2 * edge:.1f}" fill="none" stroke="{code(darker(base, 0.55))}" stroke-width="{unit * 0.016:.1f}"/>'
    )


def card(brief: Brief) -> str:
    """Nothing was recognised: a composed abstract of the prompt's own chance. Words are set over it later."""
    w, h, unit = brief.width, brief.height, brief.unit
    dice = brief.dice.child("card")
    hue = dice.between(0, 1)
    spare = brief.reading.colours
    colours = list(spare) or [from_hls(hue, 0.55, 0.6)]
    base = colours[0]
    tones = [*colours, from_hls(hue + 0.09, 0.6, 0.65), from_hls(hue + 0.5, 0.62, 0.6), from_hls(hue + 0.16, 0.7, 0.6)]
    text = (
        f'<linearGradient id="crd" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="{code(darker(base, 0.25))}"/>'
        f'<stop offset="1" stop-color="{code(mix(base, tones[-2], 0.55))}"/></linearGradient>'
    )
    if brief.bare:
        return text + f'<path fill="url(#crd)" d="{blob(w / 2, h / 2, unit * 0.44, dice)}"/>'
    text += f'<rect width="{w}" height="{h}" fill="url(#crd)"/>'
    for number in range(7):
        x, y, r = dice.between(0, w), dice.between(0, h), unit * dice.between(0.1, 0.42)
        tone = code(lighter(dice.one(tones), 0.12))
        if number % 3 == 0:
            text += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{tone}" opacity=".42"/>'
        elif number % 3 == 1:
            text += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r * 0.8:.1f}" fill="none" stroke="{tone}" stroke-width="{unit * 0.03:.1f}" opacity=".55"/>'
        else:
            text += f'<path d="{blob(x, y, r, dice)}" fill="{tone}" opacity=".38"/>'
    return text


_FRAMINGS: dict[str, Callable[[Brief], str]] = {
    "emblem": emblem, "portrait": portrait, "scene": scene, "pattern": pattern, "sheet": sheet,
    "isometric": isometric, "poster": poster, "card": card,
}  # fmt: skip
