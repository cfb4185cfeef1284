"""docs/errors.md explains every code that the package can say, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"[a-z]+(?:-[a-z0-9]+)*\Z")
CALLS = {"problem", "error", "warn", "refuse", "Diagnostic", "Fault"}
"""Functions that are given a code: first, or as `code=`."""


def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "src").glob("**/*.py"))]


def constants(node: ast.AST | None) -> list[str]:
    """The texts that an expression may be: a constant, or either branch of a condition."""
    if isinstance(node, ast.IfExp):
        return [*constants(node.body), *constants(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def said() -> set[str]:
    """Codes given to the functions that make diagnostics."""
    found: set[str] = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in CALLS:
                named = next((item.value for item in node.keywords if item.arg == "code"), None)
                found.update(constants(named if named is not None else node.args[0] if node.args else None))
    return {code for code in found if CODE.match(code)}


def explained() -> dict[str, str]:
    """Code to its paragraph."""
    parts = re.split(r"^## +`?([^`\n]+)`?\n", (ROOT / "docs/errors.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {code.strip(): text.strip() for code, text in zip(parts[::2], parts[1::2], strict=True)}


def test_every_code_is_explained() -> None:
    assert sorted(said() - set(explained())) == []


def test_no_code_is_explained_that_nothing_says() -> None:
    words = {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(explained()) - words) == []


def test_codes_stand_in_order_and_have_a_paragraph() -> None:
    assert list(explained()) == sorted(explained())
    assert [code for code, text in explained().items() if len(text) < 40] == []
