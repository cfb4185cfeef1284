"""Draws all built pictures of a project on one sheet, group by group: how docs/contact-sheet.png is made.

    pixmake build && python tools/contact_sheet.py docs/contact-sheet.png

Rows are justified: every picture keeps its ratio, and every row but a group's last fills the width.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import pixmake

WIDTH = 1200
GAP = 10
MARGIN = 28
LABEL = 30
GROUND, INK = "#1d3b45", "#f7efdc"
HEIGHTS = {"site": 158, "creatures": 136, "places": 175, "items": 100, "ui": 78}
"""Groups in their order, and the height of their rows in pixels before they are justified."""
ROUNDING = 8

Row = list[Image.Image]


def groups(project: pixmake.Project) -> dict[str, list[Path]]:
    """The widest picture file of each asset, by the first part of its name; icons for browsers are passed over."""
    found: dict[str, list[Path]] = {}
    for asset in project.assets:
        files = [item for item in asset.outputs if item.format in ("png", "jpeg", "webp")]
        if files:
            widest = max(files, key=lambda item: item.width or 0)
            found.setdefault(asset.name.partition("/")[0], []).append(project.root / widest.path)
    return dict(sorted(found.items(), key=lambda item: [*HEIGHTS, item[0]].index(item[0])))


def rows(pictures: Sequence[Image.Image], height: int, width: int) -> Iterator[Row]:
    """Pictures of equal height in rows that fill `width`; a short last row keeps its height."""
    row: Row = []
    for picture in pictures:
        row.append(picture)
        if breadth(row, height) >= width:
            yield fitted(row, (width - GAP * (len(row) - 1)) / sum(item.width / item.height for item in row))
            row = []
    if row:
        yield fitted(row, height)


def breadth(row: Row, height: int) -> float:
    return sum(item.width / item.height * height for item in row) + GAP * (len(row) - 1)


def fitted(row: Row, height: float) -> Row:
    return [
        item.resize((max(1, round(item.width / item.height * height)), round(height)), Image.Resampling.LANCZOS)
        for item in row
    ]


def rounded(picture: Image.Image) -> Image.Image:
    """An opaque picture with round corners; what is cut out stays as it is."""
    if min(picture.getchannel("A").tobytes()) < 255:
        return picture
    mask = Image.new("L", (picture.width * 4, picture.height * 4), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), ROUNDING * 4, fill=255)
    picture.putalpha(mask.resize(picture.size, Image.Resampling.LANCZOS))
    return picture


def sheet(project: pixmake.Project) -> Image.Image:
    """The whole sheet. Raises FileNotFoundError where the project is not built."""
    parts: list[tuple[str, list[Row]]] = []
    for name, files in groups(project).items():
        pictures = [Image.open(path).convert("RGBA") for path in files]
        parts.append((name, list(rows(pictures, HEIGHTS.get(name, 132), WIDTH - 2 * MARGIN))))
    tall = sum(LABEL + sum(row[0].height + GAP for row in lines) for _, lines in parts)
    ground = Image.new("RGB", (WIDTH, tall + 2 * MARGIN - GAP), GROUND)
    pen = ImageDraw.Draw(ground)
    y = MARGIN
    for name, lines in parts:
        pen.text((MARGIN, y), name, INK, ImageFont.load_default(17))
        y += LABEL
        for row in lines:
            x = MARGIN
            for picture in map(rounded, row):
                ground.paste(picture, (x, y), picture)
                x += picture.width + GAP
            y += row[0].height + GAP
    return ground


def main(target: str = "docs/contact-sheet.png", spec: str = "assets.yaml") -> None:
    """Draws the sheet of `spec` into `target`."""
    picture = sheet(pixmake.load(spec)).quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
    picture.save(target, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
