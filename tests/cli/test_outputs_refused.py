"""Outputs that the system does not let us write: told with file, reason and remedy; the picture is kept, and paid once."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable

import pytest

from fakes.shell import HEAD, Shell

KEPT = "help: mend that, and run the same command again: what was bought is kept, and not bought again\n"


def a_file(shell: Shell) -> None:
    shell.write("mine", "assets/icons")


def a_folder(shell: Shell) -> None:
    (shell.root / "assets/icons/heart.png").mkdir(parents=True)


@pytest.mark.parametrize(("obstacle", "reason"), [(a_file, "not a directory"), (a_folder, "is a directory")])
def test_something_else_stands_there(shell: Shell, obstacle: Callable[[Shell], None], reason: str) -> None:
    shell.write(HEAD + "assets: {icons/heart.png: a heart}\n")
    obstacle(shell)
    said = shell.run("build", "--yes")
    assert said.code == 1
    assert f"error[failed]: 'icons/heart.png': 'assets/icons/heart.png': {reason}\n{KEPT}" in said.err
    shell.root.joinpath("assets").rename(shell.folder / "away")
    assert shell.run("build").code == 0
    assert shell.calls == ["a heart"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_folder_that_takes_nothing(shell: Shell, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    shell.write(HEAD + "assets: {icons/heart.png: a heart}\n")
    make = tempfile.mkstemp

    def refuse(suffix: str = "", prefix: str = "", dir: object = None) -> tuple[int, str]:
        if prefix.startswith(".heart.png"):
            raise OSError(number, os.strerror(number), f"{dir}/.heart.png.tmp")
        return make(suffix, prefix, str(dir))

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkstemp", refuse)
        said = shell.run("build", "--yes")
    assert said.code == 1
    reason = os.strerror(number).lower()
    assert f"error[failed]: 'icons/heart.png': 'assets/icons/heart.png': {reason}\n{KEPT}" in said.err
    assert shell.run("build").code == 0
    assert shell.calls == ["a heart"]
