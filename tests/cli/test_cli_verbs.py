"""`pick`, `reroll`, `accept`, `adopt`, `freeze`, `unfreeze`, `restore`, `forget`, `mask`: what they say, bind and cost."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from fakes.shell import HEAD, Said, Shell
from pixmake.cli.console import Console
from pixmake.cli.progress import Live
from pixmake.events import BuildStarted, StepFinished, StepStarted

THREE = HEAD + "assets:\n  a.png: {prompt: a heart, variants: 3}\n"
CHAIN = HEAD + "assets:\n  a.png: {prompt: a heart, edits: [at night]}\n"
ONE = HEAD + "assets:\n  a.png: {prompt: a heart}\n"


def built(shell: Shell, text: str) -> None:
    """A project whose pictures are all bought."""
    shell.write(text)
    assert shell.run("build", "--yes").code == 0


def calm(said: Said) -> tuple[int, str, str]:
    """What was said, without times and store paths."""
    out = re.sub(r"\S*/cas/\S*", "CAS", re.sub(r"\d{4}-\d\d-\d\d", "DAY", said.out))
    return said.code, out, re.sub(r", \d+\.\d s$", ", T s", said.err, flags=re.MULTILINE)


# --- pick -------------------------------------------------------------------------------------------------------------


def test_pick_lists_and_chooses(shell: Shell) -> None:
    built(shell, THREE)
    assert calm(shell.run("pick", "a.png")) == (
        0,
        (
            "a.png#0: 3 candidates\n"
            "  1  picked  1024x1024  $0.04  DAY  CAS\n"
            "  2          1024x1024  $0.04  DAY  CAS\n"
            "  3          1024x1024  $0.04  DAY  CAS\n"
        ),
        "next: pixmake pick a.png N\n",
    )
    first = (shell.root / "assets/a.png").read_bytes()
    assert calm(shell.run("pick", "a.png", "3")) == (
        0,
        "a.png#0: candidate 3 of 3 is picked\n",
        "next: pixmake build a.png\n",
    )
    body = shell.run("pick", "a.png", "--json").body
    assert (body["asset"], body["step"], body["picked"]) == ("a.png", 0, 3)
    assert shell.run("build").code == 0
    third = (shell.root / "assets/a.png").read_bytes()
    assert third != first
    assert third == Path(body["candidates"][2]["file"]).read_bytes()
    assert len(shell.calls) == 1


def test_pick_before_anything_was_bought(shell: Shell) -> None:
    shell.write(THREE)
    assert calm(shell.run("pick", "a.png")) == (
        0,
        "a.png#0: no candidates: never bought\n",
        "next: pixmake build a.png --max-cost 0.12\n",
    )
    said = shell.run("pick", "a.png", "1")
    assert (said.code, said.err) == (
        2,
        "error[no-candidate]: 'a.png#0' has no candidate 1\nhelp: nothing was bought for it yet: build first\n",
    )


def test_pick_beyond_the_pool(shell: Shell) -> None:
    built(shell, THREE)
    assert (shell.run("pick", "a.png", "4").code, shell.run("pick", "a.png", "4").err) == (
        2,
        "error[no-candidate]: 'a.png#0' has no candidate 4\nhelp: it has 3: `pixmake pick a.png#0` lists them\n",
    )
    assert shell.run("pick", "a.png", "0").code == 2


def test_a_pick_in_the_spec_against_the_verb(shell: Shell) -> None:
    built(shell, THREE.replace("variants: 3", "variants: 3, pick: 2"))
    lock = (shell.root / "assets.lock").read_bytes()
    said = shell.run("pick", "a.png", "1")
    assert said.code == 2
    assert said.err == (
        "assets.yaml:5:47: error[spec-says]: the spec says 'pick: 2' for 'a.png'\n"
        "    5 |   a.png: {prompt: a heart, variants: 3, pick: 2}\n"
        "      |                                               ^\n"
        "help: change or remove it there\n"
    )
    assert (shell.root / "assets.lock").read_bytes() == lock
    assert shell.run("pick", "a.png").err == "next: pixmake reroll 'a.png#0'\n"


def test_what_waits_for_a_pick_says_so_and_goes_on_after_it(shell: Shell) -> None:
    shell.write(THREE + '  b.png: {from: "@a.png", prompt: with a hat}\n')
    said = shell.run("build", "--yes")
    assert (said.code, said.err.splitlines()[-1]) == (3, "next: pixmake pick 'a.png#0'")
    assert shell.run("plan").err == "next: pixmake pick 'a.png#0'\n"
    assert shell.run("pick", "a.png").out.startswith("a.png#0: 3 candidates, none of them picked\n")
    assert "help: `pixmake pick 'a.png#0'` lists the candidates" in shell.run("explain", "a.png").out
    assert shell.run("pick", "a.png", "2").err == "next: pixmake build a.png+ --max-cost 0.04\n"
    assert shell.run("build", "a.png+", "--max-cost", "0.04").code == 0
    assert shell.calls == ["a heart", "with a hat"]


def test_pick_settles_a_merge(shell: Shell) -> None:
    built(shell, THREE)
    lock = shell.root / "assets.lock"
    head, line = lock.read_text("utf-8").splitlines()
    assert shell.run("pick", "a.png", "2").code == 0
    other = lock.read_text("utf-8").splitlines()[1]
    lock.write_text(f"{head}\n{line}\n{other}\n", "utf-8")
    assert shell.run("status").err == "next: pixmake pick a.png\n"
    assert "help: `pixmake pick a.png` lists the candidates; with a number" in shell.run("explain", "a.png").out
    assert shell.run("pick", "a.png").out.startswith("a.png#0: 3 candidates, none of them picked\n")
    assert shell.run("pick", "a.png", "2").code == 0
    assert lock.read_text("utf-8").splitlines() == [head, other]
    assert shell.run("build").code == 0


def test_an_asset_is_also_known_by_its_path_from_here(shell: Shell) -> None:
    built(shell, THREE)
    shell.go(shell.root / "assets")
    assert shell.run("pick", "a.png", "2").code == 0
    assert shell.run("pick", "../assets/a.png#0").err == "next: pixmake pick '../assets/a.png#0' N\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["pick", "nosuch"], "error[no-match]: the selector 'nosuch' matches nothing"),
        (["pick", "*"], "error[several-assets]: '*' names 2 assets"),
        (["pick", "a.png#7"], "error[no-step]: 'a.png' has no step '7'"),
        (["pick", "a.png#"], "error[no-step]: 'a.png' has no step ''"),
        (["pick", "b.png"], "error[no-steps]: 'b.png' has no paid step: it is derived from another picture"),
        (["reroll", "a.png", "-n", "0"], "error[usage]: 0 is not in the range 1<=x<=64"),
        (["pick"], "error[usage]: missing argument 'ASSET[#STEP]'"),
    ],
)
def test_targets_that_are_none(shell: Shell, words: list[str], text: str) -> None:
    shell.write(ONE + '  b.png: {from: "@a.png"}\n')
    said = shell.run(*words)
    assert (said.code, said.err.splitlines()[0]) == (2, text)


# --- reroll -----------------------------------------------------------------------------------------------------------


def test_reroll_shows_the_price_buys_and_picks(shell: Shell) -> None:
    built(shell, ONE + "  b.png: {prompt: a heart}\n")
    old = (shell.root / "assets/b.png").read_bytes()
    assert calm(shell.run("reroll", "a.png", "--max-cost", "0.04")) == (
        0,
        "a.png#0: candidate 2 of 2 is picked\n",
        (
            "a.png#0: 1 more image, $0.04\n"
            "[1/1] done a.png ($0.04)\n"
            "bought: a.png ($0.04): more variants\n"
            "made 1 image, spent $0.04, T s\n"
            "next: pixmake build a.png\n"
        ),
    )
    assert len(shell.calls) == 2
    assert shell.run("build").code == 0
    assert (shell.root / "assets/b.png").read_bytes() == old, "who shares the request keeps its picture"
    assert (shell.root / "assets/a.png").read_bytes() != old
    assert len(shell.calls) == 2


def test_reroll_without_consent_sends_nothing(shell: Shell) -> None:
    built(shell, ONE)
    assert calm(shell.run("reroll", "a.png", "-n", "2")) == (
        4,
        "",
        (
            "a.png#0: 2 more images, $0.08\n"
            "held: a.png ($0.08): nobody agreed to pay\n"
            "nothing was made\n"
            "next: pixmake reroll a.png -n 2 --max-cost 0.08\n"
        ),
    )
    assert shell.run("reroll", "a.png", "--max-cost", "0.03").code == 4
    assert len(shell.calls) == 1


def test_reroll_asks_on_a_terminal(shell: Shell) -> None:
    built(shell, ONE)
    code, text = shell.terminal(b"\n", "reroll", "a.png")
    assert code == 4 and "pay $0.04? [y/N]" in text and len(shell.calls) == 1
    code, text = shell.terminal(b"y\n", "reroll", "a.png")
    assert code == 0 and "a.png#0: candidate 2 of 2 is picked" in text and len(shell.calls) == 2


def test_reroll_never_raises_a_budget(shell: Shell) -> None:
    built(shell, ONE)
    shell.edit("version: 1", "version: 1\nbudget: {per_build: 0.03}")
    assert shell.run("reroll", "a.png", "--yes").code == 4
    shell.edit("per_build: 0.03", "per_day: 0.07")
    assert shell.run("reroll", "a.png", "--yes").code == 4, "$0.04 of the day are gone"
    assert len(shell.calls) == 1


def test_reroll_without_a_key(shell: Shell) -> None:
    built(shell, ONE)
    shell.environment(COUNTING_OBSTACLE="set COUNTING_KEY")
    said = shell.run("reroll", "a.png", "--yes")
    assert said.code == 4 and "help: set COUNTING_KEY" in said.err and "next:" not in said.err
    assert len(shell.calls) == 1


def test_reroll_with_a_pick_in_the_spec_only_says_the_number(shell: Shell) -> None:
    built(shell, ONE.replace("a heart", "a heart, pick: 1"))
    said = shell.run("reroll", "a.png", "--yes")
    assert (said.code, said.out) == (0, "a.png#0: candidate 2 of 2 is not picked\n")
    assert "the spec says 'pick: 1': write 2 there to use it" in said.err


def test_reroll_asks_again_after_an_unknown_call_and_takes_its_place(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: {prompt: an owl}}\n")
    shell.script(owl=["unknown"])
    said = shell.run("build", "--yes")
    assert said.code == 5
    assert "perhaps $0.04 for calls without an answer" in said.err
    assert said.err.splitlines()[-1] == "next: pixmake explain a.png"
    explained = shell.run("explain", "a.png").out
    assert "perhaps billed at $0.04: no answer came" in explained and "`pixmake reroll a.png` sends it" in explained
    assert "unknown   sent " in shell.run("show", "a.png").out
    assert shell.run().out.endswith("1 call without an answer: perhaps billed, $0.04\n")
    shell.script()
    assert shell.run("reroll", "a.png", "--max-cost", "0.04").code == 0
    assert shell.run("status", "--json").body["unknown"] == []
    assert calm(shell.run("build")) == (0, "", "nothing to do\n")
    assert shell.calls == ["an owl", "an owl"]


def test_reroll_asks_again_after_a_refusal_and_tells_another(shell: Shell) -> None:
    shell.write(HEAD + "assets: {a.png: {prompt: a wasp}}\n")
    shell.script(wasp=["refused*"])
    assert shell.run("build", "--yes").code == 1
    said = shell.run("reroll", "a.png", "--yes")
    assert (said.code, said.out) == (1, "")
    assert "error[refused]" in said.err and said.err.splitlines()[-1] == "next: pixmake explain a.png"
    assert len(shell.calls) == 2


def test_a_reroll_in_mid_chain_leaves_the_rest_to_be_bought(shell: Shell) -> None:
    built(shell, CHAIN)
    said = shell.run("reroll", "a.png#0", "--yes")
    assert said.code == 0
    assert said.err.splitlines()[-1] == "next: pixmake build a.png --max-cost 0.04"
    assert shell.calls == ["a heart", "at night", "a heart"]


def test_reroll_of_a_frozen_asset(shell: Shell) -> None:
    built(shell, ONE)
    assert shell.run("freeze", "a.png").code == 0
    shell.edit("a heart", "a stone")
    assert shell.run("build", "--yes").code == 0
    assert shell.run("reroll", "a.png", "--yes").out == "a.png#0: candidate 1 of 1 is picked\n"
    assert shell.calls == ["a heart", "a stone"]


# --- accept, adopt ----------------------------------------------------------------------------------------------------


def test_accept_binds_the_picture_to_the_new_wording(shell: Shell) -> None:
    built(shell, CHAIN)
    shell.edit("a heart", "a heart of gold")
    assert calm(shell.run("accept", "a.png")) == (0, "a.png#0\n", "")
    assert calm(shell.run("build")) == (0, "", "nothing to do\n")
    said = shell.run("accept", "a.png")
    assert (said.code, said.err) == (
        2,
        "error[nothing-to-accept]: 'a.png' has nothing to accept: its pictures fit its spec\n",
    )


def test_accept_of_many_passes_over_what_fits(shell: Shell) -> None:
    built(shell, ONE + "  b.png: {prompt: a key}\n  c.png: {prompt: a hen}\n")
    shell.edit("a key", "an old key")
    shell.edit("a hen", "an old hen")
    assert shell.run("accept", "*").out == "b.png#0\nc.png#0\n"
    assert len(shell.calls) == 3 and shell.run("build").code == 0 and len(shell.calls) == 3
    assert shell.run("accept", "*").code == 2


def test_accept_ships_an_edited_file(shell: Shell) -> None:
    built(shell, ONE)
    mine = shell.picture("assets/a.png")
    said = shell.run("build")
    assert (said.code, said.err.splitlines()[-1]) == (5, "next: pixmake explain a.png")
    explained = " ".join(shell.run("explain", "a.png").out.split())
    assert "`pixmake restore a.png` writes the picture over it, `pixmake accept a.png` ships the file" in explained
    data = mine.read_bytes()
    assert calm(shell.run("accept", "a.png")) == (0, "assets/a.png\n", "")
    assert shell.run("build").code == 0 and mine.read_bytes() == data


def test_adopt_takes_a_file_of_ones_own(shell: Shell) -> None:
    built(shell, CHAIN)
    mine = shell.picture("art/mine.png", (1024, 1024))
    shell.go(shell.root / "art")
    assert calm(shell.run("adopt", "a.png#0", "mine.png")) == (
        0,
        "a.png#0: candidate 2 of 2 is picked\n",
        "next: pixmake build a.png --max-cost 0.04\n",
    )
    body = shell.run("adopt", "a.png", "mine.png", "--json").body
    assert (body["step"], body["candidate"]["number"], body["candidate"]["source"]) == (1, 1, "human")
    assert shell.run("build").code == 0
    assert (shell.root / "assets/a.png").read_bytes() == mine.read_bytes()
    assert len(shell.calls) == 2


def test_adopt_takes_the_file_that_was_painted_over(shell: Shell) -> None:
    built(shell, CHAIN)
    mine = shell.picture("assets/a.png", (1024, 1024)).read_bytes()
    assert shell.run("pick", "a.png").out.splitlines()[0].startswith("a.png#1")
    assert calm(shell.run("adopt", "a.png", "assets/a.png")) == (0, "a.png#1: candidate 2 of 2 is picked\n", "")
    assert calm(shell.run("build"))[0] == 0
    assert (shell.root / "assets/a.png").read_bytes() == mine
    assert len(shell.calls) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.png", "error[bad-picture]: 'page.png' is an HTML page, not a picture"),
        ("nosuch.png", "error[unreadable-file]: 'nosuch.png' can't be read: No such file or directory"),
    ],
)
def test_adopting_what_is_no_picture(shell: Shell, name: str, text: str) -> None:
    shell.write(ONE)
    shell.write("<html></html>", "page.png")
    said = shell.run("adopt", "a.png", name)
    assert (said.code, said.err.splitlines()[0]) == (2, text)


# --- freeze, unfreeze, forget, restore ----------------------------------------------------------------------------------


def test_freeze_holds_and_unfreeze_lets_go(shell: Shell) -> None:
    built(shell, ONE)
    assert calm(shell.run("freeze", "a.png")) == (0, "a.png\n", "froze 1 asset\n")
    assert "  a.png  frozen\n" in shell.run("status").out
    assert "  frozen: its bought picture stays until somebody names it\n" in shell.run("explain", "a.png").out
    assert "  frozen    yes\n" in shell.run("show", "a.png").out
    assert shell.run("status", "--json").body["assets"][0]["frozen"] is True
    shell.edit("a heart", "a stone")
    assert shell.run("build", "--yes").code == 0 and len(shell.calls) == 1
    assert calm(shell.run("unfreeze", "a.png")) == (
        0,
        "a.png\n",
        "let 1 asset go\nnext: pixmake build a.png --max-cost 0.04\n",
    )
    assert calm(shell.run("unfreeze", "a.png")) == (
        0,
        "",
        "none is frozen\n",
    )


def test_freeze_against_the_spec_and_before_anything_was_bought(shell: Shell) -> None:
    shell.write(ONE)
    said = shell.run("freeze", "a.png")
    assert (said.code, said.err) == (
        2,
        "error[nothing-bought]: 'a.png' has no bought picture to keep\nhelp: build it first\n",
    )
    built(shell, ONE.replace("a heart", "a heart, frozen: true"))
    said = shell.run("unfreeze", "a.png")
    assert said.code == 2 and "error[spec-says]: the spec says 'frozen: true' for 'a.png'" in said.err


def test_forget_drops_lines_of_assets_and_orphans(shell: Shell) -> None:
    built(shell, ONE + "  b.png: {prompt: a key}\n")
    shell.edit("  b.png: {prompt: a key}\n", "")
    assert calm(shell.run("forget", "b.png")) == (0, "b.png\n", "forgot 1 lock line\n")
    assert '"b.png"' not in (shell.root / "assets.lock").read_text("utf-8")
    assert shell.run("forget", "a.png").code == 0
    said = shell.run("forget", "a.png")
    assert (said.code, said.err) == (
        2,
        "error[no-lock-line]: the lock has no line for 'a.png'\nhelp: nothing is left to forget\n",
    )
    assert shell.run("build").code == 0
    assert '"a.png"' in (shell.root / "assets.lock").read_text("utf-8"), "bound again, for nothing"
    assert len(shell.calls) == 2
    assert shell.run("forget", "nosuch").code == 2


def test_restore_writes_over_hand_edits_and_drafts_and_never_pays(shell: Shell) -> None:
    built(shell, ONE)
    path = shell.root / "assets/a.png"
    bought = path.read_bytes()
    shell.picture("assets/a.png")
    assert calm(shell.run("restore", "a.png")) == (
        0,
        "assets/a.png\n",
        "[1/1] done a.png → assets/a.png\nwrote 1 file, T s\n",
    )
    assert path.read_bytes() == bought
    assert calm(shell.run("restore", "a.png")) == (0, "", "nothing to do\n")
    shell.edit("a heart", "a stone")
    assert shell.run("build", "--draft").code == 0
    assert path.read_bytes() != bought
    said = shell.run("restore", "a.png")
    assert (said.code, said.out) == (0, "assets/a.png\n")
    assert said.err.splitlines()[-1] == "next: pixmake build a.png --max-cost 0.04"
    assert path.read_bytes() == bought and len(shell.calls) == 1


def test_restore_of_what_was_never_bought(shell: Shell) -> None:
    shell.write(ONE)
    said = shell.run("restore", "a.png")
    assert said.code == 2 and said.err.startswith("error[nothing-bought]: 'a.png' has no bought picture to restore")


# --- mask -------------------------------------------------------------------------------------------------------------


def test_mask_writes_the_picture_and_a_mask_that_marks_nothing(shell: Shell) -> None:
    built(shell, CHAIN)
    assert calm(shell.run("mask", "a.png#1", "masks/window.png")) == (
        0,
        "masks/window.parent.png\nmasks/window.png\n",
        (
            "both are 1024x1024: erase from the mask what is to be painted anew\n"
            "then write 'mask: masks/window.png' at a.png#1 in the spec\n"
            "next: pixmake plan a.png\n"
        ),
    )
    first = Path(shell.run("pick", "a.png#0", "--json").body["candidates"][0]["file"]).read_bytes()
    assert (shell.root / "masks/window.parent.png").read_bytes() == first
    with Image.open(shell.root / "masks/window.png") as mask:
        assert (mask.mode, mask.size, mask.getchannel("A").getextrema()) == ("RGBA", (1024, 1024), (255, 255))


def test_a_painted_mask_fits_and_is_never_overwritten(shell: Shell) -> None:
    built(shell, CHAIN)
    assert shell.run("mask", "a.png").out == "a-1.parent.png\na-1.mask.png\n"
    assert shell.run("mask", "a.png").code == 0, "both stand as they were written"
    path = shell.root / "a-1.mask.png"
    with Image.open(path) as image:
        image.paste((0, 0, 0, 0), (0, 0, 99, 99))
        image.save(path)
    painted = path.read_bytes()
    said = shell.run("mask", "a.png")
    assert (said.code, said.err) == (
        2,
        "error[file-taken]: 'a-1.mask.png' is there already\nhelp: name another file, or move that one away\n",
    )
    assert path.read_bytes() == painted
    shell.edit("[at night]", "[{prompt: at night, mask: a-1.mask.png}]")
    plan = shell.run("plan", "a.png")
    assert (plan.code, plan.err) == (0, "next: pixmake build a.png --max-cost 0.04\n")


def test_a_foreign_file_beside_the_mask_is_left_alone_and_nothing_is_written(shell: Shell) -> None:
    built(shell, CHAIN)
    shell.write("mine", "m.parent.png")
    assert "error[file-taken]: 'm.parent.png' is there already" in shell.run("mask", "a.png", "m.png").err
    assert not (shell.root / "m.png").exists() and (shell.root / "m.parent.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["a.png#0"],
            "error[nothing-to-mask]: 'a.png#0' edits no picture, so it takes no mask\nhelp: steps that edit one: a.png#1\n",
        ),
        (
            ["b.png"],
            (
                "error[nothing-to-mask]: 'b.png#0' edits no picture, so it takes no mask\n"
                "help: a mask belongs to `edits`, or to `from`\n"
            ),
        ),
        (
            ["a.png"],
            "error[not-ready]: the picture that 'a.png#1' edits is not there yet: waits until 'a.png#0' is bought\n",
        ),
        (
            ["a.png", "m.jpg"],
            "error[mask-format]: 'm.jpg' can't be a mask\nhelp: masks are PNG files: end the name in .png\n",
        ),
    ],
)
def test_steps_and_names_that_take_no_mask(shell: Shell, words: list[str], text: str) -> None:
    shell.write(CHAIN + "  b.png: a key\n")
    said = shell.run("mask", *words)
    assert (said.code, said.err) == (2, text)
    assert sorted(shell.files()) == ["assets.yaml"]


def test_a_mask_for_a_file_of_the_user(shell: Shell) -> None:
    photo = shell.picture("photo.png", (320, 200))
    shell.write(HEAD + "assets: {a.png: {from: photo.png, prompt: at night}}\n")
    body = shell.run("mask", "a.png", "--json").body
    assert (body["width"], body["height"]) == (320, 200)
    assert (shell.root / body["picture"]).read_bytes() == photo.read_bytes()


# --- what builds say of money ---------------------------------------------------------------------------------------------


def test_a_build_says_what_was_bought_and_why(shell: Shell) -> None:
    built(shell, HEAD.replace("ink-1", "ink-1, quality: low") + "assets: {a.png: a hen, b.png: {prompt: a cock}}\n")
    shell.edit("quality: low", "quality: high")
    shell.edit("a.png: a hen,", "a.png: a hen, c.png: an egg,")
    assert calm(shell.run("build", "--max-cost", "0.08", "-j", "1"))[2].splitlines()[2:] == [
        "bought: a.png ($0.04): defaults.quality low→high",
        "bought: c.png ($0.04): never bought before",
        "held: b.png ($0.04): the budget does not reach",
        "made 2 images, wrote 2 files, spent $0.08, T s",
        "next: pixmake build --max-cost 0.04",
    ]


def test_where_a_budget_of_the_spec_does_not_reach_no_consent_is_asked_for(shell: Shell) -> None:
    shell.write(ONE.replace("version: 1", "version: 1\nbudget: {per_build: 0.03}"))
    text = "budget.per_build is $0.03, the cheapest picture $0.04: raise it in the spec"
    said = shell.run("build")
    assert (said.code, said.err.splitlines()[-1]) == (4, text)
    assert shell.run("plan").err == ""
    shell.edit("per_build: 0.03", "per_build: 0.05")
    shell.edit("a.png: {prompt: a heart}", "a.png: {prompt: a heart}\n  b.png: {prompt: a key}")
    assert shell.run("plan").err == "next: pixmake build\n"
    assert shell.run("build").err.splitlines()[-1] == "next: pixmake build"
    shell.edit("per_build: 0.05", "per_day: 0.07")
    text = "budget.per_day leaves $0.03 for today (UTC): raise it in the spec, or go on tomorrow"
    assert shell.run("build", "--yes").err.splitlines()[-1] == text
    assert shell.run("reroll", "a.png", "--yes").err.splitlines()[-1] == text
    assert shell.calls == ["a heart"]


@pytest.mark.parametrize(
    ("columns", "texts"),
    [
        (
            "140",
            [
                "$0.00 spent, $0.00 reserved, ≤ $0.12 to go, budget $1.00",
                "$0.00 spent, $0.08 reserved, ≤ $0.04 to go, budget $1.00",
                "$0.03 spent, $0.04 reserved, ≤ $0.04 to go, budget $1.00",
                "$0.03 spent, $0.04 reserved, ≤ $0.04 to go, budget $1.00",
            ],
        ),
        (
            "80",
            ["$0.00 of ≤ $0.12", "$0.00+$0.08 of ≤ $0.12", "$0.03+$0.04 of ≤ $0.11", "$0.03+$0.04 of ≤ $0.11"],
        ),
    ],
)
def test_the_bar_shows_spent_reserved_left_and_the_budget(
    monkeypatch: pytest.MonkeyPatch, columns: str, texts: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    live = Live(Console())
    seen = []
    with live:
        live(BuildStarted(total=0, images=3, high=Decimal("0.12"), budget=Decimal(1)))
        seen.append(live._money())
        for name in ("a", "b"):
            live(StepStarted(asset=name, step=0, provider="ink", at=0, lane=0, price=Decimal("0.04")))
        seen.append(live._money())
        for name, result, cost in (("a", "made", "0.03"), ("b", "unknown", "0.04")):
            live(
                StepFinished(asset=name, step=0, result=result, message=None, cost=Decimal(cost), began=0, at=1, lane=0)
            )
            seen.append(live._money())
    assert seen == texts
