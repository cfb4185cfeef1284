"""Beside the rooms: the garbage collector, put off while very many values are made that all stay.

It looks through all values again and again while they grow, finds nothing, and doubles the time of a large load.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Inside nothing is collected but by reference counts; also a decorator."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def settle() -> None:
    """What is there now stays until the process ends: the collector need never look at it again.

    For commands that load once. Who loads again and again would keep for ever what the collector should have found.
    """
    gc.freeze()
