"""Layers, scopes, presets, profiles, includes, matrix and rows: which assets there are and what they say."""

from __future__ import annotations

import pytest

from fakes.spec_project import Project
from pixmake.diagnostics import Problem
from pixmake.spec.asset import AssetInput


def test_language_defaults(project: Project) -> None:
    asset = project.assets("assets: {heart.png: a heart}\n")["heart.png"]
    step = asset.steps[0]
    assert (asset.size, step.size, step.quality, step.fence, step.provider, step.model) == (
        "1024x1024",
        "1024x1024",
        "medium",
        8,
        "openai",
        None,
    )
    assert (step.api, step.kind, step.variants, step.pick, asset.fit, asset.gravity) == (
        "images",
        "raster",
        1,
        None,
        "cover",
        "center",
    )


def test_layers_lie_on_each_other_in_order(project: Project) -> None:
    text = """
defaults: {model: d, quality: low, background: opaque, complexity: low, options: {a: 1, deep: {x: 1, y: 1}}}
presets:
  one: {quality: high, background: auto, options: {deep: {x: 2}}, tags: [one]}
  two: {background: transparent, tags: [two, one]}
assets:
  a: {prompt: x, use: [one, two], complexity: high, options: {b: 2}, tags: mine}
"""
    asset = project.assets(text)["a"]
    step = asset.steps[0]
    assert (step.model, step.quality, step.background, step.complexity) == ("d", "high", "transparent", "high")
    assert step.options == {"a": 1, "deep": {"x": 2, "y": 1}, "b": 2}
    assert asset.tags == ("one", "two", "mine")


def test_null_takes_a_field_away(project: Project) -> None:
    text = "defaults: {model: d, quality: low, template: '{{ prompt }}!'}\nassets: {a: {prompt: x, model: null, template: ~}}\n"
    step = project.assets(text)["a"].steps[0]
    assert (step.model, step.quality, step.prompt) == (None, "low", "x")


def test_a_profile_lies_over_each_layer(project: Project) -> None:
    text = """version: 1
vars: {mood: calm}
defaults: {model: real, quality: high}
presets: {icon: {background: opaque, complexity: low}}
profiles:
  quick:
    vars: {mood: quick}
    defaults: {quality: low}
    presets: {icon: {complexity: high}}
    budget: {per_build: 0.5}
    output_dir: out
budget: {per_build: 2, per_day: 3}
assets:
  a: {prompt: "{{ mood }}", use: icon}
  b: {prompt: x, quality: max}
"""
    plain, quick = project.load(text), project.load(text, profile="quick")
    first, second = plain.assets[0].steps[0], quick.assets[0].steps[0]
    assert (first.prompt, first.quality, first.background, first.complexity) == ("calm", "high", "opaque", "low")
    assert (second.prompt, second.quality, second.background, second.complexity) == ("quick", "low", "opaque", "high")
    assert quick.assets[1].steps[0].quality == "max"
    assert (str(quick.budget.per_build), str(quick.budget.per_day)) == ("0.5", "3")
    assert [asset.outputs[0].path for asset in quick.assets] == ["out/a.png", "out/b.png"]
    assert (plain.profile, quick.profile, plain.output_dir, quick.output_dir) == (None, "quick", "assets", "out")


def test_presets_use_presets(project: Project) -> None:
    text = """
presets:
  base: {quality: low, background: opaque}
  icon: {use: [base], background: auto}
assets: {a: {prompt: x, use: icon}}
"""
    step = project.assets(text)["a"].steps[0]
    assert (step.quality, step.background) == ("low", "auto")


def test_defaults_may_use_presets(project: Project) -> None:
    text = (
        "presets: {p: {quality: low}, q: {quality: high}}\ndefaults: {use: p}\nassets: {a: x, b: {prompt: x, use: q}}\n"
    )
    assert [asset.steps[0].quality for asset in project.assets(text).values()] == ["low", "high"]


def test_a_preset_by_row(project: Project) -> None:
    text = """
presets: {gold: {quality: high}, tin: {quality: low}}
assets:
  "{{ row.id }}": {rows: m.csv, use: "{{ row.kind }}", prompt: x}
"""
    found = project.assets(text, {"m.csv": "id,kind\na,gold\nb,tin\nc,\n"})
    assert [asset.steps[0].quality for asset in found.values()] == ["high", "low", "medium"]


