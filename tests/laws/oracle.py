"""What a project must ask for and get, worked out from the contract alone, beside everything in src."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from fakes.counting import CountingProvider, png
from laws.formulas import canonical, key_of, recipe_of
from laws.projects import BASE, FILES, REQUESTED, STYLE, Piece, Project, Reference, Turn
from pixmake.providers.base import Answer, Call, Painted, SizeRule

MODEL_SIZES = SizeRule(listed=((32, 32), (48, 32), (32, 48)))
FEATHER = 8
"""Pixels; the default of version 1, for ever."""


def painted(key: str, number: int, size: tuple[int, int]) -> bytes:
    """The picture that answers a key's `number`-th order (from 0): the same on every machine, another for every order."""
    return png(*size, sha256(f"{key}.{number}".encode()).digest()[:10])


def user_file(name: str) -> bytes:
    """A picture of the user's own."""
    return png(*FILES[name], sha256(name.encode()).digest()[:10])


@dataclass(slots=True)
class Faithful(CountingProvider):
    """Paints by key and number alone, so that two builds of one project can be compared byte for byte."""

    sold: Counter[str] = field(default_factory=Counter)
    sizes: SizeRule = MODEL_SIZES
    orders: list[tuple[str, int]] = field(default_factory=list)

    async def make(self, call: Call) -> Answer:
        key = key_of(call.request)
        self.orders.append((key, call.count))
        width, height = (int(side) for side in call.request.size.split("x"))
        numbers = range(self.sold[key], self.sold[key] + call.count)
        self.sold[key] += call.count
        pictures = tuple(Painted(data=painted(key, at, (width, height)), media_type="image/png") for at in numbers)
        assert self.price is not None
        return Answer(pictures=pictures, cost=(self.bill or self.price) * call.count, request_id=f"req_{call.intent}")

    def ordered(self) -> Counter[str]:
        """Pictures ordered since this was asked last, by key."""
        found: Counter[str] = Counter()
        for key, count in self.orders:
            found[key] += count
        self.orders.clear()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A picture as others see it."""

    identity: str
    size: tuple[int, int]


@dataclass(slots=True)
class Oracle:
    """The keys of a project and how many pictures of each it wants, in the plain profile or with quality `low`."""

    wanted: Counter[str] = field(default_factory=Counter)
    low: bool = False
    _ends: dict[str, Seen] = field(default_factory=dict)
    _sizes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project, *, low: bool = False) -> Oracle:
        oracle = cls(low=low)
        for piece in project:
            oracle._ends[piece.name] = oracle._piece(piece)
            oracle._sizes[piece.name] = piece.size
        return oracle

    def _piece(self, piece: Piece) -> Seen:
        seen = self._origin(piece)
        for turn in piece.turns:
            seen = self._turn(piece, turn, seen)
        assert seen is not None
        return seen

    def _origin(self, piece: Piece) -> Seen | None:
        if piece.origin is None:
            return None
        return _file(piece.origin) if piece.origin in FILES else self._ends[piece.origin]

    def _turn(self, piece: Piece, turn: Turn, parent: Seen | None) -> Seen:
        """The key of `semantics.md`'s table, and the picture that comes of it."""
        size = REQUESTED[piece.size]
        mask = None
        inputs = [] if parent is None else [["image", parent.identity]]
        inputs += [["image", self._reference(item)] for item in turn.references]
        if turn.mask is not None and parent is not None:
            mask = recipe_of(
                {
                    "op": "mask",
                    "source": {"shape": "rect", "fractions": list(turn.mask)},
                    "invert": False,
                    "size": f"{parent.size[0]}x{parent.size[1]}",
                }
            )
            inputs.append(["mask", mask])
        body: dict[str, object] = {
            "operation": "edit" if inputs else "generate",
            "api": "images",
            "kind": "raster",
            "provider": "openai",
            "model": turn.model,
            "prompt": _with_roles(turn, 2 if parent else 1),
            "size": f"{size[0]}x{size[1]}",
            "quality": turn.quality,
        }
        optional: Mapping[str, object] = {
            "background": piece.background,
            "salt": piece.salt,
            "options": dict(piece.options) or None,
            "inputs": inputs or None,
        }
        body |= {name: value for name, value in optional.items() if value is not None}
        key = hashlib.sha256(b"pixmake-key/1\n" + canonical(body)).hexdigest()
        self.wanted[key] = max(self.wanted[key], turn.variants)
        answer = sha256(painted(key, turn.pick - 1, size)).hexdigest()
        if mask is None or parent is None or not turn.fence:
            return Seen(identity=answer, size=size)
        fence = {"op": "fence", "answer": answer, "parent": parent.identity, "mask": mask, "feather": FEATHER}
        return Seen(identity=recipe_of(fence), size=size)

    def _reference(self, item: Reference) -> str:
        if item.asset is None:
            return _file(STYLE).identity
        seen = self._ends[item.asset]
        if not item.processed:
            return seen.identity
        size = self._sizes[item.asset]
        return recipe_of(
            {"op": "processed", "picture": seen.identity, "size": size, "fit": "cover", "gravity": "center"}
        )


def _file(name: str) -> Seen:
    return Seen(identity=sha256(user_file(name)).hexdigest(), size=FILES[name])


def _with_roles(turn: Turn, first: int) -> str:
    """Role lines before the prompt, one an image, all inputs counted, then an empty line."""
    numbered = enumerate(turn.references, start=first)
    roles = [f"Image {number}: {item.role}." for number, item in numbered if item.role is not None]
    return "\n".join([*roles, "", turn.prompt]) if roles else turn.prompt


def write_files(root: Path) -> None:
    """The pictures that a project may start from."""
    for name in (BASE, STYLE):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(user_file(name))
