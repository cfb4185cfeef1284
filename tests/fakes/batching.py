"""A project that buys by batch from the fake server, for tests: each step a fresh process's, with a clock that is set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from fakes.openai_server import FakeOpenAI
from pixmake.build.collecting import Gathered
from pixmake.build.costs import charges
from pixmake.build.project import Project
from pixmake.build.report import BuildReport
from pixmake.store.home import Store

HEAD = """\
version: 1
defaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640}
assets:
"""
FORTY = HEAD + "".join(
    f"  a{number:02}.png:\n    prompt: asset {number:02} begins\n    edits:\n"
    f"      - prompt: asset {number:02} goes on\n      - prompt: asset {number:02} ends\n"
    for number in range(40)
)


class SetClock:
    """Real time, moved by the test. `sleep` moves it, and asks nobody to wait."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.naps: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return self.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.ahead += timedelta(seconds=seconds)


class Yard:
    """A folder with a project and a store, and the server it buys from."""

    def __init__(self, folder: Path, server: FakeOpenAI) -> None:
        self.root, self.folder = folder / "project", folder / "store"
        self.server = server
        self.clock = SetClock()
        self.root.mkdir()

    def write(self, text: str, name: str = "assets.yaml") -> None:
        (self.root / name).write_text(text, "utf-8")

    def forty(self) -> None:
        """Forty assets, each generated and edited twice: three waves."""
        self.write(FORTY)

    def assets(self, *prompts: str, more: str = "") -> None:
        """An asset for each prompt, named by its first word."""
        lines = [f"  {prompt.split()[0]}.png: {{prompt: '{prompt}'{more}}}\n" for prompt in prompts]
        self.write(HEAD + "".join(lines))

    def project(self) -> Project:
        return Project(self.root / "assets.yaml", store=self.folder, clock=self.clock)

    def build(self, *, by_batch: bool = True, yes: bool = True, **options: object) -> BuildReport:
        """A fresh process's build: recover, plan, run. (Collecting is a step of its own here.)"""
        project = self.project()
        project.recover()
        plan = project.plan(repeat_unknown=bool(options.pop("repeat", False)))
        return project.build(plan, yes=yes, by_batch=by_batch, **options)  # type: ignore[arg-type]

    def collect(self) -> Gathered:
        return self.project().collect()

    def states(self) -> Mapping[str, int]:
        """How many steps are in which state, by a plan of a fresh process."""
        plan = self.project().plan()
        return dict(Counter(entry.state for entry in plan.entries))

    def reasons(self) -> set[str]:
        return {entry.reason for entry in self.project().plan().entries}

    @property
    def store(self) -> Store:
        return self.project().store

    def spent(self) -> Decimal:
        """What the ledger says was billed."""
        return sum((item.billed or Decimal(0) for item in charges(self.store)), Decimal(0))

    def later(self, **time: float) -> None:
        self.clock.ahead += timedelta(**time)