def test_rivals_of_an_upper_layer_replace_those_below(project: Project) -> None:
    text = """
defaults: {outputs: ["a/{{ stem }}.webp"]}
assets: {a: {prompt: x, output: b.png}, c: x, d: {prompt: x, output: false}}
"""
    found = {name: [output.path for output in asset.outputs] for name, asset in project.assets(text).items()}
    assert found == {"a": ["assets/b.png"], "c": ["assets/a/c.webp"], "d": []}


def test_vars_come_from_outside_in(project: Project) -> None:
    text = """
vars_from: [tokens.json, more.yaml]
vars: {color: red, deep: {a: 1}}
defaults: {vars: {tone: "{{ color }} tone"}}
presets: {p: {vars: {line: "{{ tone }}, thin"}}}
assets:
  a: {prompt: "{{ line }}; {{ deep.a }}{{ deep.b }}{{ deep.c }}; {{ size }}", use: p, vars: {line: "{{ line }}!"}}
groups:
  g:
    vars: {color: "dark {{ color }}", deep: {b: 9}}
    assets: {b: "{{ tone }} {{ deep.b }}{{ deep.c }}"}
"""
    files = {"tokens.json": '{"deep": {"a": 7, "b": 2}, "size": 0.50}', "more.yaml": "deep: {c: '{{ 3 }}'}\n"}
    assert project.prompts(text, files) == {
        "a": ["red tone, thin!; 12{{ 3 }}; 0.50"],
        "g/b": ["dark red tone 9{{ 3 }}"],
    }


def test_names_of_the_language_win(project: Project) -> None:
    text = """
vars: {row: r, asset: a, env: e, prompt: p, size: s}
assets:
  "{{ size }}":
    matrix: {size: [m]}
    rows: [{size: column, row: x, asset: y}]
    prompt: "{{ asset.name }} {{ row.size }} {{ size }}"
"""
    assert project.prompts(text) == {"m": ["m column m"]}


def test_columns_win_over_outer_vars_and_own_vars_over_columns(project: Project) -> None:
    text = """
vars: {look: v}
defaults: {vars: {mood: d}}
assets:
  "{{ id }}": {rows: [{id: a, look: c, mood: m, own: o}], vars: {own: "{{ own }}+"}, prompt: "{{ look }}{{ mood }}{{ own }}"}
"""
    assert project.prompts(text) == {"a": ["cmo+"]}


def test_a_column_wins_over_a_method(project: Project) -> None:
    text = 'assets: {"{{ row.id }}": {rows: m.csv, prompt: "{{ row.items }} {{ row.keys }}"}}\n'
    assert project.prompts(text, {"m.csv": "id,items,keys\na,three swords,two\n"}) == {"a": ["three swords two"]}


def test_tags_and_name_are_visible(project: Project) -> None:
    text = """
assets:
  ui/a.png: {prompt: "{{ asset.name }}: {{ asset.tags|join('+') }}", tags: ["{{ asset.name|length }}", x]}
"""
    assert project.prompts(text) == {"ui/a.png": ["ui/a.png: 8+x"]}


def test_env_by_permission(project: Project) -> None:
    text = 'version: 1\nallow_env: [BRAND, NONE]\nassets: {a: "by {{ env.BRAND }}"}\n'
    spec = project.load(text, env={"BRAND": "Acme", "SECRET": "x"})
    assert spec.assets[0].steps[0].prompt == "by Acme"
    assert set(spec.footprint.env) == {"BRAND", "NONE"}
    assert spec.footprint.env["NONE"] is None


def test_matrix(project: Project) -> None:
    text = """
assets:
  "{{ animal }}/{{ mood }}-{{ tier.id }}":
    matrix: {animal: [otter, seal], mood: [calm, angry], tier: [{id: gold, is: glowing gold}, {id: tin, is: dull}]}
    exclude: [{animal: seal, mood: angry}, {tier: {id: tin, is: dull}}]
    when: not (animal == 'otter' and mood == 'angry')
    prompt: "a {{ mood }} {{ animal }} of {{ tier.is }}"
"""
    assert project.prompts(text) == {
        "otter/calm-gold": ["a calm otter of glowing gold"],
        "seal/calm-gold": ["a calm seal of glowing gold"],
    }


