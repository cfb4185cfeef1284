"""One look at the world: input files, lines of the lock and whose they are, pictures that were bought."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.project import Ground, states
from pixmake.build.intent import Intent
from pixmake.digest import Digest, sha256_file
from pixmake.plan.artifact import FilePicture, Original
from pixmake.plan.world import World
from pixmake.providers.base import Call
from pixmake.spec.asset import FileInput
from pixmake.store.memo import Scalar
from pixmake.store.records import Outcome, decode, encode

LOCK_NAME = "assets.lock"
HEAD = "version: 1\ndefaults: {model: m, size: 64x64}\nassets:\n"
HEN = HEAD + "  hen: {prompt: a hen}\n"


def built(folder: Path, spec: str, profile: str | None = None) -> Ground:
    ground = Ground(folder, spec)
    assert ground.build(profile=profile).exit_code == 0
    ground.painter.calls.clear()
    return ground


def lines_of(ground: Ground) -> list[dict[str, object]]:
    return [json.loads(line) for line in (ground.root / LOCK_NAME).read_text().splitlines()]


# --- input files -------------------------------------------------------------------------------------------------------


def seen(world: World, path: Path) -> FilePicture:
    return world.picture(FileInput(path=path, name="straw.png"))


def test_a_file_is_known_by_its_bytes_and_header(tmp_path: Path) -> None:
    ground = Ground(tmp_path, HEN)
    path = ground.picture("straw.png", (64, 48), mode="RGBA")
    world, digest = ground.plan().world, sha256_file(path)
    whole = FilePicture(
        path=path, name="straw.png", digest=digest, size=(64, 48), media_type="image/png", has_alpha=True, frames=1
    )
    assert seen(world, path) == whole
    facts: dict[str, Scalar] = {"type": "image/png", "width": 64, "height": 48, "alpha": True, "frames": 1}
    assert world.memo.facts(digest) == facts
    world.memo.keep_facts(digest, {**facts, "alpha": False, "frames": 7})
    assert (seen(world, path).frames, seen(world, path).has_alpha) == (7, False), "what is known is not looked at again"
    world.memo.keep_facts(digest, {name: facts[name] for name in facts if name != "frames"})
    assert seen(world, path) == whole, "an older version kept less"


@pytest.mark.parametrize("way", ["gone", "a folder"])
def test_a_file_that_went_since_the_spec_was_read(tmp_path: Path, way: str) -> None:
    ground = Ground(tmp_path, HEN.replace("a hen", "a hen, references: [straw.png]"))
    path = ground.picture("straw.png")
    project = ground.project()
    assert project.spec.assets
    path.unlink()
    if way == "a folder":
        path.mkdir()
    plan = project.plan()
    says = "is not there" if way == "gone" else "is not a file"
    assert [(item.code, item.message) for item in plan.problems] == [("bad-picture", f"'straw.png' {says}")]
    assert [entry.state for entry in plan.entries] == ["blocked"]


# --- whose lines -------------------------------------------------------------------------------------------------------


def renames(ground: Ground, profile: str | None = None) -> tuple[Mapping[str, str], tuple[str, ...]]:
    plan = ground.plan(profile=profile)
    return plan.world.renames, plan.orphans


def test_an_asset_with_a_line_of_its_own_takes_over_none(tmp_path: Path) -> None:
    """Its line holds what was chosen for it."""
    ground = built(tmp_path, HEN + "  cow: {prompt: a cow}\n")
    ground.write("assets.yaml", HEN.replace("a hen", "a cow"))
    assert renames(ground) == ({}, ("cow",))


def test_of_two_that_could_take_over_a_line_the_first_does(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN.replace("a hen", "a hen, variants: 2"))
    Intent(ground.project()).pick("hen", 2)
    ground.write("assets.yaml", HEAD + "  b: {prompt: a hen, variants: 2}\n  a: {prompt: a hen, variants: 2}\n")
    assert renames(ground) == ({"b": "hen"}, ())


def test_lines_of_another_profile_are_no_orphans(tmp_path: Path) -> None:
    spec = HEN + "profiles: {dark: {defaults: {quality: low}}}\n"
    ground = built(tmp_path, spec, "dark")
    ground.write("assets.yaml", spec.replace("hen:", "cock:").replace("{quality: low}", "{quality: low, kind: raster}"))
    assert renames(ground, "dark") == ({"cock": "hen"}, ())
    ground.write("assets.yaml", spec.replace("  hen:", "  cock:").replace("model: m,", "model: m, quality: low,"))
    assert renames(ground) == ({}, ())


def test_orphans_are_told_by_name_those_that_were_derived_too(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN + "  cow: {prompt: a cow}\n  ant: {from: '@hen', size: 16x16}\n")
    lock = ground.root / LOCK_NAME
    first, *lines = lock.read_text().splitlines(keepends=True)
    lock.write_text(first + "".join(reversed(lines)))
    ground.write("assets.yaml", HEN)
    assert renames(ground) == ({}, ("ant", "cow"))


def test_of_united_lines_one_that_is_frozen_keeps_the_picture(tmp_path: Path) -> None:
    """A merge may bring a line of before somebody froze it: nothing is bought for that."""
    ground = built(tmp_path, HEN)
    lock = ground.root / LOCK_NAME
    thawed = lock.read_text().splitlines(keepends=True)
    Intent(ground.project()).freeze(["hen"])
    frozen = lock.read_text().splitlines(keepends=True)
    assert len(frozen) == 2 and frozen != thawed
    for lines in ((*frozen, thawed[1]), (*thawed, frozen[1])):
        lock.write_text("".join(lines))
        ground.write("assets.yaml", HEN.replace("a hen", "two hens"))
        assert states(ground.plan()) == {"hen#0": "held"}


def test_somebody_else_s_change_of_the_lock_is_remembered(tmp_path: Path) -> None:
    world = built(tmp_path, HEN).plan().world
    before, after = world.lock_stat, world.memo.at_rest(tmp_path / "none")
    world.lock_changed(before, after)
    assert (world.is_meddled, world.lock_stat) == (False, after)
    world.lock_changed(after, before)
    assert (world.is_meddled, world.lock_stat) == (False, before)
    world.lock_changed(after, before)
    world.lock_changed(before, before)
    assert (world.is_meddled, world.lock_stat) == (True, before)


# --- whose files -------------------------------------------------------------------------------------------------------

NAMED = """\
version: 1
defaults: {provider: draft, size: 64x64}
profiles: {dark: {defaults: {size: 48x48}}}
assets:
  hen: {prompt: a hen, outputs: [{path: "a/{{ hash }}.png"}, {path: "a/{{ hash }}.webp"}]}
