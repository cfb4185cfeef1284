"""`pixmake init --from`: a spec over data that is there. What is written loads, and builds as drafts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import pixmake
from pixmake.cli.formats import json_schema
from pixmake.cli.init_from import spec_over
from pixmake.cli.init_guess import guess, naming
from pixmake.cli.main import main

HEADER = """\
# yaml-language-server: $schema=assets.schema.json
#
# Written by `pixmake init --from {0}`: a first guess, yours to change.
#
#   pixmake build --draft        free drafts of everything, offline
#   pixmake plan                 what a purchase would cost, and why; needs no key

version: 1

"""
DEFAULTS = """\
# What every picture starts from. The template is the text around each prompt.
defaults:
  model: gpt-image-2.5-flare
  template: "{{ prompt }}, picture-book illustration, one subject, no text"

"""
MONSTERS = """\
id,Name,look,hit points,size,tags
1,Bog Imp,a small green imp,7,256x256,swamp;small
2,Moss Golem,a golem covered in moss,40,,swamp
3,Élite Orc,"an orc, armoured",25,320x256,
"""


def begin(folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> pixmake.Project:
    """Runs init in `folder` and loads what it wrote."""
    monkeypatch.chdir(folder)
    assert main(["init", "--from", str(source.relative_to(folder)), "--quiet"]) == 0
    return pixmake.load(folder / "assets.yaml", store=folder / ".pixmake/store")


def test_a_table_becomes_one_asset_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "data/monsters.csv"
    source.parent.mkdir()
    source.write_text(MONSTERS)
    project = begin(tmp_path, source, monkeypatch)
    assert (tmp_path / "assets.yaml").read_text() == HEADER.format("data/monsters.csv") + DEFAULTS + (
        "assets:\n"
        "  # One asset a row.\n"
        "  # name: column 'Name': names every row, no two alike.\n"
        '  "monsters/{{ row.Name | slug }}":\n'
        '    rows: "data/monsters.csv"\n'
        "    # size: column 'size': holds sizes; where it is empty, the default holds.\n"
        '    size: "{{ row.size }}"\n'
        "    # prompt: column 'look': called 'look', and filled in every row.\n"
        '    prompt: "{{ row.look }}"\n'
        "    # tags: column 'tags': ';' between them becomes a comma.\n"
        "    tags: \"{{ row.tags | replace(';', ',') }}\"\n"
        "    # Not used yet: id, hit points\n"
    )
    assert [(asset.name, asset.size, asset.tags, asset.row) for asset in project.assets] == [
        ("monsters/bog-imp", "256x256", ("swamp", "small"), "data/monsters.csv:2"),
        ("monsters/moss-golem", "1024x1024", ("swamp",), "data/monsters.csv:3"),
        ("monsters/elite-orc", "320x256", (), "data/monsters.csv:4"),
    ]
    report = project.build(project.plan("monsters/bog-imp", draft=True))
    assert report.exit_code == 0
    with Image.open(tmp_path / "assets/monsters/bog-imp.png") as picture:
        assert picture.size == (256, 256)


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_json_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    rows = [
        {
            "slug": "otter",
            "description": "an otter",
            "width": 320,
            "height": 200,
            "extra": {"a": 1},
            "tags": ["a", "b"],
        },
        {"slug": "seal", "description": "a seal", "width": 160, "height": 160, "extra": {}, "tags": []},
    ]
    source = tmp_path / f"animals.{suffix}"
    source.write_text(json.dumps(rows) if suffix == "json" else "\n".join(map(json.dumps, rows)))
    project = begin(tmp_path, source, monkeypatch)
    assert [(asset.name, asset.size, asset.tags, asset.steps[0].prompt[:12]) for asset in project.assets] == [
        ("animals/otter", "320x200", ("a", "b"), "an otter, pi"),
        ("animals/seal", "160x160", (), "a seal, pict"),
    ]
    assert project.build(project.plan(draft=True)).exit_code == 0


def test_a_folder_of_markdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts/first light.md").write_text("---\ntitle: First light\nsummary: a lantern at night\n---\nBody.\n")
    (tmp_path / "posts/winter.md").write_text("---\ntitle: Winter\nsummary: a cabin in snow\n---\nBody.\n")
    project = begin(tmp_path, tmp_path / "posts", monkeypatch)
    assert [asset.name for asset in project.assets] == ["posts/first-light", "posts/winter"]
    assert project.assets[1].steps[0].prompt.startswith("a cabin in snow, ")
    assert project.build(project.plan("posts/winter", draft=True)).exit_code == 0


def test_markdown_in_folders_with_equal_stems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/index.md", "b/index.md"):
        (tmp_path / "docs" / name).parent.mkdir(parents=True)
        (tmp_path / "docs" / name).write_text("A lighthouse by the sea, and nobody near it.\n")
    project = begin(tmp_path, tmp_path / "docs", monkeypatch)
    assert [asset.name for asset in project.assets] == ["docs/docs-a-index-md", "docs/docs-b-index-md"]


def test_a_folder_of_pictures_becomes_edits_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photos/old").mkdir(parents=True)
    Image.new("RGB", (90, 60), "teal").save(tmp_path / "photos/My Cat.JPG")
    Image.new("RGBA", (64, 64), "coral").save(tmp_path / "photos/old/sun.png")
    (tmp_path / "photos/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--from", "photos"]) == 0
    text = (tmp_path / "assets.yaml").read_text()
    assert text.endswith(
        "assets:\n"
        "  # name: the file's. size: the file's own, so that nothing is cropped.\n"
        '  "edited/my-cat.jpg": {use: edit, from: "photos/My Cat.JPG", size: 90x60}\n'
        '  "edited/old/sun.png": {use: edit, from: "photos/old/sun.png", size: 64x64}\n'
    )
    project = pixmake.load("assets.yaml", store=tmp_path / ".pixmake/store")
    assert [step.prompt for asset in project.assets for step in asset.steps] == [
        "the same picture as a watercolor painting"
    ] * 2
    assert project.build(project.plan(draft=True)).exit_code == 0
    with Image.open(tmp_path / "assets/edited/my-cat.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (90, 60))


def test_json_gives_guesses_and_what_was_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "art").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "art/{{ x }}.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "art/a.png")
    assert main(["init", "--from", "art", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json_schema("init"))
    assert document["source"] == {
        "path": "art",
        "kind": "pictures",
        "rows": 1,
        "guesses": [],
        "skipped": [{"path": "art/{{ x }}.png", "reason": "its name would be read as a pattern"}],
    }


def test_init_into_another_folder_reaches_back_to_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.csv").write_text("name,look\na,an apple on a table\nb,a boat on a lake\n")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "site", "--from", "list.csv", "-q"]) == 0
    project = pixmake.load(tmp_path / "site/assets.yaml", store=tmp_path / "store")
    assert [asset.name for asset in project.assets] == ["list/a", "list/b"]


NAMELESS = """\
error[init-source]: nothing in 'data.csv' names the rows
help: add a column that is different in every row, like 'id'; columns here: 'look'
"""
RAGGED = """\
data.csv:2:1: error[ragged-row]: 3 cells where the header has 2 columns
    2 | a,b,c
      | ^^^^^
