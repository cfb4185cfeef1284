"""Pictures that a step names: another asset's step, a candidate by its number, a cut picture, masks, what is not there yet."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from fakes.counting import CountingProvider
from fakes.project import Ground, states
from pixmake.digest import sha256_file
from pixmake.plan.planner import Plan
from pixmake.store.records import Outcome, decode, encode

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"
HEN = HEAD + "  hen: {prompt: a hen, variants: 2, pick: 1, edits: [at night]}\n"
COMES: dict[str, str] = {
    "'@hen'": "at night",
    "{asset: hen, step: 0}": "a hen",
    "{asset: hen, step: 1}": "at night",
    "{asset: hen, step: 0, variant: 1}": "a hen",
    "{asset: hen, step: 0, variant: 2}": "a hen",
}


def reasons(plan: Plan) -> dict[str, str]:
    return {f"{entry.asset}#{entry.step}": f"{entry.state}: {entry.reason}" for entry in plan.entries}


def sent(ground: Ground) -> bytes:
    """The bytes of the picture that went with the last call."""
    return ground.painter.calls[-1].pictures[0].path.read_bytes()


@pytest.mark.parametrize("named", COMES)
def test_a_picture_of_another_asset_is_sent_as_it_was_named(tmp_path: Path, named: str) -> None:
    painter = CountingProvider(concurrency=1)
    ground = Ground(tmp_path, HEN + f"  sky: {{prompt: a sky, references: [{named}]}}\n", painter)
    assert (ground.build().exit_code, painter.calls[-1].request.prompt) == (0, "a sky")
    made = {call.request.prompt: call for call in painter.calls}
    pool = ground.project().store.results.pool(ground.plan("hen").entries[0].key or "")  # type: ignore[arg-type]
    first, second = (result.digest for result in pool.results)
    store = ground.project().store.content
    wanted = {"{asset: hen, step: 0}": first, "{asset: hen, step: 0, variant: 1}": first}.get(named)
    if named.endswith("variant: 2}"):
        wanted = second
    if wanted is not None:
        assert sent(ground) == store.read_verified(wanted)
    else:
        assert sent(ground) not in (store.read_verified(first), store.read_verified(second))
    assert made["at night"].pictures[0].path.read_bytes() == store.read_verified(first)
    assert (ground.build(yes=False).exit_code, len(painter.calls)) == (0, 3)


def test_a_candidate_that_is_to_be_bought_is_waited_for(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEN + "  sky: {prompt: a sky, references: [{asset: hen, step: 0, variant: 2}]}\n")
    assert reasons(ground.plan())["sky#0"] == "waits: waits until 'hen#0' is bought"
    ground.build()
    ground.edit("variants: 2", "variants: 3")
    ground.edit("variant: 2}", "variant: 3}")
    assert reasons(ground.plan())["sky#0"] == "waits: waits until 'hen#0' is bought"


def test_a_candidate_that_nobody_will_order_is_not_waited_for(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEN + "  sky: {prompt: a sky, references: [{asset: hen, step: 0, variant: 3}]}\n")
    assert reasons(ground.plan())["sky#0"] == "blocked: 'hen#0' has 2 candidates, not 3"


def test_a_candidate_that_nobody_ordered_is_told(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEN)
    ground.build()
    ground.write("assets.yaml", HEN + "  sky: {prompt: a sky, references: [{asset: hen, step: 0, variant: 5}]}\n")
    assert reasons(ground.plan())["sky#0"] == "blocked: 'hen#0' has 2 candidates, not 5"
    ground.sent()
    assert (ground.build().exit_code, ground.sent()) == (3, 0)


def test_a_cut_picture_is_known_by_its_recipe(tmp_path: Path) -> None:
    """Its bytes come from a library; what it is made of does not: neither another encoder nor another fit by chance pays."""
    spec = HEAD + "  hen: {prompt: a hen, size: 600x400}\n"
    spec += "  sky: {prompt: a sky, references: [{asset: hen, processed: true}]}\n"
    ground = Ground(tmp_path, spec)
    assert ground.build().exit_code == 0
    with Image.open(ground.painter.calls[-1].pictures[0].path) as image:
        assert image.size == (600, 400)
    [identity] = [item.identity for item in ground.painter.calls[-1].request.inputs]
    assert identity.startswith("recipe:")
    assert (ground.build().exit_code, len(ground.painter.calls)) == (0, 2)
    ground.edit("size: 600x400", "size: 600x400, gravity: north")
    assert states(ground.plan())["sky#0"] == "pay"
    ground.edit("gravity: north", "gravity: center")
    assert states(ground.plan())["sky#0"] == "fresh"
    (ground.root / "assets/hen.png").unlink()
    for name in ("cas", "incoming"):
        for path in (ground.store / name).rglob("*"):
            if path.is_file():
                path.unlink()
    ground.edit("a sky", "a red sky")
    assert states(ground.plan())["sky#0"] == "blocked", "what it is cut from is lost"


def test_a_cut_picture_of_any_size_is_the_whole_one(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen, size: auto}\n"
    ground = Ground(tmp_path, spec + "  sky: {prompt: a sky, references: [{asset: hen, processed: true}]}\n")
    assert ground.build().exit_code == 0
    [item] = ground.painter.calls[-1].request.inputs
    assert not item.identity.startswith("recipe:")


def test_an_output_of_an_earlier_step(tmp_path: Path) -> None:
    outputs = "outputs: [{path: first.png, step: 0, size: 16x16}, {path: last.png, size: 16x16}]"
    spec = HEAD + f"  hen: {{prompt: a hen, edits: [at night], {outputs}}}\n"
    ground = Ground(tmp_path, spec)
    ground.painter.script = {"night": ["failed"]}
    assert ground.build().exit_code == 1
    ground.build()
    one, other = (sha256_file(ground.root / f"assets/{name}.png") for name in ("first", "last"))
    assert one != other
    assert (ground.build().written, len(ground.painter.calls)) == ((), 3)
    ground.edit("at night", "at dawn")
    ground.build()
    assert sha256_file(ground.root / "assets/first.png") == one
    assert sha256_file(ground.root / "assets/last.png") != other


# --- masks and markups -------------------------------------------------------------------------------------------------


def test_a_mask_for_a_parent_whose_size_nobody_knows_waits(tmp_path: Path) -> None:
    """Some record names no size: a mask can't be made to fit its picture, so nothing is bought on a guess."""
    spec = HEAD + "  hen: {prompt: a hen, size: auto}\n"
    ground = Ground(tmp_path, spec)
    ground.build()
    journal = ground.store / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    done = decode(lines[-1].strip())
    assert isinstance(done, Outcome)
    sizeless = replace(done, results=tuple(replace(item, width=None, height=None) for item in done.results))
    journal.write_bytes(b"".join(lines[:-1]) + encode(sizeless))
    ground.edit("size: auto", "size: auto, edits: [{prompt: x, mask: {rect: [0, 0, 1, 0.5]}}]")
    assert reasons(ground.plan())["hen#1"] == "waits: the parent's size is not known yet, so no mask can fit it"


