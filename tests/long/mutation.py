"""One line of the package changed, and who has to notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """`new` for `old`, which stands once in `file` (below the package); `tests` (below tests/) must not all pass then."""

    says: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def change(says: str, file: str, old: str, new: str, *tests: str) -> Change:
    return Change(says, file, old, new, tests)
