"""The chain of paid steps: what each inherits, what stands where it is written."""

from __future__ import annotations

import pytest

from fakes.spec_project import Project
from pixmake.spec.asset import AssetInput, FileInput, Mask, Region


def test_edits_inherit_and_may_set(project: Project) -> None:
    text = """
defaults: {model: m, quality: low, options: {a: 1}, moderation: low, template: "<{{ prompt }}>", vars: {v: 1}}
assets:
  a:
    prompt: one
    references: [r.png]
    variants: 3
    pick: 2
    fence: {feather: 3}
    salt: 7
    size: 640x480
    edits:
      - two {{ v }}
      - {prompt: "three {{ v }}", vars: {v: 2}, model: n, options: {b: 2}, variants: 2, pick: ask, fence: false}
      - {prompt: "{{ x }}", verbatim: true}
"""
    files = {"r.png": ""}
    first, second, third, fourth = project.assets(text, files)["a"].steps
    assert [step.prompt for step in (first, second, third, fourth)] == ["<one>", "two 1", "three 2", "{{ x }}"]
    assert [step.model for step in (first, second, third, fourth)] == ["m", "m", "n", "m"]
    assert [step.variants for step in (first, second, third, fourth)] == [3, 1, 2, 1]
    assert [step.pick for step in (first, second, third, fourth)] == [2, None, "ask", None]
    assert [step.fence for step in (first, second, third, fourth)] == [3, 3, None, 3]
    assert [step.salt for step in (first, second, third, fourth)] == ["7"] * 4
    assert [step.size for step in (first, second, third, fourth)] == ["640x480"] * 4
    assert [dict(step.options) for step in (first, second, third, fourth)] == [
        {"a": 1},
        {"a": 1},
        {"a": 1, "b": 2},
        {"a": 1},
    ]
    assert [len(step.references) for step in (first, second, third, fourth)] == [1, 0, 0, 0]
    assert [step.verbatim for step in (first, second, third, fourth)] == [False, False, False, True]
    assert [step.moderation for step in (first, second, third, fourth)] == ["low"] * 4
    assert [step.index for step in (first, second, third, fourth)] == [0, 1, 2, 3]


def test_from_alone_is_a_free_derivation(project: Project) -> None:
    text = 'defaults: {template: "{{ prompt }}!", model: m}\nassets: {a: x, b: {from: "@a", size: 64x64}, c: {from: p.png}}\n'
    found = project.assets(text, {"p.png": ""})
    assert (found["b"].steps, found["b"].origin, found["b"].size) == ((), AssetInput(asset="a"), "64x64")
    assert found["c"].origin == FileInput(path=project.folder / "p.png", name="p.png")


def test_variants_stand_at_the_first_paid_step(project: Project) -> None:
    text = """
assets:
  a: x
  b: {from: "@a", variants: 4, pick: ask, edits: [one, two]}
  c: {from: "@a", variants: 4, edits: [{prompt: x, variants: 2}]}
"""
    found = project.assets(text)
    assert [(step.prompt, step.variants, step.pick) for step in found["b"].steps] == [
        ("one", 4, "ask"),
        ("two", 1, None),
    ]
    assert [step.variants for step in found["c"].steps] == [2]


def test_without_a_prompt_the_chain_begins_with_step_1(project: Project) -> None:
    """Step i is the i-th edit, in its own asset and wherever it is named."""
    text = """
assets:
  old: {from: r.png, edits: [one, two], outputs: [{path: first.png, step: 1}]}
  made: {prompt: zero, edits: [one]}
  b: {from: {asset: old, step: 1}}
  c: {prompt: x, references: [{asset: old, step: 2}]}
"""
    found = project.assets(text, {"r.png": ""})
    assert [step.index for step in found["old"].steps] == [1, 2]
    assert [step.index for step in found["made"].steps] == [0, 1]
    assert found["b"].origin == AssetInput(asset="old", step=1)
    assert found["c"].steps[0].references == (AssetInput(asset="old", step=2),)


