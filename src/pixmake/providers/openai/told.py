"""Providers room: what the API tells of a model's end, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the API said of one model. `known` False: this key sees no such model; a listing can lag behind a launch, so
    that proves no end (fact sheet, section 1). `retired`: its last day (ISO), None where none is announced."""

    model: str
    known: bool
    retired: str | None = None
