"""Several builds on one store: a key is bought once, a daily cap holds for all of them, nobody waits for ever."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground
from pixmake.build.budget import DayLedger
from pixmake.providers.base import Answer, Call, Estimate, Request
from pixmake.store.home import open_store
from pixmake.store.records import Failure, decode_or_none

SPEC = """
version: 1
budget: {per_day: 0.40}
defaults: {model: m, size: 64x64}
assets:
  "thing-{{ n }}":
    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
    prompt: "PREFIX thing {{ n }}"
"""
BUILDER = """
import sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
from fakes.counting import CountingProvider
from fakes.project import Ground
ground = Ground.__new__(Ground)
ground.root, ground.store = Path({root!r}), Path({store!r})
ground.painter = CountingProvider(log=Path({log!r}), hook=lambda call: time.sleep(0.03))
sys.exit(int(ground.build().exit_code))
"""
TESTS = str(Path(__file__).parents[1])


def start(ground: Ground, log: Path) -> subprocess.Popen[bytes]:
    script = BUILDER.format(tests=TESTS, root=str(ground.root), store=str(ground.store), log=str(log))
    return subprocess.Popen([sys.executable, "-c", script])


def grounds(tmp_path: Path, spec: str, prefixes: list[str]) -> list[Ground]:
    """Projects of their own on one store."""
    found = []
    for number, prefix in enumerate(prefixes):
        ground = Ground(tmp_path / str(number), spec.replace("PREFIX", prefix))
        ground.store = tmp_path / "store"
        found.append(ground)
    return found


def test_a_daily_cap_holds_for_four_processes_together(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    projects = grounds(tmp_path, SPEC, ["a", "b", "c", "d"])
    codes = [process.wait(timeout=60) for process in [start(ground, log) for ground in projects]]
    assert len(log.read_text().splitlines()) == 10, "ten pictures at $0.04 make $0.40"
    assert set(codes) <= {0, 4}
    assert codes.count(4) >= 2
    store = open_store(projects[0].store, project_root=tmp_path, spec_store=None, env={})
    assert DayLedger(store, projects[0].project().clock.now().date().isoformat(), None).total() == Decimal("0.40")


def test_equal_requests_of_four_processes_are_bought_once(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    projects = grounds(tmp_path, SPEC.replace("budget: {per_day: 0.40}", ""), ["same"] * 4)
    codes = [process.wait(timeout=60) for process in [start(ground, log) for ground in projects]]
    assert codes == [0, 0, 0, 0]
    assert len(log.read_text().splitlines()) == 8
    assert {ground.root.joinpath("assets/thing-3.png").read_bytes() for ground in projects}.__len__() == 1


def test_many_assets_of_one_request_in_one_build_wait_without_starving_it(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC.replace("thing {{ n }}", "").replace("per_day: 0.40", "per_day: 9"))
    ground.painter = CountingProvider(concurrency=64)
    assert (ground.build().exit_code, ground.sent()) == (0, 1)


def test_what_is_unknown_stays_reserved_for_the_day(tmp_path: Path) -> None:
    ground = Ground(
        tmp_path, SPEC.replace("0.40", "0.10"), CountingProvider(script={"thing 1": ["unknown"]}, concurrency=1)
    )
    assert ground.build().exit_code == 5
    assert ground.sent() == 2
    assert ground.build().exit_code == 5
    assert ground.sent() == 0


def test_a_bill_above_its_reservation_is_told_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(tmp_path, SPEC.replace("[1, 2, 3, 4, 5, 6, 7, 8]", "[1]"))
    ground.painter = CountingProvider(bill=Decimal("0.07"))
    report = ground.build()
    assert (report.exit_code, report.spent) == (0, Decimal("0.07"))
    assert [item.message for item in report.problems] == [
        "'thing-1' step 0: billed $0.07, more than the $0.04 that were reserved"
    ]


SLOW = """
import sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
from fakes.counting import CountingProvider
from fakes.project import Ground
ground = Ground.__new__(Ground)
ground.root, ground.store = Path({root!r}), Path({store!r})
ground.painter = CountingProvider(log=Path({log!r}), hook=lambda call: (print("sent", flush=True), time.sleep(60)))
ground.build()
"""


def test_a_call_whose_builder_dies_is_not_sent_again_by_the_one_that_waits(tmp_path: Path) -> None:
    """It was planned as `pay` while the other was at work; when the lock comes free, it is unknown, and needs a yes."""
    log = tmp_path / "calls.jsonl"
    spec = SPEC.replace("[1, 2, 3, 4, 5, 6, 7, 8]", "[1]").replace("budget: {per_day: 0.40}", "")
    first, second = grounds(tmp_path, spec, ["same", "same"])
    script = SLOW.format(tests=TESTS, root=str(first.root), store=str(first.store), log=str(log))
    died = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert died.stdout is not None
    assert died.stdout.readline() == "sent\n"
    second.painter = CountingProvider(log=log)
    project = second.project()
    plan = project.plan()
    assert [entry.state for entry in plan.entries] == ["pay"]
    killer = threading.Timer(0.5, died.kill)
    killer.start()
    report = project.build(plan, yes=True)
    died.wait()
    died.stdout.close()
    assert [entry.state for entry in report.entries] == ["unknown"]
    assert report.exit_code == 5
    assert len(log.read_text().splitlines()) == 1


@dataclass(slots=True)
class Dealer(CountingProvider):
    """Every request has a price of its own, and is billed anything up to it."""

    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def estimate(self, request: Request, inputs: Sequence[tuple[int, int] | None], count: int) -> Estimate:
        high = Decimal(zlib.crc32(request.prompt.encode()) % 97 + 1) / 1000
        return Estimate(low=Decimal(0), high=high * count)

    async def make(self, call: Call) -> Answer:
        answer = await CountingProvider.make(self, call)
        await asyncio.sleep(self.dice.random() / 100)
        high = self.estimate(call.request, [], call.count).high
        return replace(answer, cost=high * self.dice.randrange(0, 101) / 100)


def test_no_cap_is_overshot_with_64_in_flight_and_random_prices(tmp_path: Path) -> None:
    spec = SPEC.replace("[1, 2, 3, 4, 5, 6, 7, 8]", str(list(range(160)))).replace("budget: {per_day: 0.40}", "")
    ground = Ground(tmp_path, spec, Dealer(concurrency=64))
    for cap in ("0.005", "0.30", "1.00"):
        report = ground.build(yes=False, max_cost=Decimal(cap))
        assert report.spent + report.reserved <= Decimal(cap)
        assert report.exit_code == 4
    assert ground.build().exit_code == 0
    assert ground.sent() == 160


RACE = """
import sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
from fakes.counting import CountingProvider
from fakes.project import Ground
ground = Ground.__new__(Ground)
ground.root, ground.store = Path({root!r}), Path({store!r})
ground.painter = CountingProvider(log=Path({log!r}), hook=lambda call: time.sleep({call}))
print("ready", flush=True)
sys.stdin.readline()
began = time.monotonic()
code = int(ground.build(repeat=True).exit_code)
print(time.monotonic() - began, flush=True)
sys.exit(code)
"""


@dataclass(slots=True, kw_only=True)
class Race:
    """Builders of several projects on one store, started together; some are killed at random and started anew."""

    grounds: list[Ground]
    log: Path
    call: float
    dice: random.Random
    kills: int = 0
    seconds: list[float] = field(default_factory=list)

    def begin(self, ground: Ground) -> subprocess.Popen[str]:
        script = RACE.format(
            tests=TESTS, root=str(ground.root), store=str(ground.store), log=str(self.log), call=self.call
        )
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe, text=True)

    def run(self, kills: int, most_seconds: float) -> None:
        """All at once; `kills` of them are killed after a random time and begun again, until each has finished."""
        running = [(ground, self.begin(ground)) for ground in self.grounds]
        for _, process in running:
            self._go(process)
        while running:
            ground, process = running.pop(0)
            if self.kills < kills and process.poll() is None:
                time.sleep(self.dice.uniform(0, most_seconds))
                process.kill()
            said = process.communicate(timeout=120)[0]
            if process.returncode == -9:
                self.kills += 1
                running.append((ground, self.begin(ground)))
                self._go(running[-1][1])
            else:
                assert process.returncode == 0
                self.seconds.append(float(said))

    def _go(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()

    def sent(self) -> list[str]:
        return [json.loads(line)["prompt"] for line in self.log.read_text("utf-8").splitlines()]

    def unknown(self) -> int:
        """Calls that died with their process: only those may have been sent again."""
        store = open_store(self.grounds[0].store, project_root=self.grounds[0].root, spec_store=None, env={})
        assert store.results.damage == ()
        records = [decode_or_none(line) for line in store.journal.read().lines]
        return sum(isinstance(item, Failure) and item.why == "unknown" for item in records)


RACE_SPEC = """
version: 1
defaults: {model: m, size: 64x64}
assets:
  "all-{{ n }}": {matrix: {n: [1, 2, 3, 4]}, prompt: "all thing {{ n }}"}
  "own-{{ n }}": {matrix: {n: [1, 2, 3, 4]}, prompt: "PREFIX thing {{ n }}"}
