"""The schema for editors agrees with what is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from fakes.spec_project import Project
from pixmake.diagnostics import Problem
from pixmake.spec.schema import json_schema

SCHEMA = json_schema()
HERE = Path(__file__).parent


def faults(text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text))]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


GOOD = """version: 1
project: p
sizes: {banner: 1920x480, wide: "16:9"}
vars: {a: [1, {b: c}]}
defaults: {model: m, quality: low, fence: {feather: 4}}
presets: {icon: {size: banner, tags: one}}
profiles: {p: {defaults: {quality: high}, budget: {per_day: 1.5}}}
providers:
  openai: {concurrency: 8, images_per_minute: 50, timeout: 600}
  studio: {type: openai, base_url: "http://127.0.0.1:8080/v1", api_key_env: STUDIO_KEY, price_per_image: 0, drop: [quality]}
  azure: {type: azure-openai, endpoint_env: E, api_key_env: K, deployments: {gpt-image-2: art}, same_as: openai}
  own: {type: mine, anything: 1}
budget: {per_build: 2}
include: [{path: x.yaml, prefix: ui/}, "more/*.yaml"]
groups: {g: {assets: {a: x}}}
assets:
  a: text
  b: {prompt: x, references: [p.png, "@a", {path: p.png, role: r}], mask: {rect: [0, 0, 1, "0.5"]}, from: "@a"}
  c: {prompt: x, variants: "{{ n }}", pick: ask, salt: 4, output: false, frozen: "{{ f }}", gravity: [0.5, 0]}
  d: {prompt: x, outputs: [{path: a.png, widths: [1], formats: [png, webp]}, b.png], matrix: {a: [1]}, rows: [{a: 1}]}
  e: {prompt: x, edits: [y, {prompt: z, fence: false}], process: [trim, {resize: {width: 5}}], when: a == 1}
"""


def test_what_is_right_for_editors() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    "text",
    [
        "assets: {a: x}",
        "version: 2",
        "version: 1\nasets: {}",
        "version: 1\nassets: {a: {promt: x}}",
        "version: 1\nassets: {a: {prompt: x, quality: hihg}}",
        "version: 1\nassets: {a: {prompt: x, variants: 0}}",
        "version: 1\nassets: {a: {prompt: x, size: '5 x 5'}}",
        "version: 1\nassets: {a: {prompt: x, pick: best}}",
        "version: 1\nproviders: {openai: {concurency: 1}}",
        "version: 1\nbudget: {per_day: -1}",
    ],
)
def test_what_is_wrong_for_editors_is_wrong_for_us(text: str, project: Project) -> None:
    assert faults(text) != []
    with pytest.raises(Problem):
        project.load(text)


def described(node: Any, path: str = "") -> list[str]:
    """Properties without a description."""
    if isinstance(node, list):
        return [item for part in node for item in described(part, path)]
    if not isinstance(node, dict):
        return []
    bare = []
    for name, part in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
        if isinstance(part, dict) and "OPERATION" not in path and part and "description" not in part:
            bare.append(f"{path}/{name}")
    return bare + [item for name, part in node.items() for item in described(part, f"{path}/{name}")]


def test_every_field_is_described() -> None:
    assert [path for path in described(SCHEMA) if not path.endswith("/type")] == []
