"""Which assets a selector names, in which order actions stand, and rings of assets that need themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.project import Ground, states
from pixmake.diagnostics import Problem
from pixmake.plan.graph import build_graph
from pixmake.spec.asset import AssetInput

HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\n"
SPEC = (
    HEAD
    + """\
assets:
  icons/hen.png: {prompt: a hen, tags: [bird]}
  icons/cow.png: {prompt: a cow, model: n-large}
  icons/small/hen.png: {from: "@icons/hen.png", size: 16x16}
  sky: {prompt: a sky, references: ["@icons/cow.png", refs/straw.png], output: web/sky.png}
  "cast/{{ row.id }}": {rows: cast.csv, prompt: "{{ row.look }}"}
"""
)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    found = Ground(tmp_path, SPEC)
    found.write("cast.csv", "id,look\nelf,an elf\norc,an orc\n")
    found.picture("refs/straw.png")
    return found


HEN, COW, SMALL, SKY = "icons/hen.png", "icons/cow.png", "icons/small/hen.png", "sky"
ELF, ORC = "cast/elf", "cast/orc"

NAMED: dict[str, list[str]] = {
    "sky": [SKY],
    "./sky": [SKY],
    "assets/web/sky.png": [SKY],
    "icons/*": [HEN, COW],
    "icons/**": [HEN, COW, SMALL],
    "**/hen.png": [HEN, SMALL],
    "**": [HEN, COW, SMALL, SKY, ELF, ORC],
    "*": [SKY],
    "s?y": [SKY],
    "s?": [],
    "cast/[eo]*": [ELF, ORC],
    "cast/[!e]*": [ORC],
    "cast/{{ row.id }}": [ELF, ORC],
    "assets/web/*.png": [SKY],
    "tag:bird": [HEN],
    "model:n-*": [COW],
    "model:m": [HEN, SKY, ELF, ORC],
    "uses:refs/*": [SKY],
    "uses:./refs/straw.png": [SKY],
    "row:elf": [],
    "status:pay": [HEN, COW, ELF, ORC],
    "status:waits": [SMALL, SKY],
    "sky,tag:bird": [],
    "icons/**,**/hen.png": [HEN, SMALL],
    "+sky": [COW, SKY],
    "icons/hen.png+": [HEN, SMALL],
    "+icons/**+": [HEN, COW, SMALL, SKY],
    "icons/cow.png+, s*": [SKY],
}


@pytest.mark.parametrize("selector", NAMED)
def test_a_selector_names_these(ground: Ground, selector: str) -> None:
    project = ground.project()
    try:
        found = [asset.name for asset in project.select([selector])]
    except Problem as told:
        assert told.diagnostics[0].code == "no-match"
        found = []
    assert found == NAMED[selector]


def test_a_row_is_named_by_where_it_stands(ground: Ground) -> None:
    rows = {asset.name: asset.row for asset in ground.project().assets}
    assert rows[ELF] and rows[SKY] is None
    assert [asset.name for asset in ground.project().select([f"row:{rows[ELF]}"])] == [ELF]


def test_what_matches_nothing_is_told_with_what_there_is(ground: Ground) -> None:
    def told(selector: str) -> str | None:
        with pytest.raises(Problem) as caught:
            ground.project().select([selector])
        return caught.value.diagnostics[0].help

    shown = "assets here: icons/hen.png, icons/cow.png, icons/small/hen.png, sky, cast/elf, …"
    assert told("skye") == f"did you mean 'sky'? {shown}"
    assert told("qqqqqq") == shown
    assert told("status:lost") == "nothing is in that state"
    assert told("cow.png") == f"did you mean 'icons/cow.png'? {shown}"
    assert told("tag:brid") == "did you mean 'tag:bird'? tags here: bird"
    assert told("model:zzz") == "models here: m, n-large"
    assert told("uses:refs/stra.png") == "did you mean 'uses:refs/straw.png'? input files here: refs/straw.png"
    assert told("status:pai") == "did you mean 'status:pay'? states here: fresh, stale, pay, waits, sent, …"
    assert told("row:cast.csv:9") == "did you mean 'row:cast.csv:3'? rows here: cast.csv:2, cast.csv:3"
    ground.write("assets.yaml", HEAD)
    assert told("sky") == "the spec has no assets"


def test_only_what_was_selected_and_what_it_needs_is_bought(ground: Ground) -> None:
    assert ground.build("sky").exit_code == 0
    assert sorted(ground.painter.prompts) == ["a cow", "a sky"]
    assert set(states(ground.plan())) == {f"{name}#0" for name in (HEN, COW, SKY, ELF, ORC)} | {SMALL}


# --- order and rings -------------------------------------------------------------------------------------------------


def test_needs_stand_before_their_users_whatever_the_spec_s_order(tmp_path: Path) -> None:
    spec = HEAD + "assets:\n  d: {from: '@c', prompt: d}\n  c: {from: '@b', prompt: c, references: ['@a']}\n"
    spec += "  b: {prompt: b, edits: [bb]}\n  a: {prompt: a}\n  e: {from: '@d'}\n"
    ground = Ground(tmp_path, spec)
    order = [node for node in ground.project().graph.order if node[1] is not None]
    assert order == [("b", 0), ("b", 1), ("a", 0), ("c", 0), ("d", 0)] or order.index(("c", 0)) > order.index(("a", 0))
    for node in ground.project().graph.order:
        place = ground.project().graph.order.index(node)
        assert all(
            ground.project().graph.order.index(need) < place for need in ground.project().graph.actions[node].needs
        )
    ground.painter.concurrency = 1
    assert ground.build().exit_code == 0
    prompts = ground.painter.prompts
    assert prompts.index("bb") < prompts.index("c") < prompts.index("d") and prompts.index("a") < prompts.index("c")


def ring(folder: Path, **links: str) -> str:
    """What is told of a graph of assets, each of which is made from another. (A spec with a ring is refused before.)"""
    text = HEAD + "assets:\n" + "".join(f"  {name}: {{from: base.png, prompt: {name}}}\n" for name in links)
    ground = Ground(folder, text)
    ground.picture("base.png")
    assets = ground.project().assets
    with pytest.raises(Problem) as caught:
        build_graph(replace(asset, origin=AssetInput(asset=links[asset.name], span=asset.span)) for asset in assets)
    return str(caught.value)


def test_a_ring_is_told_with_the_place_of_each_link(tmp_path: Path) -> None:
    assert ring(tmp_path, a="b", b="c", c="a") == (
        "assets.yaml:4:3: error[cycle]: 'a' needs itself: a → b → c → a\n"
        "    4 |   a: {from: base.png, prompt: a}\n"
        "      |   ^\n"
        "note: assets.yaml:5:3: 'b' uses 'c' here\n"
        "    5 |   b: {from: base.png, prompt: b}\n"
        "      |   ^\n"
        "note: assets.yaml:6:3: 'c' uses 'a' here\n"
        "    6 |   c: {from: base.png, prompt: c}\n"
        "      |   ^\n"
        "help: take one of these links out, or use a file in its place"
    )


def test_an_asset_that_needs_itself(tmp_path: Path) -> None:
    assert "'a' needs itself: a → a\n" in ring(tmp_path, a="a")


def test_what_leads_to_a_ring_is_none_of_it(tmp_path: Path) -> None:
    assert "'b' needs itself: b → c → b\n" in ring(tmp_path, a="b", b="c", c="b")


def test_an_earlier_step_of_its_own_is_no_ring(tmp_path: Path) -> None:
    spec = HEAD + "assets:\n  a: {prompt: x, edits: [y, {prompt: z, references: [{asset: a, step: 0}]}]}\n"
    ground = Ground(tmp_path, spec)
    assert ground.build().exit_code == 0
    first, second = ground.painter.calls[-1].pictures
    assert first.path != second.path
