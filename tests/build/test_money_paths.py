"""Lines of money paths that a changed copy showed nobody watched (tests/long/test_money_mutations.py): each has its test here."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from fakes.batching import Yard
from fakes.project import Ground, states
from pixmake.store import results

SPEC = """\
version: 1
defaults: {model: m, size: 64x64}
assets:
  hen: {prompt: a hen}
  cow: {prompt: a cow}
"""


def forgetful(store: Path) -> None:
    """The index says that it covers the journal, and has lost what was bought."""
    with sqlite3.connect(store / "index" / "cache.db") as connection:
        assert connection.execute("DELETE FROM Cache WHERE key LIKE 'pool:%'").rowcount > 0


def test_an_index_that_lost_what_was_bought_makes_nobody_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "INDEX_FROM", 1)
    ground = Ground(tmp_path, SPEC)
    ground.build()
    assert ground.sent() == 2
    forgetful(ground.store)
    (ground.root / "assets.lock").unlink()
    assert set(states(ground.plan()).values()) == {"pay"}, "a plan may be mistaken"
    assert (ground.build().exit_code, ground.sent()) == (0, 0)


def test_an_index_that_lost_what_was_bought_sends_no_batch(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "INDEX_FROM", 1)
    yard.assets("hen that sits", "cow that stands")
    yard.build()
    yard.server.office.run()
    yard.collect()
    assert yard.build().exit_code == 0
    forgetful(yard.folder)
    (yard.root / "assets.lock").unlink()
    assert yard.states() == {"pay": 2}
    assert yard.build().exit_code == 0
    assert len(yard.server.office.batches) == 1