def test_exclude_by_a_part_of_a_map(project: Project) -> None:
    text = """
assets:
  "{{ tier.id }}-{{ n }}":
    matrix: {tier: [{id: gold, is: {glow: yes}}, {id: tin, is: {glow: no}}], n: [1, 2]}
    prompt: x
    exclude: [{tier: {id: tin}, n: 1}, {tier: {is: {glow: yes}}, n: 2}]
"""
    assert list(project.assets(text)) == ["gold-1", "tin-2"]


def test_rows_and_matrix_multiply(project: Project) -> None:
    text = 'assets: {"{{ id }}-{{ n }}": {rows: m.csv, matrix: {n: [1, 2]}, prompt: x}}\n'
    found = project.assets(text, {"m.csv": "id\na\nb\n"})
    assert [(asset.name, asset.row, asset.family) for asset in found.values()] == [
        ("a-1", "m.csv:2", "{{ id }}-{{ n }}"),
        ("a-2", "m.csv:2", "{{ id }}-{{ n }}"),
        ("b-1", "m.csv:3", "{{ id }}-{{ n }}"),
        ("b-2", "m.csv:3", "{{ id }}-{{ n }}"),
    ]


def test_two_families_over_one_pattern(project: Project) -> None:
    text = """
assets:
  front: {name: "{{ id }}/front", rows: m.csv, prompt: "front of {{ look }}"}
  back: {name: "{{ id }}/back", rows: m.csv, prompt: "back of {{ look }}", from: "@{{ id }}/front"}
"""
    found = project.assets(text, {"m.csv": "id,look\norc,green\n"})
    assert [(asset.name, asset.family) for asset in found.values()] == [("orc/front", "front"), ("orc/back", "back")]
    assert found["orc/back"].origin == AssetInput(asset="orc/front")


def test_names_are_in_one_form(project: Project) -> None:
    decomposed = "Ko\u0308nig"
    assert list(project.assets(f"assets: {{{decomposed}: x}}\n")) == ["König"]
    assert project.codes(f"assets: {{{decomposed}: x, KÖNIG: y}}\n") == ["duplicate-name"]


def test_groups_and_their_prefixes(project: Project) -> None:
    text = """
assets: {key: a key, lock: a lock}
groups:
  bosses:
    defaults: {quality: high}
    presets: {big: {size: 2048x2048}}
    assets:
      key: {prompt: the key of a boss, use: big}
      orc: {prompt: an orc, references: ["@key", "@lock"]}
    groups:
      late: {assets: {imp: {from: "@orc", prompt: x, references: ["@key", "@bosses/key"]}}}
"""
    found = project.assets(text)
    assert list(found) == ["key", "lock", "bosses/key", "bosses/orc", "bosses/late/imp"]
    assert [item.asset for item in found["bosses/orc"].steps[0].references if isinstance(item, AssetInput)] == [
        "bosses/key",
        "lock",
    ]
    assert found["bosses/late/imp"].origin == AssetInput(asset="bosses/orc")
    assert found["bosses/late/imp"].steps[0].quality == "high"
    assert found["bosses/key"].size == "2048x2048"
    assert found["key"].steps[0].quality == "medium"


def test_includes_are_scoped_and_relative_to_their_file(project: Project) -> None:
    text = """
output_dir: public
templates_dir: t
vars: {mood: calm}
defaults: {template: base.j2, references: [refs/style.png]}
presets: {p: {quality: low}}
include:
  - {path: ui/ui.yaml, prefix: ui/}
  - "more/*.yaml"
assets: {a: x}
"""
    files = {
        "t/base.j2": "root {{ prompt }}",
        "refs/style.png": "",
        "ui/ui.yaml": 'templates_dir: tt\nvars: {mood: "very {{ mood }}"}\ninclude: deeper.yaml\n'
        "assets:\n  a: {prompt: '{{ mood }}', use: p}\n  b: {prompt: y, template: own.j2, references: icons/*.png}\n",
        "ui/tt/own.j2": "ui {{ prompt }}",
        "ui/icons/2.png": "",
        "ui/icons/1.png": "",
        "ui/deeper.yaml": 'assets: {c: "{{ mood }} c"}\n',
        "more/x.yaml": "version: 1\nassets: {x: x}\n",
        "more/y.yaml": "assets: {y: y}\n",
    }
    found = project.assets(text, files)
    assert {name: asset.steps[0].prompt for name, asset in found.items()} == {
        "a": "root x",
        "ui/a": "root very calm",
        "ui/b": "ui y",
        "ui/c": "root very calm c",
        "x": "root x",
        "y": "root y",
    }
    names = [[getattr(item, "name", None) for item in asset.steps[0].references] for asset in found.values()]
    style = ["refs/style.png"]
    assert names == [style, style, ["ui/icons/1.png", "ui/icons/2.png"], style, style, style]
    assert found["ui/a"].outputs[0].path == "public/ui/a.png"
    assert found["ui/a"].steps[0].quality == "low"


