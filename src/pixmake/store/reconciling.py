"""Store room: two changes of one lock line: a build's, and what a person decided while it ran. Neither undoes the other.

What only one of them changed is as that one has it. Where both did, what people choose (pick, frozen) is theirs, and what
was bought and written is the build's, with every candidate that either knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import TypeVar

from pixmake.store.lockfile import Line, StepPin

T = TypeVar("T")


def reconciled(base: Line | None, ours: Line, theirs: Line | None) -> Line:
    """A build's line `ours`, made from `base`, where the file by now has `theirs`. None: there is no line."""
    if theirs is None or theirs == base:
        return ours
    known = base or Line(asset=ours.asset, profile=ours.profile)
    pairs = zip_longest(known.steps, ours.steps, theirs.steps)
    steps = [_step(old, new, other) for old, new, other in pairs]
    return replace(
        ours,
        steps=tuple(step for step in steps if step is not None),
        outputs=dict(sorted(_united(known.outputs, ours.outputs, theirs.outputs).items())),
        frozen=_either(known.frozen, ours.frozen, theirs.frozen),
        extra=_either(known.extra, ours.extra, theirs.extra),
    )


def _step(base: StepPin | None, ours: StepPin | None, theirs: StepPin | None) -> StepPin | None:
    if ours is None or theirs is None or ours == base or theirs == base or ours.key != theirs.key:
        return ours if ours != base else theirs
    pick = ours.pick if base is not None and theirs.pick == base.pick else theirs.pick
    return replace(
        ours,
        variants=tuple(dict.fromkeys([*ours.variants, *theirs.variants])),
        pick=pick or ours.pick,
        shown=_either(base.shown if base is not None else None, ours.shown, theirs.shown),
        extra=_either(base.extra if base is not None else "", ours.extra, theirs.extra),
    )


def _united(base: Mapping[str, T], ours: Mapping[str, T], theirs: Mapping[str, T]) -> dict[str, T]:
    """What either put in; what one took out is gone, unless the other changed it."""
    found = {}
    for path in {**ours, **theirs}:
        item = _either(base.get(path), ours.get(path), theirs.get(path))
        if item is not None:
            found[path] = item
    return found


def _either(base: T, ours: T, theirs: T) -> T:
    return theirs if ours == base else ours
