"""What the tests of the spec room share."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.spec_project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
