"""The verbs for intent: what a person decides stays decided, costs nothing, and never leaves the project."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.build.project import Project
from pixmake.build.targets import Target, point
from pixmake.diagnostics import Problem
from pixmake.digest import Digest, sha256_file

ONE = "version: 1\ndefaults: {model: gpt-image-2.5-flare}\nassets:\n  a: {prompt: a heart, variants: 3}\n"
CHAIN = ONE.replace("variants: 3", "edits: [at night]")


def intent(ground: Ground, root: Path | None = None) -> Intent:
    return Intent(ground.project(root=root))


def shown(ground: Ground, name: str = "a") -> str:
    return sha256_file(ground.root / f"assets/{name}.png")


def test_pick_repoints_for_nothing_and_survives_a_reverted_edit(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    first = shown(ground)
    assert ground.sent() == 3
    candidates = intent(ground).candidates("a")
    assert [item.picked for item in candidates] == [True, False, False]
    assert all(item.source == "api" and item.path and item.cost for item in candidates)
    intent(ground).pick("a", 3)
    assert ground.build().exit_code == 0
    second = shown(ground)
    assert second != first
    ground.edit("a heart", "a key")
    ground.build()
    assert ground.sent() == 3
    ground.edit("a key", "a heart")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert shown(ground) == second


def test_a_pick_in_the_spec_is_not_overruled(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("variants: 3", "variants: 3, pick: 2"))
    ground.build()
    lock = (ground.root / "assets.lock").read_text()
    with pytest.raises(Problem) as caught:
        intent(ground).pick("a", 1)
    assert str(caught.value) == (
        "assets.yaml:4:43: error[spec-says]: the spec says 'pick: 2' for 'a'\n"
        "    4 |   a: {prompt: a heart, variants: 3, pick: 2}\n"
        "      |                                           ^\n"
        "help: change or remove it there"
    )
    assert (ground.root / "assets.lock").read_text() == lock


def test_a_pick_beyond_the_pool(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    with pytest.raises(Problem, match="'a#0' has no candidate 4"):
        intent(ground).pick("a", 4)


def test_pick_answers_ask(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("variants: 3", "variants: 2, pick: ask, edits: [at night]"))
    ground.build()
    assert ground.sent() == 2
    intent(ground).pick("a", 2)
    assert states(ground.plan()) == {"a#0": "fresh", "a#1": "pay"}
    assert (ground.build().exit_code, ground.sent()) == (0, 1)


def test_freeze_keeps_and_unfreeze_lets_go(tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN)
    ground.build()
    ground.sent()
    before = shown(ground)
    assert intent(ground).freeze(["a"]) == ["a"]
    ground.edit("a heart", "a black heart")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert shown(ground) == before
    assert intent(ground).unfreeze(["a"]) == ["a"]
    assert (ground.build().exit_code, ground.sent()) == (0, 2)


def test_what_was_never_bought_can_not_be_frozen(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="'a' has no bought picture to keep"):
        intent(Ground(tmp_path, ONE)).freeze(["a"])


def test_a_spec_that_says_frozen_is_not_overruled(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("variants: 3", "frozen: true"))
    ground.build()
    with pytest.raises(Problem, match="the spec says 'frozen: true' for 'a'"):
        intent(ground).unfreeze(["a"])


def test_accept_binds_new_keys_to_the_old_pictures_of_the_whole_chain(tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN + '  b: {from: "@a", prompt: later}\n')
    ground.build()
    assert ground.sent() == 3
    before = shown(ground)
    ground.edit("a heart", "a heart of gold")
    assert states(ground.plan())["a#0"] == "pay"
    assert intent(ground).accept("a") == ["a#0"]
    assert set(states(ground.plan()).values()) == {"fresh"}
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert shown(ground) == before


def test_what_one_project_accepts_or_adopts_no_other_sees(tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN)
    ground.build()
    other = ground.clone("other")
    ground.sent()
    ground.edit("at night", "by night")
    intent(ground).accept("a")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    text = (other / "assets.yaml").read_text().replace("at night", "by night")
    (other / "assets.yaml").write_text(text)
    assert (ground.build(root=other).exit_code, ground.sent()) == (0, 1)


def test_adopt_takes_a_file_of_ones_own_and_builds_on_it(tmp_path: Path) -> None:
    ground = Ground(tmp_path, CHAIN)
    ground.build()
    ground.sent()
    mine = ground.folder / "mine.png"
    Image.new("RGB", (1024, 1024), "purple").save(mine)
    adopted = intent(ground).adopt("a#0", mine)
    assert (adopted.source, adopted.number) == ("human", 2)
    assert states(ground.plan()) == {"a#0": "fresh", "a#1": "pay"}
    ground.build()
    assert ground.sent() == 1
    intent(ground).adopt("a", mine)
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert (ground.root / "assets/a.png").read_bytes() == mine.read_bytes()
    ground.edit("at night", "at dawn")
    ground.build()
    ground.edit("at dawn", "at night")
    ground.sent()
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert (ground.root / "assets/a.png").read_bytes() == mine.read_bytes()


def edited(ground: Ground) -> bytes:
    """Somebody paints over the only output of `a`."""
    path = ground.root / "assets/a.png"
    Image.new("RGB", Image.open(path).size, "teal").save(path)
    return path.read_bytes()


def test_a_file_that_was_painted_over_is_adopted(tmp_path: Path) -> None:
    """The usual way to a picture of one's own: the file that stands there becomes the picture that it was made from."""
    ground = Ground(tmp_path, CHAIN)
    ground.build()
    mine = edited(ground)
    assert (ground.build().exit_code, states(ground.plan())["a#1"]) == (5, "edited")
    ground.sent()
    adopted = intent(ground).adopt("a", ground.root / "assets/a.png")
    assert (adopted.source, adopted.number, adopted.picked) == ("human", 2, True)
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert (ground.root / "assets/a.png").read_bytes() == mine
    assert set(states(ground.plan()).values()) == {"fresh"}


