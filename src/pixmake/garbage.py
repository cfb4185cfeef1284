"""Root room: the garbage collector, put off while very many values are made that all stay.

It looks through all values again and again while they grow, finds nothing, and doubles the time of a large load.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Inside, only what nothing refers to any more is freed; cycles wait. Also a decorator."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            _grow_old()
            gc.enable()


def _grow_old() -> None:
    """What was made counts as old at once: else all of it would be looked through twice as soon as the collector is back."""
    if not gc.get_freeze_count():  # what somebody else froze stays frozen
        gc.freeze()
        gc.unfreeze()


def settle() -> None:
    """What is there now stays until the process ends: the collector need never look at it, nor at the end.

    For commands that load once. Who loads again and again would keep for ever what the collector should have found.
    """
    gc.freeze()
