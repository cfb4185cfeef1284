"""Draft room: skies, far land, ground and weather as SVG text. Everything scales with the picture; nothing is chance."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

import math
from itertools import pairwise

from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.palette import Colour, code, darker, lighter, mix, of
from pixmake.values import dataclass

SKIES: dict[str, tuple[str, str, str]] = {
    "day": ("#4ba3e8", "#8ecbf5", "#dff3fb"),
    "dawn": ("#6d86cf", "#f2b5b8", "#ffe6b8"),
    "sunset": ("#4a3a8c", "#e0607e", "#ffbd6e"),
    "night": ("#0a1238", "#1e2b68", "#4a5a9c"),
    "storm": ("#333d4e", "#566375", "#8a96a3"),
    "fog": ("#9fb0ba", "#c4d0d6", "#e6ecee"),
    "space": ("#06051a", "#170f3f", "#3b1c66"),
    "underwater": ("#3cc0dc", "#1280b5", "#0a3f73"),
    "cave": ("#15111f", "#2a2138", "#43364f"),
    "room": ("#f3e3cd", "#eed6b8", "#e6c7a2"),
    "inferno": ("#2a0a14", "#7a1c1c", "#f0702a"),
    "neon": ("#0b0220", "#3b0f63", "#d22f93"),
    "jungle": ("#2f7d5b", "#78b878", "#dff0b0"),
}
GROUNDS: dict[str, str] = {
    "forest": "#4f9a56", "mountains": "#6fae5c", "desert": "#eec07a", "sea": "#2f86c5", "beach": "#f2d79b",
    "city": "#5d6474", "space": "#6b6485", "moon": "#a7a3b5", "underwater": "#d9c48f", "cave": "#4a3d4f", "castle": "#6fae5c",
    "field": "#78bf58", "room": "#a8713f", "table": "#b9844f", "sky": "#bfe3f7", "volcano": "#3d2c33", "swamp": "#5d7a45", "": "#78bf58",
}  # fmt: skip
LAMPS: dict[str, tuple[Colour, float]] = {
    "night": (of("#6676c8"), 0.38), "sunset": (of("#ff9a68"), 0.22), "dawn": (of("#ffc9b0"), 0.16),
    "storm": (of("#77859a"), 0.34), "fog": (of("#c9d4da"), 0.30), "space": (of("#9a8cf0"), 0.16),
    "underwater": (of("#4fc0e0"), 0.24), "cave": (of("#7a6aa8"), 0.28), "neon": (of("#a060ff"), 0.34), "inferno": (of("#ff8a50"), 0.25),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A stage: size and horizon in pixels, the mood that colours it, and the place it shows."""

    width: int
    height: int
    horizon: float
    mood: str
    place: str
    season: str

    @property
    def unit(self) -> float:
        """The length that things are measured in: the shorter side."""
        return float(min(self.width, self.height))

    @property
    def haze(self) -> Colour:
        return of(SKIES[self.mood][2])

    @property
    def ground(self) -> Colour:
        """The colour of the near ground in the view's season and light."""
        colour = of(GROUNDS[self.place])
        if self.season == "winter" and self.place not in ("sea", "space", "underwater", "cave", "room", "volcano"):
            colour = of("#eef4fb") if self.place != "city" else of("#c9d3df")
        elif self.season == "autumn" and self.place in ("forest", "field", "mountains", "castle", ""):
            colour = of("#c9973f")
        return self.lit(colour)

    def lit(self, colour: Colour) -> Colour:
        if self.mood not in LAMPS:
            return colour
        lamp, strength = LAMPS[self.mood]
        shade = (colour[0] * lamp[0] // 255, colour[1] * lamp[1] // 255, colour[2] * lamp[2] // 255)
        return mix(mix(colour, shade, min(1.0, strength * 1.5)), lamp, strength * 0.12)

    @property
    def snow(self) -> Colour | None:
        """The colour of snow in this light, None but in winter."""
        return mix(self.lit((248, 251, 255)), (255, 255, 255), 0.2) if self.season == "winter" else None

    def far(self, share: float) -> Colour:
        """The ground's colour through so much air (0 near, 1 lost in haze)."""
        return mix(self.ground, mix(self.haze, of(SKIES[self.mood][1]), 0.35), share)


def sky(view: View, dice: Dice) -> str:
    """Gradient, sun or moon with glow, stars, clouds."""
    top, middle, low = SKIES[view.mood]
    text = (
        f'<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{top}"/>'
        f'<stop offset=".5" stop-color="{middle}"/><stop offset="1" stop-color="{low}"/></linearGradient>'
    )
    deep = (
        view.place in ("space", "moon")
        or view.mood in ("underwater", "space", "cave", "inferno")
        or view.place == "room"
    )
    end = view.height if deep else view.horizon * 1.06
    text += f'<rect width="{view.width}" height="{max(1.0, end):.1f}" fill="url(#sky)"/>'
    if view.mood in ("night", "space", "neon"):
        text += stars(view, dice)
    if view.mood == "space":
        text += nebulae(view, dice)
    if view.mood in ("day", "sunset", "dawn", "night", "inferno", "jungle") and view.place not in ("room", "cave"):
        text += luminary(view, dice)
    if view.mood in ("day", "sunset", "dawn", "storm", "night", "jungle") and view.place not in (
        "room",
        "cave",
        "space",
    ):
        text += clouds(view, dice)
    return text


def stars(view: View, dice: Dice) -> str:
    """Points and a few four-pointed sparkles over the upper part."""
    limit = view.height if view.mood == "space" else view.horizon * 0.85
    many = int(26 + 34 * min(2.5, view.width / max(1, view.height)))
    unit = view.unit
    text = ""
    for number in range(many):
        x, y = dice.between(0, view.width), dice.between(0, limit)
        bright = dice.between(0.35, 0.95)
        if number % 9 == 0 and unit >= 96:
            r = unit * dice.between(0.008, 0.015)
            text += (
                f'<path fill="#fff" fill-opacity="{bright:.2f}" d="M{x:.1f} {y - r:.1f}Q{x:.1f} {y:.1f} {x + r:.1f} {y:.1f}'
                f'Q{x:.1f} {y:.1f} {x:.1f} {y + r:.1f}Q{x:.1f} {y:.1f} {x - r:.1f} {y:.1f}Q{x:.1f} {y:.1f} {x:.1f} {y - r:.1f}z"/>'
            )
        else:
            r = max(0.5, unit * dice.between(0.0012, 0.0032))
            text += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.2f}" fill="#fff" fill-opacity="{bright:.2f}"/>'
    return text


