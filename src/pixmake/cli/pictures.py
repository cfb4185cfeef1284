"""CLI room: a picture in the terminal, two pixels a character, or in the desktop's viewer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pixmake.diagnostics import ExitCode, problem
from pixmake.imaging.probe import BadPicture
from pixmake.plan.artifact import originals
from pixmake.plan.planner import Plan
from pixmake.spec.asset import Asset

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 64
"""Columns of a preview at most."""
CHECKS = ((102, 102, 102), (153, 153, 153))
"""What transparent pixels are shown on."""


def picture_files(plan: Plan, asset: Asset) -> list[Path]:
    """Files that show an asset: its outputs that are there, else the original it would be made of."""
    entries = [entry for entry in plan.entries if entry.asset == asset.name]
    paths = [plan.spec.root / item.path for entry in entries for item in entry.outputs]
    there = [path for path in paths if path.is_file()]
    artifacts = [entry.verdict.artifact for entry in reversed(entries) if entry.verdict.artifact is not None]
    content = plan.world.store.content
    stored = [content.path(digest) for artifact in artifacts for digest in originals(artifact) if content.has(digest)]
    return [*there, *stored]


def preview_lines(file: Path, columns: int) -> list[str]:
    """A picture as half blocks in 24-bit colour. Raises Problem `not-a-picture` for a file that can't be decoded."""
    image = _small(file, min(columns, LARGEST))
    pixels = image.load()
    assert pixels is not None
    lines = []
    for y in range(0, image.height - 1, 2):
        row = [
            _half_block(_on_checks(pixels[x, y], x, y), _on_checks(pixels[x, y + 1], x, y + 1))
            for x in range(image.width)
        ]
        lines.append("".join(row) + "\x1b[0m")
    return lines


def _small(file: Path, columns: int) -> Image.Image:
    from pixmake.imaging.decode import decode
    from pixmake.imaging.probe import probe_file
    from pixmake.imaging.svg import rasterize_svg

    try:
        facts = probe_file(file)
        width = columns
        height = max(2, round(facts.upright_height * width / facts.upright_width) // 2 * 2)
        if facts.media_type == "image/svg+xml":
            return rasterize_svg(file.read_bytes(), width, height).convert("RGBA")
        return decode(file).convert("RGBA").resize((width, height))
    except BadPicture as bad:
        raise problem(
            "not-a-picture", f"'{file}' {bad}", help="`pixmake build` writes it again if it is ours"
        ) from None


def _on_checks(pixel: object, x: int, y: int) -> tuple[int, int, int]:
    assert isinstance(pixel, tuple)
    ground = CHECKS[(x // 4 + y // 4) % 2]
    alpha = int(pixel[3])
    red, green, blue = ((int(c) * alpha + g * (255 - alpha)) // 255 for c, g in zip(pixel[:3], ground, strict=True))
    return red, green, blue


def _half_block(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> str:
    return "\x1b[38;2;{};{};{}m\x1b[48;2;{};{};{}m▀".format(*top, *bottom)


def open_in_viewer(file: Path) -> None:
    """Hands a file to the desktop. Raises Problem `no-viewer` where there is none."""
    if sys.platform == "win32":
        os.startfile(file)  # noqa: S606 (the desktop's own way)
        return
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen(  # noqa: S603 (a fixed program with one path)
            [opener, str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise problem(
            "no-viewer",
            f"there is no '{opener}' here to open '{file}' with",
            help="--preview draws it in the terminal",
            exit_code=ExitCode.FAILED,
        ) from None
