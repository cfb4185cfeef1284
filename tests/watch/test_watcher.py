"""A watched project always ends up as a clean build would leave it, whatever happened in between, and leaks nothing."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from pixmake.clock import SystemClock
from pixmake.events import BuildStarted, WatchChanged, WatchEnded, WatchProblem, WatchReady
from watch.watching import PATIENCE, Watching, clean, outputs

SPEC = """\
version: 1
defaults: {provider: draft, size: 32x32, template: icon.j2}
vars: {style: flat}
assets:
  icons/apple: a red apple
  icons/key: an old key
  "cast/{{ row.id }}": {rows: data/cast.csv, prompt: "{{ row.look }}"}
  edited: {from: refs/base.png, prompt: make it blue}
  album: {references: [refs/more/*.png], prompt: an album}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of drafts with all kinds of input files."""
    root = tmp_path / "project"
    write(root / "assets.yaml", SPEC)
    write(root / "templates/icon.j2", "{{ prompt }}, {{ style }}")
    write(root / "data/cast.csv", "id,look\norc,a green orc\nelf,a thin elf\n")
    picture(root / "refs/base.png", "red")
    picture(root / "refs/more/one.png", "blue")
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def picture(path: Path, color: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 32), color).save(path)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


# --- every kind of input ---------------------------------------------------------------------------------------------


def test_every_kind_of_input_is_seen(root: Path) -> None:
    with Watching(root) as watching:
        assert outputs(root) == clean(watching)
        edit(root / "assets.yaml", "a red apple", "a green apple")
        watching.until_built()
        edit(root / "templates/icon.j2", "{{ style }}", "very {{ style }}")
        watching.until_built()
        edit(root / "data/cast.csv", "thin", "tall")
        watching.until_built()
        picture(root / "refs/base.png", "green")
        watching.until_built()
        picture(root / "refs/more/two.png", "white")
        watching.until_built()
        (root / "refs/more/one.png").unlink()
        watching.until_built()
        (root / "assets/icons/apple.png").unlink()
        watching.until_built()
        assert watching.heard(WatchProblem) == []


def test_what_changed_is_made_and_so_is_the_rest(root: Path) -> None:
    with Watching(root) as watching:
        watching.until(lambda: watching.heard(BuildStarted)[1:])
        (root / "assets/icons/key.png").unlink()
        edit(root / "assets.yaml", "a red apple", "a green apple")
        watching.until_built()
        both = {"assets/icons/apple.png", "assets/icons/key.png"}
        watching.until(lambda: both == {path for event in told(watching) for path in event.written})
        assert sum(event.made for event in told(watching)) == 1


def told(watching: Watching) -> list[WatchChanged]:
    """What was said of changes; the first look is not one."""
    return [event for event in watching.heard(WatchChanged) if event.files]


def test_saving_without_a_change_makes_nothing(root: Path) -> None:
    with Watching(root) as watching:
        built = outputs(root)
        text = (root / "assets.yaml").read_text("utf-8")
        write(root / "assets.yaml", text)
        watching.until_changed("assets.yaml")
        assert [event.made for event in watching.heard(WatchChanged)[1:]] == [0] * len(watching.heard(WatchChanged)[1:])
        assert outputs(root) == built


def test_own_writes_do_not_ring(root: Path) -> None:
    with Watching(root) as watching:
        watching.until(lambda: watching.heard(BuildStarted)[1:])  # newly listened folders are looked at again
        for number in range(3):
            edit(root / "assets.yaml", "flat", f"flat{number}")
            watching.until_built()
        watching.until_changed("assets.yaml")
        time.sleep(0.3)  # an event of our own writing would have been dealt with by now
        assert {name for event in watching.heard(WatchChanged) for name in event.files} == {"assets.yaml"}


def test_files_that_nothing_names_do_not_ring(root: Path) -> None:
    with Watching(root) as watching:
        for name in (".assets.yaml.swp", "4913", "notes.txt", ".git/index", "refs/base.png~", "data/other.csv"):
            write(root / name, "x")
        edit(root / "assets.yaml", "a red apple", "a green apple")
        watching.until_built()
        watching.until_changed("assets.yaml")
        assert {name for event in watching.heard(WatchChanged) for name in event.files} == {"assets.yaml"}


def test_includes_and_data_in_new_places_are_listened_to(root: Path) -> None:
    shared = root.parent / "shared"
    write(shared / "more.yaml", 'assets: {"far/{{ row.id }}": {rows: deep/far.csv, prompt: "{{ row.look }}"}}\n')
    write(shared / "deep/far.csv", "id,look\nsun,a sun\n")
    with Watching(root) as watching:
        edit(root / "assets.yaml", "version: 1\n", "version: 1\ninclude: [../shared/more.yaml]\n")
        watching.until(lambda: (root / "assets/far/sun.png").exists())
        sun = outputs(root)["assets/far/sun.png"]
        edit(shared / "deep/far.csv", "a sun", "a moon")
        watching.until(lambda: outputs(root)["assets/far/sun.png"] != sun)
        edit(shared / "deep/far.csv", "a moon", "a star")
        watching.until_changed("../shared/deep/far.csv")
        edit(shared / "more.yaml", "far/", "near/")
        watching.until(lambda: (root / "assets/near/sun.png").exists())


# --- storms ----------------------------------------------------------------------------------------------------------


def test_a_thousand_quick_saves(root: Path) -> None:
    with Watching(root) as watching:
        text = (root / "assets.yaml").read_text("utf-8")
        for number in range(1000):
            write(root / "assets.yaml", text.replace("a red apple", f"apple number {number}"))
        watching.until_built()
        assert len(watching.heard(BuildStarted)) < 100
    assert outputs(root) == clean(watching)


def test_an_editors_rename_saves(root: Path) -> None:
    with Watching(root) as watching:
        spec = root / "assets.yaml"
        text = spec.read_text("utf-8")
        for number in range(30):
            fresh = text.replace("a red apple", f"apple number {number}")
            if number % 2:  # as vim does
                spec.rename(root / "assets.yaml~")
                write(spec, fresh)
                (root / "assets.yaml~").unlink()
            else:  # as most others do
                write(root / ".assets.yaml.tmp", fresh)
                os.replace(root / ".assets.yaml.tmp", spec)
            if number % 10 == 9:
                watching.until_built()
    assert outputs(root) == clean(watching)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_checking_out_another_branch_and_back(root: Path) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=false"]
        subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)

    write(root / ".gitignore", "assets/\n.pixmake/\n")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    edit(root / "assets.yaml", "a red apple", "a pear")
    edit(root / "assets.yaml", "refs/more/*.png", "pictures/*.png")
    picture(root / "pictures/three.png", "black")
    shutil.rmtree(root / "refs/more")
    edit(root / "data/cast.csv", "thin", "tall")
    git("add", ".")
    git("commit", "-qm", "two")
    git("checkout", "-q", "main")
    with Watching(root) as watching:
        first = outputs(root)
        for _ in range(2):
            git("checkout", "-q", "other")
            watching.until_built()
            assert outputs(root) != first
            git("checkout", "-q", "main")
            watching.until(lambda: outputs(root) == first)
    assert clean(watching) == first


def test_folders_that_go_and_come(root: Path) -> None:
    with Watching(root) as watching:
        built = outputs(root)
        kept = root.parent / "kept"
        shutil.copytree(root / "refs", kept)
        shutil.rmtree(root / "refs")
        watching.until(lambda: watching.heard(WatchProblem))
        shutil.copytree(kept, root / "refs")
        watching.until(lambda: watching.heard(WatchChanged)[-1].mended)
        assert outputs(root) == built
        picture(root / "refs/base.png", "purple")  # the folder is another one now, and still listened to
        watching.until_built()
        shutil.rmtree(root / "assets", ignore_errors=True)  # it is being filled again meanwhile
        watching.until_built()
        (root / "templates").rename(root / "aside")
        watching.until(lambda: len(watching.heard(WatchProblem)) > 1)
        edit(root / "aside/icon.j2", "{{ style }}", "most {{ style }}")
        (root / "aside").rename(root / "templates")
        watching.until_built()
    assert outputs(root) == clean(watching)


# --- errors ----------------------------------------------------------------------------------------------------------


def test_a_broken_spec_is_told_once_and_its_repair_is_seen(root: Path) -> None:
    with Watching(root) as watching:
        built = outputs(root)
        edit(root / "assets.yaml", "icon.j2", "icno.j2")
        watching.until(lambda: watching.heard(WatchProblem))
        edit(root / "assets.yaml", "version: 1", "version: 1 # same error")
        write(root / "stray.txt", "rings while the spec is broken")
        time.sleep(0.2)
        assert len(watching.heard(WatchProblem)) == 1
        assert outputs(root) == built
        edit(root / "assets.yaml", "icno.j2", "icon.j2")
        watching.until(lambda: watching.heard(WatchChanged)[-1].mended)
        edit(root / "assets.yaml", "a red apple", "a green apple")
        watching.until_built()


def test_a_spec_that_is_broken_from_the_start(root: Path) -> None:
    write(root / "shared/rest.yaml", "assets: {late: [}\n")
    edit(root / "assets.yaml", "version: 1", "version: 1\ninclude: [shared/rest.yaml]")
    with Watching(root) as watching:
        assert watching.heard(WatchReady)[0].assets == 0
        assert watching.problems == ["bad-yaml"]
        write(root / "shared/rest.yaml", "assets: {late: a late one}\n")
        watching.until(lambda: (root / "assets/late.png").exists())
        watching.until_built()


# --- lost events, sleep, used up watches -----------------------------------------------------------------------------


class Sleeper(SystemClock):
    """A clock whose machine can be put to sleep."""

    slept = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.slept


def test_after_a_sleep_everything_is_looked_at(root: Path) -> None:
    clock = Sleeper()
    with Watching(root, clock=clock) as watching:
        watching.until(lambda: watching.heard(BuildStarted)[1:])
        looks = len(watching.heard(BuildStarted))
        clock.slept = timedelta(hours=8)
        watching.until(lambda: len(watching.heard(BuildStarted)) > looks)


def test_after_lost_events_everything_is_looked_at(root: Path) -> None:
    with Watching(root) as watching:
        watching.until(lambda: watching.heard(BuildStarted)[1:])
        looks = len(watching.heard(BuildStarted))
        # watchdog says in its log, and only there, that the kernel's queue ran over
        logging.getLogger("watchdog.observers.inotify_c").warning(
            "Inotify queue overflowed; filesystem events were lost"
        )
        watching.until(lambda: len(watching.heard(BuildStarted)) > looks)


def test_without_file_watches_folders_are_polled(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import watchdog.observers

    def used_up() -> object:
        raise OSError(24, "inotify instance limit reached")

    monkeypatch.setattr(watchdog.observers, "Observer", used_up)
    with Watching(root) as watching:
        assert watching.heard(WatchReady)[0].polling
        edit(root / "assets.yaml", "a red apple", "a green apple")
        watching.until_built()


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="handles are counted in /proc")
def test_nothing_is_left_open(root: Path) -> None:
    def handles() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def once() -> None:
        with Watching(root) as watching:
            for number in range(5):
                shutil.rmtree(root / "assets", ignore_errors=True)  # it is being filled again meanwhile
                write(root / "data/cast.csv", f"id,look\norc,orc number {number}\nelf,a thin elf\n")
                watching.until_built()
        assert watching.exit_code == 0
        assert isinstance(watching.events[-1], WatchEnded)

    once()  # what a first build opens for good (caches, pools) is not a leak
    before = handles(), threading.active_count()
    once()
    assert (handles(), threading.active_count()) == before


def test_killed_and_started_again_nothing_is_lost(root: Path) -> None:
    code = "import sys; from pixmake.cli.main import main; sys.exit(main(['watch', '-f', sys.argv[1]]))"
    environment = os.environ | {"PIXMAKE_STORE": str(root.parent / "store")}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(root / "assets.yaml")], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "watching 6 assets\n"
    text = (root / "assets.yaml").read_text("utf-8")
    end = time.monotonic() + PATIENCE
    before = outputs(root)
    number = 0
    while outputs(root) == before and time.monotonic() < end:
        number += 1
        write(root / "assets.yaml", text.replace("flat", f"flat{number}"))
        time.sleep(0.03)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with Watching(root) as watching:
        assert outputs(root) == clean(watching)
        left = [path for path in root.glob("assets/**/*") if path.is_file() and path.suffix != ".png"]
        assert left == []
