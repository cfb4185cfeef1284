"""One line changed in each path that money takes: the suite must notice each of them.

    python -m pytest -m long tests/long/test_money_mutations.py

Each case (mutations_of_*.py) names a line of the package, what stands there in its place, and the test of the suite that is to
fail then. It runs in a process of its own on a changed copy of the package. What else a tool for mutations found is in
docs/trust.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from long.mutation import Change
from long.mutations import CHANGES, PACKAGE

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, to be changed."""
    folder = tmp_path_factory.mktemp("mutated") / "src"
    shutil.copytree(PACKAGE, folder / "pixmake", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def passes(source: Path, tests: Iterable[str]) -> bool:
    """Whether these tests pass on the package in `source`."""
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(source), str(ROOT / "tests")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    where = subprocess.run(
        [sys.executable, "-c", "import pixmake; print(pixmake.__file__)"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(source), "the changed copy is what runs"
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "addopts=-m 'not long'"]
    ended = subprocess.run(
        [*words, *(f"tests/{name}" for name in tests)], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return ended.returncode == 0


def test_unchanged_all_of_them_pass(copy: Path) -> None:
    assert passes(copy, sorted({name for item in CHANGES for name in item.tests}))


@pytest.mark.parametrize("item", CHANGES, ids=lambda item: item.says.replace(" ", "-"))
def test_the_suite_notices(copy: Path, item: Change) -> None:
    path = copy / "pixmake" / item.file
    text = path.read_text("utf-8")
    assert text.count(item.old) == 1, f"{item.file} has changed: say anew which line"
    path.write_text(text.replace(item.old, item.new), "utf-8")
    try:
        assert not passes(copy, item.tests), f"nobody noticed: {item.says}"
    finally:
        path.write_text(text, "utf-8")
