"""docs/providers.md against the code: its specs load, and its table says what the dialects are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pixmake.build.project import Project
from pixmake.providers.openai.dialect import EDITS, dialect_of

PAGE = (Path(__file__).parents[3] / "docs/providers.md").read_text("utf-8")
TABLE = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| `")]
ROWS = {row[0].strip("`"): row[1:] for row in TABLE if len(row) == 6}
NAMES = ("openai", "localai", "sd-server", "vllm-omni", "sglang")


@pytest.mark.parametrize("spec", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1:])
def test_its_specs_load_and_plan(spec: str, tmp_path: Path) -> None:
    (tmp_path / "assets.yaml").write_text(spec, "utf-8")
    plan = Project(tmp_path / "assets.yaml", store=tmp_path / "store").plan()
    assert plan.problems == ()


@pytest.mark.parametrize(("at", "name"), list(enumerate(NAMES)))
def test_its_table_says_what_a_dialect_sets(at: int, name: str) -> None:
    dialect = dialect_of({"dialect": name})
    sizes = "" if dialect.sizes is None else str(dialect.sizes.multiple)
    assert {field: cells[at] for field, cells in ROWS.items()} == {
        "response_format": dialect.response_format or "omit",
        "edits": dialect.edits or EDITS,
        "mask": dialect.mask,
        "mask_field": dialect.mask_field,
        "image_field": dialect.image_field or "image, image[]",
        "most_inputs": str(dialect.most_inputs or ""),
        "sizes": sizes,
        "options_as": dialect.options_as,
        "drop": ", ".join(dialect.drop),
    }
    assert dialect_of({"dialect": "litellm"}) == dialect_of({"dialect": "litellm", "edits": EDITS, "mask": "alpha"})
