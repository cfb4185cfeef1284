from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixmake.diagnostics import ExitCode, Problem, render
from pixmake.digest import Digest, sha256_bytes
from pixmake.store import lockfile
from pixmake.store.lockfile import Line, Lock, OutputPin, StepPin, orphans, parse, read, settle, write, written_digests


def digest(name: str) -> Digest:
    return sha256_bytes(name.encode())


def step(key: str = "k", variants: str = "a", pick: str | None = None) -> StepPin:
    return StepPin(
        key=digest(key),
        variants=tuple(map(digest, variants)),
        pick=digest(pick) if pick else None,
        model="gpt-image-2",
        size="1024x1024",
        written="1:1",
    )


def line(asset: str = "heart.png", *steps: StepPin, profile: str | None = None, frozen: bool = False) -> Line:
    outputs = {f"assets/{asset}": OutputPin(recipe=digest("r"), digest=digest("o"))}
    return Line(asset=asset, profile=profile, steps=steps or (step(),), outputs=outputs, frozen=frozen)


def lock_of(*lines: Line) -> Lock:
    found: dict[lockfile.Name, tuple[Line, ...]] = {}
    for item in lines:
        found[item.asset, item.profile] = (*found.get((item.asset, item.profile), ()), item)
    return Lock(lines=found)


def test_the_text_is_sorted_compact_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "assets.lock"
    chain = line("b/größe.png", step("k0", "ab", "b"), step("k1", "c"), profile="print", frozen=True)
    free = Line(asset="a.png", outputs={"z.png": OutputPin(recipe="r2", digest=digest("o2"))})
    assert write(path, lock_of(chain, line("b/größe.png"), free))
    k, k0, k1, a, b, c, r, o, o2 = map(digest, ("k", "k0", "k1", "a", "b", "c", "r", "o", "o2"))
    rest = '"model":"gpt-image-2"'
    assert path.read_text("utf-8") == (
        '{"format":"pixmake.lock/1"}\n'
        f'{{"asset":"a.png","outputs":{{"z.png":{{"digest":"{o2}","recipe":"r2"}}}},"steps":[]}}\n'
        f'{{"asset":"b/größe.png","outputs":{{"assets/b/größe.png":{{"digest":"{o}","recipe":"{r}"}}}},"steps":['
        f'{{"for":"1:1","key":"{k}",{rest},"pick":null,"size":"1024x1024","variants":["{a}"]}}]}}\n'
        f'{{"asset":"b/größe.png","frozen":true,"outputs":{{"assets/b/größe.png":{{"digest":"{o}","recipe":"{r}"}}}},'
        f'"profile":"print","steps":['
        f'{{"for":"1:1","key":"{k0}",{rest},"pick":"{b}","size":"1024x1024","variants":["{a}","{b}"]}},'
        f'{{"for":"1:1","key":"{k1}",{rest},"pick":null,"size":"1024x1024","variants":["{c}"]}}]}}\n'
    )
    assert read(path) == lock_of(free, line("b/größe.png"), chain)


def test_writing_what_is_there_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "assets.lock"
    assert write(path, lock_of(line()))
    before = path.stat()
    assert not write(path, read(path))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # git's autocrlf
    assert not write(path, read(path))
    assert write(path, lock_of(line("other.png")))
    assert os.listdir(tmp_path) == ["assets.lock"]  # noqa: PTH208


def test_no_file_is_an_empty_lock_and_an_empty_lock_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "assets.lock"
    assert read(path) == Lock()
    assert not write(path, Lock())
    assert not path.exists()
    write(path, lock_of(line()))
    assert write(path, Lock())
    assert path.read_text() == '{"format":"pixmake.lock/1"}\n'


def test_a_half_written_line_is_shown_and_the_others_survive(tmp_path: Path) -> None:
    path = tmp_path / "assets.lock"
    write(path, lock_of(line("a.png"), line("b.png"), line("c.png")))
    header, first, second, third = path.read_text().splitlines()
    path.write_text("\n".join([header, first, second[:60], third]) + "\n")
    lock = read(path)
    assert set(lock.lines) == {("a.png", None), ("c.png", None)}
    (damage,) = lock.damage
    assert render(damage) == (
        "assets.lock:3:1: error[lock-damaged]: line 3 of the lockfile is not one of its lines\n"
        f"    3 | {second[:60]}\n"
        f"      | {'^' * 60}\n"
        "help: `git checkout assets.lock`, or delete the line: it is rebuilt from the store's records for $0"
    )
    before = path.read_bytes()
    with pytest.raises(Problem) as caught:
        write(path, lock.put(line("d.png")).drop(("a.png", None)))
    assert caught.value.exit_code == ExitCode.INTEGRITY
    assert path.read_bytes() == before


