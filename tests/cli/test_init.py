"""`pixmake init`: the starter project works, and nothing that exists is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import pixmake
from pixmake.cli.formats import json_schema
from pixmake.cli.main import main

FILES = [
    "assets.yaml",
    "templates/icon.j2",
    "assets.schema.json",
    ".github/workflows/pictures.yml",
    ".gitignore",
    ".gitattributes",
]


def test_the_starter_project_builds_as_drafts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "shop art"
    assert main(["init", str(folder)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"written   {(folder / name).as_posix()}" for name in FILES]
    assert said.err == f"7 assets, nothing bought\nnext: cd '{folder}' && pixmake build --draft\n"
    project = pixmake.load(folder / "assets.yaml", store=tmp_path / "store")
    assert [item.message for item in project.spec.warnings] == []
    report = project.build(project.plan(draft=True))
    assert report.exit_code == 0
    assert sorted(path.relative_to(folder / "assets").as_posix() for path in folder.glob("assets/**/*.*")) == [
        "banner-1536.jpg",
        "banner-1536.webp",
        "banner-768.jpg",
        "banner-768.webp",
        "banner-fair.png",
        "icons/heart.png",
        "icons/key.png",
        "icons/potion-green.png",
        "icons/potion-orange.png",
        "icons/potion-violet.png",
    ]


def test_the_starter_project_names_a_model_and_has_a_price(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    plan = pixmake.load(tmp_path / "assets.yaml", store=tmp_path / "store").plan()
    assert {step.model for asset in plan.spec.assets for step in asset.steps} == {"gpt-image-2.5-flare"}
    assert plan.problems == ()
    assert plan.totals.images == 7
    assert 0 < plan.totals.cost.low <= plan.totals.cost.high < 1


def test_the_schema_comment_leads_to_a_schema_that_is_there(tmp_path: Path) -> None:
    main(["init", str(tmp_path)])
    first = (tmp_path / "assets.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=assets.schema.json"
    assert "assets" in json.loads((tmp_path / "assets.schema.json").read_text())["properties"]


def test_a_project_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "assets.yaml").write_text("version: 1\n")
    assert main(["init", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip() == (
        f"error[init-taken]: '{tmp_path}/assets.yaml' is there already\nhelp: edit it, or name another folder"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["assets.yaml"]
    assert (tmp_path / "assets.yaml").read_text() == "version: 1\n"


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "assets.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert main(["init", str(tmp_path)]) == 2
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_a_file_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "art").write_text("")
    assert main(["init", str(tmp_path / "art")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_files_that_exist_are_kept_or_get_their_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/icon.j2").write_text("{{ prompt }}, mine\n")
    (tmp_path / ".gitignore").write_bytes(b"*.pyc\r\nbuild/")
    (tmp_path / ".gitattributes").write_text("*.png binary\n  assets.lock merge=union  \n")
    assert main(["init", str(tmp_path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {item["path"]: item["state"] for item in document["files"]} == {
        "assets.yaml": "written",
        "templates/icon.j2": "kept",
        "assets.schema.json": "written",
        ".github/workflows/pictures.yml": "written",
        ".gitignore": "extended",
        ".gitattributes": "kept",
    }
    assert (tmp_path / "templates/icon.j2").read_text() == "{{ prompt }}, mine\n"
    assert (tmp_path / ".gitignore").read_bytes() == b"*.pyc\r\nbuild/\n.pixmake/\n"


def test_json_names_what_was_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    jsonschema.validate(json.loads(said.out), json_schema("init"))
    assert json.loads(said.out) == {
        "format": "pixmake.init/1",
        "folder": ".",
        "files": [{"path": name, "state": "written"} for name in FILES],
        "source": None,
        "assets": 7,
        "next": "pixmake build --draft",
    }