def nebulae(view: View, dice: Dice) -> str:
    """Soft coloured clouds and a distant planet."""
    text = ""
    for number in range(3):
        colour = dice.one(("#e0509a", "#5a7cf0", "#8f4be0", "#2fb3c9"))
        x, y = dice.between(0, view.width), dice.between(0, view.height)
        r = view.unit * dice.between(0.35, 0.6)
        text += (
            f'<radialGradient id="neb{number}"><stop offset="0" stop-color="{colour}" stop-opacity=".42"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r * 1.4:.1f}" ry="{r:.1f}" fill="url(#neb{number})"/>'
        )
    x, y, r = (
        view.width * dice.between(0.7, 0.9),
        view.height * dice.between(0.14, 0.3),
        view.unit * dice.between(0.06, 0.11),
    )
    return text + (
        '<linearGradient id="plt" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#ffd9a0"/>'
        '<stop offset="1" stop-color="#a04a7a"/></linearGradient>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="url(#plt)"/>'
        f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r * 1.8:.1f}" ry="{r * 0.4:.1f}" fill="none" stroke="#f3d6c0" '
        f'stroke-width="{r * 0.13:.1f}" stroke-opacity=".8" transform="rotate(-18 {x:.1f} {y:.1f})"/>'
    )


def luminary(view: View, dice: Dice) -> str:
    """The sun (low at dusk and dawn) or the moon, with its glow."""
    side = dice.one((0.18, 0.24, 0.76, 0.83))
    x = view.width * side
    low = view.mood in ("sunset", "dawn", "inferno")
    y = view.horizon * (dice.between(0.74, 0.9) if low else dice.between(0.2, 0.32))
    r = view.unit * (0.115 if low else 0.075)
    if view.mood == "inferno":
        return ""
    core, glow = ("#fdf6da", "#cfd8ff") if view.mood == "night" else ("#fff3c4", "#ffe27a")
    if low:
        core, glow = "#ffe9b0", "#ffb45a"
    text = (
        f'<radialGradient id="glow"><stop offset="0" stop-color="{glow}" stop-opacity=".75"/>'
        f'<stop offset=".4" stop-color="{glow}" stop-opacity=".25"/><stop offset="1" stop-color="{glow}" stop-opacity="0"/>'
        f'</radialGradient><circle cx="{x:.1f}" cy="{y:.1f}" r="{r * 3.4:.1f}" fill="url(#glow)"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{core}"/>'
    )
    if view.mood == "night":
        for dx, dy, size in ((-0.3, -0.2, 0.2), (0.25, 0.15, 0.27), (-0.1, 0.45, 0.14), (0.35, -0.4, 0.12)):
            text += f'<circle cx="{x + dx * r:.1f}" cy="{y + dy * r:.1f}" r="{r * size:.1f}" fill="#e3dcb8" fill-opacity=".8"/>'
    return text


