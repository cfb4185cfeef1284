"""The answer "nothing to do" from the snapshot alone: as long as nothing changed, and not a moment longer."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.shell import HEAD, Shell
from pixmake import __version__, load
from pixmake.cli import quick as quick_module
from pixmake.cli.quick import answer
from pixmake.store import snapshot as snapshot_module

POSTS = """\
version: 1
defaults: {provider: draft, size: 32x32}
assets:
  "{{ row.stem }}": {rows: "art/posts/*.md", prompt: "{{ row.title }}"}
  "top-{{ row.stem }}": {rows: "*.md", prompt: a hen}
"""
KNOWN = {"pixmake", "pixmake.__main__", "pixmake.cli", "pixmake.cli.quick"}
"""All that a run with nothing to do may import over a bare start. Each further module is felt."""


def post(shell: Shell, name: str) -> None:
    shell.write("---\ntitle: an owl\n---\n", name)


@pytest.fixture
def posts(shell: Shell) -> Shell:
    shell.write(POSTS)
    post(shell, "art/posts/first.md")
    post(shell, "about.md")
    assert [shell.run("build").code for _ in range(2)] == [0, 0]  # of files that young the first can't be sure
    return shell


def quick(*words: str) -> int | None:
    return answer(list(words), __version__)[0]


def snapshot(shell: Shell) -> Path:
    return shell.root / ".pixmake" / "snapshot"


def test_after_one_build_the_answer_is_there_and_nothing_is_written(posts: Shell) -> None:
    state = posts.root / ".pixmake"
    before = {path: path.stat().st_mtime_ns for path in state.rglob("*")}
    assert quick("build") == 0
    assert posts.run("build").code == 0
    assert {path: path.stat().st_mtime_ns for path in state.rglob("*")} == before
    assert quick("build") == 0, "a build with nothing to do leaves the answer as it is"


@pytest.mark.parametrize("words", [("plan",), ("build",), ("build", "--quiet"), ("plan", "--check")])
def test_it_says_what_the_whole_program_says(
    posts: Shell, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = posts.run(*words)
    assert whole.code == quick(*words) == 0
    assert tuple(capsys.readouterr()) == (whole.out, whole.err)


@pytest.mark.parametrize("words", [("build", "first"), ("build", "--draft"), ("status",), ("plan", "--json"), ()])
def test_it_answers_nothing_else(posts: Shell, words: tuple[str, ...]) -> None:
    assert quick(*words) is None


def test_only_what_is_needed_is_imported(posts: Shell) -> None:
    """In a process of its own, as the console script is: what is loaded when it ends, over a bare start."""
    report = "import sys, os; print(*sorted(sys.modules), file=sys.stdout); sys.stdout.flush()"
    bare = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True).stdout.split()
    run = f"import os\ndef end(code):\n  {report}\n  os.kill(os.getpid(), 9)\nos._exit = end\n"
    words = [
        sys.executable,
        "-c",
        f"{run}import sys\nfrom pixmake.__main__ import run\nsys.argv[1:] = ['build']\nrun()",
    ]
    seen = subprocess.run(words, capture_output=True, text=True, env=posts.subprocess_environment(), check=False)
    assert seen.stderr == "nothing to do\n"
    assert set(seen.stdout.split()) - set(bare) == KNOWN


def test_folders_that_no_glob_looks_into_do_not_matter(posts: Shell) -> None:
    for folder in ("deep/below", "art/other", ".git/objects"):
        (posts.root / folder).mkdir(parents=True)
    assert posts.run("build").code == 0
    for folder in ("deep/below", "art/other", ".git/objects", ".pixmake"):
        (posts.root / folder / "new.txt").write_text("x")
    assert quick("build") == 0


@pytest.mark.parametrize("name", ["art/posts/second.md", "second.md"])
def test_a_file_that_a_glob_finds_is_seen(posts: Shell, name: str) -> None:
    for number in range(3):
        (posts.root / f"a{number}" / "b" / "c").mkdir(parents=True)
    assert posts.run("build").code == 0 and quick("build") == 0
    post(posts, name)
    assert quick("build") is None
    assert posts.run("build").code == 0
    assert (posts.root / "assets" / f"{'' if '/' in name else 'top-'}second.png").exists()


@pytest.mark.parametrize("change", ["spec", "output", "input"])
@pytest.mark.parametrize("way", ["removed", "longer", "touched", "replaced by its like"])
def test_changed_files_are_seen(posts: Shell, change: str, way: str) -> None:
    assert quick("build") == 0
    names = {"spec": "assets.yaml", "output": "assets/first.png", "input": "about.md"}
    change_file(posts.root / names[change], way)
    assert quick("build") is None


def change_file(path: Path, way: str) -> None:
    seen = path.stat()
    if way == "removed":
        path.unlink()
    elif way == "longer":
        path.write_bytes(path.read_bytes() + b"\n")
    elif way == "touched":
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1))
    else:
        other = path.with_name("other")
        other.write_bytes(path.read_bytes())
        os.utime(other, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        other.replace(path)


def test_every_one_of_many_files_is_looked_at(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """In folders with many files and with few, and over the ends of the groups that are compared at a time."""
    monkeypatch.setattr(snapshot_module, "GROUP", 5)
    names = [f"a/{number}" for number in range(12)] + ["b/1", "b/2", "c/d/1"]
    shell.write(HEAD + "assets:\n" + "".join(f"  {name}.png: a thing called {name}\n" for name in names))
    assert [shell.run("build", "--yes").code for _ in range(2)] == [0, 0]
    assert quick("build") == 0
    for name in [*(f"assets/{name}.png" for name in names), "assets.yaml", "assets.lock"]:
        path = shell.root / name
        seen = path.stat()
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1))
        assert quick("build") is None, name
        assert [shell.run("build").code for _ in range(2)] == [0, 0]  # the spec is too young for the first
        assert quick("build") == 0, name


def test_a_lock_that_comes_later_is_seen(posts: Shell) -> None:
    assert quick("build") == 0
    posts.write('{"format":"pixmake.lock/1"}\n', "assets.lock")
    assert quick("build") is None


@pytest.mark.parametrize("change", ["none", "dropped", "removed"])
def test_a_lock_that_changes_while_a_build_ends_is_not_vouched_for(shell: Shell, change: str) -> None:
    shell.write(HEAD + "assets:\n  hen.png: a hen\n  cow.png: a cow\n")
    time.sleep(0.06)  # the spec is at rest
    project = load(shell.root / "assets.yaml")
    report = project.build(yes=True)
    lock = shell.root / "assets.lock"
    if change == "removed":
        lock.unlink()
    elif change == "dropped":
        lock.write_bytes(b"".join(line for line in lock.read_bytes().splitlines(keepends=True) if b"cow" not in line))
    assert project.remember(report, __version__, {"build": "nothing to do"}) is (change == "none")
    assert (quick("build") == 0) is (change == "none")


def test_variables_of_templates_are_seen(shell: Shell) -> None:
    shell.environment(SEASON="winter")
    shell.write(
        "version: 1\nallow_env: [SEASON]\ndefaults: {provider: draft, size: 32x32}\n"
        'assets: {hen.png: "a hen in {{ env.SEASON }}"}\n'
    )
    assert [shell.run("build").code for _ in range(2)] == [0, 0]
    assert quick("build") == 0
    assert b"winter" not in snapshot(shell).read_bytes(), "it may be a secret"
    shell.environment(SEASON="summer")
    assert quick("build") is None


def test_another_store_is_seen(posts: Shell) -> None:
    posts.environment(PIXMAKE_STORE=posts.folder / "other")
    assert quick("build") is None


def test_a_month_later_the_whole_program_looks(posts: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says can depend on the date: a model that goes soon is warned of. It leaves a fresh answer."""
    began, stamp = time.time(), snapshot(posts).stat().st_mtime_ns
    for days, answered, written in ((14, 0, False), (29, 0, False), (31, None, True), (-2, None, True)):
        monkeypatch.setattr(time, "time", lambda days=days: began + days * 86_400)
        assert quick("build") == answered
        if days != 29:
            assert posts.run("build").code == 0
            assert (snapshot(posts).stat().st_mtime_ns != stamp) is written
            assert quick("build") == 0
        stamp = snapshot(posts).stat().st_mtime_ns


