from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pixmake.diagnostics import ExitCode, Problem
from pixmake.store.home import locate, open_store
from store.making import done, intent, key, names, store_at

ROOT = Path("/home/eva/game")


def at(env: dict[str, str], *, path: Path | None = None, spec: str | None = None, platform: str = "linux") -> str:
    return str(locate(path, project_root=ROOT, spec_store=spec, env={"HOME": "/home/eva", **env}, platform=platform))


@pytest.mark.skipif(os.name == "nt", reason="paths of this test are Unix ones")
def test_the_stores_place_in_order_of_precedence() -> None:
    env = {"PIXMAKE_STORE": "/mnt/pictures"}
    assert at(env, path=Path("/elsewhere/store"), spec="art/store") == "/elsewhere/store"
    assert at(env, spec="art/store") == "/mnt/pictures"
    assert at({}, spec="art/store") == "/home/eva/game/art/store"
    assert at({"PIXMAKE_STORE": ""}, spec="../shared") == "/home/eva/shared"
    assert at({"PIXMAKE_STORE": "store"}) == "/home/eva/game/store"
    assert at({}, spec="~/pictures") == "/home/eva/pictures"
    assert at({}) == "/home/eva/.local/share/pixmake"
    assert at({"XDG_DATA_HOME": "/data"}) == "/data/pixmake"
    assert at({"XDG_DATA_HOME": "relative"}) == "/home/eva/.local/share/pixmake"
    assert at({}, platform="darwin") == "/home/eva/Library/Application Support/pixmake"
    assert at({"LOCALAPPDATA": "/c/Local"}, platform="win32") == "/c/Local/pixmake"
    assert at({"USERPROFILE": "/c/eva"}, platform="win32") == "/c/eva/AppData/Local/pixmake"


def test_opening_and_reading_write_nothing(tmp_path: Path) -> None:
    store = open_store(None, project_root=tmp_path, spec_store="deep/store", env={})
    assert store.root == tmp_path / "deep" / "store"
    assert store.results.pool(key("heart")).results == ()
    assert store.results.unknown() == ()
    assert store.results.last_bought("shop", "icons/heart.png", None, 0) is None
    assert store.results.damage == ()
    assert store.results.save_index() is False
    assert store.journal.open_intents() == ()
    assert not store.journal.key_busy(key("heart"))
    assert names(tmp_path) == []


def test_the_first_write_makes_a_private_folder_that_says_what_it_is(tmp_path: Path) -> None:
    store = store_at(tmp_path / "a" / "store")
    store.journal.append(intent())
    assert (store.root / "format").read_text() == "pixmake-store/1\n"
    assert "cannot be made again without paying" in (store.root / "README.txt").read_text()
    if os.name != "nt":
        assert stat.S_IMODE(store.root.stat().st_mode) == 0o700
    assert store_at(tmp_path / "a" / "store").results.pool(key("heart")).unanswered != ()


def test_a_readme_or_parts_that_were_removed_come_back(tmp_path: Path) -> None:
    store_at(tmp_path / "store").journal.append(intent())
    (tmp_path / "store" / "README.txt").unlink()
    (tmp_path / "store" / "format").unlink()
    store_at(tmp_path / "store").journal.append(done())
    assert (tmp_path / "store" / "README.txt").exists()
    assert (tmp_path / "store" / "format").exists()


def test_a_newer_store_is_not_touched(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir()
    (root / "format").write_text("pixmake-store/2\n")
    with pytest.raises(Problem) as caught:
        store_at(root)
    assert caught.value.exit_code == ExitCode.INTEGRITY
    assert str(caught.value) == (
        f"error[store-too-new]: the store '{root}' has format 'pixmake-store/2', this version reads 'pixmake-store/1'\n"
        "help: update pixmake, or name another store with PIXMAKE_STORE"
    )


def test_a_format_file_of_something_else_is_reported(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir()
    (root / "format").write_bytes(b"\xff\xfe rubbish")
    with pytest.raises(Problem) as caught:
        store_at(root)
    assert caught.value.diagnostics[0].code == "store-format"
    assert caught.value.exit_code == ExitCode.INTEGRITY


def test_a_folder_with_other_files_is_never_made_a_store(tmp_path: Path) -> None:
    root = tmp_path / "Pictures"
    root.mkdir()
    (root / "holiday.jpg").write_bytes(b"mine")
    (root / ".DS_Store").write_bytes(b"")
    store = store_at(root)
    assert store.results.pool(key("heart")).results == ()
    with pytest.raises(Problem) as caught:
        store.content.put(b"picture")
    assert str(caught.value) == (
        f"error[store-foreign]: the folder '{root}' is not a pixmake store and holds other files ('holiday.jpg')\n"
        "help: name an empty or new folder for the store: PIXMAKE_STORE, or `store:` in assets.yaml"
    )
    assert names(root) == [".DS_Store", "holiday.jpg"]


def test_an_empty_folder_may_become_a_store(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir()
    (root / ".gitkeep").write_bytes(b"")
    assert store_at(root).content.put(b"picture")
