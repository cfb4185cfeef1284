"""What the tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.shell import SPEC, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A project of two icons, each $0.04."""
    made = Shell(tmp_path, monkeypatch, capsys)
    made.write(SPEC)
    return made
