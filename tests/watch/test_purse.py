"""What one run of watch may still spend: bills and doubts count, and what can't be had is not tried in a loop."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground
from pixmake.build.report import BuildReport
from pixmake.watch.purse import Purse, purchases

SPEC = "version: 1\ndefaults: {model: m, size: 64x64}\nassets: {hen: {prompt: a hen}, cow: {prompt: a cow}}\n"
PRICE = Decimal("0.04")


def built(ground: Ground, purse: Purse) -> BuildReport:
    """What watch does when money is due."""
    project = ground.project()
    plan = project.plan()
    purse.expect(purchases(plan))
    return project.build(plan, max_cost=purse.left)


@pytest.mark.parametrize("asked", [False, True])
def test_what_brought_nothing_unasked_is_not_tried_again(tmp_path: Path, asked: bool) -> None:
    ground = Ground(tmp_path, SPEC, CountingProvider(blocked="no key"))
    purse = Purse(Decimal(1))
    report = built(ground, purse)
    assert purse.due
    purse.settle(report, asked=asked)
    assert purse.due is asked, "a person may try it as often as they like"
    ground.painter.blocked = None
    ground.edit("a cow", "a calf")
    purse.expect(purchases(ground.plan()))
    assert purse.due, "another purchase is another try"


def test_bills_and_doubts_are_gone_from_the_cap(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC, CountingProvider(script={"hen": ["unknown"]}))
    purse = Purse(Decimal("0.10"))
    purse.settle(built(ground, purse), asked=False)
    assert (purse.spent, purse.reserved, purse.left) == (PRICE, PRICE, Decimal("0.02"))
    ground.edit("a cow", "a calf")
    purse.expect(purchases(ground.plan()))
    assert purse.waiting and not purse.due


def test_what_failed_is_not_open_any_more(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC, CountingProvider(script={"hen": ["failed*"]}))
    purse = Purse(Decimal(1))
    purse.settle(built(ground, purse), asked=False)
    assert not purse.expect(purchases(ground.plan())) or purse.waiting
    assert ([item.asset for item in purse.waiting], purse.open, purse.failed) == (["hen"], (), ("hen",))
    assert not purse.due


def test_without_a_cap_nothing_is_due_and_a_cap_is_never_below_nothing() -> None:
    purse = Purse(None)
    assert purse.left is None and not purse.due
    purse = Purse(PRICE)
    purse.spent = Decimal(1)
    assert purse.left == 0