def test_a_mask_that_an_asset_draws_is_waited_for(tmp_path: Path) -> None:
    spec = HEAD + "  stain: {prompt: a stain, background: transparent}\n"
    spec += "  hen: {from: base.png, prompt: feathers, mask: '@stain', size: 1024x1024}\n"
    ground = Ground(tmp_path, spec)
    ground.picture("base.png", (1024, 1024))
    assert reasons(ground.plan())["hen#0"] == "waits: waits until 'stain#0' is bought"
    assert ground.build().exit_code == 0
    assert [item.kind for item in ground.painter.calls[-1].pictures] == ["image", "mask"]


@pytest.mark.parametrize("which", ["references: [gone.png]", "from: gone.png", "from: hen.png, markup: gone.png"])
def test_a_file_that_can_t_be_read_is_told_once_for_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """Named in one line for three assets: one message, and none of them is bought."""
    ground = Ground(
        tmp_path, HEAD + f"  'a-{{{{ n }}}}': {{matrix: {{n: [1, 2, 3]}}, prompt: 'x {{{{ n }}}}', {which}}}\n"
    )
    ground.picture("hen.png")
    path = ground.picture("gone.png")
    real = os.open

    def refuse(name: str | os.PathLike[str], *rest: int, **words: int) -> int:
        if os.fspath(name) == str(path):
            raise PermissionError(13, "Permission denied")
        return real(name, *rest, **words)

    monkeypatch.setattr(os, "open", refuse)
    plan = ground.plan()
    assert [item.message for item in plan.problems] == ["'gone.png' can't be read: Permission denied"]
    assert set(states(plan).values()) == {"blocked"}


def test_animations_are_no_inputs(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
    ground = Ground(
        tmp_path, HEAD + "  hen: {from: moves.gif, prompt: x, references: [moves.gif], markup: moves.gif}\n"
    )
    frames[0].save(ground.root / "moves.gif", save_all=True, append_images=frames[1:], duration=100)
    told = [item.message for item in ground.plan().problems if item.code == "animated-input"]
    assert told == ["'moves.gif' is an animation, and models take none as an input"] * 3
    assert (ground.sent(), states(ground.plan())) == (0, {"hen#0": "pay"})


def test_what_comes_of_an_animation_is_one(tmp_path: Path) -> None:
    spec = HEAD + "  hen: {prompt: a hen, kind: gif, edits: [at night]}\n  sky: {from: '@hen'}\n"
    spec += "  sea: {from: '@sky', prompt: the sea}\n  air: {from: {asset: hen, processed: true}, prompt: air}\n"
    ground = Ground(tmp_path, spec)
    told = [item.message for item in ground.plan().problems if item.code == "animated-input"]
    assert told == [
        "the picture of step 0 is an animation, and models take none as an input",
        "'@sky' is an animation, and models take none as an input",
    ]
