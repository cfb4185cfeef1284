"""Watch room: money while watching. What waits for it, what is left for the whole run, what is not tried again.

A purchase is identified by what would be bought and for how much: if either changes, it is another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pixmake.build.report import BuildReport
from pixmake.digest import Digest
from pixmake.events import PaidPending
from pixmake.plan.entries import Entry
from pixmake.plan.planner import Plan
from pixmake.values import dataclass

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A step that waits for money: at most `high` USD, None where no price is known. `key` None: it waits for another."""

    asset: str
    step: int | None
    key: Digest | None
    images: int
    low: Decimal
    high: Decimal | None


def purchases(plan: Plan) -> tuple[Purchase, ...]:
    """What of a plan costs money, in the plan's order. What is free needs nobody's consent and is not here."""
    return tuple(
        Purchase(
            asset=entry.asset,
            step=entry.step,
            key=entry.key,
            images=entry.verdict.images,
            low=entry.cost.low if entry.cost is not None else ZERO,
            high=entry.cost.high if entry.cost is not None else None,
        )
        for entry in plan.entries
        if _costs(entry)
    )


def _costs(entry: Entry) -> bool:
    return entry.state in ("pay", "waits") and (entry.cost is None or entry.cost.high > 0)


class Purse:
    """What one run of watch may still spend, and what it did. `cap` in USD is for the whole run; None: no cap."""

    def __init__(self, cap: Decimal | None) -> None:
        self.cap = cap
        self.spent = ZERO
        self.reserved = ZERO
        self.waiting: tuple[Purchase, ...] = ()
        self._failed: set[Digest] = set()
        self._tried: set[Purchase] = set()

    @property
    def left(self) -> Decimal | None:
        """USD that may still be spent. What unknown calls may have cost counts as gone."""
        return None if self.cap is None else max(ZERO, self.cap - self.spent - self.reserved)

    def expect(self, waiting: Iterable[Purchase]) -> bool:
        """Tells what waits for money now; whether that is news."""
        before, self.waiting = self.waiting, tuple(waiting)
        return before != self.waiting

    @property
    def open(self) -> tuple[Purchase, ...]:
        """What waits and has not failed."""
        return tuple(item for item in self.waiting if item.key is None or item.key not in self._failed)

    @property
    def failed(self) -> tuple[str, ...]:
        """Assets with something that failed in this run and is what it was then."""
        names = (item.asset for item in self.waiting if item.key is not None and item.key in self._failed)
        return tuple(dict.fromkeys(names))

    @property
    def due(self) -> bool:
        """Whether the cap allows something that was not tried unasked before."""
        left = self.left
        return left is not None and any(
            item.high is not None and item.high <= left and item not in self._tried for item in self.open
        )

    def give_up(self) -> None:
        """What waits now is not tried again unasked."""
        self._tried.update(self.open)

    def settle(self, report: BuildReport, *, asked: bool) -> None:
        """Takes in how a build ended that could pay. `asked`: a person had said yes to it."""
        self.spent += report.spent
        self.reserved += report.reserved
        for entry in report.entries:
            verdict = report.plan.judge.done.get((entry.entry.asset, entry.entry.step))
            if entry.result == "failed" and verdict is not None and verdict.key is not None:
                self._failed.add(verdict.key)
        if not asked and not report.made:  # nothing can be had now: the same is not tried again and again
            self.give_up()

    def pending(self) -> PaidPending:
        """What waits, as listeners are told."""
        items = self.open
        return PaidPending(
            assets=tuple(dict.fromkeys(item.asset for item in items)),
            images=sum(item.images for item in items),
            low=sum((item.low for item in items), ZERO),
            high=sum((item.high or ZERO for item in items), ZERO),
            unpriced=sum(item.images for item in items if item.high is None),
            failed=self.failed,
            left=self.left,
        )


def covers(shown: Iterable[Purchase], wanted: Iterable[Purchase]) -> bool:
    """Whether all that is wanted was shown, and no cheaper: who said yes said it to that."""
    prices = _prices(shown)
    return all(name in prices and _within(price, prices[name]) for name, price in _prices(wanted).items())


def _prices(purchases: Iterable[Purchase]) -> dict[object, Decimal | None]:
    """High prices by request: several assets may share one, and any of them may be the one that pays."""
    found: dict[object, Decimal | None] = {}
    for item in purchases:
        name = item.key or (item.asset, item.step)
        before = found.get(name, ZERO)
        found[name] = None if before is None or item.high is None else before + item.high
    return found


def _within(price: Decimal | None, shown: Decimal | None) -> bool:
    return shown is None if price is None else shown is not None and price <= shown