def test_steps_that_are_not_there(project: Project) -> None:
    text = """
assets:
  old: {from: r.png, edits: [one], outputs: [{path: x.png, step: 0}, {path: y.png, step: 2}]}
  copy: {from: "@old"}
  b: {from: {asset: copy, step: 0}}
  c: {from: {asset: copy, variant: 2}}
  d: {from: {asset: old, step: 0}}
"""
    assert (
        project.problem("version: 1" + text, {"r.png": ""})
        == """\
assets.yaml:3:46: error[no-such-step]: 'old' has no step 0
    3 |   old: {from: r.png, edits: [one], outputs: [{path: x.png, step: 0}, {path: y.png, step: 2}]}
      |                                              ^^^^
help: it has one step, 1

assets.yaml:3:70: error[no-such-step]: 'old' has no step 2
    3 |   old: {from: r.png, edits: [one], outputs: [{path: x.png, step: 0}, {path: y.png, step: 2}]}
      |                                                                      ^^^^
help: it has one step, 1

assets.yaml:5:13: error[no-such-step]: 'copy' has no step 0
    5 |   b: {from: {asset: copy, step: 0}}
      |             ^^^^^
help: nothing is bought for it: name the asset that it is made from

assets.yaml:6:13: error[no-such-step]: 'copy' has no step, so no candidate 2
    6 |   c: {from: {asset: copy, variant: 2}}
      |             ^^^^^
help: nothing is bought for it: name the asset that it is made from

assets.yaml:7:13: error[no-such-step]: 'old' has no step 0
    7 |   d: {from: {asset: old, step: 0}}
      |             ^^^^^
help: it has one step, 1"""
    )


def test_an_empty_prompt_is_none_verbatim_or_not(project: Project) -> None:
    text = 'assets: {a: {verbatim: true, prompt: ""}, b: {verbatim: true, prompt: " "}, c: {prompt: ""}, d: ""}\n'
    assert project.codes(text) == ["no-prompt"] * 4


def test_edits_alone_have_nothing_to_work_on(project: Project) -> None:
    """The first of them would be bought as if it were the prompt: of a row with an empty cell, say."""
    text = """
assets:
  a: {edits: [at night]}
  "{{ row.id }}": {rows: [{id: b, look: ""}, {id: c, look: a fox}], prompt: "{{ row.look }}", edits: [at night]}
"""
    assert (
        project.problem("version: 1" + text)
        == """\
assets.yaml:3:3: error[no-prompt]: 'a' has no prompt
    3 |   a: {edits: [at night]}
      |   ^
help: add 'prompt:', or 'from:' for a picture to edit

assets.yaml:4:3: error[no-prompt]: 'b' has no prompt (assets.yaml:4)
    4 |   "{{ row.id }}": {rows: [{id: b, look: ""}, {id: c, look: a fox}], prompt: "{{ row.look }}", edits: [at night]}
      |   ^^^^^^^^^^^^^^
help: add 'prompt:', or 'from:' for a picture to edit"""
    )


def test_auto_is_the_parents_size_where_nothing_is_bought(project: Project) -> None:
    spec = project.load('version: 1\nassets: {a: x, b: {from: "@a", size: auto}}\n')
    assert (spec.assets[1].size, spec.warnings) == ("auto", ())


def test_template_without_prompt(project: Project) -> None:
    text = """
assets:
  a: {template: whole.j2, vars: {what: an owl}}
  "{{ row.id }}": {rows: [{id: b, prompt: from a column}], template: "{{ prompt }}!"}
"""
    assert project.prompts(text, {"templates/whole.j2": "{{ what }}\n"}) == {"a": ["an owl"], "b": ["from a column!"]}


def test_other_points_of_a_chain(project: Project) -> None:
    text = """
assets:
  a: {prompt: x, edits: [y, {prompt: z, references: [{asset: a, step: 0, variant: 2}]}]}
  b: {from: {asset: "@a", step: 1, processed: true}, prompt: x, references: [{asset: a, role: the style}]}
"""
    found = project.assets(text)
    assert found["a"].steps[2].references == (AssetInput(asset="a", step=0, variant=2),)
    assert found["b"].origin == AssetInput(asset="a", step=1, processed=True)
    assert found["b"].steps[0].references == (AssetInput(asset="a", role="the style"),)


def test_references_keep_their_order(project: Project) -> None:
    text = 'assets: {a: {prompt: x, references: [z.png, "refs/**/*.png", "@b", {path: "refs/*.webp", role: palette}]}, b: x}\n'
    files = dict.fromkeys(("z.png", "refs/b.png", "refs/a.png", "refs/in/c.png", "refs/.hidden.png", "refs/d.webp"), "")
    found = project.assets(text, files)["a"].steps[0].references
    assert [getattr(item, "name", None) or getattr(item, "asset", None) for item in found] == [
        "z.png",
        "refs/a.png",
        "refs/b.png",
        "refs/in/c.png",
        "b",
        "refs/d.webp",
    ]
    assert found[-1].role == "palette"


