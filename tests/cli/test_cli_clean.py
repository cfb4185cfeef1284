"""`clean`: own files go, all others stay, and no paid picture is lost by it."""

from __future__ import annotations

import json
import shutil

from fakes.shell import Shell


def test_own_files_go_and_come_back_for_free(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    before = shell.files()
    said = shell.run("clean")
    assert (said.code, said.out, said.err) == (
        0,
        "assets/icons/heart.png\nassets/icons/key.png\n",
        "removed 2 files\nnext: pixmake build\n",
    )
    assert sorted(shell.files()) == ["assets.lock", "assets.yaml"] and not (shell.root / "assets").exists()
    assert shell.run("build").code == 0
    assert shell.files() == before and len(shell.calls) == 2


def test_edited_and_foreign_files_stay(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    (shell.root / "assets/icons/key.png").write_bytes(b"mine")
    shell.write("notes", "assets/icons/notes.txt")
    said = shell.run("clean")
    assert said.code == 5
    assert said.err == (
        "removed 1 file\nkept 'assets/icons/key.png': changed by hand, or not made by pixmake\nnext: pixmake build\n"
    )
    assert sorted(shell.files()) == ["assets.lock", "assets.yaml", "assets/icons/key.png", "assets/icons/notes.txt"]


def test_a_file_that_stood_there_before_stays(shell: Shell) -> None:
    shell.write("not ours", "assets/icons/key.png")
    assert shell.run("clean").code == 5
    assert (shell.root / "assets/icons/key.png").read_text() == "not ours"


def test_only_what_was_selected(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    assert shell.run("clean", "icons/key.png").out == "assets/icons/key.png\n"
    assert (shell.root / "assets/icons/heart.png").exists()


def test_drafts_are_ours(shell: Shell) -> None:
    assert shell.run("build", "--draft").code == 0
    assert shell.run("clean").code == 0
    assert sorted(shell.files()) == ["assets.yaml"]


def test_orphans_lose_their_files_and_lines_but_no_picture(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    shell.edit("  icons/key.png: an old brass key\n", "")
    said = shell.run("clean", "--orphans")
    assert (said.code, said.out, said.err) == (0, "assets/icons/key.png\n", "removed 1 file, forgot 1 lock line\n")
    assert "icons/key.png" not in (shell.root / "assets.lock").read_text()
    assert (shell.root / "assets/icons/heart.png").exists()
    shell.edit("a heart\n", "a heart\n  icons/key.png: an old brass key\n")
    assert shell.run("build").code == 0
    assert len(shell.calls) == 2, "it was bought once"


def test_orphans_need_no_selector(shell: Shell) -> None:
    assert shell.run("clean", "--orphans", "icons/key.png").code == 2


def test_an_orphans_path_that_another_asset_writes_now_stays(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    shell.edit("  icons/key.png: an old brass key", "  new.png: {prompt: a door, output: icons/key.png}")
    assert shell.run("clean", "--orphans").out == ""
    assert (shell.root / "assets/icons/key.png").exists()


def test_the_last_copy_of_a_paid_picture_goes_to_the_store_first(shell: Shell) -> None:
    assert shell.run("build", "--yes").code == 0
    before = shell.files()
    shutil.rmtree(shell.store / "cas")
    assert shell.run("clean").code == 0
    assert shell.run("build").code == 0
    assert shell.files() == before and len(shell.calls) == 2


def test_a_lock_cannot_point_out_of_the_project(shell: Shell) -> None:
    import hashlib

    outside = shell.folder / "letter.txt"
    outside.write_text("dear")
    pin = {"recipe": "0" * 64, "digest": hashlib.sha256(b"dear").hexdigest()}
    lines = [
        {"format": "pixmake.lock/1"},
        {
            "asset": "gone.png",
            "outputs": {"../letter.txt": pin, str(outside): pin, "link/letter.txt": pin},
            "steps": [],
        },
    ]
    (shell.root / "link").symlink_to(shell.folder)
    shell.write("".join(json.dumps(line) + "\n" for line in lines), "assets.lock")
    for words in (["clean"], ["clean", "--orphans"]):
        shell.run(*words)
        assert outside.read_text() == "dear"
