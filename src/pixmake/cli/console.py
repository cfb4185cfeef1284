"""CLI room: the two streams and how they look. stdout is data, stderr is talk; colour only where a terminal shows it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from pixmake.diagnostics import Diagnostic, render
from pixmake.values import dataclass

STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "error": "1;31",
    "warning": "1;33",
}
OBEYED = (
    r"\x1b\[(?:[0-2]|1;3[13]|3[1-6]|[34]8;2;\d{1,3};\d{1,3};\d{1,3})m"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
"""Our own colours, which pass, and characters that a terminal obeys, which don't: in JSON they are read the same."""
FOLD = 12
"""Rows of one list that are shown before the rest is folded; -v shows all."""
FOLD_WARNINGS = 3
"""Warnings of one code that are shown before the rest is counted."""


@dataclass(slots=True)
class Console:
    """One run's voice. `quiet` leaves only errors on stderr; `verbose` unfolds lists; `json`: stdout is one document."""

    json: bool = False
    quiet: bool = False
    verbose: int = 0

    # --- streams -------------------------------------------------------------------------------------------------

    def out(self, *lines: str) -> None:
        """Data, to stdout. A reader that went away is no error."""
        _write(sys.stdout, "".join(f"{line}\n" for line in lines))

    def say(self, *lines: str) -> None:
        """Talk, to stderr; silent with --quiet."""
        if not self.quiet:
            _write(sys.stderr, "".join(f"{line}\n" for line in lines))

    def fail(self, *lines: str) -> None:
        """What has to be read, to stderr, --quiet or not."""
        _write(sys.stderr, "".join(f"{line}\n" for line in lines))

    def document(self, body: object) -> None:
        """One JSON document to stdout."""
        self.out(json.dumps(body, indent=2, ensure_ascii=False))

    # --- diagnostics ---------------------------------------------------------------------------------------------

    def errors(self, diagnostics: Iterable[Diagnostic]) -> None:
        """All errors, rendered, an empty line between two."""
        self._diagnostics(diagnostics)

    def warnings(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Warnings, the many of one code folded; silent with --quiet."""
        if not self.quiet:
            self._diagnostics(diagnostics, fold=not self.verbose)

    def _diagnostics(self, diagnostics: Iterable[Diagnostic], *, fold: bool = False) -> None:
        by_code: dict[str, int] = {}
        blocks: list[str] = []
        for item in diagnostics:
            by_code[item.code] = by_code.get(item.code, 0) + 1
            if not fold or by_code[item.code] <= FOLD_WARNINGS:
                blocks.append(self._painted(item))
        for code, number in by_code.items():
            if fold and number > FOLD_WARNINGS:
                more = number - FOLD_WARNINGS
                blocks.append(f"… and {more} more {plural(more, 'warning')} '{code}' (-v shows all)")
        if blocks:
            self.fail("\n\n".join(blocks))

    def _painted(self, item: Diagnostic) -> str:
        """A diagnostic's text with its headline coloured; the words are `render`'s own."""
        word = f"{item.severity}[{item.code}]"
        return render(item, self.width(sys.stderr)).replace(word, self.paint(word, item.severity, sys.stderr), 1)

    # --- looks ---------------------------------------------------------------------------------------------------

    def paint(self, text: str, style: str | None, stream: TextIO | None = None) -> str:
        """`text` in a style, where `stream` (stdout by default) is a terminal that may show it."""
        if not style or not text or not colored(stream or sys.stdout):
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"

    def width(self, stream: TextIO | None = None) -> int | None:
        """Columns of the terminal; None where there is none, so that nothing is cut in a pipe. COLUMNS wins."""
        said = os.environ.get("COLUMNS", "")
        if said.isdecimal() and (columns := int(said[:6])):
            return max(40, columns)
        return max(40, _columns(stream or sys.stdout)) if is_terminal(stream or sys.stdout) else None

    @property
    def interactive(self) -> bool:
        """Whether a question may be asked: stdin and stderr are a terminal."""
        return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _columns(stream: TextIO) -> int:
    """Columns of this very terminal: the other stream may go elsewhere. 80 where it can't say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def colored(stream: TextIO) -> bool:
    """Whether a stream gets colour: a terminal that is not dumb, and NO_COLOR is not set (no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def harmless(text: str) -> str:
    """`text` with every character shown that a terminal might obey: names, prompts and data may come from strangers.

    Our own colours stay, line breaks too. Characters that turn the reading direction around are shown as well.
    """
    plain = text.replace("\n", "")
    return text if plain.isascii() and plain.isprintable() else re.sub(OBEYED, _shown, text)


def _shown(found: re.Match[str]) -> str:
    text = found[0]
    return text if len(text) > 1 else f"\\u{ord(text):04x}"


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(harmless(text))
        stream.flush()
    except BrokenPipeError:
        # Whoever read us has gone; what is left to say goes nowhere, and the exit code stays what it was.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def plural(number: int, word: str) -> str:
    """`word` as it goes with a number: `1 image`, `2 images`."""
    return word if number == 1 else f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def counted(number: int, word: str) -> str:
    """`3 images`, `1 image`."""
    return f"{number} {plural(number, word)}"


def folded(console: Console, items: Sequence[str], most: int = FOLD) -> list[str]:
    """The first rows of a long list, and how many more there are."""
    if console.verbose or len(items) <= most + 1:  # never a fold that saves no line
        return list(items)
    return [*items[:most], fold_line(len(items) - most)]


def fold_line(number: int) -> str:
    """The line that stands for `number` folded ones."""
    return f"  … and {number} more (-v shows all)"
