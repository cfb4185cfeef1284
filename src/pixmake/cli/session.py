"""CLI room: what all commands share: the project they are about, and the way to the next command."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmake.cli.console import Console
from pixmake.diagnostics import Problem, problem
from pixmake.garbage import settle, uncollected
from pixmake.values import dataclass

if TYPE_CHECKING:
    from pixmake.build.project import Project
    from pixmake.cli.quick import Standing
    from pixmake.plan.planner import Plan

SPEC_NAME = "assets.yaml"


@dataclass
class Session:
    """One run of a command: what its common options said. `profile`, `exclude` and `file` as they were written."""

    console: Console = field(default_factory=Console)
    file: str | None = None
    profile: str | None = None
    exclude: tuple[str, ...] = ()
    allow_outside: bool = False
    selectors: tuple[str, ...] = ()
    standing: Standing | None = None

    @cached_property
    def project(self) -> Project:
        """The project, loaded when it is first asked for. Raises Problem."""
        from pixmake.build.project import Project

        return Project(self.spec_file(), profile=self.profile, allow_outside=self.allow_outside)

    def narrow(self) -> bool:
        """Lets the project be only what changed in the spec since the last build, where all else stands; whether it is."""
        from pixmake import __version__
        from pixmake.cli.quick import standing

        found = self.standing or standing(__version__)
        if found is None:
            return False
        with uncollected():
            return self._narrow(*found)

    def _narrow(self, folder: str, spec: tuple[int, ...]) -> bool:
        from pixmake import __version__
        from pixmake.build.narrowing import find_part, stands_alone
        from pixmake.build.project import Project

        part = find_part(Path(folder), spec, __version__)
        if part is None:
            return False
        try:
            project = Project(part.root / SPEC_NAME, part=part)
        except Problem:
            return False  # told with all of the spec in view
        if not stands_alone(project.spec, part):
            return False
        self.project = project
        return True

    def spec_file(self) -> Path:
        """`-f FILE`, or the nearest assets.yaml here or above. Raises Problem `no-spec`."""
        if self.file is not None:
            named = Path(self.file)
            return named / SPEC_NAME if named.is_dir() else named
        found = find_spec(Path.cwd())
        if found is None:
            raise problem(
                "no-spec",
                f"there is no '{SPEC_NAME}' in this folder or above it",
                help="`pixmake init` writes one; -f FILE names one that lies elsewhere",
            )
        return found

    def chosen(self, selectors: Sequence[str]) -> tuple[str, ...]:
        """Selectors as the project knows them: paths may count from the current folder. Raises Problem `no-match`."""
        self.selectors = tuple(selectors)
        return tuple(localize(self.project, text) for text in selectors)

    def target(self, text: str) -> str:
        """`X#i` as the project knows it: X may be a path that counts from the current folder. Raises Problem."""
        self.selectors = (text,)
        name, mark, step = text.partition("#")
        return localize(self.project, name) + mark + step

    def named(self, selectors: Sequence[str], known: Collection[str]) -> list[str]:
        """Names of the assets that were selected, also those of `known` that the spec no longer has. Raises Problem."""
        self.selectors = tuple(selectors)
        found: list[str] = []
        for text in selectors:
            gone = text in known and not selects(self.project, text)
            found += [text] if gone else [asset.name for asset in self.project.select([localize(self.project, text)])]
        return list(dict.fromkeys(found))

    def plan(self, selectors: Sequence[str], **options: Any) -> Plan:
        """A plan for what the user selected. Raises Problem."""
        with uncollected():
            chosen = self.chosen(selectors)
            excluded = [localize(self.project, text) for text in self.exclude]
            plan = self.project.plan(*chosen, exclude=excluded, **options)
        settle()
        return plan

    def command_line(self, verb: str, *arguments: str, selectors: Sequence[str] | None = None) -> str:
        """A command about the same project and assets, as one would type it."""
        import shlex

        words = ["pixmake", verb]
        words += ["-f", self.file] if self.file is not None else []
        words += ["--profile", self.profile] if self.profile is not None else []
        words += ["--allow-outside"] if self.allow_outside else []
        words += self.selectors if selectors is None else selectors
        if selectors is None:
            words += [word for text in self.exclude for word in ("--exclude", text)]
        return shlex.join([*words, *arguments])


def find_spec(start: Path) -> Path | None:
    """The nearest assets.yaml in a folder or above it."""
    return next((path / SPEC_NAME for path in (start, *start.parents) if (path / SPEC_NAME).is_file()), None)


def localize(project: Project, text: str) -> str:
    """A selector as it stands, or, where that matches nothing and it is a path from here, as the project's path.

    Raises Problem `no-match` in the user's own words.
    """
    try:
        project.select([text])
    except Problem:
        moved = ",".join(_from_root(project.root, part.strip()) for part in text.split(","))
        if moved == text or not selects(project, moved):
            raise
        return moved
    return text


def selects(project: Project, text: str) -> bool:
    """Whether a selector matches anything."""
    try:
        return bool(project.select([text]))
    except Problem:
        return False


def _from_root(root: Path, part: str) -> str:
    """One part of a selector with its path counted from the project's root."""
    ancestors, dependants = part.startswith("+"), part.endswith("+") and len(part) > 1
    core = part[1 if ancestors else 0 : -1 if dependants else None]
    prefix = "uses:" if core.startswith("uses:") else ""
    return ("+" if ancestors else "") + prefix + path_from_root(root, core.removeprefix(prefix)) + "+" * dependants


def path_from_root(root: Path, text: str) -> str:
    """A path from the current folder as the project writes it: from its root, with `/`."""
    path = os.path.relpath(os.path.abspath(text), root)
    return path.replace(os.sep, "/")
