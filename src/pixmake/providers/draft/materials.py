"""Draft room: textures that repeat without seams, for the tiles of games: bricks, planks, stone, grass, water and more."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

from collections.abc import Callable

from pixmake.providers.draft import lexicon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.palette import Colour, code, darker, lighter, mix, of
from pixmake.providers.draft.reading import Reading


def named(reading: Reading) -> str:
    """The material a prompt names first, or nothing."""
    for segment in reading.segments:
        for word in segment.words:
            if word in lexicon.MATERIALS:
                return lexicon.MATERIALS[word]
    return ""


def texture(width: int, height: int, material: str, dice: Dice) -> str:
    """The material over the whole picture; its right edge continues at the left one, its lower at the upper."""
    return _MATERIALS[material](float(width), float(height), dice)


def _base(w: float, h: float, colour: Colour) -> str:
    return f'<rect width="{w:g}" height="{h:g}" fill="{code(colour)}"/>'


def _around(w: float, h: float, x: float, y: float, reach: float) -> list[tuple[float, float]]:
    """The places at which a thing must be drawn so that it also shows at the opposite edges."""
    xs = [x] + ([x + w] if x < reach else []) + ([x - w] if x > w - reach else [])
    ys = [y] + ([y + h] if y < reach else []) + ([y - h] if y > h - reach else [])
    return [(px, py) for px in xs for py in ys]


def _bricks(w: float, h: float, dice: Dice) -> str:
    return _courses(w, h, dice, of("#b5563c"), of("#d8c8b4"), rows=8, columns=4)


def _cobbles(w: float, h: float, dice: Dice) -> str:
    return _courses(w, h, dice, of("#8d929c"), of("#4b4f5a"), rows=6, columns=5, rounding=0.34)


def _courses(
    w: float, h: float, dice: Dice, stone: Colour, joint: Colour, *, rows: int, columns: int, rounding: float = 0.1
) -> str:  # fmt: skip
    """Rows of blocks, every second one shifted by half a block."""
    text, bw, bh = _base(w, h, joint), w / columns, h / rows
    gap = bh * 0.09
    for row in range(rows):
        for column in range(columns):
            tone = mix(darker(stone, dice.between(0, 0.24)), lighter(stone, 0.25), dice.between(0, 0.5))
            x, y = (column + 0.5 * (row % 2)) * bw, row * bh
            for px, py in _around(w, h, x, y, 0) if x + bw <= w + 0.01 else [(x, y), (x - w, y)]:
                bw2, bh2, r = bw - 2 * gap, bh - 2 * gap, bh * rounding
                text += f'<rect x="{px + gap:.1f}" y="{py + gap:.1f}" width="{bw2:.1f}" height="{bh2:.1f}" rx="{r:.1f}" fill="{code(tone)}"/>'
                text += f'<rect x="{px + gap:.1f}" y="{py + gap:.1f}" width="{bw2:.1f}" height="{bh2 * 0.24:.1f}" rx="{min(r, bh2 * 0.12):.1f}" fill="{code(lighter(tone, 0.3))}" opacity=".6"/>'
    return text


def _planks(w: float, h: float, dice: Dice) -> str:
    wood, rows = of("#a9713f"), 5
    text, bh = _base(w, h, darker(wood, 0.5)), h / 5
    for row in range(rows):
        tone = mix(wood, lighter(wood, 0.3), dice.between(0, 0.7))
        y = row * bh
        text += f'<rect y="{y:.1f}" width="{w:g}" height="{bh * 0.95:.1f}" fill="{code(tone)}"/>'
        grain = "".join(f"M0 {y + bh * part:.1f}h{w:g}" for part in (0.18, 0.34, 0.55, 0.74))
        text += f'<path d="{grain}" stroke="{code(darker(tone, 0.22))}" stroke-width="{bh * 0.018:.2f}" opacity=".7"/>'
        x = w * dice.between(0.15, 0.85)
        text += f'<path d="M{x:.1f} {y:.1f}v{bh * 0.95:.1f}" stroke="{code(darker(wood, 0.5))}" stroke-width="{bh * 0.04:.2f}"/>'
        for dx in (-0.06, 0.06):
            text += f'<circle cx="{x + dx * w / 2:.1f}" cy="{y + bh * 0.48:.1f}" r="{bh * 0.035:.1f}" fill="{code(darker(wood, 0.55))}"/>'
    return text


def _blades(w: float, h: float, dice: Dice) -> str:
    green, unit = of("#5fae45"), min(w, h)
    text = _base(w, h, green) + _patches(w, h, dice, green, 14)
    for tone in (darker(green, 0.25), lighter(green, 0.22), darker(green, 0.12)):
        strokes = ""
        for _ in range(50):
            x, y, tall = dice.between(0, w), dice.between(0, h), unit * dice.between(0.03, 0.07)
            lean = tall * dice.between(-0.4, 0.4)
            for px, py in _around(w, h, x, y, tall * 1.2):
                strokes += f"M{px:.1f} {py:.1f}q{lean * 0.2:.1f} {-tall * 0.6:.1f} {lean:.1f} {-tall:.1f}"
        text += f'<path d="{strokes}" stroke="{code(tone)}" stroke-width="{unit * 0.011:.2f}" stroke-linecap="round" fill="none"/>'
    return text


def _patches(w: float, h: float, dice: Dice, colour: Colour, many: int) -> str:
    """Soft lighter and darker spots that break up a plain colour."""
    text, unit = "", min(w, h)
    for number in range(many):
        x, y, r = dice.between(0, w), dice.between(0, h), unit * dice.between(0.05, 0.16)
        tone = code(darker(colour, 0.12) if number % 2 else lighter(colour, 0.14))
        for px, py in _around(w, h, x, y, r * 1.4):
            text += f'<ellipse cx="{px:.1f}" cy="{py:.1f}" rx="{r * 1.4:.1f}" ry="{r:.1f}" fill="{tone}" opacity=".5"/>'
    return text


def _waves(w: float, h: float, dice: Dice, colour: Colour = (47, 134, 200)) -> str:
    text, unit = _base(w, h, colour) + _patches(w, h, dice, colour, 10), min(w, h)
    strokes = ""
    for _ in range(26):
        x, y, long = dice.between(0, w), dice.between(0, h), unit * dice.between(0.1, 0.22)
        for px, py in _around(w, h, x, y, long):
            strokes += f"M{px:.1f} {py:.1f}q{long / 4:.1f} {-long * 0.16:.1f} {long / 2:.1f} 0t{long / 2:.1f} 0"
    return (
        text
        + f'<path d="{strokes}" stroke="{code(lighter(colour, 0.6))}" stroke-opacity=".75" stroke-width="{unit * 0.014:.2f}" stroke-linecap="round" fill="none"/>'
    )


def _grains(w: float, h: float, dice: Dice, colour: Colour = (230, 196, 132)) -> str:
    text, unit = _base(w, h, colour) + _patches(w, h, dice, colour, 16), min(w, h)
    for tone in (darker(colour, 0.28), lighter(colour, 0.45)):
        dots = ""
        for _ in range(90):
            x, y, r = dice.between(0, w), dice.between(0, h), unit * dice.between(0.003, 0.009)
            for px, py in _around(w, h, x, y, r):
                dots += f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{r:.2f}"/>'
        text += f'<g fill="{code(tone)}" opacity=".8">{dots}</g>'
    return text


def _lava(w: float, h: float, dice: Dice) -> str:
    text, unit = _base(w, h, of("#ff9a2e")) + _patches(w, h, dice, of("#ffb84a"), 12), min(w, h)
    for _ in range(30):
        x, y, r = dice.between(0, w), dice.between(0, h), unit * dice.between(0.06, 0.13)
        for px, py in _around(w, h, x, y, r):
            text += (
                f'<ellipse cx="{px:.1f}" cy="{py:.1f}" rx="{r:.1f}" ry="{r * 0.72:.1f}" fill="{code(of("#4a2328"))}"/>'
            )
    return text


def _ice(w: float, h: float, dice: Dice) -> str:
    return _grains(w, h, dice, (206, 230, 246))


def _metal(w: float, h: float, dice: Dice) -> str:
    steel = of("#98a4b2")
    text, side = _base(w, h, darker(steel, 0.5)), min(w, h) / 2
    columns, rows = max(1, round(w / side)), max(1, round(h / side))
    cw, ch = w / columns, h / rows
    for row in range(rows):
        for column in range(columns):
            x, y, tone = column * cw, row * ch, mix(steel, lighter(steel, 0.3), dice.between(0, 0.5))
            text += f'<rect x="{x + cw * 0.02:.1f}" y="{y + ch * 0.02:.1f}" width="{cw * 0.96:.1f}" height="{ch * 0.96:.1f}" fill="{code(tone)}"/>'
            text += f'<path fill="#fff" opacity=".16" d="M{x + cw * 0.02:.1f} {y + ch * 0.7:.1f}L{x + cw * 0.7:.1f} {y + ch * 0.02:.1f}h{cw * 0.2:.1f}L{x + cw * 0.02:.1f} {y + ch * 0.9:.1f}z"/>'
            for dx, dy in ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)):
                text += f'<circle cx="{x + cw * dx:.1f}" cy="{y + ch * dy:.1f}" r="{cw * 0.035:.1f}" fill="{code(darker(steel, 0.45))}"/>'
    return text


_MATERIALS: dict[str, Callable[[float, float, Dice], str]] = {
    "brick": _bricks, "plank": _planks, "stone": _cobbles, "grass": _blades, "water": _waves, "sand": _grains,
    "lava": _lava, "ice": _ice, "metal": _metal,
}  # fmt: skip
