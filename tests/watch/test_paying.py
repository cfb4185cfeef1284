"""Money while watching: nothing is paid without a key or a cap, the cap is the whole run's, and failures aren't repeated."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.counting import CountingProvider
from pixmake.events import PaidPending, WatchChanged, WatchEnded
from pixmake.imaging.marks import read_draft_mark
from watch.watching import SMALL, Watching, clean, outputs

SPEC = """\
version: 1
providers: {counting: {type: counting}}
defaults: {provider: counting, model: any, size: 64x64}
assets:
  heart: a heart
  key: an old key
  both: {from: "@heart", prompt: with wings}
  free: {provider: draft, prompt: a draft}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "assets.yaml").write_text(SPEC)
    return root


def edit(root: Path, old: str, new: str) -> None:
    text = (root / "assets.yaml").read_text("utf-8")
    assert old in text
    (root / "assets.yaml").write_text(text.replace(old, new), "utf-8")


def pictures(files: dict[str, str]) -> dict[str, str]:
    """All but the lock, which goes on naming what was bought before."""
    return {name: digest for name, digest in files.items() if name != "assets.lock"}


def test_what_costs_waits_for_the_key(root: Path) -> None:
    with Watching(root) as watching:
        assert sorted(outputs(root)) == ["assets/free.png"]
        assert watching.pending == PaidPending(
            assets=("heart", "key", "both"),
            images=3,
            low=Decimal("0.12"),
            high=Decimal("0.12"),
            unpriced=0,
            failed=(),
            left=None,
        )
        edit(root, "a draft", "another draft")
        watching.until_changed("assets.yaml")
        assert watching.painter.calls == []
        watching.watch.press("p")
        watching.until(lambda: not watching.pending.assets)
        assert sorted(watching.painter.prompts) == ["a heart", "an old key", "with wings"]
        assert outputs(root) == clean(watching)
        assert watching.heard(WatchChanged)[-1].spent == Decimal("0.12")
        bought = outputs(root)
        edit(root, "an old key", "a new key")
        watching.until(lambda: watching.pending.assets == ("key",))
        assert outputs(root) == bought  # the old picture stands until another is bought
        assert len(watching.painter.calls) == 3
    assert watching.heard(WatchEnded)[0].spent == Decimal("0.12")


def test_the_cap_is_the_whole_runs(root: Path) -> None:
    with Watching(root, max_cost="0.13") as watching:
        watching.until(lambda: watching.heard(PaidPending) and not watching.pending.assets)
        assert watching.pending.left == Decimal("0.01")
        assert len(watching.painter.calls) == 3
        edit(root, "an old key", "a new key")  # does not fit any more
        watching.until(lambda: watching.pending.assets == ("key",))
        watching.watch.press("p")  # nor does a key lift the cap
        edit(root, "a draft", "another draft")
        watching.until_changed("assets.yaml", times=2)
        assert len(watching.painter.calls) == 3
    assert watching.watch.purse.spent == Decimal("0.12")


def test_the_specs_own_budget_is_not_the_consent_of_a_watch(root: Path) -> None:
    edit(root, "version: 1", "version: 1\nbudget: {per_build: 5}")
    with Watching(root) as watching:
        assert watching.pending.images == 3
        edit(root, "an old key", "a new key")
        watching.until_changed("assets.yaml")
        assert watching.painter.calls == []


def test_what_failed_is_not_tried_again_until_it_changes(root: Path) -> None:
    painter = CountingProvider(sizes=SMALL, script={"old key": ["failed*"]})
    with Watching(root, painter=painter, max_cost="5") as watching:
        watching.until(lambda: watching.heard(PaidPending) and watching.pending.failed == ("key",))
        assert watching.problems == ["failed"]
        assert watching.pending.assets == ()
        assert len(painter.calls) == 3
        edit(root, "a draft", "another draft")
        watching.until_changed("assets.yaml")
        watching.watch.press("p")
        edit(root, "a heart", "a big heart")
        watching.until(lambda: len(painter.calls) == 5)  # the heart, and what is built on it
        assert sum("old key" in prompt for prompt in painter.prompts) == 1
        edit(root, "an old key", "a new key")
        watching.until(lambda: "a new key" in painter.prompts)
        watching.until(lambda: not (watching.pending.failed or watching.pending.assets))
        assert outputs(root) == clean(watching)