def clouds(view: View, dice: Dice) -> str:
    """A few flat-bottomed clouds; more and darker in a storm."""
    tint = {"night": "#5a69a8", "sunset": "#ffc7a8", "dawn": "#fff0e6", "storm": "#414b5c"}.get(view.mood, "#ffffff")
    wide = min(4.0, view.width / max(1, view.height))
    many = int((5 if view.mood == "storm" else 2) + wide * 1.6)
    text = ""
    for number in range(many):
        x = view.width * ((number + dice.between(0.1, 0.9)) / many)
        y = view.horizon * dice.between(0.1, 0.55)
        size = view.unit * dice.between(0.07, 0.14) * (1.5 if view.mood == "storm" else 1.0)
        text += cloud(x, y, size, tint, dice.between(0.55, 0.92) if view.mood != "night" else 0.35)
    return text


def cloud(x: float, y: float, size: float, tint: str, opacity: float) -> str:
    """One cloud with its base at (x, y); `size` is its height."""
    s = size
    return (
        f'<path fill="{tint}" fill-opacity="{opacity:.2f}" d="M{x - 1.5 * s:.1f} {y:.1f}a{0.42 * s:.1f} {0.42 * s:.1f} 0 0 1 '
        f"{0.3 * s:.1f} {-0.75 * s:.1f}a{0.62 * s:.1f} {0.62 * s:.1f} 0 0 1 {1.1 * s:.1f} {-0.35 * s:.1f}"
        f"a{0.5 * s:.1f} {0.5 * s:.1f} 0 0 1 {0.9 * s:.1f} {0.3 * s:.1f}a{0.4 * s:.1f} {0.4 * s:.1f} 0 0 1 "
        f'{0.45 * s:.1f} {0.8 * s:.1f}z"/>'
    )


def ridge(view: View, dice: Dice, base: float, rise: float, colour: Colour, *, waves: float = 2.0) -> str:
    """A soft line of hills across the picture, filled down to its lower edge."""
    steps = 24
    phase, other = dice.between(0, 6.28), dice.between(0, 6.28)
    points = []
    aspect = max(1.0, view.width / max(1.0, view.height) * 0.8)
    for step in range(steps + 1):
        part = step / steps
        swell = (
            math.sin(part * waves * aspect * 3.1 + phase) * 0.6 + math.sin(part * waves * aspect * 6.7 + other) * 0.28
        )
        points.append((view.width * part, base - rise * (0.5 + 0.5 * swell)))
    return _smooth(points, view, code(colour))


def _smooth(points: list[tuple[float, float]], view: View, fill: str) -> str:
    text = f"M0 {view.height}L{points[0][0]:.1f} {points[0][1]:.1f}"
    for (ax, ay), (bx, by) in pairwise(points):
        text += f"Q{ax:.1f} {ay:.1f} {(ax + bx) / 2:.1f} {(ay + by) / 2:.1f}"
    return f'<path fill="{fill}" d="{text}L{view.width} {points[-1][1]:.1f}L{view.width} {view.height}z"/>'


def peaks(view: View, dice: Dice, base: float, rise: float, colour: Colour, *, snow: bool = True) -> str:
    """Angular mountains with a lit and a shaded side and white caps."""
    text = ""
    span = view.unit * 0.62
    many = max(3, int(view.width / span) + 2)
    light, shade, white = (
        code(lighter(colour, 0.12)),
        code(darker(colour, 0.16)),
        code(mix(view.haze, (255, 255, 255), 0.6)),
    )
    order = sorted(range(many), key=lambda _: dice.between(0, 1))
    for number in order:
        x = (number - 0.3 + dice.between(-0.2, 0.2)) * view.width / (many - 1.6)
        tall, half = rise * dice.between(0.6, 1.0), span * dice.between(0.5, 0.75)
        top, bend = base - tall, half * dice.between(-0.1, 0.2)
        text += f'<path fill="{light}" d="M{x - half:.1f} {base:.1f}L{x:.1f} {top:.1f}L{x + half:.1f} {base:.1f}z"/>'
        text += f'<path fill="{shade}" d="M{x:.1f} {top:.1f}L{x + half:.1f} {base:.1f}L{x + bend:.1f} {base:.1f}L{x + bend * 0.4 - half * 0.06:.1f} {top + tall * 0.5:.1f}z"/>'
        if snow:
            c = 0.28
            text += (
                f'<path fill="{white}" fill-opacity=".92" d="M{x:.1f} {top:.1f}L{x + half * c:.1f} {top + tall * c:.1f}'
                f"L{x + half * c * 0.45:.1f} {top + tall * c * 0.8:.1f}L{x + half * 0.05:.1f} {top + tall * c * 1.25:.1f}"
                f'L{x - half * c * 0.5:.1f} {top + tall * c * 0.8:.1f}L{x - half * c:.1f} {top + tall * c:.1f}z"/>'
            )
    return (
        text
        + f'<rect y="{base - 1:.1f}" width="{view.width}" height="{max(1.0, view.height - base + 1):.1f}" fill="{code(colour)}"/>'
    )


