"""Draft room: the land of each place, between sky and actors."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

from itertools import count

from pixmake.providers.draft import scenery
from pixmake.providers.draft.corpus import icon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.glyph import Paint, Spot, place
from pixmake.providers.draft.palette import Colour, code, darker, lighter, mix, of
from pixmake.providers.draft.scenery import View


def specks(view: View, dice: Dice, many: int, fill: str, low: float, high: float, opacity: float) -> str:
    text = ""
    for _ in range(int(many * min(2.5, max(1.0, view.width / view.height)))):
        r = max(0.5, view.unit * dice.between(low, high))
        text += f'<circle cx="{dice.between(0, view.width):.1f}" cy="{dice.between(0, view.height):.1f}" r="{r:.2f}" fill-opacity="{dice.between(0.35, 1.0) * opacity:.2f}"/>'
    return f'<g fill="{fill}">{text}</g>'


def _ground(view: View, colour: Colour | None = None, top: float | None = None) -> str:
    """The near ground: a gradient from the horizon to the lower edge."""
    base = colour or view.ground
    y = view.horizon if top is None else top
    return (
        f'<linearGradient id="grd" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{code(lighter(mix(base, view.haze, 0.18), 0.05))}"/>'
        f'<stop offset="1" stop-color="{code(darker(base, 0.2))}"/></linearGradient>'
        f'<rect y="{y:.1f}" width="{view.width}" height="{max(1.0, view.height - y):.1f}" fill="url(#grd)"/>'
    )


def _hilly_ground(view: View, dice: Dice) -> str:
    near = view.height - view.horizon
    text = scenery.ridge(
        view, dice, view.horizon + near * 0.22, near * 0.3, mix(view.ground, view.haze, 0.25), waves=1.3
    )
    text += scenery.ridge(
        view, dice, view.horizon + near * 0.52, near * 0.26, mix(view.ground, view.haze, 0.08), waves=1.7
    )
    return text + scenery.ridge(
        view, dice, view.horizon + near * 0.85, near * 0.24, darker(view.ground, 0.03), waves=1.1
    )


def field(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = scenery.ridge(view, dice, view.horizon, view.unit * 0.2, view.far(0.62))
    text += scenery.ridge(view, dice, view.horizon + view.unit * 0.03, view.unit * 0.12, view.far(0.4), waves=2.6)
    text += _ground(view, view.far(0.3), view.horizon + view.unit * 0.02)
    leaf = view.lit(of("#4f9f4a") if view.season != "autumn" else of("#dd8a35"))
    for _ in range(int(3 + 2 * view.width / view.height)):
        x = dice.between(0, view.width)
        tall = view.unit * dice.between(0.08, 0.15)
        foot = view.horizon + view.unit * dice.between(0.03, 0.06)
        tone = mix(leaf, view.haze, 0.3)
        text += (
            scenery.pine(x, foot, tall, tone, snow=view.snow)
            if view.season == "winter"
            else scenery.round_tree(x, foot, tall, tone)
        )
    return text + _hilly_ground(view, dice)


def _forest(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = scenery.ridge(view, dice, view.horizon - view.unit * 0.04, view.unit * 0.22, view.far(0.7))
    winter, autumn = view.season == "winter", view.season == "autumn"
    leaf = view.lit(of("#2f7a50") if not autumn else of("#d67a2e"))
    aspect = max(1.0, view.width / view.height)
    for depth, (haze, tall, many) in enumerate(((0.62, 0.24, 15), (0.4, 0.34, 10), (0.18, 0.5, 6))):
        foot = view.horizon + (view.height - view.horizon) * (0.03 + 0.13 * depth)
        text += scenery.ridge(
            view, dice.child(depth), foot + view.unit * 0.02, view.unit * 0.05, mix(view.ground, view.haze, haze * 0.7)
        )
        slots = int(many * aspect)
        for number in range(slots):
            x = view.width * (number + dice.between(0.05, 0.95)) / slots
            if depth == 2 and 0.26 < x / view.width < 0.74:
                continue  # leave a clearing for the actors
            height = view.unit * tall * dice.between(0.75, 1.2)
            tone = mix(leaf, view.haze, haze)
            broad = not winter and dice.chance(0.55 if autumn else 0.3)
            lower = foot + view.unit * dice.between(0.0, 0.02)
            text += (
                scenery.round_tree(x, lower, height * 0.85, tone)
                if broad
                else scenery.pine(x, lower, height, tone, snow=view.snow)
            )
    return text + _hilly_ground(view, dice)


def _mountains(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    stone = view.lit(of("#7b87a8"))
    text = scenery.peaks(view, dice.child(1), view.horizon + 1, view.unit * 0.46, mix(stone, view.haze, 0.55))
    text += scenery.peaks(
        view, dice.child(2), view.horizon + view.unit * 0.05, view.unit * 0.3, mix(stone, view.haze, 0.25)
    )
    text += scenery.ridge(view, dice, view.horizon + view.unit * 0.08, view.unit * 0.1, view.far(0.35))
    leaf = view.lit(of("#3a7d55"))
    aspect = max(1.0, view.width / view.height)
    for _ in range(int(12 * aspect)):
        x = dice.between(0, view.width)
        foot = view.horizon + view.unit * dice.between(0.05, 0.1)
        text += scenery.pine(x, foot, view.unit * dice.between(0.06, 0.12), mix(leaf, view.haze, 0.25), snow=view.snow)
    return text + _hilly_ground(view, dice)


def _desert(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = scenery.ridge(view, dice, view.horizon, view.unit * 0.16, view.far(0.55), waves=1.2)
    text += scenery.ridge(view, dice, view.horizon + view.unit * 0.05, view.unit * 0.12, view.far(0.3), waves=1.6)
    return text + _hilly_ground(view, dice)


def water(view: View, dice: Dice, top: float) -> str:
    """The sea from `top` down, with glints in rows that grow toward the eye."""
    base = view.lit(of("#2a86c8")) if view.mood != "sunset" else of("#8a5a9c")
    sky_low = of(scenery.SKIES[view.mood][2])
    deep = view.height - top
    text = (
        f'<linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{code(mix(base, sky_low, 0.55))}"/>'
        f'<stop offset=".35" stop-color="{code(base)}"/><stop offset="1" stop-color="{code(darker(base, 0.4))}"/></linearGradient>'
        f'<rect y="{top:.1f}" width="{view.width}" height="{max(1.0, deep):.1f}" fill="url(#sea)"/>'
    )
    glints = ""
    for row in range(9):
        y = top + deep * ((row + 0.6) / 9) ** 1.6
        long = view.unit * (0.02 + 0.012 * row)
        for _ in range(int((7 - row * 0.4) * max(1.0, view.width / view.height))):
            x = dice.between(-long, view.width)
            glints += f"M{x:.1f} {y:.1f}q{long / 2:.1f} {-long * 0.13:.1f} {long:.1f} 0"
    return (
        text
        + f'<path d="{glints}" stroke="#fff" stroke-opacity=".45" stroke-width="{max(0.7, view.unit * 0.003):.2f}" stroke-linecap="round" fill="none"/>'
    )


def _sea(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = scenery.ridge(
        view, dice, view.horizon + 1, view.unit * 0.1, mix(view.lit(of("#5d7f8f")), view.haze, 0.5), waves=0.9
    )
    return text + water(view, dice, view.horizon)


def _beach(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = _sea(view, dice, paint, numbers)
    shore = view.horizon + (view.height - view.horizon) * 0.45
    foam = scenery.ridge(view, dice.child("foam"), shore, view.unit * 0.05, (255, 255, 255), waves=1.4)
    return (
        text
        + foam
        + scenery.ridge(view, dice.child("foam"), shore + view.unit * 0.014, view.unit * 0.05, view.ground, waves=1.4)
    )


def _city(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    night = view.mood in ("night", "sunset", "storm", "neon")
    tone = of("#2b3358") if night else of("#8d9fbd")
    text = scenery.skyline(
        view, dice, view.horizon, view.unit * 0.5, mix(tone, view.haze, 0.22 if view.mood == "neon" else 0.5)
    )
    text += scenery.skyline(view, dice, view.horizon + view.unit * 0.03, view.unit * 0.36, mix(tone, view.haze, 0.12))
    top = view.horizon + view.unit * 0.02
    text += _ground(view, view.lit(of("#5d6474")), top)
    kerb = view.height - (view.height - top) * 0.72
    text += (
        f'<rect y="{top:.1f}" width="{view.width}" height="{kerb - top:.1f}" fill="{code(view.lit(of("#a9b0bd")))}"/>'
    )
    dash, y = view.unit * 0.12, view.height - (view.height - top) * 0.3
    lines = "".join(f"M{x * dash * 2:.1f} {y:.1f}h{dash:.1f}" for x in range(int(view.width / dash / 2) + 1))
    return text + f'<path d="{lines}" stroke="#f4e3a0" stroke-width="{view.unit * 0.012:.1f}" stroke-opacity=".8"/>'


def _space(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    return ""


def _moonscape(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    """A cratered ground under a black sky."""
    text = scenery.ridge(view, dice, view.horizon + view.unit * 0.03, view.unit * 0.14, view.far(0.5), waves=0.9)
    text += scenery.ridge(view, dice, view.horizon + view.unit * 0.12, view.unit * 0.08, view.ground, waves=0.7)
    for _ in range(int(10 * max(1.0, view.width / view.height))):
        x, r = dice.between(0, view.width), view.unit * dice.between(0.02, 0.06)
        y = view.height - (view.height - view.horizon) * dice.between(0.03, 0.62)
        rim, pit = code(lighter(view.ground, 0.2)), code(darker(view.ground, 0.3))
        text += f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r * 1.12:.1f}" ry="{r * 0.38:.1f}" fill="{rim}"/>'
        text += f'<ellipse cx="{x:.1f}" cy="{y - r * 0.03:.1f}" rx="{r:.1f}" ry="{r * 0.31:.1f}" fill="{pit}"/>'
    return text


def _underwater(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = ""
    for _ in range(4):
        x, wide = dice.between(0, view.width), view.unit * dice.between(0.06, 0.14)
        lean = view.height * 0.35
        text += f'<path fill="#fff" fill-opacity=".1" d="M{x:.1f} 0h{wide:.1f}L{x - lean + wide * 2.2:.1f} {view.height}h{-wide * 2.2:.1f}z"/>'
    text += scenery.ridge(
        view, dice, view.height - view.unit * 0.06, view.unit * 0.2, mix(of("#0f5f8f"), view.haze, 0.3)
    )
    text += scenery.ridge(
        view, dice, view.height - view.unit * 0.03, view.unit * 0.12, mix(view.ground, of("#1280b5"), 0.35)
    )
    for _ in range(int(7 * max(1.0, view.width / view.height))):
        x, tall = dice.between(0, view.width), view.unit * dice.between(0.1, 0.26)
        tone = dice.one(("#2f9e6f", "#1f7f6a", "#4bb37a"))
        text += f'<path fill="none" stroke="{tone}" stroke-linecap="round" stroke-width="{view.unit * 0.012:.1f}" d="M{x:.1f} {view.height}q{tall * 0.16:.1f} {-tall * 0.3:.1f} 0 {-tall * 0.5:.1f}t0 {-tall * 0.5:.1f}"/>'
    return text


def _cave(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    unit, text = view.unit, ""
    text += (
        f'<radialGradient id="lamp"><stop offset="0" stop-color="#ffb35c" stop-opacity=".5"/><stop offset="1" stop-color="#ffb35c" stop-opacity="0"/></radialGradient>'
        f'<ellipse cx="{view.width / 2:.1f}" cy="{view.horizon:.1f}" rx="{unit * 0.7:.1f}" ry="{unit * 0.55:.1f}" fill="url(#lamp)"/>'
    )
    tone = of("#2b2236")
    for number in range(int(9 * max(1.0, view.width / view.height))):
        x = view.width * (number + dice.between(0, 1)) / (9 * max(1.0, view.width / view.height))
        wide, tall = unit * dice.between(0.05, 0.11), unit * dice.between(0.08, 0.3)
        text += f'<path fill="{code(mix(tone, (70, 55, 90), dice.between(0, 0.6)))}" d="M{x - wide:.1f} 0L{x:.1f} {tall:.1f}L{x + wide:.1f} 0z"/>'
    text += _ground(view, of("#4a3d4f"), view.horizon + unit * 0.06)
    joints = ""
    near = view.height - view.horizon
    for row in range(5):
        y = view.horizon + unit * 0.06 + near * (row / 5) ** 1.4
        joints += f"M0 {y:.1f}H{view.width}"
        for column in range(int(7 * view.width / view.height)):
            x = (column + 0.5 * (row % 2)) * unit * (0.12 + 0.035 * row)
            joints += f"M{x:.1f} {y:.1f}v{near * 0.2:.1f}"
    return (
        text
        + f'<path d="{joints}" stroke="#2a2138" stroke-opacity=".55" stroke-width="{max(0.8, unit * 0.005):.1f}" fill="none"/>'
    )


def _window(view: View, x: float) -> str:
    unit = view.unit
    y, w, h = view.horizon * 0.14, unit * 0.28, unit * 0.33
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{unit * 0.012:.1f}" fill="#9fd4f5" stroke="#fff8ec" stroke-width="{unit * 0.022:.1f}"/>'
        f'<path fill="#fff" fill-opacity=".35" d="M{x:.1f} {y + h * 0.6:.1f}L{x + w * 0.6:.1f} {y:.1f}h{w * 0.2:.1f}L{x:.1f} {y + h * 0.82:.1f}z"/>'
        f'<path d="M{x + w / 2:.1f} {y:.1f}v{h:.1f}M{x:.1f} {y + h / 2:.1f}h{w:.1f}" stroke="#fff8ec" stroke-width="{unit * 0.014:.1f}"/>'
        f'<path fill="#fff" fill-opacity=".14" d="M{x:.1f} {view.horizon:.1f}h{w:.1f}l{unit * 0.14:.1f} {unit * 0.2:.1f}h{-w:.1f}z"/>'
    )


def _shelf(view: View, x: float, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    """A board on the wall with small household things on it."""
    unit = view.unit
    y, side = view.horizon * 0.46, unit * 0.085
    text = f'<rect x="{x:.1f}" y="{y:.1f}" width="{unit * 0.3:.1f}" height="{unit * 0.016:.1f}" fill="#8a5f3c"/>'
    things = (
        "fluent:potted-plant",
        "noto:books",
        "noto:teapot",
        "noto:candle",
        "noto:framed-picture",
        "noto:mantelpiece-clock",
    )
    first = dice.whole(0, len(things) - 1)
    for number in range(3):
        thing = icon(things[(first + number) % len(things)])
        text += place(
            thing, Spot(x=x + unit * 0.01 + number * unit * 0.098, y=y - side * 0.96, size=side), paint, numbers
        )
    return text


def _room(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    unit = view.unit
    wall, floor = dice.one(
        (("#f2dfc6", "#a8713f"), ("#d8e6e4", "#b98a5a"), ("#e9dbe8", "#8f6a4a"), ("#f6e7b8", "#9a6638"))
    )
    text = f'<rect width="{view.width}" height="{view.height}" fill="{wall}"/>'
    panels = "".join(
        f"M{unit * 0.16 * n:.1f} 0V{view.horizon:.1f}" for n in range(1, int(view.width / (unit * 0.16)) + 1)
    )
    text += f'<path d="{panels}" stroke="#fff" stroke-opacity=".22" stroke-width="{max(0.6, unit * 0.004):.1f}"/>'
    spots = [0.12, 0.64] if view.width < view.height * 1.6 else [0.07, 0.36, 0.66, 0.86]
    if dice.chance(0.5):
        spots.reverse()
    for number, spot in enumerate(spots):
        text += (
            _window(view, view.width * spot)
            if number % 2 == 0
            else _shelf(view, view.width * spot, dice, paint, numbers)
        )
    base = of(floor)
    text += (
        f'<rect y="{view.horizon:.1f}" width="{view.width}" height="{view.height - view.horizon:.1f}" fill="{floor}"/>'
    )
    text += f'<rect y="{view.horizon:.1f}" width="{view.width}" height="{unit * 0.03:.1f}" fill="{code(lighter(base, 0.25))}"/>'
    grain = ""
    for _ in range(int(12 * max(1.0, view.width / view.height))):
        gy, gx = dice.between(view.horizon + unit * 0.05, view.height), dice.between(0, view.width)
        grain += f"M{gx:.1f} {gy:.1f}h{unit * dice.between(0.08, 0.3):.1f}"
    return (
        text
        + f'<path d="{grain}" stroke="{code(darker(base, 0.25))}" stroke-width="{max(0.7, unit * 0.004):.1f}" stroke-opacity=".5"/>'
    )


def _table(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    """A plain wall with soft lights, and the top of a table before it."""
    unit = view.unit
    wall, wood = dice.one(
        (("#f3e3cd", "#b9844f"), ("#d5e4ea", "#c9a27a"), ("#ecdfee", "#a97850"), ("#dcead6", "#b98a5a"))
    )
    tone, base, top = view.lit(of(wall)), view.lit(of(wood)), view.horizon + unit * 0.02
    text = (
        f'<linearGradient id="wal" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{code(darker(tone, 0.12))}"/>'
        f'<stop offset="1" stop-color="{code(lighter(tone, 0.3))}"/></linearGradient><rect width="{view.width}" height="{view.height}" fill="url(#wal)"/>'
    )
    for _ in range(int(6 * max(1.0, view.width / view.height))):
        x, y, r = dice.between(0, view.width), dice.between(0, view.horizon), unit * dice.between(0.05, 0.13)
        text += (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="#fff" fill-opacity="{dice.between(0.12, 0.3):.2f}"/>'
        )
    text += _ground(view, base, top)
    text += f'<rect y="{top:.1f}" width="{view.width}" height="{unit * 0.018:.1f}" fill="{code(lighter(base, 0.35))}"/>'
    grain = ""
    for _ in range(int(14 * max(1.0, view.width / view.height))):
        x, y = dice.between(-unit * 0.1, view.width), dice.between(top + unit * 0.04, view.height)
        grain += f"M{x:.1f} {y:.1f}h{unit * dice.between(0.1, 0.36):.1f}"
    return (
        text
        + f'<path d="{grain}" stroke="{code(darker(base, 0.22))}" stroke-opacity=".5" stroke-width="{max(0.7, unit * 0.004):.1f}"/>'
    )


def _sky_only(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = ""
    for row in range(3):
        for number in range(int(4 * max(1.0, view.width / view.height))):
            x = view.width * (number + dice.between(0, 1)) / (4 * max(1.0, view.width / view.height))
            y = view.height * (0.84 + 0.1 * row)
            text += scenery.cloud(
                x,
                y + view.unit * 0.08,
                view.unit * dice.between(0.12, 0.2),
                code(mix(view.haze, (255, 255, 255), 0.5 + 0.2 * row)),
                0.9,
            )
    return text


def _volcano(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = scenery.peaks(view, dice, view.horizon + 1, view.unit * 0.36, of("#4a2630"), snow=False)
    text += _ground(view, of("#3a2028"), view.horizon)
    for row in range(3):
        y = view.horizon + (view.height - view.horizon) * (0.2 + 0.28 * row)
        x = dice.between(0, view.width * 0.5)
        wide = view.unit * dice.between(0.4, 0.8)
        text += f'<path fill="none" stroke="#ff8a2a" stroke-width="{view.unit * (0.012 + 0.01 * row):.1f}" stroke-linecap="round" d="M{x:.1f} {y:.1f}q{wide * 0.25:.1f} {-view.unit * 0.04:.1f} {wide * 0.5:.1f} 0t{wide * 0.5:.1f} 0"/>'
    return text + specks(view, dice, 40, "#ffb04a", 0.002, 0.006, 0.9)


def _castle(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    text = _mountains(view, dice, paint, numbers)
    castle = icon("noto:castle")
    side = view.unit * 0.24
    x = view.width * dice.one((0.1, 0.74))
    return text + place(
        castle, Spot(x=x, y=view.horizon - side * 0.72, size=side), paint.distant(view.haze, 0.35), numbers
    )


LANDS = {
    "forest": _forest, "mountains": _mountains, "desert": _desert, "sea": _sea, "beach": _beach, "city": _city,
    "space": _space,
    "moon": _moonscape, "underwater": _underwater, "cave": _cave, "room": _room, "sky": _sky_only, "volcano": _volcano,
    "castle": _castle, "table": _table, "swamp": _forest, "field": field, "": field,
}  # fmt: skip
