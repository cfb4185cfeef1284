"""Assets that ask for the very same picture: one call is sent for all of them, however it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.counting import CountingProvider
from fakes.project import Ground

SPEC = "version: 1\ndefaults: {model: ink-1}\nassets: {a: an owl, b: an owl, c: an owl, d: a hen, e: a crow}\n"


@pytest.mark.parametrize(
    ("ending", "state", "code"), [("unknown*", "unknown", 5), ("refused*", "refused", 1), ("failed*", "failed", 1)]
)
def test_what_did_not_come_for_one_is_not_sent_again_for_another(
    tmp_path: Path, ending: str, state: str, code: int
) -> None:
    painter = CountingProvider(script={"owl": [ending]})
    ground = Ground(tmp_path, SPEC, painter)
    report = ground.build(repeat=True)  # as --yes does
    assert sorted(painter.prompts) == ["a crow", "a hen", "an owl"], "the plan named three pictures"
    assert report.exit_code == code
    assert [item.state for item in report.entries] == [state] * 3 + ["fresh"] * 2


def test_without_consent_all_that_share_are_held_for_the_same_reason(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SPEC)
    report = ground.build(yes=False)
    assert (report.exit_code, ground.sent()) == (4, 0)
    assert {item.message for item in report.entries} == {"nobody agreed to pay"}


def test_what_one_asset_buys_is_a_candidate_of_the_others_in_the_same_build(tmp_path: Path) -> None:
    """`a` had enough when it was judged; were `b`'s two only found later, a build with nothing to do would write."""
    spec = "version: 1\ndefaults: {model: ink-1}\nassets: {a: an owl, b: {prompt: an owl, variants: 3}}\n"
    ground = Ground(tmp_path, spec, CountingProvider(concurrency=1))
    assert (ground.build().exit_code, ground.sent()) == (0, 3)
    before = ground.files()
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert ground.files() == before
    assert before["assets.lock"].count(b'"variants"') == 2
    assert [len(item.verdict.pinned) for item in ground.plan().entries] == [3, 3]


def test_who_wants_one_picture_gets_the_first_though_another_orders_several_of_it(tmp_path: Path) -> None:
    """`b` is served first, as its chain is the longest; `a` must not stop for a pick that alone it would not ask for."""
    spec = "version: 1\ndefaults: {model: ink-1}\nassets: {a: {prompt: an owl, edits: [at night]}, B}\n"
    longer = "b: {prompt: an owl, variants: 3, pick: 1, edits: [x, y, z]}"
    ground = Ground(tmp_path, spec.replace("B", longer), CountingProvider(concurrency=1))
    assert (ground.build().exit_code, ground.sent()) == (0, 7)
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
