"""The whole way from spec to files, with a provider that counts and never returns the same picture twice."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from fakes.counting import CountingProvider
from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.diagnostics import Problem
from pixmake.digest import sha256_file
from pixmake.imaging import alpha, encode
from pixmake.imaging.marks import read_draft_mark
from pixmake.store.lockfile import read

SIXTY = """
version: 1
vars: {style: flat vector}
defaults: {model: gpt-image-2.5-flare, template: "{{ prompt }}, {{ style }}"}
assets:
  "icons/{{ thing }}-{{ tone }}.png":
    matrix: {thing: [heart, key, potion, coin, gem, torch, scroll, shield], tone: [gold, iron, jade, ruby, plain]}
    prompt: "a {{ tone }} {{ thing }}"
    size: 64x64
  "cast/{{ row.id }}":
    rows: cast.csv
    prompt: "{{ row.look }}"
    size: 256x256
  "cast/{{ row.id }}-poses":
    rows: cast.csv
    from: "@cast/{{ row.id }}"
    prompt: poses
    size: 256x256
  hero:
    prompt: a castle
    size: 512x320
    variants: 2
    pick: 1
    edits:
      - at night
      - {prompt: add a dragon, mask: {rect: [0.5, 0, 0.5, 0.5]}}
    outputs:
      - {path: "img/hero-{{ width }}.{{ format }}", widths: [160, 320], formats: [png, webp]}
  banner: {prompt: a banner, size: 640x64, references: [{path: refs/style.png, role: palette}]}
  thumb: {from: "@hero", size: 96x96}
  masked:
    from: refs/base.png
    prompt: a window
    mask: refs/mask.png
    size: 1024x1024