"""


def race(tmp_path: Path, projects: int, twins: int, *, call: float, kills: int, most_seconds: float) -> Race:
    """`projects` projects that share four requests and have four of their own; of the first, `twins` builders more."""
    names = [chr(ord("a") + number) for number in range(projects)]
    grounds_ = grounds(tmp_path, RACE_SPEC, names)
    run = Race(
        grounds=[*grounds_, *[grounds_[0]] * twins], log=tmp_path / "calls.jsonl", call=call, dice=random.Random(8)
    )
    run.run(kills, most_seconds)
    sent, wanted = run.sent(), 4 + 4 * projects
    assert len(set(sent)) == wanted
    assert wanted <= len(sent) <= wanted + run.unknown(), "every key is bought once; what died in flight is unknown"
    for ground in grounds_:  # whatever was killed, no lock is left and nothing is to do
        report = ground.build(yes=False)
        assert (report.exit_code, report.written) == (0, ())
    return run


def test_eight_builders_of_six_projects_buy_every_key_once_and_none_waits_for_ever(tmp_path: Path) -> None:
    """Fair: whoever comes for what all want waits for it once, not behind the others' own purchases."""
    run = race(tmp_path, 6, 2, call=0.05, kills=0, most_seconds=0)
    assert len(run.sent()) == 4 + 4 * 6
    assert len(run.seconds) == 8


def test_killed_builders_hold_up_nobody(tmp_path: Path) -> None:
    run = race(tmp_path, 3, 2, call=0.1, kills=3, most_seconds=0.5)
    assert len(run.seconds) == 5
