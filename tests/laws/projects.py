"""Random projects: what is wanted, as values, apart from how a spec says it. `spelling` writes one in many ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

WORDS = ("a heart", "an old key", "a bell: brass", "a gem #1", "eine Tür", "no")
ROLES = (None, "palette", "line weight")
REQUESTED = {
    "32x32": (32, 32), "16x16": (32, 32), "40x40": (32, 32), "48x32": (48, 32), "24x16": (48, 32),
    "64x8": (48, 32), "32x48": (32, 48), "10x20": (32, 48),
}  # fmt: skip
"""What is asked of a model that makes 32x32, 48x32 and 32x48, by what a spec says: written by hand from the contract."""
BASE = "refs/base.png"
STYLE = "refs/style.png"
FILES = {BASE: (32, 32), STYLE: (20, 12)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A further input of a turn: an asset's picture (its end), cut to its final size if `processed`; or a file."""

    asset: str | None
    role: str | None = None
    processed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One paid step: everything that shapes its request. `mask` is a rectangle in fractions, as texts."""

    prompt: str
    variants: int = 1
    pick: int = 1
    quality: str = "medium"
    model: str = "ink-1"
    references: tuple[Reference, ...] = ()
    mask: tuple[str, str, str, str] | None = None
    fence: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One asset. `origin` is an asset's name or a file's; without turns it is a free derivation of that.

    `background`, `salt` and `options` are the whole chain's.
    """

    name: str
    turns: tuple[Turn, ...]
    origin: str | None = None
    size: str = "32x32"
    suffix: str = "png"
    background: str | None = None
    salt: str | None = None
    options: tuple[tuple[str, int], ...] = ()

    def needs(self) -> Iterator[str]:
        """Assets that this one is made from."""
        if self.origin is not None and self.origin not in FILES:
            yield self.origin
        for turn in self.turns:
            yield from (reference.asset for reference in turn.references if reference.asset is not None)


Project = tuple[Piece, ...]
"""Assets, each after all that it is made from."""


@st.composite
def projects(draw: st.DrawFn, most: int = 6) -> Project:
    """A project of up to `most` assets: a graph without circles, with chains, variants, references, masks."""
    dice = draw(st.randoms(use_true_random=False))
    count = draw(st.integers(1, most))
    pieces: list[Piece] = []
    for number in range(count):
        pieces.append(new_piece(dice, f"p{number}", pieces))
    return settled(pieces)


def new_piece(dice: Random, name: str, before: list[Piece]) -> Piece:
    """An asset that may be made from any that are there."""
    names = [piece.name for piece in before]
    origin = dice.choice([None, None, BASE, *names])
    count = dice.choice([1, 1, 1, 2, 3]) if origin is None else dice.choice([0, 1, 2])
    turns = tuple(_turn(dice, names, has_parent=place > 0 or origin is not None) for place in range(count))
    size, suffix = dice.choice(list(REQUESTED)), dice.choice(["png", "png", "webp"])
    return Piece(
        name=name,
        turns=turns,
        origin=origin,
        size=size,
        suffix=suffix,
        background=dice.choice([None, None, "opaque"]),
        salt=dice.choice([None, None, None, "2"]),
        options=dice.choice([(), (), (("seed", 7),)]),
    )


def _turn(dice: Random, names: list[str], *, has_parent: bool) -> Turn:
    masked = has_parent and dice.random() < 0.3
    return Turn(
        prompt=dice.choice(WORDS),
        variants=dice.choice([1, 1, 1, 2, 5]),
        quality=dice.choice(["medium", "medium", "high"]),
        model=dice.choice(["ink-1", "ink-1", "ink-2"]),
        references=tuple(_reference(dice, names) for _ in range(dice.choice([0, 0, 0, 1, 2]))),
        mask=dice.choice([("0.25", "0", "0.5", "0.5"), ("0", "0.5", "1", "0.5")]) if masked else None,
        fence=dice.random() < 0.7,
    )


def _reference(dice: Random, names: list[str]) -> Reference:
    asset = dice.choice([None, *names])
    return Reference(asset=asset, role=dice.choice(ROLES), processed=asset is not None and dice.random() < 0.3)


def changed(dice: Random, project: Project) -> Project:
    """The same project after some edits of all kinds: prompts, chains, variants, sizes, new, renamed and dropped assets."""
    pieces = list(project)
    for _ in range(dice.randint(1, 4)):
        pieces = _edited(dice, pieces)
    return settled(pieces)


def _edited(dice: Random, pieces: list[Piece]) -> list[Piece]:
    place = dice.randrange(len(pieces))
    piece, kind = pieces[place], dice.choice(["turn", "turn", "more", "fewer", "size", "salt", "rename", "drop", "add"])
    if kind == "turn" and piece.turns:
        at = dice.randrange(len(piece.turns))
        field = dice.choice(["prompt", "variants", "quality", "model", "fence"])
        other = getattr(_turn(dice, [], has_parent=False), field)
        turns = [replace(turn, **{field: other}) if index == at else turn for index, turn in enumerate(piece.turns)]
        pieces[place] = replace(piece, turns=tuple(turns))
    elif kind == "more":
        has_parent = bool(piece.turns) or piece.origin is not None
        names = [earlier.name for earlier in pieces[:place]]
        pieces[place] = replace(piece, turns=(*piece.turns, _turn(dice, names, has_parent=has_parent)))
    elif kind == "fewer" and len(piece.turns) > (piece.origin is None):
        pieces[place] = replace(piece, turns=piece.turns[:-1])
    elif kind == "size":
        pieces[place] = replace(piece, size=dice.choice(list(REQUESTED)), suffix=dice.choice(["png", "webp"]))
    elif kind == "salt":
        pieces[place] = replace(piece, salt=dice.choice([None, "2", "3"]))
    elif kind == "rename":
        return renamed(pieces, {piece.name: f"q{dice.randrange(1000)}"})
    elif kind == "drop" and len(pieces) > 1:
        return [_without(other, piece.name) for other in pieces if other is not piece]
    elif kind == "add":
        pieces.append(new_piece(dice, f"r{dice.randrange(1000)}", pieces))
    return pieces


def renamed(pieces: list[Piece], names: dict[str, str]) -> list[Piece]:
    """Other names for some assets; whatever is made from them follows. Names that are taken stay."""
    taken = {piece.name for piece in pieces}
    names = {old: new for old, new in names.items() if new not in taken}

    def new(piece: Piece) -> Piece:
        origin = names.get(piece.origin, piece.origin) if piece.origin is not None else None
        turns = tuple(replace(turn, references=tuple(map(point, turn.references))) for turn in piece.turns)
        return replace(piece, name=names.get(piece.name, piece.name), origin=origin, turns=turns)

    def point(reference: Reference) -> Reference:
        return replace(reference, asset=names.get(reference.asset, reference.asset)) if reference.asset else reference

    return [new(piece) for piece in pieces]


def _without(piece: Piece, name: str) -> Piece:
    """An asset after another one, that it may have been made from, was dropped."""
    turns = tuple(
        replace(turn, references=tuple(item for item in turn.references if item.asset != name)) for turn in piece.turns
    )
    return replace(piece, turns=turns, origin=BASE if piece.origin == name else piece.origin)


def settled(pieces: list[Piece]) -> Project:
    """The pieces with a number picked everywhere: nobody is there to be asked, and the lock, which remembers the last
    pick where the spec has none, would make the past count."""
    return tuple(
        replace(piece, turns=tuple(replace(turn, pick=1 + len(turn.prompt) % turn.variants) for turn in piece.turns))
        for piece in pieces
    )
