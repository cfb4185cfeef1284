"""A real project in a folder: writes files, loads the spec, says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pixmake.diagnostics import Problem
from pixmake.spec.asset import Asset, Spec
from pixmake.spec.load import SpecCache, load


class Project:
    """A folder with a spec; every call writes files and loads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "assets.yaml"

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def load(
        self,
        text: str | None = None,
        files: Mapping[str, str | bytes] | None = None,
        *,
        profile: str | None = None,
        allow_outside: bool = False,
        env: Mapping[str, str] | None = None,
        cache: SpecCache | None = None,
    ) -> Spec:
        if text is not None:
            self.write({"assets.yaml": text})
        self.write(files or {})
        return load(self.file, profile=profile, allow_outside=allow_outside, env=env or {}, cache=cache)

    def assets(self, text: str, files: Mapping[str, str | bytes] | None = None) -> dict[str, Asset]:
        """Assets by name of a spec whose first line is `version: 1`."""
        return {asset.name: asset for asset in self.load("version: 1\n" + text, files).assets}

    def prompts(self, text: str, files: Mapping[str, str | bytes] | None = None) -> dict[str, list[str]]:
        return {name: [step.prompt for step in asset.steps] for name, asset in self.assets(text, files).items()}

    def problem(self, text: str | None, files: Mapping[str, str | bytes] | None = None) -> str:
        """The whole text of what is wrong."""
        with pytest.raises(Problem) as caught:
            self.load(text, files)
        return str(caught.value)

    def codes(self, text: str, files: Mapping[str, str | bytes] | None = None) -> list[str]:
        with pytest.raises(Problem) as caught:
            self.load("version: 1\n" + text, files)
        return [item.code for item in caught.value.diagnostics]
