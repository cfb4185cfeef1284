"""Rows of data as people keep them."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.spec_project import Project


def rows(project: Project, files: dict[str, str | bytes], pattern: str) -> list[tuple[str | None, Any]]:
    """Label and columns of every row, as a template sees them."""
    text = f'assets: {{x: {{rows: {pattern}, name: "{{{{ row.id|slug }}}}", prompt: "{{{{ row|tojson }}}}"}}}}\n'
    found = project.assets(text, files)
    return [(asset.row, asset.steps[0].prompt) for asset in found.values()]


def test_csv_as_spreadsheets_write_it(project: Project) -> None:
    data = '\ufeffid, look ,n\r\na," two\r\nlines, ""quoted""",007\r\n\r\nb,ünï,1.50\r\n'
    assert rows(project, {"m.csv": data}, "m.csv") == [
        ("m.csv:2", '{"id": "a", "look": " two\\nlines, \\"quoted\\"", "n": "007"}'),
        ("m.csv:5", '{"id": "b", "look": "ünï", "n": "1.50"}'),
    ]


def test_semicolons_and_tabs(project: Project) -> None:
    expected = '{"id": "a", "look": "x, y"}'
    assert rows(project, {"m.csv": "id;look\na;x, y\n"}, "m.csv") == [("m.csv:2", expected)]
    assert rows(project, {"m.tsv": "id\tlook\na\tx, y\n"}, "m.tsv") == [("m.tsv:2", expected)]


def test_json_keeps_its_kinds_and_lines(project: Project) -> None:
    data = '[\n {"id": "a", "n": 1.50, "ok": true,\n  "deep": {"x": [1]}},\n\n {"id": "b", "n": null}]\n'
    assert rows(project, {"d/m.json": data}, "d/m.json") == [
        ("d/m.json:2", '{"deep": {"x": [1]}, "id": "a", "n": 1.5, "ok": true}'),
        ("d/m.json:5", '{"deep": "", "id": "b", "n": null, "ok": ""}'),
    ]


def test_jsonl(project: Project) -> None:
    assert rows(project, {"m.jsonl": '{"id": "a"}\n\n{"id": "b"}\n'}, "m.jsonl") == [
        ("m.jsonl:1", '{"id": "a"}'),
        ("m.jsonl:3", '{"id": "b"}'),
    ]


def test_yaml_rows(project: Project) -> None:
    data = "# cast\n- id: a\n  look: '{{ not a template }}'\n- {id: b, look: 012}\n"
    assert rows(project, {"m.yaml": data}, "m.yaml") == [
        ("m.yaml:2", '{"id": "a", "look": "{{ not a template }}"}'),
        ("m.yaml:4", '{"id": "b", "look": "012"}'),
    ]


def test_front_matter(project: Project) -> None:
    files: dict[str, str | bytes] = {
        "posts/b.md": "---\nid: second\ndraft: no\n---\n\n# Title\nText\n",
        "posts/a.md": "---\r\nid: first\r\n---\r\n",
        "posts/c.md": "No front matter\n",
    }
    text = (
        'assets: {"covers/{{ row.stem }}": {rows: "posts/*.md", '
        'prompt: "{{ row.id }}|{{ row.file }}|{{ row.draft }}|{{ row.body }}"}}\n'
    )
    found = project.assets(text, files)
    assert {(asset.row, name): asset.steps[0].prompt for name, asset in found.items()} == {
        ("posts/a.md", "covers/a"): "first|posts/a.md||",
        ("posts/b.md", "covers/b"): "second|posts/b.md|no|# Title\nText",
        ("posts/c.md", "covers/c"): "|posts/c.md||No front matter",
    }


def test_a_row_for_every_picture_of_a_folder(project: Project) -> None:
    text = 'assets: {"toon/{{ row.stem }}": {rows: "photos/*.jpg", from: "{{ row.file }}", prompt: as a cartoon}}\n'
    found = project.assets(text, {"photos/cat.jpg": "", "photos/dog.jpg": "", "photos/x.png": ""})
    assert [(name, getattr(asset.origin, "name", None)) for name, asset in found.items()] == [
        ("toon/cat", "photos/cat.jpg"),
        ("toon/dog", "photos/dog.jpg"),
    ]


def test_a_glob_of_tables(project: Project) -> None:
    files: dict[str, str | bytes] = {"d/b.csv": "id\nb\n", "d/a.csv": "id\na\n"}
    assert [label for label, _ in rows(project, files, '"d/*.csv"')] == ["d/a.csv:2", "d/b.csv:2"]


def test_the_path_may_come_from_a_variable(project: Project) -> None:
    text = 'vars: {lang: de}\nassets: {"{{ id }}": {rows: "data/{{ lang }}.csv", prompt: x}}\n'
    assert list(project.assets(text, {"data/de.csv": "id\neins\n"})) == ["eins"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("m.json", '[{"a": 1}] x', "bad-json"),
        ("m.json", '[{"a": 1} {"a": 2}]', "bad-json"),
        ("m.json", "[" * 5000, "bad-json"),
        ("m.json", '[{"a": ' + "[" * 150 + "]" * 150 + "}]", "bad-json"),
        ("m.json", "[1]", "bad-rows"),
        ("m.jsonl", '{"a": 1} 2', "bad-json"),
        ("m.csv", 'a\n"x\n', "bad-row"),
        ("m.csv", "a\n" + "x" * 200_000 + "\n", "bad-row"),
        ("m.yaml", "- 5\n", "bad-rows"),
        ("m.yaml", "a: b: c\n", "needs-quotes"),
        ("m.md", "---\n- 1\n---\n", "bad-rows"),
        ("m.csv", b"a\n\xff\n", "not-utf8"),
    ],
)
def test_bad_data(project: Project, name: str, data: str | bytes, code: str) -> None:
    assert project.codes(f'assets: {{x: {{rows: {name}, name: "{{{{ a }}}}", prompt: x}}}}\n', {name: data}) == [code]
