"""Several builds on one store: a key is bought once, a daily cap holds for all of them, nobody waits for ever."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import threading
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
