"""Drafts of drawings and animations are drawings and animations too, in chains and as references."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from pixmake.build.project import Project
from pixmake.imaging.marks import read_draft_mark
from pixmake.imaging.svg import check_svg

SPEC = """version: 1
defaults: {size: 64x48}
assets:
  a.svg: {prompt: a red fox, kind: svg}
  b.svg: {prompt: a red fox, kind: svg, edits: [make it night]}
  c: {prompt: a red fox running, kind: gif, outputs: [c.gif, {path: small.gif, size: 32x32}, c.png]}
  d.png: {prompt: on snow, references: ["@a.svg", "@c"]}
  e.png: {from: logo.svg, size: 120x120}
"""
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12"><rect width="12" height="12" fill="#fff"/>'
    '<rect x="6" width="6" height="12" fill="#000"/></svg>'
)


def test_drafts_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "assets.yaml").write_text(SPEC, "utf-8")
    (tmp_path / "logo.svg").write_text(LOGO, "utf-8")
    project = Project(tmp_path / "assets.yaml", store=tmp_path / "store")
    report = project.build(project.plan(draft=True))
    assert report.problems == ()
    assets = tmp_path / "assets"
    for name in ("a.svg", "b.svg"):
        data = (assets / name).read_bytes()
        check_svg(data)
        assert read_draft_mark(data) is not None
    for name, size in (("c.gif", (64, 48)), ("small.gif", (32, 32))):
        data = (assets / name).read_bytes()
        image = Image.open(io.BytesIO(data))
        assert (image.size, image.n_frames > 1) == (size, True)  # type: ignore[attr-defined]
        assert read_draft_mark(data) is not None
    assert Image.open(assets / "c.png").size == (64, 48)
    assert Image.open(assets / "d.png").size == (64, 48)


def test_a_drawing_is_drawn_at_the_size_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "assets.yaml").write_text("version: 1\nassets:\n  e.png: {from: logo.svg, size: 120x120}\n", "utf-8")
    (tmp_path / "logo.svg").write_text(LOGO, "utf-8")
    project = Project(tmp_path / "assets.yaml", store=tmp_path / "store")
    project.build(project.plan())
    image = Image.open(tmp_path / "assets/e.png").convert("L")
    assert [image.getpixel((x, 60)) for x in (58, 59, 60, 61)] == [255, 255, 0, 0], "a sharp edge, not one scaled up"