def test_adopt_needs_nothing_of_the_project_once_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that can't be read any more, just then: the picture is adopted all the same."""
    ground = Ground(tmp_path, ONE.replace("a heart", "a heart, references: [style.png]"))
    mine, style = ground.picture("mine.png", (64, 64), "green"), ground.picture("style.png")
    ground.build()

    def point_and_lose(project: Project, target: Target, digest: Digest, variants: Sequence[Digest]) -> None:
        point(project, target, digest, variants)
        style.unlink()

    monkeypatch.setattr("pixmake.build.intent.point", point_and_lose)
    adopted = intent(ground).adopt("a", mine)
    assert (adopted.source, adopted.number, adopted.picked) == ("human", 4, True)
    ground.picture("style.png")
    assert [(item.number, item.picked) for item in intent(ground).candidates("a")] == [
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]


def test_verbs_about_steps_do_not_mind_whose_the_file_is(tmp_path: Path) -> None:
    """Candidates are those that were bought; the file is left alone whatever is chosen."""
    ground = Ground(tmp_path, ONE)
    ground.build()
    mine = edited(ground)
    ground.sent()
    assert [item.picked for item in intent(ground).candidates("a")] == [True, False, False]
    assert intent(ground).pick("a", 2).number == 2
    verbs = intent(ground)
    planned = verbs.reroll("a")
    assert (planned.plan.totals.images, len(planned.before)) == (1, 3)
    assert verbs.project.build(planned.plan, yes=True).exit_code == 5
    fresh = verbs.settle(planned)
    assert fresh is not None and (fresh.number, fresh.picked, ground.sent()) == (4, True, 1)
    with pytest.raises(Problem, match="its pictures fit its spec"):
        intent(ground).accept("a#0")
    assert (ground.root / "assets/a.png").read_bytes() == mine
    assert states(ground.plan()) == {"a#0": "edited"}


