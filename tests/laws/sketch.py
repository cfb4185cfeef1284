"""A small project that the state machine changes: what its spec says, as values, and as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import yaml

WORDS = ("a heart", "a key", "a bell")
TURNS = ("at night", "in snow")
SIZES = ("32x32", "16x16", "48x32")
FORMATS = ("png", "webp")
WINDOW = {"rect": [0.25, 0.25, 0.5, 0.5]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One asset: its prompt, its chain, and what else the spec says of it. `origin` is another asset's name."""

    word: str
    turns: tuple[str, ...] = ()
    masked: bool = False
    size: str = "32x32"
    suffix: str = "png"
    variants: int = 1
    pick: int | str | None = None
    origin: str | None = None
    frozen: bool = False

    def body(self) -> dict[str, object]:
        """The asset as the spec says it."""
        edits: list[object] = [*self.turns]
        if edits and self.masked:
            edits[-1] = {"prompt": edits[-1], "mask": WINDOW}
        optional: Mapping[str, object] = {
            "edits": edits or None,
            "pick": self.pick,
            "from": f"@{self.origin}" if self.origin else None,
            "frozen": self.frozen or None,
        }
        said = {name: value for name, value in optional.items() if value is not None}
        return {"prompt": self.word, "size": self.size, "variants": self.variants, **said}


@dataclass(slots=True)
class Sketch:
    """The spec of one project. Names are `n` and a number; nothing is drawn from a later name, so there is no circle."""

    drawings: dict[str, Drawing] = field(default_factory=dict)
    born: int = 0

    def add(self, drawing: Drawing) -> str:
        """A new asset, perhaps made from one that is there."""
        self.born += 1
        name = f"n{self.born}"
        self.drawings[name] = drawing
        return name

    def change(self, name: str, **fields: object) -> None:
        self.drawings[name] = replace(self.drawings[name], **fields)  # type: ignore[arg-type]

    def rename(self, name: str) -> None:
        """Another name, in the same place; who is made from it follows."""
        self.born += 1
        new = f"n{self.born}"
        self.drawings = {new if old == name else old: drawing for old, drawing in self.drawings.items()}
        self._point(name, new)

    def remove(self, name: str) -> None:
        del self.drawings[name]
        self._point(name, None)

    def _point(self, name: str, new: str | None) -> None:
        for other, drawing in self.drawings.items():
            if drawing.origin == name:
                self.change(other, origin=new)

    def file(self, name: str) -> str:
        return f"{name}.{self.drawings[name].suffix}"

    def text(self) -> str:
        """The spec file."""
        assets = {name: {**drawing.body(), "output": self.file(name)} for name, drawing in self.drawings.items()}
        spec = {
            "version": 1,
            "defaults": {"model": "ink-1"},
            "profiles": {"night": {"defaults": {"quality": "high"}, "output_dir": "night"}},
            "assets": assets,
        }
        return yaml.dump(spec, Dumper=yaml.CSafeDumper, sort_keys=False)
