"""Build room: consent and caps. Money is reserved at its high price before a call and settled after; unknown stays reserved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from threading import Lock

from pixmake.providers.base import Estimate
from pixmake.store.home import Store
from pixmake.store.records import Failure, Intent, Outcome, decode_or_none

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a build may spend, in USD. `cap` None: no cap; `given` False: nothing that costs may be sent.

    `unpriced`: calls without a known price may be sent, since the plan that named them was agreed to.
    """

    given: bool
    cap: Decimal | None = None
    unpriced: bool = False


def spent_on(day: str, store: Store) -> Decimal:
    """USD that this store's journal holds for one UTC day (ISO): what was billed, and what open or unknown calls reserve."""
    waiting: dict[str, Decimal] = {}
    total = ZERO
    for line in store.journal.read().lines:
        record = decode_or_none(line)
        if isinstance(record, Intent) and record.time.startswith(day):
            waiting[record.intent] = record.reserved or ZERO
        elif isinstance(record, Outcome) and record.intent in waiting:
            reserved = waiting.pop(record.intent)
            total += reserved if record.cost is None else record.cost
        elif isinstance(record, Failure) and record.why != "unknown":
            waiting.pop(record.intent, None)
    return total + sum(waiting.values(), ZERO)


class Budget:
    """The purse of one build: what is spent, what is reserved, what still fits. Safe to use from several threads."""

    def __init__(self, consent: Consent) -> None:
        self.consent = consent
        self.spent = ZERO
        self.reserved = ZERO
        self._lock = Lock()

    def reserve(self, price: Estimate | None) -> Decimal | None:
        """Sets the high price aside and returns it; None where it doesn't fit or nobody agreed."""
        if price is None:
            return ZERO if self.consent.given and self.consent.unpriced else None
        if not price.high:
            return ZERO
        with self._lock:
            if not self.consent.given or not self._fits(price.high):
                return None
            self.reserved += price.high
            return price.high

    def _fits(self, amount: Decimal) -> bool:
        return self.consent.cap is None or self.spent + self.reserved + amount <= self.consent.cap

    def settle(self, reserved: Decimal, cost: Decimal | None) -> Decimal:
        """Turns a reservation into what was billed; without a bill the reservation counts as spent. Returns that."""
        with self._lock:
            paid = reserved if cost is None else cost
            self.reserved -= reserved
            self.spent += paid
            return paid

    def release(self, reserved: Decimal) -> None:
        """The call was certainly not billed."""
        with self._lock:
            self.reserved -= reserved