"""


@pytest.mark.parametrize("profile", [None, "dark"])
@pytest.mark.parametrize("drawn", [True, False])
@pytest.mark.parametrize("lost", ["nothing", "the lock", "the record"])
def test_files_that_are_named_by_their_content_are_found_again(
    tmp_path: Path, profile: str | None, drawn: bool, lost: str
) -> None:
    """Of what was bought the lock names them, of drafts only the local record does."""
    ground = built(tmp_path, NAMED if drawn else NAMED.replace("provider: draft", "model: m"), profile)
    names = {item.path for entry in ground.plan(profile=profile).entries for item in entry.outputs}
    assert names == {path.relative_to(ground.root).as_posix() for path in (ground.root / "assets/a").iterdir()}
    if lost == "the lock":
        (ground.root / LOCK_NAME).unlink(missing_ok=True)
    elif lost == "the record":
        shutil.rmtree(ground.root / ".pixmake")
    files = [item.state for entry in ground.plan(profile=profile).entries for item in entry.outputs]
    assert files == (["missing"] * 2 if drawn and lost == "the record" else ["fresh"] * 2)


def test_a_file_in_no_record_that_is_what_would_be_made_is_ours_and_is_recorded(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN)
    path = "assets/hen.png"
    (ground.root / LOCK_NAME).unlink()
    shutil.rmtree(ground.root / ".pixmake")
    plan = ground.plan()
    (output,) = plan.entries[0].outputs
    assert output.state == "fresh"
    pin = plan.world.pin_of(path)
    assert (pin.recipe, pin.digest) == (output.recipe, sha256_file(ground.root / path))
    shutil.rmtree(ground.root / ".pixmake", ignore_errors=True)
    ground.picture(path)
    assert ground.plan().entries[0].outputs[0].state == "edited"


# --- what was chosen and bought ----------------------------------------------------------------------------------------

TWO = HEAD + "  hen: {prompt: a hen, variants: 2}\nprofiles: {dark: {defaults: {tags: [dark]}}}\n"


def picked(ground: Ground, profile: str | None = None) -> int | None:
    """The number of the candidate that goes on, from 1."""
    verdict = ground.plan(profile=profile).entries[0].verdict
    return verdict.pinned.index(verdict.picked) + 1 if verdict.picked is not None else None


@pytest.mark.parametrize("lost", [False, True])
def test_each_profile_has_its_own_pick(tmp_path: Path, lost: bool) -> None:
    ground = built(tmp_path, TWO)
    assert (ground.build(profile="dark").exit_code, ground.sent()) == (0, 0)
    Intent(ground.project()).pick("hen", 2)
    if lost:
        (ground.root / LOCK_NAME).unlink()
    assert (picked(ground), picked(ground, "dark")) == (2, 1)


@pytest.mark.parametrize("lost", [False, True])
def test_a_picture_of_ones_own_is_not_bought_though_the_lock_is_lost(tmp_path: Path, lost: bool) -> None:
    ground = Ground(tmp_path, HEN)
    Intent(ground.project()).adopt("hen", ground.picture("mine.png", (32, 48)))
    if lost:
        (ground.root / LOCK_NAME).unlink()
    plan = ground.plan()
    assert states(plan) in ({"hen#0": "stale"}, {"hen#0": "fresh"})
    artifact = plan.entries[0].verdict.artifact
    assert artifact is not None and artifact.size == (32, 48)
    ground.edit("a hen", "a hen, variants: 2, pick: 1")
    assert ground.build().exit_code == 0
    plan = ground.plan()
    sizes = [plan.world.original(item, plan.entries[0].key or item).size for item in pinned(ground)]
    assert sizes == ([(1024, 1024), (32, 48)] if lost else [(32, 48), (1024, 1024)])


def pinned(ground: Ground) -> tuple[Digest, ...]:
    return ground.plan().entries[0].verdict.pinned


def test_a_picture_of_which_the_store_knows_nothing(tmp_path: Path) -> None:
    """As in a clone beside another store: its size shows when its bytes are there."""
    ground = built(tmp_path, HEN)
    shutil.rmtree(ground.store)
    plan = ground.plan()
    (digest,) = pinned(ground)
    assert plan.entries[0].verdict.artifact == Original(digest=digest, size=None, media_type="image/png")


def rewritten(ground: Ground, **fields: object) -> Original:
    """The picture of the hen, after other fields were put into the record of it."""
    journal = ground.store / "journal.jsonl"
    *lines, last = journal.read_bytes().splitlines(keepends=True)
    done = decode(last.strip())
    assert isinstance(done, Outcome)
    results = tuple(replace(item, **fields) for item in done.results)  # type: ignore[arg-type]
    journal.write_bytes(b"".join([*lines, encode(replace(done, results=results))]))
    entry = ground.plan().entries[0]
    assert entry.key is not None
    return ground.plan().world.original(entry.verdict.pinned[0], entry.key)


@pytest.mark.parametrize("side", ["width", "height"])
def test_a_record_without_a_size(tmp_path: Path, side: str) -> None:
    picture = rewritten(built(tmp_path, HEN), **{side: None, "media_type": "image/webp"})
    assert (picture.size, picture.media_type) == (None, "image/webp")


@pytest.mark.parametrize(("asked", "size"), [("640x400", (1632, 816)), ("auto", (2048, 1024))])
def test_a_drawing_covers_the_size_it_was_asked_in(tmp_path: Path, asked: str, size: tuple[int, int]) -> None:
    ground = built(tmp_path, HEN.replace("a hen", f"a hen, kind: svg, size: {asked}"))
    picture = rewritten(ground, width=24, height=12)
    assert (picture.size, picture.media_type) == (size, "image/svg+xml")


def test_a_picture_has_the_size_of_its_own_record(tmp_path: Path) -> None:
    assert rewritten(built(tmp_path, HEN), width=24, height=12).size == (24, 12)


def reason(ground: Ground, profile: str | None = None) -> str:
    return ground.plan(profile=profile).entries[0].reason


def test_a_change_is_told_against_what_the_lock_names(tmp_path: Path) -> None:
    """Else against what this project last bought for it, in this profile."""
    spec = HEN + "profiles: {dark: {defaults: {quality: low}}}\n"
    ground = built(tmp_path, spec)
    lock = (ground.root / LOCK_NAME).read_text()
    ground.edit("a hen", "a cow")
    assert ground.build(profile="dark").exit_code == 0
    ground.edit("a cow", "an ant")
    assert ground.build().exit_code == 0
    (ground.root / LOCK_NAME).write_text(lock)
    ground.edit("an ant", "a dog")
    assert reason(ground) == "changed: prompt ‘hen’→‘dog’"
    (ground.root / LOCK_NAME).write_text(re.sub('"key":"[0-9a-f]{64}"', f'"key":"{"0" * 64}"', lock))
    assert reason(ground) == "changed: prompt ‘an ant’→‘a dog’"
    (ground.root / LOCK_NAME).unlink()
    assert reason(ground) == "changed: prompt ‘an ant’→‘a dog’"
    assert reason(ground, "dark") == "changed: prompt ‘cow’→‘dog’"


def test_a_call_that_ended_since_is_looked_up_again(tmp_path: Path) -> None:
    """Its lock was free when it was looked at, and its outcome was written before that."""
    ground = Ground(tmp_path, HEN)
    early, seen = ground.project(), list[tuple[World, Digest, bool]]()

    def look(call: Call) -> None:
        plan = early.plan()
        key = plan.entries[0].key
        assert key is not None
        pool, unknown = plan.world.open_pool(key)
        seen.append((plan.world, key, bool(pool.unanswered) and not unknown))

    ground.painter.hook = look
    assert ground.build().exit_code == 0
    ((world, key, is_in_flight),) = seen
    pool, unknown = world.open_pool(key)
    assert (is_in_flight, len(pool.bought), unknown) == (True, 1, False)


def files(ground: Ground) -> list[str]:
    return [item.state for entry in ground.plan().entries for item in entry.outputs]


def test_a_file_that_the_lock_alone_knows_is_ours(tmp_path: Path) -> None:
    """As in a clone that has the outputs in git."""
    ground = built(tmp_path, HEN)
    shutil.rmtree(ground.root / ".pixmake")
    assert files(ground) == ["fresh"]
    ground.edit("size: 64x64", "size: 48x48")
    assert files(ground) == ["stale"]


def test_a_draft_names_its_recipe_itself(tmp_path: Path) -> None:
    ground = built(tmp_path, HEN.replace("model: m", "provider: draft"))
    shutil.rmtree(ground.root / ".pixmake")
    assert files(ground) == ["fresh"]
    ground.edit("size: 64x64", "size: 48x48")
    assert files(ground) == ["stale"]
