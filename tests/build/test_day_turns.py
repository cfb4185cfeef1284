"""A daily cap over midnight (UTC): what is reserved counts for the day it is written on, whenever its build began."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pixmake.build.budget import DayLedger
from pixmake.store.home import Store
from pixmake.store.records import Failure, Intent, Outcome
from store.making import done, failed, intent, store_at

CAP = Decimal("1.00")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_at(tmp_path / "store")


def call(number: int, day: str, reserved: str = "0.60") -> Intent:
    return replace(intent("heart", number), time=f"{day}T00:00:01.000+00:00", reserved=Decimal(reserved))


def test_builds_that_began_yesterday_share_the_new_day(store: Store) -> None:
    one, other = (DayLedger(store, "2026-11-21", CAP) for _ in range(2))
    assert one.append(call(1, "2026-11-22"))
    assert not other.append(call(2, "2026-11-22"))
    assert not one.append(call(3, "2026-11-22"))
    assert DayLedger(store, "2026-11-22", CAP).total() == Decimal("0.60")


def test_a_new_day_has_its_own_money(store: Store) -> None:
    ledger = DayLedger(store, "2026-11-21", CAP)
    assert ledger.append(call(1, "2026-11-21"))
    assert not ledger.append(call(2, "2026-11-21"))
    assert ledger.append(call(3, "2026-11-22"))
    assert ledger.total() == Decimal("0.60")


def test_a_clock_that_was_set_back_counts_for_the_day_it_says(store: Store) -> None:
    ledger = DayLedger(store, "2026-11-22", CAP)
    assert ledger.append(call(1, "2026-11-22"))
    assert ledger.append(call(2, "2026-11-21"))
    assert not ledger.append(call(3, "2026-11-21"))
    assert not ledger.append(call(4, "2026-11-22"))


@pytest.mark.parametrize("settles", [True, False])
def test_what_ends_on_the_next_day_counts_for_its_own(store: Store, settles: bool) -> None:
    ledger = DayLedger(store, "2026-11-21", CAP)
    first = call(1, "2026-11-21")
    assert ledger.append(first)
    end: Outcome | Failure = (
        replace(done("heart", 1), cost=Decimal("0.50")) if settles else failed("heart", 1, "not-sent")
    )
    store.journal.append(end)
    assert ledger.append(call(2, "2026-11-22", "1.00"))
