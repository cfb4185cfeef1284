"""Eight builders on one store, many of them killed: every key is bought once, all finish, nobody starves, no lock stays.

About five minutes, so not part of the suite: `python -m pytest -m long tests/long/test_many_kills.py -s` prints the figures.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from build.test_many_builders import race

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def test_many_kills_among_eight_builders(tmp_path: Path) -> None:
    run = race(tmp_path, 6, 2, call=1.0, kills=40, most_seconds=0.6)
    sent = run.sent()
    print(f"\nkills {run.kills}, calls {len(sent)} for {len(set(sent))} keys, unknown {run.unknown()}")
    assert run.kills >= 10


def test_nobody_is_starved(tmp_path: Path) -> None:
    """Five races without kills: the last to finish takes no more than four times what the middle one does."""
    for number in range(5):
        seconds = sorted(race(tmp_path / str(number), 6, 2, call=0.2, kills=0, most_seconds=0).seconds)
        print(f"\nfinished after {', '.join(f'{item:.1f}' for item in seconds)} s")
        assert seconds[-1] <= 4 * median(seconds)
