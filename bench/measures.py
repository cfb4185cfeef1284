"""Bench: what a bench hands back, and how it is compared with what was measured before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

TOLERANCE = 0.30
"""How much worse than the baseline a ratio may be before it counts as a regression: noise of a shared machine is 20 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One ratio of two things measured side by side in the same minutes: pixmake's over the other's, or ideal over real.

    `goal` is what the ratio should reach; None where it only stands for information. `better` says in which direction.
    `seen` are the figures behind it in their own units ("pixmake ms": 31.2), for people: nothing is compared with them.
    `tolerance` is the share by which it may be worse than the baseline.
    """

    ratio: float
    goal: float | None = None
    better: Literal["less", "more"] = "less"
    seen: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = TOLERANCE

    @property
    def reached(self) -> bool | None:
        """Whether the goal is; None without one."""
        if self.goal is None:
            return None
        return self.ratio <= self.goal if self.better == "less" else self.ratio >= self.goal

    def worse_than(self, before: float) -> bool:
        """Whether this is a regression from a ratio measured before."""
        if self.better == "less":
            return self.ratio > before * (1 + self.tolerance)
        return self.ratio < before / (1 + self.tolerance)


class Bench(Protocol):
    """What a module of this folder is, for `python -m bench` to run it."""

    NAME: str
    """One word, as on the command line; the module has the same name."""
    ABOUT: str
    """One line: what is measured, against what."""

    def measure(self, full: bool) -> Mapping[str, Measure]:
        """Measures, by a name that stays the same for ever: `full` with every size and peer, else in about a minute.

        A peer that is not installed has no row; say so on stderr. Talk goes to stderr, nothing to stdout.
        """
        ...


def regressions(found: Mapping[str, Mapping[str, Measure]], before: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """One line for each measure that is worse than its baseline by more than its tolerance."""
    for bench, measures in found.items():
        for name, measure in measures.items():
            then = before.get(bench, {}).get(name)
            if then is not None and measure.worse_than(then):
                share = measure.tolerance
                yield f"{bench}: {name}: {measure.ratio:.3g}, was {then:.3g} (tolerance {share:.0%})"