def skyline(view: View, dice: Dice, base: float, rise: float, colour: Colour) -> str:
    """Houses in a row; windows are lit by night."""
    text, x = "", -view.unit * 0.05
    glow = (
        dice.one(("#39e6ff", "#ff5ad0"))
        if view.mood == "neon"
        else "#ffd97a"
        if view.mood in ("night", "sunset", "storm")
        else "#ffffff"
    )
    while x < view.width:
        wide, tall = view.unit * dice.between(0.07, 0.14), rise * dice.between(0.35, 1.0)
        tone = mix(colour, view.haze, dice.between(0.0, 0.06 if view.mood == "neon" else 0.22))
        text += f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{wide + 0.6:.1f}" height="{tall + view.unit * 0.1:.1f}" fill="{code(tone)}"/>'
        if dice.chance(0.3):
            text += f'<rect x="{x + wide * 0.42:.1f}" y="{base - tall * 1.12:.1f}" width="{wide * 0.12:.1f}" height="{tall * 0.14:.1f}" fill="{code(tone)}"/>'
        pane = wide / 7
        if pane >= 1.2:
            panes = ""
            for row in range(int(tall / (pane * 2.4))):
                for column in range(3):
                    if dice.chance(0.55):
                        panes += f"M{x + pane * (1 + 2 * column):.1f} {base - tall + pane * (1.2 + 2.4 * row):.1f}h{pane:.1f}v{pane * 1.3:.1f}h{-pane:.1f}z"
            if panes:
                text += f'<path fill="{glow}" fill-opacity=".75" d="{panes}"/>'
        x += wide + view.unit * dice.between(0.0, 0.012)
    return text


def pine(x: float, foot: float, tall: float, leaf: Colour, *, snow: Colour | None = None) -> str:
    """A conifer of three tiers with its foot at (x, foot); `snow`: the colour of the snow on it."""
    text = f'<rect x="{x - tall * 0.035:.1f}" y="{foot - tall * 0.14:.1f}" width="{tall * 0.07:.1f}" height="{tall * 0.15:.1f}" fill="{code(darker(mix(leaf, (110, 70, 40), 0.7), 0.2))}"/>'
    for tier in range(3):
        top = foot - tall * (1.0 - 0.24 * tier)
        low, half = foot - tall * (0.56 - 0.22 * tier), tall * (0.17 + 0.075 * tier)
        tone = darker(leaf, 0.06 * (2 - tier))
        text += f'<path fill="{code(tone)}" d="M{x:.1f} {top:.1f}L{x + half:.1f} {low:.1f}Q{x:.1f} {low + tall * 0.05:.1f} {x - half:.1f} {low:.1f}z"/>'
        text += f'<path fill="{code(darker(tone, 0.2))}" fill-opacity=".6" d="M{x:.1f} {top:.1f}L{x + half:.1f} {low:.1f}Q{x + half * 0.5:.1f} {low + tall * 0.03:.1f} {x:.1f} {low + tall * 0.02:.1f}z"/>'
        if snow is not None:
            cap = half * 0.62
            text += f'<path fill="{code(snow)}" fill-opacity=".9" d="M{x:.1f} {top:.1f}L{x + cap:.1f} {top + (low - top) * 0.6:.1f}Q{x + cap * 0.4:.1f} {top + (low - top) * 0.48:.1f} {x:.1f} {top + (low - top) * 0.66:.1f}Q{x - cap * 0.5:.1f} {top + (low - top) * 0.5:.1f} {x - cap:.1f} {top + (low - top) * 0.6:.1f}z"/>'
    return text


def round_tree(x: float, foot: float, tall: float, leaf: Colour) -> str:
    """A broad-leaved tree with a clustered crown."""
    trunk = code(darker(mix(leaf, (120, 78, 44), 0.8), 0.1))
    text = f'<path fill="{trunk}" d="M{x - tall * 0.05:.1f} {foot:.1f}L{x - tall * 0.03:.1f} {foot - tall * 0.5:.1f}h{tall * 0.06:.1f}L{x + tall * 0.05:.1f} {foot:.1f}z"/>'
    for dx, dy, r, tone in (
        (0.16, 0.52, 0.19, darker(leaf, 0.2)), (-0.17, 0.54, 0.19, darker(leaf, 0.1)), (0.02, 0.6, 0.22, leaf),
        (0.1, 0.76, 0.17, leaf), (-0.08, 0.78, 0.19, lighter(leaf, 0.12)), (-0.02, 0.64, 0.13, lighter(leaf, 0.2)),
    ):  # fmt: skip
        text += f'<circle cx="{x + dx * tall:.1f}" cy="{foot - dy * tall:.1f}" r="{r * tall:.1f}" fill="{code(tone)}"/>'
    return text
