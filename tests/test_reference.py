"""docs/reference/ says what the code declares, no more and no less."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """tools/reference.py, which is no part of the package."""
    made = importlib.util.spec_from_file_location("reference", ROOT / "tools/reference.py")
    assert made is not None and made.loader is not None
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says(tool: ModuleType) -> None:
    pages: dict[str, str] = tool.pages()
    stale = [name for name, text in pages.items() if (ROOT / name).read_text("utf-8") != text]
    assert stale == [], "run: python tools/reference.py"


def test_no_page_is_left_over(tool: ModuleType) -> None:
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/reference").iterdir()}
    assert there == {path for path in tool.pages() if path.startswith(tool.FOLDER)}


@pytest.mark.parametrize("name", ["assets.yaml", "src/pixmake/cli/starter/assets.yaml"])
def test_editors_find_nothing_wrong_in_our_own_specs(name: str) -> None:
    schema = json.loads((ROOT / "docs/reference/assets.schema.json").read_text("utf-8"))
    jsonschema.validate(yaml.safe_load((ROOT / name).read_text("utf-8")), schema)
