"""Build room: consent and caps. Money is reserved at its high price before a call and settled after; unknown stays reserved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from threading import Lock

from pixmake.providers.base import Estimate

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a build may spend, in USD. `cap` None: no cap; `given` False: nothing that costs may be sent.

    `unpriced`: calls without a known price may be sent, since the plan that named them was agreed to.
    """

    given: bool
    cap: Decimal | None = None
    unpriced: bool = False


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