"""
CAST = "id,look\n" + "".join(f"c{number},creature number {number}\n" for number in range(7))
IMAGES = 40 + 7 + 7 + (2 + 1 + 1) + 1 + 1
REQUESTS = IMAGES - 1  # the hero's two variants share one


@pytest.fixture
def sixty(tmp_path: Path) -> Ground:
    ground = Ground(tmp_path, SIXTY)
    ground.write("cast.csv", CAST)
    ground.picture("refs/style.png", (32, 32), "orange")
    ground.picture("refs/base.png", (1024, 1024), "navy")
    ground.mask("refs/mask.png", (1024, 1024), (256, 256, 512, 512))
    return ground


def test_sixty_assets_are_made_as_planned_and_then_never_again(sixty: Ground) -> None:
    plan = sixty.plan()
    assert (plan.totals.images, plan.totals.requests) == (IMAGES, REQUESTS)
    report = sixty.build()
    assert report.exit_code == 0
    assert report.made == IMAGES
    assert len(sixty.painter.calls) == REQUESTS
    assert sixty.sent() == IMAGES
    assert report.spent == IMAGES * Decimal("0.04")
    assert set(states(sixty.plan()).values()) == {"fresh"}
    before = sixty.files()
    again = sixty.build()
    assert (again.exit_code, again.made, again.written, sixty.sent()) == (0, 0, (), 0)
    assert sixty.files() == before


def test_free_changes_cost_nothing(sixty: Ground) -> None:
    sixty.build()
    assert sixty.sent() == IMAGES
    first = sixty.files()

    sixty.write(
        "assets.yaml", "# a comment\n" + SIXTY.replace("vars: {style: flat vector}", "vars:\n  style:   flat vector")
    )
    assert (sixty.build().made, sixty.sent()) == (0, 0)

    shutil.rmtree(sixty.root / ".pixmake")
    assert (sixty.build().written, sixty.sent()) == ((), 0)

    shutil.rmtree(sixty.root / "assets")
    assert sixty.build().exit_code == 0
    assert sixty.sent() == 0
    restored = sixty.files()
    assert {name: data for name, data in restored.items() if name.endswith("png")} == {
        name: data for name, data in first.items() if name.endswith("png")
    }

    sixty.edit("hero:\n", "heroine:\n")
    sixty.edit('"@hero"', '"@heroine"')
    assert (sixty.build().exit_code, sixty.sent()) == (0, 0)
    lock = (sixty.root / "assets.lock").read_text()
    assert '"asset":"heroine"' in lock
    assert '"asset":"hero"' not in lock

    sixty.edit("img/hero-", "pictures/hero-")
    assert (sixty.build().exit_code, sixty.sent()) == (0, 0)
    assert (sixty.root / "assets/pictures/hero-320.webp").exists()

    (sixty.root / "refs/style.png").rename(sixty.root / "refs/look.png")
    sixty.edit("refs/style.png", "refs/look.png")
    assert (sixty.build().exit_code, sixty.sent()) == (0, 0)


def test_one_changed_prompt_makes_exactly_what_hangs_on_it_and_reverting_is_free(sixty: Ground) -> None:
    sixty.build()
    first = sixty.files()
    sixty.sent()
    sixty.edit("c3,creature number 3", "c3,a red creature", "cast.csv")
    plan = sixty.plan()
    assert {name: state for name, state in states(plan).items() if state != "fresh"} == {
        "cast/c3#0": "pay",
        "cast/c3-poses#0": "waits",
    }
    assert [group.cause for group in plan.groups] == ["prompt ‘creature number 3,’→‘a red creature,’"]
    sixty.build()
    assert sorted(sixty.painter.prompts) == ["a red creature, flat vector", "poses, flat vector"]
    sixty.sent()
    sixty.write("cast.csv", CAST)
    assert (sixty.build().exit_code, sixty.sent()) == (0, 0)
    assert sixty.files() == first


def test_an_edit_in_mid_chain_keeps_the_prefix(sixty: Ground) -> None:
    sixty.build()
    sixty.sent()
    sixty.edit("- at night", "- at dawn")
    sixty.build()
    assert [prompt.split(",")[0] for prompt in sixty.painter.prompts] == ["at dawn", "add a dragon"]


def test_a_fresh_clone_with_lock_and_store_pays_nothing(sixty: Ground) -> None:
    sixty.build()
    sixty.sent()
    clone = sixty.clone("clone")
    assert (sixty.build(root=clone).exit_code, sixty.sent()) == (0, 0)
    assert sixty.files(clone) == sixty.files()


def test_a_fence_keeps_every_pixel_outside_of_the_mask(sixty: Ground) -> None:
    sixty.build()
    made, base = Image.open(sixty.root / "assets/masked.png"), Image.open(sixty.root / "refs/base.png")
    outside = Image.new("L", base.size, 255)
    outside.paste(0, (256, 256, 512, 512))
    difference = ImageChops.difference(made.convert("RGB"), base.convert("RGB"))
    black = Image.new("RGB", base.size)
    assert Image.composite(difference, black, outside).getbbox() is None
    assert Image.composite(black, difference, outside).getbbox() is not None


def test_each_output_has_exactly_its_size(sixty: Ground) -> None:
    sixty.build()
    for path, size in {
        "assets/icons/gem-jade.png": (64, 64),
        "assets/cast/c0.png": (256, 256),
        "assets/banner.png": (640, 64),
        "assets/thumb.png": (96, 96),
        "assets/img/hero-160.webp": (160, 100),
        "assets/img/hero-320.png": (320, 200),
    }.items():
        with Image.open(sixty.root / path) as image:
            assert image.size == size, path


ONE = """
version: 1
defaults: {model: gpt-image-2.5-flare}
assets:
  a: {prompt: a heart}
