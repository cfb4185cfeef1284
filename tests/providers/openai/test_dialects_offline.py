"""What a server can't do is said by the plan, before the first call: each by its whole text."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from fakes.openai_dialects import RED, FakeLocalAI, FakeSdServer, FakeSglang
from pixmake.build.project import Project
from pixmake.diagnostics import render

HEAD = """version: 1
providers:
  house: {{type: openai, base_url: "{url}", price_per_image: 0, {settings}}}
defaults: {{provider: house, model: flux, size: 512x512}}
assets:
"""
CHAIN = "  fox.png: {prompt: a fox, edits: [at night]}\n"
MASKED = "  fox.png: {prompt: a fox, edits: [{prompt: a hat, mask: {rect: [0, 0, 1, 0.5]}, fence: false}]}\n"


def project(root: Path, assets: str, url: str, settings: str) -> Project:
    root.mkdir(exist_ok=True)
    (root / "assets.yaml").write_text(HEAD.format(url=url, settings=settings) + assets, "utf-8")
    return Project(root / "assets.yaml", store=root / "store")


CASES = [
    (
        CHAIN,
        "edits: none",
        (
            "assets.yaml:6:36: error[no-edits]: 'house' has no edits: it can't work on pictures\n"
            "    6 |   fox.png: {prompt: a fox, edits: [at night]}\n"
            "      |                                    ^^^^^^^^\n"
            "help: take the input pictures out, name another provider for this step,\n"
            "      or set its path where it has one: providers: {house: {edits: images/edits}}"
        ),
    ),
    (
        CHAIN,
        "dialect: localai",
        (
            "assets.yaml:6:36: error[no-edits]: 'house' edits only inside a mask, and there is none\n"
            "    6 |   fox.png: {prompt: a fox, edits: [at night]}\n"
            "      |                                    ^^^^^^^^\n"
            "help: add a mask, for example\n"
            "        mask: {rect: [0, 0, 1, 1]}\n"
            "      for the whole picture"
        ),
    ),
    (
        MASKED,
        "dialect: sglang",
        (
            "assets.yaml:6:58: error[not-accepted]: 'house' takes no mask\n"
            "    6 |   fox.png: {prompt: a fox, edits: [{prompt: a hat, mask: {rect: [0, 0, 1, 0.5]}, fence: false}]}\n"
            "      |                                                          ^^^^\n"
            "help: take it out, or name another provider; where a server of type openai does take one,\n"
            "      say how it reads it: providers: {house: {mask: alpha}} (or white)"
        ),
    ),
]


@pytest.mark.parametrize(("assets", "settings", "text"), CASES, ids=["none", "inpainting", "no mask"])
def test_a_chain_that_would_end_halfway_is_not_begun(assets: str, settings: str, text: str, tmp_path: Path) -> None:
    plan = project(tmp_path, assets, "http://127.0.0.1:9/v1", settings).plan()
    assert render(plan.problems[0]) == text


def test_inpainting_is_bought_where_there_is_a_mask(tmp_path: Path) -> None:
    with FakeLocalAI() as server:
        house = project(tmp_path, MASKED, server.url, "dialect: localai")
        house.build(house.plan(), yes=True)
        assert [post.path for post in server.posts] == ["/v1/images/generations", "/v1/images/inpainting"]
    picture = Image.open(tmp_path / "assets/fox.png").convert("RGB")
    assert picture.size == (512, 512)
    assert (picture.getpixel((256, 100)), picture.getpixel((256, 400))) == (RED, (0, 128, 0))


def test_a_fence_holds_on_a_server_that_reads_masks_the_other_way(tmp_path: Path) -> None:
    with FakeSdServer() as server:
        house = project(tmp_path, MASKED.replace(", fence: false", ""), server.url, "dialect: sd-server")
        house.build(house.plan(), yes=True)
    picture = Image.open(tmp_path / "assets/fox.png").convert("RGB")
    assert (picture.getpixel((256, 100)), picture.getpixel((256, 400))) == (RED, (0, 128, 0))


def test_fewer_pictures_than_asked_are_kept_and_the_rest_is_bought_next_time(tmp_path: Path) -> None:
    with FakeSglang() as server:
        house = project(tmp_path, "  fox.png: {prompt: a fox, variants: 2, pick: 1}\n", server.url, "dialect: sglang")
        house.build(house.plan(), yes=True)
        assert [post.fields["n"] for post in server.posts] == [2]
        house.build(house.plan(), yes=True)
        assert [post.fields["n"] for post in server.posts] == [2, 1]


def test_nothing_of_a_dialect_moves_a_key(tmp_path: Path) -> None:
    with FakeSdServer() as server:
        house = project(tmp_path, CHAIN, server.url, "dialect: sd-server")
        house.build(house.plan(), yes=True)
        other = "edits: images/edits, mask: alpha, image_field: pic, response_format: url, extra_body: {user: x}, sizes: any"
        house = project(tmp_path, CHAIN, "http://127.0.0.1:9/v1", other)
        assert [entry.state for entry in house.plan().entries] == ["fresh"] * len(house.plan().entries)
        assert len(server.posts) == 2
