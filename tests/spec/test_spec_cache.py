"""A reload comes to the same Spec as a load from nothing, and keeps what did not change as the very same objects."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.spec_project import Project
from pixmake.diagnostics import Problem
from pixmake.spec.asset import Spec
from pixmake.spec.load import SpecCache, load

BASE = {
    "assets.yaml": """version: 1
# a comment
vars: {mood: calm}
defaults: {model: m, template: icon.j2}
presets:
  big: {size: 2048x2048, references: [refs/style.png]}
include: more/*.yaml
assets:

  # first
  heart.png: a {{ mood }} heart
  key.png:
    prompt: |
      an old
      key
    use: big
  "{{ row.id }}":
    rows: data.csv
    prompt: "a {{ row.look }} monster"
    outputs:
      - {path: "m/{{ stem }}.webp", widths: [64]}

  copy.png: {from: "@heart.png"}
groups:
  g: {assets: {one: "one {{ mood }}", two: two}}
budget: {per_build: 1}
""",
    "templates/icon.j2": "{% include 'part.j2' %}{{ prompt }}",
    "templates/part.j2": "icon: ",
    "data.csv": "id,look\norc,green\nimp,red\n",
    "more/x.yaml": "assets: {x: x}\n",
    "refs/style.png": "",
}


def places(spec: Spec) -> list[list[str]]:
    """Every span that can be reached from the spec's assets."""
    found = []
    for asset in spec.assets:
        spans = [asset.span, *asset.spans.values(), *(output.span for output in asset.outputs)]
        for step in asset.steps:
            spans += [step.span, *step.spans.values(), *(item.span for item in step.references)]
        found.append([f"{span} {span.length}" for span in spans if span is not None])
    return found


def changed(before: Spec, after: Spec) -> list[str]:
    """Names of assets that are not the same objects."""
    old = {asset.name: asset for asset in before.assets}
    return [asset.name for asset in after.assets if old.get(asset.name) is not asset]


def reload(project: Project, cache: SpecCache, before: Spec, name: str, old: str, new: str) -> list[str]:
    """Changes one text, loads again, compares with a fresh load; the names of the assets that were made anew."""
    path = project.folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    after = project.load(cache=cache)
    fresh = project.load()
    assert after == fresh
    assert places(after) == places(fresh)
    return changed(before, after)


@pytest.mark.parametrize(
    ("name", "old", "new", "anew"),
    [
        ("assets.yaml", "# a comment", "# two\n# comments", []),
        ("assets.yaml", "an old\n", "an old\n      rusty\n", ["key.png"]),
        ("assets.yaml", "budget: {per_build: 1}", "budget: {per_build: 2}", []),
        ("assets.yaml", "  # first\n", "  # first\n  new.png: new\n", ["new.png"]),
        ("assets.yaml", "  heart.png: a {{ mood }} heart\n", "  heart.png: a heart\n", ["heart.png"]),
        ("assets.yaml", "two: two", "two: deux", ["g/two"]),
        ("assets.yaml", "widths: [64]", "widths: [65]", ["orc", "imp"]),
        ("assets.yaml", "mood: calm", "mood: calm, unused: 1", "all"),
        ("assets.yaml", "model: m", "model: n", "all"),
        ("templates/part.j2", "icon: ", "pictogram: ", "all but copy"),
        ("data.csv", "imp,red", "imp,blue", ["imp"]),
        ("data.csv", "imp,red", "imp,red\nelf,pale", ["elf"]),
        ("more/x.yaml", "x: x", "x: y", ["x"]),
        ("assets.yaml", "a {{ mood }} heart\n", "a {{ mood }} heart\n  al.png: &a {prompt: q}\n  am.png: *a\n", None),
    ],
)
def test_only_what_changed_is_made_anew(
    project: Project, name: str, old: str, new: str, anew: list[str] | str | None
) -> None:
    project.write(BASE)
    cache = SpecCache()
    before = project.load(cache=cache)
    assert changed(before, project.load(cache=cache)) == []
    names = [asset.name for asset in before.assets]
    made = reload(project, cache, before, name, old, new)
    if anew == "all":
        anew = names
    if anew == "all but copy":
        anew = [name for name in names if name != "copy.png"]
    if anew is not None:
        assert made == anew
    later = project.load(cache=cache)
    assert changed(later, project.load(cache=cache)) == []


def test_a_new_file_for_a_glob_is_seen(project: Project) -> None:
    project.write(BASE)
    cache = SpecCache()
    before = project.load(cache=cache)
    project.write({"more/y.yaml": "assets: {y: y}\n"})
    after = project.load(cache=cache)
    assert changed(before, after) == ["y"]
    assert after == project.load()


def test_a_missing_input_is_seen(project: Project) -> None:
    project.write(BASE)
    cache = SpecCache()
    project.load(cache=cache)
    (project.folder / "refs/style.png").unlink()
    with pytest.raises(Problem) as caught:
        project.load(cache=cache)
    assert [item.code for item in caught.value.diagnostics] == ["missing-file"]
    project.write({"refs/style.png": ""})
    assert project.load(cache=cache) == project.load()


def test_a_removed_asset_that_others_use_is_seen(project: Project) -> None:
    project.write(BASE)
    cache = SpecCache()
    project.load(cache=cache)
    text = BASE["assets.yaml"].replace("  heart.png: a {{ mood }} heart\n", "")
    with pytest.raises(Problem) as caught:
        project.load(text, cache=cache)
    assert [item.code for item in caught.value.diagnostics] == ["unknown-asset"]


def test_a_ring_through_an_unchanged_asset_is_seen(project: Project) -> None:
    cache = SpecCache()
    text = 'version: 1\nassets:\n  a: x\n  b: {from: "@a"}\n  c: {from: "@b"}\n'
    project.load(text, cache=cache)
    with pytest.raises(Problem) as caught:
        project.load(text.replace("a: x", 'a: {from: "@c"}'), cache=cache)
    assert [item.code for item in caught.value.diagnostics] == ["cycle"]


def test_errors_stand_at_the_line_where_the_text_is_now(project: Project) -> None:
    cache = SpecCache()
    text = "version: 1\nassets:\n  a: x\n  b: {prompt: x, references: [r.png]}\n"
    project.load(text, {"r.png": ""}, cache=cache)
    (project.folder / "r.png").unlink()
    with pytest.raises(Problem) as caught:
        project.load(text.replace("  b:", "  # moved\n\n  b:"), cache=cache)
    assert str(caught.value.diagnostics[0].span) == "assets.yaml:6:31"


def test_spans_of_the_spec_before_move_along(project: Project) -> None:
    cache = SpecCache()
    text = "version: 1\nassets:\n  a: x\n  b: y\n"
    before = project.load(text, cache=cache)
    project.load(text.replace("  a: x\n", "  a: x\n  new: z\n"), cache=cache)
    assert str(before.assets[1].span) == "assets.yaml:5:3"


def test_warnings_are_told_again(project: Project) -> None:
    cache = SpecCache()
    text = "version: 1\nassets:\n  a: {prompt: x, size: auto}\n"
    first = project.load(text, cache=cache)
    assert project.load(cache=cache).warnings == first.warnings != ()


@pytest.mark.parametrize("icon", [BASE["templates/icon.j2"], "icon: {{ prompt }}"])
@pytest.mark.parametrize("name", ["templates/icon.j2", "templates/part.j2", "data.csv", "more/x.yaml", "assets.yaml"])
def test_a_file_that_can_not_be_read_any_more_is_told_as_at_a_first_load(
    project: Project, name: str, icon: str
) -> None:
    project.write({**BASE, "templates/icon.j2": icon})
    cache = SpecCache()
    before = project.load(cache=cache)
    whole = (project.folder / name).read_bytes()
    project.write({name: whole.decode().encode("utf-16")})
    assert outcome(project.folder, cache) == outcome(project.folder, None)
    project.write({name: whole})
    assert project.load(cache=cache) == before


def test_a_template_that_nobody_uses_any_more_may_be_what_it_likes(project: Project) -> None:
    project.write(BASE)
    cache = SpecCache()
    project.load(cache=cache)
    project.write({"templates/part.j2": b"\xff\xfe", "templates/icon.j2": "{{ prompt }}"})
    assert project.load(cache=cache) == project.load()


def test_another_profile_starts_anew(project: Project) -> None:
    cache = SpecCache()
    text = "version: 1\nprofiles: {p: {defaults: {quality: low}}}\nassets: {a: x}\n"
    assert project.load(text, cache=cache).assets[0].steps[0].quality == "medium"
    assert project.load(cache=cache, profile="p").assets[0].steps[0].quality == "low"


def test_inline_rows_name_their_line(project: Project) -> None:
    cache = SpecCache()
    text = 'version: 1\nassets:\n  "{{ id }}":\n    prompt: x\n    rows:\n      - {id: a}\n      - {id: b}\n'
    project.load(text, cache=cache)
    moved = project.load(text.replace("assets:", "# one line more\nassets:"), cache=cache)
    assert [asset.row for asset in moved.assets] == ["assets.yaml:7", "assets.yaml:8"]


EDITS = [
    ("assets.yaml", "version: 1\n", "version: 1\n\n"),
    ("assets.yaml", "mood: calm", "mood: wild"),
    ("assets.yaml", "heart.png:", "star.png:"),
    ("assets.yaml", "use: big", "use: bgi"),
    ("assets.yaml", "assets:\n", "assets: # all\n"),
    ("assets.yaml", '{from: "@heart.png"}', "{from: @heart.png}"),
    ("assets.yaml", "  copy.png", "   copy.png"),
    ("assets.yaml", "      key\n", "  key\n"),
    ("assets.yaml", "rows: data.csv", "rows: [data.csv, {id: elf}]"),
    ("assets.yaml", "groups:", "grups:"),
    ("assets.yaml", "one {{ mood }}", "one {{ moot }}"),
    ("templates/icon.j2", "{{ prompt }}", "{{ prompt }}."),
    ("templates/icon.j2", "part.j2", "prt.j2"),
    ("templates/part.j2", "icon", "{{ asset.name }}"),
    ("data.csv", "green", "mossy"),
    ("data.csv", "imp", "orc"),
    ("data.csv", "imp,red", "imp,red,thin"),
    ("more/x.yaml", "{x: x}", "{x: x, heart.png: again}"),
]


def outcome(folder: Path, cache: SpecCache | None) -> object:
    try:
        spec = load(folder / "assets.yaml", env={}, cache=cache)
    except Problem as problem:
        return str(problem)
    return spec, places(spec), spec.footprint


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(st.integers(0, len(EDITS) - 1), min_size=1, max_size=8))
def test_any_walk_of_edits_ends_as_a_fresh_load(walk: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    project = Project(tmp_path_factory.mktemp("walk"))
    project.write(BASE)
    files = dict(BASE)
    cache = SpecCache()
    outcome(project.folder, cache)
    for index in walk:
        name, old, new = EDITS[index]
        files[name] = files[name].replace(old, new) if old in files[name] else files[name].replace(new, old)
        project.write({name: files[name]})
        assert outcome(project.folder, cache) == outcome(project.folder, None)
    assert os.path.exists(project.file)
