"""Writes tests/upgrades/data/VERSION/: a project with everything that outlives a version. Run once a release.

    PYTHONPATH=tests python tests/upgrades/make_set.py

refuses to change a set that is there. Journals hold the folder a project was built in, so the set is made in SITE.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from PIL import Image

from fakes.counting import CountingProvider
from pixmake import __version__
from pixmake.build.intent import Intent
from pixmake.build.project import Project
from pixmake.plan.planner import Plan
from pixmake.providers.base import Estimate, Limits, Painted, Provider, Request
from pixmake.providers.catalog import open_provider

DATA = Path(__file__).parent / "data"
PROFILES: Mapping[str, tuple[str, ...]] = {"": (), "print": ("icons/*", "hero")}
"""What is built, by profile."""
SITE = Path("/srv/pixmake-golden")
SPEC = """\
version: 1
vars: {style: flat vector icon}
defaults: {model: gpt-image-2.5-flare, size: 64x64, template: house.j2}
profiles:
  print: {output_dir: print, defaults: {size: 96x96}}
providers:
  studio: {type: openai, same_as: openai}
assets:
  hero:
    prompt: a castle on a hill
    size: 96x64
    variants: 2
    pick: 2
    edits:
      - at night
      - {prompt: add a dragon, mask: {rect: [0.5, 0, 0.5, 0.5]}}
      - {prompt: a flag on the tower, fence: false, mask: refs/mask.png}
    outputs: [{path: "hero-{{ width }}.{{ format }}", widths: [32, 64], formats: [png, webp]}]
  "icons/{{ thing }}-{{ tone }}.png":
    matrix: {thing: [heart, key], tone: [gold, iron]}
    prompt: "a {{ tone }} {{ thing }}"
  "cast/{{ row.id }}": {rows: cast.csv, prompt: "{{ row.look }}", background: transparent}
  "cast/{{ row.id }}-poses": {rows: cast.csv, from: "@cast/{{ row.id }}", prompt: poses}
  twin.png: {prompt: a gold heart, salt: "2"}
  other.png: {prompt: a gold heart, provider: studio}
  banner: {prompt: a banner, quality: high, references: [{path: refs/style.png, role: palette}, "@hero"], options: {future: 1}}
  photo: {from: refs/style.png, prompt: as a photo, moderation: low}
  thumb: {from: "@hero", size: 16x16}
  chosen: {prompt: a tree, variants: 3}
  drawn: {prompt: a ship}
  kept: {prompt: a moon}
  reworded: {prompt: a sun}
  rolled: {prompt: a star}
  forbidden: {prompt: something forbidden}
  vanished: {prompt: something that vanished}
"""
FILES = {
    "templates/house.j2": "{{ prompt }}, {{ style }}",
    "cast.csv": "id,look\nmia,a witch\nolaf,a snowman\n",
}


@dataclass(slots=True)
class Painter(CountingProvider):
    """Paints as the tests' provider does, within the limits and at the prices of the real one."""

    real: Provider = field(default_factory=lambda: open_provider("openai", {}))

    def limits(self, model: str | None) -> Limits:
        return self.real.limits(model)

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate | None:
        return self.real.estimate(request, inputs, count)

    def _paint(self, request: Request) -> Painted:
        """As small a file as may be: the set is for ever."""
        painted, small = CountingProvider._paint(self, request), io.BytesIO()
        with Image.open(io.BytesIO(painted.data)) as image:
            image.save(small, "PNG", optimize=True)
        return Painted(data=small.getvalue(), media_type=painted.media_type)


def opened(root: Path, store: Path, painter: Painter, profile: str = "") -> Project:
    """A project whose calls go to `painter`, whatever name they go by."""
    project = Project(
        root / "assets.yaml", store=store, profile=profile or None, providers={"openai": lambda _: painter}
    )
    project.recover()
    return project


def states(plan: Plan) -> dict[str, str]:
    """What every step and every end of a project is."""
    return {f"{item.asset}#{'end' if item.step is None else item.step}": item.state for item in plan.entries}


def prepare(root: Path) -> None:
    for name, text in {"assets.yaml": SPEC, **FILES}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (root / "refs").mkdir()
    Image.new("RGB", (32, 32), "orange").save(root / "refs" / "style.png")
    Image.new("RGB", (64, 64), "teal").save(root / "refs" / "mine.png")
    mask = Image.new("RGBA", (96, 64), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (40, 8, 56, 24))
    mask.save(root / "refs" / "mask.png")


def live(root: Path, store: Path, painter: Painter) -> None:
    """A life of purchases and decisions."""
    project = opened(root, store, painter)
    project.build(project.plan(), yes=True)
    project = opened(root, store, painter, "print")
    project.build(project.plan("icons/*", "hero"), yes=True)
    verbs = Intent(opened(root, store, painter))
    verbs.pick("chosen", 3)
    verbs.adopt("drawn", root / "refs" / "mine.png")
    verbs.freeze(["kept", "hero"])
    reroll = verbs.reroll("rolled", 2)
    verbs.project.build(reroll.plan, yes=True)
    verbs.settle(reroll)
    text = (root / "assets.yaml").read_text("utf-8")
    text = text.replace("a sun", "a warm sun").replace("a moon", "a full moon")
    (root / "assets.yaml").write_text(text, "utf-8")
    Intent(opened(root, store, painter)).accept("reworded")
    for profile, selectors in PROFILES.items():
        project = opened(root, store, painter, profile)
        project.build(project.plan(*selectors), yes=False)


def main() -> int:
    target = DATA / __version__
    if target.exists():
        print(f"{target.name} is there: a set is never changed", file=sys.stderr)
        return 1
    shutil.rmtree(SITE, ignore_errors=True)
    root, store = SITE / "project", SITE / "store"
    prepare(root)
    script = {"forbidden": ["refused*"], "vanished": ["unknown*"]}
    live(root, store, Painter(token=b"golden", script=script, price=Decimal("0.01")))
    said = {name: states(opened(root, store, Painter(), name).plan(*chosen)) for name, chosen in PROFILES.items()}
    shutil.copytree(SITE, target, ignore=shutil.ignore_patterns(".pixmake", "locks", "index", "incoming"))
    (target / "states.json").write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", "utf-8")
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(SITE)
    print(f"{target}: {sum(path.stat().st_size for path in target.rglob('*') if path.is_file())} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
