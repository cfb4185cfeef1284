"""Every command's --json against its published schema, on real projects in many states."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator

from fakes.shell import HEAD, Said, Shell
from pixmake.cli.formats import FORMATS, STREAMS, json_schema

SPEC = (
    HEAD
    + """\
assets:
  hero.png: {prompt: a hero, edits: [{prompt: at night, variants: 2}], tags: [big], alt: A hero., meta: {price: 1.5}}
  copy.png: {from: "@hero.png", output: copies/copy.png}
  wide.png: {prompt: a road, size: 1600x400}
  rat.png: a rat
  wasp.png: a wasp
  owl.png: an owl
  cold.png: {prompt: ice, frozen: true}
  "{{ row.id }}.png": {rows: [{id: one}, {id: two}], prompt: "{{ row.id }}"}
"""
)


def valid(said: Said) -> str:
    """The name of a document's format, after checking it."""
    name = str(said.body["format"]).removeprefix("pixmake.").removesuffix("/1")
    Draft202012Validator(json_schema(name)).validate(said.body)
    return name


@pytest.mark.parametrize("name", sorted({*FORMATS, *STREAMS}))
def test_schemas_are_schemas(name: str) -> None:
    schema = json_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


READING = [
    ["plan"], ["plan", "--draft"], ["status"], ["list"], ["explain", "**"], ["show", "**"], ["show", "**", "--prompt"],
    ["graph"], ["check"], ["cache", "path"], ["cache", "info"], ["cache", "verify"], ["schema"],
    ["models"], ["doctor", "--offline"], ["jobs", "list"], [],
]  # fmt: skip


VERBS = [
    ["reroll", "rat.png"], ["reroll", "rat.png", "--yes", "-k", "2"], ["pick", "rat.png"], ["pick", "rat.png", "1"],
    ["accept", "cold.png", "hero.png"], ["adopt", "rat.png", "ref.png"], ["freeze", "rat.png"], ["unfreeze", "rat.png"],
    ["restore", "rat.png"], ["forget", "rat.png"], ["mask", "hero.png"], ["costs"], ["costs", "--by", "tag"],
    ["migrate", "--from", "ink-1", "--to", "ink-2"],
]  # fmt: skip


def _read_all(shell: Shell) -> Iterator[str]:
    for words in READING:
        yield valid(shell.run(*words, "--json"))


def test_documents_of_a_project_in_all_states(shell: Shell) -> None:
    shell.picture("ref.png")
    shell.write(SPEC + "  used.png: {prompt: like this, references: [ref.png]}\n")
    seen = set(_read_all(shell))
    shell.script(rat=["refused"], wasp=["failed"], owl=["unknown"])
    assert valid(shell.run("build", "--json")) == "build"
    assert valid(shell.run("build", "--json", "--yes")) == "build"
    shell.edit("ice", "snow")
    (shell.root / "assets/wide.png").write_bytes(b"edited")
    (shell.root / "copies/copy.png").unlink() if (shell.root / "copies/copy.png").exists() else None
    shell.edit('  "{{ row.id }}.png": {rows: [{id: one}, {id: two}]', '  "{{ row.id }}.png": {rows: [{id: one}]')
    shell.edit("a hero,", "a proud hero,")
    states = shell.run("status", "--json").body["by_state"]
    assert {"pay", "refused", "failed", "unknown", "edited", "held"} - set(states) <= {"failed", "held", "pay"}
    seen |= set(_read_all(shell))
    seen.add(valid(shell.run("graph", "--uses", "ref.png", "--json")))
    seen.add(valid(shell.run("plan", "nosuch", "--json")))
    seen.add(valid(shell.run("build", "--draft", "--json")))
    seen.add(valid(shell.run("clean", "--json")))
    seen.add(valid(shell.run("init", "new", "--json")))
    seen.add(valid(shell.run("clean", "--orphans", "--json")))
    seen |= {valid(shell.run(*words, "--json")) for words in VERBS}
    assert sorted(FORMATS.keys() - seen) == []


def test_a_saved_plan_is_a_plan(shell: Shell) -> None:
    import json

    assert shell.run("plan", "-o", "p.json").code == 0
    Draft202012Validator(json_schema("plan")).validate(json.loads((shell.root / "p.json").read_text("utf-8")))


def test_unknown_fields_are_noticed() -> None:
    document: dict[str, object] = {"format": "pixmake.list/1", "profile": None, "assets": [], "more": 1}
    assert not Draft202012Validator(json_schema("list")).is_valid(document)


@pytest.mark.parametrize("name", ["plan", "error", "watch"])
def test_schemas_are_printed(shell: Shell, name: str) -> None:
    assert shell.run("schema", name).body == json_schema(name)


def test_the_schema_of_the_spec_is_printed(shell: Shell) -> None:
    schema = shell.run("schema").body
    Draft202012Validator.check_schema(schema)
    assert "assets" in schema["properties"]
