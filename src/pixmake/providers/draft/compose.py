"""Draft room: from a reading and its cast to one SVG document. The layout hangs on the dice alone, the size only scales it."""

from __future__ import annotations

from collections.abc import Callable

from pixmake.providers.draft import lexicon, marks, materials, plans, plates, theatre
from pixmake.providers.draft.brief import Brief
from pixmake.providers.draft.casting import Cast
from pixmake.providers.draft.reading import Reading

Framing = str


def framing_of(reading: Reading, cast: Cast, *, bare: bool, width: int, height: int) -> Framing:
    """How the picture is framed: by its words, else by what it shows and its format."""
    if reading.framing == "material" and not bare and materials.named(reading):
        return "material"
    if reading.from_above and not bare and reading.framing not in _BOUND:
        return "plan"
    if cast.subject is None:
        return _without_subject(reading)
    if bare:
        return "sheet" if reading.framing == "sheet" else "emblem"
    if reading.framing in ("pattern", "sheet"):
        return reading.framing
    if reading.style == "isometric":
        return "isometric"
    if (reading.style == "poster" and not reading.place) or reading.framing == "poster":
        return "poster"
    if reading.framing == "material":
        return "material" if materials.named(reading) else "pattern"
    spoken = cast.subject.icon == "noto:speech-balloon"
    if cast.others and not reading.place and (spoken or reading.words & _ABOUT):
        return "wreath"
    if reading.framing == "icon" or reading.style in ("sticker", "silhouette") or max(width, height) <= 128:
        return "emblem"
    if _is_staged(reading, cast) or width >= height * 1.7 or height >= width * 1.7:
        return "scene"
    return "emblem" if reading.style in ("line", "mono", "flat", "pixel") else "portrait"


def _is_staged(reading: Reading, cast: Cast) -> bool:
    """Whether words or actors ask for a place around them."""
    heavenly = cast.subject is not None and cast.subject.icon in _HEAVENLY
    said = reading.place or reading.light or reading.season or reading.framing == "scene"
    return bool(said or cast.others or heavenly)


def _without_subject(reading: Reading) -> Framing:
    if reading.framing == "icon" and not _named(reading):
        return "mark"
    return "scene" if reading.place or reading.light or reading.season else "card"


_BOUND = ("icon", "pattern", "sheet", "material")
"""Framings that a view from above doesn't change."""
_HEAVENLY = ("noto:ringed-planet", "fluent:ringed-planet", "noto:comet", "noto:satellite")
_ABOUT = lexicon.words(
    "invitation surrounded encircled wreath garland framed bordered ringed umgeben entouré entourée rodeado"
)


def _named(reading: Reading) -> bool:
    """Whether a word is left that a mark can't show, and that must be written."""
    bland = lexicon.BLAND | lexicon.LABELS | lexicon.CONTAINERS
    words = (word for segment in reading.segments for word in segment.words)
    return any(word not in bland and word not in lexicon.FRAMINGS and word not in lexicon.STYLES for word in words)


def document(brief: Brief, framing: Framing) -> str:
    """The whole picture as SVG text."""
    body = _FRAMINGS[framing](brief)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{brief.width}" height="{brief.height}" '
        f'viewBox="0 0 {brief.width} {brief.height}">{body}</svg>'
    )


def _material(brief: Brief) -> str:
    return materials.texture(brief.width, brief.height, materials.named(brief.reading), brief.dice.child("material"))


_FRAMINGS: dict[Framing, Callable[[Brief], str]] = {
    "emblem": plates.emblem,
    "portrait": plates.portrait,
    "scene": theatre.scene,
    "pattern": plates.pattern,
    "sheet": plates.sheet,
    "isometric": plates.isometric,
    "poster": plates.poster,
    "card": plates.card,
    "plan": plans.plan,
    "mark": marks.mark,
    "wreath": marks.wreath,
    "material": _material,
}