def test_columns_that_only_other_rows_have_are_empty(project: Project) -> None:
    text = 'assets: {"{{ id }}": {rows: [a.csv, b.json, {id: c}], prompt: "[{{ look }}{{ n }}]"}}\n'
    files = {"a.csv": "id,look\na,green\n", "b.json": '[{"id": "b", "n": 2.50}]'}
    assert project.prompts(text, files) == {"a": ["[green]"], "b": ["[2.50]"], "c": ["[]"]}


def test_rendered_empty_is_not_set(project: Project) -> None:
    text = """
defaults: {alt: default, quality: low}
assets:
  "{{ row.id }}":
    rows: m.csv
    prompt: x
    alt: "{{ row.alt }}"
    quality: "{{ row.quality }}"
    tags: [fixed, "{{ row.tag }}"]
    meta: {a: "{{ row.alt }}", b: 1}
    references: ["{{ row.ref }}"]
"""
    files = {"m.csv": "id,alt,quality,tag,ref\na,An a,high,t,r.png\nb,,,,\n", "r.png": ""}
    found = project.assets(text, files)
    a, b = found["a"], found["b"]
    assert (a.alt, a.steps[0].quality, a.tags, a.meta, len(a.steps[0].references)) == (
        "An a",
        "high",
        ("fixed", "t"),
        {"a": "An a", "b": 1},
        1,
    )
    assert (b.alt, b.steps[0].quality, b.tags, b.meta, b.steps[0].references) == (
        "default",
        "low",
        ("fixed",),
        {"b": 1},
        (),
    )


def test_rendered_empty_shows_the_layer_below(project: Project) -> None:
    """As if it had not been written: the next layer down holds, in maps too, and each preset for itself."""
    text = """
defaults: {quality: high, size: 64x64, output: "of/{{ asset.name }}.webp", options: {seed: 7, o: 1}}
presets: {small: {size: 32x32}, own: {quality: "{{ row.q }}", size: "{{ row.s }}"}}
assets:
  "a{{ row.id }}":
    {rows: m.csv, prompt: x, size: "{{ row.s }}", options: {seed: "{{ row.q }}"}, output: "{{ row.o }}", name: "{{ row.o }}"}
  "b{{ row.id }}": {rows: m.csv, prompt: x, use: [small, own]}
"""
    found = project.assets(text, {"m.csv": "id,q,s,o\n1,,,\n2,low,16x16,z\n"})
    assert {name: (asset.size, asset.steps[0].quality) for name, asset in found.items()} == {
        "a1": ("64x64", "high"),
        "z": ("16x16", "high"),
        "b1": ("32x32", "high"),
        "b2": ("16x16", "low"),
    }
    assert [found[name].steps[0].options for name in ("a1", "z")] == [{"seed": 7, "o": 1}, {"seed": "low", "o": 1}]
    assert [found[name].outputs[0].path for name in ("a1", "z")] == ["assets/of/a1.webp", "assets/z.png"]


def test_a_picture_without_a_source_is_not_set(project: Project) -> None:
    text = """
assets:
  base: x
  "{{ row.id }}":
    rows: m.csv
    prompt: x
    from: {asset: "{{ row.parent }}"}
    references: [{path: "{{ row.ref }}", role: pose}]
    edits: [{prompt: y, mask: {path: "{{ row.ref }}", invert: true}}]
"""
    found = project.assets(text, {"m.csv": "id,parent,ref\na,,\nb,base,r.png\n", "r.png": ""})
    a, b = found["a"], found["b"]
    assert (a.origin, a.steps[0].references, a.steps[1].mask) == (None, (), None)
    assert b.origin == AssetInput(asset="base")
    assert [len(b.steps[0].references), b.steps[1].mask is not None] == [1, True]


