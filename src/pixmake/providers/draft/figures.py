"""Draft room: bodies for animals whose icon is only a head, so that they can sit in a scene."""

from __future__ import annotations

from functools import lru_cache

from pixmake.providers.draft import corpus
from pixmake.providers.draft.corpus import Icon
from pixmake.providers.draft.lexicon import words
from pixmake.providers.draft.palette import code, darker, lighter, of
from pixmake.providers.draft.samples import dominant

HEADS = words(
    "fox wolf bear panda lion hamster frog raccoon koala polar-bear cat-face dog-face cow-face horse-face tiger-face "
    "rabbit-face mouse-face pig-face monkey-face unicorn dragon-face boar moose"
)
COATS = {
    "fox": "#f4711f", "wolf": "#9aa3ad", "bear": "#9c6b4a", "panda": "#f4f4f4", "lion": "#f2b33d", "hamster": "#f0b070",
    "frog": "#5fae4a", "raccoon": "#8b8f98", "koala": "#a9b4c0", "polar-bear": "#f2f4f7", "tiger-face": "#f7a531",
    "rabbit-face": "#e8e6ea", "mouse-face": "#c4c8d0", "unicorn": "#f5eef7", "cow-face": "#f3efe8", "moose": "#8a5a3c",
    "monkey-face": "#8d5b3c", "pig-face": "#f6a6b8", "boar": "#7a5544", "horse-face": "#b5713f", "dog-face": "#d9a066",
    "cat-face": "#f7b64a", "dragon-face": "#4fae52",
}  # fmt: skip
STANDING = {title: f"noto:{title}-standing" for title in ("man", "woman", "person")}
"""Heads of people to their whole figures."""
BUSHY = words("fox wolf raccoon cat-face tiger-face lion dog-face monkey-face unicorn horse-face")


@lru_cache(maxsize=64)
def whole(icon: Icon) -> Icon:
    """The icon with a sitting body under it where it is an animal's head; other icons unchanged."""
    if icon.source != "game" and icon.title in STANDING:
        return corpus.icon(STANDING[icon.title])
    if icon.source == "game" or icon.title not in HEADS:
        return icon
    coat = of(COATS[icon.title]) if icon.title in COATS else dominant(icon)
    side = icon.box / 100
    belly, shade, deep = code(lighter(coat, 0.62)), code(darker(coat, 0.16)), code(darker(coat, 0.42))
    limbs = deep if icon.title == "panda" else code(coat)
    paws = deep if icon.title in ("fox", "raccoon", "panda") else belly
    tail = ""
    if icon.title in BUSHY:
        tail = (
            f'<path fill="{shade}" d="M60 92c14 2 27-5 28-19c.5-7-4-13-9-15c2 8-1 14-7 19c-5 4-10 6-14 8z"/>'
            f'<path fill="{belly}" d="M79 58c5 2 9.500 8 9 15c-3-1-5-2.500-7-5c-.5-4-1-7-2-10z"/>'
        )
    body = (
        f'<g transform="scale({side:.4f})">{tail}'
        f'<path fill="{code(coat)}" d="M31 97c-5-17 2-42 19-42s24 25 19 42c-6 3-32 3-38 0z"/>'
        f'<path fill="{shade}" d="M69 97c5-17-2-42-19-42c13 4 16 24 12 43c3 0 5-.4 7-1z"/>'
        f'<path fill="{belly}" d="M41 96c-4-14 1-32 9-32s13 18 9 32c-4 2-14 2-18 0z"/>'
        f'<path fill="{limbs}" d="M38 72c-4 8-4 16-3 24h10c1-9 0-17-2-24zM62 72c4 8 4 16 3 24h-10c-1-9 0-17 2-24z"/>'
        f'<path fill="{paws}" d="M33 97c0-7 13-7 13 0c0 2-13 2-13 0zM54 97c0-7 13-7 13 0c0 2-13 2-13 0z"/></g>'
    )
    head = f'<g transform="translate({16 * side:.3f} {-1 * side:.3f}) scale(.68)">{icon.body}</g>'
    return Icon(name=icon.name, box=icon.box, body=body + head)
