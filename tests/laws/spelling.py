"""A project written as a spec, in one of many ways that all mean the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import yaml

from laws.projects import BASE, FILES, STYLE, Piece, Project, Reference, Turn

HEAD = "version: 1\n"


@dataclass(slots=True)
class Writer:
    """Writes pieces; `dice` chooses between ways that mean the same, None takes the plainest."""

    dice: Random | None = None
    files: dict[str, str] = field(default_factory=dict)
    presets: dict[str, object] = field(default_factory=dict)

    def maybe(self, chance: float = 0.5) -> bool:
        return self.dice is not None and self.dice.random() < chance

    def text(self, project: Project) -> str:
        """The spec; further files that it needs are in `files`."""
        pieces = list(project)
        if self.dice is not None:
            self.dice.shuffle(pieces)
        assets: dict[str, object] = {}
        included: dict[str, object] = {}
        for piece in pieces:
            name, body = self._piece(piece)
            (included if self.maybe(0.2) else assets)[name] = body
        spec: dict[str, object] = {"defaults": {"model": "ink-1"}, "assets": assets}
        spec["profiles"] = {"night": {"defaults": {"quality": "low"}, "output_dir": "night"}}
        if included:
            self.files["more/part.yaml"] = yaml.safe_dump({"version": 1, "assets": _moved(included)}, sort_keys=False)
            spec["include"] = ["more/*.yaml"]
        if self.presets:
            spec["presets"] = self.presets
        return HEAD + yaml.safe_dump(spec, sort_keys=False, allow_unicode=True)

    def _piece(self, piece: Piece) -> tuple[str, object]:
        """One asset, or a family of one row."""
        body: dict[str, object] = {"size": piece.size, "output": f"{piece.name}.{piece.suffix}"}
        if piece.origin is not None:
            body["from"] = piece.origin if piece.origin in FILES else f"@{piece.origin}"
        body |= self._parameters(piece)
        turns = list(piece.turns)
        first: Turn | None = None
        if turns and (piece.origin is None or self.maybe(0.7)):
            first = turns.pop(0)
            body |= self._turn(first, None)
        if turns:
            body["edits"] = [self._turn(turn, first) for turn in turns]
        return self._family(piece.name, body) if self.maybe(0.3) else (piece.name, body)

    def _turn(self, turn: Turn, first: Turn | None) -> dict[str, object]:
        """A step's fields; edits inherit the asset's own parameters, so what differs from them is said."""
        body: dict[str, object] = {"prompt": self._prompt(turn.prompt)}
        told = {"quality": turn.quality, "model": turn.model, "fence": turn.fence}
        plain = {"quality": "medium", "model": "ink-1", "fence": True}
        if first is not None:
            plain = {"quality": first.quality, "model": first.model, "fence": first.fence}
        body |= {name: value for name, value in told.items() if value != plain[name] or self.maybe(0.2)}
        body |= {"variants": turn.variants} if turn.variants > 1 or self.maybe(0.2) else {}
        body["pick"] = turn.pick
        if turn.references:
            body["references"] = [self._reference(item) for item in turn.references]
        if turn.mask is not None:
            body["mask"] = {"rect": [float(text) if "." in text else int(text) for text in turn.mask]}
        return body

    def _parameters(self, piece: Piece) -> dict[str, object]:
        """What a whole chain has in common; perhaps in a preset."""
        body: dict[str, object] = {}
        if piece.background is not None:
            body["background"] = piece.background
        if piece.salt is not None:
            body["salt"] = piece.salt
        if piece.options:
            body["options"] = dict(piece.options)
        if body and self.maybe():
            name = f"set{len(self.presets)}"
            self.presets[name] = body
            return {"use": [name]}
        return body

    def _prompt(self, text: str) -> str:
        if self.maybe(0.3):
            return f"{{{{ '{text}' }}}}"
        return f"  {text} \n" if self.maybe(0.2) else text

    def _reference(self, item: Reference) -> object:
        if item.asset is None:
            return {"path": STYLE, "role": item.role} if item.role or self.maybe() else STYLE
        if item.role is None and not item.processed and self.maybe():
            return f"@{item.asset}"
        body: dict[str, object] = {"asset": item.asset}
        body |= {"role": item.role} if item.role else {}
        return body | ({"processed": True} if item.processed else {})

    def _family(self, name: str, body: dict[str, object]) -> tuple[str, object]:
        """The same asset as a family of one, by rows or by a matrix."""
        prompt = body.get("prompt")
        row: dict[str, object] = {"id": name}
        if isinstance(prompt, str) and "{{" not in prompt:
            row["look"] = prompt.strip()
            body["prompt"] = "{{ row.look }}"
        if self.maybe():
            return f"family {name}", {**body, "name": "{{ row.id }}", "rows": [row]}
        body = {name: "{{ which.look }}" if value == "{{ row.look }}" else value for name, value in body.items()}
        return f"family {name}", {**body, "name": "{{ which.id }}", "matrix": {"which": [row]}}


def _moved(assets: dict[str, object]) -> dict[str, object]:
    """Paths are relative to the file that names them."""
    text = yaml.safe_dump(assets, sort_keys=False, allow_unicode=True)
    moved = yaml.safe_load(text.replace(f" {BASE}", f" ../{BASE}").replace(f" {STYLE}", f" ../{STYLE}"))
    assert isinstance(moved, dict)
    return moved
