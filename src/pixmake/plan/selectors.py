"""Plan room: which assets a selector means. Several unite; `a,b` must both hold."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import get_args

from pixmake.diagnostics import did_you_mean, problem
from pixmake.plan.entries import State
from pixmake.plan.graph import ActionGraph, step_inputs
from pixmake.spec.asset import Asset, FileInput
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What selectors are held against: a project's assets, their graph, and, where known, their states."""

    assets: Sequence[Asset]
    graph: ActionGraph
    states: Mapping[str, Sequence[str]] = field(default_factory=dict)


def needs_states(selectors: Iterable[str]) -> bool:
    """Whether any selector asks for a state, so that a plan has to be made first."""
    return any(part.strip("+").startswith("status:") for text in selectors for part in text.split(","))


def select(selectors: Sequence[str], scope: Field, exclude: Sequence[str] = ()) -> list[Asset]:
    """Assets that a command is about, in the spec's order; all of them where nothing is selected.

    Raises Problem `no-match` for a selector that matches nothing, with the nearest names.
    """
    names = {asset.name for asset in scope.assets}
    chosen = set().union(*(_one(text, scope) for text in selectors)) if selectors else names
    for text in exclude:
        chosen -= _one(text, scope)
    return [asset for asset in scope.assets if asset.name in chosen]


def _one(text: str, scope: Field) -> set[str]:
    found: set[str] | None = None
    for part in text.split(","):
        matched = _with_relatives(part.strip(), scope)
        found = matched if found is None else found & matched
    if not found:
        raise _no_match(text, scope)
    return found


def _with_relatives(part: str, scope: Field) -> set[str]:
    ancestors, dependants = part.startswith("+"), part.endswith("+") and len(part) > 1
    core = part[1 if ancestors else 0 : -1 if dependants else None]
    names = _match(core, scope)
    nodes = [node for node in scope.graph.actions if node[0] in names]
    if ancestors:
        names |= {node[0] for node in scope.graph.ancestors(nodes)}
    if dependants:
        names |= {node[0] for node in scope.graph.dependants(nodes)}
    return names


def _match(core: str, scope: Field) -> set[str]:
    kind, _, word = core.partition(":")
    test = _TESTS.get(kind) if word else None
    if test is not None:
        return {asset.name for asset in scope.assets if test(asset, word, scope)}
    return {asset.name for asset in scope.assets if _named(asset, core)}


def _named(asset: Asset, core: str) -> bool:
    core = core.removeprefix("./")
    if core in (asset.name, asset.family) or any(output.path == core for output in asset.outputs):
        return True
    if not any(sign in core for sign in "*?["):
        return False
    pattern = _glob(core)
    return bool(pattern.fullmatch(asset.name)) or any(pattern.fullmatch(output.path) for output in asset.outputs)


def _glob(text: str) -> re.Pattern[str]:
    """`**` crosses folders, `*` doesn't."""
    parts = re.split(r"(\*\*/?|\*|\?|\[[^]]+\])", text)
    return re.compile("".join(_glob_part(part) for part in parts))


def _glob_part(part: str) -> str:
    if part == "**/":
        return "(?:.*/)?"
    if part == "**":
        return ".*"
    if part == "*":
        return "[^/]*"
    if part == "?":
        return "[^/]"
    if part.startswith("[") and part.endswith("]"):
        return fnmatch.translate(part).removeprefix("(?s:").removesuffix(r")\Z")
    return re.escape(part)


def _has_tag(asset: Asset, word: str, scope: Field) -> bool:
    return word in asset.tags


def _has_model(asset: Asset, word: str, scope: Field) -> bool:
    return any(step.model is not None and fnmatch.fnmatchcase(step.model, word) for step in asset.steps)


def _has_state(asset: Asset, word: str, scope: Field) -> bool:
    return word in scope.states.get(asset.name, ())


def _uses_file(asset: Asset, word: str, scope: Field) -> bool:
    items = [asset.origin, *(item for step in asset.steps for item in step_inputs(step))]
    names = [item.name for item in items if isinstance(item, FileInput)]
    return any(fnmatch.fnmatchcase(name, word.removeprefix("./")) for name in names)


def _has_row(asset: Asset, word: str, scope: Field) -> bool:
    return asset.row is not None and (asset.row == word or asset.row.endswith(f"/{word}"))


_TESTS: Mapping[str, Callable[[Asset, str, Field], bool]] = {
    "tag": _has_tag,
    "model": _has_model,
    "status": _has_state,
    "uses": _uses_file,
    "row": _has_row,
}


def _no_match(text: str, scope: Field) -> Exception:
    known = [asset.name for asset in scope.assets]
    kind, _, word = text.strip("+").partition(":")
    if not known:
        remedy = "the spec has no assets"
    elif kind == "status" and word in get_args(State):
        remedy = "nothing is in that state"
    elif word and kind in _WORDS and "," not in text:
        what, words = _WORDS[kind][0], list(_WORDS[kind][1](scope))
        remedy = _nearest(word, words, {other: f"{kind}:{other}" for other in words}, what)
    else:
        tails = {name.rsplit("/", 1)[-1]: name for name in reversed(known)}
        families = {asset.family: asset.family for asset in scope.assets}
        remedy = _nearest(text, known, tails | families | dict(zip(known, known, strict=True)), "assets")
    return problem("no-match", f"the selector '{text}' matches nothing", help=remedy)


def _nearest(text: str, words: Sequence[str], near: Mapping[str, str], what: str) -> str:
    """What was perhaps meant, and the first of what there is. `near`: words to compare with, and what each stands for."""
    found = did_you_mean(text, near)
    shown = ", ".join(words[:5]) + (", …" if len(words) > 5 else "")
    listed = f"{what} here: {shown}" if words else f"no {what} here"
    return (f"did you mean '{near[found]}'? " if found else "") + listed


def _used_files(scope: Field) -> Iterable[str]:
    steps = (step for asset in scope.assets for step in asset.steps)
    items = [*(asset.origin for asset in scope.assets), *(item for step in steps for item in step_inputs(step))]
    return (item.name for item in items if isinstance(item, FileInput))


_WORDS: Mapping[str, tuple[str, Callable[[Field], Iterable[str]]]] = {
    "tag": ("tags", lambda scope: dict.fromkeys(tag for asset in scope.assets for tag in asset.tags)),
    "model": ("models", lambda scope: dict.fromkeys(s.model for item in scope.assets for s in item.steps if s.model)),
    "status": ("states", lambda scope: get_args(State)),
    "uses": ("input files", lambda scope: dict.fromkeys(_used_files(scope))),
    "row": ("rows", lambda scope: dict.fromkeys(asset.row for asset in scope.assets if asset.row)),
}
"""What may stand behind a kind of selector, in the order in which it is told."""
