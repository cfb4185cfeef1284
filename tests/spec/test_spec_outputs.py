"""Where files go: defaults, templates of paths, widths and formats, and what stays for the picture to tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.spec_project import Project
from pixmake.spec.asset import Asset


def paths(asset: Asset) -> list[str]:
    return [output.path for output in asset.outputs]


@pytest.mark.parametrize(
    ("name", "path", "kind"),
    [
        ("icons/heart.png", "assets/icons/heart.png", "png"),
        ("icons/heart", "assets/icons/heart.png", "png"),
        ("a.b", "assets/a.b.png", "png"),
        ("a.JPG", "assets/a.JPG", "jpeg"),
        ("a.jpeg", "assets/a.jpeg", "jpeg"),
        ("a.webp", "assets/a.webp", "webp"),
        ("a.avif", "assets/a.avif", "avif"),
        ("a.gif", "assets/a.gif", "gif"),
        ("a.ico", "assets/a.ico", "ico"),
    ],
)
def test_the_name_is_the_default_output(project: Project, name: str, path: str, kind: str) -> None:
    (output,) = project.assets(f"assets: {{{name}: x}}\n")[name].outputs
    assert (output.path, output.format, output.width, output.widths) == (path, kind, None, ())


@pytest.mark.parametrize(("folder", "path"), [(".", "a.png"), ("web/img", "web/img/a.png"), ("out/", "out/a.png")])
def test_output_dir(project: Project, folder: str, path: str) -> None:
    assert paths(project.assets(f"output_dir: {folder}\nassets: {{a: x}}\n")["a"]) == [path]


def test_widths_and_formats(project: Project) -> None:
    text = """
assets:
  ui/hero.png:
    prompt: x
    outputs:
      - {path: "img/{{ stem }}-{{ width }}.{{ format }}", widths: [320, 640], formats: [avif, jpg], quality: 80}
      - {path: "og/{{ stem }}.png", size: 1200x630, step: 0, when_media: "(min-width: 1px)", meta: {a: 1}}
      - "plain/{{ asset.name }}"
      - {widths: [64], formats: [webp]}
      - {path: favicon.ico, widths: [16, 32]}
"""
    outputs = project.assets(text)["ui/hero.png"].outputs
    assert [(output.path, output.format, output.width, output.quality) for output in outputs] == [
        ("assets/img/hero-320.avif", "avif", 320, 80),
        ("assets/img/hero-640.avif", "avif", 640, 80),
        ("assets/img/hero-320.jpg", "jpeg", 320, 80),
        ("assets/img/hero-640.jpg", "jpeg", 640, 80),
        ("assets/og/hero.png", "png", None, None),
        ("assets/plain/ui/hero.png", "png", None, None),
        ("assets/ui/hero-64.webp", "webp", 64, None),
        ("assets/favicon.ico", "ico", None, None),
    ]
    assert outputs[-1].widths == (16, 32)
    assert (outputs[4].size, outputs[4].step, outputs[4].when_media, outputs[4].meta) == (
        "1200x630",
        0,
        "(min-width: 1px)",
        {"a": 1},
    )


def test_what_only_the_picture_knows_stays(project: Project) -> None:
    text = 'assets: {a: {prompt: x, output: "{{ stem }}-{{width}}x{{ height }}-{{ hash }}.png", size: 64x32}}\n'
    assert paths(project.assets(text)["a"]) == ["assets/a-64x{{ height }}-{{ hash }}.png"]


def test_outputs_from_a_row(project: Project) -> None:
    text = 'assets: {"{{ id }}": {rows: m.csv, prompt: x, outputs: "{{ row.files }}"}}\n'
    found = project.assets(text, {"m.csv": 'id,files\na,"a.png, b.webp"\nb,\n'})
    assert {name: paths(asset) for name, asset in found.items()} == {
        "a": ["assets/a.png", "assets/b.webp"],
        "b": ["assets/b.png"],
    }


def test_svg_and_gif(project: Project) -> None:
    text = "assets: {a.svg: {prompt: x, kind: svg}, b.gif: x, c.gif: {prompt: x, kind: gif}}\n"
    found = project.assets(text)
    assert [(asset.steps[0].kind, asset.outputs[0].format) for asset in found.values()] == [
        ("svg", "svg"),
        ("raster", "gif"),
        ("gif", "gif"),
    ]


def test_a_link_out_of_the_project(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    (project.folder / "assets").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    assert project.problem("version: 1\nassets: {a: x}\n") == (
        "assets.yaml:2:10: error[bad-output]: 'assets' is a link that leads out of the project\n"
        "    2 | assets: {a: x}\n"
        "      |          ^\n"
        "help: replace the link, or use --allow-outside"
    )


def test_allow_outside(project: Project, tmp_path: Path) -> None:
    text = "version: 1\nassets: {a: {prompt: x, output: /srv/a.png}, b: {prompt: x, output: ../../b.png}}\n"
    spec = project.load(text, allow_outside=True)
    assert [output.path for asset in spec.assets for output in asset.outputs] == ["/srv/a.png", "assets/../../b.png"]


def test_two_spellings_of_one_path_are_one(project: Project) -> None:
    text = 'assets: {a: {prompt: x, output: "Ko\u0308nig.png"}, b: {prompt: x, output: "K\u00d6NIG.png"}}\n'
    assert project.codes(text) == ["duplicate-output"]
