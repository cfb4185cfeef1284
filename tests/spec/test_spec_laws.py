"""Laws: a load ends in a Spec or a Problem whatever the bytes; how YAML is laid out changes nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.spec_project import Project
from pixmake.diagnostics import Problem
from pixmake.spec.load import SpecCache, load

WORDS = [
    *("version: 1\n", "assets:\n", "  a: x\n", "  b:\n", "    prompt: ", "defaults: {", "}", "[", "]", "'", '"', "|\n"),
    *("  ", "- ", ": ", "#", " #x", "&a ", "*a", "<<: ", "!!int ", "{{ row.id }}", "{% if x %}", "{#", "\t", "\r\n"),
    *("rows: m.csv", "matrix: {a: [1]}", "use: p", "from: '@a'", "size: auto", "\x00", "\ufeff", "\u2028", "é", "😀"),
    *("outputs: [{path: ", "mask: {rect: [0, 0, 1, 1]}", "edits: [", "include: .", "vars: ", "...", "---\n", "? ", "~"),
]


def ends_well(folder: Path, data: bytes) -> None:
    """Loads with and without a cache; both come to the same."""
    (folder / "assets.yaml").write_bytes(data)
    (folder / "m.csv").write_text("id,n\na,1\nb,2\n")
    ends: list[Any] = []
    for cache in (None, SpecCache()):
        try:
            ends.append(load(folder / "assets.yaml", env={}, cache=cache))
        except Problem as problem:
            assert problem.diagnostics
            ends.append(str(problem))
    assert ends[0] == ends[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laws")


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes(data: bytes, folder: Path) -> None:
    ends_well(folder, data)


@settings(max_examples=120, deadline=None)
@given(words=st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=25))
def test_any_text(words: list[str], folder: Path) -> None:
    ends_well(folder, b"version: 1\n" + "".join(words).encode("utf-8", "surrogatepass"))


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 10**6),
        st.sampled_from(
            ["x", "@a", "64x64", "{{ row.id }}", "{{ nope }}", "m.csv", "low", "p.png", "", "16:9", "true"]
        ),
        st.text(max_size=6),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["path", "asset", "rect", "x"]), inner),
    max_leaves=5,
)
FIELDS = [
    *("prompt", "template", "name", "verbatim", "vars", "use", "provider", "model", "quality", "background", "kind"),
    *("size", "request_size", "fit", "gravity", "options", "api", "from", "references", "mask", "markup", "fence"),
    *("edits", "variants", "pick", "salt", "process", "expect", "output", "outputs", "frozen", "tags", "alt", "meta"),
    *("matrix", "rows", "exclude", "when", "promt"),
]


@settings(max_examples=120, deadline=None)
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6),
    defaults=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=2),
)
def test_any_fields(fields: dict[str, Any], defaults: dict[str, Any], folder: Path) -> None:
    spec = {"version": 1, "defaults": defaults, "assets": {"a": {"prompt": "x", **fields}, "b": "y"}}
    text = yaml.safe_dump(spec, allow_unicode=True)
    ends_well(folder, text.encode("utf-8", "surrogatepass"))


SPEC: dict[str, Any] = {
    "version": 1,
    "vars": {"mood": "calm", "deep": {"a": 1, "b": [1, 2]}},
    "defaults": {
        "model": "m",
        "options": {"x": 1, "y": {"z": 2}},
        "tags": ["one"],
        "template": "{{ prompt }}, {{ mood }}",
    },
    "presets": {"icon": {"size": "64x64", "options": {"y": {"w": 3}}}, "big": {"quality": "high"}},
    "assets": {
        "heart.png": {
            "prompt": "a heart",
            "use": ["icon", "big"],
            "tags": ["two"],
            "meta": {"b": 1, "a": {"d": 2, "c": 3}},
        },
        "key": {
            "prompt": "an old\nkey: brass #1\n",
            "edits": ["x", {"prompt": "y", "options": {"k": 1}, "model": "n"}],
        },
        "{{ row.id }}": {"rows": [{"id": "r1", "look": "no"}, {"id": "r2"}], "prompt": "{{ row.look }}{{ deep.b[1] }}"},
    },
}


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return {key: shuffled(item, chance) for key, item in items}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), flow=st.sampled_from([None, True, False]), width=st.sampled_from([20, 80, 10_000]))
def test_layout_and_order_of_keys_change_nothing(
    seed: int, flow: bool | None, width: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = Project(tmp_path_factory.mktemp("layout"))
    expected = {asset.name: asset for asset in project.load(yaml.safe_dump(SPEC, sort_keys=False)).assets}
    text = yaml.safe_dump(
        shuffled(SPEC, random.Random(seed)), sort_keys=False, default_flow_style=flow, width=width, indent=2 + seed % 4
    )
    found = {asset.name: asset for asset in project.load("# moved\n\n" + text.replace("\n", "\r\n")).assets}
    for name, asset in expected.items():
        if asset.row is None:
            assert found[name] == asset
        else:
            assert [step.prompt for step in found[name].steps] == [step.prompt for step in asset.steps]


AROUND = {
    "budget: 5": "budget: {per_build: 5}",
    "budgt: {per_build: 1}": "#",
    "author: me": "#",
    "store: [a]": "store: a",
    "manifests: 7": "#",
    'vars: {s: "{{ nope }}", t: w}': "vars: {s: v, t: w}",
    'vars: {s: "{{ x", m: {a: [1, "{{ y }}"]}}': "vars: {s: v, m: {a: [1, z]}}",
    "vars_from: [none.json]": "vars_from: [some.json]",
    "tokens: some.json": "vars_from: [some.json]",
}
"""What is wrong around the assets, and how it is mended."""
ENTRIES = [
    *('a0: "{{ s }} x"', 'a1: {prompt: x, from: "@a2"}', "a2: {from: no.png}", '"{{ s }}-1": x', '"v-1": x'),
    *(
        '"a-{{ k }}": {matrix: {k: ["{{ s }}", b]}, prompt: "{{ k }} {{ t }}"}',
        'a3: {prompt: "{% if"}',
        "a4: {size: 1}",
    ),
    *('a5: {prompt: x, outputs: ["{{ s }}.png"]}', 'a6: {prompt: x, outputs: ["v.png"]}', "a7: {prompt: y, use: q}"),
    *('a8: {prompt: x, when: "s == 1"}', 'a9: {rows: m.csv, name: "{{ id }}", prompt: p}', 'c: {from: "@v-1"}'),
    *(
        'd: {prompt: "{{ s | upper }}", template: t.j2}',
        'e: {from: ["@{{ s }}-1"]}',
        'f: {prompt: x, references: ["@c"]}',
    ),
]


@given(st.sets(st.sampled_from(sorted(AROUND)), min_size=1, max_size=2), st.sets(st.sampled_from(ENTRIES), max_size=5))
@settings(max_examples=150, deadline=None)
def test_nothing_is_told_that_follows_from_what_is_wrong_around(
    folder: Path, around: set[str], entries: set[str]
) -> None:
    """Whatever is told of the assets is told too once their surroundings are mended; nothing needs to be told twice."""
    (folder / "some.json").write_text('{"s": "v", "t": "w"}')
    (folder / "m.csv").write_text("id\nq\nq\n")
    first = len(around) + 3

    def told(lines: list[str]) -> set[tuple[str, str]]:
        text = "\n".join(["version: 1", *lines, "assets:", "  z: fine", *(f"  {entry}" for entry in sorted(entries))])
        (folder / "assets.yaml").write_text(text)
        try:
            load(folder / "assets.yaml", env={})
        except Problem as problem:
            return {
                (str(item.span), item.message)
                for item in problem.diagnostics
                if item.span and item.span.line >= first and item.code != "duplicate-name"  # one error, which counts
            }
        return set()

    wrong = sorted(around)
    assert told(wrong) <= told([AROUND[line] for line in wrong])
