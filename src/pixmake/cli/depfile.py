"""CLI room: `--depfile`: what the outputs are made from, in Makefile syntax, for make and ninja."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pixmake.plan.graph import step_inputs
from pixmake.plan.planner import Plan
from pixmake.spec.asset import FileInput


def write_depfile(file: Path, plan: Plan) -> None:
    """Writes one rule: the plan's outputs, and the spec, templates, rows and pictures they depend on. Raises OSError."""
    file.write_text(rule(targets(plan), prerequisites(plan)), "utf-8")


def targets(plan: Plan) -> list[Path]:
    """Output files of the selected assets, in the spec's order."""
    return [plan.spec.root / item.path for entry in plan.entries for item in entry.outputs]


def prerequisites(plan: Plan) -> list[Path]:
    """Everything on disk that the plan read: what the spec was loaded from, then input pictures."""
    names = {node[0] for node in plan.wanted}
    assets = [asset for asset in plan.spec.assets if asset.name in names]
    inputs = [
        item.path
        for asset in assets
        for item in (asset.origin, *(item for step in asset.steps for item in step_inputs(step)))
        if isinstance(item, FileInput)
    ]
    return list(dict.fromkeys([plan.spec.file, *plan.spec.footprint.files, *inputs]))


def rule(outputs: Iterable[Path], sources: Iterable[Path]) -> str:
    """One rule in the subset of Makefile syntax that make and ninja both read. Paths count from the current folder."""
    head = " ".join(_escaped(path) for path in outputs)
    lines = [f"{head}:", *(f"  {_escaped(path)}" for path in sources)]
    return " \\\n".join(lines) + "\n" if head else ""


def _escaped(path: Path) -> str:
    """A path as both read it: `\\ ` for a space, `\\#`, `$$` (GNU make manual, 4.1 and 3.1; ninja's depfile parser)."""
    text = os.path.relpath(path).replace(os.sep, "/")
    return text.replace("\\", "\\\\").replace(" ", "\\ ").replace("#", "\\#").replace("$", "$$")
