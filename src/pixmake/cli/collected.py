"""CLI room: what commands say of batches: what was collected, what goes on, and the waiting for it."""

from __future__ import annotations

import asyncio
from dataclasses import field

from pixmake.build.collecting import Gathered, Standing
from pixmake.cli.console import counted
from pixmake.cli.session import Session
from pixmake.digest import decimal_text
from pixmake.plan.entries import usd
from pixmake.values import dataclass

FIRST_PAUSE = 5.0
GROWTH = 1.5
LONGEST_PAUSE = 300.0
"""Seconds between two questions; a batch takes minutes to hours."""
MOST_BLIND = 12
"""Questions in a row that told of no batch at all: together longer than a lost one is looked for."""


@dataclass(slots=True)
class Talk:
    """Tells of each batch once, and again when it has moved. `total` sums up what all questions brought."""

    session: Session
    total: Gathered = field(default_factory=Gathered)
    _told: dict[str, str] = field(default_factory=dict)

    def collect(self) -> Gathered:
        """Takes in what is done, and says so. Raises Problem."""
        gathered = self.session.project.collect()
        self.total.saved += gathered.saved
        self.total.spent += gathered.spent
        self.total.failed += gathered.failed
        self.total.released += gathered.released
        self.session.console.say(*brought(gathered))
        for item in gathered.going:
            line = standing_line(item)
            if self._told.get(item.job.name) != line:
                self._told[item.job.name] = line
                self.session.console.say(line)
        return gathered

    def wait(self, *, for_all: bool = False) -> bool:
        """Asks again and again, less and less often, until something has come (`for_all`: until nothing goes on); whether
        anything has. Ends too where nobody could say for a long while how anything stands."""
        pause, blind, moved = FIRST_PAUSE, 0, False
        while True:
            gathered = self.collect()
            has_news = bool(gathered.saved or gathered.failed or gathered.released)
            moved = moved or has_news
            blind = blind + 1 if all(item.batch is None for item in gathered.going) else 0
            if not gathered.going or (moved and not for_all) or blind >= MOST_BLIND:
                return moved
            asyncio.run(self.session.project.clock.sleep(pause))
            pause = FIRST_PAUSE if has_news else min(pause * GROWTH, LONGEST_PAUSE)

    def to_json(self) -> dict[str, object]:
        """What was collected, as `build --json` and `jobs wait --json` have it."""
        return {"images": self.total.saved, "spent": decimal_text(self.total.spent)}


def brought(gathered: Gathered) -> list[str]:
    """What collecting brought, in lines; nothing for nothing."""
    lines = []
    if gathered.saved:
        lines.append(f"collected {counted(gathered.saved, 'picture')} by batch, {usd(gathered.spent)}")
    if gathered.failed:
        lines.append(f"{counted(gathered.failed, 'call')} by batch ended without a picture")
    if gathered.released:
        number = gathered.released
        lines.append(f"{counted(number, 'call')} by batch {'was' if number == 1 else 'were'} not done, and not billed")
    return [*lines, *gathered.warnings]


def standing_line(item: Standing) -> str:
    """`batch_1: in_progress, 12 of 40 done`."""
    words = []
    if item.batch is not None:
        words.append(item.batch.status)
        if item.batch.total:
            words.append(f"{item.batch.completed + item.batch.failed} of {item.batch.total} done")
    words += [item.message] if item.message else []
    return f"{item.job.name}: {', '.join(words) or 'under way'}"
