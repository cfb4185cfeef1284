"""Plan room: one thing that can't be asked for, said before anything is sent."""

from __future__ import annotations

from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The step's field, what is wrong, what is possible."""

    code: str
    field: str
    message: str
    help: str
