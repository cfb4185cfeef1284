"""The command line in a test: a project on disk, a counting painter behind an entry point, and what a run said."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fakes.counting import entry_point, png
from pixmake.cli.main import main

HEAD = """\
version: 1
providers: {counting: {type: counting}}
defaults: {provider: counting, model: ink-1}
"""
SPEC = (
    HEAD
    + """\
assets:
  icons/heart.png: a heart
  icons/key.png: an old brass key
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One finished run."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> Any:
        """stdout as JSON."""
        return json.loads(self.out)


class Shell:
    """A folder to run commands in. Calls of the painter are counted in a file, so that subprocesses count too."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.root = folder / "project"
        self.store = folder / "store"
        self.log = folder / "calls.jsonl"
        self.packages = entry_point(folder / "packages")
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.root.mkdir()
        monkeypatch.syspath_prepend(str(self.packages))
        monkeypatch.chdir(self.root)
        self.environment(PIXMAKE_STORE=self.store, COUNTING_LOG=self.log, COLUMNS=100)
        for name in ("NO_COLOR", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
            monkeypatch.delenv(name, raising=False)

    def environment(self, **values: object) -> None:
        for name, value in values.items():
            self._monkeypatch.setenv(name, str(value))

    def script(self, **endings: list[str]) -> None:
        """How calls end whose prompt has the word; see CountingProvider."""
        self.environment(COUNTING_SCRIPT=json.dumps(endings))

    def go(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._monkeypatch.chdir(folder)

    def write(self, text: str, name: str = "assets.yaml") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def picture(self, name: str, size: tuple[int, int] = (64, 64), mark: bytes = b"shells") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(*size, mark))
        return path

    def edit(self, old: str, new: str, name: str = "assets.yaml") -> None:
        text = (self.root / name).read_text("utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(text.replace(old, new), name)

    def run(self, *words: str) -> Said:
        self._capsys.readouterr()
        code = main(list(words))
        said = self._capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    def subprocess_environment(self) -> dict[str, str]:
        """What a subprocess needs to find this painter."""
        places = [str(self.packages), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places)), "TERM": "xterm"}

    def terminal(self, answer: bytes, *words: str) -> tuple[int, str]:
        """Runs pixmake with a pseudo-terminal for all three streams and types `answer` when it asks."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "pixmake", *words],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=self.subprocess_environment(),
            close_fds=True,
        )
        os.close(follower)
        text, asked = b"", False
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            text += piece
            if not asked and b"[y/N] " in text:
                os.write(leader, answer)
                asked = True
        os.close(leader)
        return process.wait(), text.decode()

    @property
    def calls(self) -> list[str]:
        """Prompts of all calls so far."""
        if not self.log.exists():
            return []
        return [json.loads(line)["prompt"] for line in self.log.read_text("utf-8").splitlines()]

    def files(self) -> dict[str, bytes]:
        """Everything in the project but throw-away state."""
        paths = (path for path in sorted(self.root.rglob("*")) if path.is_file() and ".pixmake" not in path.parts)
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}