"""


def test_more_variants_buy_the_difference_and_fewer_delete_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    first = sha256_file(ground.root / "assets/a.png")
    assert ground.sent() == 1
    ground.edit("a heart", "a heart, variants: 4")
    ground.build()
    assert ground.sent() == 3
    assert sha256_file(ground.root / "assets/a.png") == first
    ground.edit("variants: 4", "variants: 1")
    ground.build()
    ground.edit("variants: 1", "variants: 4")
    ground.build()
    assert ground.sent() == 0
    ground.edit("variants: 4", "variants: 4, pick: 3")
    ground.build()
    assert ground.sent() == 0
    assert sha256_file(ground.root / "assets/a.png") != first


def test_picking_by_ask_publishes_the_first_and_builds_nothing_paid_on_it(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a heart", "a heart, variants: 2, pick: ask, edits: [at night]"))
    report = ground.build()
    assert ground.sent() == 2
    assert states(report.plan) == {"a#0": "pay", "a#1": "waits"}
    assert report.exit_code == 3
    assert states(ground.plan())["a#1"] == "waits"
    ground.edit("pick: ask", "pick: 2")
    assert ground.build().exit_code == 0
    assert ground.painter.prompts == ["at night"]


def test_several_candidates_with_an_edit_on_top_ask_by_themselves(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a heart", "a heart, variants: 2, edits: [at night]"))
    ground.build()
    assert ground.sent() == 2
    assert states(ground.plan()) == {"a#0": "fresh", "a#1": "waits"}


def test_equal_requests_are_bought_once(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE + "  b: {prompt: a heart, size: 64x64}\n  c: {prompt: a heart, salt: 2}\n")
    plan = ground.plan()
    assert plan.totals.images == 2
    assert [entry.reason for entry in plan.entries] == ["never bought", "shares the request of 'a'", "never bought"]
    assert ground.build().exit_code == 0
    assert ground.sent() == 2


def test_two_profiles_in_turn_cost_nothing(tmp_path: Path) -> None:
    ground = Ground(
        tmp_path, ONE + "profiles:\n  night: {vars: {x: 1}, defaults: {quality: high}, output_dir: night}\n"
    )
    ground.build()
    ground.build(profile="night")
    assert ground.sent() == 2
    lock = (ground.root / "assets.lock").read_text()
    for profile in (None, "night", None, "night"):
        assert (ground.build(profile=profile).exit_code, ground.sent()) == (0, 0)
    assert (ground.root / "assets.lock").read_text() == lock


def test_two_branches_that_each_added_assets_merge_without_losing_a_line(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    left, right = ground.clone("left"), ground.clone("right")
    for root, name in ((left, "b"), (right, "c")):
        text = (root / "assets.yaml").read_text() + f"  {name}: {{prompt: a {name}}}\n"
        (root / "assets.yaml").write_text(text)
        ground.build(root=root)
    assert ground.sent() == 3
    merged = (left / "assets.lock").read_text() + (right / "assets.lock").read_text()
    ground.write("assets.lock", merged)
    ground.write("assets.yaml", ONE + "  b: {prompt: a b}\n  c: {prompt: a c}\n")
    assert (ground.build().exit_code, ground.sent()) == (0, 0)
    assert len((ground.root / "assets.lock").read_text().splitlines()) == 4


def test_a_conflict_of_picks_stays_one_until_a_person_picks(tmp_path: Path) -> None:
    """Building must not settle it in passing: the build after would pay for what is built on either of them."""
    ground = Ground(tmp_path, ONE.replace("a heart", "a heart, variants: 2"))
    ground.build()
    ground.sent()
    lock = ground.root / "assets.lock"
    line = json.loads(lock.read_text().splitlines()[1])
    line["steps"][0]["pick"] = line["steps"][0]["variants"][1]
    lock.write_text(lock.read_text() + json.dumps(line) + "\n")
    ground.edit("variants: 2", "variants: 2, edits: [at night]")
    for _ in range(2):
        report = ground.build()
        assert states(report.plan) == {"a#0": "conflict", "a#1": "blocked"}
        assert (report.exit_code, ground.sent()) == (5, 0)
    Intent(ground.project()).pick("a#0", 2)
    assert (ground.build().exit_code, ground.sent()) == (0, 1)


def test_an_edited_file_is_left_alone_and_said(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    ground.sent()
    path = ground.root / "assets/a.png"
    Image.new("RGB", (8, 8), "blue").save(path)
    mine = path.read_bytes()
    ground.edit("a heart", "a red heart")
    report = ground.build()
    assert (report.exit_code, ground.sent()) == (5, 0)
    assert path.read_bytes() == mine


def test_a_foreign_file_is_never_overwritten(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    path = ground.picture("assets/a.png")
    mine = path.read_bytes()
    assert states(ground.plan()) == {"a#0": "edited"}
    assert (ground.build().exit_code, ground.sent()) == (5, 0)
    assert path.read_bytes() == mine


def test_a_file_that_deriving_gives_is_ours_though_all_records_are_gone(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    shutil.rmtree(ground.root / ".pixmake")
    (ground.root / "assets.lock").unlink()
    assert (ground.build().exit_code, ground.sent()) == (0, 1)


def test_a_frozen_asset_stays_when_its_request_changes(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a heart", "a heart, frozen: true") + '  b: {from: "@a", prompt: at night}\n')
    ground.build()
    before = sha256_file(ground.root / "assets/a.png")
    assert ground.sent() == 2
    ground.edit("a heart", "a black heart")
    report = ground.build()
    assert states(report.plan) == {"a#0": "held", "b#0": "fresh"}
    assert (report.exit_code, ground.sent()) == (0, 0)
    assert sha256_file(ground.root / "assets/a.png") == before
    assert (ground.build(update=("a",)).exit_code, ground.sent()) == (0, 2)


def test_a_frozen_fenced_picture_outlives_its_mask_and_its_parent(tmp_path: Path) -> None:
    spec = (
        ONE
        + "  m: {from: base.png, prompt: a window, mask: mask.png, frozen: true}\n  n: {from: '@m', prompt: later}\n"
    )
    ground = Ground(tmp_path, spec)
    ground.picture("base.png", (1024, 1024), "navy")
    ground.mask("mask.png", (1024, 1024), (100, 100, 300, 300))
    ground.build()
    made = (ground.root / "assets/m.png").read_bytes()
    assert ground.sent() == 3
    ground.picture("base.png", (1024, 1024), "white")
    ground.mask("mask.png", (1024, 1024), (0, 0, 900, 900))
    (ground.root / "assets/m.png").unlink()
    report = ground.build()
    assert {entry.entry.asset: entry.state for entry in report.entries} == {"a": "fresh", "m": "held", "n": "fresh"}
    assert (report.exit_code, ground.sent()) == (0, 0)
    assert (ground.root / "assets/m.png").read_bytes() == made


def test_a_frozen_fenced_picture_whose_original_is_damaged_does_not_stop_the_records(tmp_path: Path) -> None:
    """Its pixels can't be kept now; all else that the build learned is written down as ever."""
    fenced = "  m: {from: base.png, prompt: a window, mask: mask.png}\n"
    ground = Ground(tmp_path, ONE + fenced)
    ground.picture("base.png", (1024, 1024), "navy")
    ground.mask("mask.png", (1024, 1024), (100, 100, 300, 300))
    ground.build()
    lock = read(ground.root / "assets.lock")
    (line,) = lock.alternatives("m", None)
    original = ground.plan().world.store.content.path(line.steps[0].variants[0])
    shutil.rmtree(ground.root / ".pixmake")
    original.chmod(0o644)
    original.write_bytes(b"damaged")
    ground.edit("a window", "a window, frozen: true")
    ground.edit("a heart", "a heart, variants: 2")
    report = ground.build()
    assert (report.exit_code, report.problems, report.made) == (0, (), 1)
    again = read(ground.root / "assets.lock")
    assert len(again.alternatives("a", None)[0].steps[0].variants) == 2
    assert again.alternatives("m", None) == (line,)


