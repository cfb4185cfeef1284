"""kill -9 of builds by batch at every request they make, and at random moments: nothing lost, nothing painted twice.

About ten minutes, so not part of the suite: `python -m pytest -m long tests/long/test_batch_kills.py -s` prints the figures.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time

import pytest

from fakes.batching import Yard
from fakes.buying import server as server
from fakes.buying import yard as yard
from fakes.openai_batches import Action

pytestmark = pytest.mark.long
HANDING_IN: list[Action] = ["upload", "create"]
COLLECTING: list[Action] = ["look", "list", "content"]
RANDOM = 60


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("action", HANDING_IN)
def test_every_request_of_a_second_wave(yard: Yard, action: Action, number: int, before: bool) -> None:
    """Four inputs and the file: five uploads, then one batch."""
    if action == "create" and number:
        pytest.skip("a wave of one model makes one batch")
    yard.chains(4)
    yard.build()
    yard.server.office.run()
    yard.collect()
    yard.killed(action, before=before, skip=number)
    made = len(yard.server.office.batches)
    assert yard.build(by_batch=False, yes=False).spent == 0
    yard.later(minutes=20)
    yard.finish()
    print(f"{action} {number} {'before' if before else 'after'}: {made - 1} made before the death")


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("action", COLLECTING)
def test_every_request_of_a_collection(yard: Yard, action: Action, before: bool) -> None:
    yard.chains(4)
    if action == "list":
        yard.killed("create")
    else:
        yard.build()
    yard.server.office.run()
    yard.killed(action, before=before, live=True)
    yard.finish()


def test_random_moments(yard: Yard) -> None:
    """Waves of thirty pictures, handed in and collected by processes that are killed after a random while."""
    dice = random.Random(20261122)
    yard.chains(30)
    kills = 0
    for _ in range(RANDOM):
        victim = yard.started(live=dice.random() < 0.4)
        try:
            victim.wait(dice.uniform(0.3, 2.5))
        except subprocess.TimeoutExpired:
            victim.kill()
            kills += victim.wait(60) == -signal.SIGKILL
        if dice.random() < 0.3:
            yard.server.office.run()
        elif dice.random() < 0.3:
            yard.server.office.work(dice.randint(1, 20))
        if dice.random() < 0.3:
            yard.later(minutes=20)
            yard.collect()
        yard.check_meanwhile()
        time.sleep(0.01)
    yard.later(minutes=20)
    yard.finish()
    print(f"{kills} kills, {len(yard.server.office.batches)} batches, {yard.server.office.painted} pictures")
