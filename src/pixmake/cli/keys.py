"""CLI room: single keys from a terminal, without Enter. The terminal is given back as it was found, whatever happens."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Keys:
    """Reads keys in a thread of its own while it is entered, and hands each to `press`. POSIX terminals only."""

    def __init__(self, press: Callable[[str], None]) -> None:
        self._press = press
        self._thread = threading.Thread(target=self._read, name="keys", daemon=True)

    def __enter__(self) -> Self:
        import termios
        import tty

        self._stdin = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._stdin)
        self._ended, self._end = os.pipe()
        tty.setcbreak(self._stdin)  # Ctrl-C stays a signal
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        import termios

        os.close(self._end)
        self._thread.join()
        os.close(self._ended)
        termios.tcsetattr(self._stdin, termios.TCSADRAIN, self._before)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._stdin, self._ended], [], [])
            if self._ended in ready:
                return
            typed = os.read(self._stdin, 64)
            if not typed:  # the terminal is gone
                return
            for key in typed.decode("utf-8", "ignore"):
                self._press(key)


def readable() -> bool:
    """Whether single keys can be read here: not on systems without termios."""
    try:
        import termios
    except ImportError:
        return False
    return bool(termios)
