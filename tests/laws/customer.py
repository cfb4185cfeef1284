"""What the machines share that buy from the fake server: a folder, the environment, the books, and the end of a life."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
from hypothesis.stateful import RuleBasedStateMachine

from fakes.buying import known
from fakes.openai_server import FakeOpenAI
from laws.running import quick_folder


class Customer(RuleBasedStateMachine):
    """Somebody with a store who buys from a server of his own. `at_odds`: a check failed, and there is nothing to settle."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = quick_folder("customer-")
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("pixmake.store.memo.time.sleep", lambda seconds: None)
        self.server = FakeOpenAI()
        self.server.__enter__()
        known(self.server, self.patch)
        self.wanted: Counter[str] = Counter()
        self.at_odds = False

    def teardown(self) -> None:
        try:
            if not self.at_odds:
                self.settles()
        finally:
            self.server.stop()
            self.patch.undo()
            shutil.rmtree(self.folder)

    def settles(self) -> None:
        """With a provider that does its work, everything comes, and nothing is left under way."""
        raise NotImplementedError
