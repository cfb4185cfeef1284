"""Reservations: what is set aside, spent and released always adds up, and no cap is ever passed."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pixmake.build.budget import Budget, Consent
from pixmake.providers.base import Estimate

cents = st.integers(0, 500).map(lambda amount: Decimal(amount) / 100)


def price(high: str) -> Estimate:
    return Estimate(low=Decimal(0), high=Decimal(high))


def test_without_consent_nothing_that_costs_is_reserved() -> None:
    budget = Budget(Consent(given=False))
    assert budget.reserve(price("0.01")) is None
    assert budget.reserve(price("0")) == 0


def test_a_cap_counts_reservations_and_spending() -> None:
    budget = Budget(Consent(given=True, cap=Decimal("1.00")))
    assert budget.reserve(price("0.60")) == Decimal("0.60")
    assert budget.reserve(price("0.50")) is None
    assert budget.settle(Decimal("0.60"), Decimal("0.45")) == Decimal("0.45")
    assert budget.reserve(price("0.55")) == Decimal("0.55")
    assert budget.reserve(price("0.01")) is None


def test_several_calls_in_flight_add_up() -> None:
    budget = Budget(Consent(given=True, cap=Decimal("1.00")))
    assert [budget.reserve(price("0.40")), budget.reserve(price("0.35"))] == [Decimal("0.40"), Decimal("0.35")]
    assert budget.reserved == Decimal("0.75")
    assert budget.reserve(price("0.30")) is None
    budget.settle(Decimal("0.40"), Decimal("0.10"))
    budget.settle(Decimal("0.35"), Decimal("0.20"))
    assert (budget.spent, budget.reserved) == (Decimal("0.30"), Decimal(0))
    budget.reserve(price("0.50"))
    budget.release(Decimal("0.50"))
    assert (budget.spent, budget.reserved) == (Decimal("0.30"), Decimal(0))


def test_a_call_without_a_bill_counts_as_reserved() -> None:
    budget = Budget(Consent(given=True, cap=Decimal(1)))
    reserved = budget.reserve(price("0.30"))
    assert reserved is not None
    assert budget.settle(reserved, None) == Decimal("0.30")
    assert budget.spent == Decimal("0.30")


def test_an_unknown_price_needs_consent_by_name() -> None:
    assert Budget(Consent(given=True, cap=Decimal(9))).reserve(None) is None
    assert Budget(Consent(given=True, unpriced=True)).reserve(None) == 0


@given(st.lists(st.tuples(cents, st.integers(0, 100)), max_size=40), cents)
def test_spending_never_passes_the_cap_when_bills_stay_below_their_reservations(
    calls: list[tuple[Decimal, int]], cap: Decimal
) -> None:
    budget = Budget(Consent(given=True, cap=cap))
    for high, share in calls:
        reserved = budget.reserve(Estimate(low=Decimal(0), high=high))
        if reserved is not None:
            budget.settle(reserved, reserved * share / 100)
        assert budget.spent + budget.reserved <= cap
    assert budget.reserved == 0
