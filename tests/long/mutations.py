"""Every change of one line in the paths that money takes (test_money_mutations makes them, one after the other)."""

from __future__ import annotations

from pathlib import Path

from long.mutations_of_batches import BATCHES
from long.mutations_of_calls import CALLS, RECOVERY, STEPS
from long.mutations_of_disks import DISK, LOCK
from long.mutations_of_money import ORDERS, PURSE
from long.mutations_of_parts import NARROWING, WORLD
from long.mutations_of_plans import KEYS, PLAN
from long.mutations_of_records import JOURNAL, SENDING, VERBS

PACKAGE = Path(__file__).parents[2] / "src" / "pixmake"
CHANGES = [
    *KEYS, *PLAN, *NARROWING, *WORLD, *ORDERS, *PURSE, *CALLS, *STEPS, *RECOVERY, *BATCHES, *LOCK, *DISK, *JOURNAL, *VERBS,
    *SENDING,
]  # fmt: skip