def test_an_answer_that_never_came_counts_against_the_cap(root: Path) -> None:
    painter = CountingProvider(sizes=SMALL, script={"old key": ["unknown*"]})
    with Watching(root, painter=painter, max_cost="0.12") as watching:
        watching.until(lambda: watching.watch.purse.reserved)
        watching.until(lambda: watching.watch.purse.spent == Decimal("0.08"))
        assert watching.watch.purse.left == 0
    assert sum("old key" in prompt for prompt in painter.prompts) == 1


def test_a_provider_without_a_key_is_told_and_not_asked_in_a_loop(root: Path) -> None:
    painter = CountingProvider(sizes=SMALL, blocked="set COUNTING_KEY")
    with Watching(root, painter=painter, max_cost="5") as watching:
        watching.until(lambda: watching.problems == ["provider-not-ready"])
        edit(root, "a draft", "another draft")
        watching.until_changed("assets.yaml")
        assert painter.calls == []
        assert watching.pending.images == 3


def test_drafts_fill_the_gaps_until_somebody_pays(root: Path) -> None:
    with Watching(root, draft=True) as watching:
        assert watching.pending.images == 3
        assert sorted(outputs(root)) == ["assets/both.png", "assets/free.png", "assets/heart.png", "assets/key.png"]
        assert outputs(root) == clean(watching, draft=True)
        edit(root, "a heart", "a big heart")
        watching.until_built(draft=True)
        watching.until(lambda: len(watching.heard(PaidPending)) == 2)  # the price of the other heart
        watching.watch.press("p")
        watching.until(lambda: not watching.pending.assets)
        assert read_draft_mark(root / "assets/heart.png") is None
        edit(root, "a big heart", "a small heart")
        watching.until(lambda: read_draft_mark(root / "assets/heart.png") is not None)
        watching.until(lambda: pictures(outputs(root)) == pictures(clean(watching, draft=True)))
    assert len(watching.painter.calls) == 3


def test_ending_awaits_what_was_sent(root: Path) -> None:
    class Slow(CountingProvider):
        async def make(self, call):  # type: ignore[no-untyped-def]
            answer = await super().make(call)
            watching.watch.press("q")
            await asyncio.sleep(0.1)
            return answer

    painter = Slow(sizes=SMALL, concurrency=1)
    with Watching(root, painter=painter) as watching:
        watching.watch.press("p")
        watching.until(lambda: watching.exit_code is not None)
    assert len(painter.calls) == 1  # nothing more was begun, and what was begun is kept
    assert watching.watch.purse.spent == Decimal("0.04")
    with Watching(root, painter=CountingProvider(sizes=SMALL)) as again:
        assert again.pending.images == 2


def test_a_price_that_has_changed_needs_another_yes(root: Path) -> None:
    with Watching(root) as watching:
        edit(root, "an old key", "{prompt: an old key, variants: 4}")
        watching.watch.press("p")  # what was shown then was one picture
        watching.until(lambda: watching.pending.images == 6)
        watching.until_changed("assets.yaml")
        assert watching.painter.calls == []
        watching.watch.press("p")
        watching.until(lambda: not watching.pending.assets)
    assert sum(call.count for call in watching.painter.calls) == 6


def test_only_what_was_selected_is_bought(root: Path) -> None:
    with Watching(root, selectors=("key",)) as watching:
        assert watching.pending.assets == ("key",)
        watching.watch.press("p")
        watching.until(lambda: not watching.pending.assets)
        assert watching.painter.prompts == ["an old key"]
        assert sorted(outputs(root)) == ["assets.lock", "assets/key.png"]
