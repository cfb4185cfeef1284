"""`reroll` after a loss: what came is shipped, and what did not come is not called a pick."""

from __future__ import annotations

from pathlib import Path

from fakes.project import Ground, states
from pixmake.build.intent import Intent

SPEC = """\
version: 1
defaults: {provider: openai, model: ink-1}
assets:
  a: {prompt: a heart, edits: [at night]}
  b: {prompt: a key, variants: 2}
"""


def lose(ground: Ground, *names: str) -> None:
    """The originals of these steps' pictures are gone, and the outputs too."""
    for name in names:
        for item in Intent(ground.project()).candidates(name):
            if item.path is not None:
                item.path.unlink()
        (ground.root / f"assets/{name.partition('#')[0]}.png").unlink(missing_ok=True)


def test_a_lost_picture_is_bought_again_and_shipped(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    lose(ground, "b")
    assert states(ground.plan("b")) == {"b#0": "lost"}
    ground.sent()
    verbs = Intent(ground.project())
    planned = verbs.reroll("b", 2)
    report = verbs.project.build(planned.plan, yes=True)
    assert (report.exit_code, report.written, ground.sent()) == (0, ("assets/b.png",), 2)
    new = verbs.settle(planned)
    assert new is not None and (new.number, new.picked) == (3, True)
    assert (ground.root / "assets/b.png").read_bytes() == new.path.read_bytes() if new.path else False
    report = ground.build(yes=False)
    assert (report.exit_code, report.written, ground.sent()) == (0, (), 0)


def test_a_reroll_whose_parent_is_lost_calls_nothing_a_pick(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    ground.build()
    lose(ground, "a#0", "a#1")
    lock = (ground.root / "assets.lock").read_bytes()
    ground.sent()
    verbs = Intent(ground.project())
    planned = verbs.reroll("a")
    assert verbs.project.build(planned.plan, yes=True).exit_code == 5
    assert (verbs.settle(planned), ground.sent()) == (None, 0)
    assert (ground.root / "assets.lock").read_bytes() == lock
    verbs = Intent(ground.project())
    planned = verbs.reroll("a#0")
    verbs.project.build(planned.plan, yes=True)
    assert verbs.settle(planned) is not None
    assert (ground.build().exit_code, ground.sent()) == (0, 2)
