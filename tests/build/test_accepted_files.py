"""`accept` of files: a person let them stand, so they are shipped wherever and whenever they are missing."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from fakes.project import Ground
from pixmake.build.intent import Intent

SPEC = """\
version: 1
defaults: {provider: openai, model: ink-1}
assets:
  a.png: a heart
  b.png: {from: "@a.png"}
"""


def painted_over(ground: Ground, name: str = "assets/a.png", color: str = "teal") -> bytes:
    Image.new("RGB", (1024, 1024), color).save(ground.root / name)
    return (ground.root / name).read_bytes()


def test_an_accepted_file_comes_back_when_it_is_gone_and_in_another_checkout(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    mine = painted_over(ground)
    assert Intent(ground.project()).accept("a.png") == ["assets/a.png"]
    (ground.root / "assets/a.png").unlink()
    (ground.root / "assets/b.png").unlink()
    assert ground.build().exit_code == 0
    files = ground.files()
    assert files["assets/a.png"] == mine != files["assets/b.png"]
    clone = ground.clone("clone")
    assert ground.build(root=clone).exit_code == 0
    assert ground.files(clone) == files
    assert ground.sent() == 1


def test_restore_takes_back_that_a_file_was_accepted(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    bought = ground.files()
    painted_over(ground)
    Intent(ground.project()).accept("a.png")
    project = ground.project()
    report = project.build(Intent(project).restore(["a.png"]))
    assert (report.exit_code, report.written) == (0, ("assets/a.png",))
    assert ground.files() == bought
    assert ground.build().written == ()
    project = ground.project()
    assert project.build(Intent(project).restore(["a.png"])).written == ()
