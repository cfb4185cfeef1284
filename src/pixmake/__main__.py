"""The console script's entry. It imports nothing until it knows what is asked."""

from __future__ import annotations

import sys


def run() -> None:
    """Answers the command line and exits with its code."""
    from pixmake import __version__
    from pixmake.cli.quick import answer

    code = answer(sys.argv[1:], __version__)
    if code is None:
        from pixmake.cli.main import main

        code = int(main())
    sys.exit(code)


if __name__ == "__main__":
    run()
