"""Bench: projects of many assets, built for real, with a painter that takes no time.

The whole corridor runs (load, plan, schedule, shelf, outputs, memo, snapshot): only the picture itself is a few bytes.
100 000 assets take four minutes. `python -m bench.dots FOLDER` builds again in a folder that has such a project.
"""

from __future__ import annotations

import struct
import sys
import time
import zlib
from pathlib import Path

from pixmake import __version__
from pixmake.build.project import Project
from pixmake.providers.base import FREE, Answer, Call, Painted
from pixmake.providers.draft.provider import DraftProvider

HEAD = """\
version: 1
store: .store
providers: {draft: {type: dots, mark: false}}
defaults: {provider: draft, size: 8x8}
assets:
"""
IN_FOLDER = 100
"""Files of one folder."""


def place(number: int) -> str:
    """Folder and name of one file, without suffix."""
    return f"p{number // IN_FOLDER:04}/icon{number:06}"


def write_lines(root: Path, count: int) -> None:
    """A project of one file: one line an asset."""
    root.mkdir(parents=True)
    lines = (f"  {place(number)}.png: thing number {number}\n" for number in range(count))
    (root / "assets.yaml").write_text(HEAD + "".join(lines))


def write_files(root: Path, count: int) -> None:
    """A project with a file of its own for each asset, found by a pattern."""
    write_sources(root / "src", count, suffix=".md", text="---\nname: {0}\nwhat: thing number {1}\n---\n")
    entry = '  "{{ row.name }}.png": {rows: "src/*/*.md", prompt: "{{ row.what }}"}\n'
    (root / "assets.yaml").write_text(HEAD + entry)


def write_sources(folder: Path, count: int, *, suffix: str = ".txt", text: str = "thing number {1}\n") -> None:
    """One small file for each target."""
    for number in range(count):
        path = folder / (place(number) + suffix)
        if number % IN_FOLDER == 0:
            path.parent.mkdir(parents=True)
        path.write_text(text.format(place(number), number))


class Dots(DraftProvider):
    """Paints one color, which is free and quick."""

    async def make(self, call: Call) -> Answer:
        width, height = (int(side) for side in call.request.size.split("x"))
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        rows = (b"\0" + zlib.crc32(call.request.prompt.encode()).to_bytes(4)[1:] * width) * height
        chunks = (b"IHDR" + head, b"IDAT" + zlib.compress(rows), b"IEND")
        sums = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
        painted = Painted(data=b"\x89PNG\r\n\x1a\n" + b"".join(sums), media_type="image/png")
        return Answer(pictures=(painted,) * call.count, cost=FREE.low, model="draft")


def build(root: Path) -> None:
    """What `pixmake build` does and leaves, snapshot included. Raises SystemExit where something is left to do."""
    young = 0.2 - (time.time() - (root / "assets.yaml").stat().st_mtime)
    time.sleep(max(0.0, young))  # a snapshot is taken only of a spec at rest
    project = Project(root / "assets.yaml", providers={"dots": Dots})
    report = project.build(project.plan())
    if report.exit_code or not project.remember(report, __version__, {"build": "nothing to do", "plan": "nothing"}):
        raise SystemExit(f"{root}: {int(report.exit_code)}, or there was a snapshot already")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
