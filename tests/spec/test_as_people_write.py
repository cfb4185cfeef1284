"""Ten specs as people write them. Every prompt is asserted byte for byte: it is what is paid for."""

from __future__ import annotations

import json

from fakes.spec_project import Project
from pixmake.spec.asset import AssetInput, FileInput


def test_flat_map_of_ids_to_prompts(project: Project) -> None:
    text = """
defaults: {model: gpt-image-2.5-flare, template: "{{ prompt }}, flat vector icon, thick outline"}
assets:
  icons/heart.png: a heart
  icons/key.png: an old brass key
  icons/sign.png: "a sign: no text, 100 % brass"
  icons/quote.png: 'a "quoted" word & an apostrophe''s curl'
  icons/no.png: "no"
"""
    assert project.prompts(text) == {
        "icons/heart.png": ["a heart, flat vector icon, thick outline"],
        "icons/key.png": ["an old brass key, flat vector icon, thick outline"],
        "icons/sign.png": ["a sign: no text, 100 % brass, flat vector icon, thick outline"],
        "icons/quote.png": ['a "quoted" word & an apostrophe\'s curl, flat vector icon, thick outline'],
        "icons/no.png": ["no, flat vector icon, thick outline"],
    }


CAST = """id,name,look,palette
orc,Grok,"a green, big orc","#3b5d2a; #0b1f3a"
imp,Zip,a red imp with a 3' tail,#aa0000
"""


def test_characters_by_asset_types_with_references_from_row_to_row(project: Project) -> None:
    text = """
presets:
  sheet: {size: 1536x1024, tags: [sheet]}
assets:
  "cast/{{ row.id }}-turnaround":
    rows: data/cast.csv
    use: [sheet]
    prompt: "turnaround sheet of {{ row.look }}, palette {{ row.palette }}"
  "cast/{{ row.id }}-poses":
    rows: data/cast.csv
    use: [sheet]
    from: "@cast/{{ row.id }}-turnaround"
    prompt: key poses on one sheet
    references: [{path: refs/style.png, role: line weight and palette}]
  "cast/{{ row.id }}-{{ mood }}":
    rows: data/cast.csv
    matrix: {mood: [calm, angry]}
    prompt: "portrait of {{ name }}, {{ mood }}"
    references: ["@cast/{{ id }}-turnaround", "@cast/{{ id }}-poses"]
"""
    found = project.assets(text, {"data/cast.csv": CAST, "refs/style.png": ""})
    assert {name: asset.steps[0].prompt for name, asset in found.items()} == {
        "cast/orc-turnaround": "turnaround sheet of a green, big orc, palette #3b5d2a; #0b1f3a",
        "cast/imp-turnaround": "turnaround sheet of a red imp with a 3' tail, palette #aa0000",
        "cast/orc-poses": "key poses on one sheet",
        "cast/imp-poses": "key poses on one sheet",
        "cast/orc-calm": "portrait of Grok, calm",
        "cast/orc-angry": "portrait of Grok, angry",
        "cast/imp-calm": "portrait of Zip, calm",
        "cast/imp-angry": "portrait of Zip, angry",
    }
    assert found["cast/imp-poses"].origin == AssetInput(asset="cast/imp-turnaround")
    assert found["cast/imp-poses"].steps[0].references == (
        FileInput(path=project.folder / "refs/style.png", name="refs/style.png", role="line weight and palette"),
    )
    assert found["cast/orc-calm"].steps[0].references == (
        AssetInput(asset="cast/orc-turnaround"),
        AssetInput(asset="cast/orc-poses"),
    )
    assert {asset.size for name, asset in found.items() if "turn" in name or "poses" in name} == {"1536x1024"}


def test_themes_that_stack_style_fragments(project: Project) -> None:
    text = """version: 1
vars:
  style: {steel: worn steel, crt: green CRT glow, fog: low fog}
  themes: {hq: [steel, crt], swamp: [fog]}
  theme: hq
defaults:
  template: "{{ prompt }}, {% for s in themes[theme] %}{{ style[s] }}, {% endfor %}no text"
profiles: {swamp: {vars: {theme: swamp}}}
assets:
  door: a blast door
  lamp: {prompt: a lamp, vars: {theme: swamp}}
"""
    plain, swamp = project.load(text), project.load(text, profile="swamp")
    assert [asset.steps[0].prompt for asset in plain.assets] == [
        "a blast door, worn steel, green CRT glow, no text",
        "a lamp, low fog, no text",
    ]
    assert [asset.steps[0].prompt for asset in swamp.assets] == [
        "a blast door, low fog, no text",
        "a lamp, low fog, no text",
    ]


