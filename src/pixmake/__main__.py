"""The console script's entry. It imports nothing until it knows what is asked."""

import os
import sys


def run() -> None:
    """Answers the command line and exits with its code."""
    from pixmake import __version__
    from pixmake.cli.quick import answer

    code, standing = answer(sys.argv[1:], __version__)
    if code is not None:
        os._exit(code)  # all is written, and taking the interpreter down would take a tenth of the time
    from pixmake.garbage import uncollected

    with uncollected():
        from pixmake.cli.main import main
    sys.exit(int(main(standing=standing)))


if __name__ == "__main__":
    run()
