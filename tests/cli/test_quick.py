"""The answer "nothing to do" from the snapshot alone: as long as nothing changed, and not a moment longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.shell import Shell
from pixmake import __version__
from pixmake.cli.quick import answer

POSTS = """\
version: 1
defaults: {provider: draft, size: 32x32}
assets:
  "{{ row.stem }}": {rows: "art/posts/*.md", prompt: "{{ row.title }}"}
  "top-{{ row.stem }}": {rows: "*.md", prompt: a hen}
"""


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
    return answer(list(words), __version__)


def test_after_one_build_the_answer_is_there_and_nothing_is_written(posts: Shell) -> None:
    state = posts.root / ".pixmake"
    before = {path: path.stat().st_mtime_ns for path in state.rglob("*")}
    assert quick("build") == 0
    assert posts.run("build").code == 0
    assert {path: path.stat().st_mtime_ns for path in state.rglob("*")} == before
    assert quick("build") == 0, "a build with nothing to do leaves the answer as it is"


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
def test_changed_files_are_seen(posts: Shell, change: str) -> None:
    assert quick("build") == 0
    paths: dict[str, Path] = {
        "spec": posts.root / "assets.yaml",
        "output": posts.root / "assets" / "first.png",
        "input": posts.root / "about.md",
    }
    if change == "output":
        paths[change].unlink()
    else:
        paths[change].write_text(paths[change].read_text("utf-8") + "\n", "utf-8")
    assert quick("build") is None


def test_a_lock_that_comes_later_is_seen(posts: Shell) -> None:
    assert quick("build") == 0
    posts.write('{"format":"pixmake.lock/1"}\n', "assets.lock")
    assert quick("build") is None