def test_masks(project: Project) -> None:
    text = """
assets:
  a:
    from: p.png
    prompt: x
    mask: m.png
    edits:
      - {prompt: x, mask: "@b"}
      - {prompt: x, mask: {rect: [0.10, .5, 0, 1]}}
      - {prompt: x, mask: {ellipse: ["0.25", 0, 0.5, 1], invert: true}}
      - {prompt: x, mask: {path: m.png, invert: true}}
      - {prompt: x, markup: m.png}
  b: x
"""
    text = text.replace("[0.10, .5, 0, 1]", "[0.10, .5, 0.2, 0.50]")
    steps = project.assets(text, {"p.png": "", "m.png": ""})["a"].steps
    file = FileInput(path=project.folder / "m.png", name="m.png")
    assert [step.mask for step in steps] == [
        Mask(source=file),
        Mask(source=AssetInput(asset="b")),
        Mask(source=Region(shape="rect", fractions=("0.10", "0.5", "0.2", "0.50"))),
        Mask(source=Region(shape="ellipse", fractions=("0.25", "0", "0.5", "1")), invert=True),
        Mask(source=file, invert=True),
        None,
    ]
    assert steps[-1].markup == file


@pytest.mark.parametrize(
    ("written", "meant"), [("true", 8), ("false", None), ("{feather: 0}", 0), ("{feather: 20}", 20), ("~", 8)]
)
def test_fences(project: Project, written: str, meant: int | None) -> None:
    assert project.assets(f"assets: {{a: {{prompt: x, fence: {written}}}}}\n")["a"].steps[0].fence == meant


@pytest.mark.parametrize("size", ["1x1", "16384x16384", "16:9", "1920x480", "3:2"])
def test_sizes(project: Project, size: str) -> None:
    asset = project.assets(f'assets: {{a: {{prompt: x, size: "{size}", request_size: 1024x1536}}}}\n')["a"]
    assert (asset.size, asset.steps[0].size, asset.steps[0].request_size) == (size, size, "1024x1536")


def test_named_sizes(project: Project) -> None:
    text = (
        'sizes: {banner: 1920x480, wide: "21:9"}\nassets: {a: {prompt: x, size: banner}, b: {prompt: x, size: wide}}\n'
    )
    assert [asset.size for asset in project.assets(text).values()] == ["1920x480", "21:9"]
    text = "sizes: {2k: 2048x1152, 4-up: 64x64}\nassets: {a: {prompt: x, size: 2k}, b: {prompt: x, size: 4-up}}\n"
    assert [asset.size for asset in project.assets(text).values()] == ["2048x1152", "64x64"]
    assert project.codes("assets: {a: {prompt: x, size: 100X100}, b: {prompt: x, size: 64x}}\n") == ["bad-size"] * 2
    assert project.codes("assets: {a: {prompt: x, size: 2k}}\n") == ["unknown-size"]


def test_gravity(project: Project) -> None:
    text = "assets: {a: {prompt: x, gravity: north}, b: {prompt: x, gravity: [0.5, .25]}}\n"
    assert [asset.gravity for asset in project.assets(text).values()] == ["north", ("0.5", "0.25")]


def test_spans_lead_to_where_a_field_was_written(project: Project) -> None:
    text = """
defaults:
  model: m
presets:
  icon: {quality: low}
assets:
  a: {prompt: x, use: icon, size: 64x64, edits: [{prompt: y, model: n}]}
"""
    asset = project.assets(text)["a"]
    assert str(asset.span) == "assets.yaml:8:3"
    assert {name: str(asset.spans[name]) for name in ("size",)} == {"size": "assets.yaml:8:35"}
    first, second = asset.steps
    assert [str(step.spans["model"]) for step in (first, second)] == ["assets.yaml:4:10", "assets.yaml:8:69"]
    assert [str(step.spans["quality"]) for step in (first, second)] == ["assets.yaml:6:19"] * 2
    assert [str(step.span) for step in (first, second)] == ["assets.yaml:8:15", "assets.yaml:8:59"]
    assert "background" not in first.spans


def test_process_may_be_empty(project: Project) -> None:
    assert list(project.assets("assets: {a: {prompt: x, process: [], expect: {}}}\n")) == ["a"]
