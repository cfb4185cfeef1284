"""Draft room: words for colours that are meant as colours. `in orange and teal` paints a picture and names no fruit."""

from __future__ import annotations

from pixmake.providers.draft import lexicon
from pixmake.providers.draft.palette import Colour, of

_MATERIALS = lexicon.words(
    "wooden wood leather stone iron silvery steel chrome metallic icy frosty frozen ice frost glass crystal diamond lava "
    "molten magma fiery flaming toxic poisonous poison acid radioactive mossy moss sandy shadowy rusty"
)
_ONLY_HERE: dict[str, Colour] = {
    word: of(value)
    for word, value in lexicon.table("""
#a8dfc0: mint
#9caf88: sage
#d98a94: rose
#7a3b69: plum
#3a3f47: charcoal
#b7472a: rust terracotta
#7b1e3a: burgundy maroon wine
#cc8a2e: ochre ocher
#e8d8b0: sand
#fbceb1: apricot
""").items()
}
"""Words that are colours among colours, and things elsewhere."""
HUES = {word: colour for word, colour in lexicon.COLOURS.items() if word not in _MATERIALS} | _ONLY_HERE
_THINGS_TOO = lexicon.words("orange lemon lime peach salmon coral tangerine chestnut gold silver copper emerald ruby "
                            "sapphire jade amethyst olive pearl") | frozenset(_ONLY_HERE)  # fmt: skip
_TONES = lexicon.words(
    "deep dark light pale soft warm cool muted pastel bright vivid burnt dusty hot neon electric royal midnight sky baby"
)
_SWATCH = lexicon.words(
    "palette palettes color colors colour colours scheme tone tones hue hues theme accent accents shade shades gradient "
    "duotone colorway tint tints"
)
_PAINTED = lexicon.words("it them everything all is are painted colored coloured dyed tinted")
_JOINTS = frozenset(("and", "with", "to", "on"))


def set_apart(clauses: list[list[str]]) -> tuple[list[list[str]], list[Colour]]:
    """The clauses without their palettes, and the palettes' colours.

    Several colours before a noun (`a navy and gold owl`) stay as the first of them, which dyes it.
    """
    left: list[list[str]] = []
    colours: list[Colour] = []
    open_palette = False
    for clause, announced in zip(clauses, _announced(clauses), strict=True):
        kept: list[str] = []
        at, pure = 0, False
        while at < len(clause):
            end, found = _run(clause, at)
            if not found:
                kept.append(clause[at])
                at += 1
                continue
            pure = _is_palette(clause, at, end, found, open_palette or announced)
            dyes = [] if pure else _dyes(clause, end, found)
            if pure or dyes:
                colours += [HUES[word] for word in found]
            kept += dyes[:1] or ([] if pure else clause[at:end])
            at = end
        open_palette = bool(clause) and ((pure and _ends(clause)) or clause[-1] in _SWATCH)
        left.append(kept)
    return left, colours


def _dyes(clause: list[str], end: int, found: list[str]) -> list[str]:
    """The colours of a noun that follows them, where they are several and not all of them things."""
    noun = end < len(clause) and clause[end] not in lexicon.BEFORE_PLACE | lexicon.BEFORE_COMPANION
    if not noun or len(found) < 2 or all(word in _THINGS_TOO for word in found):
        return []
    return [word for word in found if word in lexicon.COLOURS]


def _announced(clauses: list[list[str]]) -> list[bool]:
    """Whether each clause is colours only, and a palette's end follows: `orange, lime and navy palette`."""
    made: list[bool] = []
    for number in reversed(range(len(clauses))):
        follows = number + 1 < len(clauses) and (made[-1] or _opens(clauses[number + 1]))
        made.append(follows and _run(clauses[number], 0)[0] == len(clauses[number]) > 0)
    return made[::-1]


def _opens(clause: list[str]) -> bool:
    end, found = _run(clause, 0)
    return bool(found) and _is_palette(clause, 0, end, found, open_palette=False)


def _ends(clause: list[str]) -> bool:
    return clause[-1] in HUES or clause[-1] in _SWATCH


def _run(words: list[str], start: int) -> tuple[int, list[str]]:
    """Where the colours that begin at `start` end, and their words; none where no colour begins."""
    at, found, end, joined = start, list[str](), start, True
    while at < len(words):
        step = at
        while step < len(words) and words[step] in _TONES:
            step += 1
        if step == len(words) or words[step] not in HUES or (words[step] in _THINGS_TOO and not joined):
            break  # `a red rose` is a rose
        found.append(words[step])
        end = at = step + 1
        joined = at < len(words) and words[at] in _JOINTS
        at += joined
    return end, found


def _is_palette(words: list[str], start: int, end: int, found: list[str], open_palette: bool) -> bool:
    ahead = words[start - 1] if start else ""
    after = words[end] if end < len(words) else ""
    if after in _SWATCH:
        return True
    alone = not after or after in lexicon.BEFORE_PLACE or after in lexicon.BEFORE_COMPANION
    if alone and (
        ahead in _PAINTED | _SWATCH | {"in"} or (ahead == "of" and start > 1 and words[start - 2] in _SWATCH)
    ):
        return True
    whole = start == 0 and not after
    return whole and (open_palette or (len(found) > 1 and any(word not in _THINGS_TOO for word in found)))