def test_a_newer_lock_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "assets.lock"
    path.write_text('{"format":"pixmake.lock/2"}\n{"asset":"a.png"}\n')
    with pytest.raises(Problem) as caught:
        read(path)
    assert caught.value.exit_code == ExitCode.INTEGRITY
    assert str(caught.value) == (
        "error[lock-too-new]: the lockfile has format 'pixmake.lock/2', this version reads 'pixmake.lock/1'\n"
        "help: update pixmake to the version that wrote assets.lock"
    )


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "3",
        '{"asset":"a","steps":[{"key":"../../x"}]}',
        '{"asset":"a","steps":[{"key":"KEY","variants":["nope"]}]}',
        '{"asset":"a","steps":{}}',
        '{"asset":"a","steps":[7]}',
        '{"asset":"a","outputs":[]}',
        '{"asset":"a","outputs":{"x":3}}',
        '{"asset":"a","outputs":{"x":{"recipe":"r","digest":"short"}}}',
        '{"asset":"","steps":[]}',
        '{"asset":"\\ud800"}',
        '{"asset":"a.png","newer":"\\ud800"}',
        '{"asset":"a.png","newer":{"\\ud800":1}}',
        '{"steps":[]}',
        '{"asset":"a","profile":7}',
        '{"format":"pixmake.journal/1"}',
        "[" * 100_000,
        "garbage",
    ],
)
def test_what_is_no_line_of_ours_is_damage(text: str) -> None:
    lock = parse(text.replace("KEY", digest("k")).encode(), "assets.lock")
    assert [item.code for item in lock.damage] == ["lock-damaged"]
    assert lock.lines == {}


def test_both_sides_of_a_conflict_are_alternatives_and_the_ancestor_is_not() -> None:
    ours, theirs, base = line("a.png", step("k", "ab", "b")), line("a.png", step("k", "ac", "c")), line("a.png")
    texts = [lockfile.render(lock_of(item)).splitlines()[1] for item in (ours, base, theirs, line("z.png"))]
    merged = "\n".join(
        [
            lockfile.HEADER,
            "<<<<<<< HEAD",
            texts[0],
            "||||||| 1a2b3c",
            texts[1],
            "=======",
            texts[2],
            ">>>>>>> topic",
            texts[3],
        ]
    )
    lock = parse(merged.encode(), "assets.lock")
    assert lock == lock_of(ours, theirs, line("z.png"))
    assert parse(merged.replace("\n", "\r\n").encode(), "assets.lock") == lock


@pytest.mark.parametrize("broken", ["||||||| base\n{}\n", "<<<<<<< a\n||||||| base\n{}\n>>>>>>> b\n", "=======\n{}\n"])
def test_broken_markers_hide_no_line(broken: str) -> None:
    text = lockfile.render(lock_of(line("a.png"))).splitlines()[1]
    assert parse(broken.format(text).encode(), "assets.lock") == lock_of(line("a.png"))


def test_alternatives_survive_reading_and_writing(tmp_path: Path) -> None:
    path = tmp_path / "assets.lock"
    lock = lock_of(line("a.png", step("k", "ab", "b")), line("a.png", step("k", "ac", "c")))
    write(path, lock)
    assert read(path) == lock
    path.write_text(path.read_text() + path.read_text())  # merge=union may double lines
    assert read(path) == lock
    assert lock.alternatives("a.png") == lock.lines["a.png", None]
    assert lock.alternatives("b.png") == ()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("union", [True, False])
def test_gits_own_merges_lose_nothing(tmp_path: Path, union: bool) -> None:
    def git(*arguments: str, may_fail: bool = False) -> None:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main", *arguments]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert may_fail or run.returncode == 0, run.stderr

    path = tmp_path / "assets.lock"
    if union:
        (tmp_path / ".gitattributes").write_text("assets.lock merge=union\n")
    git("init")
    write(path, lock_of(line("a.png"), line("b.png")))
    git("add", ".")
    git("commit", "-m", "base")
    git("checkout", "-b", "topic")
    write(path, lock_of(line("a.png", step("k", "ab", "b")), line("b.png"), line("c.png")))
    git("commit", "-am", "topic")
    git("checkout", "main")
    write(path, lock_of(line("a.png", step("k", "ac", "c")), line("b.png"), line("d.png")))
    git("commit", "-am", "main")
    git("merge", "topic", may_fail=not union)
    lock = read(path)
    assert lock.damage == ()
    assert {asset for asset, _ in lock.lines} == {"a.png", "b.png", "c.png", "d.png"}
    settled, conflict = settle(lock.alternatives("a.png"), [digest("k")])
    assert set(settled.steps[0].variants) == set(map(digest, "abc"))
    assert conflict


