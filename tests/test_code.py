"""The code is clean: ruff and mypy find nothing, and files and functions keep the sizes that the house asks for."""

from __future__ import annotations

import ast
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 400
LONGEST_MEDIAN = 10
LONGEST_MOST = 30
"""Lines of the function that nine of ten are not longer than."""


def run(*words: str) -> str:
    """What a module of this Python says about the repository; empty where it finds nothing."""
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    assert run("ruff", "check", "--quiet", ".") == ""


def test_ruff_would_format_nothing() -> None:
    assert run("ruff", "format", "--check", "--quiet", ".") == ""


@pytest.mark.timeout(500)
def test_mypy_finds_nothing() -> None:
    assert run("mypy") == ""


def sources() -> list[Path]:
    return sorted((ROOT / "src").glob("**/*.py"))


def test_no_file_is_too_long() -> None:
    long = {
        path.name: count for path in sources() if (count := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


@cache
def lengths() -> list[int]:
    """Lines of every function of the package, shortest first."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    trees = [ast.parse(path.read_text("utf-8")) for path in sources()]
    return sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    )


def test_functions_are_short() -> None:
    assert lengths()[len(lengths()) // 2] <= LONGEST_MEDIAN
    assert lengths()[len(lengths()) * 9 // 10] <= LONGEST_MOST


def test_every_module_opens_with_a_sentence() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if (text := path.read_text("utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_every_folder_of_tests_is_looked_into(pytestconfig: pytest.Config) -> None:
    """pytest passes over folders of some names by itself: `build` among them, with all its tests."""
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [path for path in folders if any(fnmatch(path.name, pattern) for pattern in passed_over)] == []
