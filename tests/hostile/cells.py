"""A project to be spoiled, and a watched process to run commands in."""

from __future__ import annotations

import os
from pathlib import Path

from fakes.jail import Outcome, harmless, jailed
from fakes.shell import HEAD


class Cell:
    """A project in a folder, beside it a store, and `prey`: a folder outside of both that nothing may touch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root, self.store, self.prey = folder / "project", folder / "store", folder / "prey"
        self.root.mkdir()
        self.prey.mkdir()
        (self.prey / "precious.png").write_bytes(b"precious")

    def write(self, name: str, data: bytes | str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def spec(self, text: str, *, head: str = HEAD) -> None:
        self.write("assets.yaml", head + text)

    def link(self, name: str, target: Path | str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    def pipe(self, name: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)

    def run(self, *words: str, asks: bool = False, **environment: object) -> Outcome:
        """Runs a command and checks that it was harmless, prey and keys included. `asks`: it may use the network."""
        outcome = jailed(words, self.root, self.store, **environment)
        harmless(outcome, self.root, self.store, asks=asks)
        assert {path.name: path.read_bytes() for path in self.prey.iterdir()} == {"precious.png": b"precious"}
        return outcome

    def told(self, *words: str) -> str:
        """What a command that must fail says: the first line."""
        outcome = self.run(*words)
        assert outcome.code not in (0, 70), outcome.out
        return outcome.err.partition("\n")[0]