def test_521_outputs_of_139_distinct_prompts(project: Project) -> None:
    lines = ["id,monster,tier"]
    lines += [f"m{number},monster {number % 139},{number // 139}" for number in range(521)]
    text = """
defaults: {model: m, size: 512x512, quality: low}
assets:
  "monsters/{{ row.id }}.webp":
    rows: monsters.csv
    prompt: |
      {{ row.monster }}, full body,
      plain background
"""
    found = project.assets(text, {"monsters.csv": "\n".join(lines) + "\n"})
    assert len(found) == 521
    prompts = [asset.steps[0].prompt for asset in found.values()]
    assert len(set(prompts)) == 139
    assert prompts[138:140] == [
        "monster 138, full body,\nplain background",
        "monster 0, full body,\nplain background",
    ]
    assert len({output.path for asset in found.values() for output in asset.outputs}) == 521
    assert [asset.row for asset in found.values()][::520] == ["monsters.csv:2", "monsters.csv:522"]


def test_icons_and_banners(project: Project) -> None:
    text = """
sizes: {icon: 64x64, banner: 1920x1080}
presets:
  icon: {size: icon, background: transparent, template: icon.j2}
  banner: {size: banner, quality: high, template: "Banner. {{ prompt }} Leave the left third empty."}
assets:
  icons/play.png: {use: icon, prompt: a play button}
  banners/home.jpg: {use: banner, prompt: A harbour at dawn.}
"""
    found = project.assets(text, {"templates/icon.j2": "{{ prompt }}, centred,\n{% if true %}\n  bold\n{% endif %}\n"})
    assert {name: (asset.size, asset.steps[0].prompt) for name, asset in found.items()} == {
        "icons/play.png": ("64x64", "a play button, centred,\n  bold"),
        "banners/home.jpg": ("1920x1080", "Banner. A harbour at dawn. Leave the left third empty."),
    }


def test_prompts_that_are_json_documents(project: Project) -> None:
    document = {
        "scene": {"subject": "otter", "colors": ["#0b1f3a", "#fff"], "camera": {"lens": "35mm", "angle": {"deg": 30}}},
        "text": "none: 100%",
    }
    pretty, tight = json.dumps(document, indent=2), json.dumps(document, separators=(",", ":"))
    text = (
        "defaults: {model: m}\nassets:\n  pretty.png: |\n"
        + "".join(f"    {line}\n" for line in pretty.splitlines())
        + f"  tight.png: '{tight}'\n"
        + f"  exact.png: {{verbatim: true, prompt: '  {tight}  '}}\n"
        + '  "{{ row.id }}": {rows: scenes.jsonl, prompt: "{{ row.scene|tojson }}", template: "{{ prompt }}"}\n'
    )
    row = {"id": "row.png", "scene": {"b": [1.5, {"c": "{{ x }} <&> 'ü'"}], "a": None}}
    assert project.prompts(text, {"scenes.jsonl": json.dumps(row) + "\n"}) == {
        "pretty.png": [pretty],
        "tight.png": [tight],
        "exact.png": [f"  {tight}  "],
        "row.png": ['{"a": null, "b": [1.5, {"c": "{{ x }} <&> \'ü\'"}]}'],
    }