def test_settling_one_line_changes_nothing() -> None:
    only = line("a.png", step("k", "ab", "b"), frozen=True)
    assert settle([only], [digest("other")]) == (only, False)
    with pytest.raises(ValueError, match="no line"):
        settle([], [])


def test_the_line_whose_keys_match_wins_and_takes_in_the_others_candidates() -> None:
    old = line("a.png", step("k0", "a", "a"), step("old", "x", "x"))
    new = line("a.png", step("k0", "ba"), step("k1", "y"))
    settled, conflict = settle([old, new], [digest("k0"), digest("k1")])
    assert settled.steps == (step("k0", "ba", "a"), step("k1", "y"))
    assert not conflict
    assert settle([new, old], [digest("k0"), digest("k1")])[0].steps == settled.steps


def test_unknown_keys_count_for_nobody() -> None:
    first, second = line("a.png", step("k0", "a"), step("k1", "b")), line("a.png", step("k0", "a"), step("k2", "c"))
    assert settle([first, second], [digest("k0"), None])[0].steps == first.steps
    assert settle([first, second], [digest("k0"), digest("k2")])[0].steps == second.steps


def test_different_picks_for_one_key_conflict() -> None:
    first, second = line("a.png", step("k", "ab", "a")), line("a.png", step("k", "ab", "b"))
    settled, conflict = settle([first, second], [digest("k")])
    assert conflict
    assert settled.steps[0].pick == digest("a")
    assert settle([first, first], [digest("k")])[1] is False
    assert settle([first, line("a.png", step("k", "ab"))], [digest("k")])[1] is False


def test_picks_of_another_wording_conflict_only_where_the_asset_is_frozen() -> None:
    first, second = line("a.png", step("k", "ab", "a")), line("a.png", step("k", "ab", "b"))
    assert settle([first, second], [digest("new")])[1] is False
    frozen = line("a.png", step("k", "ab", "b"), frozen=True)
    settled, conflict = settle([first, frozen], [digest("new")])
    assert conflict
    assert settled.frozen


def test_settling_keeps_what_a_newer_version_wrote() -> None:
    """Two branches' lines, each with fields that this version doesn't know: an older tool loses neither's."""
    shown = ("recipe:x", digest("s"))
    ours = replace(line(profile="print"), steps=(replace(step(), extra='{"a": 1}'),), extra='{"until": "ours"}')
    theirs = replace(
        ours, steps=(replace(step(), extra='{"b": 2}', shown=shown),), extra='{"note": 3, "until": "theirs"}'
    )
    settled, _ = settle([ours, theirs], [digest("k")])
    assert json.loads(settled.extra) == {"until": "ours", "note": 3}
    assert json.loads(settled.steps[0].extra) == {"a": 1, "b": 2}
    assert settled.steps[0].shown == shown
    assert settled.profile == "print"


def test_dropping_and_putting_change_only_what_they_name() -> None:
    lock = replace(lock_of(line("a.png"), line("b.png"), line("b.png", profile="print")), damage=())
    dropped = lock.drop(("b.png", None))
    assert dropped.lines.keys() == {("a.png", None), ("b.png", "print")}
    assert dropped.lines["a.png", None] == (line("a.png"),)
    new = line("a.png", step("k2"))
    assert lock.put(new).lines == {**lock.lines, ("a.png", None): (new,)}


def test_outputs_of_all_lines_stay_ours() -> None:
    first = Line(
        asset="a",
        outputs={"x": OutputPin(recipe="1", digest=digest("1")), "y": OutputPin(recipe="1", digest=digest("y"))},
    )
    second = Line(asset="a", steps=(step(),), outputs={"x": OutputPin(recipe="2", digest=digest("2"))})
    settled, _ = settle([first, second], [digest("k")])
    assert settled.outputs == {"x": second.outputs["x"], "y": first.outputs["y"]}
    assert written_digests([first, second], "x") == {digest("1"), digest("2")}
    assert written_digests([first, second], "z") == frozenset()


def test_orphans_are_lines_without_asset() -> None:
    lock = lock_of(line("b.png"), line("a.png", profile="print"), line("a.png"), line("c.png"))
    assert orphans(lock, {("a.png", None), ("c.png", None)}) == (("a.png", "print"), ("b.png", None))


