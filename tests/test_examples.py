"""Every example builds as drafts, whole and without a warning: the one at the root, and those below examples/."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

import pixmake

ROOT = Path(__file__).parents[1]


def built(name: str, tmp_path: Path, *, profile: str | None = None, draft: bool = True) -> pixmake.Project:
    """A copy of an example, built; `.` is the one at the root."""
    source, target = ROOT / name, tmp_path / "project"
    if name == ".":
        target.mkdir()
        shutil.copy(source / "assets.yaml", target)
        for folder in ("art", "templates"):
            shutil.copytree(source / folder, target / folder)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".pixmake", "assets.lock"))
    project = pixmake.load(target / "assets.yaml", profile=profile, store=tmp_path / "store")
    assert [item.message for item in project.spec.warnings] == []
    report = project.build(project.plan(draft=draft))
    assert [item.message for item in report.problems] == []
    assert (int(report.exit_code), int(report.spent)) == (0, 0)
    return project


def files(project: pixmake.Project) -> dict[str, int]:
    """How many files each folder of the output folder got."""
    folder = project.root / project.spec.output_dir
    return dict(Counter(path.relative_to(folder).parts[0] for path in folder.glob("**/*.*")))


def missing(project: pixmake.Project) -> list[str]:
    return [item.path for asset in project.assets for item in asset.outputs if not (project.root / item.path).exists()]


def test_the_root_example_builds_free_as_it_stands(tmp_path: Path) -> None:
    project = built(".", tmp_path, draft=False)
    assert files(project) == {"items": 10, "creatures": 16, "places": 8, "site": 18, "ui": 12}
    assert missing(project) == []
    with Image.open(project.root / "out/site/capsule-main.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (616, 353))
    with Image.open(project.root / "out/items/key.png") as picture:
        assert picture.convert("RGBA").getchannel("A").getextrema() == (0, 255)
    again = project.build()
    assert (int(again.exit_code), again.made, again.written) == (0, 0, ())


def test_the_root_example_has_a_price_in_its_final_profile(tmp_path: Path) -> None:
    project = pixmake.load(ROOT / "assets.yaml", profile="final", store=tmp_path / "store")
    plan = project.plan()
    assert plan.problems == ()
    assert plan.totals.images == 56
    assert 1 < plan.totals.cost.low <= plan.totals.cost.high < 10


def test_a_theme_changes_every_text_but_the_posters(tmp_path: Path) -> None:
    plain, arcade = (
        pixmake.load(ROOT / "assets.yaml", profile=profile, store=tmp_path / "store") for profile in (None, "arcade")
    )
    texts = {asset.name: [step.prompt for step in asset.steps] for asset in plain.assets}
    same = {
        asset.name for asset in arcade.assets if asset.steps and texts[asset.name] == [s.prompt for s in asset.steps]
    }
    assert {name.partition("/")[0] for name in same} == {"site", "ui"}
    assert "16-bit pixel art" in arcade.assets[10].steps[0].prompt


def test_flashcards(tmp_path: Path) -> None:
    project = built("examples/flashcards", tmp_path)
    assert files(project) == {"kitchen": 3, "farm": 3}
    apple = next(asset for asset in project.assets if asset.name == "kitchen/apple")
    assert (apple.title, apple.meta, apple.tags) == ("der Apfel", {"plural": "die Äpfel"}, ("kitchen",))
    assert apple.steps[0].prompt == (
        "a red apple, flat vector illustration, thick outline, cheerful colors, plain background, no text"
    )


def test_flashcards_for_print_go_elsewhere(tmp_path: Path) -> None:
    project = built("examples/flashcards", tmp_path, profile="print")
    with Image.open(project.root / "print/farm/sheep.png") as picture:
        assert picture.size == (480, 640)


def test_pixel_tiles(tmp_path: Path) -> None:
    project = built("examples/pixel-tiles", tmp_path)
    assert files(project) == {"tiles": 11, "sprites": 4}
    closed, opened = (
        Image.open(project.root / f"map/sprites/{name}.png").convert("RGBA") for name in ("chest", "chest-open")
    )
    lower = (0, 56, 90, 80)  # below the mask, and clear of the draft's stamp
    assert opened.crop(lower).tobytes() == closed.crop(lower).tobytes()
    assert opened.tobytes() != closed.tobytes()


def test_product_shots(tmp_path: Path) -> None:
    project = built("examples/product-shots", tmp_path)
    assert files(project) == {"thumbs": 8, "scenes": 2}
    assert [asset.name for asset in project.assets if asset.steps] == ["scenes/mug-kitchen", "scenes/lamp-night"]
    photo, scene = (
        Image.open(project.root / path).convert("RGB") for path in ("photos/mug.png", "shop/scenes/mug-kitchen.png")
    )
    assert scene.getpixel((245, 180)) == photo.getpixel((245, 180)), "the fence gives the mug back"
    assert scene.getpixel((60, 60)) != photo.getpixel((60, 60))


@pytest.mark.parametrize("name", [".", *sorted(f"examples/{path.name}" for path in (ROOT / "examples").iterdir())])
def test_every_example_can_be_planned_for_money(name: str, tmp_path: Path) -> None:
    project = pixmake.load(ROOT / name / "assets.yaml", store=tmp_path / "store")
    assert project.plan().problems == ()