def test_adopting_what_is_no_picture(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    page = ground.write("page.png", "<html></html>")
    with pytest.raises(Problem, match="is an HTML page, not a picture"):
        intent(ground).adopt("a", page)


def test_an_edited_file_that_is_accepted_ships_until_its_recipe_changes(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace(", variants: 3", ", size: 64x64"))
    ground.build()
    ground.sent()
    path = ground.root / "assets/a.png"
    Image.new("RGB", (64, 64), "teal").save(path)
    mine = path.read_bytes()
    assert ground.build().exit_code == 5
    assert intent(ground).accept("a") == ["assets/a.png"]
    shutil.rmtree(ground.root / ".pixmake")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert path.read_bytes() == mine
    ground.edit("64x64", "32x32")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert Image.open(path).size == (32, 32)


def test_a_file_that_is_no_whole_picture_is_neither_accepted_nor_adopted(tmp_path: Path) -> None:
    """A pointer of Git LFS at an output's path, a picture cut short: shipped by mistake, both."""
    ground = Ground(tmp_path, ONE.replace(", variants: 3", ", size: 64x64"))
    ground.build()
    path = ground.root / "assets/a.png"
    whole, own = path.read_bytes(), ground.root / "own.png"
    for data in (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", whole[:-20]):
        own.write_bytes(data)
        with pytest.raises(Problem, match="bad-picture"):
            intent(ground).adopt("a", own)
        path.write_bytes(data)
        before = ground.files()
        with pytest.raises(Problem, match="bad-picture"):
            intent(ground).accept("a")
        assert ground.files() == before
        path.write_bytes(whole)


def test_accepting_a_chain_of_which_nothing_was_bought_is_told_plainly(tmp_path: Path) -> None:
    """Its second step has no request yet, and no line in the lock."""
    ground = Ground(tmp_path, CHAIN)
    with pytest.raises(Problem, match="'a' has nothing to accept"):
        intent(ground).accept("a")


def test_forget_drops_the_line_and_deletes_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    ground.sent()
    assert intent(ground).forget(["a"]) == ["a"]
    assert '"asset":"a"' not in (ground.root / "assets.lock").read_text()
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    with pytest.raises(Problem, match="matches nothing"):
        intent(ground).forget(["b"])


def test_reroll_buys_more_for_the_same_request_and_moves_the_pick(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace(", variants: 3", "") + "  b: {prompt: a heart}\n")
    ground.build()
    first = shown(ground)
    assert ground.sent() == 1
    verbs = intent(ground)
    planned = verbs.reroll("a", 2)
    assert planned.plan.totals.images == 2
    assert verbs.project.build(planned.plan, yes=True).exit_code == 0
    assert ground.sent() == 2
    picked = verbs.settle(planned)
    assert picked is not None
    assert picked.number == 2
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert shown(ground) != first
    assert shown(ground, "b") == first


def test_reroll_asks_again_after_a_refusal(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace(", variants: 3", ""))
    ground.painter.script["a heart"] = ["refused"]
    assert ground.build().exit_code == 1
    assert ground.sent() == 1
    assert (ground.build().exit_code, ground.sent()) == (1, 0)
    verbs = intent(ground)
    planned = verbs.reroll("a")
    assert verbs.project.build(planned.plan, yes=True).exit_code == 0
    assert verbs.settle(planned) is not None
    assert (ground.build().exit_code, ground.sent()) == (0, 1)


def test_reroll_with_a_pick_in_the_spec_only_tells_the_number(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("variants: 3", "pick: 1"))
    ground.build()
    first = shown(ground)
    verbs = intent(ground)
    planned = verbs.reroll("a")
    verbs.project.build(planned.plan, yes=True)
    told = verbs.settle(planned)
    assert told is not None
    assert (told.number, told.picked) == (2, False)
    ground.build()
    assert shown(ground) == first


def test_reroll_without_consent_sends_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace(", variants: 3", ""))
    ground.build()
    ground.sent()
    verbs = intent(ground)
    planned = verbs.reroll("a")
    assert verbs.project.build(planned.plan).exit_code == 4
    assert ground.sent() == 0
    assert verbs.settle(planned) is None


def test_restore_writes_over_hand_edits_and_drafts_and_never_pays(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace(", variants: 3", ""))
    ground.build()
    first = shown(ground)
    ground.sent()
    Image.new("RGB", (8, 8), "blue").save(ground.root / "assets/a.png")
    verbs = intent(ground)
    assert verbs.project.build(verbs.restore(["a"]), offline=True).exit_code == 0
    assert shown(ground) == first
    ground.edit("a heart", "a black heart")
    assert ground.build(draft=True, yes=False).exit_code == 0
    assert shown(ground) != first
    verbs = intent(ground)
    verbs.project.build(verbs.restore(["a"]), offline=True)
    assert shown(ground) == first
    assert ground.sent() == 0
    assert states(ground.plan()) == {"a#0": "pay"}


def test_what_was_never_bought_can_not_be_restored(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="'a' has no bought picture to restore"):
        intent(Ground(tmp_path, ONE)).restore(["a"])