DIGESTS = st.sampled_from([digest(name) for name in "abcdef"])
KEYS = st.sampled_from([digest(name) for name in ("k0", "k1", "k2")])
EXTRAS = st.dictionaries(st.sampled_from(["until", "note"]), st.sampled_from(["ü", 1, None])).map(
    lambda found: json.dumps(found, ensure_ascii=False, sort_keys=True) if found else ""
)
"""What a newer version wrote and this one doesn't know."""
STEPS = st.builds(
    StepPin,
    key=KEYS,
    variants=st.lists(DIGESTS, unique=True, max_size=4).map(tuple),
    pick=st.none() | DIGESTS,
    model=st.none() | st.just("gpt-image-2"),
    size=st.none() | st.just("1024x1024"),
    written=st.none() | st.just("1:1"),
    shown=st.none() | st.tuples(st.just("recipe:x"), DIGESTS),
    extra=EXTRAS,
)
OUTPUTS = st.dictionaries(
    st.sampled_from(["x.png", "y.webp"]), st.builds(OutputPin, recipe=st.sampled_from("rs"), digest=DIGESTS)
)
LINES = st.builds(
    Line,
    asset=st.sampled_from(["a.png", "b/ü.png", "c <<<<<<< .png"]),
    profile=st.none() | st.just("print"),
    steps=st.lists(STEPS, max_size=3).map(tuple),
    outputs=OUTPUTS,
    frozen=st.booleans(),
    extra=EXTRAS,
)
LOCKS = st.lists(LINES, max_size=5, unique_by=lambda item: (item.asset, item.profile)).map(
    lambda lines: lock_of(*lines)
)


def facts(lock: Lock) -> set[tuple[object, ...]]:
    """Every variant, pick, output and flag that a lock names."""
    found: set[tuple[object, ...]] = set()
    for name, lines in lock.lines.items():
        for item in lines:
            found |= {(name, index, pin.key, one) for index, pin in enumerate(item.steps) for one in pin.variants}
            found |= {(name, index, pin.key, "pick", pin.pick) for index, pin in enumerate(item.steps)}
            found |= {(name, index, pin.key, "shown", pin.shown) for index, pin in enumerate(item.steps)}
            found |= {(name, index, pin.key, "extra", pin.extra) for index, pin in enumerate(item.steps)}
            found |= {(name, path, pin.recipe, pin.digest) for path, pin in item.outputs.items()}
            found.add((name, "extra", item.extra))
            found.add((name, item.frozen))
    return found


@given(LOCKS)
@settings(deadline=None)
def test_reading_what_was_written_is_the_identity(lock: Lock) -> None:
    assert parse(lockfile.render(lock).encode(), "assets.lock") == Lock(lines=lock.lines)


@given(LOCKS, LOCKS, st.sampled_from(["union", "markers", "diff3"]))
@settings(deadline=None)
def test_the_union_of_two_locks_loses_nothing(ours: Lock, theirs: Lock, style: str) -> None:
    first, second = lockfile.render(ours), lockfile.render(theirs)
    text = {
        "union": first + second,
        "markers": f"<<<<<<< HEAD\n{first}=======\n{second}>>>>>>> topic\n",
        "diff3": f"<<<<<<< HEAD\n{first}||||||| base\n{first}=======\n{second}>>>>>>> topic\n",
    }[style]
    merged = parse(text.encode(), "assets.lock")
    assert merged.damage == ()
    assert facts(merged) == facts(ours) | facts(theirs)


@given(LINES, LINES, LINES)
@settings(deadline=None)
def test_settling_loses_no_candidate_of_the_keys_it_keeps_and_no_output(one: Line, two: Line, three: Line) -> None:
    lines = [one, two, three]
    keys = [digest("k0"), digest("k1")]
    settled, _ = settle(lines, keys)
    for pin in settled.steps:
        rivals = [other for item in lines for other in item.steps if other.key == pin.key]
        assert set(pin.variants) == {found for other in rivals for found in other.variants}
        assert pin.pick in {other.pick for other in rivals}
        assert pin.pick or not any(other.pick for other in rivals)
    assert set(settled.outputs) == {path for item in lines for path in item.outputs}
    assert all(settled.outputs[path].digest in written_digests(lines, path) for path in settled.outputs)
    matching = [
        sum(a.key == b for a, b in itertools.zip_longest(item.steps[:2], keys[: len(item.steps)])) for item in lines
    ]
    chosen = sum(a.key == b for a, b in zip(settled.steps, keys, strict=False))
    assert chosen == max(matching)
    assert settled.frozen == any(item.frozen for item in lines)


@given(st.binary(max_size=400))
@example(b"\xff\xfe\x00")
@example(b"\xef\xbb\xbf" + lockfile.HEADER.encode())
@example(b'{"format":7}\n\x00')
@settings(deadline=None, max_examples=200)
def test_arbitrary_bytes_raise_nothing_but_problems(data: bytes) -> None:
    lock = parse(data, "assets.lock")
    texts = [text for text in data.split(b"\n") if text.strip()]
    assert len(lock.damage) <= len(texts)
    assert isinstance(lock.lines, Mapping)
