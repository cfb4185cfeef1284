"""Bench: `pixmake build` in a folder that `bench.dots` made, until its first request leaves: there the process ends."""

from __future__ import annotations

import functools
import os
import sys

from pixmake import __version__
from pixmake.cli.quick import answer
from pixmake.garbage import uncollected
from pixmake.providers.base import Answer, Call


def leave(folder: str) -> None:
    """Raises SystemExit where nothing left."""
    os.chdir(folder)
    code, standing = answer(["build"], __version__)
    if code is not None:
        sys.exit(f"nothing left: {code}")
    with uncollected():  # as the console script does
        import pixmake.build.project as module
        from bench.dots import Dots
        from pixmake.cli.main import main

    class Leaving(Dots):
        async def make(self, call: Call) -> Answer:
            os._exit(0)

    module.Project = functools.partial(module.Project, providers={"dots": Leaving})  # type: ignore[misc, assignment]
    sys.exit(f"nothing left: {main(['build'], standing)}")


if __name__ == "__main__":
    leave(sys.argv[1])
