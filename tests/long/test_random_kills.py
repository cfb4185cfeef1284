"""kill -9 at 200 random moments of builds of sixty pictures: they complete, nothing is torn, no picture is bought twice.

Calls are in flight together, in chains, with masks, references and shared requests. About seven minutes, so not part of
the suite: `python -m pytest -m long tests/long/test_random_kills.py -s` prints the figures.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from fakes.counting import CountingProvider
from fakes.project import Ground, states
from pixmake.build.costs import account, charges
from pixmake.store.home import open_store
from pixmake.store.records import Failure, Intent, Outcome, decode_or_none

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

KILLS = 200
MOST_SECONDS = 2.0
"""Of a builder's life, counted from when everything is imported: a build takes about twice as long without being killed."""
PRICE = Decimal("0.04")
IMAGES = 60
SPEC = """
version: 1
vars: {style: flat vector}
defaults: {model: gpt-image-2.5-flare, template: "{{ prompt }}, {{ style }}"}
assets:
  "icons/{{ thing }}-{{ tone }}.png":
    matrix: {thing: [heart, key, potion, coin, gem, torch, scroll, shield], tone: [gold, iron, jade, ruby, plain]}
    prompt: "a {{ tone }} {{ thing }}"
    size: 64x64
  "cast/{{ row.id }}": {rows: cast.csv, prompt: "{{ row.look }}", size: 256x256}
  "cast/{{ row.id }}-poses": {rows: cast.csv, from: "@cast/{{ row.id }}", prompt: poses, size: 256x256}
  hero:
    prompt: a castle
    size: 512x320
    variants: 2
    pick: 1
    edits:
      - at night
      - {prompt: add a dragon, mask: {rect: [0.5, 0, 0.5, 0.5]}}
    outputs:
      - {path: "img/hero-{{ width }}.{{ format }}", widths: [160, 320], formats: [png, webp]}
  banner: {prompt: a banner, size: 640x64, references: [{path: refs/style.png, role: palette}]}
  thumb: {from: "@hero", size: 96x96}
  masked: {from: refs/base.png, prompt: a window, mask: refs/mask.png, size: 512x512}
"""
CAST = "id,look\n" + "".join(f"c{number},creature number {number}\n" for number in range(7))
BUILDER = """
import asyncio, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from fakes.counting import CountingProvider
from fakes.project import Ground
class Slow(CountingProvider):
    async def make(self, call):
        answer = await super().make(call)
        await asyncio.sleep(0.1)
        return answer
ground = Ground.__new__(Ground)
ground.root, ground.store = Path({root!r}), Path({store!r})
ground.painter = Slow(log=Path({log!r}))
print("ready", flush=True)
ground.build(repeat={repeat})
"""
TESTS = str(Path(__file__).parents[1])


@dataclass(slots=True)
class Tally:
    """What happened in all rounds; each is a number of pictures or of kills."""

    kills: int = 0
    rounds: int = 0
    arrived: int = 0
    unknown: int = 0
    unsent: int = 0
    sent: int = 0


def prepared(folder: Path) -> Ground:
    ground = Ground(folder, SPEC)
    ground.write("cast.csv", CAST)
    ground.picture("refs/style.png", (32, 32), "orange")
    ground.picture("refs/base.png", (512, 512), "navy")
    ground.mask("refs/mask.png", (512, 512), (128, 128, 256, 256))
    return ground


def killed(ground: Ground, log: Path, dice: random.Random) -> bool:
    """A build that is killed after a random time; False where it had ended by then."""
    script = BUILDER.format(
        tests=TESTS, root=str(ground.root), store=str(ground.store), log=str(log), repeat=dice.random() < 0.5
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        code = process.wait(dice.uniform(0, MOST_SECONDS))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        code = process.wait()
    process.stdout.close()
    assert code in (0, -signal.SIGKILL), "a build ends well or not at all"
    return code != 0


def nothing_torn(ground: Ground) -> int:
    """Every output is a whole picture, every line of the lock is one; how many outputs there are."""
    found = [path for path in (ground.root / "assets").rglob("*") if path.suffix in (".png", ".webp")]
    for path in found:
        with Image.open(path) as image:
            image.load()
    lock = ground.root / "assets.lock"
    for line in lock.read_text("utf-8").splitlines() if lock.exists() else ():
        json.loads(line)
    return len(found)


def completes(ground: Ground, log: Path, tally: Tally) -> None:
    """The build is done, each picture was bought once, and ledger + unknown is what the provider counted."""
    ground.painter = CountingProvider(log=log)
    report = ground.build(repeat=True)
    assert report.exit_code == 0, report.problems
    assert set(states(ground.plan()).values()) == {"fresh"}
    before = ground.files()
    again = ground.build(yes=False)
    assert (again.exit_code, again.written) == (0, ())
    assert ground.files() == before
    assert nothing_torn(ground) == 40 + 7 + 7 + 4 + 1 + 1 + 1

    store = open_store(ground.store, project_root=ground.root, spec_store=None, env={})
    records = [decode_or_none(line) for line in store.journal.read().lines]
    intents = {item.intent: item for item in records if isinstance(item, Intent)}
    came = {item.intent: len(item.results) for item in records if isinstance(item, Outcome)}
    lost = {item.intent for item in records if isinstance(item, Failure) and item.why == "unknown"}
    sent = [json.loads(line)["intent"] for line in log.read_text("utf-8").splitlines()]
    arrived = sum(came.values())
    unknown = sum(item.count - came.get(intent, 0) for intent, item in intents.items())
    assert arrived == IMAGES, "each picture arrived and was paid for once"
    assert len(sent) == len(set(sent)), "no call is made twice under one intent"
    assert set(sent) <= intents.keys(), "nothing is sent without an intent on disk"
    assert came.keys() | lost == intents.keys(), "each intent has an end"
    assert came.keys() <= set(sent)
    for item in records:
        for result in item.results if isinstance(item, Outcome) else ():
            assert store.content.read_verified(result.digest)
    told = account("all", charges(store))
    assert (told.pictures, told.spent + told.held) == (IMAGES, (IMAGES + unknown) * PRICE)
    tally.arrived += arrived
    tally.unknown += unknown
    tally.sent += sum(intents[intent].count for intent in sent)
    tally.unsent += sum(item.count for intent, item in intents.items() if intent not in sent)


def test_two_hundred_random_kills(tmp_path: Path) -> None:
    dice, tally = random.Random(20261122), Tally()
    while tally.kills < KILLS:
        ground = prepared(tmp_path / str(tally.rounds))
        log = ground.folder / "calls.jsonl"
        while tally.kills < KILLS and killed(ground, log, dice):
            tally.kills += 1
            nothing_torn(ground)
        completes(ground, log, tally)
        tally.rounds += 1
        shutil.rmtree(ground.folder)
    assert tally.sent == tally.arrived + tally.unknown - tally.unsent
    print(f"\n{tally}")
