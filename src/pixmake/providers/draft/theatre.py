"""Draft room: scenes. The subject and the others in a place with its light, each where its kind belongs."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

from dataclasses import replace
from itertools import count

from pixmake.providers.draft import stage
from pixmake.providers.draft.brief import Brief, bob, figure_of, icon_of
from pixmake.providers.draft.casting import Cast, Role
from pixmake.providers.draft.corpus import Icon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.glyph import Paint, Spot, place
from pixmake.providers.draft.meanings import INDOORS
from pixmake.providers.draft.palette import code, darker, mix
from pixmake.providers.draft.scenery import LAMPS, View


def scene(brief: Brief) -> str:
    """A place with its light; the subject on its ground, in its water or its sky; others around it."""
    reading, subject = brief.reading, brief.cast.subject
    place_name = reading.place
    everyone = [role for role in (subject, *brief.cast.others) if role is not None]
    if place_name in ("", "mountains", "sky") and any(r.habitat == "sea" or r.phrase == "lighthouse" for r in everyone):
        place_name = "sea"
    if place_name == "sea" and subject is not None and subject.habitat == "deep" and "whale" not in subject.phrase:
        place_name = "underwater"
    if not place_name and subject is not None and subject.icon.partition(":")[2] in INDOORS and not reading.season:
        place_name = "table"
    if not place_name and subject is not None:
        place_name = {"sea": "sea", "deep": "underwater", "sky": "sky"}.get(subject.habitat, "field")
        celestial = subject.icon.endswith((":ringed-planet", ":comet", ":satellite"))
        if celestial or subject.phrase in ("rocket", "astronaut", "ufo", "spaceship"):
            place_name = "space"
    dice = brief.dice.child("scene")
    mood = stage.mood_of(reading.light, place_name, reading.style)
    low = 0.66 if brief.width > brief.height * 1.6 else 0.6
    horizon = brief.height * (low + dice.one((-0.06, -0.03, 0.0, 0.05)) + dice.between(-0.01, 0.01))
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
    """The subject in the foreground, as often as it was named, with what it wears, holds or rides."""
    subject = brief.cast.subject
    assert subject is not None
    unit, many = view.unit, min(12, subject.count)
    habitat = subject.habitat
    side = unit * (0.62 if subject.tall else 0.52) * dice.one((0.82, 0.95, 1.05, 1.24))
    if view.height > view.width * 1.3:
        side *= 1.25
    wide = view.width / view.height
    middle = view.width * (dice.one((0.5, 0.44, 0.56, 0.38, 0.62)) if wide < 1.35 else dice.one((0.34, 0.66, 0.5)))
    if wide < 1.35 and _bystanders(brief.cast):
        middle = view.width * dice.one((0.38, 0.62))
    foot = _foot(view, habitat, subject.tall, dice) + bob(brief)
    drawing, own = figure_of(subject), paint.dyed(subject.dye)
    side *= {1: 1.0, 2: 0.72, 3: 0.62}.get(many, 0.46)
    text = ""
    for number in range(many):
        offset = (number - (many - 1) / 2) * min(side * 0.95, view.width * 0.86 / many)
        lift = (side * 0.16 if number % 2 else 0) if many > 1 else 0
        if many > 1 and habitat == "sky":
            text += _aloft(drawing, number, many, side, view, own, brief, dice)
            continue
        x = min(max(middle + offset, side * 0.45), view.width - side * 0.45)
        side = min(side, _headroom(brief, foot))
        if many == 1:
            text += _ridden(brief, view, paint, x, foot, side)
            foot -= side * 0.42 if text else 0
        text += stand(
            drawing, x, foot - lift, side, view, own, brief.numbers, habitat, mirrored=many > 1 and dice.chance(0.4)
        )
        text += _attached(brief, paint, x, foot - lift, side)
    return text


def _headroom(brief: Brief, foot: float) -> float:
    """How large the subject may be so that it, its hat and its height on a mount stay in the picture."""
    links = {role.link for role in brief.cast.others}
    return foot / (1.5 if links & set(RIDDEN) else 1.3 if links & set(WORN) else 1.03)


def _aloft(
    drawing: Icon, number: int, many: int, side: float, view: View, paint: Paint, brief: Brief, dice: Dice
) -> str:
    """One of several in the sky: spread over it, the far ones smaller."""
    size = side * (1.25, 0.72, 0.95, 0.55, 0.8)[number % 5]
    x = view.width * ((number * 0.618 + dice.between(0.0, 0.2) + 0.16) % 0.86 + 0.07)
    foot = view.horizon * dice.between(0.45, 0.72) + size * 0.4
    return stand(drawing, x, foot + bob(brief), size, view, paint, brief.numbers, "sky")


WORN, HELD, RIDDEN = (
    ("wearing",),
    ("holding", "carrying", "wielding", "with", "playing", "reading", "eating", "drinking"),
    ("riding",),
)


def _bystanders(players: Cast) -> list[Role]:
    """The others that stand for themselves."""
    held = [role for role in players.others if _is_held(role, players)][:2]
    return [role for role in players.others if role.link not in WORN + RIDDEN and role not in held]


def _is_held(role: Role, players: Cast) -> bool:
    """Whether the subject can have it in its hands: both of the land, the thing no building and no crowd."""
    subject = players.subject
    fits = subject is not None and subject.habitat == "land" and role.habitat == "land"
    first = role.link in HELD or (role.link == "and" and any(other.link in HELD for other in players.others))
    return fits and first and not role.tall and role.count == 1 and not (subject is not None and subject.tall)


def _ridden(brief: Brief, view: View, paint: Paint, x: float, foot: float, side: float) -> str:
    mount = next((role for role in brief.cast.others if role.link in RIDDEN), None)
    if mount is None:
        return ""
    return stand(figure_of(mount), x, foot, side * 1.1, view, paint.dyed(mount.dye), brief.numbers, mount.habitat)


def _attached(brief: Brief, paint: Paint, x: float, foot: float, side: float) -> str:
    """Hats on the head, tools at the hand, shields at the other."""
    text = ""
    hat = next((role for role in brief.cast.others if role.link in WORN), None)
    if hat is not None:
        small = side * 0.42
        spot = Spot(x=x - small / 2, y=foot - side * 1.0 - small * 0.55, size=small)
        text += place(icon_of(hat), spot, paint.dyed(hat.dye), brief.numbers)
    for number, role in enumerate([role for role in brief.cast.others if _is_held(role, brief.cast)][:2]):
        small = side * 0.46
        dx = side * (0.2 if number == 0 else -0.66)
        spot = Spot(x=x + dx, y=foot - small * 1.02, size=small, turned=(8, -8)[number])
        text += place(icon_of(role), spot, paint.dyed(role.dye), brief.numbers)
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
        after = f'<path fill="{glint}" fill-opacity=".75" d="M{x - side * 0.5:.1f} {foot - side * 0.04:.1f}q{side * 0.25:.1f} {-side * 0.06:.1f} {side * 0.5:.1f} 0t{side * 0.5:.1f} 0q{-side * 0.5:.1f} {side * 0.12:.1f} {-side:.1f} 0z"/>'
    elif view.place == "sea":
        text = _island(x, foot, side, view)
        foot -= side * 0.07
    else:
        text = f'<ellipse cx="{x:.1f}" cy="{foot - side * 0.045:.1f}" rx="{side * 0.42:.1f}" ry="{side * 0.065:.1f}" fill="{dark}" fill-opacity=".38"/>'
    spot = Spot(x=x - side / 2, y=foot - side, size=side, mirrored=mirrored)
    return text + place(drawing, spot, paint, numbers) + after


def _island(x: float, foot: float, side: float, view: View) -> str:
    """A rock in the sea with grass on top and foam at its foot."""
    rock, grass = view.lit((122, 114, 120)), view.lit((126, 176, 92))
    low = foot + side * 0.16
    foam = (
        f"M{x - side * 0.98:.1f} {low:.1f}q{side * 0.3:.1f} {-side * 0.07:.1f} {side * 0.65:.1f} 0t{side * 0.65:.1f} 0"
        f"t{side * 0.66:.1f} 0q{-side * 0.4:.1f} {side * 0.1:.1f} {-side * 0.98:.1f} {side * 0.1:.1f}t{-side * 0.98:.1f} {-side * 0.1:.1f}z"
    )
    return (
        f'<path fill="{code(rock)}" d="M{x - side * 0.88:.1f} {low:.1f}q{side * 0.06:.1f} {-side * 0.16:.1f} {side * 0.28:.1f} {-side * 0.2:.1f}'
        f"q{side * 0.55:.1f} {-side * 0.16:.1f} {side * 1.0:.1f} {-side * 0.01:.1f}q{side * 0.36:.1f} {side * 0.04:.1f} {side * 0.5:.1f} {side * 0.21:.1f}"
        f'q{-side * 0.9:.1f} {side * 0.14:.1f} {-side * 1.78:.1f} 0z"/>'
        f'<path fill="{code(darker(rock, 0.25))}" d="M{x + side * 0.3:.1f} {low + side * 0.04:.1f}l{side * 0.1:.1f} {-side * 0.24:.1f}q{side * 0.36:.1f} {side * 0.04:.1f} {side * 0.5:.1f} {side * 0.2:.1f}z"/>'
        f'<path fill="{code(grass)}" d="M{x - side * 0.62:.1f} {foot - side * 0.03:.1f}q{side * 0.55:.1f} {-side * 0.18:.1f} {side * 1.06:.1f} {-side * 0.01:.1f}'
        f'q{-side * 0.2:.1f} {side * 0.08:.1f} {-side * 0.42:.1f} {side * 0.05:.1f}t{-side * 0.64:.1f} {-side * 0.04:.1f}z"/>'
        f'<path fill="#fff" fill-opacity=".55" d="{foam}"/>'
    )


def _companions(brief: Brief, view: View, paint: Paint, dice: Dice) -> str:
    """The others, smaller, at the sides, behind or beside the subject; those of the air in the air."""
    text = ""
    wide = view.width / view.height
    places = [0.16, 0.84, 0.3, 0.7, 0.06, 0.94]
    if dice.chance(0.5):
        places = [1 - spot for spot in places]
    for number, role in enumerate(_bystanders(brief.cast)[: 4 if wide < 2 else 6]):
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
                figure_of(role),
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
