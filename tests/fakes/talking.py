"""A project whose pictures are drawn in conversations with the fake server, and a clock on which nobody has to wait."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from pixmake.build.project import Project
from pixmake.build.report import BuildReport
from pixmake.clock import SystemClock
from pixmake.events import Listener
from pixmake.plan.planner import Plan
from pixmake.store.records import Record, decode_or_none

HEAD = """
version: 1
defaults: {model: gpt-image-2.5-flare, quality: low, size: 1024x640, api: responses, responses_model: gpt-6-astra}
"""
PRICED = "  models: {gpt-6-astra: {prices: {text_in: 2, text_out: 12}}}\n"
PROVIDER = "providers:\n openai:\n" + PRICED
CHAIN = HEAD + PROVIDER + "assets:\n  fox: {prompt: a red fox, edits: [at night, add a moon]}\n"


class QuickClock(SystemClock):
    """The machine's clock, `days` ahead; who sleeps on it wakes at once, and it is then that much later."""

    def __init__(self, days: float = 0) -> None:
        self.days = days
        self.slept: list[float] = []

    def now(self) -> datetime:
        return super().now() + timedelta(days=self.days)

    def monotonic(self) -> float:
        return super().monotonic() + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Ground:
    """A project beside a store. Each build is a fresh process's: recover, plan, run."""

    def __init__(self, folder: Path, spec: str = CHAIN) -> None:
        self.root = folder / "project"
        self.store = folder / "store"
        self.root.mkdir(parents=True)
        self.clock = QuickClock()
        self.write(spec)

    def write(self, spec: str) -> None:
        (self.root / "assets.yaml").write_text(spec, "utf-8")

    def project(self) -> Project:
        return Project(self.root / "assets.yaml", store=self.store, clock=self.clock)

    def plan(self, *selectors: str) -> Plan:
        return self.project().plan(*selectors)

    def build(
        self,
        *selectors: str,
        yes: bool = True,
        repeat: bool = False,
        offline: bool = False,
        max_cost: Decimal | None = None,
        on_event: Listener | None = None,
        jobs: int | None = None,
        **wishes: int,
    ) -> BuildReport:
        project = self.project()
        project.recover()
        plan = project.plan(*selectors, repeat_unknown=repeat, **wishes)  # type: ignore[arg-type]
        return project.build(
            plan, yes=yes, by_name=yes, offline=offline, max_cost=max_cost, jobs=jobs, on_event=on_event
        )

    def records(self) -> list[Record]:
        """All records of the journal."""
        lines = self.project().store.journal.read().lines
        return [record for line in lines if (record := decode_or_none(line)) is not None]


def states(report: BuildReport) -> list[str]:
    return [entry.state for entry in report.entries]
