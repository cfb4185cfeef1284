"""Providers room: what a server tells without being paid, as values."""

from __future__ import annotations

from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the API said of one model. `known` False: this key sees no such model; a listing can lag behind a launch, so
    that proves no end (fact sheet, section 1). `retired`: its last day (ISO), None where none is announced."""

    model: str
    known: bool
    retired: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What came of the question. `trouble` None: reached, key accepted, model there; else what is wrong, with `help`.

    `reached`: a server answered at all. `skew`: seconds by which its clock is ahead of ours, where it told the time.
    """

    reached: bool
    trouble: str | None = None
    help: str | None = None
    skew: float | None = None
