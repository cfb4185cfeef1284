"""The plan of the house holds: each room imports only what it may know, and no import goes in a circle.

Every kind of import counts: in functions, under TYPE_CHECKING, and names of modules in texts that are imported later.
Only the commands that cli/main loads on demand, and the porch (pixmake/__init__.py), are free to name what they like.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

SRC = Path(__file__).parents[1] / "src"
ROOT = {"garbage", "values", "digest", "diagnostics", "clock", "events", "secrecy"}
ROOMS: dict[str, set[str]] = {
    "spec": {"root"},
    "imaging": {"root"},
    "providers": {"root", "imaging"},
    "store": {"root"},
    "plan": {"root", "spec", "imaging", "providers", "store"},
    "publish": {"root", "spec", "imaging", "store", "plan"},
    "build": {"root", "spec", "imaging", "providers", "store", "plan", "publish"},
    "watch": {"root", "spec", "imaging", "providers", "store", "plan", "publish", "build"},
    "cli": {"root", "spec", "imaging", "providers", "store", "plan", "publish", "build", "watch", "porch"},
    "porch": {"root", "spec", "plan", "build"},
    "door": {"cli", "root", "porch"},
}
"""Room to the rooms it may import; each may import itself. `door` is __main__.py."""
BY_NAME = {"pixmake", "pixmake.cli.main"}
"""Modules whose texts name other modules that are loaded when they are asked for."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its name."""
    found = {}
    for path in sorted(SRC.glob("pixmake/**/*.py")):
        parts = list(path.relative_to(SRC).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room_of(module: str) -> str:
    parts = module.split(".")
    if len(parts) == 1:
        return "porch"
    if parts[1] == "__main__":
        return "door"
    return "root" if parts[1] in ROOT else parts[1]


def home(name: str) -> str | None:
    """The module that a dotted name of the package lives in."""
    while name:
        if name in modules():
            return name
        name = name.rpartition(".")[0]
    return None


def named_in(node: ast.AST, module: str) -> list[str]:
    """Dotted names that one node imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = module if modules()[module].name == "__init__.py" else module.rpartition(".")[0]
            up = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*up, *([node.module] if node.module else [])])
        return [f"{base}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and module not in BY_NAME:
        match = re.fullmatch(r"(pixmake(?:\.\w+)+)(?::\w+)?", node.value)
        return [match[1]] if match and match[1] in modules() else []
    return []


@cache
def imports() -> dict[str, dict[str, int]]:
    """Module to the modules of the package that it imports, with the line."""
    graph: dict[str, dict[str, int]] = {}
    for module, path in modules().items():
        graph[module] = {}
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for name in named_in(node, module):
                target = home(name) if name.partition(".")[0] == "pixmake" else None
                if target is not None and target != module:
                    graph[module].setdefault(target, getattr(node, "lineno", 0))
    return graph


def test_every_room_is_in_the_plan() -> None:
    assert {room_of(module) for module in modules()} <= {"root", *ROOMS}


def test_rooms_import_only_what_they_may_know() -> None:
    wrong = [
        f"{modules()[module].relative_to(SRC)}:{line}: '{room_of(module)}' imports '{target}'"
        for module, targets in imports().items()
        for target, line in targets.items()
        if room_of(module) != room_of(target) and room_of(target) not in ROOMS.get(room_of(module), set())
    ]
    assert wrong == []


def circle(graph: dict[str, dict[str, int]]) -> list[str]:
    """One circle of imports, if there is any."""
    done: set[str] = set()

    def walk(module: str, trail: list[str]) -> list[str]:
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module not in done:
            for target in graph[module]:
                if found := walk(target, [*trail, module]):
                    return found
            done.add(module)
        return []

    return next((found for module in graph if (found := walk(module, []))), [])


def test_no_import_goes_in_a_circle() -> None:
    assert " → ".join(circle(imports())) == ""


def test_a_circle_would_be_found() -> None:
    assert circle({"a": {"b": 1}, "b": {"c": 1}, "c": {"b": 1}}) == ["b", "c", "b"]


def test_root_files_need_only_the_standard_library() -> None:
    for name in sorted(ROOT):
        tree = ast.parse((SRC / "pixmake" / f"{name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            for imported in named_in(node, f"pixmake.{name}"):
                top = imported.partition(".")[0]
                assert top == "pixmake" or top in sys.stdlib_module_names, f"{name} imports {imported}"


def test_no_room_for_everything() -> None:
    names = {part for module in modules() for part in module.split(".")}
    assert names.isdisjoint({"utils", "util", "common", "types", "helpers", "misc", "base_types"})