def test_a_copy_of_a_project_is_not_answered_for_by_the_first(posts: Shell) -> None:
    copy = posts.folder / "copy"
    shutil.copytree(posts.root, copy)
    posts.go(copy)
    assert quick("build") is None
    posts.go(posts.root)
    assert quick("build") == 0


def test_the_same_folder_by_another_name_is_the_same(posts: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    link = posts.folder / "link"
    link.symlink_to(posts.root)
    monkeypatch.setattr(os, "getcwd", lambda: os.fspath(link))
    assert quick("build") == 0


@pytest.mark.parametrize("place", [".", "../project", ""])
def test_a_place_that_counts_from_the_current_folder_is_none(posts: Shell, place: str) -> None:
    """It would be every folder's: a project that is copied or handed on must not bring an answer along."""
    whole, own = snapshot(posts).read_bytes(), os.fsencode(posts.root)
    assert whole.count(b"%d\n%s" % (len(own), own)) == 1
    snapshot(posts).write_bytes(whole.replace(b"%d\n%s" % (len(own), own), b"%d\n%s" % (len(place), place.encode())))
    assert quick("build") is None


def test_from_a_folder_below(posts: Shell) -> None:
    posts.go(posts.root / "art" / "posts")
    assert quick("build") == 0


def test_another_spec_in_the_folder_is_not_answered_for(posts: Shell) -> None:
    posts.write("version: 1\nassets: {}\n", "other.yaml")
    posts.edit("a hen", "an old hen")
    assert [posts.run("build", "-f", "other.yaml").code for _ in range(2)] == [0, 0]
    assert quick("build") is None


def test_a_flag_that_allows_more_is_not_answered_for(posts: Shell) -> None:
    posts.edit('{rows: "*.md", prompt: a hen}', '{rows: "*.md", prompt: a hen, output: ../out.png}')
    assert [posts.run("build", "--allow-outside").code for _ in range(2)] == [0, 0]
    assert quick("build") is None
    assert posts.run("build").code == 2


def test_a_build_that_begins_takes_the_answer_back(shell: Shell) -> None:
    """Killed then, it may leave a call that somebody must look after."""
    shell.write(HEAD + "assets:\n  hen.png: a hen\n")
    assert [shell.run("build", "--yes").code for _ in range(2)] == [0, 0]
    assert quick("build") == 0
    shell.script(hen=["failed"])
    assert shell.run("reroll", "hen.png", "--yes").code == 1
    assert quick("build") is None


# --- snapshots that others wrote ---------------------------------------------------------------------------------


def test_a_snapshot_without_the_spec_says_nothing(posts: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever hands a repository on can't know inode and times of the spec in a checkout to come."""
    head, day, rest = snapshot(posts).read_bytes().split(b"\n", 2)
    folder = os.fsencode(posts.root)
    planted = b"%s\n%s\n%d\n%s0\n0\n%d\n%s" % (head, day, len(folder), folder, 13, b"build\0run me!")
    for groups in (b"1 0\n.1 0\n.1 0\n.", b"", b"1 0\n.", b"0 0\n0 0\n0 0\n", b"16 0\n.\0about.md\0about1 0\n.1 0\n."):
        snapshot(posts).write_bytes(planted + groups)
        assert quick("build") is None
    assert capsys.readouterr().err == "" and rest


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_never_raises(posts: Shell, data: st.DataObject) -> None:
    whole = snapshot(posts).read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    piece = data.draw(st.binary(max_size=12))
    gone = data.draw(st.integers(0, 12))
    snapshot(posts).write_bytes(whole[:at] + piece + whole[at + gone :])
    try:
        assert quick("build") in (None, 0)
    finally:
        snapshot(posts).write_bytes(whole)


@pytest.mark.parametrize("length", ["-1", "99999999999999999999", "9" * 5000, "268435455", "x", ""])
def test_lengths_that_lie(posts: Shell, length: str) -> None:
    whole = snapshot(posts).read_bytes()
    head, day, _, rest = whole.split(b"\n", 3)
    for lie in (b"%s\n%s\n%s\n%s" % (head, day, length.encode(), rest), b"%s\n%s\n%s" % (head, length.encode(), rest)):
        snapshot(posts).write_bytes(lie)
        assert quick("build") is None
    place = whole.index(b".\0assets.yaml")
    start = whole.rindex(b"\n", 0, place - 1)
    snapshot(posts).write_bytes(whole[:start] + b"\n%s 8\n" % length.encode() + whole[place:])
    assert quick("build") is None


def test_where_folders_cannot_be_opened_paths_are_looked_up(posts: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_module, "HANDLES", False)  # as on Windows
    assert quick("build") == 0
    change_file(posts.root / "assets" / "first.png", "longer")
    assert quick("build") is None


def test_where_nothing_can_be_said_the_whole_program_tries(posts: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert quick("build") is None


@pytest.mark.parametrize("name", ["snapshot", "settled"])
def test_what_can_not_be_written_for_the_next_run_fails_none(posts: Shell, name: str) -> None:
    path = posts.root / ".pixmake" / name
    path.unlink(missing_ok=True)
    path.mkdir()
    posts.edit("a hen", "a hen ")  # the same text: nothing to make, and another snapshot
    time.sleep(0.06)
    said = posts.run("build")
    assert (said.code, said.out) == (0, "")
    assert said.err == (
        "nothing to do\n"
        f"warning[not-kept]: cannot write '{path}': is a directory\n"
        "help: all that was asked for is done; without this file the next run takes longer\n"
    )
    assert list(path.parent.glob(".new-*")) == []
    assert posts.run("build", "--quiet").err == ""


@pytest.mark.parametrize("verb", ["clean", "accept"])
def test_a_memo_that_can_not_be_written_fails_no_verb(shell: Shell, verb: str) -> None:
    assert shell.run("build", "--yes").code == 0
    memo = shell.root / ".pixmake/memo.json"
    memo.unlink()
    memo.mkdir()
    if verb == "accept":
        shell.picture("assets/icons/key.png")
    said = shell.run(verb, "icons/key.png")
    assert said.code == 0 and said.out.splitlines() == ["assets/icons/key.png"]
    assert f"warning[not-kept]: cannot write '{memo}': is a directory\n" in said.err


def test_a_full_disk_is_told_of_once(posts: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of `.pixmake/` that can't be written are one warning, and the build is what it would be with them."""
    replace = os.replace

    def full(source: str, target: str | Path) -> None:
        if ".pixmake" in Path(target).parts:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source)
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(Path, "replace", lambda self, target: full(str(self), target))
    memo = posts.root / ".pixmake/memo.json"
    shutil.rmtree(posts.root / "assets")
    (posts.root / "assets.lock").unlink(missing_ok=True)
    time.sleep(0.06)
    said = posts.run("build", "--json")
    assert said.code == 0
    assert [item["message"] for item in said.body["problems"]] == [
        f"no room to write '{memo}': no space left on device"
    ]
    assert said.err.count("not-kept") == 1
