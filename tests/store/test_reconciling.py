"""A build and a person change one line of the lock at a time."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pixmake.digest import Digest
from pixmake.store.lockfile import Line, OutputPin, StepPin
from pixmake.store.reconciling import reconciled

KEYS = [Digest(letter * 64) for letter in "abcdef"]
PINS = st.builds(
    StepPin,
    key=st.sampled_from(KEYS),
    variants=st.lists(st.sampled_from(KEYS), unique=True, max_size=3).map(tuple),
    pick=st.sampled_from([None, *KEYS]),
    shown=st.sampled_from([None, *(("seen", key) for key in KEYS[:2])]),
    extra=st.sampled_from(["", '{"new": 1}']),
)
LINES = st.builds(
    Line,
    asset=st.just("a.png"),
    steps=st.lists(PINS, max_size=3).map(tuple),
    outputs=st.dictionaries(
        st.sampled_from(["x.png", "y.png"]), st.builds(OutputPin, recipe=st.sampled_from("rs"), digest=st.just(KEYS[0]))
    ),
    frozen=st.booleans(),
    extra=st.sampled_from(["", '{"new": 1}']),
)


@given(LINES, LINES)
def test_who_changed_alone_is_right(base: Line, changed: Line) -> None:
    tidy = replace(changed, outputs=dict(sorted(changed.outputs.items())))
    assert reconciled(base, changed, base) == changed
    assert reconciled(base, changed, None) == changed
    assert reconciled(base, base, changed) == tidy


@given(LINES, LINES, LINES)
def test_nothing_of_either_is_lost(base: Line, ours: Line, theirs: Line) -> None:
    found = reconciled(base, ours, theirs)
    assert found.frozen == (theirs.frozen if theirs.frozen != base.frozen else ours.frozen)
    for place, (old, own, other) in enumerate(zip(base.steps, ours.steps, theirs.steps, strict=False)):
        if own.key == other.key and other.pick is not None and other.pick != old.pick:
            assert found.steps[place].pick == other.pick, "a person's choice"
        if own.key == other.key and own != old and other != old:
            assert {*own.variants, *other.variants} <= {*found.steps[place].variants}
    for path, pin in ours.outputs.items():
        if pin != base.outputs.get(path):
            assert found.outputs[path] == pin, "what was written"


@given(LINES, PINS, PINS, st.lists(PINS, max_size=2))
def test_a_step_that_one_alone_changed_is_as_that_one_has_it(
    base: Line, own: StepPin, other: StepPin, more: list[StepPin]
) -> None:
    """A person picks one step while a build buys another one, and steps that came or went."""
    base = replace(base, steps=(own, other, *base.steps))
    ours = replace(base, steps=(own, *base.steps[:1], *more))
    theirs = replace(base, steps=(other, *base.steps[1:]))
    assert reconciled(base, ours, theirs).steps == (other, *ours.steps[1:])
    assert reconciled(base, theirs, ours).steps == (other, *ours.steps[1:])


@given(PINS, PINS, PINS)
def test_a_step_that_both_changed(base: StepPin, ours: StepPin, theirs: StepPin) -> None:
    lines = [Line(asset="a.png", steps=(pin,)) for pin in (base, ours, theirs)]
    (found,) = reconciled(*lines).steps
    if base in (ours, theirs):
        return
    if ours.key != theirs.key:
        assert found == ours, "pictures of one request are never candidates of another"
        return
    assert found.variants[: len(ours.variants)] == ours.variants, "a pick by number means the same picture"
    assert found.pick == (ours.pick if theirs.pick in (base.pick, None) else theirs.pick)
    assert found.shown == (ours.shown if ours.shown != base.shown else theirs.shown)
    assert found.extra == (ours.extra if ours.extra != base.extra else theirs.extra)


def test_a_line_that_came_on_both_sides_keeps_what_either_says() -> None:
    one, two = KEYS[:2]
    ours = Line(
        asset="a.png", steps=(StepPin(key=one, variants=(one,), pick=one, shown=("seen", one)),), extra='{"a":1}'
    )
    theirs = Line(asset="a.png", steps=(StepPin(key=one, variants=(two,), extra='{"b":1}'),), frozen=True)
    assert reconciled(None, ours, theirs) == Line(
        asset="a.png",
        steps=(StepPin(key=one, variants=(one, two), pick=one, shown=("seen", one), extra='{"b":1}'),),
        frozen=True,
        extra='{"a":1}',
    )


def test_a_pick_and_a_freeze_while_more_is_bought() -> None:
    one, two, three = KEYS[:3]
    base = Line(asset="a.png", steps=(StepPin(key=one, variants=(one, two), pick=one),))
    theirs = replace(base, frozen=True, steps=(replace(base.steps[0], pick=two),))
    ours = replace(base, steps=(replace(base.steps[0], variants=(one, two, three)),))
    found = reconciled(base, ours, theirs)
    assert found.frozen and found.steps[0].pick == two and found.steps[0].variants == (one, two, three)


def test_the_first_line_of_an_asset_twice() -> None:
    one, two = KEYS[:2]
    ours = Line(asset="a.png", steps=(StepPin(key=one, variants=(one,), pick=one),))
    theirs = Line(asset="a.png", steps=(StepPin(key=one, variants=(two,), pick=two),))
    assert reconciled(None, ours, theirs).steps == (StepPin(key=one, variants=(one, two), pick=two),)
