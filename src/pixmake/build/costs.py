"""Build room: the ledger: what every call of a store was to cost, and what it did. Read from the journal, which is the truth.

A bill counts as billed; pictures that came without one count at their reservation; a call without a usable answer is
reserved until somebody knows better; one that was certainly not done costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from pixmake.store.home import Store
from pixmake.store.records import Failure, Intent, Outcome, Route, decode_or_none
from pixmake.values import dataclass

ZERO = Decimal(0)
Ending = Literal["billed", "unbilled", "unknown", "open", "sent", "free"]
"""How a call stands: `unbilled` was paid for and no bill came, `open` is at work in a living process, `sent` goes on at
its provider, `free` cost nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One call: who asked for how many pictures, what was reserved (USD, the high price; None: unknown), what was billed.

    `route`: live, by batch (at its own price), or in the background.

    `replaced`: an unknown call that a person let be sent again; it may have been billed all the same.
    """

    intent: str
    time: str
    scope: str
    profile: str | None
    asset: str
    step: int
    provider: str
    model: str | None
    asked: int
    reserved: Decimal | None
    made: int = 0
    billed: Decimal | None = None
    ending: Ending = "open"
    message: str | None = None
    replaced: bool = False
    route: Route = "live"

    @property
    def day(self) -> str:
        """The UTC day it was sent, ISO."""
        return self.time[:10]

    @property
    def spent(self) -> Decimal:
        """USD that are gone: the bill, or the reservation where pictures came without one."""
        if self.ending == "unbilled":
            return self.reserved or ZERO
        return self.billed or ZERO

    @property
    def held(self) -> Decimal:
        """USD that may be gone: reserved for a call without a usable answer, or one at work."""
        return (self.reserved or ZERO) if self.ending in ("unknown", "open", "sent") else ZERO

    @property
    def coming(self) -> Decimal:
        """USD of what is held for a call that goes on at its provider."""
        return self.held if self.ending == "sent" else ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Sums over charges: `spent`, `held` and `coming` (a part of it) in USD, see Charge.

    `unpriced`: calls of which nobody knows the price.
    """

    name: str
    calls: int
    pictures: int
    spent: Decimal
    held: Decimal
    unpriced: int
    coming: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Reservations against bills, of the calls that have both. `over`: calls billed above what was reserved."""

    calls: int
    reserved: Decimal
    billed: Decimal
    over: tuple[Charge, ...]

    @property
    def difference(self) -> Decimal:
        """USD that bills were above (negative: below) their reservations."""
        return self.billed - self.reserved

    @property
    def percent(self) -> Decimal | None:
        """The same in percent of the reservations, to a tenth; None where nothing was reserved."""
        if not self.reserved:
            return None
        return (100 * self.difference / self.reserved).quantize(Decimal("0.1"), ROUND_HALF_UP)


def charges(store: Store) -> list[Charge]:
    """Every call of a store, in the journal's order. Damaged lines are not in it; `store.results.damage` tells of them."""
    found: dict[str, Charge] = {}
    for line in store.journal.read().lines:
        record = decode_or_none(line)
        if isinstance(record, Intent):
            found[record.intent] = _opened(record)
            for name in record.again:
                if name in found:
                    found[name] = replace(found[name], replaced=True)
        elif isinstance(record, Outcome) and record.intent in found:
            found[record.intent] = _answered(found[record.intent], record)
        elif isinstance(record, Failure) and record.intent in found:
            found[record.intent] = _failed(found[record.intent], record)
    busy = {item.intent.intent for item in store.results.unknown() if store.journal.key_busy(item.intent.key)}
    underway = {item.intent.intent for item in store.results.underway()}
    found = {name: replace(item, ending="sent") if name in underway else item for name, item in found.items()}
    return [_abandoned(item) if item.intent not in busy else item for item in found.values()]


def _opened(intent: Intent) -> Charge:
    return Charge(
        intent=intent.intent,
        time=intent.time,
        scope=intent.scope,
        profile=intent.profile,
        asset=intent.asset,
        step=intent.step,
        provider=intent.provider,
        model=intent.model,
        asked=intent.count,
        reserved=intent.reserved,
        route=intent.route,
    )


def _answered(charge: Charge, outcome: Outcome) -> Charge:
    """Pictures came. A second record of one call (two recoveries met) doesn't bill it twice."""
    bill = outcome.cost if charge.billed is None else charge.billed
    made = max(charge.made, len(outcome.results))
    ending: Ending = "unbilled" if bill is None else "billed"
    return replace(charge, ending=ending, billed=bill, made=made, message=None)


def _failed(charge: Charge, failure: Failure) -> Charge:
    if charge.ending in ("billed", "unbilled"):
        return charge
    ending: Ending = "unknown" if failure.why == "unknown" else "free"
    if failure.billed:  # answered in words, say
        ending = "unbilled" if failure.bill is None else "billed"
    return replace(charge, ending=ending, billed=failure.bill, message=failure.message)


def _abandoned(charge: Charge) -> Charge:
    """A call that is open and that no living process works on has no answer any more."""
    if charge.ending != "open":
        return charge
    return replace(charge, ending="unknown", message="the process ended before an answer was recorded")


def account(name: str, items: Iterable[Charge]) -> Account:
    """The sums of some charges."""
    items = list(items)
    return Account(
        name=name,
        calls=sum(item.ending != "free" for item in items),
        pictures=sum(item.made for item in items),
        spent=sum((item.spent for item in items), ZERO),
        held=sum((item.held for item in items), ZERO),
        coming=sum((item.coming for item in items), ZERO),
        unpriced=sum(item.ending != "free" and item.billed is None and item.reserved is None for item in items),
    )


def by_name(items: Iterable[Charge], names: Callable[[Charge], Sequence[str]]) -> list[Account]:
    """Accounts by what `names` says of each charge (several: it counts in each of them), in the order of names.

    Calls that were certainly not done are left out.
    """
    groups: dict[str, list[Charge]] = {}
    for item in items:
        if item.ending != "free":
            for name in names(item):
                groups.setdefault(name, []).append(item)
    return [account(name, members) for name, members in sorted(groups.items())]


def drift(items: Iterable[Charge]) -> Drift:
    """How far bills were from what had been reserved for them."""
    both = [(item, item.reserved, item.billed) for item in items]
    known = [(item, reserved, billed) for item, reserved, billed in both if reserved is not None and billed is not None]
    return Drift(
        calls=len(known),
        reserved=sum((reserved for _, reserved, _ in known), ZERO),
        billed=sum((billed for _, _, billed in known), ZERO),
        over=tuple(item for item, reserved, billed in known if billed > reserved),
    )


def tags_of(tags: Mapping[str, Sequence[str]], charge: Charge) -> Sequence[str]:
    """The tags of a charge's asset as the spec has them now: `(untagged)` for none, `(gone)` for an asset it no longer has."""
    if charge.asset not in tags:
        return ("(gone)",)
    return tuple(dict.fromkeys(tags[charge.asset])) or ("(untagged)",)