def test_drafts_take_no_pool_and_no_lock_line_and_give_way_to_what_is_bought(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a heart", "a heart, size: 256x256, edits: [at night]"))
    report = ground.build(draft=True, yes=False)
    assert (report.exit_code, ground.sent(), report.made) == (0, 0, 2)
    path = ground.root / "assets/a.png"
    assert read_draft_mark(path) is not None
    assert not (ground.root / "assets.lock").exists()
    assert not ground.store.exists()
    assert (ground.build(draft=True, yes=False).written, ground.sent()) == ((), 0)
    shutil.rmtree(ground.root / ".pixmake")
    assert (ground.build(draft=True, yes=False).written, ground.sent()) == ((), 0)
    assert ground.build().exit_code == 0
    assert ground.sent() == 2
    assert read_draft_mark(path) is None
    real = path.read_bytes()
    assert ground.build(draft=True, yes=False).exit_code == 0
    assert path.read_bytes() == real


def test_a_draft_edit_works_on_its_real_parent(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    ground.sent()
    ground.edit("a heart", "a heart, edits: [at night]")
    report = ground.build(draft=True, yes=False)
    assert {entry.entry.step: entry.state for entry in report.entries} == {0: "fresh", 1: "draft"}
    assert ground.sent() == 0


def test_without_consent_nothing_is_sent_and_free_work_is_done(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE + "  free: {provider: draft, prompt: a key, size: 64x64}\n")
    report = ground.build(yes=False)
    assert (report.exit_code, ground.sent()) == (4, 0)
    assert (ground.root / "assets/free.png").exists()
    assert not (ground.root / "assets/a.png").exists()


def test_a_cap_buys_in_plan_order_what_fits(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE + "".join(f"  b{number}: {{prompt: thing {number}}}\n" for number in range(5)))
    report = ground.build(yes=False, max_cost=Decimal("0.13"))
    assert report.exit_code == 4
    assert sorted(ground.painter.prompts) == ["a heart", "thing 0", "thing 1"]
    assert [entry.result for entry in report.entries] == ["made", "made", "made", "held", "held", "held"]


def test_locked_never_pays(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    report = ground.build(locked=True, yes=True)
    assert (report.exit_code, ground.sent()) == (3, 0)


@pytest.mark.parametrize(
    ("ending", "state", "code", "again"),
    [
        ("refused", "refused", 1, 0),
        ("failed", "failed", 1, 1),
        ("unknown", "unknown", 5, 0),
        ("stopped", "failed", 1, 1),
    ],
)
def test_how_calls_end(tmp_path: Path, ending: str, state: str, code: int, again: int) -> None:
    ground = Ground(tmp_path, ONE, CountingProvider(script={"a heart": [ending]}))
    report = ground.build()
    assert [entry.state for entry in report.entries] == [state]
    assert report.exit_code == code
    assert ground.sent() == 1
    ground.build()
    assert ground.sent() == again


def test_busy_is_sent_again_and_paid_once(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE, CountingProvider(script={"a heart": ["busy", "busy"]}))
    report = ground.build()
    assert (report.exit_code, len(ground.painter.calls)) == (0, 3)
    assert report.spent == Decimal("0.04")


def test_a_failure_blocks_what_hangs_on_it_and_nothing_else(tmp_path: Path) -> None:
    spec = ONE + '  b: {from: "@a", prompt: at night}\n  c: {prompt: a key}\n'
    ground = Ground(tmp_path, spec, CountingProvider(script={"a heart": ["failed*"]}))
    report = ground.build()
    assert {entry.entry.asset: entry.result for entry in report.entries} == {"a": "failed", "b": "blocked", "c": "made"}
    assert report.exit_code == 1


def test_a_lost_original_is_said_and_never_bought_again(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a heart", "a heart, size: 64x64"))
    ground.build()
    ground.sent()
    shutil.rmtree(ground.store / "cas")
    assert states(ground.plan()) == {"a#0": "fresh"}
    (ground.root / "assets/a.png").unlink()
    assert states(ground.plan()) == {"a#0": "lost"}
    assert (ground.build().exit_code, ground.sent()) == (5, 0)


def test_a_lost_original_comes_back_from_an_output_with_its_bytes(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.build()
    ground.sent()
    shutil.rmtree(ground.store / "cas")
    ground.edit("a heart", "a heart, edits: [at night]")
    assert (ground.build().exit_code, ground.sent()) == (0, 1)


def test_another_library_moves_no_key_and_no_file_whose_recipe_stands(
    sixty: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new Pillow would give other bytes for fenced and resized pictures: simulated by other encodings and fences."""
    sixty.build()
    sixty.sent()
    before = sixty.files()
    shutil.rmtree(sixty.root / ".pixmake")
    monkeypatch.setattr(encode, "PNG_LEVEL", 9)
    monkeypatch.setattr(alpha, "feathered", lambda weight, width: weight)
    assert (sixty.build().written, sixty.sent()) == ((), 0)
    assert sixty.files() == before
    sixty.edit("- {prompt: add a dragon", "- {prompt: add a knight")
    plan = sixty.plan()
    assert [entry.step for entry in plan.entries if entry.state == "pay"] == [2]
    assert (sixty.build().exit_code, sixty.sent()) == (0, 1)
    (sixty.root / "assets/icons/gem-jade.png").unlink()
    lock = (sixty.root / "assets.lock").read_text()
    assert (sixty.build().written, sixty.sent()) == (("assets/icons/gem-jade.png",), 0)
    assert (sixty.root / "assets/icons/gem-jade.png").read_bytes() != before["assets/icons/gem-jade.png"]
    assert (sixty.root / "assets.lock").read_text() == lock
    assert (sixty.build().exit_code, sixty.sent()) == (0, 0)


def test_changing_what_is_local_is_free(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a heart", "a heart, size: 512x512"))
    ground.build()
    assert ground.sent() == 1
    ground.edit("512x512", "128x128, fit: contain, output: web/a.webp")
    report = ground.build()
    assert (report.exit_code, report.written, ground.sent()) == (0, ("assets/web/a.webp",), 0)


def test_a_plan_runs_once(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    project = ground.project()
    plan = project.plan()
    project.build(plan, yes=True)
    with pytest.raises(Exception, match="this plan was built already"):
        project.build(plan, yes=True)
    assert ground.sent() == 1


def test_drafts_named_by_their_hash_are_found_again(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE.replace("a heart", 'a heart, size: 64x64, output: "a-{{ hash }}.png"'))
    assert len(ground.build(draft=True, yes=False).written) == 1
    assert ground.build(draft=True, yes=False).written == ()
    assert not ground.plan(draft=True).pending


def test_a_lock_that_can_not_be_written_is_told_with_what_was_spent(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE + "  b: {prompt: a key}\n")
    ground.painter.hook = lambda call: (ground.root / "assets.lock").mkdir(exist_ok=True)
    report = ground.build()
    assert report.exit_code == 1
    assert report.spent >= Decimal("0.04")
    assert [item.code for item in report.problems][:1] == ["write-failed"]
    (ground.root / "assets.lock").rmdir()
    ground.painter.hook = None
    ground.sent()
    assert ground.build().exit_code == 0
    assert ground.sent() <= 1


def test_state_that_can_not_be_kept_is_told_before_anything_is_bought(tmp_path: Path) -> None:
    ground = Ground(tmp_path, ONE)
    ground.write(".pixmake", "a file")
    with pytest.raises(Problem, match="write-failed"):
        ground.build()
    assert ground.sent() == 0


def test_a_provider_that_stops_leaves_free_work_and_other_providers_at_it(tmp_path: Path) -> None:
    spec = (
        ONE
        + "  b: {prompt: a key}\n  c: {prompt: a bell, provider: draft, size: 64x64}\n  d: {prompt: a gem, provider: other}\n"
    )
    spec += "providers: {other: {type: openai}}\n"
    ground = Ground(tmp_path, spec, CountingProvider(script={"a heart": ["stopped"]}, concurrency=1))
    report = ground.build()
    assert report.exit_code == 1
    assert {entry.entry.asset: entry.state for entry in report.entries} == {
        "a": "failed", "b": "pay", "c": "draft", "d": "fresh",
    }  # fmt: skip
    assert sorted(ground.painter.prompts) == ["a gem", "a heart"]


@pytest.mark.parametrize("what", ["vanishes", "changes"])
def test_an_input_that_is_not_what_the_plan_saw_is_not_sent(tmp_path: Path, what: str) -> None:
    """A picture of another input would lie under the key of the planned one, and be believed for ever."""
    ground = Ground(tmp_path, ONE + "  b: {prompt: a key, references: [ref.png], edits: [at night]}\n")
    ref = ground.picture("ref.png")
    project = ground.project()
    plan = project.plan(*(["b"] if what == "vanishes" else []))
    ref.unlink() if what == "vanishes" else ground.picture("ref.png", color="blue")
    report = project.build(plan, yes=True, jobs=1)
    bought = 0 if what == "vanishes" else 1
    assert (report.exit_code, report.spent, ground.sent()) == (3, bought * Decimal("0.04"), bought)
    assert {item.state for item in report.entries if item.entry.asset == "b"} == {"blocked", "waits"}
    assert report.problems == ()
    why = "can't be read: No such file or directory" if what == "vanishes" else "has changed since the plan was made"
    assert next(item.message for item in report.entries if item.entry.asset == "b") == f"'ref.png' {why}"
    ground.picture("ref.png")
    assert (ground.build().exit_code, ground.sent()) == (0, 3 - bought)