def test_long_prompts_umlauts_and_cjk(project: Project) -> None:
    words = "Ein übergroßer Käfer — 甲虫、青い光。 🪲 "
    long = (words * 200)[:4800].strip()
    text = f"""
assets:
  käfer/größe: {json.dumps(long, ensure_ascii=False)}
  甲虫.webp: >-
    一匹の甲虫、
    青い光
  "{{{{ row.name|slug }}}}": {{rows: namen.csv, prompt: "{{{{ row.name }}}} über {{{{ row.was }}}}"}}
"""
    found = project.prompts(text, {"namen.csv": "\ufeffname;was\r\nÄnne Müller-Groß;Straße\r\n李 小龍;海, Meer\r\n"})
    assert found == {
        "käfer/größe": [long],
        "甲虫.webp": ["一匹の甲虫、 青い光"],
        "anne-muller-gross": ["Änne Müller-Groß über Straße"],
        "李-小龍": ["李 小龍 über 海, Meer"],
    }
    assert len(found["käfer/größe"][0]) == 4799


POST = """---
title: "Tides: a field guide"
date: 2026-03-01
draft: no
tags: [sea, moon]
cover: {mood: calm}
---
# Tides

{{ this is not a template }}
"""


def test_markdown_front_matter(project: Project) -> None:
    text = """
assets:
  "covers/{{ row.stem }}.jpg":
    rows: "posts/**/*.md"
    when: row.draft != 'yes'
    prompt: "cover for '{{ row.title }}' ({{ row.date }}), {{ row.cover.mood if row.cover else 'bright' }}"
    tags: "{{ row.tags }}"
    alt: "{{ row.title }}"
    meta: {post: "{{ row.file }}"}
"""
    files = {
        "posts/tides.md": POST,
        "posts/2025/dunes.md": "---\ntitle: Dunes\n---\n",
        "posts/x.md": "---\ndraft: yes\n---\n",
    }
    found = project.assets(text, files)
    assert [(asset.name, asset.steps[0].prompt, asset.tags, asset.alt, asset.meta) for asset in found.values()] == [
        ("covers/dunes.jpg", "cover for 'Dunes' (), bright", (), "Dunes", {"post": "posts/2025/dunes.md"}),
        (
            "covers/tides.jpg",
            "cover for 'Tides: a field guide' (2026-03-01), calm",
            ("sea", "moon"),
            "Tides: a field guide",
            {"post": "posts/tides.md"},
        ),
    ]


def test_several_files_with_prefixes(project: Project) -> None:
    text = """
vars: {brand: Acme}
defaults: {model: m, template: "{{ prompt }} for {{ brand }}"}
include:
  - {path: ui/icons.yaml, prefix: ui/}
  - {path: world/*.yaml, prefix: world/}
assets: {logo.png: a logo}
"""
    files = {
        "ui/icons.yaml": 'vars: {brand: "{{ brand }} UI"}\n'
        'assets:\n  ok.png: an ok sign\n  badge.png: {prompt: a badge, from: "@logo.png"}\n',
        "world/a-forest.yaml": "assets: {tree: a tree}\n",
        "world/b-sea.yaml": 'defaults: {template: "{{ prompt }}, wet"}\n'
        'assets: {fish: a fish, reef: {from: "@fish", prompt: a reef}}\n',
    }
    found = project.assets(text, files)
    assert {name: asset.steps[0].prompt for name, asset in found.items()} == {
        "logo.png": "a logo for Acme",
        "ui/ok.png": "an ok sign for Acme UI",
        "ui/badge.png": "a badge for Acme UI",
        "world/tree": "a tree for Acme",
        "world/fish": "a fish, wet",
        "world/reef": "a reef, wet",
    }
    assert found["ui/badge.png"].origin == AssetInput(asset="logo.png")
    assert found["world/reef"].origin == AssetInput(asset="world/fish")


def test_a_chain_of_edits_with_a_mask(project: Project) -> None:
    text = """
defaults: {model: m, template: "{{ prompt }}. Watercolour."}
assets:
  scene.webp:
    prompt: A quiet harbour at dawn
    variants: 4
    edits:
      - "add a red boat; keep #0b1f3a as it is"
      - {prompt: "remove the {{ what }}", vars: {what: left crane}, mask: {rect: [0, 0, 0.30, 1]}}
      - {prompt: "sign: {{ not rendered }}", verbatim: true}
"""
    assert project.prompts(text) == {
        "scene.webp": [
            "A quiet harbour at dawn. Watercolour.",
            "add a red boat; keep #0b1f3a as it is",
            "remove the left crane",
            "sign: {{ not rendered }}",
        ]
    }
