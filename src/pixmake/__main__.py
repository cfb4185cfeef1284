"""The console script's entry. It imports nothing until it knows what is asked."""

from __future__ import annotations

import sys


def run() -> None:
    """Answers the command line and exits with its code."""
    # The quick path's single call site: `code = answer(sys.argv[1:])` of pixmake.cli.quick goes here, before main.
    from pixmake.cli.main import main

    sys.exit(int(main()))


if __name__ == "__main__":
    run()