def test_a_text_in_the_place_of_a_list(project: Project) -> None:
    """Split at commas outside quotes, whether or not anything in it was filled in."""
    text = """
vars: {sides: [32, 64], kinds: "png, webp", where: "0.5, 0.25", steps: 'at night, "with owls, many"'}
presets: {big: {size: 64x64}, titled: {title: T}}
assets:
  a: {prompt: x, use: "big, titled", tags: "ui, hero", references: "a.png, b.png", gravity: "{{ where }}"}
  b:
    prompt: x
    edits: "{{ steps }}"
    outputs: [{path: "{{ width }}.{{ format }}", widths: "{{ sides }}", formats: "{{ kinds }}"}]
  c: {prompt: "{{ asset.tags | join('+') }}", tags: "ui, {{ kinds }}", edits: "{{ '' }}"}
"""
    found = project.assets(text, {"a.png": "", "b.png": ""})
    a, b, c = found["a"], found["b"], found["c"]
    assert (a.size, a.title, a.tags, len(a.steps[0].references)) == ("64x64", "T", ("ui", "hero"), 2)
    assert a.gravity == ("0.5", "0.25")
    assert [step.prompt for step in b.steps] == ["x", "at night", "with owls, many"]
    assert [output.path for output in b.outputs] == [
        f"assets/{side}.{kind}" for kind in ("png", "webp") for side in (32, 64)
    ]
    assert (c.tags, [step.prompt for step in c.steps]) == (("ui", "png", "webp"), ["ui+png+webp"])


def test_rendered_text_becomes_what_the_field_holds(project: Project) -> None:
    text = """
assets:
  "{{ row.id }}":
    rows: m.csv
    prompt: x
    frozen: "{{ row.frozen }}"
    variants: "{{ row.n }}"
    pick: "{{ row.pick }}"
    fence: "{{ row.fence }}"
    size: "{{ row.size }}"
    tags: "{{ row.tags }}"
    salt: "{{ row.n }}"
    verbatim: "{{ row.frozen }}"
"""
    csv = 'id,frozen,n,pick,fence,size,tags\na,TRUE,3,2,False,64x64,"x, ""y, z"",w"\n'
    asset = project.assets(text, {"m.csv": csv})["a"]
    step = asset.steps[0]
    assert (asset.frozen, step.variants, step.pick, step.fence, asset.size, asset.tags, step.salt, step.verbatim) == (
        True,
        3,
        2,
        None,
        "64x64",
        ("x", "y, z", "w"),
        "3",
        True,
    )


def test_a_wrong_cell_is_told_with_its_row(project: Project) -> None:
    text = 'version: 1\nassets:\n  "{{ row.id }}": {rows: m.csv, prompt: x, variants: "{{ row.n }}"}\n'
    assert project.problem(text, {"m.csv": "id,n\na,3\nb,three\n"}) == (
        "assets.yaml:3:54: error[wrong-type]: 'variants' is a whole number, not 'three' (m.csv:3)\n"
        '    3 |   "{{ row.id }}": {rows: m.csv, prompt: x, variants: "{{ row.n }}"}\n'
        "      |                                                      ^^^^^^^^^^^^^"
    )


def test_when_by_row(project: Project) -> None:
    text = "assets: {\"{{ row.id }}\": {rows: m.csv, when: row.ready == 'yes', prompt: x}, off: {when: false, prompt: x}}\n"
    assert list(project.assets(text, {"m.csv": "id,ready\na,yes\nb,no\n"})) == ["a"]


def test_cells_are_never_rendered_again(project: Project) -> None:
    text = 'assets: {"{{ row.id }}": {rows: m.csv, prompt: "{{ row.look }}", template: "{{ prompt }}."}}\n'
    found = project.prompts(text, {"m.csv": 'id,look\na,"{{ 1 + 1 }} {% if %} {# x"\n'})
    assert found == {"a": ["{{ 1 + 1 }} {% if %} {# x."]}


def test_inline_rows_are_data_too(project: Project) -> None:
    text = "assets: {\"{{ id }}\": {rows: [{id: a, look: '{{ 2 }}'}], prompt: '{{ look }}'}}\n"
    assert project.prompts(text) == {"a": ["{{ 2 }}"]}


def test_no_assets_is_no_error(project: Project) -> None:
    assert project.load("version: 1\n").assets == ()


def test_versions_of_included_files_hold(project: Project) -> None:
    with pytest.raises(Problem) as caught:
        project.load("version: 1\ninclude: [a.yaml]\n", {"a.yaml": "version: 2\n"})
    assert [item.code for item in caught.value.diagnostics] == ["newer-version"]
