"""Build room: consent and caps. Money is reserved at its high price before a call and settled after; unknown stays reserved."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from threading import Lock

from pixmake.diagnostics import problem
from pixmake.providers.base import Estimate
from pixmake.store.home import Store
from pixmake.store.records import Failure, Intent, Outcome, Record, decode_or_none
from pixmake.values import dataclass

ZERO = Decimal(0)
LOCK_WAIT = 60.0
"""Seconds; the lock is held for one look at the journal and one append."""


def dollars(amount: float | Decimal | str) -> Decimal:
    """A caller's amount in USD, as it reads. Raises Problem `usage` for what is none, below 0 or without end."""
    try:
        found = Decimal(str(amount))
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite() or found < 0:
        raise problem("usage", f"'{amount}' is not an amount in USD, like 0.62")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a build may spend, in USD. `cap` None: no cap; `given` False: nothing that costs may be sent.

    `unpriced`: calls without a known price may be sent, since the plan that named them was agreed to.
    """

    given: bool
    cap: Decimal | None = None
    unpriced: bool = False


class DayLedger:
    """What a store's journal holds for one UTC day, in USD; follows the journal as other processes write it.

    `per_day` is the cap on it, None for no cap. Whoever appends an intent under a cap holds the store's `budget` lock
    from `fits` to the append, so that any number of builds stay below it together.
    """

    def __init__(self, store: Store, day: str, per_day: Decimal | None) -> None:
        self.store = store
        self.day = day
        self.per_day = per_day
        self._end = 0
        self._billed = ZERO
        self._waiting: dict[str, Decimal] = {}

    def total(self) -> Decimal:
        """What was billed on the day, and what its open and unknown calls reserve."""
        reading = self.store.journal.read(self._end)
        self._end = reading.end
        for line in reading.lines:
            self._take(decode_or_none(line))
        return self._billed + sum(self._waiting.values(), ZERO)

    def left(self) -> Decimal | None:
        """What may still be spent on the day; None without a cap."""
        return None if self.per_day is None else max(ZERO, self.per_day - self.total())

    def append(self, intent: Intent) -> bool:
        """Writes the intent if its reservation fits into the day; whether it did. Raises Problem."""
        return bool(self.admit([intent]))

    def admit(self, intents: Sequence[Intent]) -> list[str]:
        """Writes, together, those whose reservations fit into the day, in their order; their names. Raises Problem."""
        if self.per_day is None:
            self.store.journal.append(*intents)
            return [intent.intent for intent in intents]
        with self.store.journal.locks.hold("budget", timeout=LOCK_WAIT, what="reserves money"):
            self._turn_to(max(intent.time for intent in intents)[: len(self.day)])
            left = self.per_day - self.total()
            fitting = []
            for intent in intents:
                if (intent.reserved or ZERO) <= left:
                    fitting.append(intent)
                    left -= intent.reserved or ZERO
            if fitting:
                self.store.journal.append(*fitting)
        return [intent.intent for intent in fitting]

    def _turn_to(self, day: str) -> None:
        """A build may go on past midnight: what is reserved from then on is the next day's money."""
        if day != self.day:
            self.day, self._end, self._billed, self._waiting = day, 0, ZERO, {}

    def _take(self, record: Record | None) -> None:
        if isinstance(record, Intent) and record.time.startswith(self.day):
            self._waiting[record.intent] = record.reserved or ZERO
        elif isinstance(record, Outcome) and record.intent in self._waiting:
            reserved = self._waiting.pop(record.intent)
            self._billed += reserved if record.cost is None else record.cost
        elif isinstance(record, Failure) and record.why != "unknown" and record.intent in self._waiting:
            reserved = self._waiting.pop(record.intent)
            if record.billed:
                self._billed += reserved if record.bill is None else record.bill


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
