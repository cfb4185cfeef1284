"""What hostile tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fakes.counting import entry_point
from hostile.cells import Cell


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return entry_point(tmp_path_factory.mktemp("packages"))


@pytest.fixture
def cell(tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch) -> Cell:
    if sys.platform != "linux":
        pytest.skip("watches a forked process by Linux's means")
    monkeypatch.syspath_prepend(str(packages))
    return Cell(tmp_path)
