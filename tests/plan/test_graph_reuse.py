"""A graph made from an earlier one is the graph that would be made from nothing, and keeps what did not change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pixmake.plan.graph import build_graph
from pixmake.spec.asset import Asset, AssetInput, FileInput, Step

NAMES = ("a", "b", "c", "d", "e")


def asset(name: str, steps: int, origin: str | None, word: str) -> Asset:
    chain = tuple(
        Step(index=index, prompt=f"{word} {index}", provider="draft", model=None, size="8x8") for index in range(steps)
    )
    start = AssetInput(asset=origin) if origin else None
    return Asset(
        name=name,
        family=name,
        steps=chain,
        origin=start if steps or origin else FileInput(path=Path("x.png"), name="x.png"),
        size="8x8",
    )


@st.composite
def projects(draw: st.DrawFn) -> list[Asset]:
    """Some assets; each may start from one before it, so that there is no cycle."""
    found: list[Asset] = []
    for name in NAMES[: draw(st.integers(1, len(NAMES)))]:
        origin = draw(st.sampled_from([None, *(item.name for item in found)]))
        found.append(asset(name, draw(st.integers(0, 2)), origin, draw(st.sampled_from(["x", "y"]))))
    return found


@settings(max_examples=60, deadline=None)
@given(projects(), projects(), st.integers(0, 31))
def test_reusing_changes_nothing(before: list[Asset], after: list[Asset], kept: int) -> None:
    old = {item.name: item for item in before}
    mixed = [
        old[item.name] if kept >> place & 1 and item.name in old and old[item.name].origin is None else item
        for place, item in enumerate(after)
    ]
    assert build_graph(mixed, build_graph(before)) == build_graph(mixed)


def test_an_asset_that_is_the_same_object_keeps_its_actions() -> None:
    alone, other = asset("a", 2, None, "x"), asset("b", 1, "a", "x")
    before = build_graph([alone, other])
    after = build_graph([alone, replace(other)], before)
    assert after.actions["a", 1] is before.actions["a", 1]
    assert after.actions["b", 0] is not before.actions["b", 0]
