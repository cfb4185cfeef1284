"""An original that is damaged in the store is read from an output that holds its very bytes; else nothing hides it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.diagnostics import Problem

SPEC = """\
version: 1
defaults: {provider: openai, model: ink-1}
assets:
  a.png: a heart
"""


def damage(ground: Ground) -> Path:
    path = Intent(ground.project()).candidates("a.png")[0].path
    assert path is not None
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-9] + b"scratched")
    return path


def test_a_damaged_original_is_healed_from_its_output(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    damaged = damage(ground)
    ground.edit("a heart", "{prompt: a heart, outputs: [{path: a.png}, {path: a.webp}]}")
    report = ground.build(yes=False)
    assert (report.exit_code, report.written) == (0, ("assets/a.webp",))
    assert damaged.read_bytes() == (ground.root / "assets/a.png").read_bytes()


def test_without_such_an_output_it_is_corrupt(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    damage(ground)
    (ground.root / "assets/a.png").unlink()
    assert ground.build().exit_code == 8
    assert states(ground.plan()) == {"a.png#0": "stale"}


@pytest.mark.parametrize("amount", ["much", "-1", -0.5, float("nan"), float("inf"), Decimal("sNaN")])
def test_an_amount_that_is_none_is_a_problem(tmp_path: Path, amount: str | float | Decimal) -> None:
    ground = Ground(tmp_path, SPEC)
    with pytest.raises(Problem, match="is not an amount in USD") as wrong:
        ground.project().build(max_cost=amount)
    assert (wrong.value.exit_code, ground.sent()) == (2, 0)
