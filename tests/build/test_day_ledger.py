"""What a store's journal says was spent on a day: every kind of end, and several calls that want the rest of it at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pixmake.build.budget import Budget, Consent, DayLedger
from pixmake.providers.base import Estimate
from pixmake.store.home import Store
from pixmake.store.records import Failure, Intent, Record, Sent
from store.making import done, failed, intent, key, store_at

DAY = "2026-11-22"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_at(tmp_path / "store")


def call(number: int, reserved: str | None = "0.60") -> Intent:
    return replace(intent("heart", number), reserved=None if reserved is None else Decimal(reserved))


def ended(**words: object) -> Failure:
    return replace(failed("heart", 0, "failed"), **words)  # type: ignore[arg-type]


ENDS: dict[str, tuple[list[Record], str]] = {
    "in flight": ([], "0.60"),
    "at work elsewhere": ([Sent(intent="heart-0", key=key("heart"), handle="resp_1", time="t")], "0.60"),
    "bought": ([replace(done(), cost=Decimal("0.41"))], "0.41"),
    "bought, and nobody knows for how much": ([replace(done(), cost=None)], "0.60"),
    "bought for nothing": ([replace(done(), cost=Decimal(0))], "0"),
    "dearer than was reserved": ([replace(done(), cost=Decimal("0.75"))], "0.75"),
    "done twice": ([replace(done(), cost=Decimal("0.41")), replace(done(), cost=Decimal("0.41"))], "0.41"),
    "unknown": ([failed("heart", 0, "unknown")], "0.60"),
    "unknown, and then saved": ([failed("heart", 0, "unknown"), replace(done(), cost=Decimal("0.41"))], "0.41"),
    "not sent": ([failed("heart", 0, "not-sent")], "0"),
    "refused": ([failed("heart", 0, "refused")], "0"),
    "failed": ([failed("heart", 0, "failed")], "0"),
    "failed, and billed": ([ended(billed=True, bill=Decimal("0.02"))], "0.02"),
    "failed, and billed for nobody knows what": ([ended(billed=True)], "0.60"),
    "somebody else's end": ([replace(done(), intent="heart-7"), failed("heart", 8, "failed")], "0.60"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_call_counts_by_its_end(store: Store, end: str) -> None:
    records, total = ENDS[end]
    ledger = DayLedger(store, DAY, None)
    store.journal.append(call(0))
    assert ledger.total() == Decimal("0.60")
    for record in records:
        store.journal.append(record)
    assert ledger.total() == Decimal(total), "followed as it is written"
    assert ledger.total() == Decimal(total), "and nothing is counted twice"
    assert DayLedger(store, DAY, None).total() == Decimal(total), "read at once"
    assert DayLedger(store, "2026-11-21", None).total() == 0


def test_what_is_left_is_never_less_than_nothing(store: Store) -> None:
    store.journal.append(call(0))
    assert DayLedger(store, DAY, None).left() is None
    assert DayLedger(store, DAY, Decimal("1.00")).left() == Decimal("0.40")
    assert DayLedger(store, DAY, Decimal("0.50")).left() == 0


def test_calls_that_come_together_share_what_is_left(store: Store) -> None:
    ledger = DayLedger(store, DAY, Decimal("1.00"))
    assert ledger.admit([call(0), call(1), call(2, "0.40"), call(3, "0.01")]) == ["heart-0", "heart-2"]
    assert [item.intent for item in store.journal.open_intents()] == ["heart-0", "heart-2"]
    assert ledger.left() == 0


def test_where_nothing_fits_nothing_is_written(store: Store) -> None:
    assert DayLedger(store, DAY, Decimal("0.50")).admit([call(0), call(1)]) == []
    assert not store.journal.path.exists()


def test_a_call_without_a_price_takes_nothing_of_the_day(store: Store) -> None:
    ledger = DayLedger(store, DAY, Decimal("0.60"))
    assert ledger.admit([call(0, None), call(1), call(2, None)]) == ["heart-0", "heart-1", "heart-2"]
    assert ledger.total() == Decimal("0.60")


def test_without_a_cap_all_are_written_and_no_lock_is_waited_for(store: Store) -> None:
    with store.journal.locks.hold("budget", timeout=0, what="tests"):
        assert DayLedger(store, DAY, None).admit([call(0), call(1)]) == ["heart-0", "heart-1"]


def test_whoever_reserves_waits_for_the_one_who_does(store: Store) -> None:
    """Between the look at the journal and the append nobody else may take the same money."""
    ledger = DayLedger(store, DAY, Decimal("1.00"))
    admitted: list[list[str]] = []
    with store.journal.locks.hold("budget", timeout=0, what="tests"):
        thread = threading.Thread(target=lambda: admitted.append(ledger.admit([call(0)])))
        thread.start()
        thread.join(0.2)
        assert (admitted, store.journal.path.exists()) == ([], False)
        store.journal.append(call(1))  # as the one who holds it does
    thread.join(30)
    assert admitted == [[]], "what was taken meanwhile is seen"


def test_what_is_admitted_is_on_record_with_a_cap_and_without(store: Store) -> None:
    DayLedger(store, DAY, None).admit([call(0)])
    DayLedger(store, DAY, Decimal(9)).admit([call(1)])
    assert [item.intent for item in store.journal.open_intents()] == ["heart-0", "heart-1"]


def test_a_purse_without_a_cap_takes_what_was_agreed_to() -> None:
    budget = Budget(Consent(given=True))
    assert budget.reserve(Estimate(low=Decimal(0), high=Decimal(1000))) == Decimal(1000)
    assert budget.reserved == Decimal(1000)


def test_calls_on_both_sides_of_midnight_are_the_later_day_s(store: Store) -> None:
    store.journal.append(replace(call(0), time=f"{DAY}T00:00:00Z"))
    early, late = replace(call(1, "0.30"), time="2026-11-21T23:59:59Z"), replace(call(2), time=f"{DAY}T00:00:01Z")
    assert DayLedger(store, "2026-11-21", Decimal("1.00")).admit([early, late]) == ["heart-1"]


def test_a_name_without_a_yes_is_no_consent() -> None:
    assert Budget(Consent(given=False, unpriced=True)).reserve(None) is None
