"""Where a watch listens, and what it takes for a reason to look."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixmake.spec.asset import Asset, Budget, FileInput, Footprint, Output, Spec
from pixmake.watch.places import MOST_FOLDERS, Places, first_places, joined, places_of


def spec(root: Path, outputs: list[str], *, inputs: tuple[str, ...] = (), footprint: Footprint | None = None) -> Spec:
    assets = [
        Asset(
            name=f"a{number}",
            family="a",
            steps=(),
            origin=FileInput(path=Path(os.path.normpath(root / name)), name=name) if name else None,
            size="auto",
            outputs=(Output(path=path, format="png"),),
        )
        for number, (path, name) in enumerate(zip(outputs, [*inputs, *[""] * len(outputs)], strict=False))
    ]
    return Spec(
        file=root / "assets.yaml",
        root=root,
        version=1,
        project="p",
        output_dir="assets",
        profile=None,
        assets=tuple(assets),
        providers={},
        budget=Budget(),
        footprint=footprint or Footprint(files=(root / "assets.yaml",)),
    )


def heard(places: Places, root: Path, *names: str, folder: bool = False) -> list[str]:
    return [name for name in names if places.matter(os.path.normpath(root / name), folder=folder)]


def test_the_project_is_listened_to_folder_by_folder(tmp_path: Path) -> None:
    root = tmp_path / "p"
    root.mkdir()
    places = places_of(
        spec(root, ["assets/ui/a.png", "web/public/b.png"], inputs=("refs/x.png",)), root / "assets.lock"
    )
    assert {os.path.relpath(path, root): below for path, below in places.folders.items()} == {
        ".": False,
        "assets": False,
        "assets/ui": False,
        "refs": False,
        "web": False,
        "web/public": False,
    }
    names = (
        "assets.yaml",
        "assets.lock",
        "assets/ui/a.png",
        "refs/x.png",
        "refs/y.png",
        ".assets.yaml.swp",
        "web/b.js",
    )
    assert heard(places, root, *names) == ["assets.yaml", "assets.lock", "assets/ui/a.png", "refs/x.png"]
    assert heard(places, root, "refs", "web", "node_modules", ".git", folder=True) == ["refs", "web"]


def test_patterns_matter_for_files_that_are_not_there_yet(tmp_path: Path) -> None:
    globs = ((tmp_path, "refs/*.png", ()), (tmp_path, "notes/**/*.md", ()), (tmp_path, "../side/*.yaml", ()))
    found = Footprint(files=(tmp_path / "assets.yaml",), globs=globs, missing=(tmp_path / "templates/maybe.j2",))
    places = places_of(spec(tmp_path, ["out/{{ hash }}-a.png"], footprint=found), tmp_path / "assets.lock")
    names = (
        "refs/new.png",
        "refs/new.jpg",
        "refs/deep/new.png",
        "notes/a/b.md",
        "../side/more.yaml",
        "templates/maybe.j2",
        "out/1234abcd-a.png",
        "out/1234abcd-b.png",
    )
    assert heard(places, tmp_path, *names) == [
        "refs/new.png",
        "notes/a/b.md",
        "../side/more.yaml",
        "templates/maybe.j2",
        "out/1234abcd-a.png",
    ]
    assert places.folders[str(tmp_path / "notes")] is True
    assert heard(places, tmp_path, "notes/new", "other/new", folder=True) == ["notes/new"]


def test_many_folders_are_listened_to_through_the_one_above(tmp_path: Path) -> None:
    outputs = [f"assets/{number}/a.png" for number in range(MOST_FOLDERS * 4)]
    places = places_of(spec(tmp_path, [*outputs, "web/b.png"]), tmp_path / "assets.lock")
    assert {os.path.relpath(path, tmp_path): below for path, below in places.folders.items()} == {
        ".": False,
        "web": False,
        "assets": True,
    }


def test_folders_outside_are_listened_to_with_the_one_above(tmp_path: Path) -> None:
    root, side = tmp_path / "p", tmp_path / "side"
    (side / "data").mkdir(parents=True)
    root.mkdir()
    found = Footprint(files=(root / "assets.yaml", side / "data/x.csv"), missing=(side / "gone/deep/y.j2",))
    places = places_of(spec(root, [], footprint=found), root / "assets.lock")
    for folder in (side / "data", side, tmp_path, side / "gone/deep"):
        assert str(folder) in places.folders


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_what_a_link_leads_to_is_listened_to(tmp_path: Path) -> None:
    root, real = tmp_path / "p", tmp_path / "real"
    root.mkdir()
    real.mkdir()
    (real / "x.csv").write_text("id\n")
    (root / "x.csv").symlink_to(real / "x.csv")
    found = Footprint(files=(root / "assets.yaml", root / "x.csv"))
    places = places_of(spec(root, [], footprint=found), root / "assets.lock")
    assert str(real) in places.folders
    assert places.matter(str(real / "x.csv"), folder=False)


def test_while_nothing_is_known_everything_matters_but_private_folders(tmp_path: Path) -> None:
    first = first_places(tmp_path / "assets.yaml", ["shared/rest.yaml", "gone/away.yaml"])
    assert sorted(first.folders) == [str(tmp_path)]  # the others are not there: their coming is heard here
    both = joined(first, places_of(spec(tmp_path, ["assets/a.png"]), tmp_path / "assets.lock"))
    assert heard(both, tmp_path, "anything", ".git/index", ".pixmake/memo.json") == ["anything"]
    assert str(tmp_path / "assets") in both.folders