help: a cell with a comma in it needs double quotes around it
"""
ERRORS = {
    "missing": (None, "error[init-source]: there is no 'data.csv'\nhelp: name a file or a folder that exists\n"),
    "empty": ("id\n", "error[init-source]: 'data.csv' has no rows\nhelp: add a row first; init looks at the data\n"),
    "nameless": ('look\n""\n""\n', NAMELESS),
    "ragged": ("id,look\na,b,c\n", RAGGED),
}


@pytest.mark.parametrize("case", ERRORS)
def test_data_that_is_no_use_is_told_and_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    text, message = ERRORS[case]
    if text is not None:
        (tmp_path / "data.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--from", "data.csv"]) == 2
    assert capsys.readouterr().err.strip() == message.strip()
    assert not (tmp_path / "assets.yaml").exists()


def test_other_files_and_empty_folders_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("id\na\n")
    assert main(["init", "--from", "a.xlsx"]) == 2
    assert "'a.xlsx' is no data that init knows" in capsys.readouterr().err
    assert main(["init", "--from", "data"]) == 2
    assert capsys.readouterr().err.strip().endswith("help: name the file: pixmake init --from data/a.csv")


def rows_of(**values: list[str]) -> list[dict[str, str]]:
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def test_a_name_may_need_two_columns() -> None:
    rows = rows_of(kind=["orc", "orc", "imp"], mood=["angry", "calm", "calm"])
    assert guess(rows)[0].text == "{{ row.kind }}-{{ row.mood }}"


def test_numbers_name_only_what_has_no_better_name() -> None:
    assert guess(rows_of(id=["1", "2"], title=["A day", "A night"]))[0].text == "{{ row.title | slug }}"
    assert guess(rows_of(id=["1", "2"], title=["A day", "A day"]))[0].text == "{{ row.id }}"


def test_names_that_differ_only_in_case_are_no_names() -> None:
    assert naming(rows_of(id=["Orc", "orc"]), ["id"]) is None


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.lists(
        CELLS.filter(lambda text: text.strip()), min_size=1, max_size=4, unique_by=lambda text: text.strip()
    ),
    data=st.data(),
)
def test_whatever_the_table_holds_the_spec_over_it_loads(
    tmp_path_factory: pytest.TempPathFactory, columns: list[str], data: Any
) -> None:
    folder = tmp_path_factory.mktemp("law")
    row = st.fixed_dictionaries(dict.fromkeys(columns, CELLS))
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    source = folder / "rows.json"
    source.write_text(json.dumps(rows))
    try:
        written = spec_over(source, folder)
    except pixmake.Problem as problem:
        assert {item.code for item in problem.diagnostics} == {"init-source"}
        return
    (folder / "assets.yaml").write_text(written.text)
    assert len(pixmake.load(folder / "assets.yaml", store=folder / "store").assets) == len(rows)
