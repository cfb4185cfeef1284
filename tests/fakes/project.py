"""A project on disk for tests: real files, a counting provider, and checks that read like the promises they hold to."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from PIL import Image

from fakes.counting import CountingProvider
from pixmake.build.project import Project
from pixmake.build.report import BuildReport
from pixmake.plan.planner import Plan


class Ground:
    """A folder with a project in it and a store beside it. `painter` is behind `openai` as far as the spec sees."""

    def __init__(self, folder: Path, spec: str, painter: CountingProvider | None = None) -> None:
        self.folder = folder
        self.root = folder / "project"
        self.store = folder / "store"
        self.painter = painter or CountingProvider()
        self.root.mkdir(parents=True)
        self.write("assets.yaml", spec)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def picture(self, name: str, size: tuple[int, int] = (64, 64), color: str = "red", mode: str = "RGB") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, color).save(path)
        return path

    def mask(self, name: str, size: tuple[int, int], box: tuple[int, int, int, int]) -> Path:
        """A mask that repaints `box` and keeps the rest."""
        path = self.root / name
        image = Image.new("RGBA", size, (0, 0, 0, 255))
        image.paste((0, 0, 0, 0), box)
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        return path

    def edit(self, old: str, new: str, name: str = "assets.yaml") -> None:
        text = (self.root / name).read_text("utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new))

    def project(self, *, profile: str | None = None, root: Path | None = None) -> Project:
        return Project(
            (root or self.root) / "assets.yaml",
            profile=profile,
            store=self.store,
            providers={"openai": lambda settings: self.painter},
        )

    def plan(self, *selectors: str, profile: str | None = None, draft: bool = False) -> Plan:
        return self.project(profile=profile).plan(*selectors, draft=draft)

    def build(
        self,
        *selectors: str,
        yes: bool = True,
        max_cost: Decimal | None = None,
        draft: bool = False,
        profile: str | None = None,
        root: Path | None = None,
        update: tuple[str, ...] = (),
        locked: bool = False,
        fail_fast: bool = False,
        repeat: bool = False,
        jobs: int | None = None,
    ) -> BuildReport:
        """A fresh process's build: recover, plan, run."""
        project = self.project(profile=profile, root=root)
        project.recover()
        plan = project.plan(*selectors, draft=draft, update=update, repeat_unknown=repeat)
        return project.build(plan, yes=yes, max_cost=max_cost, locked=locked, fail_fast=fail_fast, jobs=jobs)

    def sent(self) -> int:
        """Pictures ordered since the last time this was asked."""
        count = sum(call.count for call in self.painter.calls)
        self.painter.calls.clear()
        return count

    def files(self, root: Path | None = None) -> dict[str, bytes]:
        """Every output and record of the project by path, `.pixmake/` aside."""
        base = root or self.root
        return {
            path.relative_to(base).as_posix(): path.read_bytes()
            for path in sorted(base.rglob("*"))
            if path.is_file() and ".pixmake" not in path.parts
        }

    def clone(self, name: str) -> Path:
        """The project as git would clone it: no outputs, no local state; inputs, spec and lock."""
        target = self.folder / name
        shutil.copytree(self.root, target, ignore=shutil.ignore_patterns(".pixmake", "assets"))
        return target


def states(plan: Plan) -> Mapping[str, str]:
    """`asset#step` → state."""
    return {entry.asset if entry.step is None else f"{entry.asset}#{entry.step}": entry.state for entry in plan.entries}
