"""The whole way from a spec to files with OpenAI's provider behind it, over real HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from fakes.openai_server import Error, FakeOpenAI, gateway, moderated
from pixmake.build.project import Project
from pixmake.build.report import BuildReport

SPEC = """
version: 1
defaults: {model: gpt-image-2.5-flare, quality: low}
assets:
  hero:
    prompt: a castle
    size: 512x320
    variants: 2
    pick: 1
    edits:
      - at night
      - {prompt: add a dragon, mask: {rect: [0.5, 0, 0.5, 0.5]}}
  banner: {prompt: a banner, size: 640x64, references: [{path: style.png, role: palette}]}
  icon: {prompt: a key, size: 64x64, background: transparent}
"""


def build(root: Path, spec: str = SPEC) -> BuildReport:
    root.mkdir(exist_ok=True)
    (root / "assets.yaml").write_text(spec, "utf-8")
    Image.new("P", (64, 64)).save(root / "style.png")
    project = Project(root / "assets.yaml", store=root.parent / "store")
    project.recover()
    return project.build(project.plan(), yes=True)


def test_a_chain_a_mask_and_a_reference_are_bought_once_and_to_the_cent(server: FakeOpenAI, tmp_path: Path) -> None:
    report = build(tmp_path / "p")
    assert server.statuses == [200] * 5
    assert report.spent == server.cost
    assert Image.open(tmp_path / "p" / "assets" / "hero.png").size == (512, 320)
    masked = next(asked for asked in server.requests if asked.body.file("mask"))
    mask = masked.body.file("mask")
    assert mask is not None
    assert mask.size == masked.body.images[0].size
    assert build(tmp_path / "p").spent == 0
    assert server.count == 5


@pytest.mark.parametrize(
    ("do", "state"), [(moderated(), "refused"), (gateway(504), "unknown"), (Error(400, "invalid_value"), "failed")]
)
def test_how_a_call_ended_is_the_state_of_its_asset(server: FakeOpenAI, tmp_path: Path, do: Error, state: str) -> None:
    server.say(do, prompt="a banner", times=None)
    report = build(tmp_path / "p")
    assert {entry.entry.asset: entry.result for entry in report.entries if entry.entry.step == 0}["banner"] == state
    assert server.count == 5
