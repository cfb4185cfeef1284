"""What had come whole when an answer broke off was bought: it is kept, and its unknown bill counts as it was reserved."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.counting import CountingProvider, png
from fakes.project import Ground, states
from pixmake.build.costs import charges
from pixmake.providers.base import Answer, Call, Failed, Unknown

SPEC = """\
version: 1
defaults: {model: ink-1, size: 32x32}
assets:
  a: {prompt: a hen}
"""
PRICE = Decimal("0.04")


class Breaking(CountingProvider):
    """Lands what `cut` leaves of a picture, and then the line breaks."""

    def __init__(self, cut: Callable[[bytes], bytes], error: type[Unknown | Failed] = Unknown) -> None:
        super().__init__()
        self.cut, self.error, self.calm = cut, error, False

    async def make(self, call: Call) -> Answer:
        if self.calm:
            return await super().make(call)
        self.calls.append(call)
        assert call.land is not None
        landing = call.land(0)
        landing.write(self.cut(png(32, 32, b"hen")))
        landing.abandon()
        raise self.error("the connection was cut")


def test_a_whole_picture_of_a_broken_answer_is_bought_once(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC, Breaking(lambda data: data))
    report = ground.build(max_cost=Decimal(1))
    assert (report.exit_code, report.made, report.spent + report.reserved) == (0, 1, PRICE)
    (told,) = report.problems
    assert (told.severity, told.code) == ("warning", "bill-unknown")
    assert told.message == (
        "'a' step 0: its picture came whole, the answer did not; the bill is not known, so what was reserved counts: "
        "the connection was cut"
    )
    assert (ground.build().exit_code, ground.sent()) == (0, 1)
    assert (ground.root / "assets/a.png").read_bytes() == png(32, 32, b"hen")
    assert states(ground.plan()) == {"a#0": "fresh"}


@pytest.mark.parametrize("cut", [lambda data: data[:-1], lambda data: b"", lambda data: data[:40] + b"x" + data[41:]])
def test_a_torn_picture_is_not_believed(tmp_path: Path, cut: Callable[[bytes], bytes]) -> None:
    ground = Ground(tmp_path, SPEC, Breaking(cut))
    report = ground.build(max_cost=Decimal(1))
    assert (report.made, states(ground.plan())) == (0, {"a#0": "unknown"})
    assert (report.spent + report.reserved, ground.sent()) == (PRICE, 1)
    assert ground.build(yes=False, max_cost=Decimal(1)).made == ground.sent() == 0


def test_what_was_certainly_not_made_is_not_looked_for(tmp_path: Path) -> None:
    """A server that says no after all has said so; what it sent before is in the quarantine."""
    ground = Ground(tmp_path, SPEC, Breaking(lambda data: data, Failed))
    assert (ground.build(max_cost=Decimal(1)).made, states(ground.plan())) == (0, {"a#0": "pay"})


def test_the_ledger_counts_what_was_reserved(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC, Breaking(lambda data: data))
    report = ground.build(max_cost=Decimal(1))
    (charge,) = charges(ground.project().store)
    assert (charge.made, charge.billed, charge.reserved) == (1, None, report.spent + report.reserved)
