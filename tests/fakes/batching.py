"""A project that buys by batch from the fake server, for tests: each step a fresh process's, with a clock that is set."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from fakes.openai_batches import Action, Then
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

    def chains(self, number: int) -> None:
        """So many of the forty."""
        self.write("".join(HEAD.splitlines(keepends=True) + FORTY.splitlines(keepends=True)[3 : 3 + 5 * number]))

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

    # --- other processes ------------------------------------------------------------------------------------------

    def killed(self, action: Action, *, before: bool = False, skip: int = 0, live: bool = False) -> None:
        """A build by batch in a process of its own that the server kills by its request of a kind: before it is done, or
        when it is done and not answered; `skip` of them pass. `live`: a build that only collects by batch."""
        for _ in range(skip):
            self.server.office.say(action, Then(lambda: None))
        victim: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            victim[0].kill()
            victim[0].wait()

        self.server.office.say(action, Then(kill, before=before))
        victim.append(self.started(live=live))
        assert victim[0].wait(60) == -signal.SIGKILL

    def killed_at_done(self, number: int) -> None:
        """A build that is killed as soon as the journal holds so many pictures."""
        journal = self.folder / "journal.jsonl"
        victim = self.started(live=True)
        while victim.poll() is None and journal.read_bytes().count(b'"type":"done"') < number:
            time.sleep(0.001)
        victim.kill()
        assert victim.wait(60) == -signal.SIGKILL

    def started(self, *, live: bool) -> subprocess.Popen[bytes]:
        """A build in a process of its own, by batch with consent, or `live` without."""
        words = ["build"] if live else ["build", "--batch", "--yes"]
        bytecode = str(self.root.parent.parent / "bytecode")  # of all tests of a session: each compiles nothing anew
        environment = {**os.environ, "PIXMAKE_STORE": str(self.folder), "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.Popen(
            [sys.executable, "-m", "pixmake", *words],
            cwd=self.root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    # --- what must hold -------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Lets everything come that is on its way, wave by wave, and checks the money."""
        for _ in range(8):
            self.server.office.run()
            self.later(hours=1)
            self.collect()
            report = self.build()
            if report.exit_code == 0:
                break
        assert self.states() == {"fresh": sum(self.states().values())}
        self.check()

    def check(self) -> None:
        """When all was fetched: as `check_meanwhile`, and the ledger says what the server says."""
        self.check_meanwhile()
        assert self.spent() == self.server.office.cost

    def check_meanwhile(self) -> None:
        """Nothing was painted twice, nothing was bought live; what is done and not fetched is held."""
        painted = Counter(asked.prompt for asked in self.server.office.asked if asked.painted)
        assert [prompt for prompt, times in painted.items() if times > 1] == []
        assert self.server.count == 0
        spent, held = self.spent(), sum((item.held for item in charges(self.store)), Decimal(0))
        assert spent <= self.server.office.cost <= spent + held
        assert not list((self.folder / "quarantine").glob("*"))

    @property
    def store(self) -> Store:
        return self.project().store

    def spent(self) -> Decimal:
        """What the ledger says was billed."""
        return sum((item.billed or Decimal(0) for item in charges(self.store)), Decimal(0))

    def later(self, **time: float) -> None:
        self.clock.ahead += timedelta(**time)
